//! `[cache]`: Redis, on which machines and how many.

use infra_aws::elasticache::NodeType;
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

/// So many nodes has a cluster at most.
const MOST_NODES: u32 = 500;

impl Cache {
    /// Values that do not go together.
    pub(super) fn conflicts(&self) -> Vec<Conflict> {
        let nodes = u32::from(self.shards.unwrap_or(1)) * (u32::from(self.replicas) + 1);
        let wrong = || Conflict {
            at: "cache.shards".into(),
            wrong: format!("they have {nodes} nodes together, and a cluster has {MOST_NODES} at most"),
            way_out: "write fewer shards or fewer replicas; more than 90 nodes AWS gives only on request".into(),
        };
        (nodes > MOST_NODES).then(wrong).into_iter().collect()
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::problems;

    #[test]
    fn a_cluster_has_only_so_many_nodes() {
        let said = problems("prod", &[("replicas = 2 ", "shards = 90\nreplicas = 5 ")]);
        assert!(said.contains("they have 540 nodes together"), "{said}");
    }
}
