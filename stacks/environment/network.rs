//! `[network]`: its addresses, its zones, and the way out.

use infra_aws::logs::Retention;
use infra_cli::environment::Conflict;
use infra_values::{Cidr, Region, Zone};
use schemars::JsonSchema;
use serde::Deserialize;

/// The network.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Network {
    /// Its addresses: /16 to /20, so that every subnet can be a /24.
    pub cidr: Cidr,
    /// The availability zones that it spans. Their order gives the subnets their addresses: add new ones at the end.
    #[schemars(length(min = 2, max = 6))]
    pub zones: Vec<Zone>,
    /// How private subnets reach the internet.
    pub nat: Nat,
    /// Who spoke to whom, and who was refused, written down in a log group. Without this table nothing is.
    #[serde(default)]
    pub flow_logs: Option<FlowLogs>,
    /// Whether the one group that all services had, before each had its own, is kept and let through: for the apply in
    /// which a platform that stands moves over. The one after it takes it away.
    #[serde(default)]
    pub shared_group: bool,
}

/// Who spoke to whom in the network.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FlowLogs {
    /// Which of it is written down.
    pub traffic_type: Watched,
    /// How many days it is kept: `30`, or `"forever"`.
    pub retention_in_days: Retention,
}

/// Which traffic is written down.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
pub enum Watched {
    /// What was let through, and what was refused.
    All,
    /// What was refused: a hundredth of it, and what knocks at doors.
    Reject,
}

/// How private subnets reach the internet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Nat {
    /// All of them by one NAT gateway: half the price, and all depend on one zone.
    One,
    /// Each by the NAT gateway of its own zone.
    EachZone,
}

/// Ranges that AWS makes no networks of: they stand for this network, this machine, this link, and for groups.
const NOBODYS: [&str; 4] = ["0.0.0.0/8", "127.0.0.0/8", "169.254.0.0/16", "224.0.0.0/4"];

impl Network {
    /// The first of the private subnets' addresses; the public ones come before.
    const PRIVATE: usize = 10;

    /// The addresses of the public subnet in the zone at that place.
    pub fn public(&self, zone: usize) -> Cidr {
        self.subnet(zone).expect("`conflicts` refuses networks that are too small")
    }

    /// The addresses of the private subnet in the zone at that place.
    pub fn private(&self, zone: usize) -> Cidr {
        self.subnet(Network::PRIVATE + zone).expect("`conflicts` refuses networks that are too small")
    }

    /// A /24 of the network.
    fn subnet(&self, index: usize) -> Option<Cidr> {
        let bits = 24_u8.checked_sub(self.cidr.prefix())?;
        self.cidr.subnet(bits, u32::try_from(index).ok()?)
    }

    /// Values that do not go together.
    pub(super) fn conflicts(&self, region: &Region) -> Vec<Conflict> {
        let Network { cidr, zones, nat: _, flow_logs: _, shared_group: _ } = self;
        let mut conflicts = Vec::new();
        if cidr.is_ipv6() || !(16..=20).contains(&cidr.prefix()) {
            conflicts.push(Conflict {
                at: "network.cidr".into(),
                wrong: format!("`cidr` is {cidr}: it must be an IPv4 range from /16 to /20"),
                way_out: "AWS takes /16 at most, and a /24 for each subnet of six zones needs a /20".into(),
            });
        }
        if let Some(taken) = NOBODYS.iter().find(|taken| taken.parse().is_ok_and(|taken| cidr.overlaps(&taken))) {
            conflicts.push(Conflict {
                at: "network.cidr".into(),
                wrong: format!("`cidr` is {cidr}, and of {taken} no machine can have an address"),
                way_out: "write a private range, such as 10.0.0.0/16".into(),
            });
        }
        let elsewhere = zones.first().map(|zone| zone.region()).filter(|one| *one != region);
        let slip = elsewhere.filter(|one| zones.iter().all(|zone| zone.region() == *one));
        let slip = slip.filter(|one| is_a_slip(region.as_str(), one.as_str()));
        if let Some(meant) = slip {
            conflicts.push(Conflict {
                at: "region".into(),
                wrong: format!("`region` is {region}, and all zones are in {meant}"),
                way_out: format!("did you mean `{meant}`?"),
            });
        }
        for (place, zone) in zones.iter().enumerate() {
            if slip.is_none() && zone.region() != region {
                conflicts.push(Conflict {
                    at: "network.zones".into(),
                    wrong: format!("zone {zone} is not in region {}", region),
                    way_out: format!("write `{}{}`, or another region", region, zone.letter()),
                });
            }
            if zones[..place].contains(zone) {
                conflicts.push(Conflict {
                    at: "network.zones".into(),
                    wrong: format!("zone {zone} is named twice"),
                    way_out: "name each zone once".into(),
                });
            }
        }
        conflicts
    }
}

/// True when a text is another one but for a letter that is missing, is too many, or is another.
fn is_a_slip(one: &str, other: &str) -> bool {
    let (one, other) = (one.as_bytes(), other.as_bytes());
    let before = one.iter().zip(other).take_while(|(one, other)| one == other).count();
    let after = one.iter().rev().zip(other.iter().rev()).take_while(|(one, other)| one == other).count();
    // Of regions that differ in their number, both may be there.
    let longest = one.len().max(other.len());
    one != other && before + after + 1 >= longest && before + 1 < longest
}

#[cfg(test)]
mod tests {
    use crate::testing::problems;

    #[test]
    fn a_network_is_of_addresses_that_machines_can_have() {
        for range in ["0.0.0.0/16", "127.1.0.0/16", "169.254.0.0/16", "239.0.0.0/16"] {
            let said = problems("prod", &[("10.0.0.0/16", range)]);
            assert!(said.contains("no machine can have an address"), "{range}: {said}");
        }
    }
}
