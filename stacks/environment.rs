//! What differs between environments: the type of `environments/*.toml`. What is the same everywhere is in the stacks.

use std::collections::BTreeMap;

use infra_aws::ecs::Insights;
use infra_cli::environment::{Conflict, Facts};
use infra_values::{AccountId, Cidr, Name, Region, Zone};
use schemars::JsonSchema;
use serde::Deserialize;

/// An environment of the platform.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Environment {
    /// The project: the first part of every name, and of what is written on everything that is ours.
    pub project: Name,
    /// The environment's name, the same as the file's.
    pub name: Name,
    /// The only AWS account that this environment may be in.
    pub account: AccountId,
    /// The region of everything that has one.
    pub region: Region,
    /// The profile of credentials; the caller's own when left out.
    #[serde(default)]
    pub profile: Option<String>,
    /// Where every service answers, if not at AWS: `http://127.0.0.1:4566`.
    #[serde(default)]
    pub endpoint: Option<String>,
    /// Where single services answer, if not at AWS: `s3 = "http://127.0.0.1:9000"`.
    #[serde(default)]
    pub endpoints: BTreeMap<String, String>,
    /// The local cloud.
    #[serde(default)]
    pub local: Local,
    /// Whether deleting here asks for the environment's name, and what holds data is protected where it stands.
    pub protected: bool,
    /// The network.
    pub network: Network,
    /// The cluster of services.
    pub cluster: Cluster,
}

/// The local cloud.
#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Local {
    /// Start it with `localstack/up` when nothing answers at `endpoint`.
    pub start: bool,
}

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

/// The cluster of services.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Cluster {
    /// How closely CloudWatch looks at it. What it sees beyond the basics costs money.
    pub insights: Detail,
}

/// How closely CloudWatch looks at the cluster.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Detail {
    /// At the cluster and its services.
    Enabled,
    /// At each task and container too.
    Enhanced,
}

impl Environment {
    /// `django-microservices-alb`: every name starts with the project's.
    pub fn named(&self, what: &str) -> String {
        format!("{}-{what}", self.project)
    }
}

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
}

impl From<Detail> for Insights {
    fn from(detail: Detail) -> Insights {
        match detail {
            Detail::Enabled => Insights::Enabled,
            Detail::Enhanced => Insights::Enhanced,
        }
    }
}

impl infra_cli::environment::Environment for Environment {
    fn facts(&self) -> Facts {
        Facts {
            project: self.project.clone(),
            name: self.name.clone(),
            account: self.account.clone(),
            region: self.region.clone(),
            profile: self.profile.clone(),
            endpoint: self.endpoint.clone(),
            endpoints: self.endpoints.clone(),
            start_local: self.local.start,
            protected: self.protected,
        }
    }

    fn conflicts(&self) -> Vec<Conflict> {
        let Network { cidr, zones, nat: _ } = &self.network;
        let mut conflicts = Vec::new();
        if cidr.is_ipv6() || !(16..=20).contains(&cidr.prefix()) {
            conflicts.push(Conflict {
                at: "network.cidr".into(),
                wrong: format!("`cidr` is {cidr}: it must be an IPv4 range from /16 to /20"),
                way_out: "AWS takes /16 at most, and a /24 for each subnet of six zones needs a /20".into(),
            });
        }
        for (place, zone) in zones.iter().enumerate() {
            if *zone.region() != self.region {
                conflicts.push(Conflict {
                    at: "network.zones".into(),
                    wrong: format!("zone {zone} is not in region {}", self.region),
                    way_out: format!("write `{}{}`, or another region", self.region, zone.letter()),
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

#[cfg(test)]
mod tests {
    use infra_cli::environment::{json_schema, load, parse};

    use super::*;

    const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/..");

    #[test]
    fn every_environment_of_the_project_is_right() {
        for name in ["local", "dev", "staging", "prod"] {
            load::<Environment>(name, ROOT.as_ref()).unwrap_or_else(|error| panic!("{error}"));
        }
    }

    #[test]
    fn the_schema_that_editors_read_is_the_type() {
        let file = format!("{ROOT}/environments/environment.schema.json");
        let kept = std::fs::read_to_string(file).unwrap_or_default();
        let now = serde_json::to_string_pretty(&json_schema::<Environment>()).unwrap() + "\n";
        assert_eq!(kept, now, "write it again: cargo run -- schema > environments/environment.schema.json");
    }

    #[test]
    fn values_that_do_not_go_together_are_refused_where_they_stand() {
        let local = std::fs::read_to_string(format!("{ROOT}/environments/local.toml")).unwrap();
        let moved =
            local.replace("region = \"us-east-1\"", "region = \"eu-west-1\"").replace("10.0.0.0/16", "10.0.0.0/24");
        let problems = parse::<Environment>(&moved, "local.toml", None).unwrap_err().to_string();
        assert!(problems.contains("zone us-east-1a is not in region eu-west-1"), "{problems}");
        assert!(problems.contains("write `eu-west-1a`"), "{problems}");
        assert!(problems.contains("`cidr` is 10.0.0.0/24"), "{problems}");
    }
}
