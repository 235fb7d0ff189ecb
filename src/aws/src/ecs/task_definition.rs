//! A task definition: which containers run together, how large they are, and what they may do.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use aws_sdk_ecs::types::{
    Compatibility, CpuArchitecture, EphemeralStorage, HostVolumeProperties, NetworkMode, OsFamily, RuntimePlatform,
    SortOrder, TaskDefinition as Live, TaskDefinitionField, TaskDefinitionStatus, Volume,
};
use infra_derive::Resource;
use infra_engine::check::Rule;
use infra_engine::live::{Ask, Behaviour, Fault, FaultKind, Found, GoneIsFine, Order, Retag, State, Waits};
use infra_engine::model::{Ref, Tags};
use serde::{Deserialize, Serialize};

use super::container::Container;
use super::size::Fargate;
use super::tags;
use crate::iam::RoleArn;
use crate::named::meant;
use crate::pages::each;
use crate::tags::{from_sdk, to_sdk};
use crate::{Aws, Sorted};

mod rules;

/// A task definition: which containers run together on Fargate, how large they are, and what they may do.
///
/// ```
/// use std::collections::{BTreeMap, BTreeSet};
///
/// use infra_aws::ecs::{Architecture, Container, Cpu512, Fargate, Logs, Port, TaskDefinition};
/// use infra_engine::model::Ref;
///
/// let web = Container {
///     ports: [Port::tcp(8000)].into(),
///     environment: [("DJANGO_SETTINGS_MODULE".into(), "shop.settings".into())].into(),
///     logs: Some(Logs::CloudWatch {
///         group: Ref::known("/ecs/shop-web"),
///         region: "us-east-1".into(),
///         prefix: "web".into(),
///     }),
///     ..Container::of("registry.example.com/shop-web:1.0.0")
/// };
/// let definition = TaskDefinition {
///     family: "shop-web".into(),
///     size: Fargate::Cpu512(Cpu512::Gb1),
///     architecture: Architecture::X86,
///     disk: None,
///     task_role: None,
///     execution_role: Some(Ref::known("arn:aws:iam::123456789012:role/shop-web-execution")),
///     containers: BTreeMap::from([("web".into(), web)]),
///     volumes: BTreeSet::new(),
/// };
/// ```
///
/// A definition never changes: what differs is registered as the next revision of its family, what runs moves over to
/// it, and then the earlier revision is deregistered.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Resource)]
#[resource(kind = "ecs/task-definition", id = TaskDefinitionArn, replacement = "revision")]
pub struct TaskDefinition {
    /// The family whose newest revision it is. When its code is removed and the index of tags may not be read, it is
    /// found again only if the project's name is in the family's.
    #[key]
    pub family: String,
    /// Its processors and its memory.
    #[replace]
    pub size: Fargate,
    /// The processors that its images are made for.
    #[replace]
    pub architecture: Architecture,
    /// The GiB of its disk; without a number AWS gives 20.
    #[replace]
    pub disk: Option<u16>,
    /// What the containers may do.
    #[replace]
    pub task_role: Option<Ref<RoleArn>>,
    /// What ECS may do to start them: fetch images and secrets, write logs.
    #[replace]
    pub execution_role: Option<Ref<RoleArn>>,
    /// The containers, by name.
    #[replace]
    pub containers: BTreeMap<String, Container>,
    /// Volumes that live as long as a task, for its containers to share.
    #[replace]
    pub volumes: BTreeSet<String>,
}

/// What images are made for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Architecture {
    /// Intel's and AMD's.
    X86,
    /// Graviton: a fifth cheaper.
    Arm,
}

impl Behaviour for TaskDefinition {
    type Cloud = Aws;

    const WAITS: Waits = Waits { usual: Duration::from_millis(500), ..Waits::QUICK };

    const ACTIONS: &'static [&'static str] = &[
        "ecs:DeregisterTaskDefinition",
        "ecs:DescribeTaskDefinition",
        "ecs:ListTaskDefinitions",
        "ecs:RegisterTaskDefinition",
        "ecs:TagResource",
        "ecs:UntagResource",
        "iam:PassRole",
    ];

    fn rules() -> &'static [Rule<TaskDefinition>] {
        rules::ALL
    }

    /// The list gives nothing but names, and each revision costs a call: only those are looked at that may be meant. Of
    /// what is not ours, a family's newest revision is all that counts: another program may have left hundreds. What is
    /// neither ours nor asked for is not understood: a family that bears the project's name may be for machines of its
    /// own, and nobody's business here.
    async fn read(aws: &Aws, ask: &Ask) -> Result<Vec<Found<TaskDefinition>>, Fault> {
        if !ask.only.is_empty() {
            let live = each(ask.only.clone(), async |arn: String| one(aws, &arn).await).await?;
            return Ok(live.into_iter().flatten().map(|(live, tags)| found(&live, tags)).collect());
        }
        let meant = meant(aws, ask).await?;
        let call = aws.ecs().list_task_definitions().status(TaskDefinitionStatus::Active).sort(SortOrder::Desc);
        let pages = call.max_results(100).into_paginator().items().send();
        let mut arns: Vec<String> = pages.try_collect().await.sorted("ecs:ListTaskDefinitions")?;
        arns.retain(|arn| family(arn).is_some_and(|(name, _)| meant.by_arn(name, arn)));
        arns.sort_by_key(|arn| family(arn).map(|(name, revision)| (name.to_owned(), std::cmp::Reverse(revision))));
        let mut families = BTreeSet::new();
        let (first, rest): (Vec<String>, Vec<String>) = arns.into_iter().partition(|arn| {
            let newest = family(arn).is_some_and(|(name, _)| families.insert(name.to_owned()));
            newest || meant.is_known(arn)
        });
        let told = first.iter().filter(|arn| meant.is_known(arn)).filter_map(|arn| family_of(arn));
        let indexed: BTreeSet<String> = told.collect();
        let mut revisions = each(first, async |arn: String| one(aws, &arn).await).await?;
        // Where the index tells nothing of a family that is ours, its older revisions may be, too.
        let ours = |(live, tags): &(Live, Tags)| {
            let owned = ask.wants("", None, tags);
            owned.then(|| live.family().unwrap_or_default().to_owned()).filter(|name| !indexed.contains(name))
        };
        let untold: BTreeSet<String> = revisions.iter().flatten().filter_map(ours).collect();
        let rest = rest.into_iter().filter(|arn| family_of(arn).is_some_and(|name| untold.contains(&name)));
        revisions.extend(each(rest, async |arn: String| one(aws, &arn).await).await?);
        let mut newest = BTreeSet::new();
        let mut wanted = Vec::new();
        for (live, tags) in revisions.into_iter().flatten() {
            let name = live.family().unwrap_or_default();
            let named = newest.insert(name.to_owned()).then_some(name);
            if ask.wants(live.task_definition_arn().unwrap_or_default(), named, &tags) {
                wanted.push(found(&live, tags));
            }
        }
        Ok(wanted)
    }

    /// Each call makes another revision; one whose answer was lost is found by its tags.
    async fn create(aws: &Aws, order: &Order<TaskDefinition>) -> Result<String, Fault> {
        let operation = "ecs:RegisterTaskDefinition";
        let TaskDefinition { family, size, architecture, disk, task_role, execution_role, containers, volumes } =
            &order.definition;
        for role in task_role.iter().chain(execution_role) {
            aws.fresh().rested(&role.value(), operation)?;
        }
        let written: Result<Vec<_>, _> = containers.iter().map(|(name, container)| container.written(name)).collect();
        let platform = RuntimePlatform::builder()
            .operating_system_family(OsFamily::Linux)
            .cpu_architecture(architecture.written())
            .build();
        let disk = disk.map(|gib| EphemeralStorage::builder().size_in_gib(i32::from(gib)).build());
        let volume = |name: &String| Volume::builder().name(name).host(HostVolumeProperties::builder().build()).build();
        let call = aws
            .ecs()
            .register_task_definition()
            .family(family)
            .requires_compatibilities(Compatibility::Fargate)
            .network_mode(NetworkMode::Awsvpc)
            .cpu(size.cpu().to_string())
            .memory(size.memory().to_string())
            .runtime_platform(platform)
            .set_ephemeral_storage(disk)
            .set_task_role_arn(task_role.as_ref().map(Ref::value))
            .set_execution_role_arn(execution_role.as_ref().map(Ref::value))
            .set_container_definitions(Some(written.sorted(operation)?))
            .set_volumes(Some(volumes.iter().map(volume).collect()))
            .set_tags(Some(to_sdk(&order.tags)));
        let answer = call.send().await.sorted(operation).map_err(sorted)?;
        let arn = answer.task_definition.and_then(|definition| definition.task_definition_arn);
        arn.ok_or_else(|| Fault::new(FaultKind::Lost, operation, "the answer does not say which revision was made"))
    }

    /// Nothing of it can change but its tags.
    async fn update(_: &Aws, _: &Found<TaskDefinition>, _: &TaskDefinition) -> Result<(), Fault> {
        Ok(())
    }

    async fn retag(aws: &Aws, found: &Found<TaskDefinition>, retag: &Retag) -> Result<(), Fault> {
        tags::retag(aws, &found.id, retag).await
    }

    async fn delete(aws: &Aws, found: &Found<TaskDefinition>) -> Result<(), Fault> {
        let call = aws.ecs().deregister_task_definition().task_definition(&found.id);
        call.send().await.sorted("ecs:DeregisterTaskDefinition").map_err(sorted).map(drop).gone_is_fine()
    }
}

/// One revision with its tags, if it is registered.
async fn one(aws: &Aws, arn: &str) -> Result<Option<(Live, Tags)>, Fault> {
    let operation = "ecs:DescribeTaskDefinition";
    let call = aws.ecs().describe_task_definition().task_definition(arn).include(TaskDefinitionField::Tags);
    let answer = call.send().await.sorted(operation).map_err(sorted).map(Some).gone_is_fine()?;
    let Some(answer) = answer else { return Ok(None) };
    let tags = from_sdk(answer.tags());
    let active = |live: &Live| live.status() == Some(&TaskDefinitionStatus::Active);
    Ok(answer.task_definition.filter(active).map(|live| (live, tags)))
}

/// A live one, also one that no definition of Fargate's could have produced.
fn found(live: &Live, tags: Tags) -> Found<TaskDefinition> {
    let arn = live.task_definition_arn().unwrap_or_default();
    match understand(live) {
        Ok(definition) => Found::ready(arn, definition, tags),
        Err(wrong) => {
            let family = live.family().unwrap_or_default();
            let why = format!("the task definition {family}:{}: {wrong}", live.revision());
            Found::ready(arn, stand_in(family), tags).in_state(State::Unreadable(why))
        }
    }
}

/// What stands in for a definition that is not for Fargate.
fn stand_in(family: &str) -> TaskDefinition {
    TaskDefinition {
        family: family.to_owned(),
        size: Fargate::ALL[0],
        architecture: Architecture::X86,
        disk: None,
        task_role: None,
        execution_role: None,
        containers: BTreeMap::new(),
        volumes: BTreeSet::new(),
    }
}

/// The definition that would have produced a live one, or what it is that no definition of Fargate's can be.
fn understand(live: &Live) -> Result<TaskDefinition, String> {
    let made_for = live.requires_compatibilities();
    if !made_for.is_empty() && !made_for.contains(&Compatibility::Fargate) {
        return Err("it is not made for Fargate".to_owned());
    }
    let number = |what: &str, text: Option<&str>| {
        let text = text.ok_or_else(|| format!("it says nothing of its {what}, as those for Fargate must"))?;
        text.parse().map_err(|_| format!("its {what} is `{text}`"))
    };
    let size = Fargate::of(number("cpu", live.cpu())?, number("memory", live.memory())?);
    let size = size.map_err(|error| error.to_string())?;
    let role = |arn: Option<&str>| arn.filter(|arn| !arn.is_empty()).map(Ref::known);
    let platform = live.runtime_platform();
    let definition = TaskDefinition {
        family: live.family().unwrap_or_default().to_owned(),
        size,
        architecture: match platform.and_then(|platform| platform.cpu_architecture()) {
            Some(CpuArchitecture::Arm64) => Architecture::Arm,
            _ => Architecture::X86,
        },
        disk: live.ephemeral_storage().and_then(|disk| u16::try_from(disk.size_in_gib()).ok()),
        task_role: role(live.task_role_arn()),
        execution_role: role(live.execution_role_arn()),
        containers: live.container_definitions().iter().map(Container::understand).collect(),
        volumes: live.volumes().iter().filter_map(|volume| volume.name().map(str::to_owned)).collect(),
    };
    Ok(definition)
}

/// The family of a revision.
fn family_of(arn: &str) -> Option<String> {
    family(arn).map(|(name, _)| name.to_owned())
}

/// The family and the revision that an ARN ends with.
fn family(arn: &str) -> Option<(&str, u64)> {
    let (_, revision) = arn.rsplit_once('/')?;
    let (family, revision) = revision.rsplit_once(':')?;
    Some((family, revision.parse().ok()?))
}

impl Architecture {
    fn written(self) -> CpuArchitecture {
        match self {
            Architecture::X86 => CpuArchitecture::X8664,
            Architecture::Arm => CpuArchitecture::Arm64,
        }
    }
}

fn sorted(fault: Fault) -> Fault {
    const REFUSALS: &[&str] = &["ClientException"];
    fault
        .when(FaultKind::Gone, REFUSALS, "Unable to describe task definition")
        .when(FaultKind::Gone, REFUSALS, "is inactive")
        .when(FaultKind::NotYet, REFUSALS, "Role is not valid")
        .when(FaultKind::NotYet, REFUSALS, "oo many concurrent attempts")
}

#[cfg(test)]
mod tests;
