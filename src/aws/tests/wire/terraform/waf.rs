//! Web ACLs.

use std::collections::BTreeMap;

use infra_aws::elb::LoadBalancerArn;
use infra_aws::waf::{Answer, Inspection, RateRule, WebAcl, WebAclArn, WebAclAssociation, WebAclRule, Window};
use infra_engine::live::{Ask, Behaviour};
use infra_engine::model::Ref;

use super::Difference::{Other, Ours, Theirs};
use super::{Difference, OWNERSHIP, Recorded, found, order};
use crate::server::{Server, aws, json};

const ID: &str = "00000000-0000-0000-0000-000000000001";
const EMPTY: &str = "an empty object says as much as nothing";

/// How all messages with a web ACL in them differ.
const ALWAYS: &[Difference] = &[
    Theirs("CaptchaConfig", EMPTY),
    Theirs("ChallengeConfig", EMPTY),
    Other("Rules.VisibilityConfig.MetricName", "a rule's metric bears the rule's name"),
];

fn acl(sign_ins: u32) -> WebAcl {
    let rule = |priority, requests, path: Option<&str>, answer| WebAclRule {
        priority,
        inspection: Inspection::Rate(RateRule { requests, window: Window::OneMinute, path: path.map(str::to_owned) }),
        answer,
    };
    WebAcl {
        rules: BTreeMap::from([
            ("sign-in".into(), rule(0, sign_ins, Some("/auth"), Answer::Block)),
            ("everything".into(), rule(1, 6000, None, Answer::Count)),
        ]),
        ..WebAcl::open("shop", "Limits for each address")
    }
}

/// WAF with the web ACL in it, as Terraform has made it.
async fn server() -> Server {
    let mut live: serde_json::Value = serde_json::from_str(include_str!("recorded/web-acl-create.json")).unwrap();
    live["Id"] = ID.into();
    live["ARN"] = format!("arn:aws:wafv2:us-east-1:123456789012:global/webacl/shop/{ID}").into();
    let live = serde_json::json!({"WebACL": live, "LockToken": "00000000-0000-0000-0000-000000000002"});
    let made = format!(r#"{{"Summary": {{"Id": "{ID}"}}}}"#);
    let replies = [
        ("AWSWAF_20190729.GetWebACL", json(200, &live.to_string())),
        ("AWSWAF_20190729.CreateWebACL", json(200, &made)),
        ("AWSWAF_20190729.", json(200, "{}")),
    ];
    Server::answering(replies).await
}

#[tokio::test]
async fn creating() {
    let server = server().await;
    WebAcl::create(&aws(&server.url).await, &order(acl(600))).await.unwrap();
    Recorded {
        call: "AWSWAF_20190729.CreateWebACL",
        body: include_str!("recorded/web-acl-create.json"),
        sets: &["Rules"],
        differences: &[ALWAYS, &[Ours("Tags", OWNERSHIP)]].concat(),
    }
    .check(&server);
}

#[tokio::test]
async fn changing() {
    let server = server().await;
    let live = found(ID, acl(600), &[]);
    WebAcl::update(&aws(&server.url).await, &live, &acl(900)).await.unwrap();
    Recorded {
        call: "AWSWAF_20190729.UpdateWebACL",
        body: include_str!("recorded/web-acl-update.json"),
        sets: &["Rules"],
        differences: ALWAYS,
    }
    .check(&server);
}

#[tokio::test]
async fn deleting() {
    let server = server().await;
    WebAcl::delete(&aws(&server.url).await, &found(ID, acl(600), &[])).await.unwrap();
    let body = include_str!("recorded/web-acl-delete.json");
    Recorded { call: "AWSWAF_20190729.DeleteWebACL", body, sets: &[], differences: &[] }.check(&server);
}

const BALANCER: &str = "arn:aws:elasticloadbalancing:us-east-1:123456789012:loadbalancer/app/shop/50dc6c495c0c9188";
const REGIONAL: &str = "arn:aws:wafv2:us-east-1:123456789012:regional/webacl/shop/1";

/// The provider's `aws_wafv2_web_acl_association`: one call with both ARNs, and one with the resource's. It makes another
/// association where the web ACL changes, so that for a moment there is none; here the same call puts it in the place of
/// the other.
#[tokio::test]
async fn a_load_balancer_and_its_web_acl() {
    let web_acl = serde_json::json!({"WebACL": {
        "ARN": REGIONAL, "Id": "1", "Name": "shop", "DefaultAction": {"Allow": {}},
        "VisibilityConfig": {"SampledRequestsEnabled": true, "CloudWatchMetricsEnabled": true, "MetricName": "shop"},
    }});
    let server = Server::answering([
        ("AWSWAF_20190729.GetWebACLForResource", json(200, &web_acl.to_string())),
        ("AWSWAF_20190729.", json(200, "{}")),
    ])
    .await;
    let aws = aws(&server.url).await;
    let association = |acl: &str| {
        let (resource_arn, web_acl_arn) = (Ref::<LoadBalancerArn>::known(BALANCER), Ref::<WebAclArn>::known(acl));
        WebAclAssociation { resource_arn, web_acl_arn }
    };
    let ask = Ask::only([BALANCER.to_owned()]);
    let live = WebAclAssociation::read(&aws, &ask).await.unwrap().pop().unwrap();
    assert_eq!((live.id.as_str(), &live.definition), (BALANCER, &association(REGIONAL)));
    assert_eq!(WebAclAssociation::create(&aws, &order(association(REGIONAL))).await.unwrap(), BALANCER);
    WebAclAssociation::update(&aws, &live, &association("arn:other")).await.unwrap();
    WebAclAssociation::delete(&aws, &live).await.unwrap();

    let sent = server.requests().into_iter().map(|request| {
        let target = request.lines().find_map(|line| line.strip_prefix("x-amz-target: AWSWAF_20190729."));
        let body = request.split_once("\r\n\r\n").map(|(_, body)| serde_json::from_str(body).unwrap());
        (target.unwrap_or_default().to_owned(), body.unwrap_or_default())
    });
    let both = |acl: &str| serde_json::json!({"WebACLArn": acl, "ResourceArn": BALANCER});
    let alone = || serde_json::json!({"ResourceArn": BALANCER});
    let wanted = [
        ("GetWebACLForResource", alone()),
        ("AssociateWebACL", both(REGIONAL)),
        ("AssociateWebACL", both("arn:other")),
        ("DisassociateWebACL", alone()),
    ];
    assert_eq!(Vec::from_iter(sent), wanted.map(|(call, body)| (call.to_owned(), body)));
}
