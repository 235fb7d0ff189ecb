//! A service for tests of whatever has to do with one.

use infra_engine::model::Ref;

use super::{Breaker, Capacity, Count, Propagation, Rollout, Service};
use crate::ecs::Connect;

/// Two tasks in two zones, which nobody scales, balances or connects to.
pub(crate) fn service() -> Service {
    Service {
        cluster: Ref::known("shop"),
        name: "shop-web".into(),
        task: Ref::known("arn:task:1"),
        count: Count::Fixed(2),
        capacity: Capacity::Fargate,
        subnets: [Ref::known("subnet-1"), Ref::known("subnet-2")].into(),
        security_groups: [Ref::known("sg-1")].into(),
        public_ips: false,
        load_balancers: [].into(),
        grace: 0,
        rollout: Rollout { minimum: 100, maximum: 200, breaker: Breaker::RollBack },
        execute_command: false,
        propagate_tags: Propagation::Service,
        connect: Connect::Off,
        rebalances: true,
        quick_metrics: false,
    }
}
