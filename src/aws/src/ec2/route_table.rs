//! Which way out of a subnet leads where: routes, and the subnets that they hold for.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_ec2::types::{
    ResourceType, RouteTable as Live, RouteTableAssociation, RouteTableAssociationStateCode as AssociationState,
};
use infra_derive::Resource;
use infra_engine::check::{Rule, Severity, Surroundings, Violation};
use infra_engine::live::{Ask, Behaviour, Fault, FaultKind, Found, Order, Retag, State};
use infra_engine::model::Ref;
use serde::{Deserialize, Serialize};

use super::ask::{filters, matching};
use super::fault::{Ec2Fault, given};
use super::route::{self, Destination, Field, Target};
use super::subnet::{Subnet, SubnetId};
use super::tags;
use super::vpc::{Vpc, VpcId};
use crate::{Aws, Sorted};

/// Which way out of a subnet leads where.
///
/// ```
/// use infra_aws::ec2::{InternetGatewayId, RouteTable, SubnetId, Target, VpcId};
/// use infra_engine::model::Ref;
/// use infra_values::Cidr;
///
/// let (vpc, gateway): (Ref<VpcId>, Ref<InternetGatewayId>) = (Ref::known("vpc-1"), Ref::known("igw-1"));
/// let subnet: Ref<SubnetId> = Ref::known("subnet-1");
/// let public = RouteTable {
///     vpc,
///     routes: [(Cidr::ANYWHERE.into(), Target::InternetGateway(gateway))].into(),
///     subnets: [subnet].into(),
/// };
/// ```
///
/// It has these routes and no others, beside those that AWS adds by itself: the local one, what a virtual private
/// gateway propagates, what a gateway endpoint brings. A route that somebody else has added is removed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Resource)]
#[resource(kind = "ec2/route-table", id = RouteTableId)]
pub struct RouteTable {
    /// The network that it belongs to.
    #[replace]
    pub vpc: Ref<VpcId>,
    /// Where it leads, by destination. Within the network everything is reached without a route.
    pub routes: BTreeMap<Destination, Target>,
    /// The subnets that it holds for. A subnet that no table names follows the network's main table.
    pub subnets: BTreeSet<Ref<SubnetId>>,
}

impl Behaviour for RouteTable {
    type Cloud = Aws;

    const IDEMPOTENT: bool = true;

    const ACTIONS: &'static [&'static str] = &[
        "ec2:CreateRouteTable",
        "ec2:DescribeRouteTables",
        "ec2:CreateRoute",
        "ec2:ReplaceRoute",
        "ec2:DeleteRoute",
        "ec2:AssociateRouteTable",
        "ec2:ReplaceRouteTableAssociation",
        "ec2:DisassociateRouteTable",
        "ec2:DeleteRouteTable",
        tags::CREATE_TAGS,
        tags::DELETE_TAGS,
    ];

    fn rules() -> &'static [Rule<RouteTable>] {
        RULES
    }

    async fn read(aws: &Aws, ask: &Ask) -> Result<Vec<Found<RouteTable>>, Fault> {
        let mut found = Vec::new();
        for filter in filters(ask, "route-table-id") {
            let pages = aws.ec2().describe_route_tables().filters(filter).into_paginator().items().send();
            let live = pages.try_collect().await.sorted("ec2:DescribeRouteTables")?;
            let asked =
                |live: &&Live| ask.wants(live.route_table_id().unwrap_or_default(), None, &tags::read(live.tags()));
            found.extend(live.iter().filter(asked).map(understand));
        }
        Ok(found)
    }

    async fn create(aws: &Aws, order: &Order<RouteTable>) -> Result<String, Fault> {
        let RouteTable { vpc, routes: _, subnets: _ } = &order.definition;
        let call = aws
            .ec2()
            .create_route_table()
            .client_token(&order.token)
            .vpc_id(vpc.value())
            .tag_specifications(tags::labels(ResourceType::RouteTable, &order.tags));
        let made = call.send().await.sorted("ec2:CreateRouteTable").changing()?;
        given(made.route_table().and_then(Live::route_table_id), "ec2:CreateRouteTable", "routeTableId")
    }

    async fn update(aws: &Aws, found: &Found<RouteTable>, wanted: &RouteTable) -> Result<(), Fault> {
        change(aws, &found.id, &found.definition, wanted).await
    }

    async fn retag(aws: &Aws, found: &Found<RouteTable>, retag: &Retag) -> Result<(), Fault> {
        tags::retag(aws, &found.id, retag).await
    }

    async fn delete(aws: &Aws, found: &Found<RouteTable>) -> Result<(), Fault> {
        // Whatever follows it now, not only what followed it when it was read.
        for association in associations(aws, "route-table-id", &BTreeSet::from([found.id.clone()])).await? {
            if association.route_table_id() == Some(&found.id) {
                end(aws, association).await?;
            }
        }
        let call = aws.ec2().delete_route_table().route_table_id(&found.id);
        call.send().await.sorted("ec2:DeleteRouteTable").deleting()
    }
}

const RULES: &[Rule<RouteTable>] = &[
    Rule {
        code: "V07",
        says: "a subnet follows at most one route table, of its own network",
        source: "EC2 API, AssociateRouteTable",
        severity: Severity::Error,
        check: follows_one,
    },
    Rule {
        code: "V08",
        says: "a route leads out of the network, to something that a route can lead to",
        source: "EC2 API, CreateRoute",
        severity: Severity::Error,
        check: leads_out,
    },
];

/// V07.
fn follows_one(table: &RouteTable, around: &Surroundings<'_>) -> Vec<Violation> {
    let mut violations = Vec::new();
    for subnet in &table.subnets {
        for (address, _) in around.others::<RouteTable>().filter(|(_, other)| other.subnets.contains(subnet)) {
            let wrong = format!("{address} names it too");
            violations.push(Violation::of("subnets", subnet, wrong, "name the subnet in one of the two"));
        }
        if around.of::<Subnet, _>(subnet).is_some_and(|subnet| subnet.vpc != table.vpc) {
            let wrong = "the subnet is part of another network";
            violations.push(Violation::of("subnets", subnet, wrong, "write a route table for that network"));
        }
    }
    violations
}

/// V08. Traffic within the network may only be led past a NAT gateway or a machine that looks into it.
fn leads_out(table: &RouteTable, around: &Surroundings<'_>) -> Vec<Violation> {
    let vpc = around.of::<Vpc, _>(&table.vpc);
    let tell = |(destination, target): (&Destination, &Target)| {
        let within = match (destination, &vpc) {
            (Destination::Cidr(cidr), Some(vpc)) => vpc.cidr.contains(cidr),
            _ => false,
        };
        let local = matches!((destination, &vpc), (Destination::Cidr(cidr), Some(vpc)) if *cidr == vpc.cidr);
        let (wrong, way_out) = match target {
            _ if local => ("it is the network's own range, which has a route already", "remove the route"),
            Target::InternetGateway(_) if within => {
                ("it is within the network, and leads to the internet", "remove the route, or lead it elsewhere")
            }
            Target::Other(_) if target.field().is_none() => {
                ("nothing that a route can lead to has such an identifier", "write one like `pcx-…` or `tgw-…`")
            }
            _ => return None,
        };
        let value = format!("{destination} → {}", target.id());
        Some(Violation::of("routes", value, wrong, way_out))
    };
    table.routes.iter().filter_map(tell).collect()
}

/// Brings routes and associations from what is live to what is wanted, the missing ones first: what has a way out is
/// never left without one.
async fn change(aws: &Aws, id: &str, live: &RouteTable, wanted: &RouteTable) -> Result<(), Fault> {
    let RouteTable { vpc: _, routes, subnets } = wanted;
    for (destination, target) in routes {
        match live.routes.get(destination) {
            Some(now) if now == target => {}
            Some(_) => lead(aws, id, destination, target, Way::Replace).await?,
            None => lead(aws, id, destination, target, Way::Create).await?,
        }
    }
    associate(aws, id, subnets.difference(&live.subnets).map(Ref::value).collect()).await?;
    disassociate(aws, id, live.subnets.difference(subnets).map(Ref::value).collect()).await?;
    for destination in live.routes.keys().filter(|destination| !routes.contains_key(destination)) {
        delete_route(aws, id, destination).await?;
    }
    Ok(())
}

/// By which call a route is set.
enum Way {
    Create,
    Replace,
}

/// Sets a route, by the other call where the table is not what it was.
async fn lead(aws: &Aws, id: &str, destination: &Destination, target: &Target, way: Way) -> Result<(), Fault> {
    let set = match way {
        Way::Create => create_route(aws, id, destination, target).await,
        Way::Replace => replace_route(aws, id, destination, target).await,
    };
    match set {
        Err(fault) if fault.has_code(&["RouteAlreadyExists"]) => replace_route(aws, id, destination, target).await,
        Err(fault) if is_no_route(&fault) => create_route(aws, id, destination, target).await,
        other => other,
    }
    .changing()
}

fn is_no_route(fault: &Fault) -> bool {
    fault.has_code(&["InvalidRoute.NotFound"]) || fault.message.contains("no route defined")
}

/// Fills a route's two ends into a call: the calls that create and replace one have the same fields and no common type.
macro_rules! between {
    ($call:expr, $destination:expr, $target:expr, $operation:expr) => {{
        let call = match $destination {
            Destination::Cidr(cidr) if cidr.is_ipv6() => $call.destination_ipv6_cidr_block(cidr.to_string()),
            Destination::Cidr(cidr) => $call.destination_cidr_block(cidr.to_string()),
            Destination::PrefixList(list) => $call.destination_prefix_list_id(list),
        };
        let id = $target.id();
        match $target.field().ok_or_else(|| unknown(&id, $operation))? {
            Field::Gateway => call.gateway_id(id),
            Field::NatGateway => call.nat_gateway_id(id),
            Field::Peering => call.vpc_peering_connection_id(id),
            Field::TransitGateway => call.transit_gateway_id(id),
            Field::Interface => call.network_interface_id(id),
            Field::EgressOnlyGateway => call.egress_only_internet_gateway_id(id),
            Field::Endpoint => call.vpc_endpoint_id(id),
            Field::LocalGateway => call.local_gateway_id(id),
            Field::CarrierGateway => call.carrier_gateway_id(id),
        }
    }};
}

async fn create_route(aws: &Aws, id: &str, destination: &Destination, target: &Target) -> Result<(), Fault> {
    let call = aws.ec2().create_route().route_table_id(id);
    let call = between!(call, destination, target, "ec2:CreateRoute");
    call.send().await.sorted("ec2:CreateRoute").map(drop)
}

async fn replace_route(aws: &Aws, id: &str, destination: &Destination, target: &Target) -> Result<(), Fault> {
    let call = aws.ec2().replace_route().route_table_id(id);
    let call = between!(call, destination, target, "ec2:ReplaceRoute");
    call.send().await.sorted("ec2:ReplaceRoute").map(drop)
}

async fn delete_route(aws: &Aws, id: &str, destination: &Destination) -> Result<(), Fault> {
    let call = aws.ec2().delete_route().route_table_id(id);
    let call = match destination {
        Destination::Cidr(cidr) if cidr.is_ipv6() => call.destination_ipv6_cidr_block(cidr.to_string()),
        Destination::Cidr(cidr) => call.destination_cidr_block(cidr.to_string()),
        Destination::PrefixList(list) => call.destination_prefix_list_id(list),
    };
    call.send().await.sorted("ec2:DeleteRoute").deleting()
}

/// Makes subnets follow the table. One that follows another table moves over without a gap.
async fn associate(aws: &Aws, id: &str, subnets: BTreeSet<String>) -> Result<(), Fault> {
    let followed = associations(aws, "association.subnet-id", &subnets).await?;
    for subnet in subnets {
        match followed.iter().find(|association| association.subnet_id() == Some(&subnet)) {
            Some(now) if now.route_table_id() == Some(id) => {}
            Some(now) => {
                let call = aws.ec2().replace_route_table_association().route_table_id(id);
                let call = call.set_association_id(now.route_table_association_id().map(str::to_owned));
                call.send().await.sorted("ec2:ReplaceRouteTableAssociation").changing()?;
            }
            None => {
                let call = aws.ec2().associate_route_table().route_table_id(id).subnet_id(subnet);
                call.send().await.sorted("ec2:AssociateRouteTable").changing().map_err(taken_meanwhile)?;
            }
        }
    }
    Ok(())
}

/// Another table has taken the subnet since we looked: the repetition will see it.
fn taken_meanwhile(fault: Fault) -> Fault {
    fault.when(FaultKind::NotYet, &["Resource.AlreadyAssociated"], "")
}

/// Ends associations with these subnets, if they still follow this table.
async fn disassociate(aws: &Aws, id: &str, subnets: BTreeSet<String>) -> Result<(), Fault> {
    for association in associations(aws, "association.subnet-id", &subnets).await? {
        let subnet = association.subnet_id().unwrap_or_default();
        if association.route_table_id() == Some(id) && subnets.contains(subnet) {
            end(aws, association).await?;
        }
    }
    Ok(())
}

async fn end(aws: &Aws, association: RouteTableAssociation) -> Result<(), Fault> {
    let call = aws.ec2().disassociate_route_table().set_association_id(association.route_table_association_id);
    call.send().await.sorted("ec2:DisassociateRouteTable").deleting()
}

/// The associations of the tables that a filter finds. That of the main table, which belongs to AWS, is not among them.
async fn associations(aws: &Aws, filter: &str, values: &BTreeSet<String>) -> Result<Vec<RouteTableAssociation>, Fault> {
    let mut found = Vec::new();
    for filter in matching(filter, values.iter().cloned()) {
        let pages = aws.ec2().describe_route_tables().filters(filter).into_paginator().items().send();
        for table in pages.try_collect().await.sorted("ec2:DescribeRouteTables")? {
            found.extend(table.associations.unwrap_or_default().into_iter().filter(stands));
        }
    }
    Ok(found)
}

fn stands(association: &RouteTableAssociation) -> bool {
    let going = [AssociationState::Disassociating, AssociationState::Disassociated, AssociationState::Failed];
    let state = association.association_state().and_then(|state| state.state());
    association.main() != Some(true) && !state.is_some_and(|state| going.contains(state))
}

fn unknown(id: &str, operation: &str) -> Fault {
    Fault::new(FaultKind::Refused, operation, format!("{id} is nothing that a route can lead to"))
}

/// The definition that would have produced a live one. One with a route that leads to what there was not when this was
/// written is shown as what cannot be read.
fn understand(live: &Live) -> Found<RouteTable> {
    let id = live.route_table_id().unwrap_or_default();
    let routes = live.routes().iter().filter_map(|route| route::understand(route).transpose());
    let subnets = live.associations().iter().filter(|association| stands(association));
    let (routes, state) = match routes.collect::<Result<_, String>>() {
        Ok(routes) => (routes, State::Ready),
        Err(wrong) => (BTreeMap::new(), State::Unreadable(format!("the route table {id}: {wrong}"))),
    };
    let definition = RouteTable {
        vpc: Ref::known(live.vpc_id().unwrap_or_default()),
        routes,
        subnets: subnets.filter_map(RouteTableAssociation::subnet_id).map(Ref::known).collect(),
    };
    Found::ready(id, definition, tags::read(live.tags())).in_state(state)
}

#[cfg(test)]
mod tests {
    use aws_sdk_ec2::types::{Route, RouteOrigin, RouteTableAssociationState};
    use infra_engine::model::Stack;

    use super::super::testing::check;
    use super::super::vpc::DefaultSecurityGroup;
    use super::*;

    fn table(vpc: &str, subnets: &[&str]) -> RouteTable {
        let subnets = subnets.iter().map(|subnet| Ref::known(*subnet)).collect();
        RouteTable { vpc: Ref::known(vpc), routes: BTreeMap::new(), subnets }
    }

    #[test]
    fn v07_a_subnet_follows_one_table() {
        let beside = |other: &str| {
            check("V07", |stack| {
                stack.add("b", table("vpc-1", &[other]));
                stack.add("a", table("vpc-1", &["subnet-1", "subnet-2"]))
            })
        };
        beside("subnet-2").refuses("network.b names it too");
        beside("subnet-3").holds();
    }

    #[test]
    fn v07_a_subnet_follows_a_table_of_its_own_network() {
        let of = |vpc: &str| {
            check("V07", |stack: &mut Stack| {
                let zone = "us-east-1a".parse().unwrap();
                let cidr = "10.0.0.0/24".parse().unwrap();
                let subnet = stack.add("a", Subnet { vpc: Ref::known("vpc-1"), cidr, zone, public_ips: false }).id();
                stack.add("table", RouteTable { subnets: [subnet].into(), ..table(vpc, &[]) })
            })
        };
        of("vpc-2").refuses("part of another network");
        of("vpc-1").holds();
    }

    #[test]
    fn v08_a_route_leads_out_of_the_network() {
        let route = |destination: &str, target: Target| {
            check("V08", |stack: &mut Stack| {
                let default_security_group = DefaultSecurityGroup::Open;
                let cidr = "10.0.0.0/16".parse().unwrap();
                let vpc = Vpc { cidr, dns_support: true, dns_hostnames: true, default_security_group };
                let vpc = stack.add("main", vpc).id();
                let routes = [(destination.parse().unwrap(), target)].into();
                stack.add("table", RouteTable { vpc, routes, subnets: BTreeSet::new() })
            })
        };
        let internet = || Target::InternetGateway(Ref::known("igw-1"));
        let nat = || Target::Nat(Ref::known("nat-1"));
        route("10.0.0.0/16", nat()).refuses("the network's own range");
        route("10.0.1.0/24", internet()).refuses("within the network");
        route("10.1.0.0/16", Target::Other("i-1".into())).refuses("such an identifier");
        route("10.0.1.0/24", nat()).holds();
        route("10.1.0.0/16", Target::Other("pcx-1".into())).holds();
        route("0.0.0.0/0", internet()).holds();
        route("pl-1", internet()).holds();
    }

    #[test]
    fn what_aws_adds_is_not_read_and_what_somebody_adds_is() {
        let local = Route::builder().destination_cidr_block("10.0.0.0/16").gateway_id("local");
        let foreign = Route::builder().destination_cidr_block("192.168.0.0/16").vpc_peering_connection_id("pcx-1");
        let association = |subnet: &str, state: AssociationState| {
            let state = RouteTableAssociationState::builder().state(state).build();
            RouteTableAssociation::builder().main(false).subnet_id(subnet).association_state(state).build()
        };
        let live = Live::builder()
            .route_table_id("rtb-1")
            .vpc_id("vpc-1")
            .routes(local.origin(RouteOrigin::CreateRouteTable).build())
            .routes(foreign.origin(RouteOrigin::CreateRoute).build())
            .associations(RouteTableAssociation::builder().main(true).build())
            .associations(association("subnet-1", AssociationState::Associated))
            .associations(association("subnet-2", AssociationState::Disassociating))
            .build();
        let routes = [("192.168.0.0/16".parse().unwrap(), Target::Other("pcx-1".into()))].into();
        assert_eq!(understand(&live).definition, RouteTable { routes, ..table("vpc-1", &["subnet-1"]) });
    }

    #[test]
    fn a_route_to_what_is_not_known_makes_its_table_unreadable_and_no_more() {
        let odd = Route::builder().destination_cidr_block("10.9.0.0/16").origin(RouteOrigin::CreateRoute).build();
        let found = understand(&Live::builder().route_table_id("rtb-1").vpc_id("vpc-1").routes(odd).build());
        let why = "the route table rtb-1: the route to 10.9.0.0/16 has no target";
        assert_eq!((found.id.as_str(), found.state), ("rtb-1", State::Unreadable(why.into())));
    }
}
