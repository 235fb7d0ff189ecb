//! Target groups as they are read, and both sides of their rules.

use aws_sdk_elasticloadbalancingv2::types::Matcher;
use infra_engine::model::{Address, keys};

use super::*;
use crate::ec2::testing::check;

fn group() -> TargetGroup {
    TargetGroup {
        name: "shop-api".into(),
        vpc: Ref::known("vpc-1"),
        port: 8000,
        protocol: Protocol::Http,
        version: ProtocolVersion::Http1,
        targets: TargetKind::Ip,
        health_check: HealthCheck::at("/health"),
        deregistration_seconds: 300,
        algorithm: Algorithm::RoundRobin,
        anomaly_mitigation: false,
        slow_start_seconds: 0,
        stickiness: Stickiness::Off,
    }
}

fn live(name: &str) -> Live {
    Live::builder()
        .target_group_arn(format!("arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup/{name}/943f017f"))
        .target_group_name(name)
        .vpc_id("vpc-1")
        .port(8000)
        .protocol(ProtocolEnum::Http)
        .protocol_version("HTTP1")
        .target_type(TargetTypeEnum::Ip)
        .health_check_path("/health")
        .health_check_port("traffic-port")
        .health_check_interval_seconds(30)
        .health_check_timeout_seconds(5)
        .healthy_threshold_count(5)
        .unhealthy_threshold_count(2)
        .matcher(Matcher::builder().http_code("200").build())
        .build()
}

#[test]
fn a_live_group_tells_what_it_is() {
    let found = understand(&live("shop-api"), &Attributes::default(), Tags::new()).unwrap();
    assert_eq!(found.definition, group());
    assert_eq!(found.outputs["suffix"], "targetgroup/shop-api/943f017f");
}

#[test]
fn settings_survive_the_way_and_back() {
    let sticky = |stickiness| TargetGroup { stickiness, ..group() };
    for other in [
        TargetGroup { deregistration_seconds: 0, slow_start_seconds: 30, ..group() },
        TargetGroup { algorithm: Algorithm::WeightedRandom, anomaly_mitigation: true, ..group() },
        sticky(Stickiness::LoadBalancerCookie { seconds: 60 }),
        sticky(Stickiness::ApplicationCookie { cookie: "session".into(), seconds: 90 }),
    ] {
        let sent = settings(&other).into_iter().map(|(key, value)| (Some(key.to_owned()), Some(value)));
        assert_eq!(understand(&live("shop-api"), &Attributes::of(sent), Tags::new()).unwrap().definition, other);
    }
}

#[test]
fn the_letters_that_a_successor_is_named_with_are_no_difference() {
    let second = group().second_name();
    assert_eq!(second.len(), "shop-api".len() + 5);
    let found = understand(&live(&second), &Attributes::default(), Tags::new()).unwrap();
    assert_eq!(found.definition, group());
    assert_eq!(live(&second).key(), "shop-api");
    assert_eq!(live("shop-api-0000").key(), "shop-api-0000", "letters that do not fit are a part of the name");
    assert_ne!(TargetGroup { port: 8001, ..group() }.second_name(), second);
    assert_eq!(TargetGroup { slow_start_seconds: 30, ..group() }.second_name(), second);
}

#[test]
fn a_successor_stands_beside_its_predecessor_where_its_name_has_room() {
    let other = TargetGroup { port: 8001, ..group() };
    assert_eq!(TargetGroup::replacement(&group(), &other), Replacement::CreateFirst);
    let long = |port| TargetGroup { name: "n".repeat(28), port, ..group() };
    assert_eq!(TargetGroup::replacement(&long(1), &long(2)), Replacement::DeleteFirst);
}

#[test]
fn a_bearer_of_the_name_is_this_one_or_its_predecessor_or_a_stranger() {
    let tags = |address: &str, retired: bool| {
        let mut tags = Tags::from([
            (keys::OWNER.to_owned(), "shop/dev".to_owned()),
            (keys::ADDRESS.to_owned(), address.to_owned()),
        ]);
        if retired {
            tags.insert(keys::RETIRED.to_owned(), "true".to_owned());
        }
        tags
    };
    let address = Address::new("edge", "api").unwrap();
    let order = Order { address, definition: group(), tags: tags("edge.api", false), token: String::new() };
    let bearer = |tags: &Tags| Bearer::of(&order, "arn".into(), tags);
    assert!(matches!(bearer(&tags("edge.api", false)), Bearer::This(_)));
    assert!(matches!(bearer(&tags("edge.api", true)), Bearer::Predecessor));
    assert!(matches!(bearer(&tags("edge.web", false)), Bearer::Stranger));
    assert!(matches!(bearer(&Tags::new()), Bearer::Stranger));
}

#[test]
fn v16_v22_and_v24() {
    let with = |code: &'static str, health_check| {
        check(code, |stack| stack.add("api", TargetGroup { health_check, ..group() }))
    };
    let plain = || HealthCheck::at("/health");
    check("V16", |stack| stack.add("api", TargetGroup { name: "a_b".into(), ..group() })).refuses("`_`");
    check("V16", |stack| stack.add("api", group())).holds();
    with("V22", HealthCheck { interval_seconds: 4, timeout_seconds: 2, ..plain() }).refuses("`interval_seconds`");
    with("V22", HealthCheck { healthy_after: 1, ..plain() }).refuses("`healthy_after`");
    with("V22", HealthCheck { timeout_seconds: 30, ..plain() }).refuses("not shorter");
    with("V22", plain()).holds();
    with("V24", HealthCheck::at("health")).refuses("does not begin with `/`");
    with("V24", HealthCheck { success: "200-599".parse().unwrap(), ..plain() }).refuses("no codes of HTTP");
    with("V24", HealthCheck { success: "200-299,401".parse().unwrap(), ..plain() }).holds();
    let grpc = |success| {
        let health_check = HealthCheck { success, ..plain() };
        check("V24", |stack| stack.add("api", TargetGroup { version: ProtocolVersion::Grpc, health_check, ..group() }))
    };
    grpc(super::super::SuccessCodes::only(200)).refuses("no codes of gRPC");
    grpc(super::super::SuccessCodes::only(0)).holds();
}

#[test]
fn v25_to_v28() {
    let with = |code: &'static str, group| check(code, |stack| stack.add("api", group));
    let least = Algorithm::LeastOutstandingRequests;
    with("V25", TargetGroup { slow_start_seconds: 29, ..group() }).refuses("out of range");
    with("V25", TargetGroup { slow_start_seconds: 30, algorithm: least, ..group() }).refuses("least_outstanding");
    with("V25", TargetGroup { slow_start_seconds: 900, ..group() }).holds();
    with("V26", TargetGroup { anomaly_mitigation: true, ..group() }).refuses("`round_robin`");
    with("V26", TargetGroup { anomaly_mitigation: true, algorithm: Algorithm::WeightedRandom, ..group() }).holds();
    let sticky = |stickiness| with("V27", TargetGroup { stickiness, ..group() });
    sticky(Stickiness::LoadBalancerCookie { seconds: 0 }).refuses("out of range");
    sticky(Stickiness::ApplicationCookie { cookie: "AWSALBTG".into(), seconds: 1 }).refuses("keeps to itself");
    sticky(Stickiness::ApplicationCookie { cookie: "session".into(), seconds: 604_800 }).holds();
    with("V28", TargetGroup { deregistration_seconds: 3601, ..group() }).refuses("longer than an hour");
    with("V28", TargetGroup { port: 0, ..group() }).refuses("no such port");
    with("V28", TargetGroup { deregistration_seconds: 3600, ..group() }).holds();
}
