//! What a live topic tells, and what its rules say.

use infra_engine::model::Address;

use super::*;
use crate::iam::{Service, Statement};

const ARN: &str = "arn:aws:sns:us-east-1:123456789012:shop-alarms";

fn topic() -> Topic {
    Topic { name: "shop-alarms".into(), display_name: "Alarms".into(), policy: None, key: None, deduplicates: false }
}

fn published_by_budgets() -> Policy {
    Statement::allow(["sns:Publish"]).to(Service::Budgets).on([ARN]).into()
}

fn live(attributes: &[(&str, String)]) -> HashMap<String, String> {
    attributes.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect()
}

#[test]
fn a_live_topic_tells_what_it_is() {
    let attributes = live(&[
        ("DisplayName", "Alarms".into()),
        ("Policy", born_with(ARN)),
        ("Owner", "123456789012".into()),
        ("SubscriptionsConfirmed", "2".into()),
    ]);
    let found = understand(ARN, Some(&attributes), Tags::new());
    assert_eq!((found.id.as_str(), found.definition), (ARN, topic()));
}

#[test]
fn what_is_written_is_read() {
    let whole = Topic {
        name: "shop-orders.fifo".into(),
        policy: Some(published_by_budgets()),
        key: Some(Ref::known("arn:aws:kms:us-east-1:123456789012:key/1")),
        deduplicates: true,
        ..topic()
    };
    let found = understand(
        "arn:aws:sns:us-east-1:123456789012:shop-orders.fifo",
        Some(&live(&whole.attributes())),
        Tags::new(),
    );
    assert_eq!(found.definition, whole);
}

#[test]
fn a_topic_is_born_with_a_policy_for_its_own_account_and_with_no_other() {
    assert!(is_born_with(ARN, &born_with(ARN)));
    for opened in [
        born_with(ARN).replace("\"AWS:SourceOwner\":\"123456789012\"", "\"AWS:SourceOwner\":\"210987654321\""),
        born_with(ARN).replace("__default_statement_ID", "open"),
        published_by_budgets().document(),
        String::new(),
    ] {
        assert!(!is_born_with(ARN, &opened), "{opened}");
    }
}

fn codes(change: impl FnOnce(&mut Topic)) -> Vec<&'static str> {
    let mut changed = topic();
    change(&mut changed);
    let address = Address::new("observability", "alarms").unwrap();
    let around = Surroundings::new(&[], &address);
    RULES.iter().flat_map(|rule| rule.violations(&changed, &around)).map(|violation| violation.code).collect()
}

const NONE: [&str; 0] = [];

#[test]
fn v50_a_name_is_plain_and_may_end_in_fifo() {
    for good in ["shop-alarms", "A_1", "orders.fifo", &"n".repeat(256)] {
        assert_eq!(codes(|topic| topic.name = good.into()), NONE, "{good}");
    }
    for bad in ["", ".fifo", "shop.alarms", "a b", "orders.fifo.old", &"n".repeat(257)] {
        assert_eq!(codes(|topic| topic.name = bad.into()), ["V50"], "{bad}");
    }
}

#[test]
fn v50b_only_what_keeps_the_order_deduplicates() {
    assert_eq!(codes(|topic| topic.deduplicates = true), ["V50b"]);
    assert_eq!(codes(|topic| (topic.name, topic.deduplicates) = ("orders.fifo".into(), true)), NONE);
}

#[test]
fn v50c_a_display_name_is_short() {
    assert_eq!(codes(|topic| topic.display_name = "n".repeat(100)), NONE);
    assert_eq!(codes(|topic| topic.display_name = "n".repeat(101)), ["V50c"]);
}

#[test]
fn v50d_a_policy_says_who_and_what() {
    let with = |statement: Statement| codes(|topic| topic.policy = Some(statement.into()));
    let publish = || Statement::allow(["sns:Publish"]);
    assert_eq!(codes(|topic| topic.policy = Some(published_by_budgets())), NONE);
    assert_eq!(with(publish().on([ARN])), ["V50d"]);
    assert_eq!(with(publish().to_everyone()), ["V50d"]);
}
