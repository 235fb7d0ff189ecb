//! Spot fleets.

use infra_aws::ec2::{Allocation, Image, ImageFamily, RootVolume, SpotFleet, Upkeep, VolumeKind};
use infra_engine::model::{Platform, Ref};
use infra_testkit::laws::Sample;

use crate::ground::{Ground, Network};

fn stack(platform: &mut Platform, network: &Network) {
    let fleet = SpotFleet {
        role: Ref::known("arn:aws:iam::000000000000:role/fleet"),
        upkeep: Upkeep::Maintain,
        allocation: Allocation::Diversified,
        capacity: 2,
        maximum_price: Some("0.10".parse().unwrap()),
        instance_types: ["c6i.large", "m5.large"].map(|kind| kind.parse().unwrap()).into(),
        subnets: network.subnets[..2].iter().cloned().collect(),
        security_groups: [network.groups[0].clone()].into(),
        profile: Some(Ref::known("worker")),
        image: Image::Newest(ImageFamily::Ecs2023),
        root: Some(RootVolume { kind: VolumeKind::Gp3, gigabytes: 30, encrypted: true }),
        user_data: "#!/bin/bash\necho ECS_CLUSTER=law >> /etc/ecs/ecs.config\n".into(),
        instance_tags: [("Project".to_owned(), "law".to_owned())].into(),
        until: Some("2087-01-01T00:00:00".parse().unwrap()),
        terminate_when_expired: true,
    };
    let mut stack = platform.stack("workers");
    stack.add("once", SpotFleet { upkeep: Upkeep::Request, ..fleet.clone() });
    stack.add("fleet", fleet);
}

#[tokio::test]
async fn spot_fleets() {
    let ground = Ground::new().await;
    let network = Network::new(&ground).await;
    let sample = Sample::of(|platform| stack(platform, &network))
        .change("workers.fleet", |it: &mut SpotFleet| it.role = Ref::known("arn:aws:iam::000000000000:role/other"))
        .change("workers.fleet", |it: &mut SpotFleet| it.upkeep = Upkeep::Request)
        .change("workers.fleet", |it: &mut SpotFleet| it.allocation = Allocation::CapacityOptimized)
        .change("workers.fleet", |it: &mut SpotFleet| it.allocation = Allocation::PriceCapacityOptimized)
        .change("workers.fleet", |it: &mut SpotFleet| it.allocation = Allocation::LowestPrice(1))
        .change("workers.fleet", |it: &mut SpotFleet| it.allocation = Allocation::LowestPrice(2))
        .change("workers.fleet", |it: &mut SpotFleet| it.capacity = 7)
        .change("workers.fleet", |it: &mut SpotFleet| it.capacity = 0)
        .change("workers.once", |it: &mut SpotFleet| it.capacity = 7)
        .by_another()
        .change("workers.fleet", |it: &mut SpotFleet| it.maximum_price = Some("0.2".parse().unwrap()))
        .change("workers.fleet", |it: &mut SpotFleet| it.maximum_price = None)
        .change("workers.fleet", |it: &mut SpotFleet| {
            it.instance_types.insert("c5.large".parse().unwrap());
        })
        .change("workers.fleet", |it: &mut SpotFleet| it.subnets = network.subnets[1..].iter().cloned().collect())
        .change("workers.fleet", |it: &mut SpotFleet| it.security_groups = network.groups.clone().into())
        .change("workers.fleet", |it: &mut SpotFleet| it.profile = Some(Ref::known("other")))
        .change("workers.fleet", |it: &mut SpotFleet| it.profile = None)
        .change("workers.fleet", |it: &mut SpotFleet| it.image = Image::Newest(ImageFamily::Ecs2))
        .change("workers.fleet", |it: &mut SpotFleet| it.root.as_mut().unwrap().kind = VolumeKind::Gp2)
        .change("workers.fleet", |it: &mut SpotFleet| it.root.as_mut().unwrap().gigabytes = 40)
        .change("workers.fleet", |it: &mut SpotFleet| it.root.as_mut().unwrap().encrypted = false)
        .change("workers.fleet", |it: &mut SpotFleet| it.root = None)
        .change("workers.fleet", |it: &mut SpotFleet| it.user_data.push_str("echo more\n"))
        .change("workers.fleet", |it: &mut SpotFleet| it.user_data.clear())
        .change("workers.fleet", |it: &mut SpotFleet| it.instance_tags.clear())
        .change("workers.fleet", |it: &mut SpotFleet| it.until = Some("2088-01-01T12:30:59".parse().unwrap()))
        .change("workers.fleet", |it: &mut SpotFleet| it.until = None)
        .change("workers.fleet", |it: &mut SpotFleet| it.terminate_when_expired = false);
    ground.obeys(&sample).await;
}
