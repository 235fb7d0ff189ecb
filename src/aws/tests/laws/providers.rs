//! Capacity providers, and the cluster that they are attached to.

use infra_aws::ecs::{CapacityProvider, Cluster, GroupProvider, Insights, ManagedScaling, Share};
use infra_engine::model::{Platform, Ref};
use infra_testkit::laws::Sample;

use crate::ground::Ground;

fn stack(platform: &mut Platform, project: &str) {
    let mut stack = platform.stack("cluster");
    let place = "arn:aws:autoscaling:us-east-1:000000000000:autoScalingGroup:0:autoScalingGroupName";
    let provider = |name: &str| GroupProvider {
        name: format!("{project}-{name}"),
        group: Ref::known(format!("{place}/{name}")),
        scaling: Some(ManagedScaling::usual()),
        protects_busy: true,
        drains: true,
    };
    let machines = CapacityProvider::Own(stack.add("machines", provider("machines")).id());
    stack.add("spare", provider("spare"));
    let cluster = Cluster {
        name: project.to_owned(),
        insights: Insights::Disabled,
        capacity_providers: [CapacityProvider::Fargate, machines.clone()].into(),
        default_strategy: [Share { provider: machines, base: 0, weight: 1 }].into(),
        connects: false,
    };
    stack.add("cluster", cluster);
}

#[tokio::test]
async fn providers() {
    let ground = Ground::new().await;
    let project = ground.project.clone();
    let share = |provider, base, weight| Share { provider, base, weight };
    let sample = Sample::of(|platform| stack(platform, &project))
        .change("cluster.spare", |it: &mut GroupProvider| it.name.push('2'))
        .change("cluster.spare", |it: &mut GroupProvider| it.group = Ref::known(format!("{}2", it.group.value())))
        .change("cluster.machines", |it: &mut GroupProvider| it.scaling = Some(scaled(|it| it.target = 80)))
        .change("cluster.machines", |it: &mut GroupProvider| it.scaling = Some(scaled(|it| it.least = 2)))
        .change("cluster.machines", |it: &mut GroupProvider| it.scaling = Some(scaled(|it| it.most = 9)))
        .change("cluster.machines", |it: &mut GroupProvider| it.scaling = Some(scaled(|it| it.warm_up_seconds = 0)))
        .change("cluster.machines", |it: &mut GroupProvider| it.scaling = None)
        .change("cluster.machines", |it: &mut GroupProvider| it.protects_busy = false)
        .change("cluster.machines", |it: &mut GroupProvider| it.drains = false)
        .change("cluster.cluster", |it: &mut Cluster| it.name.push('2'))
        .change("cluster.cluster", |it: &mut Cluster| it.insights = Insights::Enabled)
        .change("cluster.cluster", |it: &mut Cluster| it.insights = Insights::Enhanced)
        .change("cluster.cluster", |it: &mut Cluster| {
            it.capacity_providers.insert(CapacityProvider::FargateSpot);
        })
        .change("cluster.cluster", |it: &mut Cluster| {
            it.default_strategy = [share(CapacityProvider::Fargate, 1, 1)].into();
        })
        .change("cluster.cluster", |it: &mut Cluster| it.connects = true);
    ground.obeys(&sample).await;
}

fn scaled(change: impl FnOnce(&mut ManagedScaling)) -> ManagedScaling {
    let mut scaling = ManagedScaling::usual();
    change(&mut scaling);
    scaling
}
