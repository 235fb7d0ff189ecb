//! A small judge of policies, for tests: what AWS's own evaluation of identity policies says of one request, as far as
//! these policies go. <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html>
//!
//! It is written from AWS's description and knows nothing of how the policies are made; an operator that it does not know
//! fails the test.

use std::collections::BTreeMap;

use serde_json::Value;

/// A request as IAM sees it: one action on one resource, with what is known of both.
#[derive(Clone, Debug)]
pub(super) struct Request {
    action: String,
    resource: String,
    keys: BTreeMap<String, Vec<String>>,
}

impl Request {
    /// An action on a resource, by nobody in particular.
    pub(super) fn new(action: &str, resource: &str) -> Request {
        Request { action: action.into(), resource: resource.into(), keys: BTreeMap::new() }
    }

    /// The same with a key of its context.
    pub(super) fn with(mut self, key: &str, value: &str) -> Request {
        self.keys.entry(key.to_lowercase()).or_default().push(value.into());
        self
    }
}

/// True when the documents allow a request and none of them denies it.
pub(super) fn allows(documents: &[Value], request: &Request) -> bool {
    let statements: Vec<&Value> =
        documents.iter().flat_map(|document| document["Statement"].as_array().unwrap()).collect();
    let says = |effect: &str| statements.iter().any(|one| one["Effect"] == effect && is_about(one, request));
    !says("Deny") && says("Allow")
}

fn is_about(statement: &Value, request: &Request) -> bool {
    let action =
        texts(&statement["Action"]).iter().any(|one| matches(&one.to_lowercase(), &request.action.to_lowercase()));
    let resource = texts(&statement["Resource"]).iter().any(|one| matches(one, &request.resource));
    let operators = statement["Condition"].as_object().into_iter().flatten();
    action
        && resource
        && operators.into_iter().all(|(operator, keys)| {
            let keys = keys.as_object().unwrap();
            keys.iter().all(|(key, values)| holds(operator, key, &texts(values), request))
        })
}

fn holds(operator: &str, key: &str, values: &[String], request: &Request) -> bool {
    let actual = request.keys.get(&key.to_lowercase());
    if operator == "Null" {
        return actual.is_none().to_string() == values[0];
    }
    let (operator, if_exists) = match operator.strip_suffix("IfExists") {
        Some(operator) => (operator, true),
        None => (operator, false),
    };
    let (any, operator) = match operator.strip_prefix("ForAnyValue:") {
        Some(operator) => (true, operator),
        None => (false, operator),
    };
    let Some(actual) = actual else { return if_exists || (!any && operator.contains("Not")) };
    assert!(any || actual.len() == 1, "{key} has several values, and {operator} compares one");
    actual.iter().any(|actual| match operator {
        "StringEquals" => values.contains(actual),
        "StringNotEquals" => !values.contains(actual),
        "StringLike" | "ArnLike" | "ArnEquals" => values.iter().any(|value| matches(value, actual)),
        "ArnNotLike" => !values.iter().any(|value| matches(value, actual)),
        "Bool" => values.contains(actual),
        other => panic!("the judge does not know {other}"),
    })
}

fn texts(value: &Value) -> Vec<String> {
    match value {
        Value::Array(several) => several.iter().map(|one| one.as_str().unwrap().to_owned()).collect(),
        one => vec![one.as_str().unwrap().to_owned()],
    }
}

/// `*` is any characters, `?` is one.
fn matches(pattern: &str, text: &str) -> bool {
    match pattern.chars().next() {
        None => text.is_empty(),
        Some('*') => {
            let rest = &pattern[1..];
            matches(rest, text) || text.chars().next().is_some_and(|first| matches(pattern, &text[first.len_utf8()..]))
        }
        Some(first) => {
            let found = text.chars().next().filter(|found| first == '?' || *found == first);
            found.is_some_and(|found| matches(&pattern[first.len_utf8()..], &text[found.len_utf8()..]))
        }
    }
}

#[test]
fn the_judge_judges_as_aws_does() {
    let document = |effect: &str, condition: &str| {
        let condition: Value = serde_json::from_str(condition).unwrap();
        serde_json::json!({ "Statement": [
            { "Effect": effect, "Action": "s3:Get*", "Resource": "arn:aws:s3:::b/*", "Condition": condition },
        ]})
    };
    let request = Request::new("s3:GetObject", "arn:aws:s3:::b/k").with("aws:ResourceTag/o", "us");
    let allowed = |condition: &str| allows(&[document("Allow", condition)], &request);
    assert!(allowed("{}"));
    assert!(allowed(r#"{"StringEquals": {"aws:resourcetag/o": ["them", "us"]}}"#));
    assert!(!allowed(r#"{"StringEquals": {"aws:ResourceTag/p": "us"}}"#), "a key that is not there is not equal");
    assert!(allowed(r#"{"StringEqualsIfExists": {"aws:ResourceTag/p": "us"}}"#));
    assert!(!allowed(r#"{"StringEqualsIfExists": {"aws:ResourceTag/o": "them"}}"#));
    assert!(allowed(r#"{"StringNotEquals": {"aws:ResourceTag/p": "us"}}"#), "and not unequal to nothing");
    assert!(allowed(r#"{"Null": {"aws:ResourceTag/p": "true"}}"#));
    assert!(!allowed(r#"{"ForAnyValue:StringLike": {"aws:TagKeys": "infra:*"}}"#));
    assert!(!allows(&[document("Allow", "{}"), document("Deny", "{}")], &request), "what is denied stays denied");
    assert!(!allows(&[document("Allow", "{}")], &Request::new("s3:PutObject", "arn:aws:s3:::b/k")));
    assert!(!allows(&[document("Allow", "{}")], &Request::new("s3:GetObject", "arn:aws:s3:::c/k")));
}
