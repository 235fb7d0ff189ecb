//! A service: a task definition that runs so many times, behind load balancers, and how a new revision takes over.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use aws_sdk_ecs::types::{
    AssignPublicIp, AvailabilityZoneRebalancing, AwsVpcConfiguration, Deployment, DeploymentCircuitBreaker,
    DeploymentConfiguration, DeploymentRolloutState, LaunchType, LoadBalancer, NetworkConfiguration, PropagateTags,
    Service as Live, ServiceCurrentRevisionSummary, ServiceField, ServiceRevision,
};
use infra_derive::Resource;
use infra_engine::check::Rule;
use infra_engine::live::{Ask, Behaviour, Fault, FaultKind, Found, GoneIsFine, Order, Retag, State, Waits};
use infra_engine::model::{Ref, Replacement};
use serde::{Deserialize, Serialize};

use self::change::{UPDATE, changed, send};
use self::monitoring::{is_quick, monitoring};
use super::cluster::{self, CapacityProvider, ClusterName, Share, strategy};
use super::connect::Connect;
use super::rollouts::{Progress, primary, why};
use super::tags;
use super::task_definition::TaskDefinitionArn;
use crate::again::resume;
use crate::autoscaling::ScalableResource;
use crate::ec2::{SecurityGroupId, SubnetId};
use crate::elb::TargetGroupArn;
use crate::named::meant;
use crate::pages::{batches, each};
use crate::tags::{from_sdk, to_sdk};
use crate::{Aws, Sorted};

mod change;
mod monitoring;
mod rules;

/// A service: a task definition that runs so many times on Fargate, and how a new revision takes over.
///
/// ```
/// use infra_aws::ecs::{Attachment, Breaker, Capacity, Connect, Count, Propagation, Rollout, Service};
/// use infra_engine::model::Ref;
///
/// let service = Service {
///     cluster: Ref::known("shop"),
///     name: "shop-web".into(),
///     task: Ref::known("arn:aws:ecs:us-east-1:123456789012:task-definition/shop-web:1"),
///     count: Count::Autoscaled { from: 2 },
///     capacity: Capacity::Fargate,
///     subnets: [Ref::known("subnet-1"), Ref::known("subnet-2")].into(),
///     security_groups: [Ref::known("sg-1")].into(),
///     public_ips: false,
///     load_balancers: [Attachment {
///         target_group: Ref::known("arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup/shop-web/1"),
///         container: "web".into(),
///         port: 8000,
///     }]
///     .into(),
///     grace: 60,
///     rollout: Rollout { minimum: 100, maximum: 200, breaker: Breaker::RollBack },
///     execute_command: false,
///     propagate_tags: Propagation::Service,
///     connect: Connect::Off,
///     rebalances: true,
///     quick_metrics: false,
/// };
/// ```
///
/// A change is done when its deployment is. Where ECS gives it up and rolls back, the change has failed, and ECS's reason
/// is told.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Resource)]
#[resource(kind = "ecs/service", id = ServiceArn)]
#[resource(after = [
    "ec2/nat-gateway",
    "ec2/route-table",
    "ec2/security-group-rules",
    "elb/listener",
    "elb/listener-rule",
])]
#[resource(outputs(
    /// Its name.
    NAME: new ServiceName,
    /// What a scalable target scales: `service/CLUSTER/NAME`.
    SCALABLE: ScalableResource,
))]
pub struct Service {
    /// Where it runs.
    #[key]
    pub cluster: Ref<ClusterName>,
    /// Its name, unique in the cluster. When its code is removed and the index of tags may not be read, it is found
    /// again only if the project's name is in its own or its cluster's.
    #[key]
    pub name: String,
    /// What it runs.
    pub task: Ref<TaskDefinitionArn>,
    /// How many times.
    pub count: Count,
    /// On whose machines.
    pub capacity: Capacity,
    /// Where its tasks have their addresses.
    pub subnets: BTreeSet<Ref<SubnetId>>,
    /// What may speak to its tasks.
    pub security_groups: BTreeSet<Ref<SecurityGroupId>>,
    /// Whether its tasks have public addresses too.
    pub public_ips: bool,
    /// The target groups that its tasks join.
    pub load_balancers: BTreeSet<Attachment>,
    /// The seconds after a task's start in which the load balancer's health checks do not count.
    pub grace: u32,
    /// How a new revision takes over.
    pub rollout: Rollout,
    /// Whether one may run a shell in its containers.
    pub execute_command: bool,
    /// Whose tags its tasks bear.
    pub propagate_tags: Propagation,
    /// How it takes part in the names by which the services of its cluster find each other.
    pub connect: Connect,
    /// Whether ECS moves tasks until each zone has as many as the others.
    pub rebalances: bool,
    /// Whether its processors and its memory are measured every twenty seconds in place of every minute: then it is
    /// scaled sooner, by the quick metrics.
    pub quick_metrics: bool,
}

/// How many times a service's task runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "WrittenCount", into = "WrittenCount")]
pub enum Count {
    /// So many times.
    Fixed(u32),
    /// As many times as autoscaling says. In a file: `{ from = 2 }`.
    Autoscaled {
        /// So many times at first.
        from: u32,
    },
}

#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum WrittenCount {
    Fixed(u32),
    Autoscaled { from: u32 },
}

/// On whose machines a service runs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Capacity {
    /// On Fargate's, all of it.
    Fargate,
    /// Shared out among the cluster's providers.
    Shares(BTreeSet<Share>),
}

/// A target group that a service's tasks join.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Attachment {
    /// The group.
    pub target_group: Ref<TargetGroupArn>,
    /// The container that answers.
    pub container: String,
    /// Where it listens.
    pub port: u16,
}

/// How a new revision takes over from the one before.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rollout {
    /// The part of the tasks, in percent, that stays well meanwhile.
    pub minimum: u16,
    /// The part of the tasks, in percent, that runs at most meanwhile.
    pub maximum: u16,
    /// What happens when its tasks do not start.
    pub breaker: Breaker,
}

/// What happens when the tasks of a new revision do not start.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Breaker {
    /// ECS goes on trying.
    Off,
    /// ECS gives up.
    Stop,
    /// ECS gives up and goes back to the revision before.
    RollBack,
}

/// Whose tags the tasks of a service bear.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Propagation {
    /// Nobody's.
    None,
    /// The service's.
    Service,
    /// The task definition's.
    TaskDefinition,
}

/// The most services that one call describes.
const AT_A_TIME: usize = 10;

/// The most revisions of services that one call describes.
const REVISIONS_AT_A_TIME: usize = 20;

const REVISIONS: &str = "ecs:DescribeServiceRevisions";

impl Behaviour for Service {
    type Cloud = Aws;

    const WAITS: Waits = Waits {
        usual: Duration::from_secs(3 * 60),
        create: Duration::from_secs(30 * 60),
        update: Duration::from_secs(30 * 60),
        delete: Duration::from_secs(20 * 60),
    };

    const IDEMPOTENT: bool = true;

    const WRITES_OVER: bool = true;

    const ACTIONS: &'static [&'static str] = &[
        "ecs:CreateService",
        "ecs:DeleteService",
        REVISIONS,
        "ecs:DescribeServices",
        "ecs:ListClusters",
        "ecs:ListServices",
        "ecs:TagResource",
        "ecs:UntagResource",
        UPDATE,
        "iam:CreateServiceLinkedRole",
    ];

    fn rules() -> &'static [Rule<Service>] {
        rules::ALL
    }

    /// Of another name, or in another cluster, it can stand beside what it follows.
    fn replacement(live: &Service, wanted: &Service) -> Replacement {
        let same_place = (&live.cluster, &live.name) == (&wanted.cluster, &wanted.name);
        if same_place { Replacement::DeleteFirst } else { Replacement::CreateFirst }
    }

    /// Where autoscaling counts, whatever it has counted is right.
    fn moved_by(field: &str, _: &Found<Service>, wanted: &Service) -> Option<&'static str> {
        (field == "count" && matches!(wanted.count, Count::Autoscaled { .. })).then_some("autoscaling")
    }

    /// Services are listed by cluster and described ten at a time: only those are looked at that are asked for, or have
    /// the project's name in theirs or in their cluster's. What is not ours of these is given too: one of them may stand
    /// where ours is to be.
    async fn read(aws: &Aws, ask: &Ask) -> Result<Vec<Found<Service>>, Fault> {
        let arns = if ask.only.is_empty() { near(aws, ask).await? } else { ask.only.iter().cloned().collect() };
        let mut clusters: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for arn in arns {
            if let Some((cluster, _)) = place(&arn) {
                clusters.entry(cluster.to_owned()).or_default().push(arn);
            }
        }
        let described = each(clusters, async |(cluster, arns)| describe(aws, &cluster, &arns).await).await?;
        let quick = quick(aws, described.iter().flatten()).await?;
        let mut found = Vec::new();
        for service in described.iter().flatten() {
            match understand(service, &quick) {
                None => {}
                // Whoever asks for one service waits for it: then it counts how its own deployment went.
                Some(live) if !ask.only.is_empty() => found.push(judged(aws, service, live)?),
                Some(live) if live.state != State::Leaving => found.push(live),
                Some(_) => {}
            }
        }
        Ok(found)
    }

    async fn create(aws: &Aws, order: &Order<Service>) -> Result<String, Fault> {
        let operation = "ecs:CreateService";
        let Service {
            cluster,
            name,
            task,
            count,
            capacity,
            subnets: _,
            security_groups: _,
            public_ips: _,
            load_balancers,
            grace,
            rollout,
            execute_command,
            propagate_tags,
            connect,
            rebalances,
            quick_metrics,
        } = &order.definition;
        let call = aws
            .ecs()
            .create_service()
            .cluster(cluster.value())
            .service_name(name)
            .client_token(&order.token)
            .task_definition(task.value())
            .desired_count(number(count.at_first()))
            .network_configuration(network(&order.definition, operation)?)
            .set_load_balancers(Some(load_balancers.iter().map(Attachment::written).collect()))
            .set_health_check_grace_period_seconds((!load_balancers.is_empty()).then(|| number(*grace)))
            .deployment_configuration(rollout.written())
            .enable_execute_command(*execute_command)
            .propagate_tags(propagate_tags.written())
            .service_connect_configuration(connect.written().sorted(operation)?)
            .availability_zone_rebalancing(rebalancing(*rebalances))
            .set_monitoring(quick_metrics.then(|| monitoring(true, operation)).transpose()?)
            .set_tags(Some(to_sdk(&order.tags)));
        let call = match capacity {
            Capacity::Fargate => call.launch_type(LaunchType::Fargate),
            Capacity::Shares(shares) => call.set_capacity_provider_strategy(Some(strategy(shares, operation)?)),
        };
        let answer = match call.send().await.sorted(operation).map_err(sorted_change) {
            Ok(answer) => answer,
            Err(fault) if fault.kind == FaultKind::Exists => {
                let services = describe(aws, &cluster.value(), std::slice::from_ref(name)).await?;
                let arn =
                    services.iter().find(|service| service.status() == Some("ACTIVE")).and_then(Live::service_arn);
                return resume(aws, order, arn.unwrap_or_default(), fault).await;
            }
            Err(fault) => return Err(fault),
        };
        let made = answer.service.ok_or_else(|| Fault::new(FaultKind::Lost, operation, "the answer is empty"))?;
        aws.rollouts().begin(&made);
        made.service_arn.ok_or_else(|| Fault::new(FaultKind::Lost, operation, "the answer does not say what was made"))
    }

    async fn update(aws: &Aws, found: &Found<Service>, wanted: &Service) -> Result<(), Fault> {
        send(aws, changed(aws, &found.definition, wanted)?).await
    }

    /// Its tasks are started again, in a new deployment.
    async fn write_over(aws: &Aws, found: &Found<Service>, wanted: &Service) -> Result<(), Fault> {
        send(aws, changed(aws, &found.definition, wanted)?.force_new_deployment(true)).await
    }

    async fn retag(aws: &Aws, found: &Found<Service>, retag: &Retag) -> Result<(), Fault> {
        tags::retag(aws, &found.id, retag).await
    }

    /// It is asked to run nothing and deleted in one go; then it drains, as long as its target groups let it.
    async fn delete(aws: &Aws, found: &Found<Service>) -> Result<(), Fault> {
        let Service { cluster, name, .. } = &found.definition;
        let cluster = cluster.value();
        let gone = |fault: Fault| sorted(fault).when(FaultKind::Gone, &["ServiceNotActiveException"], "");
        let call = aws.ecs().update_service().cluster(&cluster).service(name).desired_count(0);
        let stopped = call.send().await.sorted("ecs:UpdateService").map_err(gone).map(Some).gone_is_fine()?;
        if stopped.is_none() {
            return Ok(());
        }
        let call = aws.ecs().delete_service().cluster(&cluster).service(name);
        call.send().await.sorted("ecs:DeleteService").map_err(gone).map(drop).gone_is_fine()
    }
}

/// The ARNs of the services that may be asked for.
async fn near(aws: &Aws, ask: &Ask) -> Result<Vec<String>, Fault> {
    let clusters = cluster::arns(aws, ask).await?;
    let listed = each(clusters, async |cluster: String| {
        let pages = aws.ecs().list_services().cluster(cluster).max_results(100).into_paginator().items().send();
        // The cluster may have gone meanwhile.
        let arns = pages.try_collect().await.sorted("ecs:ListServices").map_err(sorted).gone_is_fine();
        arns.map(|arns: Vec<String>| arns)
    });
    let meant = meant(aws, ask).await?;
    let asked_for = |arn: &String| {
        // The project's name may be in that of the cluster.
        place(arn).is_some_and(|(cluster, name)| meant.by_arn(&format!("{cluster}/{name}"), arn))
    };
    Ok(listed.await?.into_iter().flatten().filter(asked_for).collect())
}

async fn describe(aws: &Aws, cluster: &str, services: &[String]) -> Result<Vec<Live>, Fault> {
    let described = batches(services, AT_A_TIME, async |services| {
        let call = aws.ecs().describe_services().cluster(cluster).set_services(Some(services));
        let answer = call.include(ServiceField::Tags).send().await.sorted("ecs:DescribeServices").map_err(sorted)?;
        // Those that are not there are listed apart in the answer.
        Ok(answer.services.unwrap_or_default())
    });
    described.await.gone_is_fine()
}

/// The cluster and the name that an ARN ends with.
fn place(arn: &str) -> Option<(&str, &str)> {
    let (_, resource) = arn.split_once(":service/")?;
    resource.split_once('/')
}

/// The service, unless the deployment that this program has begun on it has failed.
fn judged(aws: &Aws, service: &Live, live: Found<Service>) -> Result<Found<Service>, Fault> {
    match aws.rollouts().progress(service) {
        Progress::Settled => Ok(live),
        Progress::UnderWay if live.state == State::Ready => Ok(live.in_state(State::Pending("being deployed".into()))),
        Progress::UnderWay => Ok(live),
        Progress::Failed(why) => {
            let message = format!("the deployment has failed, and {} is not as wanted: {why}", live.definition.name);
            Err(Fault::new(FaultKind::Refused, "ecs:DescribeServices", message))
        }
    }
}

/// The revisions of these services whose processors and memory are measured every twenty seconds. Services themselves do
/// not say.
async fn quick(aws: &Aws, services: impl Iterator<Item = &Live>) -> Result<BTreeSet<String>, Fault> {
    let revisions: Vec<String> = services.flat_map(current).map(str::to_owned).collect();
    let described = batches(&revisions, REVISIONS_AT_A_TIME, async |arns: Vec<String>| {
        let call = aws.ecs().describe_service_revisions().set_service_revision_arns(Some(arns));
        // A revision that has gone meanwhile is listed apart in the answer.
        Ok(call.send().await.sorted(REVISIONS).map_err(sorted)?.service_revisions.unwrap_or_default())
    });
    let quick = described.await?.into_iter().filter(|revision| is_quick(revision.monitoring()));
    Ok(quick.filter_map(|revision: ServiceRevision| revision.service_revision_arn).collect())
}

/// The revision of a service that runs; two while one takes the place of the other.
fn current(service: &Live) -> impl Iterator<Item = &str> {
    service.current_service_revisions().iter().filter_map(ServiceCurrentRevisionSummary::arn)
}

fn rebalancing(rebalances: bool) -> AvailabilityZoneRebalancing {
    if rebalances { AvailabilityZoneRebalancing::Enabled } else { AvailabilityZoneRebalancing::Disabled }
}

/// What is added to a task definition whose deployment ECS has given up.
const FAILED: &str = " (its deployment has failed: ";

/// The task definition of a service, which is not the wanted one where ECS has given up its deployment, though some of
/// its tasks may run: so the next apply deploys it again.
fn task(service: &Live) -> Ref<TaskDefinitionArn> {
    let arn = service.task_definition().unwrap_or_default();
    match primary(service) {
        Some(primary) if primary.rollout_state() == Some(&DeploymentRolloutState::Failed) => {
            Ref::known(format!("{arn}{FAILED}{})", why(service, primary)))
        }
        _ => Ref::known(arn),
    }
}

fn has_failed(task: &Ref<TaskDefinitionArn>) -> bool {
    task.value().contains(FAILED)
}

/// The definition that would have produced a live one; `None` for one that has been deleted.
fn understand(service: &Live, quick: &BTreeSet<String>) -> Option<Found<Service>> {
    let arn = service.service_arn()?;
    let (cluster, name) = place(arn)?;
    let state = match service.status()? {
        "INACTIVE" => return None,
        "DRAINING" => State::Leaving,
        _ => state(service),
    };
    let network = service.network_configuration().and_then(NetworkConfiguration::awsvpc_configuration);
    let known = |ids: &[String]| ids.iter().map(Ref::<SubnetId>::known).collect();
    let shares = service.capacity_provider_strategy();
    let unsigned = |number: i32| u32::try_from(number).unwrap_or_default();
    let definition = Service {
        cluster: Ref::known(cluster),
        name: name.to_owned(),
        task: task(service),
        count: Count::Fixed(unsigned(service.desired_count())),
        capacity: match shares {
            [] => Capacity::Fargate,
            [only] if only.capacity_provider() == CapacityProvider::Fargate.name() && only.base() == 0 => {
                Capacity::Fargate
            }
            shares => Capacity::Shares(shares.iter().map(Share::understand).collect()),
        },
        subnets: network.map(|network| known(network.subnets())).unwrap_or_default(),
        security_groups: network
            .map(|network| network.security_groups().iter().map(Ref::known).collect())
            .unwrap_or_default(),
        public_ips: network.and_then(AwsVpcConfiguration::assign_public_ip) == Some(&AssignPublicIp::Enabled),
        load_balancers: service.load_balancers().iter().filter_map(Attachment::understand).collect(),
        grace: unsigned(service.health_check_grace_period_seconds().unwrap_or_default()),
        rollout: Rollout::understand(service.deployment_configuration()),
        execute_command: service.enable_execute_command(),
        propagate_tags: match service.propagate_tags() {
            Some(PropagateTags::Service) => Propagation::Service,
            Some(PropagateTags::TaskDefinition) => Propagation::TaskDefinition,
            _ => Propagation::None,
        },
        connect: Connect::understand(primary(service).and_then(Deployment::service_connect_configuration)),
        rebalances: service.availability_zone_rebalancing() == Some(&AvailabilityZoneRebalancing::Enabled),
        quick_metrics: current(service).next().is_some() && current(service).all(|revision| quick.contains(revision)),
    };
    let found = Found::ready(arn, definition, from_sdk(service.tags())).in_state(state);
    let found = found.with(Service::NAME.name, name);
    Some(found.with(Service::SCALABLE.name, format!("service/{cluster}/{name}")))
}

/// A service is ready when its deployment is done. It has failed as a whole only if nothing of it runs; otherwise see
/// [`task`].
fn state(service: &Live) -> State {
    let Some(primary) = primary(service) else { return State::Ready };
    match primary.rollout_state() {
        Some(DeploymentRolloutState::InProgress) => State::Pending(format!(
            "being deployed: {} of {} tasks run",
            primary.running_count(),
            primary.desired_count()
        )),
        Some(DeploymentRolloutState::Failed) if service.running_count() == 0 => State::Failed(why(service, primary)),
        _ => State::Ready,
    }
}

fn network(service: &Service, operation: &'static str) -> Result<NetworkConfiguration, Fault> {
    let Service { subnets, security_groups, public_ips, .. } = service;
    let configuration = AwsVpcConfiguration::builder()
        .set_subnets(Some(subnets.iter().map(Ref::value).collect()))
        .set_security_groups(Some(security_groups.iter().map(Ref::value).collect()))
        .assign_public_ip(if *public_ips { AssignPublicIp::Enabled } else { AssignPublicIp::Disabled })
        .build()
        .sorted(operation)?;
    Ok(NetworkConfiguration::builder().awsvpc_configuration(configuration).build())
}

impl Count {
    /// How many times the task runs at first.
    pub fn at_first(self) -> u32 {
        match self {
            Count::Fixed(tasks) | Count::Autoscaled { from: tasks } => tasks,
        }
    }
}

impl From<WrittenCount> for Count {
    fn from(written: WrittenCount) -> Count {
        match written {
            WrittenCount::Fixed(tasks) => Count::Fixed(tasks),
            WrittenCount::Autoscaled { from } => Count::Autoscaled { from },
        }
    }
}

impl From<Count> for WrittenCount {
    fn from(count: Count) -> WrittenCount {
        match count {
            Count::Fixed(tasks) => WrittenCount::Fixed(tasks),
            Count::Autoscaled { from } => WrittenCount::Autoscaled { from },
        }
    }
}

impl Attachment {
    fn written(&self) -> LoadBalancer {
        let Attachment { target_group, container, port } = self;
        let balancer = LoadBalancer::builder().target_group_arn(target_group.value()).container_name(container);
        balancer.container_port(i32::from(*port)).build()
    }

    fn understand(live: &LoadBalancer) -> Option<Attachment> {
        let target_group = Ref::known(live.target_group_arn()?);
        let port = live.container_port().and_then(|port| u16::try_from(port).ok())?;
        Some(Attachment { target_group, container: live.container_name()?.to_owned(), port })
    }
}

impl Rollout {
    fn written(&self) -> DeploymentConfiguration {
        let Rollout { minimum, maximum, breaker } = self;
        let breaker = DeploymentCircuitBreaker::builder()
            .enable(*breaker != Breaker::Off)
            .rollback(*breaker == Breaker::RollBack)
            .build();
        DeploymentConfiguration::builder()
            .minimum_healthy_percent(i32::from(*minimum))
            .maximum_percent(i32::from(*maximum))
            .deployment_circuit_breaker(breaker)
            .build()
    }

    fn understand(live: Option<&DeploymentConfiguration>) -> Rollout {
        let or = |percent: Option<i32>, usual| percent.and_then(|percent| u16::try_from(percent).ok()).unwrap_or(usual);
        let breaker = live.and_then(DeploymentConfiguration::deployment_circuit_breaker);
        Rollout {
            minimum: or(live.and_then(DeploymentConfiguration::minimum_healthy_percent), 100),
            maximum: or(live.and_then(DeploymentConfiguration::maximum_percent), 200),
            breaker: match breaker {
                Some(breaker) if breaker.enable() && breaker.rollback() => Breaker::RollBack,
                Some(breaker) if breaker.enable() => Breaker::Stop,
                _ => Breaker::Off,
            },
        }
    }
}

impl Propagation {
    fn written(self) -> PropagateTags {
        match self {
            Propagation::None => PropagateTags::None,
            Propagation::Service => PropagateTags::Service,
            Propagation::TaskDefinition => PropagateTags::TaskDefinition,
        }
    }
}

/// A number as the API takes it.
fn number(number: u32) -> i32 {
    i32::try_from(number).unwrap_or(i32::MAX)
}

/// In a change: a cluster that was made a moment ago is not seen everywhere yet.
fn sorted_change(fault: Fault) -> Fault {
    sorted(fault).when(FaultKind::NotYet, &["ClusterNotFoundException"], "")
}

fn sorted(fault: Fault) -> Fault {
    const REFUSALS: &[&str] = &["InvalidParameterException", "ClientException"];
    fault
        .when(FaultKind::Exists, REFUSALS, "was not idempotent")
        .when(FaultKind::Busy, REFUSALS, "still Draining")
        .when(FaultKind::Busy, REFUSALS, "cannot be stopped while")
        // Its listener's rule is made beside it, behind a load balancer that takes minutes.
        .when(FaultKind::Busy, REFUSALS, "does not have an associated load balancer")
        .when(FaultKind::NotYet, REFUSALS, "nable to assume the service linked role")
        .when(FaultKind::Gone, &["ClusterNotFoundException", "ServiceNotFoundException"], "")
}

#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;
