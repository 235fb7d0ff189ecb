//! Web ACLs.

use std::collections::BTreeMap;

use infra_aws::waf::{Answer, Inspection, RateRule, WebAcl, WebAclRule, Window};
use infra_engine::live::Behaviour;

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
