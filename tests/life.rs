//! From nothing to nothing: plan, apply, plan again, destroy.

use crate::support::{Call, Project, difference, snapshot};

/// Which calls were made, in an order that does not depend on which came first.
fn made(calls: Vec<Call>) -> Vec<(String, String, String)> {
    let mut made: Vec<_> = calls.into_iter().map(|call| (call.service, call.operation, call.path)).collect();
    made.sort();
    made
}

#[test]
fn a_plan_changes_nothing_and_takes_no_lock() {
    let project = Project::new();
    let before = snapshot(&project.client);
    project.plan().ended(0).saying("Plan: 34 to add, 0 to change, 0 to destroy.");
    assert_eq!(project.proxy.changes(), [], "not one call that may change something");
    assert_eq!(difference(&before, &snapshot(&project.client)), "");
}

#[test]
fn what_was_applied_stands_and_planning_it_again_costs_the_same_calls() {
    let project = Project::new();
    project.apply().ended(0).saying("Apply complete! Resources: 34 added, 0 changed, 0 destroyed.");
    let applied = snapshot(&project.client);
    project.proxy.forget();
    project.plan().ended(0).saying("No changes. All 34 resources stand as the code says.");
    let first = made(project.proxy.calls());
    project.proxy.forget();
    project
        .apply()
        .ended(0)
        .saying("No changes.")
        .saying("Apply complete! Resources: 0 added, 0 changed, 0 destroyed.");
    let changes: Vec<String> = project.proxy.changes().into_iter().map(|call| call.service).collect();
    assert!(changes.iter().all(|service| service == "s3"), "only the lock is written: {changes:?}");
    project.proxy.forget();
    project.plan().ended(0).saying("No changes.");
    assert_eq!(made(project.proxy.calls()), first);
    assert_eq!(difference(&applied, &snapshot(&project.client)), "");
}

#[test]
fn destroying_leaves_nothing_of_ours_and_everything_of_others() {
    let project = Project::new();
    project.client.ec2("CreateVpc", &[("CidrBlock", "10.0.0.0/16")]);
    let before = snapshot(&project.client);
    project.apply().ended(0);
    assert_ne!(difference(&before, &snapshot(&project.client)), "");
    project.destroy().ended(0).saying("Destroy complete! Resources: 34 destroyed.");
    assert_eq!(difference(&before, &snapshot(&project.client)), "");
    assert_eq!(project.client.buckets(), [""; 0], "the records are gone, and their bucket");
    project.plan().ended(0).saying("Plan: 34 to add, 0 to change, 0 to destroy.");
    // Once more: there is nothing to do, and nothing stays of having looked.
    project.destroy().ended(0).saying("Destroy complete! Resources: 0 destroyed.");
    assert_eq!(difference(&before, &snapshot(&project.client)), "");
}

#[test]
fn without_a_terminal_and_without_yes_nothing_is_changed() {
    let project = Project::new();
    let before = snapshot(&project.client);
    for command in ["apply", "destroy"] {
        let run = project.run(&[command, "--env", "test"]);
        assert!(run.code == Some(1) || command == "destroy", "{run}");
    }
    project.run(&["apply", "--env", "test"]).ended(1).saying("--yes");
    let left = snapshot(&project.client);
    let left: Vec<&String> = left.difference(&before).filter(|line| !line.contains("bucket infra-")).collect();
    assert!(left.is_empty(), "{left:?}");
    project.apply().ended(0);
    project.run(&["destroy", "--env", "test"]).ended(1).saying("--yes");
    project.plan().ended(0).saying("No changes.");
}
