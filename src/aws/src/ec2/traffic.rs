//! What a rule of a security group says: which traffic, with whom, and what for. Nothing here calls AWS.

use std::fmt;
use std::ops::RangeInclusive;
use std::str::FromStr;

use aws_sdk_ec2::types::{
    IpPermission, IpRange, Ipv6Range, PrefixListId, SecurityGroupRule, SecurityGroupRuleRequest, UserIdGroupPair,
};
use infra_engine::model::Ref;
use infra_values::Cidr;
use serde::{Deserialize, Serialize};

use super::security_group::SecurityGroupId;

/// One rule: traffic that may pass, and with whom. `Traffic::tcp(443).with(Cidr::ANYWHERE).described("HTTPS")`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Allow {
    /// Which traffic.
    pub traffic: Traffic,
    /// With whom: where it comes from, or goes to.
    pub peer: Peer,
    /// What for; may be empty.
    pub description: String,
}

/// Traffic, by protocol.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Traffic {
    /// Every protocol and every port.
    All,
    /// TCP to these ports.
    Tcp(Ports),
    /// UDP to these ports.
    Udp(Ports),
    /// ICMP: messages about IPv4.
    Icmp(Icmp),
    /// ICMPv6: messages about IPv6.
    Icmpv6(Icmp),
    /// Another protocol, by its number: 50 is ESP.
    Protocol(u8),
}

/// One port, `443`, or several, `8000-8100`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Ports {
    first: u16,
    last: u16,
}

/// Messages of ICMP: `any`, one type, `8`, or one code of a type, `3/4`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Icmp {
    /// All of them.
    Any,
    /// Those of a type.
    Type(u8),
    /// Those of a type with a code.
    Code(u8, u8),
}

/// Whom a rule is about.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Peer {
    /// The addresses of a range.
    Cidr(Cidr),
    /// What belongs to a security group.
    Group(Ref<SecurityGroupId>),
    /// The addresses of a managed prefix list: one of one's own by its identifier, `pl-0a1b2c3d`, one of AWS's by its
    /// name, `com.amazonaws.global.cloudfront.origin-facing`, since it has another identifier in each region.
    PrefixList(String),
}

impl Traffic {
    /// TCP to a port, `Traffic::tcp(443)`, or to several, `Traffic::tcp(8000..=8100)`.
    pub fn tcp(ports: impl Into<Ports>) -> Traffic {
        Traffic::Tcp(ports.into())
    }

    /// UDP to a port or several.
    pub fn udp(ports: impl Into<Ports>) -> Traffic {
        Traffic::Udp(ports.into())
    }

    /// Lets it pass from there, or to there: the set in which the rule stands says which.
    pub fn with(self, peer: impl Into<Peer>) -> Allow {
        Allow { traffic: self, peer: peer.into(), description: String::new() }
    }

    /// The ports, where the protocol has some.
    pub(super) fn ports(&self) -> Option<Ports> {
        match self {
            Traffic::Tcp(ports) | Traffic::Udp(ports) => Some(*ports),
            _ => None,
        }
    }

    /// The protocol and the two ends of its range, as AWS writes them.
    fn written(&self) -> (String, Option<(i32, i32)>) {
        match self {
            Traffic::All => ("-1".into(), None),
            Traffic::Tcp(ports) => ("tcp".into(), Some(ports.written())),
            Traffic::Udp(ports) => ("udp".into(), Some(ports.written())),
            Traffic::Icmp(icmp) => ("icmp".into(), Some(icmp.written())),
            Traffic::Icmpv6(icmp) => ("icmpv6".into(), Some(icmp.written())),
            Traffic::Protocol(number) => (number.to_string(), None),
        }
    }

    /// The traffic that AWS writes so: a protocol has a name or a number, and ports that mean nothing are absent or -1.
    fn understand(protocol: &str, first: Option<i32>, last: Option<i32>) -> Result<Traffic, String> {
        let ends = (first.unwrap_or(-1), last.unwrap_or(-1));
        match protocol {
            "-1" | "all" => Ok(Traffic::All),
            "tcp" | "6" => Ports::understand(ends).map(Traffic::Tcp),
            "udp" | "17" => Ports::understand(ends).map(Traffic::Udp),
            "icmp" | "1" => Icmp::understand(ends).map(Traffic::Icmp),
            "icmpv6" | "58" => Icmp::understand(ends).map(Traffic::Icmpv6),
            other => other.parse().map(Traffic::Protocol).map_err(|_| format!("`{other}` is no protocol")),
        }
    }
}

impl Allow {
    /// The same, and what it is for.
    pub fn described(self, description: impl Into<String>) -> Allow {
        Allow { description: description.into(), ..self }
    }

    /// What tells it from another rule of the group: AWS takes no second one that differs in its description only.
    pub(super) fn identity(&self) -> (&Traffic, &Peer) {
        (&self.traffic, &self.peer)
    }

    /// The name of the prefix list of AWS's that it is about.
    pub(super) fn named_list(&self) -> Option<&str> {
        match &self.peer {
            Peer::PrefixList(list) if !list.starts_with("pl-") => Some(list),
            _ => None,
        }
    }

    /// The rule about the same prefix list under another name for it.
    pub(super) fn about_list(&self, list: &str) -> Allow {
        Allow { peer: Peer::PrefixList(list.to_owned()), ..self.clone() }
    }

    /// The rule as AWS takes it.
    pub(super) fn written(&self) -> IpPermission {
        let (protocol, ends) = self.traffic.written();
        let permission = IpPermission::builder()
            .ip_protocol(protocol)
            .set_from_port(ends.map(|(first, _)| first))
            .set_to_port(ends.map(|(_, last)| last));
        let description = self.note();
        match &self.peer {
            Peer::Cidr(cidr) if cidr.is_ipv6() => {
                let range = Ipv6Range::builder().cidr_ipv6(cidr.to_string()).set_description(description);
                permission.ipv6_ranges(range.build())
            }
            Peer::Cidr(cidr) => {
                let range = IpRange::builder().cidr_ip(cidr.to_string()).set_description(description);
                permission.ip_ranges(range.build())
            }
            Peer::Group(group) => {
                let pair = UserIdGroupPair::builder().group_id(group.value()).set_description(description);
                permission.user_id_group_pairs(pair.build())
            }
            Peer::PrefixList(list) => {
                let list = PrefixListId::builder().prefix_list_id(list).set_description(description);
                permission.prefix_list_ids(list.build())
            }
        }
        .build()
    }

    /// The rule as the call that changes a living one takes it.
    pub(super) fn rewritten(&self) -> SecurityGroupRuleRequest {
        let (protocol, ends) = self.traffic.written();
        // The whole rule is replaced: a description that is left out is taken away.
        let rule = SecurityGroupRuleRequest::builder()
            .ip_protocol(protocol)
            .set_from_port(ends.map(|(first, _)| first))
            .set_to_port(ends.map(|(_, last)| last))
            .set_description(self.note());
        match &self.peer {
            Peer::Cidr(cidr) if cidr.is_ipv6() => rule.cidr_ipv6(cidr.to_string()),
            Peer::Cidr(cidr) => rule.cidr_ipv4(cidr.to_string()),
            Peer::Group(group) => rule.referenced_group_id(group.value()),
            Peer::PrefixList(list) => rule.prefix_list_id(list),
        }
        .build()
    }

    /// The description, if there is one.
    fn note(&self) -> Option<String> {
        (!self.description.is_empty()).then(|| self.description.clone())
    }

    /// The rule that AWS gives, with one peer always.
    pub(super) fn understand(rule: &SecurityGroupRule) -> Result<Allow, String> {
        let protocol = rule.ip_protocol().ok_or("a rule has no protocol")?;
        let group = rule.referenced_group_info().and_then(|group| group.group_id());
        let peer = match (rule.cidr_ipv4().or(rule.cidr_ipv6()), group, rule.prefix_list_id()) {
            (Some(cidr), ..) => Peer::Cidr(cidr.parse().map_err(|error| format!("{error}"))?),
            (_, Some(group), _) => Peer::Group(Ref::known(group)),
            (.., Some(list)) => Peer::PrefixList(list.to_owned()),
            _ => return Err("a rule has neither a range, nor a group, nor a prefix list".to_owned()),
        };
        let traffic = Traffic::understand(protocol, rule.from_port(), rule.to_port())?;
        Ok(Allow { traffic, peer, description: rule.description().unwrap_or_default().to_owned() })
    }
}

impl Ports {
    /// True when the first is not after the last.
    pub(super) fn are_in_order(self) -> bool {
        self.first <= self.last
    }

    fn written(self) -> (i32, i32) {
        (self.first.into(), self.last.into())
    }

    fn understand((first, last): (i32, i32)) -> Result<Ports, String> {
        let port = |number: i32| u16::try_from(number).map_err(|_| format!("{number} is no port"));
        Ok(Ports { first: port(first)?, last: port(last)? })
    }
}

impl Icmp {
    fn written(self) -> (i32, i32) {
        match self {
            Icmp::Any => (-1, -1),
            Icmp::Type(kind) => (kind.into(), -1),
            Icmp::Code(kind, code) => (kind.into(), code.into()),
        }
    }

    fn understand((kind, code): (i32, i32)) -> Result<Icmp, String> {
        let number = |number: i32| u8::try_from(number).map_err(|_| format!("{number} is no type or code of ICMP"));
        match (kind, code) {
            (-1, _) => Ok(Icmp::Any),
            (kind, -1) => Ok(Icmp::Type(number(kind)?)),
            (kind, code) => Ok(Icmp::Code(number(kind)?, number(code)?)),
        }
    }
}

/// V09: what is wrong with a text that EC2 keeps about a group or a rule, whether it may be empty or not.
pub(super) fn untaken(text: &str) -> Option<String> {
    let taken = |letter: char| letter.is_ascii_alphanumeric() || " ._-:/()#,@[]+=&;{}!$*".contains(letter);
    match text.chars().find(|letter| !taken(*letter)) {
        Some(letter) => Some(format!("AWS does not take the character `{letter}`")),
        None if text.len() > 255 => Some(format!("it has {} characters, more than 255", text.len())),
        None => None,
    }
}

/// What to do about it.
pub(super) const TAKEN: &str = "write at most 255 letters, digits, spaces and ._-:/()#,@[]+=&;{}!$*";

impl From<u16> for Ports {
    fn from(port: u16) -> Ports {
        Ports { first: port, last: port }
    }
}

impl From<RangeInclusive<u16>> for Ports {
    fn from(ports: RangeInclusive<u16>) -> Ports {
        Ports { first: *ports.start(), last: *ports.end() }
    }
}

impl From<Cidr> for Peer {
    fn from(cidr: Cidr) -> Peer {
        Peer::Cidr(cidr)
    }
}

impl From<Ref<SecurityGroupId>> for Peer {
    fn from(group: Ref<SecurityGroupId>) -> Peer {
        Peer::Group(group)
    }
}

impl fmt::Display for Ports {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Ports { first, last } if first == last => write!(f, "{first}"),
            Ports { first, last } => write!(f, "{first}-{last}"),
        }
    }
}

impl FromStr for Ports {
    type Err = String;

    fn from_str(text: &str) -> Result<Ports, String> {
        let (first, last) = text.split_once('-').unwrap_or((text, text));
        let port = |part: &str| part.parse().map_err(|_| format!("`{text}` is neither a port nor a range of ports"));
        Ok(Ports { first: port(first)?, last: port(last)? })
    }
}

impl fmt::Display for Icmp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Icmp::Any => f.write_str("any"),
            Icmp::Type(kind) => write!(f, "{kind}"),
            Icmp::Code(kind, code) => write!(f, "{kind}/{code}"),
        }
    }
}

impl FromStr for Icmp {
    type Err = String;

    fn from_str(text: &str) -> Result<Icmp, String> {
        let number =
            |part: &str| part.parse().map_err(|_| format!("`{text}` is neither `any`, nor a type, nor a type/code"));
        match text.split_once('/') {
            None if text == "any" => Ok(Icmp::Any),
            None => number(text).map(Icmp::Type),
            Some((kind, code)) => Ok(Icmp::Code(number(kind)?, number(code)?)),
        }
    }
}

/// Texts for serde, by what the type displays and parses.
macro_rules! as_text {
    ($($type:ty)*) => {$(
        impl TryFrom<String> for $type {
            type Error = String;

            fn try_from(text: String) -> Result<$type, String> {
                text.parse()
            }
        }

        impl From<$type> for String {
            fn from(value: $type) -> String {
                value.to_string()
            }
        }
    )*};
}

as_text! { Ports Icmp }

#[cfg(test)]
mod tests {
    use aws_sdk_ec2::types::ReferencedSecurityGroup;
    use serde_json::json;

    use super::*;

    /// What AWS would give back for a rule.
    fn live(allow: &Allow) -> SecurityGroupRule {
        let sent = allow.written();
        let rule = SecurityGroupRule::builder()
            .set_ip_protocol(sent.ip_protocol)
            .from_port(sent.from_port.unwrap_or(-1))
            .to_port(sent.to_port.unwrap_or(-1))
            .description(&allow.description);
        match &allow.peer {
            Peer::Cidr(cidr) if cidr.is_ipv6() => rule.cidr_ipv6(cidr.to_string()),
            Peer::Cidr(cidr) => rule.cidr_ipv4(cidr.to_string()),
            Peer::Group(group) => {
                rule.referenced_group_info(ReferencedSecurityGroup::builder().group_id(group.value()).build())
            }
            Peer::PrefixList(list) => rule.prefix_list_id(list),
        }
        .build()
    }

    #[test]
    fn every_rule_survives_the_way_there_and_back() {
        let somewhere: Cidr = "10.0.0.0/8".parse().unwrap();
        let somewhere_else: Cidr = "2001:db8::/32".parse().unwrap();
        let group: Ref<SecurityGroupId> = Ref::known("sg-1");
        for allow in [
            Traffic::All.with(somewhere),
            Traffic::tcp(443).with(group).described("HTTPS"),
            Traffic::tcp(0..=65535).with(somewhere_else),
            Traffic::udp(53).with(Peer::PrefixList("pl-1".into())),
            Traffic::Icmp(Icmp::Any).with(somewhere),
            Traffic::Icmp(Icmp::Type(8)).with(somewhere),
            Traffic::Icmpv6(Icmp::Code(1, 4)).with(somewhere_else),
            Traffic::Protocol(50).with(somewhere),
        ] {
            assert_eq!(Allow::understand(&live(&allow)), Ok(allow));
        }
    }

    #[test]
    fn a_protocol_is_the_same_by_name_and_by_number() {
        for (written, meant) in [
            (("6", Some(443), Some(443)), Traffic::tcp(443)),
            (("17", Some(53), Some(53)), Traffic::udp(53)),
            (("1", Some(-1), Some(-1)), Traffic::Icmp(Icmp::Any)),
            (("58", None, None), Traffic::Icmpv6(Icmp::Any)),
            (("all", None, None), Traffic::All),
            (("-1", Some(-1), Some(-1)), Traffic::All),
            (("50", Some(-1), Some(-1)), Traffic::Protocol(50)),
        ] {
            assert_eq!(Traffic::understand(written.0, written.1, written.2), Ok(meant), "{written:?}");
        }
        assert!(Traffic::understand("tcp", None, None).is_err());
        assert!(Traffic::understand("carrier pigeon", None, None).is_err());
    }

    #[test]
    fn rules_read_well_in_a_plan() {
        let group: Ref<SecurityGroupId> = Ref::known("sg-1");
        for (allow, written) in [
            (
                Traffic::tcp(443).with(group),
                json!({"traffic": {"tcp": "443"}, "peer": {"group": "sg-1"}, "description": ""}),
            ),
            (
                Traffic::All.with("10.0.0.0/8".parse::<Cidr>().unwrap()).described("inside"),
                json!({"traffic": "all", "peer": {"cidr": "10.0.0.0/8"}, "description": "inside"}),
            ),
        ] {
            assert_eq!(serde_json::to_value(&allow).unwrap(), written);
            assert_eq!(serde_json::from_value::<Allow>(written).unwrap(), allow);
        }
        assert_eq!(Ports::from(8000..=8100).to_string(), "8000-8100");
        assert_eq!("3/4".parse(), Ok(Icmp::Code(3, 4)));
    }
}
