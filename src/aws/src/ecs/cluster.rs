//! A cluster: where services run, and on whose machines.

use std::collections::BTreeSet;
use std::time::Duration;

use aws_sdk_ecs::error::BuildError;
use aws_sdk_ecs::types::{
    CapacityProviderStrategyItem, Cluster as Live, ClusterField, ClusterServiceConnectDefaultsRequest, ClusterSetting,
    ClusterSettingName, ContainerInstance,
};
use infra_derive::Resource;
use infra_engine::check::{Rule, Severity, Surroundings, Violation};
use infra_engine::live::{Ask, Behaviour, Fault, FaultKind, Found, GoneIsFine, Order, Retag, State, Waits};
use infra_engine::model::{Ref, Replacement};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::provider::CapacityProviderName;
use crate::again::resume;
use crate::iam::Arn;
use crate::pages::{batches, each};
use crate::tags::{from_sdk, to_sdk};
use crate::{Aws, Sorted};

/// A cluster: where services run, and on whose machines.
///
/// ```
/// use std::collections::BTreeSet;
///
/// use infra_aws::ecs::{CapacityProvider, Cluster, Insights, Share};
///
/// let cluster = Cluster {
///     name: "shop".into(),
///     insights: Insights::Enabled,
///     capacity_providers: BTreeSet::from([CapacityProvider::Fargate, CapacityProvider::FargateSpot]),
///     default_strategy: BTreeSet::from([Share { provider: CapacityProvider::Fargate, base: 1, weight: 1 }]),
///     connects: false,
/// };
/// ```
///
/// ECS answers the creation of a cluster that there is with that cluster. It is taken for ours only if its tags say so.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Resource)]
#[resource(kind = "ecs/cluster", id = ClusterName)]
#[resource(outputs(
    /// Its Amazon Resource Name.
    ARN: new ClusterArn,
))]
pub struct Cluster {
    /// Its name, unique in account and region.
    #[key]
    pub name: String,
    /// Which metrics CloudWatch collects of it.
    pub insights: Insights,
    /// On whose machines its tasks may run.
    pub capacity_providers: BTreeSet<CapacityProvider>,
    /// How tasks are shared out where their service does not say it.
    pub default_strategy: BTreeSet<Share>,
    /// Whether its services can find each other by name ("Service Connect"). ECS keeps the names in a namespace of the
    /// Cloud Map that is called like the cluster. It makes that by itself, leaves it when the cluster goes, and takes it
    /// again for the next cluster of that name; empty it costs nothing.
    pub connects: bool,
}

/// Which metrics CloudWatch collects of a cluster.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Insights {
    /// Those that cost nothing.
    Disabled,
    /// Of the cluster and its services.
    Enabled,
    /// Of each task and container too.
    Enhanced,
}

/// On whose machines tasks run.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CapacityProvider {
    /// AWS's.
    Fargate,
    /// AWS's, cheaper, and taken away at two minutes' notice.
    FargateSpot,
    /// The account's own: a [`GroupProvider`](super::GroupProvider)'s.
    Own(Ref<CapacityProviderName>),
}

/// How many tasks run on one provider's machines.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Share {
    /// The provider.
    pub provider: CapacityProvider,
    /// So many tasks at least, before anything is shared out. Only one share of a strategy may have any.
    pub base: u32,
    /// Of the rest, so many parts.
    pub weight: u32,
}

impl Arn for ClusterArn {}

/// The most clusters that one call describes.
const AT_A_TIME: usize = 100;

const MACHINES: &str = "ecs:DescribeContainerInstances";
const LIST_MACHINES: &str = "ecs:ListContainerInstances";
const DEREGISTER: &str = "ecs:DeregisterContainerInstance";

const FARGATE: &str = "FARGATE";
const FARGATE_SPOT: &str = "FARGATE_SPOT";

impl Behaviour for Cluster {
    type Cloud = Aws;

    const HELD_BY: &'static [&'static str] = &["ecs/service"];

    const WAITS: Waits = Waits {
        usual: Duration::from_secs(5),
        create: Duration::from_secs(10 * 60),
        update: Duration::from_secs(10 * 60),
        delete: Duration::from_secs(10 * 60),
    };

    const ACTIONS: &'static [&'static str] = &[
        "ecs:CreateCluster",
        "ecs:DeleteCluster",
        DEREGISTER,
        "ecs:DescribeClusters",
        MACHINES,
        "ecs:ListClusters",
        LIST_MACHINES,
        "ecs:PutClusterCapacityProviders",
        "ecs:TagResource",
        "ecs:UntagResource",
        "ecs:UpdateCluster",
        "ecs:UpdateClusterSettings",
        // The first cluster of an account brings ECS's own role with it.
        "iam:CreateServiceLinkedRole",
        // Whoever makes a cluster whose services find each other makes the namespace for it.
        "servicediscovery:CreateHttpNamespace",
        "servicediscovery:GetNamespace",
        "servicediscovery:GetOperation",
        "servicediscovery:ListNamespaces",
        "servicediscovery:TagResource",
    ];

    fn rules() -> &'static [Rule<Cluster>] {
        RULES
    }

    /// Only under another name is it another one, which can stand beside it.
    fn replacement(_: &Cluster, _: &Cluster) -> Replacement {
        Replacement::CreateFirst
    }

    async fn read(aws: &Aws, ask: &Ask) -> Result<Vec<Found<Cluster>>, Fault> {
        let names: Vec<String> =
            if ask.only.is_empty() { arns(aws, ask).await? } else { ask.only.iter().cloned().collect() };
        let clusters = batches(&names, AT_A_TIME, async |names| {
            let include = vec![ClusterField::Attachments, ClusterField::Settings, ClusterField::Tags];
            let call = aws.ecs().describe_clusters().set_clusters(Some(names)).set_include(Some(include));
            // Those that are not there are listed apart in the answer.
            Ok(call.send().await.sorted("ecs:DescribeClusters")?.clusters.unwrap_or_default())
        });
        let mut found: Vec<Found<Cluster>> = clusters.await?.iter().filter_map(understand).collect();
        found.retain(|cluster| ask.wants(&cluster.id, Some(&cluster.id), &cluster.tags));
        found.retain(|cluster| cluster.state != State::Leaving || !ask.only.is_empty());
        Ok(found)
    }

    async fn create(aws: &Aws, order: &Order<Cluster>) -> Result<String, Fault> {
        let operation = "ecs:CreateCluster";
        let Cluster { name, insights, capacity_providers, default_strategy, connects } = &order.definition;
        let namespace = connects.then(|| namespace(name)).transpose().sorted(operation)?;
        let call = aws
            .ecs()
            .create_cluster()
            .cluster_name(name)
            .settings(setting(*insights))
            .set_capacity_providers(Some(providers(capacity_providers)))
            .set_default_capacity_provider_strategy(Some(strategy(default_strategy, operation)?))
            .set_service_connect_defaults(namespace)
            .set_tags(Some(to_sdk(&order.tags)));
        let answer = call.send().await.sorted(operation).map_err(sorted)?;
        let tags = answer.cluster().map(|cluster| from_sdk(cluster.tags())).unwrap_or_default();
        if order.made(&tags) {
            return Ok(name.clone());
        }
        let message = format!("there is a cluster {name} already, and it is not ours");
        resume(aws, order, name, Fault::new(FaultKind::Exists, operation, message)).await
    }

    async fn update(aws: &Aws, found: &Found<Cluster>, wanted: &Cluster) -> Result<(), Fault> {
        let Cluster { name, insights, capacity_providers, default_strategy, connects } = wanted;
        let live = &found.definition;
        if *insights != live.insights {
            let call = aws.ecs().update_cluster_settings().cluster(name).settings(setting(*insights));
            call.send().await.sorted("ecs:UpdateClusterSettings").map_err(sorted)?;
        }
        if (capacity_providers, default_strategy) != (&live.capacity_providers, &live.default_strategy) {
            let operation = "ecs:PutClusterCapacityProviders";
            let call = aws
                .ecs()
                .put_cluster_capacity_providers()
                .cluster(name)
                .set_capacity_providers(Some(providers(capacity_providers)))
                .set_default_capacity_provider_strategy(Some(strategy(default_strategy, operation)?));
            call.send().await.sorted(operation).map_err(sorted)?;
        }
        if *connects != live.connects {
            let operation = "ecs:UpdateCluster";
            // No name ends it.
            let defaults = namespace(if *connects { name } else { "" }).sorted(operation)?;
            let call = aws.ecs().update_cluster().cluster(name).service_connect_defaults(defaults);
            call.send().await.sorted(operation).map_err(sorted)?;
        }
        Ok(())
    }

    async fn retag(aws: &Aws, found: &Found<Cluster>, retag: &Retag) -> Result<(), Fault> {
        let Retag { set, remove } = retag;
        let arn = &found.outputs[Cluster::ARN.name];
        if !set.is_empty() {
            let call = aws.ecs().tag_resource().resource_arn(arn).set_tags(Some(to_sdk(set)));
            call.send().await.sorted("ecs:TagResource").map_err(sorted)?;
        }
        if !remove.is_empty() {
            let call = aws.ecs().untag_resource().resource_arn(arn).set_tag_keys(Some(remove.clone()));
            call.send().await.sorted("ecs:UntagResource").map_err(sorted)?;
        }
        Ok(())
    }

    /// Machines of which nothing is heard any more are taken out of it first: ECS does not, and keeps the cluster for
    /// them for ever.
    async fn delete(aws: &Aws, found: &Found<Cluster>) -> Result<(), Fault> {
        let call = aws.ecs().delete_cluster().cluster(&found.id);
        let deleted = call.send().await.sorted("ecs:DeleteCluster").map_err(sorted).map(drop).gone_is_fine();
        match deleted {
            Err(fault) if fault.has_code(&["ClusterContainsContainerInstancesException"]) => {
                let left = deregister(aws, &found.id).await?;
                Err(if left.is_empty() { fault } else { Fault { message: stay(&left), ..fault } })
            }
            other => other,
        }
    }
}

/// Deregisters the machines of a cluster whose agents are gone, and gives the identifiers of all others.
async fn deregister(aws: &Aws, cluster: &str) -> Result<Vec<String>, Fault> {
    let pages = aws.ecs().list_container_instances().cluster(cluster).max_results(100).into_paginator().items().send();
    let arns: Vec<String> = pages.try_collect().await.sorted(LIST_MACHINES).map_err(sorted).gone_is_fine()?;
    let machines = batches(&arns, AT_A_TIME, async |arns: Vec<String>| {
        let call = aws.ecs().describe_container_instances().cluster(cluster).set_container_instances(Some(arns));
        Ok(call.send().await.sorted(MACHINES).map_err(sorted)?.container_instances.unwrap_or_default())
    });
    let (there, gone): (Vec<ContainerInstance>, Vec<_>) =
        machines.await?.into_iter().partition(ContainerInstance::agent_connected);
    let leave = async |machine: ContainerInstance| {
        let call = aws.ecs().deregister_container_instance().cluster(cluster).force(true);
        let call = call.container_instance(machine.container_instance_arn.unwrap_or_default());
        let left = call.send().await.sorted(DEREGISTER).map_err(sorted).map(drop);
        left.map_err(|fault| fault.when(FaultKind::Gone, &["InvalidParameterException"], "not found")).gone_is_fine()
    };
    each(gone, leave).await?;
    Ok(there.into_iter().filter_map(|machine| machine.ec2_instance_id).collect())
}

/// What is said of machines that still run.
fn stay(machines: &[String]) -> String {
    format!("the machines {} are still in the cluster: end them, if nothing of this program does", machines.join(", "))
}

/// The ARNs of all clusters. Services are listed for each of them, and in one look they are read once.
pub(super) async fn arns(aws: &Aws, ask: &Ask) -> Result<Vec<String>, Fault> {
    let read = async {
        let pages = aws.ecs().list_clusters().max_results(100).into_paginator().items().send();
        pages.try_collect().await.sorted("ecs:ListClusters")
    };
    ask.shared.once::<Vec<String>, _>("clusters", read).await.map(|arns| arns.to_vec())
}

/// The definition that would have produced a live one; `None` for one that has been deleted.
fn understand(cluster: &Live) -> Option<Found<Cluster>> {
    let changing = cluster.attachments_status() == Some("UPDATE_IN_PROGRESS");
    let state = match cluster.status()? {
        "INACTIVE" => return None,
        "DEPROVISIONING" => State::Leaving,
        "FAILED" => State::Failed("its capacity providers could not be attached".into()),
        "PROVISIONING" => State::Pending("provisioning".into()),
        _ if changing => State::Pending("attaching capacity providers".into()),
        _ => State::Ready,
    };
    let name = cluster.cluster_name()?;
    let insights =
        cluster.settings().iter().find(|setting| setting.name() == Some(&ClusterSettingName::ContainerInsights));
    let definition = Cluster {
        name: name.to_owned(),
        insights: match insights.and_then(|setting| setting.value()) {
            Some("enabled") => Insights::Enabled,
            Some("enhanced") => Insights::Enhanced,
            _ => Insights::Disabled,
        },
        capacity_providers: cluster.capacity_providers().iter().map(|name| CapacityProvider::named(name)).collect(),
        default_strategy: cluster.default_capacity_provider_strategy().iter().map(Share::understand).collect(),
        connects: cluster.service_connect_defaults().is_some_and(|defaults| defaults.namespace().is_some()),
    };
    let found = Found::ready(name, definition, from_sdk(cluster.tags())).in_state(state);
    Some(found.with(Cluster::ARN.name, cluster.cluster_arn().unwrap_or_default()))
}

impl Share {
    pub(super) fn understand(item: &CapacityProviderStrategyItem) -> Share {
        Share {
            provider: CapacityProvider::named(item.capacity_provider()),
            base: u32::try_from(item.base()).unwrap_or_default(),
            weight: u32::try_from(item.weight()).unwrap_or_default(),
        }
    }
}

impl CapacityProvider {
    fn named(name: &str) -> CapacityProvider {
        match name {
            FARGATE => CapacityProvider::Fargate,
            FARGATE_SPOT => CapacityProvider::FargateSpot,
            own => CapacityProvider::Own(Ref::known(own)),
        }
    }

    /// Its name, as ECS knows it.
    pub fn name(&self) -> String {
        match self {
            CapacityProvider::Fargate => FARGATE.to_owned(),
            CapacityProvider::FargateSpot => FARGATE_SPOT.to_owned(),
            CapacityProvider::Own(name) => name.value(),
        }
    }
}

impl Serialize for CapacityProvider {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            CapacityProvider::Fargate => FARGATE.serialize(serializer),
            CapacityProvider::FargateSpot => FARGATE_SPOT.serialize(serializer),
            CapacityProvider::Own(name) => name.serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for CapacityProvider {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<CapacityProvider, D::Error> {
        let name = Ref::deserialize(deserializer)?;
        Ok(match name.value().as_str() {
            FARGATE => CapacityProvider::Fargate,
            FARGATE_SPOT => CapacityProvider::FargateSpot,
            _ => CapacityProvider::Own(name),
        })
    }
}

fn setting(insights: Insights) -> ClusterSetting {
    let value = match insights {
        Insights::Disabled => "disabled",
        Insights::Enabled => "enabled",
        Insights::Enhanced => "enhanced",
    };
    ClusterSetting::builder().name(ClusterSettingName::ContainerInsights).value(value).build()
}

/// The namespace of that name, for a cluster's services.
fn namespace(name: &str) -> Result<ClusterServiceConnectDefaultsRequest, BuildError> {
    ClusterServiceConnectDefaultsRequest::builder().namespace(name).build()
}

fn providers(providers: &BTreeSet<CapacityProvider>) -> Vec<String> {
    providers.iter().map(CapacityProvider::name).collect()
}

/// A strategy as ECS takes it.
pub(super) fn strategy(
    shares: &BTreeSet<Share>,
    operation: &'static str,
) -> Result<Vec<CapacityProviderStrategyItem>, Fault> {
    let number = |number: u32| i32::try_from(number).unwrap_or(i32::MAX);
    let item = |Share { provider, base, weight }: &Share| {
        let item = CapacityProviderStrategyItem::builder().capacity_provider(provider.name());
        item.base(number(*base)).weight(number(*weight)).build().sorted(operation)
    };
    shares.iter().map(item).collect()
}

fn sorted(fault: Fault) -> Fault {
    const IN_USE: &[&str] = &[
        "ClusterContainsCapacityProviderException",
        "ClusterContainsContainerInstancesException",
        "ClusterContainsServicesException",
        "ClusterContainsTasksException",
        "ResourceInUseException",
        "UpdateInProgressException",
    ];
    fault
        .when(FaultKind::Busy, IN_USE, "")
        .when(FaultKind::Gone, &["ClusterNotFoundException"], "")
        .when(FaultKind::NotYet, &["ClientException"], "was not ACTIVE")
        .when(FaultKind::NotYet, &["InvalidParameterException"], "nable to assume the service linked role")
}

static RULES: &[Rule<Cluster>] = &[
    Rule {
        code: "V153",
        says: "a cluster's name has 1 to 255 letters, digits, hyphens and underscores",
        source: "ECS API model: CreateCluster",
        severity: Severity::Error,
        check: name_fits,
    },
    Rule {
        code: "V63",
        says: "a strategy shares out among attached providers, each once, one of them with a base, some with a weight",
        source: "ECS API model: CapacityProviderStrategyItem, PutClusterCapacityProviders",
        severity: Severity::Error,
        check: strategy_fits,
    },
];

fn name_fits(cluster: &Cluster, _: &Surroundings<'_>) -> Vec<Violation> {
    let name = &cluster.name;
    let odd = name.chars().find(|c| !c.is_ascii_alphanumeric() && !"-_".contains(*c));
    let wrong = match odd {
        _ if name.is_empty() => "it is empty".to_owned(),
        _ if name.len() > 255 => format!("it has {} characters", name.len()),
        Some(odd) => format!("it has `{odd}` in it"),
        None => return Vec::new(),
    };
    vec![Violation::of("name", name, wrong, "write letters, digits, `-` and `_`")]
}

fn strategy_fits(cluster: &Cluster, _: &Surroundings<'_>) -> Vec<Violation> {
    let shares = &cluster.default_strategy;
    let mut violations = Vec::new();
    let mut wrong = |wrong: String, way_out: &str| {
        violations.push(Violation::of("default_strategy", shares, wrong, way_out));
    };
    let mut seen = BTreeSet::new();
    for share in shares {
        if !cluster.capacity_providers.contains(&share.provider) {
            wrong(format!("{} is not attached", share.provider.name()), "add it to `capacity_providers`");
        }
        if !seen.insert(&share.provider) {
            wrong(format!("{} has two shares", share.provider.name()), "make one of them");
        }
        if share.base > 100_000 || share.weight > 1000 {
            wrong(
                format!("the share of {} is too large", share.provider.name()),
                "write at most 100000 for a base, 1000 for a weight",
            );
        }
    }
    if shares.iter().filter(|share| share.base > 0).count() > 1 {
        wrong("more than one share has a base".into(), "write 0 in all but one");
    }
    if !shares.is_empty() && shares.iter().all(|share| share.weight == 0) {
        wrong("no share has a weight".into(), "write 1 or more in at least one");
    }
    if shares.len() > 20 {
        wrong(format!("it has {} shares", shares.len()), "write at most 20");
    }
    violations
}

#[cfg(test)]
mod tests;
