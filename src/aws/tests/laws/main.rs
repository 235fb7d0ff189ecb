//! The laws that every kind must obey, over the real kinds, against the local cloud: every field of every kind is changed
//! once, in the code and outside, up and down, and each time a plan is empty afterwards. One file is one service.

#![expect(clippy::unwrap_used, reason = "what a test prepares may fail it like anything else in it")]

use std::collections::BTreeSet;

use infra_engine::plan::Spec;

mod autoscaling;
mod cloudfront;
mod cloudwatch;
mod costs;
mod ec2;
mod ecs;
mod elasticache;
mod elb;
mod fleets;
mod ground;
mod iam;
mod lambda;
mod logs;
mod names;
mod providers;
mod rds;
mod s3;
mod secretsmanager;
mod sns;
mod tasks;
mod waf;

/// The kinds of each sample that is tried, in their order.
const SAMPLES: &[&[&str]] = &[
    &[
        "autoscaling/predictive-policy",
        "autoscaling/scalable-target",
        "autoscaling/scheduled-action",
        "autoscaling/step-policy",
        "autoscaling/target-tracking-policy",
    ],
    &[
        "budgets/budget",
        "costs/allocation-tag",
        "costs/anomaly-monitor",
        "costs/anomaly-subscription",
        "costs/usage-report",
    ],
    &["cloudfront/distribution", "cloudfront/origin-access-control", "cloudfront/response-headers-policy"],
    &["cloudwatch/alarm", "cloudwatch/dashboard"],
    &[
        "ec2/elastic-ip",
        "ec2/flow-log",
        "ec2/internet-gateway",
        "ec2/nat-gateway",
        "ec2/route-table",
        "ec2/security-group",
        "ec2/security-group-rules",
        "ec2/subnet",
        "ec2/vpc",
    ],
    &["ec2/spot-fleet"],
    &["ecs/capacity-provider", "ecs/cluster"],
    &["ecs/cluster", "ecs/service"],
    &["ecs/task-definition"],
    &["elasticache/parameter-group", "elasticache/replication-group", "elasticache/subnet-group"],
    &["elb/listener", "elb/listener-rule", "elb/load-balancer", "elb/target-group", "waf/web-acl-association"],
    &["events/rule", "events/target", "lambda/function", "lambda/permission"],
    &["iam/instance-profile", "iam/role", "iam/service-linked-role"],
    &["logs/delivery", "logs/delivery-destination", "logs/delivery-source", "logs/log-group"],
    &["rds/instance", "rds/parameter-group", "rds/replica", "rds/subnet-group"],
    &["s3/bucket", "s3/bucket-policy"],
    &["secretsmanager/secret"],
    &["sns/subscription", "sns/topic"],
    &["waf/web-acl"],
];

#[tokio::test]
async fn every_kind_is_in_a_sample() {
    let registry = infra_aws::registry(ground::Ground::new().await.aws);
    let kinds: BTreeSet<&str> = registry.kinds().map(|kind| kind.schema().kind).collect();
    let tried: BTreeSet<&str> = SAMPLES.iter().copied().flatten().copied().collect();
    assert_eq!(tried, kinds);
    let crowded = registry.kinds().map(|kind| kind.schema()).filter(|schema| !Spec::fits(schema));
    assert_eq!(
        crowded.map(|schema| schema.kind).collect::<Vec<_>>(),
        Vec::<&str>::new(),
        "their fields fit into a tag"
    );
}
