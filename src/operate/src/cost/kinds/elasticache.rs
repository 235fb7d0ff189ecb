//! ElastiCache: nodes by their type and their engine.

use infra_aws::elasticache::{CacheParameterGroup, CacheSubnetGroup, ReplicationGroup};

use super::{Priced, free};
use crate::cost::{Around, Costs, Line, UsageKey};

free!(
    CacheParameterGroup: "a setting",
    CacheSubnetGroup: "a setting",
);

const SNAPSHOTS: &UsageKey = &UsageKey {
    name: "snapshot_gb_beyond_first",
    about: "The gigabytes of snapshots beyond the first one, which is free.",
};

impl Priced for ReplicationGroup {
    const USAGE: &'static [&'static UsageKey] = &[SNAPSHOTS];

    fn costs(&self, around: &Around<'_>) -> Costs {
        let nodes = u32::from(self.shards) * (u32::from(self.replicas) + 1);
        let price = format!("elasticache.{}.{}.hour", self.engine.name(), self.node.as_str());
        let mut lines = vec![Line::hours("nodes", price, nodes)];
        if self.snapshots_kept > 1 {
            lines.push(around.by_usage("snapshots", "elasticache.snapshot.gb-month", SNAPSHOTS));
        }
        Costs::Lines(lines)
    }
}
