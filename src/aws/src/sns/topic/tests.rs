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
    assert_eq!(divided(ARN, &born_with(ARN)), (None, vec![]));
    let opened = born_with(ARN).replace("\"AWS:SourceOwner\":\"123456789012\"", "\"AWS:SourceOwner\":\"210987654321\"");
    for foreign in [opened, born_with(ARN).replace(BORN_WITH, "open")] {
        let (ours, others) = divided(ARN, &foreign);
        assert_eq!((ours, others.len()), (Some(Policy::of([])), 1), "{foreign}");
    }
    let ours = policy_with(ARN, Some(&published_by_budgets()), Some(&born_with(ARN)));
    assert_eq!(divided(ARN, &ours), (Some(published_by_budgets()), vec![]), "ours takes its place");
    assert_eq!(policy_with(ARN, None, Some(&ours)), born_with(ARN));
}

#[test]
fn what_others_have_a_policy_say_stays() {
    let theirs = Policy::from(Statement::allow(["sns:Publish"]).to(Service::Lambda).on([ARN]).named("Theirs"));
    let told = vec!["statement Theirs, which allows sns:Publish to lambda.amazonaws.com".to_owned()];
    let beside_what_it_is_born_with = policy_with(ARN, None, Some(&theirs.document()));
    assert_eq!(divided(ARN, &beside_what_it_is_born_with), (None, told.clone()));
    let beside_ours = policy_with(ARN, Some(&published_by_budgets()), Some(&beside_what_it_is_born_with));
    assert_eq!(divided(ARN, &beside_ours), (Some(published_by_budgets()), told.clone()));
    assert_eq!(divided(ARN, &policy_with(ARN, None, Some(&beside_ours))), (None, told));
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

#[test]
fn v50e_names_of_statements_are_ours_or_none() {
    let with = |name: &str| {
        let publish = Statement::allow(["sns:Publish"]).to(Service::Budgets).on([ARN]);
        codes(|topic| topic.policy = Some(publish.named(name).into()))
    };
    assert_eq!((with("InfraPublish"), with("Publish")), (NONE.to_vec(), vec!["V50f"]));
}
