//! A spot fleet: machines that AWS has to spare, cheap and taken away again at two minutes' notice.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use aws_sdk_ec2::types::{
    ActivityStatus, BatchState, CancelBatchErrorCode, ResourceType, SpotFleetRequestConfig as Live,
};
use infra_derive::Resource;
use infra_engine::check::{Passage, Rule};
use infra_engine::live::{Ask, Behaviour, Fault, FaultKind, Found, Order, Retag, State, Waits};
use infra_engine::model::{Ref, Tags, keys};
use infra_values::Moment;
use serde::{Deserialize, Serialize};

use super::fault::{Ec2Fault, given};
use super::image::{self, Image};
use super::instance_type::InstanceType;
use super::security_group::SecurityGroupId;
use super::subnet::SubnetId;
use super::tags;
use crate::autoscaling::bounds_of_fleets;
use crate::iam::{InstanceProfileName, RoleArn};
use crate::pages::each;
use crate::{Aws, Decimal, Sorted};

mod rules;
mod wire;

/// A spot fleet: machines that AWS has to spare, cheap and taken away again at two minutes' notice.
///
/// ```
/// use std::collections::{BTreeMap, BTreeSet};
///
/// use infra_aws::ec2::{Allocation, Image, ImageFamily, RootVolume, SpotFleet, Upkeep, VolumeKind};
/// use infra_engine::model::Ref;
///
/// let types = ["c6i.large", "c5.large", "m6i.large"].map(|text| text.parse().unwrap());
/// let fleet = SpotFleet {
///     role: Ref::known("arn:aws:iam::123456789012:role/shop-fleet"),
///     upkeep: Upkeep::Maintain,
///     allocation: Allocation::Diversified,
///     capacity: 2,
///     maximum_price: Some("0.10".parse().unwrap()),
///     instance_types: BTreeSet::from(types),
///     subnets: BTreeSet::from([Ref::known("subnet-1"), Ref::known("subnet-2")]),
///     security_groups: BTreeSet::from([Ref::known("sg-1")]),
///     profile: Some(Ref::known("shop-worker")),
///     image: Image::Newest(ImageFamily::Ecs2023),
///     root: Some(RootVolume { kind: VolumeKind::Gp3, gigabytes: 30, encrypted: true }),
///     user_data: "#!/bin/bash\necho ECS_CLUSTER=shop >> /etc/ecs/ecs.config\n".into(),
///     instance_tags: BTreeMap::from([("Project".into(), "shop".into())]),
///     until: None,
///     terminate_when_expired: true,
/// };
/// ```
///
/// It starts machines of every type in every subnet, as there are any to be had: each pair is a pool. AWS can change
/// nothing but the capacity of a fleet that keeps it, so everything else makes a new fleet. The old one is cancelled and
/// its machines are terminated when those of the new one are there.
///
/// A fleet that is scaled has any capacity within the bounds of its scalable target: autoscaling's business.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Resource)]
#[resource(kind = "ec2/spot-fleet", id = SpotFleetId)]
#[resource(after = ["ec2/nat-gateway", "ec2/route-table", "ec2/security-group-rules", "iam/service-linked-role"])]
pub struct SpotFleet {
    /// What the fleet itself may do: start machines, tag them, end them.
    #[replace]
    pub role: Ref<RoleArn>,
    /// Whether machines that are taken away are replaced.
    #[replace]
    pub upkeep: Upkeep,
    /// How machines are spread over the pools.
    #[replace]
    pub allocation: Allocation,
    /// How many machines there are to be.
    pub capacity: u32,
    /// The most that a machine may cost in an hour, in dollars. Without it: what it costs on demand.
    #[replace]
    pub maximum_price: Option<Decimal>,
    /// The types that its machines may be of.
    #[replace]
    pub instance_types: BTreeSet<InstanceType>,
    /// Where its machines may stand.
    #[replace]
    pub subnets: BTreeSet<Ref<SubnetId>>,
    /// What its machines may be reached by.
    #[replace]
    pub security_groups: BTreeSet<Ref<SecurityGroupId>>,
    /// What its machines may do.
    #[replace]
    pub profile: Option<Ref<InstanceProfileName>>,
    /// What its machines start from. Looked up when the fleet is made and then left alone: `--replace` moves to a
    /// newer one, or to another one that is written here.
    #[initial]
    pub image: Image,
    /// The disk that its machines start from. Without it: as the image says.
    #[replace]
    pub root: Option<RootVolume>,
    /// What its machines run when they start first; to the byte, and not in base64. Empty is nothing.
    #[replace]
    #[text]
    pub user_data: String,
    /// The tags of its machines, which are given to them when they start. Other tags do not make another fleet.
    #[initial]
    pub instance_tags: BTreeMap<String, String>,
    /// When it ends, in UTC. Without it: never.
    #[replace]
    pub until: Option<Moment>,
    /// Whether its machines end with it.
    #[replace]
    pub terminate_when_expired: bool,
}

/// Whether machines that are taken away are replaced.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Upkeep {
    /// They are: the fleet keeps its capacity.
    Maintain,
    /// They are not: the fleet is asked for once.
    Request,
}

/// How machines are spread over the pools.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Allocation {
    /// Over all of them.
    Diversified,
    /// To those that are the least likely to be taken away.
    CapacityOptimized,
    /// To those that are unlikely to be taken away, the cheapest of them: what AWS recommends.
    PriceCapacityOptimized,
    /// Over so many of the cheapest.
    LowestPrice(u16),
}

/// The disk that a machine starts from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct RootVolume {
    /// What it is.
    pub kind: VolumeKind,
    /// How large it is, in GiB; not smaller than the image.
    pub gigabytes: u32,
    /// Whether what is on it is encrypted.
    pub encrypted: bool,
}

/// What a disk is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum VolumeKind {
    /// 3000 operations a second, whatever its size.
    Gp3,
    /// Three operations a second for each GiB.
    Gp2,
}

/// Which of what is read tells the bounds that the fleet is scaled within: `1..10`.
const SCALED: &str = "scaled";

const REQUEST: &str = "ec2:RequestSpotFleet";
const DESCRIBE: &str = "ec2:DescribeSpotFleetRequests";
const MODIFY: &str = "ec2:ModifySpotFleetRequest";
const CANCEL: &str = "ec2:CancelSpotFleetRequests";
const INSTANCES: &str = "ec2:DescribeSpotFleetInstances";
const HISTORY: &str = "ec2:DescribeSpotFleetRequestHistory";

impl Behaviour for SpotFleet {
    type Cloud = Aws;

    // Until its request is active; whether and when machines come, nobody knows, and nobody waits for them.
    const WAITS: Waits = Waits {
        usual: Duration::from_secs(10),
        create: Duration::from_secs(10 * 60),
        update: Duration::from_secs(10 * 60),
        delete: Duration::from_secs(15 * 60),
    };

    const IDEMPOTENT: bool = true;

    const ACTIONS: &'static [&'static str] = &[
        "application-autoscaling:DescribeScalableTargets",
        CANCEL,
        tags::CREATE_TAGS,
        tags::DELETE_TAGS,
        image::DESCRIBE_IMAGES,
        INSTANCES,
        HISTORY,
        DESCRIBE,
        MODIFY,
        REQUEST,
        "ec2:RunInstances",
        "iam:CreateServiceLinkedRole",
        "iam:PassRole",
        image::GET_PARAMETERS,
    ];

    fn rules() -> &'static [Rule<SpotFleet>] {
        rules::ALL
    }

    fn passages() -> &'static [Passage<SpotFleet>] {
        rules::PASSAGES
    }

    fn moved_by(field: &str, live: &Found<SpotFleet>, _: &SpotFleet) -> Option<&'static str> {
        let (least, most) = live.outputs.get(SCALED)?.split_once("..")?;
        let bounds = least.parse().ok()?..=most.parse().ok()?;
        (field == "capacity" && bounds.contains(&live.definition.capacity)).then_some("autoscaling")
    }

    /// AWS cannot filter fleets, and shows those that were cancelled for another two days.
    async fn read(aws: &Aws, ask: &Ask) -> Result<Vec<Found<SpotFleet>>, Fault> {
        if !ask.only.is_empty() {
            let found = each(ask.only.clone(), async |id: String| one(aws, &id).await).await?;
            return with_bounds(aws, ask, found.into_iter().flatten().collect()).await;
        }
        let pages = aws.ec2().describe_spot_fleet_requests().into_paginator().items().send();
        let live: Vec<Live> = pages.try_collect().await.sorted(DESCRIBE)?;
        let mut found = Vec::new();
        for fleet in &live {
            let id = fleet.spot_fleet_request_id().unwrap_or_default();
            if ask.wants(id, None, &tags::read(fleet.tags()))
                && let Some(state) = standing(fleet)
            {
                found.push(wire::understand(fleet, state));
            }
        }
        with_bounds(aws, ask, found).await
    }

    async fn create(aws: &Aws, order: &Order<SpotFleet>) -> Result<String, Fault> {
        let image = order.definition.image.resolve(aws).await?;
        let config = wire::config(&order.definition, &image)
            .client_token(&order.token)
            .tag_specifications(tags::labels(ResourceType::SpotFleetRequest, &order.tags));
        let call = aws.ec2().request_spot_fleet().spot_fleet_request_config(config.build());
        let made = call.send().await.sorted(REQUEST).changing()?;
        given(made.spot_fleet_request_id(), REQUEST, "spotFleetRequestId")
    }

    async fn update(aws: &Aws, found: &Found<SpotFleet>, wanted: &SpotFleet) -> Result<(), Fault> {
        if wanted.capacity == found.definition.capacity {
            return Ok(());
        }
        let call = aws.ec2().modify_spot_fleet_request().spot_fleet_request_id(&found.id);
        let answer = call.target_capacity(wire::number(wanted.capacity)).send().await.sorted(MODIFY).changing();
        match answer.map_err(modifying)?.r#return() {
            Some(false) => Err(Fault::new(FaultKind::Busy, MODIFY, "the fleet took no other capacity")),
            _ => Ok(()),
        }
    }

    async fn retag(aws: &Aws, found: &Found<SpotFleet>, retag: &Retag) -> Result<(), Fault> {
        tags::retag(aws, &found.id, retag).await
    }

    /// Its machines go with it: they would cost money, and nobody would find them. One that another takes the place of
    /// stays until the machines of that one are there.
    async fn delete(aws: &Aws, found: &Found<SpotFleet>) -> Result<(), Fault> {
        if let Some(fault) = successor_without_machines(aws, &found.tags).await? {
            return Err(fault);
        }
        let call = aws.ec2().cancel_spot_fleet_requests().spot_fleet_request_ids(&found.id).terminate_instances(true);
        let answer = call.send().await.sorted(CANCEL)?;
        let Some(error) = answer.unsuccessful_fleet_requests().iter().find_map(|item| item.error()) else {
            return Ok(());
        };
        match error.code() {
            Some(
                CancelBatchErrorCode::FleetRequestIdDoesNotExist
                | CancelBatchErrorCode::FleetRequestNotInCancellableState,
            ) => Ok(()),
            code => {
                let code = code.map(|code| code.as_str().to_owned());
                let message = error.message().unwrap_or_default();
                Err(Fault { code, ..Fault::new(FaultKind::Refused, CANCEL, message) })
            }
        }
    }
}

/// Why a fleet has to stay while the one that takes its place has not all of its machines: AWS may still find them, or
/// has given up.
async fn successor_without_machines(aws: &Aws, tags: &Tags) -> Result<Option<Fault>, Fault> {
    if !tags.contains_key(keys::RETIRED) {
        return Ok(None);
    }
    let pages = aws.ec2().describe_spot_fleet_requests().into_paginator().items().send();
    let live: Vec<Live> = pages.try_collect().await.sorted(DESCRIBE)?;
    let same = |other: &Tags| [keys::OWNER, keys::ADDRESS].iter().all(|key| other.get(*key) == tags.get(*key));
    let waiting = live.iter().find(|fleet| {
        let others = tags::read(fleet.tags());
        let takes_its_place = same(&others) && !others.contains_key(keys::RETIRED) && standing(fleet).is_some();
        takes_its_place && !is_fulfilled(fleet)
    });
    let Some(fleet) = waiting else { return Ok(None) };
    let id = fleet.spot_fleet_request_id().unwrap_or_default();
    let (there, wanted) = machines(fleet);
    let stands = format!("{id}, which takes its place, has {there} of {wanted} machines");
    if fleet.activity_status() == Some(&ActivityStatus::Error) {
        let why = reason(aws, fleet).await?;
        return Ok(Some(Fault::new(FaultKind::Refused, CANCEL, format!("{stands}: {why}; this one stays"))));
    }
    let advice = "if AWS has no more to spare, allow more instance types, a higher price, or fewer machines";
    Ok(Some(Fault::new(FaultKind::Busy, CANCEL, format!("{stands}: {advice}"))))
}

/// How many machines a fleet has, and how many it is to have.
fn machines(fleet: &Live) -> (f64, i32) {
    let config = fleet.spot_fleet_request_config();
    let there = config.and_then(|config| config.fulfilled_capacity()).unwrap_or_default();
    (there, config.and_then(|config| config.target_capacity()).unwrap_or_default())
}

/// True where all machines of a fleet are there. A request says nothing of them before it is active, and while it is
/// being changed.
fn is_fulfilled(fleet: &Live) -> bool {
    let (there, wanted) = machines(fleet);
    fleet.activity_status() == Some(&ActivityStatus::Fulfilled)
        || (fleet.spot_fleet_request_state() == Some(&BatchState::Active) && there >= f64::from(wanted))
}

/// The fleets, each with the bounds that it is scaled within, where it is.
async fn with_bounds(aws: &Aws, ask: &Ask, fleets: Vec<Found<SpotFleet>>) -> Result<Vec<Found<SpotFleet>>, Fault> {
    if fleets.is_empty() {
        return Ok(fleets);
    }
    let bounds = bounds_of_fleets(aws, ask).await?;
    let known = |fleet: Found<SpotFleet>| match bounds.get(&fleet.id) {
        Some((least, most)) => fleet.with(SCALED, format!("{least}..{most}")),
        None => fleet,
    };
    Ok(fleets.into_iter().map(known).collect())
}

/// A fleet that is being changed takes no other change.
fn modifying(fault: Fault) -> Fault {
    fault.when(FaultKind::Busy, &["FleetNotInModifiableState"], "").when(
        FaultKind::Busy,
        &["InvalidSpotFleetRequestConfig"],
        "modifying",
    )
}

/// How a fleet stands that is there; `None` for one that is cancelled, or never came to be.
fn standing(fleet: &Live) -> Option<State> {
    match fleet.spot_fleet_request_state()? {
        BatchState::Active => Some(State::Ready),
        BatchState::CancelledRunning
        | BatchState::CancelledTerminatingInstances
        | BatchState::Cancelled
        | BatchState::Failed => None,
        other => Some(State::Pending(other.as_str().to_owned())),
    }
}

/// One fleet, also one that is about to go or has failed.
async fn one(aws: &Aws, id: &str) -> Result<Option<Found<SpotFleet>>, Fault> {
    let answer = aws.ec2().describe_spot_fleet_requests().spot_fleet_request_ids(id).send().await;
    let answer = answer.sorted(DESCRIBE).reading()?;
    let Some(fleet) = answer.and_then(|answer| answer.spot_fleet_request_configs.unwrap_or_default().pop()) else {
        return Ok(None);
    };
    let state = match (standing(&fleet), fleet.spot_fleet_request_state()) {
        (Some(state), _) => state,
        (None, Some(BatchState::Failed)) => State::Failed(reason(aws, &fleet).await?),
        // AWS says `cancelled_terminating` for a while after the last machine has gone.
        (None, Some(BatchState::CancelledTerminatingInstances)) if has_instances(aws, id).await? => State::Leaving,
        (None, _) => return Ok(None),
    };
    Ok(Some(wire::understand(&fleet, state)))
}

async fn has_instances(aws: &Aws, id: &str) -> Result<bool, Fault> {
    let call = aws.ec2().describe_spot_fleet_instances().spot_fleet_request_id(id);
    let answer = call.send().await.sorted(INSTANCES).reading()?;
    Ok(answer.is_some_and(|answer| !answer.active_instances().is_empty()))
}

/// Why a fleet failed: the last thing in its history that says so.
async fn reason(aws: &Aws, fleet: &Live) -> Result<String, Fault> {
    let call = aws
        .ec2()
        .describe_spot_fleet_request_history()
        .spot_fleet_request_id(fleet.spot_fleet_request_id().unwrap_or_default())
        .set_start_time(fleet.create_time().copied());
    let answer = call.send().await.sorted(HISTORY).reading()?;
    let records = answer.and_then(|answer| answer.history_records).unwrap_or_default();
    let said = records.iter().rev().filter_map(|record| record.event_information()?.event_description()).next();
    Ok(said.unwrap_or("AWS gives no reason").to_owned())
}

#[cfg(test)]
mod tests;
