//! One at work at a time: of two that start together one waits or is told who the other is; no lock stays behind.

use std::thread::sleep;
use std::time::{Duration, Instant, SystemTime};

use serde_json::json;

use crate::support::{Call, Project, Proxy, Treatment};

fn work(proxy: &Proxy) -> Vec<Call> {
    proxy.changes().into_iter().filter(|call| call.service != "s3").collect()
}

#[test]
fn of_two_applies_that_start_together_one_works_and_the_other_is_told_who() {
    for _ in 0..4 {
        let project = Project::new();
        let other = Proxy::start();
        project.proxy.treat(slowly);
        other.treat(slowly);
        let arguments = ["apply", "--env", "test", "--yes"];
        let first = project.start(&arguments);
        let endpoint = other.endpoint();
        let second = project.start(&[&arguments[..], &["--endpoint", &endpoint]].concat());
        let (first, second) = (first.finish(), second.finish());
        let (winner, loser, idle) =
            if first.code == Some(0) { (first, second, &other) } else { (second, first, &project.proxy) };
        winner.ended(0).saying("Apply complete! Resources: 34 added");
        loser.ended(1).saying("another run holds the lock").saying("tester@").saying("`apply`").saying("infra unlock ");
        assert_eq!(work(idle), [], "the other one changes nothing");
        project.run(&["unlock", "--env", "test"]).ended(0).saying("Nobody holds the lock");
    }
}

#[test]
fn one_that_waits_goes_on_when_the_other_is_done() {
    let project = Project::new();
    let other = Proxy::start();
    project.proxy.treat(slowly);
    other.treat(slowly);
    let arguments = ["apply", "--env", "test", "--yes", "--lock-timeout", "60s"];
    let first = project.start(&arguments);
    let endpoint = other.endpoint();
    let second = project.start(&[&arguments[..], &["--endpoint", &endpoint]].concat());
    let runs = [first.finish().ended(0), second.finish().ended(0)];
    assert_eq!(runs.iter().filter(|run| run.said("34 added")).count(), 1, "{}\n{}", runs[0], runs[1]);
    assert_eq!(runs.iter().filter(|run| run.said("No changes.")).count(), 1, "{}\n{}", runs[0], runs[1]);
    assert!(work(&project.proxy).is_empty() || work(&other).is_empty(), "one of them did all of it");
}

fn slowly(call: &Call) -> Treatment {
    let is_work = call.changes && call.service != "s3";
    if is_work { Treatment::Delay(Duration::from_millis(50)) } else { Treatment::Pass }
}

/// Writes the lock of somebody on another machine: by that machine's clock it expires in so many seconds, and it lasts
/// so long without being renewed.
fn lock_of_another_machine(project: &Project, seconds: i64, lasts: &str) {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs();
    let time = |seconds: i64| rfc3339(now.checked_add_signed(seconds).unwrap());
    let process = json!({"machine": "another", "pid": 1, "started": "1"});
    let holder = json!({
        "id": "0123abcd", "who": "ann", "host": "elsewhere", "command": "apply", "process": process,
        "since": time(-100), "expires": time(seconds), "lasts": lasts,
    });
    let path = format!("/infra-{}-us-east-1/shop/test/lock", project.client.account);
    assert_eq!(project.client.s3("PUT", &path, holder.to_string().as_bytes()).status(), 200);
}

/// A moment in UTC, as RFC 3339 writes it.
fn rfc3339(seconds: u64) -> String {
    let (days, rest) = (seconds / 86_400, seconds % 86_400);
    // Days of the civil calendar, counted from 1 March of the year 0.
    let shifted = days + 719_468;
    let (era, day) = (shifted / 146_097, shifted % 146_097);
    let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let day = day - (153 * month + 2) / 5 + 1;
    let (month, next) = if month < 10 { (month + 3, 0) } else { (month - 9, 1) };
    let year = year + era * 400 + next;
    format!("{year:04}-{month:02}-{day:02}T{:02}:{:02}:{:02}Z", rest / 3600, rest / 60 % 60, rest % 60)
}

#[test]
fn a_lock_of_another_machine_holds_until_it_has_been_seen_for_as_long_as_it_lasts() {
    let project = Project::new();
    project.apply().ended(0);
    project.set("insights", "\"enhanced\"");
    lock_of_another_machine(&project, 600, "PT1H");
    let refused = project.apply().ended(1);
    refused.saying("ann@elsewhere").saying("infra unlock 0123abcd --env test");
    project.plan().ended(0).saying("1 to change");
    // Its clock is wrong by ten minutes, one way or the other: who has the patience waits for as long as it lasts.
    lock_of_another_machine(&project, 600, "PT3S");
    let run = project.run(&["apply", "--env", "test", "--yes", "--lock-timeout", "30s"]).ended(0);
    assert!(run.took > Duration::from_secs(3), "it has waited: {run}");
    // One that seems to be left over is waited for in any case, and not believed to be.
    lock_of_another_machine(&project, -600, "PT3S");
    let run = project.apply().ended(0).saying("No changes.");
    assert!(run.took > Duration::from_secs(3), "it has waited: {run}");
}

#[test]
fn only_the_lock_that_is_meant_is_broken() {
    let project = Project::new();
    project.apply().ended(0);
    lock_of_another_machine(&project, 600, "PT1H");
    project.run(&["unlock", "--env", "test"]).ended(0).saying("ann@elsewhere");
    project.run(&["unlock", "4567", "--env", "test"]).ended(1).saying("0123abcd");
    project.apply().ended(1);
    project.run(&["unlock", "0123abcd", "--env", "test"]).ended(0);
    project.apply().ended(0);
}

#[test]
fn a_lock_that_a_killed_run_left_on_this_machine_holds_nobody_up() {
    let project = Project::new();
    project.proxy.treat(|call| match call.service.as_str() {
        "ec2" if call.changes => Treatment::KillAfter,
        _ => Treatment::Pass,
    });
    assert_eq!(project.apply().code, None, "it was killed");
    let bucket = format!("infra-{}-us-east-1", project.client.account);
    assert!(project.client.keys(&bucket).contains(&"shop/test/lock".to_owned()), "it left its lock");
    project.proxy.pass();
    let started = Instant::now();
    project.apply().ended(0);
    assert!(started.elapsed() < Duration::from_secs(20), "and nobody has to wait for it to expire");
    sleep(Duration::from_millis(10));
    assert!(!project.client.keys(&bucket).contains(&"shop/test/lock".to_owned()));
}
