//! Clusters, task definitions and services in a real ECS: the local cloud's.

#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

mod common;

use std::collections::BTreeSet;

use aws_sdk_ecs::types::{ClusterSetting, ClusterSettingName};
use common::{Walk, aws, project};
use infra_aws::Aws;
use infra_aws::ecs::{
    Architecture, Breaker, Capacity, CapacityProvider, Cluster, Connect, Container, Count, Cpu512, Fargate, Insights,
    Port, Propagation, Rollout, Service, Share, TaskDefinition,
};
use infra_engine::live::{Ask, Behaviour, FaultKind, Order, State};
use infra_engine::model::{Address, Owner, Ref, Tags, keys};

#[tokio::test]
async fn a_cluster_is_ordered_once_and_what_others_do_to_it_is_mended() {
    let (aws, project) = (aws().await, project());
    let share = |provider, base, weight| Share { provider, base, weight };
    let cluster = Cluster {
        name: project.clone(),
        insights: Insights::Enabled,
        capacity_providers: BTreeSet::from([CapacityProvider::Fargate, CapacityProvider::FargateSpot]),
        default_strategy: BTreeSet::from([
            share(CapacityProvider::Fargate, 1, 1),
            share(CapacityProvider::FargateSpot, 0, 4),
        ]),
        connects: false,
    };
    let walk = Walk::begin(&aws, &project, cluster.clone()).await;
    walk.order_again().await;
    walk.order_by_another().await;

    let setting = ClusterSetting::builder().name(ClusterSettingName::ContainerInsights).value("disabled").build();
    aws.ecs().update_cluster_settings().cluster(&project).settings(setting).send().await.unwrap();
    walk.mend().await;
    let put = aws.ecs().put_cluster_capacity_providers().cluster(&project).capacity_providers("FARGATE");
    put.set_default_capacity_provider_strategy(Some(Vec::new())).send().await.unwrap();
    walk.mend().await;

    walk.end().await;
}

#[tokio::test]
async fn a_cluster_goes_although_machines_of_which_nothing_is_heard_are_left_in_it() {
    let (aws, project) = (aws().await, project());
    let cluster = Cluster {
        name: project.clone(),
        insights: Insights::Disabled,
        capacity_providers: BTreeSet::new(),
        default_strategy: BTreeSet::new(),
        connects: false,
    };
    let walk = Walk::begin(&aws, &project, cluster).await;
    aws.ecs().register_container_instance().cluster(&project).send().await.unwrap();
    let live = walk.settled().await;
    // The machine is taken out, and the cluster is still said to be in use until it is asked once more.
    let fault = Cluster::delete(&aws, &live).await.unwrap_err();
    assert_eq!(fault.kind, FaultKind::Busy, "{fault}");
    let left = aws.ecs().list_container_instances().cluster(&project).send().await.unwrap();
    assert!(left.container_instance_arns().is_empty(), "{left:?}");
    walk.end().await;
}

fn small(family: &str, image: &str) -> TaskDefinition {
    TaskDefinition {
        family: family.to_owned(),
        size: Fargate::Cpu512(Cpu512::Gb1),
        architecture: Architecture::X86,
        disk: None,
        task_role: None,
        execution_role: None,
        containers: [("web".into(), Container { ports: [Port::tcp(8000)].into(), ..Container::of(image) })].into(),
        volumes: BTreeSet::new(),
    }
}

async fn register(aws: &Aws, project: &str, definition: TaskDefinition) -> String {
    let tags = Tags::from([
        (keys::OWNER.to_owned(), format!("{project}/test")),
        (keys::ADDRESS.to_owned(), "walk.task".to_owned()),
    ]);
    let address = Address::new("walk", "task").unwrap();
    let order = Order { address, definition, tags, token: String::new() };
    TaskDefinition::create(aws, &order).await.unwrap()
}

#[tokio::test]
async fn revisions_stand_beside_each_other() {
    let (aws, project) = (aws().await, project());
    let walk = Walk::begin(&aws, &project, small(&project, "web:1")).await;
    let second = register(&aws, &format!("{project}-2"), small(&project, "web:2")).await;
    assert_ne!(second, walk.id, "another revision stands beside it");

    // Whoever looks for the family is given the newest revision and those of his own.
    let owner: Owner = format!("{project}/test").parse().unwrap();
    let ask = Ask { owner: Some(owner), names: [project.clone()].into(), ..Ask::default() };
    let found = TaskDefinition::read(&aws, &ask).await.unwrap();
    let ids: Vec<&str> = found.iter().map(|found| found.id.as_str()).collect();
    assert_eq!(ids, [second.as_str(), walk.id.as_str()]);

    let live = TaskDefinition::read(&aws, &Ask::only([second])).await.unwrap().pop().unwrap();
    TaskDefinition::delete(&aws, &live).await.unwrap();
    walk.end().await;
}

#[tokio::test]
async fn a_service_is_ordered_once_and_its_tasks_are_counted_by_one() {
    let (aws, project) = (aws().await, project());
    let cluster = Cluster {
        name: project.clone(),
        insights: Insights::Disabled,
        capacity_providers: [CapacityProvider::Fargate, CapacityProvider::FargateSpot].into(),
        default_strategy: BTreeSet::new(),
        connects: true,
    };
    let cluster = Walk::begin(&aws, &project, cluster).await;
    let first = register(&aws, &project, small(&format!("{project}-web"), "web:1")).await;
    let second = register(&aws, &project, small(&format!("{project}-web"), "web:2")).await;

    let service = Service {
        cluster: Ref::known(&cluster.id),
        name: format!("{project}-web"),
        task: Ref::known(&first),
        count: Count::Fixed(1),
        capacity: Capacity::Fargate,
        subnets: [Ref::known("subnet-1"), Ref::known("subnet-2")].into(),
        security_groups: [Ref::known("sg-1")].into(),
        public_ips: false,
        load_balancers: BTreeSet::new(),
        grace: 0,
        rollout: Rollout { minimum: 100, maximum: 200, breaker: Breaker::RollBack },
        execute_command: false,
        propagate_tags: Propagation::Service,
        connect: Connect::Off,
        rebalances: true,
        quick_metrics: false,
    };
    let walk = Walk::begin(&aws, &project, service.clone()).await;
    walk.order_again().await;
    walk.order_by_another().await;
    let live = walk.settled().await;
    assert_eq!(live.outputs["scalable"], format!("service/{project}/{project}-web"));

    // Somebody scales it, and somebody deploys another revision.
    let update = || aws.ecs().update_service().cluster(&project).service(&service.name);
    update().desired_count(3).send().await.unwrap();
    walk.mend().await;
    update().task_definition(&second).send().await.unwrap();
    walk.mend().await;

    // Where autoscaling counts, a change leaves its number alone.
    update().desired_count(4).send().await.unwrap();
    let autoscaled = Service { count: Count::Autoscaled { from: 1 }, task: Ref::known(&second), ..service.clone() };
    let live = walk.settled().await;
    Service::update(&aws, &live, &autoscaled).await.unwrap();
    let live = walk.settled().await;
    assert_eq!((live.definition.count, &live.definition.task), (Count::Fixed(4), &autoscaled.task));
    assert_eq!(Service::moved_by("count", &live, &autoscaled), Some("autoscaling"));

    walk.end().await;

    for arn in [first, second] {
        let live = TaskDefinition::read(&aws, &Ask::only([arn])).await.unwrap().pop().unwrap();
        assert_eq!(live.state, State::Ready);
        TaskDefinition::delete(&aws, &live).await.unwrap();
    }
    cluster.end().await;
}
