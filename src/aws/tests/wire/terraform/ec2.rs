//! Spot fleets.

use std::collections::{BTreeMap, BTreeSet};

use infra_aws::ec2::{Allocation, Image, RootVolume, SpotFleet, Upkeep, VolumeKind};
use infra_engine::live::Behaviour;
use infra_engine::model::Ref;

use super::Difference::{Other, Ours, Theirs};
use super::{Difference, OWNERSHIP, Recorded, found, order};
use crate::server::{Reply, Server, aws, xml};

const EMPTY: &str = "an empty text says as much as nothing";
const DEFAULT: &str = "AWS would choose the same, and a definition cannot say it otherwise";

/// How the messages that make a fleet differ, whatever it is.
const CREATING: &[Difference] = &[
    Other("ClientToken", "ours is the order's own, so that an order that is repeated makes no second one"),
    Ours("TagSpecification", OWNERSHIP),
    Theirs("ExcessCapacityTerminationPolicy", DEFAULT),
    Theirs("InstanceInterruptionBehavior", DEFAULT),
    Theirs("OnDemandAllocationStrategy", DEFAULT),
    Theirs("OnDemandTargetCapacity", DEFAULT),
    Theirs("ReplaceUnhealthyInstances", DEFAULT),
    Theirs("LaunchSpecifications.EbsOptimized", DEFAULT),
    Theirs("LaunchSpecifications.Monitoring.Enabled", DEFAULT),
    Theirs("LaunchSpecifications.Placement.AvailabilityZone", EMPTY),
    Theirs("LaunchSpecifications.SpotPrice", EMPTY),
];

fn fleet() -> SpotFleet {
    SpotFleet {
        role: Ref::known("arn:aws:iam::123456789012:role/shop-fleet"),
        upkeep: Upkeep::Maintain,
        allocation: Allocation::Diversified,
        capacity: 2,
        maximum_price: Some("0.10".parse().unwrap()),
        instance_types: ["c6i.large", "c5.large", "m6i.large"].map(|text| text.parse().unwrap()).into(),
        subnets: ["subnet-0a1b2c3d4e5f60718", "subnet-0a1b2c3d4e5f60719"].map(Ref::known).into(),
        security_groups: BTreeSet::from([Ref::known("sg-0a1b2c3d4e5f60718")]),
        profile: Some(Ref::known("shop-worker")),
        image: "ami-0abcdef1234567890".parse::<Image>().unwrap(),
        root: Some(RootVolume { kind: VolumeKind::Gp3, gigabytes: 30, encrypted: true }),
        user_data: "#!/bin/bash\necho ECS_CLUSTER=shop >> /etc/ecs/ecs.config\n".into(),
        instance_tags: BTreeMap::from([("Project".into(), "shop".into())]),
        until: Some("2035-01-01T00:00:00".parse().unwrap()),
        terminate_when_expired: true,
    }
}

fn cheapest() -> SpotFleet {
    SpotFleet {
        upkeep: Upkeep::Request,
        allocation: Allocation::LowestPrice(2),
        capacity: 1,
        maximum_price: None,
        instance_types: BTreeSet::from(["c6i.large".parse().unwrap()]),
        subnets: BTreeSet::from([Ref::known("subnet-0a1b2c3d4e5f60718")]),
        security_groups: ["sg-0a1b2c3d4e5f60718", "sg-0a1b2c3d4e5f60719"].map(Ref::known).into(),
        profile: None,
        root: None,
        user_data: String::new(),
        instance_tags: BTreeMap::new(),
        until: None,
        terminate_when_expired: false,
        ..fleet()
    }
}

async fn server() -> Server {
    let image = "<DescribeImagesResponse><imagesSet><item><imageId>ami-0abcdef1234567890</imageId>\
                 <rootDeviceName>/dev/xvda</rootDeviceName></item></imagesSet></DescribeImagesResponse>";
    let id = "<spotFleetRequestId>sfr-0</spotFleetRequestId>";
    let made = format!("<RequestSpotFleetResponse>{id}</RequestSpotFleetResponse>");
    let replies = [
        ("Action=DescribeImages", xml(200, image)),
        ("Action=RequestSpotFleet", xml(200, &made)),
        ("Action=", Reply::Done),
    ];
    Server::answering(replies).await
}

#[tokio::test]
async fn requesting() {
    let server = server().await;
    SpotFleet::create(&aws(&server.url).await, &order(fleet())).await.unwrap();
    Recorded {
        call: "Action=RequestSpotFleet",
        body: include_str!("recorded/fleet-request.txt"),
        sets: &["LaunchSpecifications"],
        differences: &[CREATING, &[Other("SpotPrice", "it is the same amount: `0.10` is `0.1`")]].concat(),
    }
    .check(&server);
}

#[tokio::test]
async fn requesting_the_cheapest_once() {
    let server = server().await;
    SpotFleet::create(&aws(&server.url).await, &order(cheapest())).await.unwrap();
    let nothing =
        [Theirs("LaunchSpecifications.IamInstanceProfile.Name", EMPTY), Theirs("LaunchSpecifications.UserData", EMPTY)];
    Recorded {
        call: "Action=RequestSpotFleet",
        body: include_str!("recorded/fleet-cheapest.txt"),
        sets: &[],
        differences: &[CREATING, &nothing].concat(),
    }
    .check(&server);
}

#[tokio::test]
async fn changing_its_capacity() {
    let server = server().await;
    let live = found("sfr-1", fleet(), &[]);
    SpotFleet::update(&aws(&server.url).await, &live, &SpotFleet { capacity: 5, ..fleet() }).await.unwrap();
    let body = include_str!("recorded/fleet-modify.txt");
    Recorded { call: "Action=ModifySpotFleetRequest", body, sets: &[], differences: &[] }.check(&server);
}

#[tokio::test]
async fn cancelling() {
    let server = server().await;
    SpotFleet::delete(&aws(&server.url).await, &found("sfr-1", fleet(), &[])).await.unwrap();
    let body = include_str!("recorded/fleet-cancel.txt");
    Recorded { call: "Action=CancelSpotFleetRequests", body, sets: &[], differences: &[] }.check(&server);
}
