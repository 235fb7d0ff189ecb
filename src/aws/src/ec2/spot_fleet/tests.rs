//! Fleets as they are sent and read, and both sides of their rules.

use aws_sdk_ec2::primitives::DateTime;
use aws_sdk_ec2::types::SpotFleetRequestConfigData;
use infra_engine::model::Stack;

use super::super::image::Resolved;
use super::super::testing::check;
use super::*;
use crate::ec2::{ImageFamily, SecurityGroup, Subnet};

fn fleet() -> SpotFleet {
    SpotFleet {
        role: Ref::known("arn:aws:iam::123456789012:role/shop-fleet"),
        upkeep: Upkeep::Maintain,
        allocation: Allocation::Diversified,
        capacity: 2,
        maximum_price: Some("0.10".parse().unwrap()),
        instance_types: ["c6i.large", "m5.large"].map(|kind| kind.parse().unwrap()).into(),
        subnets: [Ref::known("subnet-1"), Ref::known("subnet-2")].into(),
        security_groups: [Ref::known("sg-1")].into(),
        profile: Some(Ref::known("shop-worker")),
        image: "ami-0a1b2c3d".parse().unwrap(),
        root: Some(RootVolume { kind: VolumeKind::Gp3, gigabytes: 30, encrypted: true }),
        user_data: "#!/bin/bash\necho ECS_CLUSTER=shop\n".into(),
        instance_tags: [("Project".to_owned(), "shop".to_owned())].into(),
        until: Some("2027-01-01T00:00:00".parse().unwrap()),
        terminate_when_expired: true,
    }
}

fn sent(fleet: &SpotFleet) -> SpotFleetRequestConfigData {
    wire::config(fleet, &Resolved { id: "ami-0a1b2c3d".into(), root_device: "/dev/xvda".into() }).build()
}

fn live(config: SpotFleetRequestConfigData, state: BatchState) -> Live {
    let live = Live::builder().spot_fleet_request_id("sfr-1").spot_fleet_request_state(state);
    live.spot_fleet_request_config(config).build()
}

fn understood(config: SpotFleetRequestConfigData) -> Found<SpotFleet> {
    wire::understand(&live(config, BatchState::Active), State::Ready)
}

#[test]
fn a_fleet_comes_back_as_it_was_sent() {
    for allocation in [
        Allocation::Diversified,
        Allocation::CapacityOptimized,
        Allocation::PriceCapacityOptimized,
        Allocation::LowestPrice(2),
    ] {
        for upkeep in [Upkeep::Maintain, Upkeep::Request] {
            let fleet = SpotFleet { allocation, upkeep, ..fleet() };
            let found = understood(sent(&fleet));
            assert_eq!((found.definition, found.state), (fleet, State::Ready));
        }
    }
    let root = Some(RootVolume { kind: VolumeKind::Gp2, gigabytes: 8, encrypted: false });
    let bare = SpotFleet { profile: None, user_data: String::new(), until: None, maximum_price: None, root, ..fleet() };
    assert_eq!(understood(sent(&bare)).definition, bare);
    let bare = SpotFleet { root: None, instance_tags: BTreeMap::new(), ..bare };
    assert_eq!(understood(sent(&bare)).definition, bare);
}

#[test]
fn a_capacity_within_the_bounds_that_it_is_scaled_within_is_autoscalings() {
    let moved = |field, capacity, bounds: &str| {
        let found = understood(sent(&SpotFleet { capacity, ..fleet() })).with(SCALED, bounds);
        SpotFleet::moved_by(field, &found, &fleet())
    };
    assert_eq!(moved("capacity", 6, "1..6"), Some("autoscaling"));
    assert_eq!(moved("capacity", 7, "1..6"), None);
    assert_eq!(moved("capacity", 0, "1..6"), None);
    assert_eq!(moved("user_data", 6, "1..6"), None);
    let alone = understood(sent(&SpotFleet { capacity: 6, ..fleet() }));
    assert_eq!(SpotFleet::moved_by("capacity", &alone, &fleet()), None);
}

#[test]
fn one_specification_for_each_type_goes_out_with_all_subnets_and_the_device_of_the_image() {
    let config = sent(&fleet());
    let [first, _] = config.launch_specifications() else { panic!("two types: {config:?}") };
    assert_eq!(first.subnet_id(), Some("subnet-1,subnet-2"));
    assert_eq!(first.block_device_mappings()[0].device_name(), Some("/dev/xvda"));
    assert_eq!(first.user_data(), Some("IyEvYmluL2Jhc2gKZWNobyBFQ1NfQ0xVU1RFUj1zaG9wCg=="));
    assert_eq!(config.spot_price(), Some("0.1"));
    assert_eq!(config.valid_until(), Some(&DateTime::from_secs(1_798_761_600)));
}

#[test]
fn a_fleet_that_no_definition_describes_tells_so_instead_of_looking_like_another() {
    let mut config = sent(&fleet());
    let mut specifications = config.launch_specifications.take().unwrap();
    specifications[1].user_data = None;
    config.launch_specifications = Some(specifications);
    let State::Failed(reason) = understood(config).state else { panic!("it is odd") };
    assert!(reason.contains("differ in more than the type"), "{reason}");
}

#[test]
fn what_is_cancelled_is_not_there_and_what_changes_is_waited_for() {
    let state = |state| standing(&live(sent(&fleet()), state));
    assert_eq!(state(BatchState::Active), Some(State::Ready));
    assert_eq!(state(BatchState::Modifying), Some(State::Pending("modifying".into())));
    assert_eq!(state(BatchState::Submitted), Some(State::Pending("submitted".into())));
    for gone in [BatchState::Cancelled, BatchState::CancelledRunning, BatchState::CancelledTerminatingInstances] {
        assert_eq!(state(gone), None);
    }
}

fn verdict(code: &str, change: impl FnOnce(&mut SpotFleet)) -> super::super::testing::Verdict {
    let mut changed = fleet();
    change(&mut changed);
    check(code, |stack| stack.add("fleet", changed))
}

#[test]
fn v142_user_data_and_volumes_have_their_sizes() {
    verdict("V142", |fleet| fleet.user_data = "x".repeat(16384)).holds();
    verdict("V142", |fleet| fleet.user_data = "x".repeat(16385)).refuses("16385 bytes");
    let root = |gigabytes| Some(RootVolume { kind: VolumeKind::Gp3, gigabytes, encrypted: true });
    verdict("V142", |fleet| fleet.root = root(0)).refuses("no volume of 0 GiB");
    verdict("V142", |fleet| fleet.root = root(65536)).holds();
}

#[test]
fn v143_there_is_something_to_start_and_somewhere() {
    verdict("V143", |_| ()).holds();
    verdict("V143", |fleet| fleet.instance_types.clear()).refuses("empty");
    verdict("V143", |fleet| fleet.subnets.clear()).refuses("empty");
    verdict("V143", |fleet| fleet.security_groups.clear()).refuses("empty");
}

#[test]
fn v144_no_machines_are_for_fleets_that_maintain_them() {
    verdict("V144", |fleet| fleet.capacity = 0).holds();
    verdict("V144", |fleet| (fleet.capacity, fleet.upkeep) = (0, Upkeep::Request)).refuses("never start one");
    verdict("V144", |fleet| fleet.capacity = u32::MAX).refuses("count so far");
    verdict("V144", |fleet| fleet.allocation = Allocation::LowestPrice(0)).refuses("no pool");
    verdict("V144", |fleet| fleet.allocation = Allocation::LowestPrice(1)).holds();
}

#[test]
fn v145_prices_pools_and_processors_fit() {
    verdict("V145", |fleet| fleet.maximum_price = "0.00".parse().ok()).refuses("costs nothing");
    verdict("V145", |_| ()).holds();
    let one_type = || BTreeSet::from(["c6i.large".parse().unwrap()]);
    verdict("V145b", |fleet| fleet.instance_types = one_type()).holds();
    verdict("V145b", |fleet| {
        (fleet.instance_types, fleet.subnets) = (one_type(), [Ref::known("subnet-1")].into());
    })
    .refuses("one pool");
    verdict("V145c", |fleet| fleet.image = Image::Newest(ImageFamily::Ecs2023)).holds();
    verdict("V145c", |fleet| fleet.image = Image::Newest(ImageFamily::Ecs2023Arm)).refuses("another processor");
}

#[test]
fn v146_groups_and_subnets_are_of_one_network() {
    let beside = |networks: [&str; 2], of_group: &str| {
        check("V146", |stack: &mut Stack| {
            let subnets = networks.iter().enumerate().map(|(index, vpc)| {
                let cidr = format!("10.0.{index}.0/24").parse().unwrap();
                let zone = "us-east-1a".parse().unwrap();
                let subnet = Subnet { vpc: Ref::known(*vpc), cidr, zone, public_ips: false };
                stack.add(format!("subnet-{index}"), subnet).id()
            });
            let subnets = subnets.collect();
            let group = SecurityGroup { vpc: Ref::known(of_group), name: "workers".into(), description: "w".into() };
            let security_groups = [stack.add("group", group).id()].into();
            stack.add("fleet", SpotFleet { subnets, security_groups, ..fleet() })
        })
    };
    beside(["vpc-1", "vpc-1"], "vpc-1").holds();
    beside(["vpc-1", "vpc-1"], "vpc-2").refuses("network.group.id is of another network");
    beside(["vpc-1", "vpc-2"], "vpc-1").refuses("more than one network");
}

#[test]
fn v147a_a_fleet_that_is_asked_for_once_is_another_one_with_another_capacity() {
    let said = |upkeep, capacity| {
        let live = SpotFleet { upkeep, ..fleet() };
        rules::PASSAGES[0].violations(&live, &SpotFleet { capacity, ..live.clone() }).len()
    };
    assert_eq!((said(Upkeep::Request, 7), said(Upkeep::Request, 2), said(Upkeep::Maintain, 7)), (1, 0, 0));
}
