//! What a live service tells, and what its rules say.

use aws_sdk_ecs::types::{CapacityProviderStrategyItem, Deployment};
use infra_engine::check::{Surroundings, Violation};
use infra_engine::model::{Address, Document, Platform, Tags};

use super::*;
use crate::ecs::{Architecture, Cluster, Container, Cpu256, Fargate, Insights, Offer, Port, TaskDefinition};
use crate::elb::{
    Action, Algorithm, HealthCheck, Listener, Protocol, ProtocolVersion, Serves, Stickiness, TargetGroup,
    TargetGroupArn, TargetKind,
};

const ARN: &str = "arn:aws:ecs:us-east-1:1:service/shop/shop-web";

fn service() -> Service {
    let web = Attachment { target_group: Ref::known("arn:tg"), container: "web".into(), port: 8000 };
    Service { load_balancers: [web].into(), grace: 60, ..testing::service() }
}

fn live(status: &str, state: DeploymentRolloutState) -> Live {
    let service = service();
    Live::builder()
        .service_arn(ARN)
        .service_name(&service.name)
        .status(status)
        .desired_count(2)
        .task_definition("arn:task:1")
        .launch_type(LaunchType::Fargate)
        .network_configuration(network(&service, "ecs:Test").unwrap())
        .set_load_balancers(Some(service.load_balancers.iter().map(Attachment::written).collect()))
        .health_check_grace_period_seconds(60)
        .deployment_configuration(service.rollout.written())
        .propagate_tags(PropagateTags::Service)
        .availability_zone_rebalancing(AvailabilityZoneRebalancing::Enabled)
        .deployments(Deployment::builder().id("d1").status("PRIMARY").rollout_state(state).build())
        .build()
}

#[test]
fn a_live_service_tells_what_it_is() {
    let found = understand(&live("ACTIVE", DeploymentRolloutState::Completed), &BTreeSet::new()).unwrap();
    assert_eq!((found.id.as_str(), &found.definition, &found.state), (ARN, &service(), &State::Ready));
    assert_eq!(
        (found.outputs["name"].as_str(), found.outputs["scalable"].as_str()),
        ("shop-web", "service/shop/shop-web")
    );
}

#[test]
fn a_deployment_is_waited_for_and_a_service_of_which_nothing_runs_has_failed() {
    let state = |status, state| understand(&live(status, state), &BTreeSet::new()).map(|found| found.state);
    assert!(matches!(state("ACTIVE", DeploymentRolloutState::InProgress), Some(State::Pending(_))));
    assert!(matches!(state("ACTIVE", DeploymentRolloutState::Failed), Some(State::Failed(_))));
    assert_eq!(state("DRAINING", DeploymentRolloutState::Completed), Some(State::Leaving));
    assert_eq!(state("INACTIVE", DeploymentRolloutState::Completed), None);
}

#[test]
fn a_service_whose_deployment_has_failed_is_deployed_again_though_some_of_its_tasks_run() {
    let mut failed = live("ACTIVE", DeploymentRolloutState::Failed);
    failed.running_count = 1;
    let found = understand(&failed, &BTreeSet::new()).unwrap();
    assert_eq!(found.state, State::Ready);
    let task = found.definition.task.value();
    assert!(task.starts_with("arn:task:1 (its deployment has failed: "), "{task}");
    assert!(has_failed(&found.definition.task) && !has_failed(&service().task));
}

#[test]
fn a_service_is_measured_quickly_when_each_of_its_revisions_is() {
    let mut live = live("ACTIVE", DeploymentRolloutState::Completed);
    let revision = |arn: &str| ServiceCurrentRevisionSummary::builder().arn(arn).build();
    live.current_service_revisions = Some(vec![revision("r1"), revision("r2")]);
    let quick = |arns: &[&str]| {
        let arns = arns.iter().map(|arn| (*arn).to_owned()).collect();
        understand(&live, &arns).unwrap().definition.quick_metrics
    };
    assert!(quick(&["r1", "r2"]) && !quick(&["r2"]) && !quick(&[]));
    let configured = |quick: bool| monitoring(quick, "ecs:Test").unwrap();
    assert!(is_quick(Some(&configured(true))) && !is_quick(Some(&configured(false))) && !is_quick(None));
}

#[test]
fn a_cluster_that_was_made_a_moment_ago_is_waited_for() {
    let unknown = || Fault {
        code: Some("ClusterNotFoundException".into()),
        ..Fault::new(FaultKind::Gone, "ecs:CreateService", "Cluster not found.")
    };
    assert_eq!((sorted_change(unknown()).kind, sorted(unknown()).kind), (FaultKind::NotYet, FaultKind::Gone));
}

#[test]
fn fargate_by_its_provider_is_fargate() {
    let mut live = live("ACTIVE", DeploymentRolloutState::Completed);
    let share = |provider: &str| CapacityProviderStrategyItem::builder().capacity_provider(provider).weight(1).build();
    live.capacity_provider_strategy = Some(vec![share("FARGATE").unwrap()]);
    assert_eq!(understand(&live, &BTreeSet::new()).unwrap().definition.capacity, Capacity::Fargate);
    live.capacity_provider_strategy = Some(vec![share("FARGATE_SPOT").unwrap()]);
    let spot = Share { provider: CapacityProvider::FargateSpot, base: 0, weight: 1 };
    assert_eq!(understand(&live, &BTreeSet::new()).unwrap().definition.capacity, Capacity::Shares([spot].into()));
}

#[test]
fn what_autoscaling_has_counted_is_left_alone() {
    let found = Found::ready(ARN, service(), Tags::new());
    let autoscaled = Service { count: Count::Autoscaled { from: 4 }, ..service() };
    assert_eq!(Service::moved_by("count", &found, &autoscaled), Some("autoscaling"));
    assert_eq!(Service::moved_by("task", &found, &autoscaled), None);
    assert_eq!(Service::moved_by("count", &found, &Service { count: Count::Fixed(4), ..service() }), None);
}

#[test]
fn a_count_is_a_number_or_where_it_starts() {
    for (count, written) in [(Count::Fixed(2), "2"), (Count::Autoscaled { from: 2 }, r#"{"from":2}"#)] {
        assert_eq!(serde_json::to_string(&count).unwrap(), written);
        assert_eq!(serde_json::from_str::<Count>(written).unwrap(), count);
    }
    assert_eq!(Document::of(&service()).unwrap().reveal::<Service>().unwrap(), service());
}

#[test]
fn messages_tell_what_passes() {
    let failed = |message: &str| Fault {
        code: Some("InvalidParameterException".into()),
        ..Fault::new(FaultKind::Refused, "ecs:Test", message)
    };
    for (message, kind) in [
        ("Creation of service was not idempotent.", FaultKind::Exists),
        ("Unable to Start a service that is still Draining.", FaultKind::Busy),
        ("The target group arn:tg does not have an associated load balancer.", FaultKind::Busy),
        ("The container web does not exist in the task definition.", FaultKind::Refused),
    ] {
        assert_eq!(sorted(failed(message)).kind, kind, "{message}");
    }
}

fn codes(change: impl FnOnce(&mut Service)) -> Vec<&'static str> {
    let mut changed = service();
    change(&mut changed);
    let address = Address::new("cluster", "web").unwrap();
    let around = Surroundings::new(&[], &address);
    rules::ALL.iter().flat_map(|rule| rule.violations(&changed, &around)).map(|violation| violation.code).collect()
}

fn around(change: impl FnOnce(&mut Cluster, &mut TaskDefinition)) -> Vec<Violation> {
    let mut cluster = Cluster {
        name: "shop".into(),
        insights: Insights::Enabled,
        capacity_providers: BTreeSet::new(),
        default_strategy: BTreeSet::new(),
        connects: true,
    };
    let pool =
        Container { ports: [Port { name: Some("pg".into()), ..Port::tcp(5432) }].into(), ..Container::of("pool:1") };
    let mut task = TaskDefinition {
        family: "shop-pool".into(),
        size: Fargate::Cpu256(Cpu256::Gb1),
        architecture: Architecture::X86,
        disk: None,
        task_role: None,
        execution_role: None,
        containers: [("pool".into(), pool)].into(),
        volumes: BTreeSet::new(),
    };
    change(&mut cluster, &mut task);

    let mut platform = Platform::new();
    let mut stack = platform.stack("cluster");
    let (cluster, task) = (stack.add("cluster", cluster), stack.add("task", task));
    let offer = Offer { port: "pg".into(), host: "pool".into(), at: 5432 };
    let connect = Connect::Known([offer].into());
    let (load_balancers, grace) = (BTreeSet::new(), 0);
    let pool = Service { cluster: cluster.id(), task: task.id(), connect, load_balancers, grace, ..service() };
    let address = stack.add("pool", pool.clone()).address().clone();
    let definitions = platform.finish().unwrap();
    let around = Surroundings::new(&definitions, &address);
    rules::ALL.iter().flat_map(|rule| rule.violations(&pool, &around)).collect()
}

#[test]
fn a_name_leads_to_a_port_in_a_cluster_whose_services_find_each_other() {
    assert_eq!(around(|_, _| {}), []);
    let alone = around(|cluster, _| cluster.connects = false);
    assert!(
        matches!(&alone[..], [one] if one.code == "V62b" && one.wrong.contains("do not find each other")),
        "{alone:?}"
    );
    let nameless = around(|_, task| task.containers.values_mut().for_each(|container| container.ports.clear()));
    assert!(matches!(&nameless[..], [one] if one.code == "V62b" && one.wrong.contains("called `pg`")), "{nameless:?}");
}

fn shares(shares: impl IntoIterator<Item = (CapacityProvider, u32, u32)>) -> Capacity {
    Capacity::Shares(shares.into_iter().map(|(provider, base, weight)| Share { provider, base, weight }).collect())
}

#[test]
fn rules_hold_on_both_sides() {
    use CapacityProvider::{Fargate, FargateSpot, Own};
    assert_eq!(codes(|_| {}), Vec::<&str>::new());
    assert_eq!(codes(|service| service.capacity = shares([(Fargate, 1, 1), (FargateSpot, 0, 4)])), Vec::<&str>::new());
    assert_eq!(codes(|service| service.rollout.minimum = 50), Vec::<&str>::new());
    assert_eq!(codes(|service| service.name = "shop.web".into()), ["V155"]);
    assert_eq!(codes(|service| service.subnets = BTreeSet::new()), ["V61"]);
    assert_eq!(
        codes(|service| service.security_groups = (0..6).map(|n| Ref::known(format!("sg-{n}"))).collect()),
        ["V61"]
    );
    assert_eq!(codes(|service| service.capacity = shares([(Fargate, 1, 1), (FargateSpot, 1, 1)])), ["V63"]);
    assert_eq!(codes(|service| service.capacity = shares([(Fargate, 0, 0)])), ["V63"]);
    assert_eq!(codes(|service| service.capacity = shares([(Fargate, 0, 1), (Own(Ref::known("m")), 0, 1)])), ["V63"]);
    let no_more = |service: &mut Service| (service.rollout.minimum, service.rollout.maximum) = (50, 100);
    assert_eq!(codes(no_more), ["V64"]);
    let still = |service: &mut Service| {
        no_more(service);
        service.rebalances = false;
    };
    assert_eq!(codes(still), Vec::<&str>::new());
    assert_eq!(codes(|service| service.load_balancers = BTreeSet::new()), ["V64"]);
    assert_eq!(codes(|service| service.rollout.breaker = Breaker::Off), ["V156"]);
}

/// The codes of a service that joins a group, where a listener does this.
fn joining(action: impl FnOnce(&Ref<TargetGroupArn>) -> Action) -> Vec<&'static str> {
    let mut platform = Platform::new();
    let mut stack = platform.stack("edge");
    let group = TargetGroup {
        name: "shop-web".into(),
        vpc: Ref::known("vpc-1"),
        port: 8000,
        protocol: Protocol::Http,
        version: ProtocolVersion::Http1,
        targets: TargetKind::Ip,
        health_check: HealthCheck::at("/health"),
        deregistration_seconds: 30,
        algorithm: Algorithm::RoundRobin,
        anomaly_mitigation: false,
        slow_start_seconds: 0,
        stickiness: Stickiness::Off,
    };
    let target_group = stack.add("web", group).id();
    let load_balancer = Ref::known("arn:alb");
    let listener = Listener { load_balancer, port: 80, serves: Serves::Http, action: action(&target_group) };
    stack.add("http", listener);
    let attachment = Attachment { target_group, container: "web".into(), port: 8000 };
    let web = Service { load_balancers: [attachment].into(), ..service() };
    let address = stack.add("service", web.clone()).address().clone();
    let definitions = platform.finish().unwrap();
    let around = Surroundings::new(&definitions, &address);
    rules::ALL.iter().flat_map(|rule| rule.violations(&web, &around)).map(|violation| violation.code).collect()
}

#[test]
fn v62a_a_group_that_is_joined_is_called() {
    assert_eq!(joining(|group| Action::forward(group.clone())), Vec::<&str>::new());
    assert_eq!(
        joining(|group| Action::weighted([(group.clone(), 1), (Ref::known("arn:other"), 9)])),
        Vec::<&str>::new()
    );
    assert_eq!(joining(|_| Action::respond(404, "")), ["V62a"]);
    assert_eq!(joining(|_| Action::forward(Ref::known("arn:other"))), ["V62a"]);
}
