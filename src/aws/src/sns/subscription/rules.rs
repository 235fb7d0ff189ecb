//! What SNS would refuse of a subscription.

use infra_engine::check::{Rule, Severity, Surroundings, Violation};
use infra_values::Email;
use serde_json::Value;

use super::{Filter, Protocol, Subscription};
use crate::sns::Topic;

pub(super) static ALL: &[Rule<Subscription>] = &[
    Rule {
        code: "V50e",
        says: "only queues subscribe to a topic that keeps the order",
        source: "SNS developer guide: message delivery for FIFO topics",
        severity: Severity::Error,
        check: queues_keep_the_order,
    },
    Rule {
        code: "V51",
        says: "where a subscriber is told fits how: an address by e-mail, a URL of its own scheme, an ARN of its service",
        source: "SNS API: Subscribe",
        severity: Severity::Error,
        check: endpoint_fits,
    },
    Rule {
        code: "V51b",
        says: "Firehose, and only Firehose, is delivered to with a role",
        source: "SNS API: Subscribe, SubscriptionRoleArn",
        severity: Severity::Error,
        check: role_for_firehose,
    },
    Rule {
        code: "V52",
        says: "only queues, web servers and Firehose can be given what was published as it is",
        source: "SNS API: Subscribe, RawMessageDelivery",
        severity: Severity::Error,
        check: raw_where_it_can_be,
    },
    Rule {
        code: "V52b",
        says: "a filter is an object of 1 to 5 lists or objects, with 150 combinations of values at most",
        source: "SNS developer guide: filter policy constraints",
        severity: Severity::Error,
        check: filter_fits,
    },
];

fn queues_keep_the_order(subscription: &Subscription, around: &Surroundings<'_>) -> Vec<Violation> {
    let Subscription { topic, protocol, .. } = subscription;
    let in_code = around.of::<Topic, _>(topic).is_some_and(|topic| topic.keeps_order());
    if *protocol == Protocol::Sqs || !(in_code || topic.value().ends_with(".fifo")) {
        return Vec::new();
    }
    let way_out = "subscribe a queue, or take a topic whose name does not end in `.fifo`";
    vec![Violation::of("protocol", protocol, "the topic keeps the order", way_out)]
}

fn endpoint_fits(subscription: &Subscription, _: &Surroundings<'_>) -> Vec<Violation> {
    let Subscription { protocol, endpoint, .. } = subscription;
    // What another definition will be given is not known yet, and right by its type.
    if !matches!(serde_json::to_value(endpoint), Ok(Value::String(_))) {
        return Vec::new();
    }
    let text = endpoint.value();
    let of_service = |service: &str| {
        let mut parts = text.split(':');
        parts.next() == Some("arn") && parts.nth(1) == Some(service) && parts.count() >= 3
    };
    let digits = |number: &str| (5..=15).contains(&number.len()) && number.bytes().all(|byte| byte.is_ascii_digit());
    let (fits, way_out) = match protocol {
        Protocol::Email | Protocol::EmailJson => (text.parse::<Email>().is_ok(), "write `ops@example.com`"),
        Protocol::Http => (text.starts_with("http://"), "write `http://…`"),
        Protocol::Https => (text.starts_with("https://"), "write `https://…`"),
        Protocol::Sms => (text.strip_prefix('+').is_some_and(digits), "write `+491701234567`"),
        Protocol::Sqs => (of_service("sqs"), "write the ARN of a queue: `arn:aws:sqs:…`"),
        Protocol::Lambda => (of_service("lambda"), "write the ARN of a function: `arn:aws:lambda:…`"),
        Protocol::Firehose => (of_service("firehose"), "write the ARN of a stream: `arn:aws:firehose:…`"),
        Protocol::Application => (of_service("sns"), "write the ARN of an application's endpoint: `arn:aws:sns:…`"),
    };
    if fits {
        return Vec::new();
    }
    let wrong = format!("nobody can be told there by `{}`", protocol.word());
    vec![Violation::of("endpoint", endpoint, wrong, way_out)]
}

fn role_for_firehose(subscription: &Subscription, _: &Surroundings<'_>) -> Vec<Violation> {
    let Subscription { protocol, role, .. } = subscription;
    let (wrong, way_out) = match (*protocol == Protocol::Firehose, role.is_some()) {
        (true, false) => ("SNS may not write there", "name a role that trusts `sns.amazonaws.com`"),
        (false, true) => ("it is not for Firehose", "leave it out"),
        _ => return Vec::new(),
    };
    vec![Violation::of("role", role, wrong, way_out)]
}

fn raw_where_it_can_be(subscription: &Subscription, _: &Surroundings<'_>) -> Vec<Violation> {
    let Subscription { protocol, raw, .. } = subscription;
    let can_be = matches!(protocol, Protocol::Sqs | Protocol::Http | Protocol::Https | Protocol::Firehose);
    if !raw || can_be {
        return Vec::new();
    }
    let wrong = format!("SNS writes around what it tells by `{}`", protocol.word());
    vec![Violation::of("raw", raw, wrong, "write `false`")]
}

fn filter_fits(subscription: &Subscription, _: &Surroundings<'_>) -> Vec<Violation> {
    let policy = match &subscription.filter {
        None => return Vec::new(),
        Some(Filter::Attributes(policy) | Filter::Body(policy)) => policy,
    };
    let fields = policy.as_object().map(serde_json::Map::len).unwrap_or_default();
    let wrong = if !(1..=5).contains(&fields) {
        "it is no object with 1 to 5 fields".to_owned()
    } else {
        match combinations(policy) {
            None => "one of its values is neither a list nor an object".to_owned(),
            Some(count @ 151..) => format!("it has {count} combinations of values"),
            Some(_) => return Vec::new(),
        }
    };
    vec![Violation::of("filter", policy, wrong, "write `{\"level\": [\"critical\"]}`: each field a list of what fits")]
}

/// How many combinations of values there are. `None` where a value is neither a list nor an object.
fn combinations(policy: &Value) -> Option<usize> {
    policy.as_object()?.values().try_fold(1, |count: usize, value| {
        let fits = match value {
            Value::Array(values) => values.len(),
            _ => combinations(value)?,
        };
        Some(count.saturating_mul(fits))
    })
}
