//! The tags: everything that can bear some says what it is called, whose it is and where it belongs.

use serde_json::{Value, json};

use super::named;
use crate::support::{Comparison, tag};

/// What can bear tags, and nobody but the program makes any of.
const KINDS: [&str; 31] = [
    "addresses",
    "alarms",
    "cache parameter groups",
    "cache subnet groups",
    "clusters",
    "database parameter groups",
    "database subnet groups",
    "databases",
    "distributions",
    "event rules",
    "flow logs",
    "functions",
    "instance profiles",
    "listener rules",
    "listeners",
    "load balancers",
    "log deliveries",
    "log destinations",
    "log groups",
    "log sources",
    "nat gateways",
    "replication groups",
    "scalable targets of ecs",
    "services",
    "spot fleets",
    "target groups",
    "task definitions",
    "topics",
    "web acls",
    "budgets",
    "anomaly monitors",
];

/// What can bear tags, and of which an account has some of its own: those without an owner are not ours.
const OTHERS: [(&str, usize); 7] = [
    ("buckets", 3),
    ("internet gateways", 1),
    ("roles", 17),
    ("route tables", 4),
    ("security groups", 10),
    ("subnets", 6),
    ("vpcs", 1),
];

pub fn compare(all: &mut Comparison<'_>) {
    for kind in KINDS {
        for resource in all.live.all(kind) {
            bears(all, kind, resource);
        }
    }
    for (kind, number) in OTHERS {
        let ours: Vec<&Value> = all.live.all(kind).iter().filter(|one| tag(one, "infra:owner").is_some()).collect();
        all.has(&format!("number of {kind}"), &json!(ours.len()), &json!(number));
        for resource in ours {
            bears(all, kind, resource);
        }
    }
}

fn bears(all: &mut Comparison<'_>, kind: &str, resource: &Value) {
    let name = tag(resource, "Name").unwrap_or_default();
    for (key, value) in
        [("Project", "django-microservices"), ("Environment", "test"), ("infra:owner", "django-microservices/test")]
    {
        all.has(&format!("{kind} {name} · tag {key}"), &json!(tag(resource, key)), &json!(value));
    }
    let address = tag(resource, "infra:address").is_some_and(|address| address.contains('.'));
    all.has(&format!("{kind} {name} has an address"), &json!(address), &json!(true));
    // Those of load balancers are too short for the project, logs are in folders or begin as WAF wants it, an alarm's is the
    // ARN's.
    let of_project = name.trim_start_matches("aws-waf-logs-").starts_with(&named(""))
        || name.contains("/django-microservices")
        || name.starts_with("tg-");
    all.has(&format!("{kind} {name} is called after the project"), &json!(of_project), &json!(true));
}
