//! Load balancers, their listeners and rules.

use std::collections::BTreeSet;

use infra_aws::elb::{
    Action, AddressFamily, Condition, Desync, Listener, ListenerRule, LoadBalancer, Scheme, Serves, TlsPolicy,
};
use infra_engine::live::Behaviour;
use infra_engine::model::Ref;

use super::Difference::{Ours, Theirs};
use super::{OWNERSHIP, Recorded, order};
use crate::server::{Server, aws, xml};

const BALANCER: &str = "arn:aws:elasticloadbalancing:eu-central-1:123456789012:loadbalancer/app/shop/50dc6c495c0c9188";
const LISTENER: &str =
    "arn:aws:elasticloadbalancing:eu-central-1:123456789012:listener/app/shop/50dc6c495c0c9188/zpmavt5f02ii7yz6";
const GROUP: &str = "arn:aws:elasticloadbalancing:eu-central-1:123456789012:targetgroup/shop-web/73e2d6bc24d8a067";
const SAID: &str = "what AWS would choose is said, as it is in the definition";
const FORWARD: &str = "one group is said in the way that several are";
const ONE: &str = "one action needs no order";

async fn server() -> Server {
    let nothing = "<ErrorResponse><Error><Type>Sender</Type><Code>LoadBalancerNotFound</Code><Message>None.</Message>\
                   </Error></ErrorResponse>";
    let made = |action: &str, list: &str, arn: &str| {
        let item = format!("<{list}><member><{arn}>arn</{arn}></member></{list}>");
        xml(200, &format!("<{action}Response><{action}Result>{item}</{action}Result></{action}Response>"))
    };
    let replies = [
        ("Action=DescribeLoadBalancers", xml(400, nothing)),
        ("Action=DescribeListeners", xml(400, nothing)),
        ("Action=CreateLoadBalancer", made("CreateLoadBalancer", "LoadBalancers", "LoadBalancerArn")),
        ("Action=CreateListener", made("CreateListener", "Listeners", "ListenerArn")),
        ("Action=CreateRule", made("CreateRule", "Rules", "RuleArn")),
    ];
    Server::answering(replies).await
}

#[tokio::test]
async fn creating_a_load_balancer() {
    let server = server().await;
    let balancer = LoadBalancer {
        name: "shop".into(),
        scheme: Scheme::InternetFacing,
        subnets: ["subnet-0a1b2c3d4e5f60718", "subnet-0a1b2c3d4e5f60719"].map(Ref::known).into(),
        security_groups: BTreeSet::from([Ref::known("sg-0a1b2c3d4e5f60718")]),
        addresses: AddressFamily::Ipv4,
        idle_seconds: 120,
        http2: true,
        drops_invalid_headers: true,
        desync: Desync::Defensive,
        deletion_protection: false,
        access_logs: None,
    };
    LoadBalancer::create(&aws(&server.url).await, &order(balancer)).await.unwrap();
    Recorded {
        call: "Action=CreateLoadBalancer",
        body: include_str!("recorded/balancer-create.txt"),
        sets: &[],
        differences: &[Ours("Tags", OWNERSHIP), Ours("Scheme", SAID), Ours("IpAddressType", SAID)],
    }
    .check(&server);
}

#[tokio::test]
async fn creating_a_listener_that_sends_to_https() {
    let server = server().await;
    let http =
        Listener { load_balancer: Ref::known(BALANCER), port: 80, serves: Serves::Http, action: Action::to_https() };
    Listener::create(&aws(&server.url).await, &order(http)).await.unwrap();
    Recorded {
        call: "Action=CreateListener",
        body: include_str!("recorded/listener-http.txt"),
        sets: &[],
        differences: &[Ours("Tags", OWNERSHIP), Theirs("DefaultActions.member.Order", ONE)],
    }
    .check(&server);
}

#[tokio::test]
async fn creating_a_listener_with_a_certificate() {
    let server = server().await;
    let certificate = "arn:aws:acm:eu-central-1:123456789012:certificate/3e1f5c4a-9d8b-4b57-8d5e-0c6a1b2c3d4e";
    let policy = TlsPolicy::named("ELBSecurityPolicy-TLS13-1-2-2021-06");
    let https = Listener {
        load_balancer: Ref::known(BALANCER),
        port: 443,
        serves: Serves::Https { certificate: Ref::known(certificate), policy },
        action: Action::respond(404, "Nothing here"),
    };
    Listener::create(&aws(&server.url).await, &order(https)).await.unwrap();
    Recorded {
        call: "Action=CreateListener",
        body: include_str!("recorded/listener-https.txt"),
        sets: &[],
        differences: &[Ours("Tags", OWNERSHIP), Theirs("DefaultActions.member.Order", ONE)],
    }
    .check(&server);
}

#[tokio::test]
async fn creating_a_rule() {
    let server = server().await;
    let rule = ListenerRule {
        listener: Ref::known(LISTENER),
        priority: 10,
        conditions: [Condition::path(["/web/*"])].into(),
        action: Action::forward(Ref::known(GROUP)),
    };
    ListenerRule::create(&aws(&server.url).await, &order(rule)).await.unwrap();
    Recorded {
        call: "Action=CreateRule",
        body: include_str!("recorded/listener-rule.txt"),
        sets: &[],
        differences: &[
            Ours("Tags", OWNERSHIP),
            Theirs("Actions.member.Order", ONE),
            Theirs("Actions.member.TargetGroupArn", FORWARD),
            Ours("Actions.member.ForwardConfig", FORWARD),
        ],
    }
    .check(&server);
}
