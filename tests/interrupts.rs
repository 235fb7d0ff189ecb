//! Ctrl-C: once it ends soon, politely; twice it ends at once. The next run finishes, and nothing is there twice.

use std::thread::sleep;
use std::time::{Duration, Instant};

use crate::support::{Call, Project, Treatment, difference, snapshot};

const APPLY: [&str; 4] = ["apply", "--env", "test", "--yes"];

fn is_work(call: &Call) -> bool {
    call.changes && call.service != "s3"
}

/// Returns when so many changes are under way.
fn wait_for_changes(project: &Project, count: usize) {
    let started = Instant::now();
    while project.proxy.changes().iter().filter(|call| is_work(call)).count() < count {
        assert!(started.elapsed() < Duration::from_secs(60), "the apply gets to work");
        sleep(Duration::from_millis(5));
    }
}

#[test]
fn ctrl_c_ends_an_apply_within_ten_seconds_and_the_next_one_finishes() {
    let undisturbed = Project::new();
    undisturbed.apply().ended(0);
    let project = Project::new();
    project
        .proxy
        .treat(|call| if is_work(call) { Treatment::Delay(Duration::from_millis(400)) } else { Treatment::Pass });
    let running = project.start(&APPLY);
    wait_for_changes(&project, 15);
    let asked = Instant::now();
    running.signal("INT");
    let run = running.finish();
    assert!(asked.elapsed() < Duration::from_secs(10), "{run}");
    let run = run.ended(130).saying("Apply incomplete.").saying("infra apply --env test");
    // Nothing new is started: what was in flight is all that comes.
    let late = |call: &Call| is_work(call) && call.at > asked + Duration::from_secs(3);
    assert!(!project.proxy.calls().iter().any(late), "{run}");
    project.run(&["unlock", "--env", "test"]).ended(0).saying("Nobody holds the lock");
    project.proxy.pass();
    project.apply().ended(0);
    assert_eq!(difference(&snapshot(&undisturbed.client), &snapshot(&project.client)), "");
}

#[test]
fn being_told_to_end_is_as_good_as_ctrl_c_though_calls_are_never_answered() {
    let project = Project::new();
    project.proxy.treat(|call| if is_work(call) { Treatment::Freeze } else { Treatment::Pass });
    let running = project.start(&APPLY);
    wait_for_changes(&project, 5);
    let asked = Instant::now();
    running.signal("TERM");
    let run = running.finish().ended(130);
    assert!(asked.elapsed() < Duration::from_secs(10), "{run}");
    project.run(&["unlock", "--env", "test"]).ended(0).saying("Nobody holds the lock");
    project.proxy.pass();
    project.apply().ended(0);
    project.plan().ended(0).saying("No changes.");
}

#[test]
fn a_second_ctrl_c_ends_it_at_once() {
    let project = Project::new();
    project.proxy.treat(|call| if is_work(call) { Treatment::Freeze } else { Treatment::Pass });
    let running = project.start(&APPLY);
    wait_for_changes(&project, 5);
    running.signal("INT");
    sleep(Duration::from_millis(300));
    let asked = Instant::now();
    running.signal("INT");
    let run = running.finish().ended(130);
    assert!(asked.elapsed() < Duration::from_secs(1), "{run}");
    // The lock that it left names a process that is gone: nobody has to wait for it.
    project.proxy.pass();
    project.apply().ended(0);
    project.plan().ended(0).saying("No changes.");
}

#[test]
fn a_plan_that_is_interrupted_leaves_nothing() {
    let project = Project::new();
    project.proxy.treat(|_| Treatment::Freeze);
    let running = project.start(&["plan", "--env", "test"]);
    sleep(Duration::from_millis(500));
    let asked = Instant::now();
    running.signal("INT");
    let run = running.finish().ended(130).saying("nothing was changed");
    assert!(asked.elapsed() < Duration::from_secs(2), "{run}");
}
