//! Answers are lost, calls are throttled, the cloud breaks: at every single call. The apply converges, or the next one.

use std::collections::BTreeSet;

use crate::support::{Call, Project, Refusal, Treatment, difference, snapshot, together};

/// What an undisturbed apply leads to.
fn undisturbed() -> BTreeSet<String> {
    let project = Project::new();
    project.apply().ended(0);
    snapshot(&project.client)
}

/// How the service says that there are too many calls.
fn throttled(call: &Call) -> Treatment {
    let (status, code) = match call.service.as_str() {
        "ec2" => (503, "RequestLimitExceeded"),
        "s3" => (503, "SlowDown"),
        "iam" => (400, "Throttling"),
        _ => (400, "ThrottlingException"),
    };
    Treatment::Refuse(Refusal { status, code, message: "Rate exceeded" })
}

fn broken(call: &Call) -> Treatment {
    let code = if call.service == "ec2" || call.service == "s3" { "InternalError" } else { "InternalFailure" };
    Treatment::Refuse(Refusal { status: 500, code, message: "An internal error has occurred" })
}

/// How many runs share the calls of an apply: every call is spoiled in one of them, far from the others.
const RUNS: usize = 14;

/// Spoils every so-manieth changing call of an apply. It converges, or says why not and the next one does.
fn spoiled(offset: usize, treatment: fn(&Call) -> Treatment, expected: &BTreeSet<String>) {
    let project = Project::new();
    let is_it = move |call: &Call| call.changes && call.number % RUNS == offset;
    project.proxy.treat(move |call| if is_it(call) { treatment(call) } else { Treatment::Pass });
    let run = project.apply();
    let calls: Vec<Call> = project.proxy.changes().into_iter().filter(is_it).collect();
    if run.code != Some(0) {
        assert!(
            run.code == Some(1) && (run.err.contains("error") || run.err.contains("failed:")),
            "spoiled {calls:#?}\n{run}"
        );
        project.proxy.pass();
        project.apply().ended(0);
    }
    assert_eq!(difference(expected, &snapshot(&project.client)), "", "spoiled {calls:#?}\n{run}");
    project.proxy.pass();
    project.plan().ended(0).saying("No changes.");
}

#[test]
fn any_lost_answer_makes_nothing_twice() {
    let expected = undisturbed();
    together(0..RUNS, |offset| spoiled(offset, |_| Treatment::Lose, &expected));
}

#[test]
fn throttled_broken_or_dropped_at_any_call_it_converges() {
    let expected = undisturbed();
    let treatments: [fn(&Call) -> Treatment; 3] = [throttled, broken, |_| Treatment::Drop];
    together(0..RUNS * 3, |number| spoiled(number / 3, treatments[number % 3], &expected));
}

#[test]
fn many_faults_at_once_are_survived() {
    let expected = undisturbed();
    let project = Project::new();
    project.proxy.treat(|call| match call.number % 5 {
        1 => throttled(call),
        3 => Treatment::Lose,
        _ => Treatment::Pass,
    });
    let run = project.apply();
    if run.code != Some(0) {
        project.proxy.pass();
        project.apply().ended(0);
    }
    assert_eq!(difference(&expected, &snapshot(&project.client)), "", "{run}");
}

#[test]
fn faults_of_reading_alone_are_not_even_noticed() {
    let project = Project::new();
    project.apply().ended(0);
    project.proxy.treat(|call| match call.number % 8 {
        1 => throttled(call),
        4 => Treatment::Lose,
        6 => broken(call),
        _ => Treatment::Pass,
    });
    project.plan().ended(0).saying("No changes. All 34 resources stand as the code says.");
}
