//! What a service stands on before it runs: a place for its logs, and the roles that it plays.

use std::collections::BTreeSet;

use infra_aws::iam::{Policy, Role, Service as Aws, Statement};
use infra_aws::logs::{Class, LogGroup, Retention};
use infra_aws::secretsmanager::SecretArn;
use infra_engine::model::{Handle, Ref, Stack};

use crate::environment::Environment;

/// What a service has before it runs.
pub struct Ground {
    /// Where it writes its logs.
    pub logs: Handle<LogGroup>,
    /// What the service itself may do.
    pub task: Handle<Role>,
    /// What ECS may do to start it: fetch its image and its secrets, write its logs.
    pub execution: Handle<Role>,
}

/// Adds what a service stands on. Of all secrets, it is started with these.
pub fn ground(
    stack: &mut Stack,
    environment: &Environment,
    service: &str,
    secrets: impl IntoIterator<Item = Ref<SecretArn>>,
) -> Ground {
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
    let reading = Statement::allow(["secretsmanager:GetSecretValue"]).on(secrets);
    let mut policies = vec![("images", images), ("logs", writing.into())];
    if !reading.resources.is_empty() {
        policies.push(("secrets", reading.into()));
    }
    let execution = role(environment, service, "execution", "What ECS may do to start the service", policies);

    Ground {
        task: stack.add(format!("{service}-task"), task),
        execution: stack.add(format!("{service}-execution"), execution),
        logs,
    }
}

/// A role that ECS's tasks play.
fn role<'a>(
    environment: &Environment,
    service: &str,
    purpose: &str,
    description: &str,
    inline: impl IntoIterator<Item = (&'a str, Policy)>,
) -> Role {
    Role {
        name: environment.named(&format!("{service}-{purpose}")),
        path: "/".into(),
        description: description.into(),
        longest_session: 3600,
        trust: Policy::trust(Aws::EcsTasks),
        inline: inline.into_iter().map(|(name, policy)| (name.to_owned(), policy)).collect(),
        attached: BTreeSet::new(),
        boundary: environment.boundary(),
    }
}
