//! `[cache]`: Redis, on which machines and how many.

use infra_aws::elasticache::{Mode, NodeType};
use infra_cli::environment::Conflict;
use schemars::JsonSchema;
use serde::Deserialize;

/// Redis.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Cache {
    /// The machine of each node: `cache.r7g.large`.
    #[schemars(with = "String", regex(pattern = r"^cache\.[a-z0-9]+\.[a-z0-9]+$"))]
    pub node: NodeType,
    /// Over how many shards the keys are spread ("cluster mode"). Without it every node has all of them. Clients must
    /// know how to follow shards. From one form to the other it goes by way of `compatible`, and from shards there is no
    /// way back but a new cache.
    #[schemars(range(min = 1, max = 90))]
    pub shards: Option<u16>,
    /// The step on the way to shards: clients that follow them are served, and those that do not. With all clients
    /// following, `shards` takes its place.
    #[serde(default)]
    pub compatible: bool,
    /// How many copies there are beside each node that is written to, in other zones. With none, nothing takes over
    /// when a node fails.
    #[schemars(range(max = 5))]
    pub replicas: u8,
    /// For how many days snapshots are kept; with 0 none are made. A cache can be filled again.
    #[schemars(range(max = 35))]
    pub snapshots_kept: u8,
}

impl Cache {
    /// In which form it holds its keys.
    pub fn mode(&self) -> Mode {
        match (self.shards, self.compatible) {
            (Some(_), _) => Mode::Sharded,
            (None, true) => Mode::Compatible,
            (None, false) => Mode::SingleShard,
        }
    }

    pub(super) fn conflicts(&self) -> Vec<Conflict> {
        if self.shards.is_none() || !self.compatible {
            return Vec::new();
        }
        let wrong = "`compatible` is the step before `shards`, and both are there".to_owned();
        let way_out = "leave `shards` out until all clients follow them, then leave this out".to_owned();
        vec![Conflict { at: "cache.compatible".into(), wrong, way_out }]
    }
}
