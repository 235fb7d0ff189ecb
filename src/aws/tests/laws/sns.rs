//! Topics and subscriptions.

use infra_aws::iam::{Policy, Service, Statement};
use infra_aws::sns::{Filter, Protocol, Subscription, Topic};
use infra_engine::model::{Platform, Ref};
use infra_testkit::laws::Sample;
use serde_json::json;

use crate::ground::Ground;

const KEY: &str = "arn:aws:kms:us-east-1:000000000000:key/12345678-1234-1234-1234-123456789012";
const QUEUE: &str = "arn:aws:sqs:us-east-1:000000000000:orders";

fn stack(platform: &mut Platform, project: &str) {
    let mut stack = platform.stack("news");
    let topic = |name: &str| Topic {
        name: format!("{project}-{name}"),
        display_name: "Alarms".into(),
        policy: None,
        key: None,
        deduplicates: false,
    };
    let alarms = stack.add("alarms", topic("alarms"));
    let sealed =
        Topic { policy: Some(publish("budgets", Service::Budgets)), key: Some(Ref::known(KEY)), ..topic("sealed") };
    stack.add("sealed", sealed);
    stack.add("ordered", topic("ordered.fifo"));
    let queue = Subscription::to(alarms.id(), Protocol::Sqs, QUEUE);
    stack.add("queue", queue);
    let filter = Some(Filter::Body(json!({"order": {"level": ["critical"]}})));
    let undelivered = Some(format!("{QUEUE}-lost").into());
    let other = Subscription::to(alarms.id(), Protocol::Sqs, format!("{QUEUE}-other"));
    stack.add("filtered", Subscription { filter, undelivered, raw: true, ..other });
    let stream = "arn:aws:firehose:us-east-1:000000000000:deliverystream/orders";
    let role = Some(Ref::known("arn:aws:iam::000000000000:role/deliver"));
    stack.add("stream", Subscription { role, ..Subscription::to(alarms.id(), Protocol::Firehose, stream) });
    stack.add("people", Subscription::by_email(alarms.id(), &"ops@example.com".parse().unwrap()));
}

fn publish(name: &str, service: Service) -> Policy {
    let topic = format!("arn:aws:sns:us-east-1:000000000000:{name}");
    Policy::of([Statement::allow(["sns:Publish"]).on([topic]).to(service)])
}

#[tokio::test]
async fn sns() {
    let ground = Ground::new().await;
    let project = ground.project.clone();
    let attributes = || Some(Filter::Attributes(json!({"level": ["critical", "warning"]})));
    let sample = Sample::of(|platform| stack(platform, &project))
        .change("news.alarms", |it: &mut Topic| it.name.push('2'))
        .change("news.alarms", |it: &mut Topic| it.display_name = "Alarms of the shop".into())
        .change("news.alarms", |it: &mut Topic| it.display_name.clear())
        .change("news.alarms", |it: &mut Topic| it.policy = Some(publish("alarms", Service::Budgets)))
        .change("news.sealed", |it: &mut Topic| it.policy = Some(publish("sealed", Service::Lambda)))
        .change("news.sealed", |it: &mut Topic| it.policy = None)
        .change("news.alarms", |it: &mut Topic| it.key = Some(Ref::known(KEY)))
        .change("news.sealed", |it: &mut Topic| it.key = None)
        .change("news.ordered", |it: &mut Topic| it.deduplicates = true)
        .change("news.people", |it: &mut Subscription| it.protocol = Protocol::EmailJson)
        .change("news.queue", |it: &mut Subscription| it.endpoint = format!("{QUEUE}-2").into())
        .change("news.queue", |it: &mut Subscription| it.filter = attributes())
        .change("news.filtered", |it: &mut Subscription| it.filter = attributes())
        .change("news.filtered", |it: &mut Subscription| {
            it.filter = Some(Filter::Body(json!({"order": {"level": ["warning"]}})));
        })
        .change("news.filtered", |it: &mut Subscription| it.filter = None)
        .change("news.queue", |it: &mut Subscription| it.raw = true)
        .change("news.filtered", |it: &mut Subscription| it.raw = false)
        .change("news.stream", |it: &mut Subscription| it.role = Some(Ref::known("arn:aws:iam::000000000000:role/it")))
        .change("news.queue", |it: &mut Subscription| it.undelivered = Some(format!("{QUEUE}-lost").into()))
        .change("news.filtered", |it: &mut Subscription| it.undelivered = None);
    ground.obeys(&sample).await;
}
