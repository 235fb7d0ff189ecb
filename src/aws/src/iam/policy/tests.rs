//! Policies that say the same are equal, however they are written; nothing that they say is lost.

use infra_engine::model::{Address, Document, Ref};
use serde_json::json;

use super::*;
use crate::iam::RoleArn;

fn policy(statement: Value) -> Policy {
    Policy::parse(&json!({"Version": "2012-10-17", "Statement": statement}).to_string())
}

fn check_same(one: Value, other: Value) {
    let (one, other) = (policy(one), policy(other));
    assert!(matches!(one, Policy::Statements(_)), "{one:?}");
    assert_eq!(one, other);
    assert_eq!(one.document(), other.document());
}

fn check_raw(text: &str) {
    let policy = Policy::parse(text);
    assert!(matches!(policy, Policy::Raw(_)), "{policy:?}");
    assert_eq!(
        serde_json::from_str::<Value>(&policy.document()).unwrap(),
        serde_json::from_str::<Value>(text).unwrap()
    );
}

#[test]
fn one_thing_is_a_list_of_one() {
    check_same(
        json!({"Effect": "Allow", "Action": "s3:Get*", "Resource": "*"}),
        json!([{"Effect": "Allow", "Action": ["s3:Get*"], "Resource": ["*"]}]),
    );
}

#[test]
fn lists_have_no_order_and_no_repetitions() {
    check_same(
        json!([
            {"Effect": "Allow", "Action": ["s3:B", "s3:A", "s3:A"], "Resource": ["arn:2", "arn:1"]},
            {"Effect": "Deny", "Action": "s3:C", "Resource": "*"},
        ]),
        json!([
            {"Resource": "*", "Action": "s3:C", "Effect": "Deny"},
            {"Effect": "Allow", "Action": ["s3:A", "s3:B"], "Resource": ["arn:1", "arn:2"]},
        ]),
    );
}

#[test]
fn conditions_compare_texts() {
    check_same(
        json!({"Effect": "Deny", "Action": "s3:*", "Resource": "*",
               "Condition": {"Bool": {"aws:SecureTransport": false}, "NumericLessThan": {"s3:max-keys": 10}}}),
        json!({"Effect": "Deny", "Action": "s3:*", "Resource": "*",
               "Condition": {"NumericLessThan": {"s3:max-keys": ["10"]}, "Bool": {"aws:SecureTransport": ["false"]}}}),
    );
}

#[test]
fn what_says_something_else_is_not_equal() {
    let allow = json!({"Effect": "Allow", "Action": "s3:Get*", "Resource": "*"});
    for (field, value) in [
        ("Effect", json!("Deny")),
        ("Action", json!("s3:*")),
        ("Resource", json!(["*", "arn:1"])),
        ("Sid", json!("Read")),
        ("Principal", json!("*")),
        ("Condition", json!({"Bool": {"aws:SecureTransport": "true"}})),
    ] {
        let mut other = allow.clone();
        other[field] = value;
        assert_ne!(policy(allow.clone()), policy(other), "{field}");
    }
}

#[test]
fn what_the_types_cannot_say_is_kept_whole() {
    check_raw(r#"{"Version":"2008-10-17","Statement":[]}"#);
    check_raw(r#"{"Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"*"}]}"#);
    check_raw(r#"{"Version":"2012-10-17","Id":"mine","Statement":[]}"#);
    check_raw(r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","NotAction":"iam:*","Resource":"*"}}"#);
    check_raw(r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:*","NotResource":"arn:1"}}"#);
    check_raw(r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"Robot":"1"},"Action":"s3:*"}}"#);
    assert_eq!(Policy::parse("not JSON"), Policy::Raw(json!("not JSON")));
}

#[test]
fn raw_policies_are_compared_as_json() {
    let one = Policy::parse(r#"{"Id": "mine", "Version": "2012-10-17", "Statement": []}"#);
    assert_eq!(one, Policy::parse(r#"{"Version":"2012-10-17","Statement":[],"Id":"mine"}"#));
    assert_ne!(one, Policy::parse(r#"{"Version":"2012-10-17","Statement":[],"Id":"yours"}"#));
}

#[test]
fn url_encoding_is_taken_off_and_nothing_more() {
    let plain = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:*","Resource":"arn:a+b%20c"}}"#;
    let encoded = percent_encoding::utf8_percent_encode(plain, percent_encoding::NON_ALPHANUMERIC).to_string();
    assert_eq!(Policy::parse(&encoded), Policy::parse(plain));
    assert!(Policy::parse(&encoded).document().contains("arn:a+b%20c"));
}

#[test]
fn it_is_sent_minified_and_understood_again() {
    let trust = Policy::trust(Service::EcsTasks);
    let sent = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":["ecs-tasks.amazonaws.com"]},"Action":["sts:AssumeRole"]}]}"#;
    assert_eq!(trust.document(), sent);
    assert_eq!(Policy::parse(sent), trust);
}

#[test]
fn the_builders_say_every_part() {
    let built = Policy::from(
        Statement::deny(["s3:*"])
            .named("OnlyEncrypted")
            .on([Pattern::any()])
            .to(Service::Lambda)
            .to(Principal::account("123456789012"))
            .when("Bool", "aws:SecureTransport", [false]),
    );
    let said = policy(json!({
        "Sid": "OnlyEncrypted", "Effect": "Deny", "Action": "s3:*", "Resource": "*",
        "Principal": {"Service": "lambda.amazonaws.com", "AWS": "arn:aws:iam::123456789012:root"},
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }));
    assert_eq!(built, said);
}

#[test]
fn references_survive_the_document_and_stand_in_order_once_they_are_known() {
    let role = |name: &str| Ref::<RoleArn>::output(Address::new("stack", name).unwrap(), "arn");
    let written = Policy::from(Statement::allow(["sts:AssumeRole"]).on([role("a"), role("b")]));
    let document = Document::of(&written).unwrap();
    assert_eq!(document.references().len(), 2);
    assert_eq!(document.reveal::<Policy>().unwrap(), written);

    let known =
        document.resolve(&|reference| Some(if reference.address.name() == "a" { "arn:2" } else { "arn:1" }.into()));
    let expected = Policy::from(Statement::allow(["sts:AssumeRole"]).on(["arn:1", "arn:2"]));
    assert_eq!(known.reveal::<Policy>().unwrap(), expected);
}

#[test]
fn trust_is_seen_where_it_is() {
    let both = Policy::from(Statement::allow(["sts:AssumeRole"]).to(Service::Lambda).to(Service::Ec2));
    assert!(both.trusts(&Service::Lambda) && both.trusts(&Service::Ec2) && !both.trusts(&Service::EcsTasks));
    assert!(!Policy::from(Statement::deny(["sts:AssumeRole"]).to(Service::Ec2)).trusts(&Service::Ec2));
    assert!(!Policy::from(Statement::allow(["sts:TagSession"]).to(Service::Ec2)).trusts(&Service::Ec2));
    assert!(Policy::Raw(json!({})).trusts(&Service::Ec2), "what cannot be judged is not refused");
}
