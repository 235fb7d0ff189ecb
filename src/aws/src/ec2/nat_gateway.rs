//! The way out of a network for what has no public address of its own.

use std::time::Duration;

use aws_sdk_ec2::types::{ConnectivityType, NatGateway as Live, NatGatewayState, ResourceType};
use infra_derive::Resource;
use infra_engine::check::{Rule, Severity, Surroundings, Violation};
use infra_engine::live::{Ask, Behaviour, Fault, FaultKind, Found, Order, Retag, State, Waits};
use infra_engine::model::{Ref, Replacement};
use serde::{Deserialize, Serialize};

use super::ask::filters;
use super::elastic_ip::ElasticIpId;
use super::fault::{Ec2Fault, given};
use super::route::Target;
use super::route_table::RouteTable;
use super::subnet::{Subnet, SubnetId};
use super::tags;
use crate::{Aws, Sorted};

/// The way out of a network for what has no public address of its own.
///
/// ```
/// use infra_aws::ec2::{ElasticIpId, NatGateway, Reach, SubnetId};
/// use infra_engine::model::Ref;
///
/// let (public, address): (Ref<SubnetId>, Ref<ElasticIpId>) = (Ref::known("subnet-1"), Ref::known("eipalloc-1"));
/// let gateway = NatGateway { subnet: public, reach: Reach::Public(address) };
/// ```
///
/// It stands in a public subnet and is used by the private ones, by a route of theirs. It is ready after about two
/// minutes and costs money by the hour.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Resource)]
#[resource(kind = "ec2/nat-gateway", id = NatGatewayId, after = ["ec2/internet-gateway"])]
pub struct NatGateway {
    /// Where it stands.
    #[replace]
    pub subnet: Ref<SubnetId>,
    /// How far it reaches.
    #[replace]
    pub reach: Reach,
}

/// How far a NAT gateway reaches.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Reach {
    /// The internet, from this address.
    Public(Ref<ElasticIpId>),
    /// Other networks.
    Private,
}

impl Behaviour for NatGateway {
    type Cloud = Aws;

    const WAITS: Waits = Waits {
        usual: Duration::from_secs(2 * 60),
        create: Duration::from_secs(10 * 60),
        update: Duration::from_secs(10 * 60),
        delete: Duration::from_secs(30 * 60),
    };

    const IDEMPOTENT: bool = true;

    const ACTIONS: &'static [&'static str] = &[
        "ec2:CreateNatGateway",
        "ec2:DescribeNatGateways",
        "ec2:DeleteNatGateway",
        tags::CREATE_TAGS,
        tags::DELETE_TAGS,
    ];

    fn rules() -> &'static [Rule<NatGateway>] {
        RULES
    }

    /// An address serves one gateway: the old one must let go of it first.
    fn replacement(live: &NatGateway, wanted: &NatGateway) -> Replacement {
        let keeps_address = live.reach == wanted.reach && wanted.reach != Reach::Private;
        if keeps_address { Replacement::DeleteFirst } else { Replacement::CreateFirst }
    }

    async fn read(aws: &Aws, ask: &Ask) -> Result<Vec<Found<NatGateway>>, Fault> {
        let mut found = Vec::new();
        for filter in filters(ask, "nat-gateway-id") {
            let pages = aws.ec2().describe_nat_gateways().filter(filter).into_paginator().items().send();
            let live = pages.try_collect().await.sorted("ec2:DescribeNatGateways")?;
            found.extend(live.iter().filter_map(understand));
        }
        found.retain(|gateway| ask.wants(&gateway.id, None, &gateway.tags));
        Ok(found)
    }

    async fn create(aws: &Aws, order: &Order<NatGateway>) -> Result<String, Fault> {
        let operation = "ec2:CreateNatGateway";
        let NatGateway { subnet, reach } = &order.definition;
        let call = aws
            .ec2()
            .create_nat_gateway()
            .client_token(&order.token)
            .subnet_id(subnet.value())
            .tag_specifications(tags::labels(ResourceType::Natgateway, &order.tags));
        let call = match reach {
            Reach::Public(address) => call.connectivity_type(ConnectivityType::Public).allocation_id(address.value()),
            Reach::Private => call.connectivity_type(ConnectivityType::Private),
        };
        let made = call.send().await.sorted(operation).changing().map_err(address_in_use)?;
        given(made.nat_gateway().and_then(Live::nat_gateway_id), operation, "natGatewayId")
    }

    /// Everything that is said of it needs a new one.
    async fn update(_: &Aws, _: &Found<NatGateway>, wanted: &NatGateway) -> Result<(), Fault> {
        let NatGateway { subnet: _, reach: _ } = wanted;
        Ok(())
    }

    async fn retag(aws: &Aws, found: &Found<NatGateway>, retag: &Retag) -> Result<(), Fault> {
        tags::retag(aws, &found.id, retag).await
    }

    async fn delete(aws: &Aws, found: &Found<NatGateway>) -> Result<(), Fault> {
        aws.ec2().delete_nat_gateway().nat_gateway_id(&found.id).send().await.sorted("ec2:DeleteNatGateway").deleting()
    }
}

// V04, an address if and only if it is public, holds by the type of `reach`.
const RULES: &[Rule<NatGateway>] = &[
    Rule {
        code: "V05",
        says: "a public NAT gateway stands in a subnet whose route table leads to an internet gateway",
        source: "VPC user guide, NAT gateways: public connectivity",
        severity: Severity::Warning,
        check: leads_out,
    },
    Rule {
        code: "V06",
        says: "an Elastic IP address is used by one NAT gateway",
        source: "EC2 API, CreateNatGateway: AllocationId",
        severity: Severity::Warning,
        check: own_address,
    },
];

/// V05. A subnet or a route table that is not in the code may well be right.
fn leads_out(gateway: &NatGateway, around: &Surroundings<'_>) -> Vec<Violation> {
    if gateway.reach == Reach::Private || around.of::<Subnet, _>(&gateway.subnet).is_none() {
        return Vec::new();
    }
    let table = around.all::<RouteTable>().find(|(_, table)| table.subnets.contains(&gateway.subnet));
    let wrong = match table {
        None => "no route table names this subnet".to_owned(),
        Some((address, table)) => {
            let leads_out = |target: &Target| matches!(target, Target::InternetGateway(_));
            if table.routes.values().any(leads_out) {
                return Vec::new();
            }
            format!("{address}, its route table, has no route to an internet gateway")
        }
    };
    let way_out = "put it into a public subnet, or write `reach: Reach::Private`";
    vec![Violation::of("subnet", &gateway.subnet, wrong, way_out)]
}

/// V06.
fn own_address(gateway: &NatGateway, around: &Surroundings<'_>) -> Vec<Violation> {
    let Reach::Public(address) = &gateway.reach else { return Vec::new() };
    let rival = around.others::<NatGateway>().find(|(_, other)| other.reach == gateway.reach);
    let tell = |(other, _)| {
        let wrong = format!("{other} uses the same address");
        Violation::of("reach", address, wrong, "give each NAT gateway an ElasticIp of its own")
    };
    rival.map(tell).into_iter().collect()
}

/// A gateway that is being deleted keeps its address to the end.
fn address_in_use(fault: Fault) -> Fault {
    fault.when(FaultKind::Busy, &["Resource.AlreadyAssociated"], "")
}

/// The definition that would have produced a live one; `None` for one that is gone, which AWS shows for another hour.
fn understand(live: &Live) -> Option<Found<NatGateway>> {
    let state = match live.state()? {
        NatGatewayState::Deleted => return None,
        NatGatewayState::Deleting => State::Leaving,
        NatGatewayState::Pending => State::Pending("pending".into()),
        NatGatewayState::Failed => State::Failed(reason(live)),
        _ => State::Ready,
    };
    let addresses = live.nat_gateway_addresses();
    let primary = addresses.iter().find(|address| address.is_primary() == Some(true)).or(addresses.first());
    let reach = match live.connectivity_type() {
        Some(ConnectivityType::Private) => Reach::Private,
        _ => Reach::Public(Ref::known(primary.and_then(|address| address.allocation_id()).unwrap_or("none"))),
    };
    let definition = NatGateway { subnet: Ref::known(live.subnet_id().unwrap_or_default()), reach };
    Some(Found::ready(live.nat_gateway_id()?, definition, tags::read(live.tags())).in_state(state))
}

/// Why AWS could not make it, in AWS's words: `Gateway.NotAttached: Network vpc-1 has no Internet gateway attached`.
fn reason(live: &Live) -> String {
    let words: Vec<&str> = [live.failure_code(), live.failure_message()].into_iter().flatten().collect();
    if words.is_empty() { "AWS gives no reason".to_owned() } else { words.join(": ") }
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use aws_sdk_ec2::types::NatGatewayAddress;
    use infra_engine::model::Stack;

    use super::super::testing::check;
    use super::*;

    fn gateway(subnet: Ref<SubnetId>, address: &str) -> NatGateway {
        NatGateway { subnet, reach: Reach::Public(Ref::known(address)) }
    }

    #[test]
    fn v05_a_public_gateway_stands_in_a_public_subnet() {
        let beside = |target: Option<Target>| {
            check("V05", |stack: &mut Stack| {
                let (vpc, zone) = (Ref::known("vpc-1"), "us-east-1a".parse().unwrap());
                let cidr = "10.0.0.0/24".parse().unwrap();
                let subnet = stack.add("public", Subnet { vpc: vpc.clone(), cidr, zone, public_ips: true }).id();
                if let Some(target) = target {
                    let routes = BTreeMap::from([("0.0.0.0/0".parse().unwrap(), target)]);
                    stack.add("table", RouteTable { vpc, routes, subnets: BTreeSet::from([subnet.clone()]) });
                }
                stack.add("main", gateway(subnet, "eipalloc-1"))
            })
        };
        beside(None).refuses("no route table names this subnet");
        beside(Some(Target::Nat(Ref::known("nat-2")))).refuses("network.table, its route table, has no route");
        beside(Some(Target::InternetGateway(Ref::known("igw-1")))).holds();
        check("V05", |stack| stack.add("main", gateway(Ref::known("subnet-1"), "eipalloc-1"))).holds();
    }

    #[test]
    fn v06_an_address_serves_one_gateway() {
        let beside = |address: &str| {
            check("V06", |stack| {
                stack.add("b", gateway(Ref::known("subnet-2"), address));
                stack.add("a", gateway(Ref::known("subnet-1"), "eipalloc-1"))
            })
        };
        beside("eipalloc-1").refuses("network.b uses the same address");
        beside("eipalloc-2").holds();
    }

    #[test]
    fn a_gateway_that_keeps_its_address_goes_before_its_successor_comes() {
        let live = gateway(Ref::known("subnet-1"), "eipalloc-1");
        let moved = gateway(Ref::known("subnet-2"), "eipalloc-1");
        assert_eq!(NatGateway::replacement(&live, &moved), Replacement::DeleteFirst);
        let another = gateway(Ref::known("subnet-1"), "eipalloc-2");
        assert_eq!(NatGateway::replacement(&live, &another), Replacement::CreateFirst);
        let private = |subnet| NatGateway { subnet: Ref::known(subnet), reach: Reach::Private };
        assert_eq!(NatGateway::replacement(&private("subnet-1"), &private("subnet-2")), Replacement::CreateFirst);
    }

    #[test]
    fn a_live_gateway_is_known_by_its_primary_address() {
        let address = |id: &str, primary| NatGatewayAddress::builder().allocation_id(id).is_primary(primary).build();
        let live = Live::builder().nat_gateway_id("nat-1").subnet_id("subnet-1").state(NatGatewayState::Available);
        let live = live.nat_gateway_addresses(address("eipalloc-2", false));
        let live = live.nat_gateway_addresses(address("eipalloc-1", true)).build();
        assert_eq!(understand(&live).unwrap().definition, gateway(Ref::known("subnet-1"), "eipalloc-1"));
    }

    #[test]
    fn a_gateway_tells_how_it_stands() {
        let live = |state| Live::builder().nat_gateway_id("nat-1").state(state);
        let state = |state| understand(&live(state).build()).map(|found| found.state);
        assert_eq!(state(NatGatewayState::Deleted), None);
        assert_eq!(state(NatGatewayState::Deleting), Some(State::Leaving));
        assert_eq!(state(NatGatewayState::Pending), Some(State::Pending("pending".into())));
        let failed = live(NatGatewayState::Failed).failure_code("Gateway.NotAttached").failure_message("no gateway");
        let failed = understand(&failed.build()).map(|found| found.state);
        assert_eq!(failed, Some(State::Failed("Gateway.NotAttached: no gateway".into())));
    }

    #[test]
    fn the_reach_reads_well_in_a_plan() {
        let text = |reach: Reach| serde_json::to_string(&reach).unwrap();
        assert_eq!(text(Reach::Public(Ref::known("eipalloc-1"))), r#"{"public":"eipalloc-1"}"#);
        assert_eq!(text(Reach::Private), r#""private""#);
    }
}
