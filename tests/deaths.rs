//! The program is killed at every one of its changing calls. Run again, it leads where an undisturbed run leads.

use std::collections::BTreeSet;

use crate::support::{Call, Project, Treatment, difference, snapshot, together};

/// What an undisturbed apply leads to, and how many changing calls it makes.
fn undisturbed() -> (BTreeSet<String>, usize) {
    let project = Project::new();
    project.apply().ended(0);
    (snapshot(&project.client), project.proxy.changes().len())
}

/// Kills an apply at a call, runs it again, and compares.
fn killed_and_run_again(number: usize, treatment: fn() -> Treatment, expected: &BTreeSet<String>) {
    let project = Project::new();
    let is_it = move |call: &Call| call.changes && call.number == number;
    project.proxy.treat(move |call| if is_it(call) { treatment() } else { Treatment::Pass });
    let killed = project.apply();
    // Calls go side by side: another order may need fewer of them.
    assert!(killed.code.is_none() || killed.code == Some(0), "killed at call {number}: {killed}");
    let calls = project.proxy.changes();
    project.proxy.pass();
    if let (None, Some(call)) = (killed.code, calls.iter().find(|call| call.number == number)) {
        tells_what_was_in_flight(&project, call);
    }
    project.apply().ended(0);
    let difference = difference(expected, &snapshot(&project.client));
    assert_eq!(difference, "", "after it was killed at call {number}");
}

/// The history of a run that was killed at a call names the step that the call belonged to.
fn tells_what_was_in_flight(project: &Project, call: &Call) {
    // What is written down before, between and after the steps belongs to none.
    if call.path.starts_with("/infra-") {
        return;
    }
    let runs = project.run(&["history", "--env", Project::ENVIRONMENT]).ended(0).out;
    let run = runs.lines().rev().find_map(|line| line.split_whitespace().find(|word| is_run(word)));
    let run = run.unwrap_or_else(|| panic!("killed at {call:?}, and no run is listed: {runs}"));
    let story = project.run(&["history", run, "--env", Project::ENVIRONMENT]).ended(0).out;
    let in_flight = story.split_once("In flight when it was cut off").map(|(_, rest)| rest);
    let in_flight = in_flight.unwrap_or_else(|| panic!("killed at {call:?}, nothing was in flight: {story}"));
    let first = |operation: &str| STEPS.iter().find(|(known, _)| *known == operation).map(|(_, step)| *step);
    if let Some(step) = first(&call.operation) {
        let named = in_flight.split("\n\n").next().is_some_and(|listed| listed.contains(step));
        assert!(named, "killed at {call:?}, `{step}` was in flight: {story}");
    }
}

/// Calls that one step alone makes.
const STEPS: [(&str, &str); 4] = [
    ("CreateVpc", "create network.vpc"),
    ("CreateInternetGateway", "create network.igw"),
    ("CreateNatGateway", "create network.nat"),
    ("CreateCluster", "create cluster.cluster"),
];

fn is_run(word: &str) -> bool {
    word.len() == 12 && word.bytes().all(|byte| byte.is_ascii_hexdigit())
}

#[test]
fn killed_after_any_changing_call_the_next_run_leads_to_the_same() {
    let (expected, calls) = undisturbed();
    assert!(calls > 60, "{calls} calls make up an apply");
    together(1..=calls, |number| killed_and_run_again(number, || Treatment::KillAfter, &expected));
}

#[test]
fn killed_before_a_changing_call_the_next_run_leads_to_the_same() {
    let (expected, calls) = undisturbed();
    // What had happened before call N has happened after call N - 1: these are spot checks.
    together((1..=calls).step_by(11), |number| killed_and_run_again(number, || Treatment::KillBefore, &expected));
}

#[test]
fn killed_again_and_again_it_comes_to_its_end() {
    let (expected, _) = undisturbed();
    let project = Project::new();
    // Each run does a little more than taking the lock.
    project.proxy.treat(|call| if call.changes && call.number == 12 { Treatment::KillAfter } else { Treatment::Pass });
    for attempt in 0.. {
        assert!(attempt < 40, "every run gets further");
        project.proxy.forget();
        if project.apply().code == Some(0) {
            break;
        }
    }
    assert_eq!(difference(&expected, &snapshot(&project.client)), "");
}

#[test]
fn a_destroy_that_was_killed_is_finished_by_the_next_one() {
    let project = Project::new();
    let before = snapshot(&project.client);
    project.apply().ended(0);
    project.proxy.forget();
    project.destroy().ended(0);
    let calls = project.proxy.changes().len();
    together((1..=calls).step_by(7), |number| {
        let project = Project::new();
        project.apply().ended(0);
        let is_it = move |call: &Call| call.changes && call.number == number;
        project.proxy.treat(move |call| if is_it(call) { Treatment::KillAfter } else { Treatment::Pass });
        let killed = project.destroy();
        assert!(killed.code.is_none() || killed.code == Some(0), "killed at call {number}: {killed}");
        project.proxy.pass();
        project.destroy().ended(0);
        assert_eq!(difference(&before, &snapshot(&project.client)), "", "after it was killed at call {number}");
    });
}
