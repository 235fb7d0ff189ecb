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

/// Adds what a service stands on. Of all images it is started with this one, and of all secrets with these.
pub fn ground(
    stack: &mut Stack,
    environment: &Environment,
    service: &str,
    image: &str,
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

    let writing = Statement::allow(["logs:CreateLogStream", "logs:PutLogEvents"]).on([logs.output(LogGroup::STREAMS)]);
    let reading = Statement::allow(["secretsmanager:GetSecretValue"]).on(secrets);
    let mut policies = vec![("logs", writing.into())];
    policies.extend(repository(image).map(|repository| ("images", fetching(repository))));
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

/// What it takes to fetch an image from AWS's own registry. A registry is opened for a whole account, and that is the one
/// thing that cannot be said of one image.
fn fetching(repository: String) -> Policy {
    Policy::of([
        Statement::allow(["ecr:GetAuthorizationToken"]).on(["*"]),
        Statement::allow(["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"])
            .on([repository]),
    ])
}

/// The ARN of the repository that an image is in, where it is one of AWS's own registry, in whichever account and under
/// whichever path: `123456789012.dkr.ecr.eu-west-1.amazonaws.com/team/web:1.0.0`.
pub fn repository(image: &str) -> Option<String> {
    let (host, rest) = image.split_once('/')?;
    let (account, rest_of_host) = host.split_once(".dkr.ecr.")?;
    let (region, domain) = rest_of_host.split_once('.')?;
    let partition = match domain {
        "amazonaws.com" if region.starts_with("us-gov-") => "aws-us-gov",
        "amazonaws.com" => "aws",
        "amazonaws.com.cn" => "aws-cn",
        _ => return None,
    };
    let path = rest.split(['@', ':']).next().unwrap_or_default();
    Some(format!("arn:{partition}:ecr:{region}:{account}:repository/{path}"))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_image_of_awss_own_registry_tells_its_repository() {
        let of = |image: &str| repository(image);
        let host = "123456789012.dkr.ecr.eu-west-1.amazonaws.com";
        let arn = "arn:aws:ecr:eu-west-1:123456789012:repository/team/web";
        for image in ["team/web:1.0.0", "team/web", "team/web@sha256:0a"] {
            assert_eq!(of(&format!("{host}/{image}")).as_deref(), Some(arn), "{image}");
        }
        let chinese = of("123456789012.dkr.ecr.cn-north-1.amazonaws.com.cn/web:1");
        assert_eq!(chinese.as_deref(), Some("arn:aws-cn:ecr:cn-north-1:123456789012:repository/web"));
        for other in ["registry.example.com/web:1.0.0", "edoburu/pgbouncer:v1", "web"] {
            assert_eq!(of(other), None, "{other}");
        }
    }
}
