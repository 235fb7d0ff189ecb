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
    project.proxy.pass();
    project.apply().ended(0);
    let difference = difference(expected, &snapshot(&project.client));
    assert_eq!(difference, "", "after it was killed at call {number}");
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
