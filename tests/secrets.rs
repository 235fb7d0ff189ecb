//! A secret is nowhere: not on the screen, not in a log, not in a file, not in the history.

use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::support::{Inventory, Project, Refusal, SECRET, Treatment};

const TOKEN: &str = "planted-token-8fKq1ZsVb3XyTnEw";

fn files(folder: &Path) -> Vec<std::path::PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
    entries.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}

#[test]
fn the_callers_keys_are_nowhere_however_much_is_said() {
    let mut project = Project::new();
    project.variable("AWS_SESSION_TOKEN", TOKEN);
    project.variable("RUST_LOG", "trace");
    let commands: [&[&str]; 6] = [
        &["plan", "--env", "test", "--verbose", "--out", "a.plan"],
        &["apply", "--env", "test", "--yes", "--verbose"],
        &["plan", "--env", "test", "--json"],
        &["show", "--env", "test"],
        &["history", "--env", "test", "--format", "json"],
        &["drift", "--env", "test", "--verbose"],
    ];
    for command in commands {
        // Each run is searched for the secret key by itself.
        project.run(command).ended(0).not_saying(TOKEN);
    }
    project.proxy.treat(|_| Treatment::Refuse(Refusal { status: 403, code: "SignatureDoesNotMatch", message: "no" }));
    project.run(&["plan", "--env", "test", "--verbose"]).ended(1).not_saying(TOKEN);

    let kept = files(project.folder());
    assert!(kept.len() > 2, "{kept:?}");
    for file in kept {
        let text = String::from_utf8_lossy(&fs::read(&file).unwrap()).into_owned();
        assert!(!text.contains(SECRET) && !text.contains(TOKEN), "{} holds a secret", file.display());
    }
    let bucket = format!("infra-{}-us-east-1", project.client.account);
    let keys = project.client.keys(&bucket);
    assert!(keys.iter().any(|key| key.contains("history/")), "{keys:?}");
    for key in keys {
        let record = project.client.s3("GET", &format!("/{bucket}/{key}"), b"").text();
        assert!(!record.contains(SECRET) && !record.contains(TOKEN), "{key} holds a secret");
    }
}

/// The values of all secrets of an account, and of each value the texts in it: a password in JSON is one.
fn values(project: &Project, of: impl Fn(&str) -> bool) -> Vec<String> {
    let live = Inventory::of(&project.client);
    let mut values = Vec::new();
    for secret in live.all("secrets") {
        let name = secret["ARN"].as_str().unwrap();
        if !of(name) {
            continue;
        }
        let value = project.client.secret(name);
        let members: Value = serde_json::from_str(&value).unwrap_or_default();
        // The name of a user is told in the open.
        let members = members.as_object().into_iter().flatten().filter(|(member, _)| *member != "username");
        values.extend(members.filter_map(|(_, member)| member.as_str().map(str::to_owned)));
        values.push(value);
    }
    assert!(values.len() >= 3, "the token of Redis, and what Postgres is called with");
    assert!(values.iter().all(|value| value.len() >= 12), "nothing is found by chance");
    values
}

#[test]
fn the_secrets_of_the_platform_are_nowhere_however_much_is_said() {
    let mut project = Project::of_the_platform();
    project.variable("RUST_LOG", "trace");
    let mut said = vec![project.run(&["apply", "--env", "test", "--yes", "--verbose"]).ended(0)];
    project.set("insights", "\"enhanced\"");
    let commands: [&[&str]; 7] = [
        &["plan", "--env", "test", "--verbose", "--out", "a.plan"],
        &["plan", "--env", "test", "--json"],
        &["apply", "a.plan", "--yes", "--json"],
        &["show", "--env", "test", "--verbose"],
        &["drift", "--env", "test", "--verbose"],
        &["history", "--env", "test", "--format", "json"],
        &["validate", "--env", "test", "--verbose"],
    ];
    said.extend(commands.map(|command| project.run(command).ended(0)));
    // What is refused may be told with what it was asked.
    let refusal = Refusal { status: 400, code: "InvalidParameterValue", message: "no" };
    project.proxy.treat(move |call| match call.service.as_str() {
        "elasticache" | "secretsmanager" | "rds" => Treatment::Refuse(refusal.clone()),
        _ => Treatment::Pass,
    });
    said.push(project.run(&["plan", "--env", "test", "--verbose"]).ended(1));
    said.push(project.run(&["apply", "--env", "test", "--yes", "--verbose"]).ended(1));
    project.proxy.pass();

    let all = values(&project, |_| true);
    let found = |text: &str| all.iter().any(|value| text.contains(value.as_str()));
    for run in &said {
        assert!(!found(&run.out) && !found(&run.err), "a run says a secret");
    }
    for file in files(project.folder()) {
        assert!(!found(&String::from_utf8_lossy(&fs::read(&file).unwrap())), "{} holds a secret", file.display());
    }
    // What the distribution shows the load balancer is told by both to who may read them: SECURITY.md says so.
    let values = values(&project, |name| !name.contains("origin-key"));
    assert!(values.len() < all.len(), "there is such a key");
    let found = |text: &str| values.iter().any(|value| text.contains(value.as_str()));
    let live = Inventory::of(&project.client);
    // Tags, names, descriptions, variables of tasks and functions: whatever an account tells who may read it.
    assert_eq!(live.texts().filter(|text| found(text)).collect::<Vec<_>>(), [""; 0]);
    let bucket = format!("infra-{}-us-east-1", project.client.account);
    let keys = project.client.keys(&bucket);
    assert!(keys.iter().any(|key| key.contains("history/")), "{keys:?}");
    for key in keys {
        assert!(!found(&project.client.s3("GET", &format!("/{bucket}/{key}"), b"").text()), "{key} holds a secret");
    }
}
