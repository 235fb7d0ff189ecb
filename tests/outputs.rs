//! What the platform tells the world: as a table, as JSON, and one value raw for a script.

use serde_json::{Value, json};

use crate::support::Project;

#[test]
fn outputs_are_read_from_what_is_live() {
    let project = Project::new();
    let outputs = ["outputs", "--env", "test"];
    project.run(&outputs).ended(0).saying("vpc      (known after apply)");
    let run = project.run(&[&outputs[..], &["vpc"]].concat()).ended(1);
    assert_eq!(run.out, "", "no value is no output: {run}");
    run.saying("has no value yet").saying("infra apply --env test");

    project.apply().ended(0);
    let vpc = project.client.id("network.vpc");
    assert_eq!(project.run(&[&outputs[..], &["vpc"]].concat()).ended(0).out, format!("{vpc}\n"));
    let run = project.run(&[&outputs[..], &["--format", "json"]].concat()).ended(0);
    let all: Value = serde_json::from_str(&run.out).expect("a document");
    assert_eq!(all["vpc"], json!(vpc));
    assert!(all["cluster"].as_str().is_some_and(|arn| arn.starts_with("arn:aws:ecs:")), "{all}");

    project.proxy.expect();
    let run = project.run(&[&outputs[..], &["vcp"]].concat()).ended(1);
    run.saying("no output `vcp`").saying("there are: vpc, cluster");
}
