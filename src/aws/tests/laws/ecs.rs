//! Clusters and services.

use aws_sdk_ecs::types::{Compatibility, ContainerDefinition, NetworkMode, PortMapping};
use infra_aws::ecs::{
    Attachment, Breaker, Capacity, CapacityProvider, Cluster, ClusterName, Connect, Count, Insights, Offer,
    Propagation, Rollout, Service, Share, TaskDefinitionArn,
};
use infra_engine::model::{Platform, Ref};
use infra_testkit::laws::Sample;

use crate::ground::{Ground, Network};

fn share(provider: CapacityProvider, base: u32, weight: u32) -> Share {
    Share { provider, base, weight }
}

/// Two revisions that a service may run, of one port.
async fn tasks(ground: &Ground) -> [Ref<TaskDefinitionArn>; 2] {
    let port = PortMapping::builder().container_port(8000).host_port(8000).name("web").build();
    let container = ContainerDefinition::builder().name("web").image("web:1").port_mappings(port).build();
    let register = async || {
        let call = ground.aws.ecs().register_task_definition().family(format!("{}-web", ground.project));
        let call = call.requires_compatibilities(Compatibility::Fargate).network_mode(NetworkMode::Awsvpc);
        let made = call.cpu("256").memory("512").container_definitions(container.clone()).send().await.unwrap();
        Ref::known(made.task_definition.unwrap().task_definition_arn.unwrap())
    };
    [register().await, register().await]
}

fn group(name: &str) -> Attachment {
    let arn = format!("arn:aws:elasticloadbalancing:us-east-1:000000000000:targetgroup/{name}/73e2d6bc24d8a067");
    Attachment { target_group: Ref::known(arn), container: "web".into(), port: 8000 }
}

fn stack(
    platform: &mut Platform,
    project: &str,
    network: &Network,
    tasks: &[Ref<TaskDefinitionArn>],
) -> Ref<ClusterName> {
    let mut stack = platform.stack("run");
    let cluster = |name: &str| Cluster {
        name: format!("{project}-{name}"),
        insights: Insights::Enabled,
        capacity_providers: [CapacityProvider::Fargate, CapacityProvider::FargateSpot].into(),
        default_strategy: [share(CapacityProvider::Fargate, 1, 1)].into(),
        connects: false,
    };
    let main = stack.add("main", Cluster { connects: true, ..cluster("main") });
    let other = stack.add("other", cluster("other"));
    let service = Service {
        cluster: main.id(),
        name: format!("{project}-web"),
        task: tasks[0].clone(),
        count: Count::Fixed(2),
        capacity: Capacity::Fargate,
        subnets: network.subnets[..2].iter().cloned().collect(),
        security_groups: [network.groups[0].clone()].into(),
        public_ips: false,
        load_balancers: [group("web")].into(),
        grace: 60,
        rollout: Rollout { minimum: 100, maximum: 200, breaker: Breaker::RollBack },
        execute_command: false,
        propagate_tags: Propagation::Service,
        connect: Connect::Off,
        rebalances: true,
        quick_metrics: false,
    };
    stack.add("web", service.clone());
    let shared = Capacity::Shares([share(CapacityProvider::FargateSpot, 0, 3)].into());
    stack.add("spot", Service { name: format!("{project}-spot"), capacity: shared, ..service });
    other.id()
}

#[tokio::test]
async fn ecs() {
    let ground = Ground::new().await;
    let network = Network::new(&ground).await;
    let project = ground.project.clone();
    let tasks = tasks(&ground).await;
    let (sample, other) = Sample::with(|platform| stack(platform, &project, &network, &tasks));
    let offer = |at| Offer { port: "web".into(), host: "shop-web".into(), at };
    let sample = sample
        .change("run.main", |it: &mut Cluster| it.name.push('2'))
        .change("run.other", |it: &mut Cluster| it.insights = Insights::Disabled)
        .change("run.other", |it: &mut Cluster| it.insights = Insights::Enhanced)
        .change("run.other", |it: &mut Cluster| {
            it.capacity_providers = [CapacityProvider::Fargate].into();
        })
        .change("run.other", |it: &mut Cluster| it.default_strategy.clear())
        .change("run.other", |it: &mut Cluster| {
            it.default_strategy = [share(CapacityProvider::Fargate, 0, 2)].into();
        })
        .change("run.other", |it: &mut Cluster| {
            it.default_strategy = [(CapacityProvider::Fargate, 1), (CapacityProvider::FargateSpot, 3)]
                .map(|(provider, weight)| share(provider, 0, weight))
                .into();
        })
        .change("run.other", |it: &mut Cluster| it.connects = true)
        .change("run.main", |it: &mut Cluster| it.connects = false)
        .change("run.web", |it: &mut Service| it.cluster = other.clone())
        .change("run.web", |it: &mut Service| it.name.push('2'))
        .change("run.web", |it: &mut Service| it.task = tasks[1].clone())
        .change("run.web", |it: &mut Service| it.count = Count::Fixed(5))
        .change("run.web", |it: &mut Service| it.count = Count::Fixed(0))
        .change("run.web", |it: &mut Service| {
            it.capacity = Capacity::Shares([share(CapacityProvider::FargateSpot, 0, 1)].into());
        })
        .change("run.spot", |it: &mut Service| it.capacity = Capacity::Fargate)
        .change("run.spot", |it: &mut Service| {
            it.capacity = Capacity::Shares([share(CapacityProvider::FargateSpot, 1, 3)].into());
        })
        .change("run.web", |it: &mut Service| it.subnets = network.subnets[1..].iter().cloned().collect())
        .change("run.web", |it: &mut Service| it.security_groups = network.groups.clone().into())
        .change("run.web", |it: &mut Service| it.public_ips = true)
        .change("run.web", |it: &mut Service| it.load_balancers = [group("other")].into())
        .change("run.web", |it: &mut Service| it.load_balancers = [group("web"), group("other")].into())
        .change("run.web", |it: &mut Service| it.grace = 0)
        .change("run.web", |it: &mut Service| it.grace = 120)
        .change("run.web", |it: &mut Service| it.rollout.minimum = 50)
        .change("run.web", |it: &mut Service| it.rollout.maximum = 150)
        .change("run.web", |it: &mut Service| it.rollout.breaker = Breaker::Stop)
        .change("run.web", |it: &mut Service| it.rollout.breaker = Breaker::Off)
        .change("run.web", |it: &mut Service| it.execute_command = true)
        .change("run.web", |it: &mut Service| it.propagate_tags = Propagation::TaskDefinition)
        .change("run.web", |it: &mut Service| it.propagate_tags = Propagation::None)
        .change("run.web", |it: &mut Service| it.rebalances = false)
        .change("run.web", |it: &mut Service| it.quick_metrics = true)
        .change("run.web", |it: &mut Service| it.connect = Connect::Known([].into()))
        .change("run.web", |it: &mut Service| it.connect = Connect::Known([offer(80)].into()));
    ground.obeys(&sample).await;
}
