//! Who did what: every command that changes something is a run in the history, and the history outlives what was made.

use serde_json::{Value, json};

use crate::support::Project;

const ENVIRONMENT: &str = r#"project = "shop"
name = "test"
account = ""
region = "us-east-1"
endpoint = ""

[[definition]]
address = "app.web"
kind = "logs/log-group"
fields = { name = "/shop/web", class = "standard", retention = 30 }

[[definition]]
address = "app.api"
kind = "logs/log-group"
fields = { name = "/shop/api", class = "standard", retention = 30 }
"#;

/// The commands of the history, the oldest first.
fn commands(project: &Project) -> Vec<String> {
    let run = project.run(&["history", "--env", "test", "--format", "json"]).ended(0);
    let runs: Vec<Value> = serde_json::from_str(&run.out).unwrap_or_else(|error| panic!("{error}: {run}"));
    let mut commands: Vec<String> =
        runs.iter().map(|run| run["story"]["command"].as_str().unwrap_or_default().to_owned()).collect();
    // Runs of one second have no order.
    commands.sort();
    commands.iter_mut().for_each(|command| *command = command.split(' ').next().unwrap_or_default().to_owned());
    commands
}

#[test]
fn the_history_stays_when_nothing_else_is_left_and_goes_only_when_that_is_asked_for() {
    let project = Project::with_program("shape", ENVIRONMENT);
    let bucket = format!("infra-{}-us-east-1", project.client.account);
    project.apply().ended(0).saying(&format!("Made s3://{bucket}"));
    let destroy = ["destroy", "--env", "test", "--yes", "--allow-destroy", "2"];
    project.run(&destroy).ended(0).saying("is left but its history").saying("--purge-history");
    let keys = project.client.keys(&bucket);
    assert!(keys.iter().all(|key| key.starts_with("shop/test/history/")), "nothing but the history: {keys:?}");
    assert_eq!(commands(&project), ["apply", "destroy"]);
    // Somebody else, on another machine, reads it too.
    assert!(!project.folder().join(".infra/history").exists());

    project.destroy().ended(0).saying("A copy of its history is in");
    assert_eq!(project.client.buckets(), [""; 0]);
    let run = project.run(&["history", "--env", "test"]).ended(0).saying("this is the copy on this machine");
    let run = run.saying("apply").saying("+2 ~0 -0").saying("complete").not_saying("cut off");
    // Runs of one second have no order.
    let apply = run.out.lines().find(|line| line.contains(" apply ")).unwrap();
    let first = apply.split(' ').next().unwrap().to_owned();
    project.run(&["history", &first[..6], "--env", "test"]).ended(0).saying("create app.web");
}

#[test]
fn releasing_adopting_confirming_and_unlocking_are_runs() {
    let project = Project::with_program("shape", ENVIRONMENT);
    project.apply().ended(0);
    project.run(&["forget", "app.web", "--env", "test", "--yes"]).ended(0);
    project.run(&["adopt", "app.web", "--env", "test", "--yes"]).ended(0);
    let bucket = format!("infra-{}-us-east-1", project.client.account);
    project.client.s3("DELETE", &format!("/{bucket}/shop/test/ledger.json"), b"");
    project.run(&["confirm", "--env", "test", "--yes"]).ended(0);
    let holder = json!({
        "id": "0123abcd", "who": "ann", "host": "elsewhere", "command": "apply", "process": null,
        "since": "2026-01-01T00:00:00Z", "expires": "2099-01-01T00:00:00Z", "lasts": "PT1H",
    });
    project.client.s3("PUT", &format!("/{bucket}/shop/test/lock"), holder.to_string().as_bytes());
    project.run(&["unlock", "0123abcd", "--env", "test"]).ended(0);
    assert_eq!(commands(&project), ["adopt", "apply", "confirm", "forget", "unlock"]);
    let list = project.run(&["history", "--env", "test"]).ended(0);
    let unlock = list.out.lines().find(|line| line.contains("unlock")).unwrap().split(' ').next().unwrap().to_owned();
    project.run(&["history", &unlock, "--env", "test"]).ended(0).saying("unlocked ann@elsewhere");
}

#[test]
fn only_what_was_named_is_adopted() {
    let project = Project::with_program("shape", ENVIRONMENT);
    project.apply().ended(0);
    project.client.logs("CreateLogGroup", &json!({"logGroupName": "/shop/other"}));
    project.proxy.forget();
    let adopt = |id: &str| project.run(&["adopt", "app.web", id, "--env", "test", "--yes"]);
    adopt("nope").ended(1).saying("there is no logs/log-group nope that app.web could adopt");
    adopt("/shop/other").ended(1).saying("app.web already is logs/log-group /shop/web, not /shop/other");
    project.run(&["plan", "--env", "test", "--adopt", "app.web=nope"]).ended(1).saying("nope");
    adopt("/shop/web").ended(0).saying("No changes.");
    let tagged = project.proxy.changes().into_iter().filter(|call| call.service != "s3").count();
    assert_eq!(tagged, 0, "nothing was tagged");
}

#[test]
fn what_is_kept_in_the_account_is_told() {
    let project = Project::with_program("shape", ENVIRONMENT);
    project.apply().ended(0);
    let bucket = format!("infra-{}-us-east-1", project.client.account);
    project.run(&["owned", "--env", "test"]).ended(0).saying(&format!("s3://{bucket} keeps the lock, the ledger"));
    // Only the run that made it says so.
    project.apply().ended(0).not_saying("Made s3://");
}
