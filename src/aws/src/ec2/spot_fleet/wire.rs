//! A spot fleet on its way to EC2 and back.
//!
//! EC2 knows a list of launch specifications, each of which could say everything otherwise; here they differ in
//! nothing but the type of machine.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::str::FromStr;

use aws_sdk_ec2::primitives::{DateTime, DateTimeFormat};
use aws_sdk_ec2::types::builders::SpotFleetRequestConfigDataBuilder;
use aws_sdk_ec2::types::{
    AllocationStrategy, BlockDeviceMapping, EbsBlockDevice, FleetType, GroupIdentifier,
    IamInstanceProfileSpecification, ResourceType, SpotFleetLaunchSpecification as Specification,
    SpotFleetRequestConfig as Live, SpotFleetRequestConfigData, SpotFleetTagSpecification, VolumeType,
};
use aws_smithy_types::base64;
use infra_engine::live::{Found, State};
use infra_engine::model::Ref;
use infra_values::Moment;

use super::{Allocation, RootVolume, SpotFleet, Upkeep, VolumeKind};
use crate::Decimal;
use crate::ec2::image::{Image, ImageFamily, Resolved};
use crate::ec2::instance_type::InstanceType;
use crate::ec2::tags;
use crate::tags::to_sdk;

/// A count as the API takes it. One that does not fit is refused by a rule before.
pub(super) fn number(count: u32) -> i32 {
    i32::try_from(count).unwrap_or(i32::MAX)
}

/// The fleet as EC2 takes it.
pub(super) fn config(fleet: &SpotFleet, image: &Resolved) -> SpotFleetRequestConfigDataBuilder {
    let SpotFleet {
        role,
        upkeep,
        allocation,
        capacity,
        maximum_price,
        instance_types,
        subnets: _,
        security_groups: _,
        profile: _,
        image: _,
        root: _,
        user_data: _,
        instance_tags: _,
        until,
        terminate_when_expired,
    } = fleet;
    let (strategy, pools) = match allocation {
        Allocation::Diversified => (AllocationStrategy::Diversified, None),
        Allocation::CapacityOptimized => (AllocationStrategy::CapacityOptimized, None),
        Allocation::PriceCapacityOptimized => (AllocationStrategy::PriceCapacityOptimized, None),
        Allocation::LowestPrice(pools) => (AllocationStrategy::LowestPrice, Some(i32::from(*pools))),
    };
    SpotFleetRequestConfigData::builder()
        .iam_fleet_role(role.value())
        .r#type(match upkeep {
            Upkeep::Maintain => FleetType::Maintain,
            Upkeep::Request => FleetType::Request,
        })
        .allocation_strategy(strategy)
        .set_instance_pools_to_use_count(pools)
        .target_capacity(number(*capacity))
        .set_spot_price(maximum_price.as_ref().map(Decimal::to_string))
        .set_valid_until(until.as_ref().and_then(instant))
        .terminate_instances_with_expiration(*terminate_when_expired)
        .set_launch_specifications(Some(instance_types.iter().map(|kind| specification(fleet, kind, image)).collect()))
}

/// What is started of one type: in any of the subnets, which EC2 takes as one text.
fn specification(fleet: &SpotFleet, kind: &InstanceType, image: &Resolved) -> Specification {
    let subnets: Vec<String> = fleet.subnets.iter().map(Ref::value).collect();
    let groups = fleet.security_groups.iter().map(|group| GroupIdentifier::builder().group_id(group.value()).build());
    let profile = fleet.profile.as_ref().map(|name| IamInstanceProfileSpecification::builder().name(name.value()));
    let root = fleet.root.map(|root| vec![disk(root, &image.root_device)]);
    let labels = SpotFleetTagSpecification::builder()
        .resource_type(ResourceType::Instance)
        .set_tags(Some(to_sdk(&fleet.instance_tags)))
        .build();
    Specification::builder()
        .image_id(&image.id)
        .instance_type(kind.to_string().as_str().into())
        .subnet_id(subnets.join(","))
        .set_security_groups(Some(groups.collect()))
        .set_iam_instance_profile(profile.map(|profile| profile.build()))
        .set_block_device_mappings(root)
        .set_user_data(Some(base64::encode(&fleet.user_data)).filter(|text| !text.is_empty()))
        .set_tag_specifications((!fleet.instance_tags.is_empty()).then(|| vec![labels]))
        .build()
}

fn disk(root: RootVolume, device: &str) -> BlockDeviceMapping {
    let RootVolume { kind, gigabytes, encrypted } = root;
    let volume = EbsBlockDevice::builder()
        .volume_type(match kind {
            VolumeKind::Gp3 => VolumeType::Gp3,
            VolumeKind::Gp2 => VolumeType::Gp2,
        })
        .volume_size(number(gigabytes))
        .encrypted(encrypted)
        .delete_on_termination(true);
    BlockDeviceMapping::builder().device_name(device).ebs(volume.build()).build()
}

/// The definition that would have produced a live fleet. What no definition could have produced is left out of it, and
/// said in its state.
pub(super) fn understand(live: &Live, state: State) -> Found<SpotFleet> {
    let id = live.spot_fleet_request_id().unwrap_or_default();
    let empty = SpotFleetRequestConfigData::builder().build();
    let config = live.spot_fleet_request_config().unwrap_or(&empty);
    let specifications = config.launch_specifications();
    let common = specifications.first().map(Common::of).unwrap_or_default();
    let types = specifications.iter().filter_map(|one| Some(one.instance_type()?.as_str().to_owned()));
    let mut unreadable = None;
    let maximum_price = read(config.spot_price(), "spotPrice", &mut unreadable);
    let instance_types = types.filter_map(|kind| read(Some(&kind), "instanceType", &mut unreadable)).collect();
    let image = read(common.image.as_deref(), "imageId", &mut unreadable);
    let definition = SpotFleet {
        role: Ref::known(config.iam_fleet_role().unwrap_or_default()),
        upkeep: match config.r#type() {
            Some(FleetType::Request) => Upkeep::Request,
            _ => Upkeep::Maintain,
        },
        allocation: match config.allocation_strategy() {
            Some(AllocationStrategy::Diversified) => Allocation::Diversified,
            Some(AllocationStrategy::CapacityOptimized | AllocationStrategy::CapacityOptimizedPrioritized) => {
                Allocation::CapacityOptimized
            }
            Some(AllocationStrategy::PriceCapacityOptimized) => Allocation::PriceCapacityOptimized,
            _ => {
                let pools = config.instance_pools_to_use_count().and_then(|pools| u16::try_from(pools).ok());
                Allocation::LowestPrice(pools.unwrap_or(1))
            }
        },
        capacity: config.target_capacity().and_then(|capacity| u32::try_from(capacity).ok()).unwrap_or_default(),
        maximum_price,
        instance_types,
        subnets: common.subnets.iter().map(Ref::known).collect(),
        security_groups: common.groups.iter().map(Ref::known).collect(),
        profile: common.profile.as_deref().map(Ref::known),
        image: image.unwrap_or(Image::Newest(ImageFamily::Ecs2023)),
        root: common.root,
        user_data: common.user_data.clone(),
        instance_tags: common.tags.clone(),
        until: config.valid_until().and_then(moment),
        terminate_when_expired: config.terminate_instances_with_expiration().unwrap_or_default(),
    };
    let state = match (unreadable, odd(config)) {
        (Some(wrong), _) => State::Unreadable(format!("the spot fleet {id}: {wrong}")),
        (None, Some(reason)) if state == State::Ready => State::Failed(reason),
        _ => state,
    };
    Found::ready(id, definition, tags::read(live.tags())).in_state(state)
}

/// What a text means; what it means nothing here is noted.
fn read<T>(text: Option<&str>, field: &str, unreadable: &mut Option<String>) -> Option<T>
where
    T: FromStr<Err: fmt::Display>,
{
    match text?.parse() {
        Ok(value) => Some(value),
        Err(error) => {
            *unreadable = Some(format!("{field}: {error}"));
            None
        }
    }
}

/// What a definition cannot say, in words.
fn odd(config: &SpotFleetRequestConfigData) -> Option<String> {
    let all: BTreeSet<Common> = config.launch_specifications().iter().map(Common::of).collect();
    if !config.launch_template_configs().is_empty() {
        return Some("it starts its machines from a launch template, which a definition cannot say".to_owned());
    }
    let uneven = "its launch specifications differ in more than the type, which a definition cannot say";
    (all.len() > 1).then(|| uneven.to_owned())
}

/// What all launch specifications of a fleet have in common.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
struct Common {
    image: Option<String>,
    subnets: BTreeSet<String>,
    groups: BTreeSet<String>,
    profile: Option<String>,
    root: Option<RootVolume>,
    user_data: String,
    tags: BTreeMap<String, String>,
}

impl Common {
    fn of(live: &Specification) -> Common {
        // A specification that names its interface says there what others say directly.
        let interface = live.network_interfaces().first();
        let subnets = live.subnet_id().or_else(|| interface?.subnet_id()).unwrap_or_default();
        let groups = live.security_groups().iter().filter_map(GroupIdentifier::group_id);
        let groups = groups.chain(interface.into_iter().flat_map(|one| one.groups().iter().map(String::as_str)));
        let labels = live.tag_specifications().iter().flat_map(SpotFleetTagSpecification::tags);
        Common {
            image: live.image_id().map(str::to_owned),
            subnets: subnets.split(',').map(str::trim).filter(|id| !id.is_empty()).map(str::to_owned).collect(),
            groups: groups.map(str::to_owned).collect(),
            profile: live.iam_instance_profile().and_then(|profile| {
                let of_arn = || profile.arn()?.rsplit('/').next();
                profile.name().or_else(of_arn).map(str::to_owned)
            }),
            root: live.block_device_mappings().iter().find_map(|mapping| volume(mapping.ebs()?)),
            user_data: text(live.user_data().unwrap_or_default()),
            tags: tags::read(&labels.cloned().collect::<Vec<_>>()),
        }
    }
}

fn volume(live: &EbsBlockDevice) -> Option<RootVolume> {
    let kind = match live.volume_type() {
        Some(VolumeType::Gp3) => VolumeKind::Gp3,
        _ => VolumeKind::Gp2,
    };
    let gigabytes = u32::try_from(live.volume_size()?).ok()?;
    Some(RootVolume { kind, gigabytes, encrypted: live.encrypted().unwrap_or_default() })
}

/// User data as it was before it was sent. What is no text (it may be compressed) stays in base64.
fn text(user_data: &str) -> String {
    let decoded = base64::decode(user_data).ok().and_then(|bytes| String::from_utf8(bytes).ok());
    decoded.unwrap_or_else(|| user_data.to_owned())
}

fn instant(moment: &Moment) -> Option<DateTime> {
    DateTime::from_str(&format!("{moment}Z"), DateTimeFormat::DateTime).ok()
}

fn moment(instant: &DateTime) -> Option<Moment> {
    // To the second, as fleets end.
    let text = DateTime::from_secs(instant.secs()).fmt(DateTimeFormat::DateTime).ok()?;
    text.trim_end_matches('Z').parse().ok()
}
