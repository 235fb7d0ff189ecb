//! Load balancers, target groups, listeners and rules.

use aws_sdk_wafv2::types::{AllowAction, DefaultAction, Scope as AclScope, VisibilityConfig};
use infra_aws::ec2::VpcId;
use infra_aws::elb::{
    AccessLogs, Action, AddressFamily, Algorithm, Condition, Desync, HealthCheck, Listener, ListenerArn, ListenerRule,
    LoadBalancer, LoadBalancerArn, ORIGIN_HEADER, Protocol, ProtocolVersion, Scheme, Serves, Stickiness, TargetGroup,
    TargetKind, TlsPolicy,
};
use infra_aws::secretsmanager::SecretValue;
use infra_aws::waf::{WebAclArn, WebAclAssociation};
use infra_engine::model::{Platform, Ref};
use infra_testkit::laws::Sample;

use crate::ground::{Ground, Network, secret};

const CERTIFICATE: &str = "arn:aws:acm:us-east-1:000000000000:certificate/12345678-1234-1234-1234-123456789012";

fn group(name: String, vpc: Ref<VpcId>) -> TargetGroup {
    TargetGroup {
        name,
        vpc,
        port: 8000,
        protocol: Protocol::Http,
        version: ProtocolVersion::Http1,
        targets: TargetKind::Ip,
        health_check: HealthCheck::at("/health"),
        deregistration_seconds: 30,
        algorithm: Algorithm::RoundRobin,
        anomaly_mitigation: false,
        slow_start_seconds: 0,
        stickiness: Stickiness::Off,
    }
}

fn balancer(name: String, network: &Network) -> LoadBalancer {
    LoadBalancer {
        name,
        scheme: Scheme::InternetFacing,
        subnets: network.subnets[..2].iter().cloned().collect(),
        security_groups: [network.groups[0].clone()].into(),
        addresses: AddressFamily::Ipv4,
        idle_seconds: 120,
        http2: true,
        drops_invalid_headers: true,
        desync: Desync::Defensive,
        deletion_protection: false,
        access_logs: None,
    }
}

/// The parents that a listener and a rule may have instead of theirs.
struct Others {
    balancer: Ref<LoadBalancerArn>,
    listener: Ref<ListenerArn>,
}

/// What a rule may want to be shown.
fn proof(version: &SecretValue, before: &SecretValue) -> Condition {
    Condition::SecretHeader {
        name: ORIGIN_HEADER.into(),
        secret: version.secret.clone(),
        version: version.version.clone(),
        before: before.version.clone(),
    }
}

/// A web ACL that is there, and nobody's.
async fn web_acl(ground: &Ground, name: &str) -> Ref<WebAclArn> {
    let name = format!("{}-{name}", ground.project);
    let allow = DefaultAction::builder().allow(AllowAction::builder().build()).build();
    let seen = VisibilityConfig::builder().sampled_requests_enabled(true).cloud_watch_metrics_enabled(true);
    let call = ground.aws.regional_wafv2().create_web_acl().name(&name).scope(AclScope::Regional);
    let call = call.default_action(allow).visibility_config(seen.metric_name(&name).build().unwrap());
    Ref::known(call.send().await.unwrap().summary.unwrap().arn.unwrap())
}

fn stack(platform: &mut Platform, project: &str, network: &Network, shown: Condition, acl: Ref<WebAclArn>) -> Others {
    let mut stack = platform.stack("edge");
    let front = stack.add("front", balancer(format!("{project}-f"), network));
    let other = stack.add("other", balancer(format!("{project}-o"), network));
    let group_a = stack.add("a", group(format!("{project}-a"), network.vpc.clone()));
    let weighted = Algorithm::WeightedRandom;
    stack.add("b", TargetGroup { algorithm: weighted, ..group(format!("{project}-b"), network.vpc.clone()) });
    let listener = |load_balancer| {
        let action = Action::forward(group_a.id());
        Listener { load_balancer, port: 80, serves: Serves::Http, action }
    };
    let http = stack.add("http", listener(front.id()));
    let spare = stack.add("spare", Listener { port: 81, ..listener(front.id()) });
    let conditions = [Condition::path(["/users", "/users/*"])].into();
    let action = Action::forward(group_a.id());
    let users = ListenerRule { listener: http.id(), priority: 100, conditions, action };
    stack.add("shown", ListenerRule { priority: 101, conditions: [shown].into(), ..users.clone() });
    stack.add("users", users);
    stack.add("association", WebAclAssociation { resource_arn: front.id(), web_acl_arn: acl });
    Others { balancer: other.id(), listener: spare.id() }
}

#[tokio::test]
async fn elb() {
    let ground = Ground::new().await;
    let network = Network::new(&ground).await;
    let elsewhere = Network::new(&ground).await;
    let project = ground.project.clone();
    let [before, newest] = secret(&ground).await;
    let shown = proof(&newest, &before);
    let (acl, other_acl) = (web_acl(&ground, "one").await, web_acl(&ground, "other").await);
    let (sample, others) = Sample::with(|platform| stack(platform, &project, &network, shown, acl));
    let sample = sample
        .change("edge.other", |it: &mut LoadBalancer| it.name.push('2'))
        .change("edge.other", |it: &mut LoadBalancer| it.scheme = Scheme::Internal)
        .change("edge.front", |it: &mut LoadBalancer| it.subnets = network.subnets[1..].iter().cloned().collect())
        .change("edge.front", |it: &mut LoadBalancer| it.security_groups = [network.groups[1].clone()].into())
        .change("edge.front", |it: &mut LoadBalancer| it.addresses = AddressFamily::Dualstack)
        .change("edge.front", |it: &mut LoadBalancer| it.idle_seconds = 60)
        .change("edge.front", |it: &mut LoadBalancer| it.http2 = false)
        .change("edge.front", |it: &mut LoadBalancer| it.drops_invalid_headers = false)
        .change("edge.front", |it: &mut LoadBalancer| it.desync = Desync::Strictest)
        .change("edge.front", |it: &mut LoadBalancer| it.deletion_protection = true)
        .change("edge.front", |it: &mut LoadBalancer| {
            it.access_logs = Some(AccessLogs { bucket: Ref::known("law-logs"), prefix: String::new() });
        })
        .change("edge.other", |it: &mut LoadBalancer| {
            it.access_logs = Some(AccessLogs { bucket: Ref::known("law-logs"), prefix: "alb".into() });
        })
        .change("edge.a", |it: &mut TargetGroup| it.name.push('2'))
        .change("edge.b", |it: &mut TargetGroup| it.vpc = elsewhere.vpc.clone())
        .change("edge.a", |it: &mut TargetGroup| it.port = 9000)
        .change("edge.a", |it: &mut TargetGroup| it.protocol = Protocol::Https)
        .change("edge.a", |it: &mut TargetGroup| it.version = ProtocolVersion::Http2)
        .change("edge.b", |it: &mut TargetGroup| it.targets = TargetKind::Instance)
        .change("edge.a", |it: &mut TargetGroup| it.health_check.path = "/alive".into())
        .change("edge.a", |it: &mut TargetGroup| it.health_check.protocol = Protocol::Https)
        .change("edge.a", |it: &mut TargetGroup| it.health_check.port = Some(9000))
        .change("edge.a", |it: &mut TargetGroup| it.health_check.interval_seconds = 11)
        .change("edge.a", |it: &mut TargetGroup| it.health_check.timeout_seconds = 4)
        .change("edge.a", |it: &mut TargetGroup| it.health_check.healthy_after = 7)
        .change("edge.a", |it: &mut TargetGroup| it.health_check.unhealthy_after = 6)
        .change("edge.a", |it: &mut TargetGroup| it.health_check.success = "200-299,401".parse().unwrap())
        .change("edge.a", |it: &mut TargetGroup| it.deregistration_seconds = 0)
        .change("edge.a", |it: &mut TargetGroup| it.algorithm = Algorithm::LeastOutstandingRequests)
        .change("edge.b", |it: &mut TargetGroup| it.anomaly_mitigation = true)
        .change("edge.a", |it: &mut TargetGroup| it.slow_start_seconds = 30)
        .change("edge.a", |it: &mut TargetGroup| it.stickiness = Stickiness::LoadBalancerCookie { seconds: 600 })
        .change("edge.http", |it: &mut Listener| it.load_balancer = others.balancer.clone())
        .change("edge.http", |it: &mut Listener| it.port = 8080)
        .change("edge.http", |it: &mut Listener| {
            it.serves = Serves::Https { certificate: Ref::known(CERTIFICATE), policy: TlsPolicy::tls13() };
        })
        .change("edge.http", |it: &mut Listener| it.action = Action::respond(404, "nothing here"))
        .change("edge.association", |it: &mut WebAclAssociation| it.web_acl_arn = other_acl)
        .change("edge.association", |it: &mut WebAclAssociation| it.resource_arn = others.balancer.clone())
        .change("edge.users", |it: &mut ListenerRule| it.listener = others.listener.clone())
        .change("edge.users", |it: &mut ListenerRule| it.priority = 50)
        .change("edge.users", |it: &mut ListenerRule| it.conditions = [Condition::host(["*.example.com"])].into())
        .change("edge.users", |it: &mut ListenerRule| it.conditions.extend([proof(&newest, &before)]))
        .change("edge.shown", |it: &mut ListenerRule| it.conditions = [proof(&before, &before)].into())
        .change("edge.users", |it: &mut ListenerRule| it.action = Action::respond(404, "nobody"));
    ground.obeys(&sample).await;
}
