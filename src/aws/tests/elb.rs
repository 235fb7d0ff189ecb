//! Load balancers, target groups, listeners and rules in a real Elastic Load Balancing: the local cloud's.

#![expect(clippy::unwrap_used, reason = "what a test prepares may fail it like anything else in it")]

mod common;

use std::collections::BTreeSet;

use aws_sdk_elasticloadbalancingv2::types::{LoadBalancerAttribute, RulePriorityPair, TargetGroupAttribute};
use common::{Walk, aws, project};
use infra_aws::Aws;
use infra_aws::ec2::{SecurityGroupId, SubnetId, VpcId};
use infra_aws::elb::{
    Action, AddressFamily, Algorithm, CertificateArn, Condition, Desync, Forward, HealthCheck, Listener, ListenerArn,
    ListenerRule, LoadBalancer, LoadBalancerArn, Parameter, Protocol, ProtocolVersion, Scheme, Serves, Share,
    Stickiness, TargetGroup, TargetGroupArn, TargetKind, TlsPolicy,
};
use infra_engine::live::{Ask, Behaviour, FaultKind, Order, Retag};
use infra_engine::model::{Address, Ref, Tags, keys};

/// A network with three subnets in as many zones, and a group.
struct Ground {
    vpc: Ref<VpcId>,
    subnets: Vec<Ref<SubnetId>>,
    group: Ref<SecurityGroupId>,
}

async fn ground(aws: &Aws) -> Ground {
    let vpc = aws.ec2().create_vpc().cidr_block("10.0.0.0/16").send().await.unwrap();
    let vpc = vpc.vpc.unwrap().vpc_id.unwrap();
    let mut subnets = Vec::new();
    for (number, zone) in ["a", "b", "c"].into_iter().enumerate() {
        let call = aws.ec2().create_subnet().vpc_id(&vpc).cidr_block(format!("10.0.{number}.0/24"));
        let made = call.availability_zone(format!("us-east-1{zone}")).send().await.unwrap();
        subnets.push(Ref::known(made.subnet.unwrap().subnet_id.unwrap()));
    }
    let call = aws.ec2().create_security_group().vpc_id(&vpc).group_name("balancer").description("A balancer");
    let group = call.send().await.unwrap().group_id.unwrap();
    Ground { vpc: Ref::known(vpc), subnets, group: Ref::known(group) }
}

fn balancer(ground: &Ground, name: &str) -> LoadBalancer {
    LoadBalancer {
        name: short(name),
        scheme: Scheme::InternetFacing,
        subnets: ground.subnets[..2].iter().cloned().collect(),
        security_groups: [ground.group.clone()].into(),
        addresses: AddressFamily::Ipv4,
        idle_seconds: 120,
        http2: true,
        drops_invalid_headers: true,
        desync: Desync::Defensive,
        deletion_protection: false,
        access_logs: None,
    }
}

fn group(ground: &Ground, name: &str) -> TargetGroup {
    TargetGroup {
        name: short(name),
        vpc: ground.vpc.clone(),
        port: 8000,
        protocol: Protocol::Http,
        version: ProtocolVersion::Http1,
        targets: TargetKind::Ip,
        health_check: HealthCheck { healthy_after: 2, ..HealthCheck::at("/health") },
        deregistration_seconds: 30,
        algorithm: Algorithm::LeastOutstandingRequests,
        anomaly_mitigation: false,
        slow_start_seconds: 0,
        stickiness: Stickiness::Off,
    }
}

/// A name with room for the letters of a successor.
fn short(name: &str) -> String {
    name[name.len().saturating_sub(24)..].trim_start_matches('-').to_owned()
}

/// A load balancer of this owner, which its children are found by.
async fn parent(aws: &Aws, ground: &Ground, project: &str) -> (Found, Ref<LoadBalancerArn>) {
    let found = make(aws, &format!("{project}/test"), "parent", balancer(ground, project)).await;
    let arn = Ref::known(&found.id);
    (found, arn)
}

type Found = infra_engine::live::Found<LoadBalancer>;

/// Makes something of an owner's, and reads it.
async fn make<R: Behaviour<Cloud = Aws>>(
    aws: &Aws,
    owner: &str,
    name: &str,
    definition: R,
) -> infra_engine::live::Found<R> {
    let address = Address::new("walk", name).unwrap();
    let tags =
        Tags::from([(keys::OWNER.to_owned(), owner.to_owned()), (keys::ADDRESS.to_owned(), address.to_string())]);
    let id = R::create(aws, &Order { address, definition, tags, token: "t".repeat(32) }).await.unwrap();
    R::read(aws, &Ask::only([id])).await.unwrap().pop().unwrap()
}

#[tokio::test]
async fn a_load_balancer_walks() {
    let (aws, project) = (aws().await, project());
    let ground = ground(&aws).await;
    let ordered = balancer(&ground, &project);
    let walk = Walk::begin(&aws, &project, ordered.clone()).await;
    walk.order_again().await;
    walk.order_by_another().await;

    let set = |key: &str, value: &str| LoadBalancerAttribute::builder().key(key).value(value).build();
    let outside = aws.elb().modify_load_balancer_attributes().load_balancer_arn(&walk.id);
    let outside = outside.attributes(set("idle_timeout.timeout_seconds", "7"));
    outside.attributes(set("routing.http.desync_mitigation_mode", "monitor")).send().await.unwrap();
    walk.mend().await;
    let outside = aws.elb().set_subnets().load_balancer_arn(&walk.id);
    outside.subnets(ground.subnets[1].value()).subnets(ground.subnets[2].value()).send().await.unwrap();
    walk.mend().await;

    let other = LoadBalancer {
        subnets: ground.subnets[1..].iter().cloned().collect(),
        addresses: AddressFamily::Dualstack,
        idle_seconds: 60,
        http2: false,
        drops_invalid_headers: false,
        desync: Desync::Strictest,
        deletion_protection: true,
        access_logs: None,
        ..ordered.clone()
    };
    walk.turn_into(other.clone()).await;
    let live = walk.settled().await;
    assert!(live.outputs["suffix"].starts_with(&format!("app/{}/", ordered.name)), "{:?}", live.outputs);
    assert!(live.outputs["dns_name"].contains(&ordered.name), "{:?}", live.outputs);
    let fault = LoadBalancer::delete(&aws, &live).await.unwrap_err();
    assert_eq!(fault.kind, FaultKind::Refused, "{fault}");
    walk.turn_into(LoadBalancer { addresses: AddressFamily::Ipv4, deletion_protection: false, ..other }).await;
    walk.end().await;
}

#[tokio::test]
async fn a_target_group_walks() {
    let (aws, project) = (aws().await, project());
    let ground = ground(&aws).await;
    let ordered = group(&ground, &project);
    let walk = Walk::begin(&aws, &project, ordered.clone()).await;
    walk.order_again().await;
    walk.order_by_another().await;

    let outside = aws.elb().modify_target_group().target_group_arn(&walk.id);
    outside.health_check_path("/").healthy_threshold_count(9).send().await.unwrap();
    walk.mend().await;
    let set = TargetGroupAttribute::builder().key("deregistration_delay.timeout_seconds").value("1").build();
    let outside = aws.elb().modify_target_group_attributes().target_group_arn(&walk.id);
    outside.attributes(set).send().await.unwrap();
    walk.mend().await;

    let check = HealthCheck {
        protocol: Protocol::Https,
        port: Some(9000),
        interval_seconds: 10,
        timeout_seconds: 4,
        healthy_after: 3,
        unhealthy_after: 4,
        success: "200-299,401".parse().unwrap(),
        ..HealthCheck::at("/alive")
    };
    let steps = [
        TargetGroup { health_check: check.clone(), ..ordered.clone() },
        TargetGroup { algorithm: Algorithm::WeightedRandom, anomaly_mitigation: true, ..ordered.clone() },
        TargetGroup { algorithm: Algorithm::RoundRobin, slow_start_seconds: 30, ..ordered.clone() },
        TargetGroup { stickiness: Stickiness::LoadBalancerCookie { seconds: 600 }, ..ordered.clone() },
        TargetGroup {
            stickiness: Stickiness::ApplicationCookie { cookie: "session".into(), seconds: 60 },
            ..ordered.clone()
        },
        TargetGroup { deregistration_seconds: 0, health_check: check, ..ordered.clone() },
        ordered.clone(),
    ];
    for step in steps {
        walk.turn_into(step).await;
    }
    walk.end().await;
}

#[tokio::test]
async fn a_target_group_in_use_is_replaced_beside_itself() {
    let (aws, project) = (aws().await, project());
    let (ground, owner) = (ground(&aws).await, format!("{project}/test"));
    let (_, balancer) = parent(&aws, &ground, &project).await;
    let old = make(&aws, &owner, "api", group(&ground, &project)).await;
    let forward = |to: &infra_engine::live::Found<TargetGroup>| Listener {
        load_balancer: balancer.clone(),
        port: 80,
        serves: Serves::Http,
        action: Action::forward(Ref::known(&to.id)),
    };
    let listener = make(&aws, &owner, "http", forward(&old)).await;
    assert_eq!(TargetGroup::delete(&aws, &old).await.unwrap_err().kind, FaultKind::Busy, "it is in use");

    let retired = Retag { set: Tags::from([(keys::RETIRED.to_owned(), "true".to_owned())]), remove: Vec::new() };
    TargetGroup::retag(&aws, &old, &retired).await.unwrap();
    let wanted = TargetGroup { port: 9000, ..group(&ground, &project) };
    let new = make(&aws, &owner, "api", wanted.clone()).await;
    assert_ne!(new.id, old.id);
    assert_eq!(new.definition.name, wanted.name, "the letters more are no difference");
    assert_eq!(make(&aws, &owner, "api", wanted).await.id, new.id, "ordered again it stays the one that it is");
    Listener::update(&aws, &listener, &forward(&new)).await.unwrap();
    TargetGroup::delete(&aws, &old).await.unwrap();
    assert!(TargetGroup::read(&aws, &Ask::only([old.id.clone()])).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_listener_walks() {
    let (aws, project) = (aws().await, project());
    let (ground, owner) = (ground(&aws).await, format!("{project}/test"));
    let (_, load_balancer) = parent(&aws, &ground, &project).await;
    let (api, web) = (groups(&aws, &owner, &ground, &project).await, Ref::<CertificateArn>::known(CERTIFICATE));
    let ordered = Listener { load_balancer, port: 80, serves: Serves::Http, action: Action::forward(api[0].clone()) };
    let walk = Walk::begin(&aws, &project, ordered.clone()).await;
    walk.order_again().await;
    walk.order_by_another().await;

    let outside = aws.elb().modify_listener().listener_arn(&walk.id);
    outside.set_default_actions(Some(vec![fixed()])).send().await.unwrap();
    walk.mend().await;
    walk.turn_into(Listener { action: Action::to_https(), ..ordered.clone() }).await;
    let shares = Action::Forward(Forward {
        groups: api.iter().map(|group| Share { group: group.clone(), weight: 10 }).collect(),
        sticky_seconds: Some(60),
    });
    walk.turn_into(Listener { action: shares, ..ordered.clone() }).await;
    let serves = Serves::Https { certificate: web.clone(), policy: TlsPolicy::tls13() };
    let encrypted = Listener { port: 443, serves, action: Action::respond(404, "nothing here"), ..ordered.clone() };
    walk.turn_into(encrypted.clone()).await;
    let serves = Serves::Https { certificate: web, policy: TlsPolicy::oldest() };
    walk.turn_into(Listener { serves, ..encrypted }).await;
    walk.turn_into(ordered).await;
    walk.end().await;
}

#[tokio::test]
async fn a_rule_walks_and_two_change_places() {
    let (aws, project) = (aws().await, project());
    let (ground, owner) = (ground(&aws).await, format!("{project}/test"));
    let (_, load_balancer) = parent(&aws, &ground, &project).await;
    let groups = groups(&aws, &owner, &ground, &project).await;
    let action = Action::respond(404, "");
    let listener = Listener { load_balancer, port: 80, serves: Serves::Http, action };
    let listener: Ref<ListenerArn> = Ref::known(make(&aws, &owner, "http", listener).await.id);

    let conditions: BTreeSet<Condition> = [Condition::path(["/users", "/users/*"])].into();
    let action = Action::forward(groups[0].clone());
    let ordered = ListenerRule { listener, priority: 100, conditions, action };
    let walk = Walk::begin(&aws, &project, ordered.clone()).await;
    walk.order_again().await;

    let outside = RulePriorityPair::builder().rule_arn(&walk.id).priority(7).build();
    aws.elb().set_rule_priorities().rule_priorities(outside).send().await.unwrap();
    walk.mend().await;
    let many = [
        Condition::host(["*.example.com"]),
        Condition::Method(["GET".into()].into()),
        Condition::Source(["10.0.0.0/8".parse().unwrap()].into()),
        Condition::Header { name: "X-Shop".into(), values: ["a".into()].into() },
        Condition::Query([Parameter { name: Some("version".into()), value: "2".into() }].into()),
    ];
    walk.turn_into(ListenerRule { conditions: many.into(), ..ordered.clone() }).await;
    let weighted = Action::weighted([(groups[0].clone(), 10), (groups[1].clone(), 90)]);
    walk.turn_into(ListenerRule { action: weighted, priority: 50, ..ordered.clone() }).await;
    walk.turn_into(ordered.clone()).await;

    let other = make(&aws, &owner, "other", ListenerRule { priority: 200, ..ordered.clone() }).await;
    walk.turn_into(ListenerRule { priority: 200, ..ordered.clone() }).await;
    let moved = ListenerRule::read(&aws, &Ask::only([other.id.clone()])).await.unwrap().pop().unwrap();
    assert_eq!(moved.definition.priority, 100, "the two have changed places");
    let wanted = ListenerRule { priority: 100, ..ordered.clone() };
    ListenerRule::update(&aws, &other, &wanted).await.unwrap();
    let stays = ListenerRule::read(&aws, &Ask::only([other.id.clone()])).await.unwrap().pop().unwrap();
    assert_eq!(stays.definition, wanted);

    let order = Order {
        address: Address::new("walk", "third").unwrap(),
        definition: wanted,
        tags: Tags::from([(keys::OWNER.to_owned(), owner)]),
        token: "t".repeat(32),
    };
    assert_eq!(ListenerRule::create(&aws, &order).await.unwrap_err().kind, FaultKind::Busy, "ours is in its place");
    let stranger = Order { tags: Tags::from([(keys::OWNER.to_owned(), "somebody/else".to_owned())]), ..order };
    assert_eq!(ListenerRule::create(&aws, &stranger).await.unwrap_err().kind, FaultKind::Exists);
    ListenerRule::delete(&aws, &stays).await.unwrap();
    walk.end().await;
}

const CERTIFICATE: &str = "arn:aws:acm:us-east-1:000000000000:certificate/12345678-1234-1234-1234-123456789012";

/// Two target groups of an owner's.
async fn groups(aws: &Aws, owner: &str, ground: &Ground, project: &str) -> Vec<Ref<TargetGroupArn>> {
    let mut groups = Vec::new();
    for name in ["a", "b"] {
        let definition = group(ground, &format!("{project}-{name}"));
        groups.push(Ref::known(make(aws, owner, name, definition).await.id));
    }
    groups
}

/// An answer that somebody has put in.
fn fixed() -> aws_sdk_elasticloadbalancingv2::types::Action {
    use aws_sdk_elasticloadbalancingv2::types::{Action, ActionTypeEnum, FixedResponseActionConfig};
    let config =
        FixedResponseActionConfig::builder().status_code("503").content_type("text/html").message_body("Closed");
    Action::builder().r#type(ActionTypeEnum::FixedResponse).fixed_response_config(config.build()).build()
}
