//! What a live cluster tells, and what its rules say.

use aws_sdk_ecs::types::{ClusterServiceConnectDefaults, Tag};
use infra_engine::model::Address;

use super::*;

fn share(provider: CapacityProvider, base: u32, weight: u32) -> Share {
    Share { provider, base, weight }
}

fn cluster() -> Cluster {
    Cluster {
        name: "shop".into(),
        insights: Insights::Enhanced,
        capacity_providers: [CapacityProvider::Fargate, CapacityProvider::FargateSpot].into(),
        default_strategy: [share(CapacityProvider::Fargate, 1, 1), share(CapacityProvider::FargateSpot, 0, 4)].into(),
        connects: true,
    }
}

fn live(status: &str) -> Live {
    let Cluster { name, insights, capacity_providers, default_strategy, connects: _ } = cluster();
    let defaults =
        ClusterServiceConnectDefaults::builder().namespace("arn:aws:servicediscovery:us-east-1:1:namespace/ns-1");
    Live::builder()
        .cluster_name(name)
        .cluster_arn("arn:cluster")
        .status(status)
        .settings(setting(insights))
        .set_capacity_providers(Some(providers(&capacity_providers)))
        .set_default_capacity_provider_strategy(Some(strategy(&default_strategy, "ecs:Test").unwrap()))
        .service_connect_defaults(defaults.build())
        .tags(Tag::builder().key("Name").value("shop").build())
        .build()
}

#[test]
fn a_live_cluster_tells_what_it_is() {
    let found = understand(&live("ACTIVE")).unwrap();
    assert_eq!((found.id.as_str(), &found.definition, &found.state), ("shop", &cluster(), &State::Ready));
    assert_eq!((found.outputs["arn"].as_str(), found.tags["Name"].as_str()), ("arn:cluster", "shop"));
}

#[test]
fn a_deleted_cluster_is_not_live_and_one_in_the_making_is_waited_for() {
    assert!(understand(&live("INACTIVE")).is_none());
    assert_eq!(understand(&live("DEPROVISIONING")).unwrap().state, State::Leaving);
    assert!(matches!(understand(&live("PROVISIONING")).unwrap().state, State::Pending(_)));
    assert!(matches!(understand(&live("FAILED")).unwrap().state, State::Failed(_)));
}

#[test]
fn providers_are_written_by_name() {
    let own = CapacityProvider::Own(Ref::known("shop-machines"));
    for (provider, name) in [(CapacityProvider::FargateSpot, "FARGATE_SPOT"), (own, "shop-machines")] {
        assert_eq!(serde_json::to_value(&provider).unwrap(), name);
        assert_eq!(serde_json::from_value::<CapacityProvider>(name.into()).unwrap(), provider);
    }
}

#[test]
fn what_it_still_holds_keeps_a_cluster_busy() {
    let failed = |code: &str| Fault { code: Some(code.into()), ..Fault::new(FaultKind::Refused, "ecs:Test", "no") };
    assert_eq!(sorted(failed("ClusterContainsServicesException")).kind, FaultKind::Busy);
    assert_eq!(sorted(failed("ClusterNotFoundException")).kind, FaultKind::Gone);
    assert_eq!(sorted(failed("ClientException")).kind, FaultKind::Refused);
}

fn codes(change: impl FnOnce(&mut Cluster)) -> Vec<&'static str> {
    let mut changed = cluster();
    change(&mut changed);
    let address = Address::new("cluster", "main").unwrap();
    let around = Surroundings::new(&[], &address);
    RULES.iter().flat_map(|rule| rule.violations(&changed, &around)).map(|violation| violation.code).collect()
}

#[test]
fn names_are_checked() {
    assert_eq!(codes(|_| {}), Vec::<&str>::new());
    for bad in ["", "shop web", "shop.web", &"n".repeat(256)] {
        assert_eq!(codes(|cluster| cluster.name = bad.into()), ["V153"], "{bad}");
    }
}

#[test]
fn strategies_are_checked() {
    let fargate = |base, weight| share(CapacityProvider::Fargate, base, weight);
    let spot = |base, weight| share(CapacityProvider::FargateSpot, base, weight);
    for good in [vec![], vec![fargate(0, 1)], vec![fargate(100_000, 0), spot(0, 1000)]] {
        assert_eq!(codes(|cluster| cluster.default_strategy = good.iter().cloned().collect()), Vec::<&str>::new());
    }
    let own = share(CapacityProvider::Own(Ref::known("elsewhere")), 0, 1);
    for bad in [
        vec![own],
        vec![fargate(0, 0)],
        vec![fargate(1, 1), spot(1, 1)],
        vec![fargate(0, 1), fargate(0, 2)],
        vec![fargate(0, 1001)],
    ] {
        assert_eq!(codes(|cluster| cluster.default_strategy = bad.iter().cloned().collect()), ["V63"], "{bad:?}");
    }
}
