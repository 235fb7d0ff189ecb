//! `[cache]`: Redis, on which machines and how many.

use infra_aws::elasticache::{Engine, Mode, NodeType};
use infra_cli::environment::Conflict;
use schemars::JsonSchema;
use serde::Deserialize;

/// Redis.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Cache {
    /// The engine and its version: `redis 7.1`, or `valkey 8.0`, which costs less and takes Redis's clients. From Redis to
    /// Valkey it goes over while it stands; there is no way back but a new cache.
    #[serde(default = "redis")]
    #[schemars(with = "String", regex(pattern = r"^(redis|valkey) [0-9]+\.[0-9]+$"))]
    pub engine: Engine,
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

/// What there is where nothing is said.
fn redis() -> Engine {
    Engine::Redis(7, 1)
}

/// So many nodes has a cluster at most.
const MOST_NODES: u32 = 500;

impl Cache {
    /// In which form it holds its keys.
    pub fn mode(&self) -> Mode {
        match (self.shards, self.compatible) {
            (Some(_), _) => Mode::Sharded,
            (None, true) => Mode::Compatible,
            (None, false) => Mode::SingleShard,
        }
    }

    /// Values that do not go together.
    pub(super) fn conflicts(&self) -> Vec<Conflict> {
        let mut conflicts = Vec::new();
        let mut conflict = |at: &str, wrong: String, way_out: &str| {
            conflicts.push(Conflict { at: format!("cache.{at}"), wrong, way_out: way_out.to_owned() });
        };
        let nodes = u32::from(self.shards.unwrap_or(1)) * (u32::from(self.replicas) + 1);
        if nodes > MOST_NODES {
            let wrong = format!("they have {nodes} nodes together, and a cluster has {MOST_NODES} at most");
            conflict(
                "shards",
                wrong,
                "write fewer shards or fewer replicas; more than 90 nodes AWS gives only on request",
            );
        }
        if self.engine.family().is_none() {
            let wrong = format!("there are no parameter groups for {} here", self.engine);
            conflict("engine", wrong, "write `redis 7.1`, `valkey 7.2` or `valkey 8.0`");
        }
        if self.shards.is_some() && self.compatible {
            let wrong = "`compatible` is the step before `shards`, and both are there".to_owned();
            conflict("compatible", wrong, "leave `shards` out until all clients follow them, then leave this out");
        }
        conflicts
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

    #[test]
    fn an_engine_is_one_that_has_parameter_groups_here() {
        let said = problems("prod", &[("\"redis 7.1\"", "\"valkey 99.0\"")]);
        assert!(said.contains("no parameter groups for valkey 99.0"), "{said}");
        let said = problems("prod", &[("\"redis 7.1\"", "\"memcached 1.6\"")]);
        assert!(said.contains("is not an engine"), "{said}");
    }

    #[test]
    fn the_step_before_shards_is_taken_before_them() {
        let said = problems("prod", &[("replicas = 2 ", "shards = 3\ncompatible = true\nreplicas = 2 ")]);
        assert!(said.contains("`compatible` is the step before `shards`"), "{said}");
    }
}
