//! What a live subscription tells, and what its rules say.

use infra_engine::check::Surroundings;
use infra_engine::model::{Address, Platform};

use super::*;
use crate::sns::Topic;

const TOPIC: &str = "arn:aws:sns:us-east-1:123456789012:shop-alarms";
const QUEUE: &str = "arn:aws:sqs:us-east-1:123456789012:shop-alarms";

fn email() -> Subscription {
    Subscription::by_email(Ref::known(TOPIC), &"Ops@example.com".parse().unwrap())
}

fn queue() -> Subscription {
    let filter = Some(Filter::Body(json!({"level": ["critical"]})));
    let undelivered = Some(QUEUE.into());
    Subscription { filter, undelivered, raw: true, ..Subscription::to(Ref::known(TOPIC), Protocol::Sqs, QUEUE) }
}

fn listed(protocol: &str, endpoint: &str, arn: &str) -> Live {
    Live::builder().topic_arn(TOPIC).protocol(protocol).endpoint(endpoint).subscription_arn(arn).build()
}

#[test]
fn the_list_tells_who_waits_who_is_there_and_who_has_gone() {
    let arn = format!("{TOPIC}:1");
    let waits = listed("email", "OPS@example.com", "PendingConfirmation");
    assert_eq!(Subscription::of(&waits), Some(email()));
    assert_eq!(email().id(), format!("{TOPIC}/email/ops@example.com"));
    assert!(Standing::of(&waits) == Some(Standing::Waiting));
    assert!(Standing::of(&listed("sqs", QUEUE, &arn)) == Some(Standing::Confirmed(arn)));
    assert!(Standing::of(&listed("sqs", QUEUE, "Deleted")).is_none());
    assert_eq!(Subscription::of(&listed("pigeon", "loft", "Deleted")), None);
}

#[test]
fn a_confirmed_subscription_is_read_as_it_is_written() {
    for whole in [queue(), Subscription { filter: Some(Filter::Attributes(json!({"a": [1]}))), ..email() }, email()] {
        let written = whole.attributes().into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        let Subscription { topic, protocol, endpoint, .. } = whole.clone();
        let found = understand(Subscription::to(topic, protocol, endpoint), "arn:1", Some(&written));
        assert_eq!((&found.id, &found.definition), (&whole.id(), &whole));
        assert_eq!(found.outputs["arn"], "arn:1");
    }
    let empty = HashMap::from([(FILTER.to_owned(), "{}".to_owned())]);
    assert_eq!(understand(email(), "arn:1", Some(&empty)).definition, email());
}

#[test]
fn what_waits_for_its_confirmation_is_no_difference() {
    let waits = Found::ready(email().id(), email(), Tags::new());
    let owner = Subscription::moved_by("filter", &waits, &queue());
    assert_eq!(owner, Some("whoever has yet to confirm it"));
    assert_eq!(Subscription::moved_by("topic", &waits, &queue()), None, "it follows its topic to another one");
    assert_eq!(Subscription::moved_by("filter", &waits.with(ARN, "arn:1"), &queue()), None);
}

#[test]
fn a_scope_is_set_when_it_fits_the_filter() {
    let order = |filter| -> Vec<&str> {
        let attributes = Subscription { filter: Some(filter), ..email() }.attributes();
        attributes.iter().map(|(name, _)| *name).filter(|name| [FILTER, FILTERED].contains(name)).collect()
    };
    assert_eq!(order(Filter::Body(json!({"a": {"b": [1]}}))), [FILTERED, FILTER]);
    assert_eq!(order(Filter::Attributes(json!({"a": [1]}))), [FILTER, FILTERED]);
}

#[test]
fn a_subscription_is_named_as_the_engine_names_it() {
    let document = infra_engine::model::Document::of(&queue()).unwrap();
    assert_eq!(
        infra_engine::live::natural_key(<Subscription as infra_engine::model::Resource>::SCHEMA, &document),
        Some(queue().id())
    );
}

#[test]
fn protocols_are_written_as_they_are_in_a_definition() {
    for (protocol, word) in WORDS {
        assert_eq!(Protocol::of_word(word), Some(protocol));
        assert_eq!(serde_json::to_value(protocol).unwrap(), word);
    }
}

fn codes(of: Subscription, change: impl FnOnce(&mut Subscription)) -> Vec<&'static str> {
    let mut changed = of;
    change(&mut changed);
    let address = Address::new("observability", "ops").unwrap();
    let around = Surroundings::new(&[], &address);
    rules::ALL.iter().flat_map(|rule| rule.violations(&changed, &around)).map(|violation| violation.code).collect()
}

const NONE: [&str; 0] = [];

#[test]
fn v50e_only_queues_hear_of_what_has_an_order() {
    let ordered = || Ref::known(format!("{TOPIC}.fifo"));
    assert_eq!(codes(email(), |one| one.topic = ordered()), ["V50e"]);
    assert_eq!(codes(queue(), |one| one.topic = ordered()), NONE);

    let mut platform = Platform::new();
    let mut stack = platform.stack("observability");
    let topic =
        Topic { name: "orders.fifo".into(), display_name: String::new(), policy: None, key: None, deduplicates: false };
    let subscription = Subscription { topic: stack.add("orders", topic).id(), ..email() };
    let handle = stack.add("ops", subscription.clone());
    let definitions = platform.finish().unwrap();
    let around = Surroundings::new(&definitions, handle.address());
    assert_eq!(rules::ALL[0].violations(&subscription, &around).len(), 1);
}

#[test]
fn v51_an_endpoint_fits_its_protocol() {
    let told = |protocol, endpoint: &str| {
        let role = (protocol == Protocol::Firehose).then(|| Ref::known("arn:aws:iam::123456789012:role/sns"));
        codes(Subscription { role, ..Subscription::to(Ref::known(TOPIC), protocol, endpoint) }, |_| ())
    };
    for (protocol, good, bad) in [
        (Protocol::Email, "ops@example.com", "ops"),
        (Protocol::EmailJson, "ops@example.com", "https://example.com"),
        (Protocol::Http, "http://example.com", "https://example.com"),
        (Protocol::Https, "https://example.com", "http://example.com"),
        (Protocol::Sms, "+491701234567", "01701234567"),
        (Protocol::Sqs, QUEUE, "https://sqs.us-east-1.amazonaws.com/123456789012/shop"),
        (Protocol::Lambda, "arn:aws:lambda:us-east-1:123456789012:function:shop", QUEUE),
        (Protocol::Firehose, "arn:aws:firehose:us-east-1:123456789012:deliverystream/shop", "shop"),
        (Protocol::Application, "arn:aws:sns:us-east-1:123456789012:endpoint/GCM/shop/1", "shop"),
    ] {
        assert_eq!(told(protocol, good), NONE, "{good}");
        assert_eq!(told(protocol, bad), ["V51"], "{bad}");
    }
    let function = Ref::output(Address::new("loadtest", "function").unwrap(), "arn");
    assert_eq!(codes(Subscription::by_call(Ref::known(TOPIC), function), |_| ()), NONE);
}

#[test]
fn v51b_firehose_has_a_role_and_nothing_else_has() {
    let stream = "arn:aws:firehose:us-east-1:123456789012:deliverystream/shop";
    assert_eq!(codes(Subscription::to(Ref::known(TOPIC), Protocol::Firehose, stream), |_| ()), ["V51b"]);
    assert_eq!(codes(email(), |one| one.role = Some(Ref::known("arn:aws:iam::123456789012:role/sns"))), ["V51b"]);
}

#[test]
fn v52_only_some_can_be_told_as_it_is() {
    assert_eq!(codes(queue(), |one| one.raw = true), NONE);
    assert_eq!(codes(email(), |one| one.raw = true), ["V52"]);
}

#[test]
fn v52b_a_filter_is_an_object_of_lists() {
    let with = |policy: Value| codes(email(), |one| one.filter = Some(Filter::Body(policy)));
    let values = |count: u32| (0..count).collect::<Vec<_>>();
    for good in [json!({"level": ["critical"]}), json!({"a": {"b": [1, 2]}}), json!({"a": values(15), "b": values(10)})]
    {
        assert_eq!(with(good), NONE);
    }
    let many = (0..6).map(|number| (number.to_string(), json!([1]))).collect();
    for bad in [json!({}), json!([]), json!({"a": 1}), json!({"a": values(151)}), Value::Object(many)] {
        assert_eq!(with(bad), ["V52b"]);
    }
}
