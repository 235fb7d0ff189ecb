//! Target groups.

use infra_aws::elb::{Algorithm, HealthCheck, Protocol, ProtocolVersion, Stickiness, TargetGroup, TargetKind};
use infra_engine::live::Behaviour;
use infra_engine::model::Ref;

use super::Difference::{Other, Ours};
use super::{OWNERSHIP, Recorded, found, order};
use crate::server::{Reply, Server, aws, xml};

const ARN: &str = "arn:aws:elasticloadbalancing:eu-central-1:123456789012:targetgroup/shop-web/73e2d6bc24d8a067";

fn group() -> TargetGroup {
    TargetGroup {
        name: "shop-web".into(),
        vpc: Ref::known("vpc-0a1b2c3d4e5f60718"),
        port: 8000,
        protocol: Protocol::Http,
        version: ProtocolVersion::Http1,
        targets: TargetKind::Ip,
        health_check: HealthCheck {
            interval_seconds: 15,
            timeout_seconds: 5,
            healthy_after: 2,
            unhealthy_after: 3,
            success: "200-299".parse().unwrap(),
            ..HealthCheck::at("/health")
        },
        deregistration_seconds: 30,
        algorithm: Algorithm::LeastOutstandingRequests,
        anomaly_mitigation: false,
        slow_start_seconds: 0,
        stickiness: Stickiness::LoadBalancerCookie { seconds: 3600 },
    }
}

async fn server() -> Server {
    let nothing = "<ErrorResponse><Error><Type>Sender</Type><Code>TargetGroupNotFound</Code><Message>None.</Message>\
                   </Error></ErrorResponse>";
    let made = format!(
        "<CreateTargetGroupResponse><CreateTargetGroupResult><TargetGroups><member>\
         <TargetGroupArn>{ARN}</TargetGroupArn></member></TargetGroups></CreateTargetGroupResult>\
         </CreateTargetGroupResponse>"
    );
    let replies = [
        ("Action=DescribeTargetGroups", xml(400, nothing)),
        ("Action=CreateTargetGroup", xml(200, &made)),
        ("Action=", Reply::Done),
    ];
    Server::answering(replies).await
}

#[tokio::test]
async fn creating() {
    let server = server().await;
    TargetGroup::create(&aws(&server.url).await, &order(group())).await.unwrap();
    Recorded {
        call: "Action=CreateTargetGroup",
        body: include_str!("recorded/target-group-create.txt"),
        sets: &[],
        differences: &[Ours("Tags", OWNERSHIP), Other("ProtocolVersion", "HTTP1 is what an empty text stands for")],
    }
    .check(&server);
}

/// A new group has AWS's own attributes, and is given its own by a change.
#[tokio::test]
async fn giving_it_its_attributes() {
    let server = server().await;
    let begins = TargetGroup {
        deregistration_seconds: 300,
        algorithm: Algorithm::RoundRobin,
        stickiness: Stickiness::Off,
        ..group()
    };
    TargetGroup::update(&aws(&server.url).await, &found(ARN, begins, &[]), &group()).await.unwrap();
    Recorded {
        call: "Action=ModifyTargetGroupAttributes",
        body: include_str!("recorded/target-group-attributes.txt"),
        sets: &[],
        differences: &[],
    }
    .check(&server);
}

#[tokio::test]
async fn changing_the_health_check() {
    let server = server().await;
    let check = HealthCheck { interval_seconds: 20, ..group().health_check };
    let wanted = TargetGroup { health_check: check, ..group() };
    TargetGroup::update(&aws(&server.url).await, &found(ARN, group(), &[]), &wanted).await.unwrap();
    Recorded {
        call: "Action=ModifyTargetGroup&",
        body: include_str!("recorded/target-group-modify.txt"),
        sets: &[],
        differences: &[],
    }
    .check(&server);
}
