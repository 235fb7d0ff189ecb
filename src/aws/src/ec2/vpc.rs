//! The private network that everything else stands in.

use std::time::Duration;

use aws_sdk_ec2::types::{
    AttributeBooleanValue, Filter, NetworkInterface, ResourceType, SecurityGroup, Vpc as Live, VpcAttributeName,
    VpcEndpoint, VpcState,
};
use futures::future::try_join3;
use infra_derive::Resource;
use infra_engine::check::{Rule, Severity, Violation};
use infra_engine::live::{Ask, Behaviour, Fault, FaultKind, Found, Order, Retag, State, Waits};
use infra_engine::model::Ref;
use infra_values::Cidr;
use serde::{Deserialize, Serialize};

use super::ask::filters;
use super::fault::{Ec2Fault, given};
use super::security_group_rules::{self, SecurityGroupRules};
use super::tags;
use super::traffic::Traffic;
use crate::{Aws, Sorted};

/// A private network.
///
/// ```
/// use infra_aws::ec2::{DefaultSecurityGroup, Vpc};
/// use infra_derive::cidr;
///
/// let main = Vpc {
///     cidr: cidr!("10.0.0.0/16"),
///     dns_support: true,
///     dns_hostnames: true,
///     default_security_group: DefaultSecurityGroup::Closed,
/// };
/// ```
///
/// The route table and network ACL that AWS makes along with it are not managed: they are never a difference, and go
/// when it goes. So does the security group, of which only one thing is said: whether it lets anything through.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Resource)]
#[resource(kind = "ec2/vpc", id = VpcId)]
pub struct Vpc {
    /// Its addresses: IPv4, /16 to /28.
    #[replace]
    pub cidr: Cidr,
    /// Whether names are resolved in it. AWS starts with `true`.
    pub dns_support: bool,
    /// Whether what stands in it is given names. AWS starts with `false`.
    pub dns_hostnames: bool,
    /// What the security group lets through that AWS makes along with it, and gives to everything that names no group.
    /// AWS starts with `open`.
    pub default_security_group: DefaultSecurityGroup,
}

/// What the security group of a network lets through that AWS has made along with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DefaultSecurityGroup {
    /// Nothing: it has no rules, and a rule that somebody adds is removed.
    Closed,
    /// Something: it has rules, and which they are is not looked at. One that was closed is given those back with which
    /// AWS begins: everything in from the group itself, and everything out. It bears no tag, so the printed policies
    /// let nobody do that.
    Open,
}

const INTERFACES: &str = "ec2:DescribeNetworkInterfaces";
const GROUPS: &str = "ec2:DescribeSecurityGroups";
const ENDPOINTS: &str = "ec2:DescribeVpcEndpoints";

/// What AWS calls the group that it makes along with each network.
const DEFAULT_GROUP: &str = "default";

impl Behaviour for Vpc {
    type Cloud = Aws;

    const WAITS: Waits = Waits { create: Duration::from_secs(10 * 60), ..Waits::QUICK };

    const ACTIONS: &'static [&'static str] = &[
        "ec2:CreateVpc",
        INTERFACES,
        GROUPS,
        ENDPOINTS,
        "ec2:DescribeVpcs",
        "ec2:DescribeVpcAttribute",
        "ec2:ModifyVpcAttribute",
        "ec2:DescribeSecurityGroupRules",
        "ec2:AuthorizeSecurityGroupEgress",
        "ec2:AuthorizeSecurityGroupIngress",
        "ec2:RevokeSecurityGroupEgress",
        "ec2:RevokeSecurityGroupIngress",
        "ec2:DeleteVpc",
        tags::CREATE_TAGS,
        tags::DELETE_TAGS,
    ];

    fn rules() -> &'static [Rule<Vpc>] {
        RULES
    }

    async fn read(aws: &Aws, ask: &Ask) -> Result<Vec<Found<Vpc>>, Fault> {
        let mut found = Vec::new();
        for filter in filters(ask, "vpc-id") {
            let pages = aws.ec2().describe_vpcs().filters(filter).into_paginator().items().send();
            for live in pages.try_collect().await.sorted("ec2:DescribeVpcs")? {
                let (id, tags) = (live.vpc_id().unwrap_or_default(), tags::read(live.tags()));
                if ask.wants(id, None, &tags) {
                    let parts = try_join3(dns_support(aws, id), dns_hostnames(aws, id), default_group(aws, id)).await;
                    // It may have gone between the calls.
                    if let Some((dns_support, dns_hostnames, group)) = parts.reading()? {
                        let default_security_group = group.map_or(DefaultSecurityGroup::Open, |group| opened(&group));
                        let (cidr, state) = match given(live.cidr_block(), "ec2:DescribeVpcs", "cidrBlock") {
                            Ok(cidr) => (cidr, state(live.state())),
                            Err(fault) => {
                                (Cidr::ANYWHERE, State::Unreadable(format!("the network {id}: {}", fault.message)))
                            }
                        };
                        let definition = Vpc { cidr, dns_support, dns_hostnames, default_security_group };
                        found.push(Found::ready(id, definition, tags).in_state(state));
                    }
                }
            }
        }
        Ok(found)
    }

    async fn create(aws: &Aws, order: &Order<Vpc>) -> Result<String, Fault> {
        let Vpc { cidr, dns_support: _, dns_hostnames: _, default_security_group: _ } = &order.definition;
        let labels = tags::labels(ResourceType::Vpc, &order.tags);
        let call = aws.ec2().create_vpc().cidr_block(cidr.to_string()).tag_specifications(labels);
        let made = call.send().await.sorted("ec2:CreateVpc")?;
        given(made.vpc().and_then(Live::vpc_id), "ec2:CreateVpc", "vpcId")
    }

    async fn update(aws: &Aws, found: &Found<Vpc>, wanted: &Vpc) -> Result<(), Fault> {
        change(aws, &found.id, &found.definition, wanted).await
    }

    async fn retag(aws: &Aws, found: &Found<Vpc>, retag: &Retag) -> Result<(), Fault> {
        tags::retag(aws, &found.id, retag).await
    }

    async fn delete(aws: &Aws, found: &Found<Vpc>) -> Result<(), Fault> {
        let deleted = aws.ec2().delete_vpc().vpc_id(&found.id).send().await.sorted("ec2:DeleteVpc").deleting();
        match deleted {
            Err(fault) if fault.has_code(&["DependencyViolation"]) => Err(in_the_way(aws, &found.id, fault).await),
            other => other,
        }
    }
}

const RULES: &[Rule<Vpc>] = &[
    Rule {
        code: "V01",
        says: "a network's IPv4 range is a /16 to a /28",
        source: "EC2 API, CreateVpc: CidrBlock",
        severity: Severity::Error,
        check: |vpc, _| size(&vpc.cidr),
    },
    Rule {
        code: "V201",
        says: "host names need name resolution",
        source: "EC2 API, ModifyVpcAttribute: EnableDnsHostnames",
        severity: Severity::Error,
        check: |vpc, _| {
            let wrong = "host names are on and resolution is off";
            let way_out = "set `dns_support` to true, or `dns_hostnames` to false";
            let refused = vpc.dns_hostnames && !vpc.dns_support;
            refused.then(|| Violation::of("dns_hostnames", true, wrong, way_out)).into_iter().collect()
        },
    },
];

/// V01, for networks and for their subnets: both have a `cidr`.
pub(super) fn size(cidr: &Cidr) -> Vec<Violation> {
    let wrong = match cidr.prefix() {
        _ if cidr.is_ipv6() => "it is an IPv6 range",
        0..16 => "it is larger than a /16",
        29.. => "it is smaller than a /28",
        _ => return Vec::new(),
    };
    vec![Violation::of("cidr", cidr, wrong, "write an IPv4 range from /16 to /28, like `10.0.0.0/16`")]
}

/// Brings the attributes from what is live to what is wanted. AWS takes one a call, and host names only while there is
/// resolution: so resolution is turned on first, and off last.
async fn change(aws: &Aws, id: &str, live: &Vpc, wanted: &Vpc) -> Result<(), Fault> {
    let Vpc { cidr: _, dns_support, dns_hostnames, default_security_group } = wanted;
    let call = || aws.ec2().modify_vpc_attribute().vpc_id(id);
    let value = |value: &bool| AttributeBooleanValue::builder().value(*value).build();
    let support = (live.dns_support != *dns_support).then(|| call().enable_dns_support(value(dns_support)));
    let hostnames = (live.dns_hostnames != *dns_hostnames).then(|| call().enable_dns_hostnames(value(dns_hostnames)));
    let calls = if *dns_support { [support, hostnames] } else { [hostnames, support] };
    for call in calls.into_iter().flatten() {
        call.send().await.sorted("ec2:ModifyVpcAttribute").changing()?;
    }
    if live.default_security_group != *default_security_group {
        turn_default_group(aws, id, *default_security_group).await?;
    }
    Ok(())
}

/// Takes all rules from the group that AWS has made along with the network, or gives it back those that it begins with.
async fn turn_default_group(aws: &Aws, vpc: &str, wanted: DefaultSecurityGroup) -> Result<(), Fault> {
    let group = default_group(aws, vpc).await.changing()?;
    let Some(group) = group.as_ref().and_then(SecurityGroup::group_id) else {
        return Err(Fault::new(
            FaultKind::NotYet,
            GROUPS,
            format!("the network {vpc} shows no default security group"),
        ));
    };
    match wanted {
        DefaultSecurityGroup::Closed => security_group_rules::remove_all(aws, group).await,
        DefaultSecurityGroup::Open => {
            let ingress = [Traffic::All.with(Ref::known(group))].into();
            let egress = [Traffic::All.with(Cidr::ANYWHERE)].into();
            security_group_rules::settle(aws, &SecurityGroupRules { group: Ref::known(group), ingress, egress }).await
        }
    }
}

/// The group that AWS has made along with the network: every network has one, it cannot be deleted, and its name is
/// nobody else's.
async fn default_group(aws: &Aws, vpc: &str) -> Result<Option<SecurityGroup>, Fault> {
    let filter = |name: &str, value: &str| Filter::builder().name(name).values(value).build();
    let call = aws.ec2().describe_security_groups();
    let call = call.filters(filter("vpc-id", vpc)).filters(filter("group-name", DEFAULT_GROUP));
    let groups: Vec<SecurityGroup> = call.into_paginator().items().send().try_collect().await.sorted(GROUPS)?;
    Ok(groups.into_iter().next())
}

fn opened(group: &SecurityGroup) -> DefaultSecurityGroup {
    let empty = group.ip_permissions().is_empty() && group.ip_permissions_egress().is_empty();
    if empty { DefaultSecurityGroup::Closed } else { DefaultSecurityGroup::Open }
}

fn state(state: Option<&VpcState>) -> State {
    match state {
        Some(VpcState::Pending) => State::Pending("pending".into()),
        Some(VpcState::Deleting) => State::Leaving,
        _ => State::Ready,
    }
}

/// The fault of a network that is still used, which names what uses it: others put things into a network too (GuardDuty
/// its endpoints and groups), and AWS says no more than that there is something.
async fn in_the_way(aws: &Aws, id: &str, fault: Fault) -> Fault {
    match standing(aws, id).await {
        Ok(standing) if !standing.is_empty() => {
            let message = format!("{} What stands in it: {}.", fault.message, standing.join(", "));
            Fault { message, ..fault }
        }
        // What it is does not change that there is something.
        _ => fault,
    }
}

/// The endpoints, groups and interfaces of a network; without the group that AWS made along with it.
async fn standing(aws: &Aws, id: &str) -> Result<Vec<String>, Fault> {
    let inside = || Filter::builder().name("vpc-id").values(id).build();
    let endpoints = aws.ec2().describe_vpc_endpoints().filters(inside()).into_paginator().items().send();
    let groups = aws.ec2().describe_security_groups().filters(inside()).into_paginator().items().send();
    let interfaces = aws.ec2().describe_network_interfaces().filters(inside()).into_paginator().items().send();
    let endpoints: Vec<VpcEndpoint> = endpoints.try_collect().await.sorted(ENDPOINTS)?;
    let groups: Vec<SecurityGroup> = groups.try_collect().await.sorted(GROUPS)?;
    let interfaces: Vec<NetworkInterface> = interfaces.try_collect().await.sorted(INTERFACES)?;
    let named = |id: Option<&str>, name: Option<&str>| match (id, name) {
        (Some(id), Some(name)) if !name.is_empty() => Some(format!("{id} ({name})")),
        (Some(id), _) => Some(id.to_owned()),
        (None, _) => None,
    };
    let endpoints = endpoints.iter().filter_map(|one| named(one.vpc_endpoint_id(), one.service_name()));
    let groups = groups.iter().filter(|group| group.group_name() != Some(DEFAULT_GROUP));
    let groups = groups.filter_map(|group| named(group.group_id(), group.group_name()));
    let interfaces = interfaces.iter().filter_map(|one| named(one.network_interface_id(), one.description()));
    Ok(endpoints.chain(groups).chain(interfaces).collect())
}

async fn dns_support(aws: &Aws, id: &str) -> Result<bool, Fault> {
    let call = aws.ec2().describe_vpc_attribute().vpc_id(id).attribute(VpcAttributeName::EnableDnsSupport);
    let answer = call.send().await.sorted("ec2:DescribeVpcAttribute")?;
    Ok(answer.enable_dns_support().and_then(AttributeBooleanValue::value).unwrap_or_default())
}

async fn dns_hostnames(aws: &Aws, id: &str) -> Result<bool, Fault> {
    let call = aws.ec2().describe_vpc_attribute().vpc_id(id).attribute(VpcAttributeName::EnableDnsHostnames);
    let answer = call.send().await.sorted("ec2:DescribeVpcAttribute")?;
    Ok(answer.enable_dns_hostnames().and_then(AttributeBooleanValue::value).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use aws_sdk_ec2::types::IpPermission;

    use super::super::testing::check;
    use super::*;

    fn vpc(cidr: &str) -> Vpc {
        let default_security_group = DefaultSecurityGroup::Open;
        Vpc { cidr: cidr.parse().unwrap(), dns_support: true, dns_hostnames: true, default_security_group }
    }

    #[test]
    fn v01_a_network_has_a_size_that_aws_takes() {
        check("V01", |stack| stack.add("main", vpc("10.0.0.0/15"))).refuses("larger than a /16");
        check("V01", |stack| stack.add("main", vpc("10.0.0.0/29"))).refuses("smaller than a /28");
        check("V01", |stack| stack.add("main", vpc("2001:db8::/56"))).refuses("IPv6");
        check("V01", |stack| stack.add("main", vpc("10.0.0.0/16"))).holds();
        check("V01", |stack| stack.add("main", vpc("10.0.0.0/28"))).holds();
    }

    #[test]
    fn v201_host_names_need_resolution() {
        let silent = Vpc { dns_support: false, ..vpc("10.0.0.0/16") };
        check("V201", |stack| stack.add("main", silent.clone())).refuses("resolution is off");
        check("V201", |stack| stack.add("main", Vpc { dns_hostnames: false, ..silent.clone() })).holds();
        check("V201", |stack| stack.add("main", vpc("10.0.0.0/16"))).holds();
    }

    #[test]
    fn a_default_group_is_closed_when_it_has_no_rule_either_way() {
        let rule = || IpPermission::builder().ip_protocol("-1").build();
        assert_eq!(opened(&SecurityGroup::builder().build()), DefaultSecurityGroup::Closed);
        let in_only = SecurityGroup::builder().ip_permissions(rule()).build();
        let out_only = SecurityGroup::builder().ip_permissions_egress(rule()).build();
        assert_eq!([opened(&in_only), opened(&out_only)], [DefaultSecurityGroup::Open; 2]);
    }

    #[test]
    fn a_network_on_its_way_is_not_ready() {
        assert_eq!(state(Some(&VpcState::Available)), State::Ready);
        assert_eq!(state(Some(&VpcState::Pending)), State::Pending("pending".into()));
        assert_eq!(state(Some(&VpcState::Deleting)), State::Leaving);
    }
}
