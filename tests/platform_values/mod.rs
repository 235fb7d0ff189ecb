//! Production as boto3 sees it once it is applied: every value that the platform is required to have.
//!
//! One file is one part of it. The environment is `environments/prod.toml`, in an account of its own and unprotected.

mod cdn;
mod cluster;
mod data;
mod edge;
mod network;
mod scaling;
mod spend;
mod tags;
mod watch;
mod work;

use serde_json::{Value, json};

use crate::support::{Comparison, Inventory, Project};

/// The services: the least and the most tasks of each.
const COUNTS: [(&str, u32, u32); 5] = [
    ("api-gateway", 2, 10),
    ("user-service", 2, 8),
    ("product-service", 2, 8),
    ("order-service", 2, 8),
    ("notification-service", 2, 4),
];

/// What something of the project is called.
fn named(what: &str) -> String {
    format!("django-microservices-{what}")
}

/// A bucket that nobody reaches from outside, and of which everything is encrypted.
fn closed(all: &mut Comparison<'_>, bucket: &Value) {
    let what = format!("bucket {}", bucket["Name"]);
    let access = json!({
        "BlockPublicAcls": true, "BlockPublicPolicy": true, "IgnorePublicAcls": true, "RestrictPublicBuckets": true,
    });
    all.has(&what, &bucket["public access"]["PublicAccessBlockConfiguration"], &access);
    let encryption = &bucket["encryption"]["ServerSideEncryptionConfiguration"]["Rules"][0];
    let keys = json!({"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}});
    all.has(&what, encryption, &keys);
}

#[test]
fn production_is_live_with_every_value_of_the_requirement() {
    let project = Project::of_the_platform_as(include_str!("../../environments/prod.toml"));
    project.apply().ended(0);
    let live = Inventory::of(&project.client);
    let mut all = Comparison::of(&live);
    network::compare(&mut all);
    edge::compare(&mut all);
    cluster::compare(&mut all);
    scaling::compare(&mut all);
    scaling::no_policy_waits_in_vain(&mut all);
    cdn::compare(&mut all);
    data::compare(&mut all);
    work::compare(&mut all);
    spend::compare(&mut all);
    watch::compare(&mut all);
    tags::compare(&mut all);
    all.finish();
}
