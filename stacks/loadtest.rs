//! The load test: a function that asks the platform's front door every night, and writes down how fast it answers.

use std::collections::{BTreeMap, BTreeSet};

use infra_aws::cloudfront::Distribution;
use infra_aws::ec2::Processor;
use infra_aws::events::{self, EventRule, EventTarget};
use infra_aws::iam::{Policy, Role, Service, Statement};
use infra_aws::lambda::{Function, Permission, Retries, Runtime, Variable};
use infra_aws::logs::{Class, LogGroup, Retention};
use infra_engine::model::{Handle, Package, Platform};

use crate::cdn::Cdn;
use crate::environment::Environment;

/// What there is of the load test.
pub struct LoadTest {
    /// What asks.
    pub function: Handle<Function>,
    /// When it asks.
    pub rule: Handle<EventRule>,
}

/// The function's code: the crate `infra-loadtest`, made for Lambda.
const PACKAGE: Package = Package {
    name: "loadtest",
    folder: "",
    sources: &[
        "Cargo.lock",
        "Cargo.toml",
        "rust-toolchain.toml",
        "loadtest/Cargo.toml",
        "loadtest/src",
        "src/toml/Cargo.toml",
        "src/toml/src",
    ],
    make: infra_loadtest::package::make,
};

/// Adds the load test to the platform, where the environment has one.
pub fn stack(environment: &Environment, platform: &mut Platform, cdn: &Cdn) -> Option<LoadTest> {
    let wanted = environment.loadtest.as_ref()?;
    let package = platform.package(PACKAGE);
    let mut stack = platform.stack("loadtest");
    let name = environment.named("load-test");

    let logs = stack.add(
        "logs",
        LogGroup {
            name: format!("/aws/lambda/{name}"),
            class: Class::Standard,
            retention: Retention::Days30,
            key: None,
        },
    );
    let writing = Statement::allow(["logs:CreateLogStream", "logs:PutLogEvents"]).on([logs.output(LogGroup::STREAMS)]);
    let role = stack.add(
        "role",
        Role {
            name: name.clone(),
            path: "/".into(),
            description: "What the load test may do: write down its result".into(),
            longest_session: 3600,
            trust: Policy::trust(Service::Lambda),
            inline: BTreeMap::from([("logs".to_owned(), writing.into())]),
            attached: BTreeSet::new(),
            boundary: environment.boundary(),
        },
    );
    let function = stack.add(
        "function",
        Function {
            name,
            description: "Scheduled load testing".into(),
            role: role.output(Role::ARN),
            runtime: Runtime::Provided2023,
            handler: "bootstrap".into(),
            processor: Processor::X86,
            code: package.digest().marked(),
            package: package.file().marked(),
            timeout: 900,
            memory: 512,
            environment: BTreeMap::from([
                ("TARGET_URL".to_owned(), target(environment, cdn)),
                ("TEST_DURATION".to_owned(), wanted.seconds.into()),
                ("CONCURRENT_USERS".to_owned(), wanted.users.into()),
            ]),
            reserved: None,
            // A test that has failed is not load that somebody ordered a second time.
            retries: Retries::NONE,
            layers: Vec::new(),
            vpc_config: None,
        },
    );

    let rule = stack.add(
        "schedule",
        EventRule {
            name: environment.named("load-test-schedule"),
            description: "Scheduled load testing".into(),
            schedule: Some(wanted.schedule.clone()),
            pattern: None,
            enabled: true,
        },
    );
    stack.add(
        "target",
        EventTarget {
            rule: rule.id(),
            name: "LoadTestTarget".into(),
            calls: function.output(Function::ARN).into(),
            role: None,
            input: None,
            retries: events::Retries::NONE,
        },
    );
    stack.add(
        "permission",
        Permission {
            function: function.id(),
            statement: "AllowEventBridge".into(),
            action: "lambda:InvokeFunction".into(),
            principal: Service::Events,
            source: Some(rule.output(EventRule::ARN).into()),
            source_account: None,
        },
    );
    Some(LoadTest { function, rule })
}

/// What is asked: what the environment says, or the content delivery network by its first name. Never the load
/// balancer's own name over HTTPS: no certificate is for it.
fn target(environment: &Environment, cdn: &Cdn) -> Variable {
    let said = environment.loadtest.as_ref().and_then(|wanted| wanted.target.clone());
    let alias = environment.cdn.names.iter().flat_map(|names| names.aliases.first()).next();
    match (said, alias) {
        (Some(target), _) => target.into(),
        (None, Some(alias)) => format!("https://{alias}/").into(),
        (None, None) => cdn.distribution.output(Distribution::URL).into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::environment::Names;
    use crate::testing::{definitions, environment, the};

    fn variable(environment: &Environment, name: &str) -> String {
        let function: Function = the(environment, "loadtest.function");
        function.environment[name].value()
    }

    #[test]
    fn the_front_door_is_asked_by_the_name_that_customers_call() {
        let mut environment = environment("prod");
        environment.cdn.names = None;
        assert_eq!(variable(&environment, "TARGET_URL"), "cdn.distribution.url");
        environment.cdn.names = Some(Names {
            aliases: vec!["www.example.com".into()],
            certificate: "arn:aws:acm:us-east-1:333333333333:certificate/1".into(),
        });
        assert_eq!(variable(&environment, "TARGET_URL"), "https://www.example.com/");
        let mut wanted = environment.loadtest.clone().unwrap();
        wanted.target = Some("https://canary.example.com/".into());
        environment.loadtest = Some(wanted);
        assert_eq!(variable(&environment, "TARGET_URL"), "https://canary.example.com/");
    }

    #[test]
    fn production_is_asked_every_night_by_a_hundred_users_for_five_minutes() {
        let environment = environment("prod");
        let rule: EventRule = the(&environment, "loadtest.schedule");
        assert_eq!(rule.schedule.unwrap().to_string(), "cron(0 2 * * ? *)");
        let of = |name| variable(&environment, name);
        assert_eq!((of("TEST_DURATION"), of("CONCURRENT_USERS")), ("300".into(), "100".into()));
    }

    #[test]
    fn the_code_is_made_when_a_plan_needs_it() {
        let function: Function = the(&environment("prod"), "loadtest.function");
        assert_eq!(function.code.value(), "package.loadtest.digest");
        for source in PACKAGE.sources {
            let project = std::path::Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."));
            assert!(project.join(PACKAGE.folder).join(source).exists(), "{source}");
        }
    }

    #[test]
    fn where_the_table_is_left_out_there_is_nothing() {
        let dev = definitions(&environment("dev"));
        assert!(dev.iter().all(|definition| definition.address.stack() != "loadtest"));
    }
}
