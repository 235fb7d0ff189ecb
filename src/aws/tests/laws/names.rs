//! What is ours is found whatever it is called: the index of tags tells, and not only names with the project's in them.
//!
//! Each kind that is found by its name is made under a name that has nothing of the project in it. When its code is gone
//! it is planned to go; under another name it is planned to be replaced.

use std::collections::{BTreeMap, BTreeSet};

use infra_aws::autoscaling::{ScalableTarget, Suspended};
use infra_aws::cloudwatch::{Alarm, Condition, Evaluation, Metric, Missing};
use infra_aws::ecs::{Architecture, Cluster, Container, Fargate, Insights, TaskDefinition};
use infra_aws::elasticache::CacheSubnetGroup;
use infra_aws::events::EventRule;
use infra_aws::iam::{InstanceProfile, Policy, Role, Service};
use infra_aws::logs::{Class, LogGroup, Retention};
use infra_aws::rds::DatabaseSubnetGroup;
use infra_aws::sns::Topic;
use infra_engine::model::{Definition, Platform, Ref};
use infra_engine::plan::Action;

use crate::ground::{Ground, Network};

/// One of each kind, called after a word that is not the project's.
fn stack(platform: &mut Platform, word: &str, network: &Network) {
    let name = |what: &str| format!("{word}-{what}");
    let mut stack = platform.stack("named");
    let topic =
        Topic { name: name("topic"), display_name: String::new(), policy: None, key: None, deduplicates: false };
    stack.add("topic", topic);
    let alarm = Alarm {
        name: name("alarm"),
        description: String::new(),
        watches: Metric::named("Shop", "Waiting").average(60).into(),
        condition: Condition::Above(1.0),
        evaluation: Evaluation { periods: 1, breaching: 1 },
        missing: Missing::Fine,
        enabled: true,
        on_alarm: BTreeSet::new(),
        on_ok: BTreeSet::new(),
        on_no_data: BTreeSet::new(),
    };
    stack.add("alarm", alarm);
    let rule = EventRule {
        name: name("rule"),
        description: String::new(),
        schedule: Some("rate(1 day)".parse().unwrap()),
        pattern: None,
        enabled: false,
    };
    stack.add("rule", rule);
    let logs = LogGroup {
        name: format!("/{}", name("logs")),
        class: Class::Standard,
        retention: Retention::Days30,
        key: None,
    };
    stack.add("logs", logs);
    let role = Role {
        name: name("role"),
        path: "/".into(),
        description: String::new(),
        longest_session: 3600,
        trust: Policy::trust(Service::Ec2),
        inline: BTreeMap::new(),
        attached: BTreeSet::new(),
        boundary: None,
    };
    let role = stack.add("role", role);
    stack.add("profile", InstanceProfile { name: name("profile"), path: "/".into(), role: role.id() });
    let subnets: BTreeSet<_> = network.subnets.iter().cloned().collect();
    let group = CacheSubnetGroup { name: name("caches"), description: "Caches".into(), subnets: subnets.clone() };
    stack.add("caches", group);
    let group = DatabaseSubnetGroup { name: name("databases"), description: "Databases".into(), subnets };
    stack.add("databases", group);
    let task = TaskDefinition {
        family: name("task"),
        size: Fargate::ALL[0],
        architecture: Architecture::X86,
        disk: None,
        task_role: None,
        execution_role: None,
        containers: [("web".into(), Container::of("web:1"))].into(),
        volumes: BTreeSet::new(),
    };
    stack.add("task", task);
    let cluster = Cluster {
        name: name("cluster"),
        insights: Insights::Disabled,
        capacity_providers: BTreeSet::new(),
        default_strategy: BTreeSet::new(),
        connects: false,
    };
    stack.add("cluster", cluster);
    let target = ScalableTarget {
        resource: Ref::known(format!("service/{word}/web")),
        minimum: 1,
        maximum: 2,
        suspended: Suspended::default(),
    };
    stack.add("target", target);
}

fn definitions(word: &str, network: &Network) -> Vec<Definition> {
    let mut platform = Platform::new();
    stack(&mut platform, word, network);
    platform.finish().unwrap()
}

#[tokio::test]
async fn what_is_called_otherwise_is_found_too() {
    let ground = Ground::new().await;
    let network = Network::new(&ground).await;
    let word = format!("odd{}", ground.project.trim_start_matches("law"));
    let named = definitions(&word, &network);
    let session = ground.session();
    session.apply("names", &named).await;
    session.settled("names", &named).await;

    let plan = session.plan("removed from the code", &[]).await;
    let kept: Vec<String> = plan.changes.iter().filter(|change| change.action != Action::Delete).map(told).collect();
    assert_eq!((kept, plan.changes.len()), (Vec::new(), named.len()));

    let plan = session.plan("called otherwise", &definitions(&format!("more-{word}"), &network)).await;
    let others = plan.changes.iter().filter(|change| !matches!(change.action, Action::Replace(_)));
    assert_eq!(others.map(told).collect::<Vec<_>>(), [""; 0], "each takes the place of the one before");
    assert_eq!(plan.changes.len(), named.len());
    session.clear("names", &named).await;
}

fn told(change: &infra_engine::plan::Change) -> String {
    format!("{} {:?}", change.address, change.action)
}
