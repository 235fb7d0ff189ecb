//! The policy of small platforms, and of everything that there is.

use std::collections::BTreeSet;
use std::sync::Arc;

use infra_aws::ec2::Vpc;
use infra_aws::logs::{Class, LogGroup, Retention};
use infra_aws::{Aws, Settings};
use infra_engine::live::Behaviour;
use infra_engine::model::Platform;

use super::*;

const HOME: Home<'static> =
    Home { project: "shop", account: "123456789012", region: "eu-west-1", bucket: "infra-123456789012-eu-west-1" };

async fn registry() -> Registry {
    let settings = Settings { region: "eu-west-1".into(), profile: None, endpoints: Default::default() };
    infra_aws::registry(Arc::new(Aws::load(settings).await.unwrap()))
}

fn graph(stacks: impl FnOnce(&mut Platform)) -> Graph {
    let mut platform = Platform::new();
    stacks(&mut platform);
    Graph::build(platform.finish().unwrap()).unwrap()
}

fn vpc(platform: &mut Platform) {
    let cidr = "10.0.0.0/16".parse().unwrap();
    platform.stack("network").add("vpc", Vpc { cidr, dns_support: true, dns_hostnames: true });
}

/// What an action may be done to, by all documents.
fn resources(policies: &[Value], action: &str) -> Vec<String> {
    let statements = policies.iter().flat_map(|policy| policy["Statement"].as_array().unwrap());
    let allowing = statements.filter(|statement| statement["Action"].as_array().unwrap().contains(&action.into()));
    allowing
        .flat_map(|statement| match &statement["Resource"] {
            Value::Array(all) => all.clone(),
            one => vec![one.clone()],
        })
        .map(|resource| resource.as_str().unwrap().to_owned())
        .collect()
}

#[tokio::test]
async fn it_allows_what_the_kinds_in_use_call_and_beyond_that_only_to_look() {
    let registry = registry().await;
    let policies = least_policies(&graph(vpc), &registry, &HOME);
    let statements = policies.iter().flat_map(|policy| policy["Statement"].as_array().unwrap());
    let records = |statement: &&Value| statement["Sid"] != "records";
    let allowed: BTreeSet<&str> = statements
        .filter(records)
        .flat_map(|statement| statement["Action"].as_array().unwrap())
        .filter_map(Value::as_str)
        .collect();
    for action in Vpc::ACTIONS {
        assert!(allowed.contains(action), "{action}");
    }
    let more: Vec<&&str> =
        allowed.iter().filter(|action| !Vpc::ACTIONS.contains(action) && !only_looks(action)).collect();
    assert_eq!(more, Vec::<&&str>::new());
    assert!(allowed.contains("rds:DescribeDBInstances"), "leftovers of other kinds are looked for");
    assert!(!allowed.contains("secretsmanager:GetSecretValue"), "and no value is read for that");
}

#[tokio::test]
async fn what_has_a_name_is_allowed_by_name() {
    let registry = registry().await;
    let group =
        LogGroup { name: "/ecs/shop/api".into(), class: Class::Standard, retention: Retention::Days30, key: None };
    let graph = graph(|platform| drop(platform.stack("cluster").add("logs", group)));
    let policies = least_policies(&graph, &registry, &HOME);
    let arn = |rest: &str| format!("arn:aws:logs:eu-west-1:123456789012:log-group:{rest}");
    let groups = ["/ecs/shop*", "/ecs/shop*:*", "shop*", "shop*:*"].map(arn);
    assert_eq!(resources(&policies, "logs:CreateLogGroup"), groups);
    assert_eq!(resources(&policies, "logs:DescribeLogGroups"), ["*"]);
    let all = ["arn:aws:s3:::infra-123456789012-eu-west-1", "arn:aws:s3:::infra-123456789012-eu-west-1/*"];
    let records = resources(&policies, "s3:PutObject");
    assert_eq!(records, all);
}

#[tokio::test]
async fn every_action_of_every_kind_is_placed_and_changes_of_named_things_are_named() {
    let registry = registry().await;
    let graph = graph(vpc);
    let names = Names::of(&graph, &registry, &HOME);
    for action in registry.kinds().flat_map(|kind| kind.actions()) {
        let (service, name) = action.split_once(':').expect("an action is a service's");
        assert!(name.starts_with(|c: char| c.is_ascii_uppercase()), "{action} of {service}");
        let reach = names.reach(action);
        let deletes_by_name = ["iam:", "s3:", "rds:", "logs:Delete", "secretsmanager:", "lambda:"]
            .iter()
            .any(|prefix| action.starts_with(prefix))
            && name.starts_with("Delete")
            && *action != "logs:DeleteLogDelivery";
        assert!(!deletes_by_name || matches!(reach, Reach::Named(..)), "{action} deletes anything: {reach:?}");
        if *action == "iam:PassRole" || *action == "secretsmanager:GetSecretValue" {
            assert!(matches!(reach, Reach::Named(..)), "{action}: {reach:?}");
        }
    }
}

#[tokio::test]
async fn every_document_is_one_that_iam_takes() {
    let registry = registry().await;
    // The reading of every kind is the most that a platform without definitions has.
    for policy in least_policies(&graph(vpc), &registry, &HOME) {
        assert!(policy.to_string().len() <= LONGEST);
        for statement in policy["Statement"].as_array().unwrap() {
            let sid = statement["Sid"].as_str().unwrap();
            assert!(sid.chars().all(|c| c.is_ascii_alphanumeric()), "{sid}");
            assert!(!statement["Action"].as_array().unwrap().is_empty());
        }
    }
}

#[test]
fn a_part_of_aws_is_told_by_its_regions() {
    let partition = |region| Home { region, ..HOME }.partition();
    assert_eq!(["eu-west-1", "cn-north-1", "us-gov-west-1"].map(partition), ["aws", "aws-cn", "aws-us-gov"]);
}
