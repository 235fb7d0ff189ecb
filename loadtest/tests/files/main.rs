//! The commands that read files, as they are called: what they write, what they say, and how they end.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::Duration;

use infra_loadtest::plan;
use infra_loadtest::result::{Ended, FORMAT, Measured, Outcome, PlanShown, RunResult, Tally, Verdict, WorkerShown};

fn loadtest(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_loadtest")).args(arguments).current_dir(folder).output().unwrap()
}

fn told(output: &[u8]) -> String {
    String::from_utf8(output.to_vec()).unwrap()
}

/// Writes a result whose requests took about as long as said.
fn result(folder: &Path, name: &str, middle: f64, change: fn(&mut RunResult)) -> PathBuf {
    let mut whole = Tally { finished: 1000, ..Tally::default() };
    for number in 0..1000_u32 {
        whole.latency.record_time(Duration::from_secs_f64(middle * (0.8 + f64::from(number) / 2500.0) / 1000.0));
    }
    let mut result = RunResult {
        format: FORMAT,
        plan: PlanShown {
            name: "checkout".to_owned(),
            digest: "9f86d081".to_owned(),
            target: "https://shop.example/".to_owned(),
            model: "open".to_owned(),
            full_load: 100.0,
            phases: vec![],
            thresholds: vec![],
        },
        version: "0.1.0".to_owned(),
        started_at: format!("2026-01-02T03:04:05.{:03}Z", name.len()),
        seconds: 10.0,
        ended: Ended::Complete,
        workers: vec![WorkerShown {
            worker: 0,
            region: None,
            started_at: "2026-01-02T03:04:05.000Z".to_owned(),
            seconds: 10.0,
            ended: Ended::Complete,
            finished: 1000,
            errors: 0,
            lateness_p99: Some(0.2),
        }],
        missing: vec![],
        measured: Measured {
            whole: whole.clone(),
            intervals: vec![whole],
            interval_seconds: 10.0,
            ..Measured::default()
        },
        regions: BTreeMap::new(),
        verdict: Verdict { outcome: Outcome::Passed, reasons: vec![], thresholds: vec![] },
    };
    change(&mut result);
    let path = folder.join(format!("{name}.json"));
    std::fs::write(&path, serde_json::to_string(&result).unwrap()).unwrap();
    path
}

#[test]
fn import_writes_a_plan_that_is_read_and_names_what_is_missing() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("list.txt"), "https://shop.example/a\nFETCH https://shop.example/b\n").unwrap();
    let ran = loadtest(folder.path(), &["import", "list.txt", "--out", "plan.toml", "--report", "report.json"]);
    assert!(ran.status.success(), "{}", told(&ran.stderr));
    assert!(told(&ran.stderr).contains("FETCH https://shop.example/b (line 2): a plan has no method FETCH"));
    let plan = plan::read(&std::fs::read_to_string(folder.path().join("plan.toml")).unwrap(), "plan.toml").unwrap();
    assert_eq!((plan.name.as_str(), plan.target.as_deref()), ("list", Some("https://shop.example")));
    let report: serde_json::Value =
        serde_json::from_slice(&std::fs::read(folder.path().join("report.json")).unwrap()).unwrap();
    assert_eq!((&report["taken"], &report["not_taken"][0]["line"]), (&1.into(), &2.into()));
    let strict = loadtest(folder.path(), &["import", "list.txt", "--strict"]);
    assert_eq!(strict.status.code(), Some(3));
    assert!(told(&strict.stdout).starts_with("name = \"list\"\n"), "{}", told(&strict.stdout));
    let unknown = loadtest(folder.path(), &["import", "report.json"]);
    assert_eq!(unknown.status.code(), Some(2));
    assert!(told(&unknown.stderr).contains("say it with --format"), "{}", told(&unknown.stderr));
}

#[test]
fn report_writes_every_form() {
    let folder = tempfile::tempdir().unwrap();
    result(folder.path(), "one", 100.0, |_| {});
    let forms = ["html", "markdown", "junit", "csv", "steps-csv", "hlog", "k6-summary", "json"];
    let flags: Vec<_> = forms.iter().flat_map(|form| [format!("--{form}"), format!("out.{form}")]).collect();
    let arguments: Vec<_> = ["report", "one.json"].into_iter().chain(flags.iter().map(String::as_str)).collect();
    let ran = loadtest(folder.path(), &arguments);
    assert!(ran.status.success(), "{}", told(&ran.stderr));
    for form in forms {
        let text = std::fs::read_to_string(folder.path().join(format!("out.{form}"))).unwrap();
        assert!(text.contains("checkout") || form.ends_with("csv"), "{form}: {text}");
    }
    let printed = loadtest(folder.path(), &["report", "one.json", "--csv", "-"]);
    assert!(told(&printed.stdout).starts_with("seconds,finished"), "{}", told(&printed.stdout));
}

#[test]
fn compare_ends_by_what_it_finds() {
    let folder = tempfile::tempdir().unwrap();
    result(folder.path(), "one", 100.0, |_| {});
    result(folder.path(), "near", 105.0, |_| {});
    result(folder.path(), "slower", 200.0, |_| {});
    result(folder.path(), "other", 100.0, |result| result.plan.digest = "else".to_owned());
    let code = |arguments: &[&str]| loadtest(folder.path(), arguments).status.code();
    assert_eq!(code(&["compare", "one.json", "near.json"]), Some(0));
    assert_eq!(code(&["compare", "one.json", "slower.json"]), Some(3));
    assert_eq!(code(&["compare", "one.json", "other.json"]), Some(1));
    assert_eq!(code(&["compare", "one.json"]), Some(2));
    let pairs = ["one.json", "slower.json"].repeat(6);
    let ran = loadtest(folder.path(), &[vec!["pairs"], pairs.clone()].concat());
    assert_eq!(ran.status.code(), Some(3), "{}", told(&ran.stderr));
    assert!(told(&ran.stdout).starts_with("latency p95: worse: +100"), "{}", told(&ran.stdout));
    assert_eq!(code(&[vec!["pairs"], pairs[..4].to_vec()].concat()), Some(1));
    let ran = loadtest(folder.path(), &["nightly", "one.json", "near.json"]);
    assert_eq!(ran.status.code(), Some(0));
    assert!(told(&ran.stdout).contains("2 nights are too few to judge by"), "{}", told(&ran.stdout));
}
