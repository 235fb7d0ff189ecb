//! A saved plan is carried out as it was shown, or refused; and what scripts rely on: exit codes and JSON lines.

use serde_json::{Value, json};

use crate::support::{Project, Run, difference, snapshot};

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

/// The command that a plan prints to carry out exactly that plan, without `infra`.
fn exactly(plan: &Run) -> Vec<String> {
    let mut lines = plan.err.lines().skip_while(|line| *line != "To carry out exactly this plan:").skip(1);
    let command = lines.next().unwrap_or_else(|| panic!("it prints a command: {plan}")).trim();
    let words = command.strip_prefix("infra ").expect("a command of ours").split(' ');
    words.map(str::to_owned).chain(["--yes".to_owned()]).collect()
}

fn run_exactly(project: &Project, plan: &Run) -> Run {
    let command = exactly(plan);
    project.run(&command.iter().map(String::as_str).collect::<Vec<_>>())
}

#[test]
fn the_command_that_is_printed_carries_out_exactly_that_plan() {
    let mut project = Project::new();
    let other = project.environment().replace("name = \"test\"", "name = \"other\"");
    std::fs::write(project.folder().join("environments/other.toml"), other).unwrap();
    let plan = project.plan().ended(0);
    // Plans of other environments, and another environment in the shell, do not get in its way.
    std::fs::copy(last_plan(&project), project.folder().join(".infra/plans/other.json")).unwrap();
    project.variable("INFRA_ENV", "other");
    run_exactly(&project, &plan).ended(0).saying("Apply complete! Resources: 34 added");
    assert!(!last_plan(&project).exists(), "it is done");
    project.without_variable("INFRA_ENV");
    // Nor does a change of the environment go in unseen.
    project.set("insights", "\"enhanced\"");
    let plan = project.plan().ended(0).saying("1 to change");
    project.set("cidr", "\"10.0.0.0/18\"");
    run_exactly(&project, &plan)
        .ended(1)
        .saying("changed in the code or the environment")
        .saying("nothing was changed");
}

#[test]
fn the_environment_of_the_shell_has_its_saved_plan_carried_out() {
    let mut project = Project::new();
    project.variable("INFRA_ENV", "test");
    project.run(&["plan"]).ended(0).saying("34 to add");
    project.set("insights", "\"enhanced\"");
    let run = project.run(&["apply", "--yes"]).ended(1).saying("nothing was changed");
    run.saying("changed in the code or the environment: cluster.cluster");
    project.run(&["plan"]).ended(0);
    project.run(&["apply", "--yes"]).ended(0).saying("34 added");
    // Without one, a new plan is made.
    project.run(&["apply", "--yes"]).ended(0).saying("No changes.");
}

#[test]
fn that_a_saved_plan_is_not_used_is_said() {
    let project = Project::new();
    let saved = project.plan().ended(0);
    let run = project.apply().ended(0).saying("A new plan is made").saying("is not used").saying("34 added");
    run.saying(&format!("infra {}", exactly(&saved)[..2].join(" ")));
    assert!(!last_plan(&project).exists(), "what was planned is done");
    project.apply().ended(0).not_saying("is not used");
}

#[test]
fn a_plan_with_nothing_in_it_or_that_nobody_can_carry_out_is_not_kept() {
    let project = Project::new();
    project.plan().ended(0);
    assert!(last_plan(&project).exists());
    project.run(&["plan", "--env", "test", "--target", "network.vcp"]).ended(1);
    assert!(!last_plan(&project).exists(), "the last plan is one that cannot be carried out");
    project.apply().ended(0);
    project.plan().ended(0).saying("No changes.");
    assert!(!last_plan(&project).exists());
}

#[test]
fn a_saved_plan_is_shown_only_as_what_it_is() {
    let project = Project::new();
    project.run(&["plan", "--env", "test", "--out", "a.plan"]).ended(0);
    project.run(&["show", "a.plan"]).ended(0).saying("34 to add");
    project.run(&["show", "a.plan", "--env", "prod"]).ended(1).saying("a.plan was made for test");
}

fn last_plan(project: &Project) -> std::path::PathBuf {
    project.folder().join(".infra/plans/test.json")
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

    // What stops a plan and what fails have one shape, and a plan that cannot be applied says nothing of changes.
    let stopped = project.run(&["plan", "--env", "test", "--json", "--target", "network.vcp"]).ended(1).lines();
    assert_eq!(of_type(&stopped, "change_summary"), 0);
    let stop = stopped.iter().find(|line| line["type"] == "diagnostic").expect("what stops it");
    assert_eq!((&stop["severity"], &stop["about"]), (&json!("error"), &json!("unknown_address")));
    assert_eq!((&stop["summary"], &stop["@message"]), (&stop["@message"], &stop["summary"]));
    assert_eq!(stop["way_out"], "did you mean `network.vpc`?");

    project.set("account", "\"999999999999\"");
    let lines = project.run(&["plan", "--env", "test", "--json"]).ended(1).lines();
    let failure = lines.last().unwrap();
    assert_eq!(failure["type"], "diagnostic", "trouble is a line too");
    let keys = |line: &Value| line.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    assert_eq!(keys(failure), keys(stop));
}
