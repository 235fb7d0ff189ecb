//! What a live provider tells, and what its rules say.

use infra_engine::model::Address;

use super::*;

const GROUP: &str = "arn:aws:autoscaling:us-east-1:123456789012:autoScalingGroup:0:autoScalingGroupName/shop";

fn provider() -> GroupProvider {
    GroupProvider {
        name: "shop-machines".into(),
        group: Ref::known(GROUP),
        scaling: Some(ManagedScaling { target: 90, least: 2, most: 20, warm_up_seconds: 60 }),
        protects_busy: true,
        drains: false,
    }
}

fn live(status: CapacityProviderStatus, update: CapacityProviderUpdateStatus) -> Live {
    let GroupProvider { name, group, scaling, protects_busy, drains } = provider();
    let group = AutoScalingGroupProvider::builder().auto_scaling_group_arn(group.value());
    let group = group.managed_scaling(managed(scaling.as_ref())).managed_draining(draining(drains));
    let group = group.managed_termination_protection(protection(protects_busy)).build().unwrap();
    let live = Live::builder().name(name).capacity_provider_arn("arn:provider").auto_scaling_group_provider(group);
    live.status(status).update_status(update).build()
}

#[test]
fn a_live_provider_tells_what_it_is() {
    let found =
        understand(&live(CapacityProviderStatus::Active, CapacityProviderUpdateStatus::UpdateComplete)).unwrap();
    assert_eq!((found.id.as_str(), &found.definition), ("shop-machines", &provider()));
    assert_eq!((found.outputs["arn"].as_str(), found.state), ("arn:provider", State::Ready));
}

#[test]
fn what_ecs_is_busy_with_is_waited_for_and_what_is_gone_is_not_live() {
    let state = |update| understand(&live(CapacityProviderStatus::Active, update)).unwrap().state;
    assert!(matches!(state(CapacityProviderUpdateStatus::UpdateInProgress), State::Pending(_)));
    assert!(matches!(state(CapacityProviderUpdateStatus::CreateFailed), State::Failed(_)));
    assert_eq!(state(CapacityProviderUpdateStatus::DeleteInProgress), State::Leaving);
    let gone = live(CapacityProviderStatus::Inactive, CapacityProviderUpdateStatus::DeleteComplete);
    assert!(understand(&gone).is_none());
    let own = Live::builder().name("FARGATE").status(CapacityProviderStatus::Active).build();
    assert!(understand(&own).is_none(), "AWS's own are nobody's to make");
}

#[test]
fn scaling_that_is_off_has_no_numbers() {
    let off = LiveScaling::builder().status(ManagedScalingStatus::Disabled).target_capacity(100).build();
    assert_eq!(ManagedScaling::of(&off), None);
    let on = LiveScaling::builder().status(ManagedScalingStatus::Enabled).build();
    assert_eq!(ManagedScaling::of(&on), Some(ManagedScaling::usual()), "what AWS does not say is what it begins with");
}

fn codes(change: impl FnOnce(&mut GroupProvider)) -> Vec<&'static str> {
    let mut provider = provider();
    change(&mut provider);
    let address = Address::new("cluster", "machines").unwrap();
    let around = Surroundings::new(&[], &address);
    RULES.iter().flat_map(|rule| rule.violations(&provider, &around)).map(|violation| violation.code).collect()
}

#[test]
fn a_right_provider_passes() {
    assert_eq!(codes(|_| {}), [""; 0]);
    assert_eq!(codes(|it| (it.scaling, it.protects_busy) = (None, false)), [""; 0]);
}

#[test]
fn names_are_plain_and_not_awss() {
    for bad in ["", "shop machines", "aws-shop", "Fargate_shop", "ecs", &"n".repeat(256)] {
        assert_eq!(codes(|it| it.name = bad.into()), ["V158"], "{bad}");
    }
}

#[test]
fn scaling_has_its_bounds() {
    let scaling = |change: fn(&mut ManagedScaling)| codes(|it| it.scaling.as_mut().into_iter().for_each(change));
    assert_eq!(scaling(|it| it.target = 0), ["V159"]);
    assert_eq!(scaling(|it| it.target = 101), ["V159"]);
    assert_eq!(scaling(|it| it.least = 0), ["V159"]);
    assert_eq!(scaling(|it| it.least = 21), ["V159"]);
    assert_eq!(scaling(|it| it.most = 10_001), ["V159"]);
    assert_eq!(scaling(|it| it.warm_up_seconds = 10_001), ["V159"]);
    assert_eq!(codes(|it| it.scaling = None), ["V159"], "what ECS does not size it does not protect");
}
