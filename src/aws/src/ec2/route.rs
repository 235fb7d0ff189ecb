//! Where a route leads from and to. Knows how both are written, and nothing of route tables.

use std::fmt;
use std::str::FromStr;

use aws_sdk_ec2::types::{Route as Live, RouteOrigin};
use infra_engine::model::Ref;
use infra_values::Cidr;
use serde::{Deserialize, Serialize};

use super::internet_gateway::InternetGatewayId;
use super::nat_gateway::NatGatewayId;

/// Which addresses a route is for: `0.0.0.0/0`, or the addresses of a prefix list, `pl-0a1b2c3d`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Destination {
    /// The addresses of a range.
    Cidr(Cidr),
    /// The addresses of a managed prefix list.
    PrefixList(String),
}

/// What a route leads to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Target {
    /// The internet.
    InternetGateway(Ref<InternetGatewayId>),
    /// The internet or other networks, with the gateway's own address.
    Nat(Ref<NatGatewayId>),
    /// Anything else, by its identifier: `pcx-…`, `tgw-…`, `eni-…`, `vgw-…`, `eigw-…`, `vpce-…`, `lgw-…`, `cagw-…`.
    Other(String),
}

/// The prefixes of the identifiers that [`Target::Other`] may have, and which of a call's fields takes them.
const OTHERS: &[(&str, Field)] = &[
    ("pcx-", Field::Peering),
    ("tgw-", Field::TransitGateway),
    ("eni-", Field::Interface),
    ("vgw-", Field::Gateway),
    ("eigw-", Field::EgressOnlyGateway),
    ("vpce-", Field::Endpoint),
    ("lgw-", Field::LocalGateway),
    ("cagw-", Field::CarrierGateway),
];

/// Which field of a call takes a target.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Field {
    Gateway,
    NatGateway,
    Peering,
    TransitGateway,
    Interface,
    EgressOnlyGateway,
    Endpoint,
    LocalGateway,
    CarrierGateway,
}

impl Target {
    /// The identifier of what the route leads to.
    pub fn id(&self) -> String {
        match self {
            Target::InternetGateway(gateway) => gateway.value(),
            Target::Nat(gateway) => gateway.value(),
            Target::Other(id) => id.clone(),
        }
    }

    /// Which field of a call takes it; `None` for an identifier of which nothing is known.
    pub(super) fn field(&self) -> Option<Field> {
        match self {
            Target::InternetGateway(_) => Some(Field::Gateway),
            Target::Nat(_) => Some(Field::NatGateway),
            Target::Other(id) => OTHERS.iter().find(|(prefix, _)| id.starts_with(prefix)).map(|(_, field)| *field),
        }
    }

    /// A target by its identifier. AWS gives the same gateway back under one field or another, so only this counts.
    fn of(id: &str) -> Target {
        match id.split_once('-') {
            Some(("igw", _)) => Target::InternetGateway(Ref::known(id)),
            Some(("nat", _)) => Target::Nat(Ref::known(id)),
            _ => Target::Other(id.to_owned()),
        }
    }
}

/// A live route, if somebody has set it: `None` for what AWS adds by itself, which is the local route, what a virtual
/// private gateway propagates, and what a gateway endpoint brings along with its prefix list.
pub(super) fn understand(route: &Live) -> Result<Option<(Destination, Target)>, String> {
    let destination = route
        .destination_cidr_block()
        .or(route.destination_ipv6_cidr_block())
        .or(route.destination_prefix_list_id())
        .ok_or("a route has no destination")?
        .parse()?;
    let target = target(route).ok_or_else(|| format!("the route to {destination} has no target"))?;
    let of_an_endpoint = target.starts_with("vpce-") && matches!(destination, Destination::PrefixList(_));
    let set = matches!(route.origin(), None | Some(RouteOrigin::CreateRoute)) && target != "local" && !of_an_endpoint;
    Ok(set.then(|| (destination, Target::of(target))))
}

/// The identifier of what a live route leads to. An instance comes with its interface, which is what counts.
fn target(route: &Live) -> Option<&str> {
    let fields = [
        route.gateway_id(),
        route.nat_gateway_id(),
        route.vpc_peering_connection_id(),
        route.transit_gateway_id(),
        route.network_interface_id(),
        route.egress_only_internet_gateway_id(),
        route.local_gateway_id(),
        route.carrier_gateway_id(),
        route.core_network_arn(),
        route.odb_network_arn(),
        route.instance_id(),
    ];
    fields.into_iter().flatten().next()
}

impl fmt::Display for Destination {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Destination::Cidr(cidr) => write!(f, "{cidr}"),
            Destination::PrefixList(id) => f.write_str(id),
        }
    }
}

impl FromStr for Destination {
    type Err = String;

    fn from_str(text: &str) -> Result<Destination, String> {
        if text.starts_with("pl-") {
            return Ok(Destination::PrefixList(text.to_owned()));
        }
        text.parse().map(Destination::Cidr).map_err(|error| error.to_string())
    }
}

impl TryFrom<String> for Destination {
    type Error = String;

    fn try_from(text: String) -> Result<Destination, String> {
        text.parse()
    }
}

impl From<Destination> for String {
    fn from(destination: Destination) -> String {
        destination.to_string()
    }
}

impl From<Cidr> for Destination {
    fn from(cidr: Cidr) -> Destination {
        Destination::Cidr(cidr)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn route(destination: &str) -> aws_sdk_ec2::types::builders::RouteBuilder {
        Live::builder().destination_cidr_block(destination).origin(RouteOrigin::CreateRoute)
    }

    #[test]
    fn what_aws_adds_by_itself_is_no_route_of_ours() {
        let local = route("10.0.0.0/16").gateway_id("local").origin(RouteOrigin::CreateRouteTable);
        let propagated = route("172.16.0.0/12").gateway_id("vgw-1").origin(RouteOrigin::EnableVgwRoutePropagation);
        let endpoint = Live::builder().destination_prefix_list_id("pl-1").gateway_id("vpce-1");
        for route in [local, propagated, endpoint.origin(RouteOrigin::CreateRoute)] {
            let route = route.build();
            assert_eq!(understand(&route), Ok(None), "{route:?}");
        }
    }

    #[test]
    fn what_somebody_has_set_is_a_route_whatever_it_leads_to() {
        let understood = |route: aws_sdk_ec2::types::builders::RouteBuilder| {
            let (destination, target) = understand(&route.build()).unwrap().unwrap();
            (destination.to_string(), target)
        };
        let everywhere = || "0.0.0.0/0".to_owned();
        let to_the_internet = Target::InternetGateway(Ref::known("igw-1"));
        assert_eq!(understood(route("0.0.0.0/0").gateway_id("igw-1")), (everywhere(), to_the_internet));
        let to_the_nat = (everywhere(), Target::Nat(Ref::known("nat-1")));
        assert_eq!(understood(route("0.0.0.0/0").nat_gateway_id("nat-1")), to_the_nat);
        assert_eq!(understood(route("0.0.0.0/0").gateway_id("nat-1")), to_the_nat);
        let to_a_machine = route("10.1.0.0/16").network_interface_id("eni-1").instance_id("i-1");
        assert_eq!(understood(to_a_machine), ("10.1.0.0/16".to_owned(), Target::Other("eni-1".into())));
        let list = Live::builder().destination_prefix_list_id("pl-1").transit_gateway_id("tgw-1");
        assert_eq!(understood(list), ("pl-1".to_owned(), Target::Other("tgw-1".into())));
    }

    #[test]
    fn a_target_is_sent_in_the_field_of_its_sort() {
        for (target, field) in [
            (Target::InternetGateway(Ref::known("igw-1")), Some(Field::Gateway)),
            (Target::Nat(Ref::known("nat-1")), Some(Field::NatGateway)),
            (Target::Other("pcx-1".into()), Some(Field::Peering)),
            (Target::Other("eigw-1".into()), Some(Field::EgressOnlyGateway)),
            (Target::Other("i-1".into()), None),
        ] {
            assert_eq!(target.field(), field, "{target:?}");
        }
    }

    #[test]
    fn routes_read_well_in_a_plan() {
        let destination: Destination = "0.0.0.0/0".parse().unwrap();
        assert_eq!(serde_json::to_string(&destination).unwrap(), r#""0.0.0.0/0""#);
        let target = Target::Nat(Ref::known("nat-1"));
        assert_eq!(serde_json::to_string(&target).unwrap(), r#"{"nat":"nat-1"}"#);
        assert!("10.0.0.5/16".parse::<Destination>().is_err());
    }
}
