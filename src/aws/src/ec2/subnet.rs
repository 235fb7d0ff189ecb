//! A part of a network, in one availability zone.

use std::collections::BTreeSet;
use std::time::Duration;

use aws_sdk_ec2::types::{AttributeBooleanValue, ResourceType, Subnet as Live, SubnetState};
use infra_derive::Resource;
use infra_engine::check::{Rule, Severity, Surroundings, Violation};
use infra_engine::live::{Ask, Behaviour, Fault, FaultKind, Found, Order, Retag, State, Waits};
use infra_engine::model::{Address, Ref, Replacement};
use infra_values::{Cidr, Zone};
use serde::{Deserialize, Serialize};

use super::ask::filters;
use super::fault::{Ec2Fault, given};
use super::tags;
use super::vpc::{self, Vpc, VpcId};
use crate::{Aws, Sorted};

/// A part of a network, in one availability zone.
///
/// ```
/// use infra_aws::ec2::{Subnet, VpcId};
/// use infra_derive::cidr;
/// use infra_engine::model::Ref;
///
/// let vpc: Ref<VpcId> = Ref::known("vpc-0a1b2c3d");
/// let zone = "us-east-1a".parse().unwrap();
/// let private = Subnet { vpc, cidr: cidr!("10.0.1.0/24"), zone, public_ips: false };
/// ```
///
/// AWS keeps five of its addresses for itself. What makes it public is the route table that it is associated with.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Resource)]
#[resource(kind = "ec2/subnet", id = SubnetId)]
pub struct Subnet {
    /// The network that it is a part of.
    #[replace]
    pub vpc: Ref<VpcId>,
    /// Its addresses: IPv4, within those of the network and not overlapping another subnet's; /16 to /28.
    #[replace]
    pub cidr: Cidr,
    /// Where it stands.
    #[replace]
    pub zone: Zone,
    /// Whether what is started in it is given a public address. AWS starts with `false`.
    pub public_ips: bool,
}

impl Behaviour for Subnet {
    type Cloud = Aws;

    const HELD_BY: &'static [&'static str] = &[
        "ec2/nat-gateway",
        "ec2/spot-fleet",
        "ecs/service",
        "elasticache/subnet-group",
        "elb/load-balancer",
        "lambda/function",
        "rds/subnet-group",
    ];

    // Functions and load balancers leave interfaces behind, which take up to three quarters of an hour to go.
    const WAITS: Waits =
        Waits { create: Duration::from_secs(10 * 60), delete: Duration::from_secs(45 * 60), ..Waits::QUICK };

    const ACTIONS: &'static [&'static str] = &[
        "ec2:CreateSubnet",
        "ec2:DescribeSubnets",
        "ec2:ModifySubnetAttribute",
        "ec2:DeleteSubnet",
        tags::CREATE_TAGS,
        tags::DELETE_TAGS,
    ];

    fn rules() -> &'static [Rule<Subnet>] {
        RULES
    }

    /// Two subnets of one network cannot share addresses, not even for a moment.
    fn replacement(live: &Subnet, wanted: &Subnet) -> Replacement {
        let collide = live.vpc == wanted.vpc && live.cidr.overlaps(&wanted.cidr);
        if collide { Replacement::DeleteFirst } else { Replacement::CreateFirst }
    }

    async fn read(aws: &Aws, ask: &Ask) -> Result<Vec<Found<Subnet>>, Fault> {
        let mut found = Vec::new();
        for filter in filters(ask, "subnet-id") {
            let pages = aws.ec2().describe_subnets().filters(filter).into_paginator().items().send();
            let live = pages.try_collect().await.sorted("ec2:DescribeSubnets")?;
            let asked = |live: &&Live| ask.wants(live.subnet_id().unwrap_or_default(), None, &tags::read(live.tags()));
            found.extend(live.iter().filter(asked).map(understand));
        }
        Ok(found)
    }

    async fn create(aws: &Aws, order: &Order<Subnet>) -> Result<String, Fault> {
        let Subnet { vpc, cidr, zone, public_ips: _ } = &order.definition;
        let call = aws
            .ec2()
            .create_subnet()
            .vpc_id(vpc.value())
            .cidr_block(cidr.to_string())
            .availability_zone(zone.to_string())
            .tag_specifications(tags::labels(ResourceType::Subnet, &order.tags));
        let made = call.send().await.sorted("ec2:CreateSubnet").changing().map_err(taken)?;
        given(made.subnet().and_then(Live::subnet_id), "ec2:CreateSubnet", "subnetId")
    }

    async fn update(aws: &Aws, found: &Found<Subnet>, wanted: &Subnet) -> Result<(), Fault> {
        change(aws, &found.id, &found.definition, wanted).await
    }

    async fn retag(aws: &Aws, found: &Found<Subnet>, retag: &Retag) -> Result<(), Fault> {
        tags::retag(aws, &found.id, retag).await
    }

    async fn delete(aws: &Aws, found: &Found<Subnet>) -> Result<(), Fault> {
        aws.ec2().delete_subnet().subnet_id(&found.id).send().await.sorted("ec2:DeleteSubnet").deleting()
    }
}

const RULES: &[Rule<Subnet>] = &[
    Rule {
        code: "V01",
        says: "a subnet's IPv4 range is a /16 to a /28",
        source: "EC2 API, CreateSubnet: CidrBlock",
        severity: Severity::Error,
        check: |subnet, _| vpc::size(&subnet.cidr),
    },
    Rule {
        code: "V02",
        says: "a subnet's range is within its network's, and no two subnets of a network overlap",
        source: "EC2 API, CreateSubnet: CidrBlock",
        severity: Severity::Error,
        check: place,
    },
    Rule {
        code: "V03",
        says: "all subnets of a network are in its region",
        source: "EC2 API, CreateSubnet: AvailabilityZone",
        severity: Severity::Error,
        check: region,
    },
];

/// V02.
fn place(subnet: &Subnet, around: &Surroundings<'_>) -> Vec<Violation> {
    let mut violations = Vec::new();
    if let Some(vpc) = around.of::<Vpc, _>(&subnet.vpc)
        && !vpc.cidr.contains(&subnet.cidr)
    {
        let wrong = format!("it is not within the network's {}", vpc.cidr);
        let way_out = "take a part of the network's range, or widen the network (which replaces it)";
        violations.push(Violation::of("cidr", subnet.cidr, wrong, way_out));
    }
    for (address, other) in siblings(subnet, around).filter(|(_, other)| other.cidr.overlaps(&subnet.cidr)) {
        let wrong = format!("it overlaps the {} of {address}", other.cidr);
        violations.push(Violation::of("cidr", subnet.cidr, wrong, "give each subnet a range of its own"));
    }
    violations
}

/// V03, as far as it can be told without asking AWS.
fn region(subnet: &Subnet, around: &Surroundings<'_>) -> Vec<Violation> {
    let elsewhere = siblings(subnet, around).find(|(_, other)| other.zone.region() != subnet.zone.region());
    let tell = |(address, other): (_, &Subnet)| {
        let wrong = format!("{address}, of the same network, is in {}", other.zone);
        Violation::of("zone", &subnet.zone, wrong, "write zones of one region")
    };
    elsewhere.map(tell).into_iter().collect()
}

fn siblings<'a>(subnet: &Subnet, around: &'a Surroundings<'_>) -> impl Iterator<Item = (&'a Address, &'a Subnet)> {
    around.others::<Subnet>().filter(|(_, other)| other.vpc == subnet.vpc)
}

/// Brings what can change in place from what is live to what is wanted.
async fn change(aws: &Aws, id: &str, live: &Subnet, wanted: &Subnet) -> Result<(), Fault> {
    let Subnet { vpc: _, cidr: _, zone: _, public_ips } = wanted;
    if live.public_ips != *public_ips {
        let value = AttributeBooleanValue::builder().value(*public_ips).build();
        let call = aws.ec2().modify_subnet_attribute().subnet_id(id).map_public_ip_on_launch(value);
        call.send().await.sorted("ec2:ModifySubnetAttribute").changing()?;
    }
    Ok(())
}

/// The definition that would have produced a live one. One in a place of its own (a local zone, an outpost) or without
/// an IPv4 range is shown as what cannot be read.
fn understand(live: &Live) -> Found<Subnet> {
    let operation = "ec2:DescribeSubnets";
    let cidr = given(live.cidr_block(), operation, "cidrBlock");
    let zone = given(live.availability_zone(), operation, "availabilityZone");
    let odd = cidr.as_ref().err().or(zone.as_ref().err()).map(|fault| fault.message.clone());
    let definition = Subnet {
        vpc: Ref::known(live.vpc_id().unwrap_or_default()),
        cidr: cidr.unwrap_or(Cidr::ANYWHERE),
        zone: zone.unwrap_or_else(|_| "us-east-1a".parse().expect("a region and a letter are a zone")),
        public_ips: live.map_public_ip_on_launch().unwrap_or_default(),
    };
    let id = live.subnet_id().unwrap_or_default();
    let state = match live.state() {
        Some(SubnetState::Pending) => State::Pending("pending".into()),
        Some(SubnetState::Failed | SubnetState::FailedInsufficientCapacity) => {
            State::Failed("AWS could not make the subnet".into())
        }
        _ => State::Ready,
    };
    let state = odd.map_or(state, |wrong| State::Unreadable(format!("the subnet {id}: {wrong}")));
    Found::ready(id, definition, tags::read(live.tags())).in_state(state)
}

/// The range is the only thing that tells two subnets apart.
fn taken(fault: Fault) -> Fault {
    fault.when(FaultKind::Exists, &["InvalidSubnet.Conflict"], "")
}

/// What is wrong where none of a group's subnets stays: what stands in them does not move.
pub(crate) fn one_stays(live: &BTreeSet<Ref<SubnetId>>, wanted: &BTreeSet<Ref<SubnetId>>) -> Vec<Violation> {
    if !live.is_disjoint(wanted) {
        return Vec::new();
    }
    let way_out = "add the new ones before the old ones go; another network is another environment's";
    vec![Violation::of("subnets", wanted, "none of its subnets stays", way_out)]
}

#[cfg(test)]
mod tests {
    use infra_engine::model::Stack;

    use super::super::testing::check;
    use super::super::vpc::DefaultSecurityGroup;
    use super::*;

    fn subnet(vpc: Ref<VpcId>, cidr: &str) -> Subnet {
        Subnet { vpc, cidr: cidr.parse().unwrap(), zone: "us-east-1a".parse().unwrap(), public_ips: false }
    }

    fn network(stack: &mut Stack) -> Ref<VpcId> {
        let default_security_group = DefaultSecurityGroup::Open;
        let cidr = "10.0.0.0/16".parse().unwrap();
        let vpc = Vpc { cidr, dns_support: true, dns_hostnames: true, default_security_group };
        stack.add("main", vpc).id()
    }

    #[test]
    fn v01_a_subnet_has_a_size_that_aws_takes() {
        check("V01", |stack| stack.add("a", subnet(Ref::known("vpc-1"), "10.0.0.0/29"))).refuses("smaller");
        check("V01", |stack| stack.add("a", subnet(Ref::known("vpc-1"), "10.0.0.0/28"))).holds();
    }

    #[test]
    fn v02_a_subnet_lies_within_its_network() {
        let lies_in = |cidr: &str| {
            check("V02", |stack| {
                let vpc = network(stack);
                stack.add("a", subnet(vpc, cidr))
            })
        };
        lies_in("10.1.0.0/24").refuses("not within the network's 10.0.0.0/16");
        lies_in("10.0.255.0/24").holds();
    }

    #[test]
    fn v02_subnets_of_one_network_do_not_overlap() {
        let beside = |other_vpc: &str, cidr: &str| {
            check("V02", |stack| {
                stack.add("b", subnet(Ref::known(other_vpc), "10.0.1.0/24"));
                stack.add("a", subnet(Ref::known("vpc-1"), cidr))
            })
        };
        beside("vpc-1", "10.0.0.0/23").refuses("overlaps the 10.0.1.0/24 of network.b");
        beside("vpc-1", "10.0.2.0/24").holds();
        beside("vpc-2", "10.0.0.0/23").holds();
    }

    #[test]
    fn v03_subnets_of_one_network_are_in_one_region() {
        let beside = |zone: &str| {
            check("V03", |stack| {
                stack.add("b", Subnet { zone: zone.parse().unwrap(), ..subnet(Ref::known("vpc-1"), "10.0.1.0/24") });
                stack.add("a", subnet(Ref::known("vpc-1"), "10.0.0.0/24"))
            })
        };
        beside("eu-west-1a").refuses("network.b, of the same network, is in eu-west-1a");
        beside("us-east-1b").holds();
    }

    #[test]
    fn a_subnet_that_keeps_its_addresses_goes_before_its_successor_comes() {
        let live = subnet(Ref::known("vpc-1"), "10.0.1.0/24");
        let zone = "us-east-1b".parse().unwrap();
        assert_eq!(Subnet::replacement(&live, &Subnet { zone, ..live.clone() }), Replacement::DeleteFirst);
        let wider = subnet(Ref::known("vpc-1"), "10.0.0.0/23");
        assert_eq!(Subnet::replacement(&live, &wider), Replacement::DeleteFirst);
        let moved = subnet(Ref::known("vpc-1"), "10.0.2.0/24");
        assert_eq!(Subnet::replacement(&live, &moved), Replacement::CreateFirst);
        let elsewhere = subnet(Ref::known("vpc-2"), "10.0.1.0/24");
        assert_eq!(Subnet::replacement(&live, &elsewhere), Replacement::CreateFirst);
    }

    #[test]
    fn a_live_subnet_is_understood() {
        let live = Live::builder().subnet_id("subnet-1").vpc_id("vpc-1").cidr_block("10.0.1.0/24");
        let live = live.availability_zone("us-east-1a").map_public_ip_on_launch(false).state(SubnetState::Pending);
        let found = understand(&live.clone().build());
        assert_eq!(found.definition, subnet(Ref::known("vpc-1"), "10.0.1.0/24"));
        assert_eq!((found.id.as_str(), found.state), ("subnet-1", State::Pending("pending".into())));
        let local = understand(&live.availability_zone("us-west-2-lax-1a").build());
        assert!(matches!(local.state, State::Unreadable(why) if why.starts_with("the subnet subnet-1: ")));
    }
}
