//! A secret that is rotated: shown without its value, carried out through any death, and nowhere to be read.

use std::fs;
use std::path::Path;

use serde_json::json;

use crate::support::{Call, Project, Treatment, together};

const ENVIRONMENT: &str = r#"project = "shop"
name = "test"
account = ""
region = "us-east-1"
endpoint = ""

[[definition]]
address = "cache.token"
kind = "secretsmanager/secret"
fields = { name = "shop/redis-token", description = "", value = { generated = { length = 64, characters = "auth-token" } } }

[[definition]]
address = "cache.net"
kind = "ec2/vpc"
fields = { cidr = "10.0.0.0/16", dns_support = true, dns_hostnames = true, default_security_group = "closed" }

[[definition]]
address = "cache.a"
kind = "ec2/subnet"
fields = { vpc = { "$ref" = "cache.net", output = "id" }, cidr = "10.0.1.0/24", zone = "us-east-1a", public_ips = false }

[[definition]]
address = "cache.subnets"
kind = "elasticache/subnet-group"
fields = { name = "shop-redis", description = "Where it stands", subnets = [{ "$ref" = "cache.a", output = "id" }] }

[[definition]]
address = "cache.redis"
kind = "elasticache/replication-group"

[definition.fields]
name = "shop-redis"
description = "What services share"
engine = "redis 7.1"
node = "cache.t4g.small"
mode = "single_shard"
shards = 1
replicas = 0
failover = "off"
port = 6379
subnets = { "$ref" = "cache.subnets", output = "id" }
parameters = "default.redis7"
security_groups = []
at_rest = "aws_key"
in_transit = "required"
token = { "$ref" = "cache.token", output = "id" }
snapshots_kept = 0
minor_upgrades = true
logs = {}
"#;

const ROTATE: [&str; 6] = ["apply", "--env", "test", "--yes", "--rotate", "cache.token"];

fn project() -> Project {
    Project::with_program("shape", ENVIRONMENT)
}

/// The value that clients are given.
fn value(project: &Project) -> String {
    let answer = project.client.secrets("GetSecretValue", &json!({ "SecretId": "shop/redis-token" }));
    answer["SecretString"].as_str().expect("the secret has a value").to_owned()
}

/// True while a rotation has not ended.
fn is_open(project: &Project) -> bool {
    let answer = project.client.secrets("DescribeSecret", &json!({ "SecretId": "shop/redis-token" }));
    answer["VersionIdsToStages"].to_string().contains("infra-next")
}

/// Every file of a folder, as text.
fn texts(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
    let of = |path: std::path::PathBuf| match path.is_dir() {
        true => texts(&path),
        false => vec![String::from_utf8_lossy(&fs::read(path).unwrap()).into_owned()],
    };
    entries.flat_map(of).collect()
}

#[test]
fn a_rotation_is_shown_carried_out_and_its_values_are_nowhere() {
    let mut project = project();
    project.variable("RUST_LOG", "trace");
    let mut said = Vec::new();
    let mut run = |arguments: &[&str], code: i32, words: &[&str]| {
        let run = words.iter().fold(project.run(arguments).ended(code), |run, words| run.saying(words));
        said.push(run.to_string());
    };
    run(&["apply", "--env", "test", "--yes"], 0, &[]);
    let first = value(&project);
    let shown = [
        "rotate: a new value was asked for",
        "value: (secret) → (another secret)",
        "cache.token is given a new value",
        "Plan: 0 to add, 2 to change, 0 to destroy.",
    ];
    run(&["plan", "--env", "test", "--rotate", "cache.token", "--out", "a.plan"], 0, &shown);
    for format in ["tfjson", "json", "html", "markdown"] {
        run(&["show", "a.plan", "--format", format], 0, &[]);
    }
    assert_eq!(value(&project), first, "a plan rotates nothing");
    let done = "Apply complete! Resources: 0 added, 2 changed, 0 destroyed.";
    run(&["apply", "a.plan", "--yes", "--verbose"], 0, &[done]);
    let second = value(&project);
    assert_ne!(first, second);
    run(&["plan", "--env", "test"], 0, &["No changes."]);

    // The value before is good for a day: a third would push it out.
    run(&ROTATE, 1, &["its last rotation has not ended"]);
    assert_eq!(value(&project), second, "nothing was changed");
    run(&["show", "--env", "test", "--format", "json"], 0, &[]);
    run(&["history", "--env", "test", "--format", "json"], 0, &[]);

    let bucket = format!("infra-{}-us-east-1", project.client.account);
    let keys = project.client.keys(&bucket);
    let records = keys.iter().map(|key| project.client.s3("GET", &format!("/{bucket}/{key}"), b"").text());
    for text in said.into_iter().chain(texts(project.folder())).chain(records) {
        assert!(!text.contains(&first) && !text.contains(&second), "a value is in this:\n{text}");
    }
}

#[test]
fn killed_after_any_changing_call_the_next_apply_ends_what_was_begun() {
    let undisturbed = project();
    undisturbed.apply().ended(0);
    undisturbed.proxy.forget();
    undisturbed.run(&ROTATE).ended(0);
    let calls = undisturbed.proxy.changes().len();
    together(1..=calls, |number| {
        let project = project();
        project.apply().ended(0);
        let first = value(&project);
        project.proxy.forget();
        let is_it = move |call: &Call| call.changes && call.number == number;
        project.proxy.treat(move |call| if is_it(call) { Treatment::KillAfter } else { Treatment::Pass });
        let killed = project.run(&ROTATE);
        assert!(killed.code.is_none() || killed.code == Some(0), "killed at call {number}: {killed}");
        project.proxy.pass();
        let begun = is_open(&project);
        project.apply().ended(0);
        assert_eq!(value(&project) != first, begun, "killed at call {number}: what was begun is handed out");
        project.plan().ended(0).saying("No changes.");
    });
}
