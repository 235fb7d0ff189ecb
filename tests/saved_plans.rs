//! A saved plan is carried out as it was shown, or refused; and what scripts rely on: exit codes and JSON lines.

use serde_json::{Value, json};

use crate::support::{Project, difference, snapshot};

#[test]
fn a_saved_plan_is_carried_out_once() {
    let project = Project::new();
    project.run(&["plan", "--env", "test", "--out", "a.plan"]).ended(0).saying("infra apply a.plan");
    project.run(&["apply", "a.plan", "--yes"]).ended(0).saying("Apply complete! Resources: 34 added");
    project.run(&["apply", "a.plan", "--yes"]).ended(1).saying("nothing was changed");
    project.plan().ended(0).saying("No changes.");
}

#[test]
fn the_last_plan_needs_no_name() {
    let project = Project::new();
    project.plan().ended(0);
    project.run(&["apply", "--yes"]).ended(0).saying("Apply complete! Resources: 34 added");
    project.run(&["apply", "--yes"]).ended(1).saying("infra plan --env");
}

#[test]
fn after_an_outside_change_a_saved_plan_is_refused() {
    let project = Project::new();
    project.apply().ended(0);
    project.set("insights", "\"enhanced\"");
    project.run(&["plan", "--env", "test", "--out", "a.plan"]).ended(0).saying("1 to change");
    project.client.logs("PutRetentionPolicy", &json!({"logGroupName": "/ecs/shop/user-service", "retentionInDays": 7}));
    let before = snapshot(&project.client);
    let run = project.run(&["apply", "a.plan", "--yes"]).ended(1);
    run.saying("changed in AWS: ").saying("user-service").saying("infra plan --env test");
    assert_eq!(difference(&before, &snapshot(&project.client)), "", "nothing was changed");
}

#[test]
fn after_a_change_of_the_environment_a_saved_plan_is_refused() {
    let project = Project::new();
    project.run(&["plan", "--env", "test", "--out", "a.plan"]).ended(0);
    project.set("insights", "\"enhanced\"");
    let run = project.run(&["apply", "a.plan", "--yes"]).ended(1);
    run.saying("changed in the code or the environment: cluster.cluster");
    project.plan().ended(0).saying("Plan: 34 to add");
}

#[test]
fn a_broken_plan_file_is_refused_with_a_sentence() {
    let project = Project::new();
    std::fs::write(project.folder().join("a.plan"), "{\"version\": 1, \"oops\"").unwrap();
    project.run(&["apply", "a.plan", "--yes"]).ended(1).saying("a.plan is not a plan that can be read");
    project.run(&["apply", "nowhere.plan", "--yes"]).ended(1).saying("nowhere.plan");
    assert_eq!(project.proxy.calls(), [], "nothing was called");
}

#[test]
fn the_detailed_exit_code_tells_nothing_changes_and_trouble_apart() {
    let project = Project::new();
    let plan = ["plan", "--env", "test", "--detailed-exitcode"];
    project.run(&plan).ended(2);
    project.apply().ended(0);
    project.run(&plan).ended(0);
    project.run(&["plan", "-env=test", "-detailed-exitcode", "-no-color"]).ended(0).saying("No changes.");
    project.set("insights", "\"everything\"");
    project.run(&plan).ended(1);
}

#[test]
fn json_lines_hold_every_change_and_every_step() {
    let project = Project::new();
    let lines = project.run(&["plan", "--env", "test", "--json"]).ended(0).lines();
    let of_type = |lines: &[Value], kind: &str| lines.iter().filter(|line| line["type"] == kind).count();
    assert_eq!(of_type(&lines, "planned_change"), 34);
    let summary = lines.iter().find(|line| line["type"] == "change_summary").expect("a summary");
    assert_eq!(summary["changes"], json!({"add": 34, "change": 0, "destroy": 0}));
    assert!(lines.iter().all(|line| line["@timestamp"].is_string() && line["@level"].is_string()));

    let run = project.run(&["apply", "--env", "test", "--yes", "--json"]).ended(0);
    assert_eq!(run.err, "", "everything is on standard output");
    let lines = run.lines();
    assert_eq!(of_type(&lines, "step_finished"), 34);
    let outcome = &lines.iter().find(|line| line["type"] == "apply_finished").expect("an outcome")["outcome"];
    assert_eq!((&outcome["added"], &outcome["failed"]), (&json!(34), &json!(0)));

    project.set("account", "\"999999999999\"");
    let lines = project.run(&["plan", "--env", "test", "--json"]).ended(1).lines();
    assert_eq!(lines.last().unwrap()["type"], "diagnostic", "trouble is a line too");
}
