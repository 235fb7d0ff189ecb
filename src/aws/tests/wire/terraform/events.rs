//! Rules of EventBridge, what they call, and that they may.

use infra_aws::events::{EventRule, EventTarget, Retries};
use infra_aws::iam::Service;
use infra_aws::lambda::{FunctionArn, Permission};
use infra_engine::live::Behaviour;
use infra_engine::model::Ref;

use super::Difference::{Ours, Theirs};
use super::{OWNERSHIP, Recorded, order};
use crate::server::{Server, aws, json};

const BUS: &str = "where no bus is named, it is this one";

async fn server() -> Server {
    let nothing = r#"{"__type": "ResourceNotFoundException", "message": "Rule shop-nightly does not exist."}"#;
    Server::answering([("AWSEvents.DescribeRule", json(400, nothing)), ("", json(200, "{}"))]).await
}

#[tokio::test]
async fn a_rule() {
    let server = server().await;
    let rule = EventRule {
        name: "shop-nightly".into(),
        description: "Each night".into(),
        schedule: Some("cron(0 2 * * ? *)".parse().unwrap()),
        pattern: None,
        enabled: true,
    };
    EventRule::create(&aws(&server.url).await, &order(rule)).await.unwrap();
    Recorded {
        call: "AWSEvents.PutRule",
        body: include_str!("recorded/event-rule.json"),
        sets: &[],
        differences: &[
            Ours("Tags", OWNERSHIP),
            Ours("State", "whether it is enabled is said, as it is in the definition"),
            Theirs("EventBusName", BUS),
        ],
    }
    .check(&server);
}

#[tokio::test]
async fn what_a_rule_calls() {
    let server = server().await;
    let function: Ref<FunctionArn> = Ref::known("arn:aws:lambda:eu-central-1:123456789012:function:shop-loadtest");
    let target = EventTarget {
        rule: Ref::known("shop-nightly"),
        name: "load-test".into(),
        calls: function.into(),
        role: None,
        input: None,
        retries: Retries::USUAL,
    };
    EventTarget::create(&aws(&server.url).await, &order(target)).await.unwrap();
    Recorded {
        call: "AWSEvents.PutTargets",
        body: include_str!("recorded/event-target.json"),
        sets: &[],
        differences: &[Theirs("EventBusName", BUS)],
    }
    .check(&server);
}

#[tokio::test]
async fn that_a_rule_may_call() {
    let server = server().await;
    let permission = Permission {
        function: Ref::known("shop-loadtest"),
        statement: "nightly".into(),
        action: "lambda:InvokeFunction".into(),
        principal: Service::Events,
        source: Some("arn:aws:events:eu-central-1:123456789012:rule/shop-nightly".into()),
        source_account: None,
    };
    Permission::create(&aws(&server.url).await, &order(permission)).await.unwrap();
    Recorded {
        call: "POST /2015-03-31/functions/shop-loadtest/policy HTTP",
        body: include_str!("recorded/permission.json"),
        sets: &[],
        differences: &[],
    }
    .check(&server);
}
