//! `[cache]`: Redis, on which machines and how many.

use infra_aws::elasticache::NodeType;
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
    /// know how to follow shards, and going from one form to the other makes the cache anew.
    #[schemars(range(min = 1, max = 90))]
    pub shards: Option<u16>,
    /// How many copies there are beside each node that is written to, in other zones. With none, nothing takes over
    /// when a node fails.
    #[schemars(range(max = 5))]
    pub replicas: u8,
    /// For how many days snapshots are kept; with 0 none are made. A cache can be filled again.
    #[schemars(range(max = 35))]
    pub snapshots_kept: u8,
}
