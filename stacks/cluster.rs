//! The cluster, and what each service has before it runs: a place for its logs, and the roles that it plays.

use std::collections::{BTreeMap, BTreeSet};

use infra_aws::ecs::{self, CapacityProvider, Share};
use infra_aws::iam::{Policy, Role, Service as Aws, Statement};
use infra_aws::logs::{Class, LogGroup, Retention};
use infra_engine::model::{Handle, Platform, Stack};

use crate::environment::Environment;

/// The services of the platform.
pub const SERVICES: [&str; 5] =
    ["api-gateway", "user-service", "product-service", "order-service", "notification-service"];

/// What the stacks on top of the cluster build on.
#[expect(dead_code, reason = "task definitions and services take these")]
pub struct Cluster {
    /// Where the services run.
    pub cluster: Handle<ecs::Cluster>,
    /// What each service has before it runs, by its name.
    pub services: BTreeMap<&'static str, Ground>,
}

/// What a service has before it runs.
#[expect(dead_code, reason = "task definitions take these")]
pub struct Ground {
    /// Where it writes its logs.
    pub logs: Handle<LogGroup>,
    /// What the service itself may do.
    pub task: Handle<Role>,
    /// What ECS may do to start it: fetch its image, write its logs.
    pub execution: Handle<Role>,
}

/// Adds the cluster to the platform.
pub fn stack(environment: &Environment, platform: &mut Platform) -> Cluster {
    let mut stack = platform.stack("cluster");
    let cluster = stack.add(
        "cluster",
        ecs::Cluster {
            name: environment.named("cluster"),
            insights: environment.cluster.insights.into(),
            capacity_providers: [CapacityProvider::Fargate, CapacityProvider::FargateSpot].into(),
            default_strategy: [Share { provider: CapacityProvider::Fargate, base: 0, weight: 1 }].into(),
        },
    );
    platform.output("cluster", cluster.output(ecs::Cluster::ARN));
    let services = SERVICES.map(|service| (service, ground(&mut stack, environment, service)));
    Cluster { cluster, services: services.into() }
}

fn ground(stack: &mut Stack, environment: &Environment, service: &str) -> Ground {
    let logs = stack.add(
        format!("{service}-logs"),
        LogGroup {
            name: format!("/ecs/{}/{service}", environment.project),
            class: Class::Standard,
            retention: Retention::Days30,
            key: None,
        },
    );

    // Its own metrics, in the project's own namespace: what the scaling on business metrics looks at.
    let metrics = Statement::allow(["cloudwatch:PutMetricData"]).on(["*"]).when(
        "StringEquals",
        "cloudwatch:namespace",
        [environment.project.to_string()],
    );
    let task = role(environment, service, "task", "What the service itself may do", [("metrics", metrics.into())]);

    // A registry is opened for the whole account, and that is the one thing that cannot be said of one image.
    let images = Policy::of([
        Statement::allow(["ecr:GetAuthorizationToken"]).on(["*"]),
        Statement::allow(["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"])
            .on([format!("arn:aws:ecr:{}:{}:repository/{service}", environment.region, environment.account)]),
    ]);
    let writing = Statement::allow(["logs:CreateLogStream", "logs:PutLogEvents"]).on([logs.output(LogGroup::STREAMS)]);
    let execution = role(
        environment,
        service,
        "execution",
        "What ECS may do to start the service",
        [("images", images), ("logs", writing.into())],
    );

    Ground {
        task: stack.add(format!("{service}-task"), task),
        execution: stack.add(format!("{service}-execution"), execution),
        logs,
    }
}

/// A role that ECS's tasks play.
fn role<const N: usize>(
    environment: &Environment,
    service: &str,
    purpose: &str,
    description: &str,
    inline: [(&str, Policy); N],
) -> Role {
    Role {
        name: environment.named(&format!("{service}-{purpose}")),
        path: "/".into(),
        description: description.into(),
        longest_session: 3600,
        trust: Policy::trust(Aws::EcsTasks),
        inline: inline.map(|(name, policy)| (name.to_owned(), policy)).into(),
        attached: BTreeSet::new(),
        boundary: None,
    }
}
