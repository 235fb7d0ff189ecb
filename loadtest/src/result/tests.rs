//! Merging is exact, what other languages write is read, and nothing that is incomplete is passed.

use std::time::Duration;

use proptest::prelude::*;

use super::*;
use crate::plan::Bound;
use crate::plan::words::{Limit, Measure, PhaseChoice, Time};

fn distribution(values: &[u64]) -> Distribution {
    let mut distribution = Distribution::new();
    values.iter().for_each(|value| distribution.record_time(Duration::from_micros(*value)));
    distribution
}

fn values() -> impl Strategy<Value = Vec<u64>> {
    prop::collection::vec(prop_oneof![0_u64..2000, 0_u64..10_000_000, Just(86_400_000_000)], 0..300)
}

proptest! {
    #[test]
    fn percentiles_are_those_of_the_sorted_times(times in prop::collection::vec(1_u64..60_000_000, 1..500), share in 0.01..1.0_f64) {
        let counted = distribution(&times);
        let mut sorted = times;
        sorted.sort_unstable();
        let place = (share * sorted.len() as f64).ceil() as usize;
        let exact = sorted[place.clamp(1, sorted.len()) - 1] as f64 / 1000.0;
        let told = counted.at(share).unwrap();
        prop_assert!((told - exact).abs() <= exact * 0.001 + 0.001, "{} told, {} exact", told, exact);
    }

    /// Whatever the samples and however they are split: the same histogram, and the same text of it.
    #[test]
    fn parts_together_are_the_whole(parts in prop::collection::vec(values(), 1..9)) {
        let mut together = Distribution::new();
        parts.iter().for_each(|part| together.merge(&distribution(part)));
        let whole = distribution(&parts.concat());
        prop_assert_eq!(&together, &whole);
        prop_assert_eq!((together.len(), together.min(), together.max()), (whole.len(), whole.min(), whole.max()));
        prop_assert_eq!(Distribution::decoded(&whole.encoded()), Ok(together));
    }

    #[test]
    fn the_good_are_the_whole_without_the_bad(good in values(), bad in values()) {
        let (whole, failed) = (distribution(&[good.clone(), bad.clone()].concat()), distribution(&bad));
        prop_assert_eq!(whole.without(&failed), distribution(&good));
    }

    #[test]
    fn any_text_is_read_or_refused(text in "[A-Za-z0-9+/=]{0,80}") {
        drop(Distribution::decoded(&text));
    }
}

/// Written by Python's `hdrhistogram` 0.10.8: 10,000 values `i·37 mod 250,000 + 1`, and ten from 1 s to 1.9 s.
const OF_PYTHON: &str = "HISTFAAAALp4nO2TsQ3CMBRE7bMTLFFQBAoEiCmoWYVh2IABGAUxBTPQsQH5xMYYcEpQZF2c8939/4o0We4PjVKzq/KPCa5F09Vlp7Y3P2iwwaRYLTDCHJWoPG+gMY4ySWYfeq9EBmLhjsFwwcUgF3ID2upgjxAsHRMiRKhIyFrIsdG+an5KiBChAqDaudqrfkVnXVrzkRAhQhnI/16dkI39m/9D8r3Pk8S30jcnRIjQr6H7GkfgpHHu3o/QAlT5eoo=";

#[test]
fn a_histogram_of_python_is_read() {
    let read = Distribution::decoded(OF_PYTHON).unwrap();
    assert_eq!((read.len(), read.at(0.5)), (10_010, Some(92.607)));
    assert_eq!((read.at(0.99), read.at(0.999), read.mean()), (Some(246.655), Some(249.983), Some(105.265)));
    let mut ours = Distribution::new();
    (1..=10_000_u64).for_each(|i| ours.record_time(Duration::from_micros(i * 37 % 250_000 + 1)));
    (0..10_u64).for_each(|i| ours.record_time(Duration::from_micros(1_000_000 + i * 100_000)));
    assert_eq!(read, ours);
}

/// A plan of a ramp and a steady phase, and these thresholds.
fn plan(thresholds: Vec<Threshold>) -> PlanShown {
    let phase = |name: &str, from| PhaseShown { name: name.to_owned(), seconds: 10.0, from, to: 1.0 };
    PlanShown {
        name: "shop".to_owned(),
        digest: "1".to_owned(),
        target: "https://example.com".to_owned(),
        model: "open".to_owned(),
        full_load: 100.0,
        phases: vec![phase("ramp", 0.0), phase("steady", 1.0)],
        thresholds,
    }
}

fn threshold(metric: Measure, at: &str, bound: Bound) -> Threshold {
    let at = at.parse().unwrap();
    Threshold { metric, at, bound, scenario: None, step: None, group: None, phase: None, abort_after: None }
}

fn milliseconds(limit: u64) -> Bound {
    Bound::Under(Limit::Time(Time(Duration::from_millis(limit))))
}

/// A worker that had a thousand requests in each phase: 10 ms in the ramp, 100 ms after it, one of ten bad.
fn worker(worker: u32, of: u32, thresholds: Vec<Threshold>) -> WorkerResult {
    let mut measured = Measured { started: 2000, phases: vec![Tally::default(); 2], ..Measured::default() };
    measured.iterations.started = 2000;
    measured.iterations.finished = 2000;
    let mut scenario = ScenarioMeasured::default();
    for (phase, name, time) in [(0, "home", 10), (1, "cart", 100)] {
        let step = scenario.steps.entry(name.to_owned()).or_default();
        step.phases.resize_with(2, Tally::default);
        for number in 0..1000 {
            for tally in [&mut measured.whole, &mut measured.phases[phase], &mut step.whole, &mut step.phases[phase]] {
                tally.finished += 1;
                tally.latency.record_time(Duration::from_millis(time));
                tally.errors += u64::from(number % 10 == 0);
            }
            measured.lateness.record_time(Duration::from_micros(200));
        }
    }
    measured.scenarios.insert("buy".to_owned(), scenario);
    WorkerResult {
        format: FORMAT,
        plan: plan(thresholds),
        part: Part { worker, of },
        region: Some(if worker == 0 { "us-east-1" } else { "eu-west-1" }.to_owned()),
        version: "1".to_owned(),
        started_at: format!("2026-01-02T03:04:0{worker}.000Z"),
        seconds: 20.0,
        ended: Ended::Complete,
        measured,
    }
}

#[test]
fn a_run_is_all_its_workers() {
    let run = merge(vec![worker(1, 3, vec![]), worker(2, 3, vec![]), worker(0, 3, vec![])]).unwrap();
    assert_eq!((run.measured.whole.finished, run.measured.started, run.measured.whole.errors), (6000, 6000, 600));
    assert_eq!((run.started_at.as_str(), run.missing.len()), ("2026-01-02T03:04:00.000Z", 0));
    assert_eq!((run.regions["us-east-1"].finished, run.regions["eu-west-1"].finished), (2000, 4000));
    assert_eq!(run.measured.scenarios["buy"].steps["cart"].phases[1].finished, 3000);
    assert_eq!(run.verdict.outcome, Outcome::Passed);
    let again: RunResult = serde_json::from_str(&serde_json::to_string(&run).unwrap()).unwrap();
    assert_eq!(again, run);
}

#[test]
fn a_worker_that_is_missing_is_told_and_nothing_is_passed() {
    let run = merge(vec![worker(0, 3, vec![]), worker(2, 3, vec![])]).unwrap();
    assert_eq!(run.verdict.reasons, [Reason::Missing { workers: vec![1] }]);
    assert_eq!((run.verdict.outcome, run.verdict.outcome.exit_code()), (Outcome::Incomplete, 1));
}

#[test]
fn results_that_do_not_belong_together_are_refused() {
    let other = |change: fn(&mut WorkerResult)| {
        let mut second = worker(1, 2, vec![]);
        change(&mut second);
        merge(vec![worker(0, 2, vec![]), second]).unwrap_err()
    };
    assert!(matches!(other(|worker| worker.part.worker = 0), CannotMerge::Twice { worker: 0 }));
    assert!(matches!(other(|worker| worker.part.of = 3), CannotMerge::OtherSplit { .. }));
    assert!(matches!(other(|worker| worker.part.worker = 2), CannotMerge::NoSuchWorker { .. }));
    assert!(matches!(other(|worker| worker.plan.digest = "2".into()), CannotMerge::OtherPlan { .. }));
    assert!(matches!(other(|worker| worker.format = 3), CannotMerge::OtherFormat { .. }));
    assert_eq!(merge(vec![]), Err(CannotMerge::Nothing));
}

/// What a threshold measures in the run of one worker, and how it is judged.
fn judged(threshold: Threshold) -> (Option<f64>, Judgement) {
    let run = merge(vec![worker(0, 1, vec![threshold])]).unwrap();
    // Of times three digits are exact.
    let rounded = run.verdict.thresholds[0].measured.map(|value| (value * 10.0).round() / 10.0);
    (rounded, run.verdict.thresholds[0].judgement)
}

#[test]
fn thresholds_look_at_what_they_name() {
    let latency = |at: &str| threshold(Measure::Latency, at, milliseconds(50));
    assert_eq!(judged(latency("p95")), (Some(100.0), Judgement::Crossed));
    assert_eq!(judged(Threshold { step: Some("home".into()), ..latency("p95") }), (Some(10.0), Judgement::Held));
    assert_eq!(judged(Threshold { scenario: Some("buy".into()), ..latency("max") }), (Some(100.0), Judgement::Crossed));
    assert_eq!(judged(Threshold { phase: Some(PhaseChoice::Ramp), ..latency("p95") }), (Some(10.0), Judgement::Held));
    assert_eq!(judged(Threshold { phase: Some(PhaseChoice::Full), ..latency("p95") }).1, Judgement::Crossed);
    let errors = |limit| threshold(Measure::Errors, "rate", Bound::Under(Limit::Share(limit)));
    assert_eq!(judged(errors(0.1)), (Some(0.1), Judgement::Held));
    assert_eq!(judged(errors(0.09)), (Some(0.1), Judgement::Crossed));
    let rate = threshold(Measure::Requests, "rate", Bound::Over(Limit::Number(101.0)));
    assert_eq!(judged(rate.clone()), (Some(100.0), Judgement::Crossed));
    assert_eq!(judged(Threshold { phase: Some(PhaseChoice::Steady), ..rate }), (Some(100.0), Judgement::Crossed));
}

#[test]
fn a_percentile_of_too_few_values_is_not_passed() {
    let too_few = threshold(Measure::Latency, "p99.9", milliseconds(500));
    assert_eq!(judged(too_few.clone()).1, Judgement::TooFew);
    let run = merge(vec![worker(0, 1, vec![too_few.clone()])]).unwrap();
    assert_eq!((run.verdict.outcome, run.verdict.outcome.exit_code()), (Outcome::TooFew, 1));
    // One that was crossed for certain says more.
    let crossed = threshold(Measure::Latency, "p95", milliseconds(50));
    let run = merge(vec![worker(0, 1, vec![too_few, crossed])]).unwrap();
    assert_eq!((run.verdict.outcome, run.verdict.outcome.exit_code()), (Outcome::Failed, 3));
}

#[test]
fn a_generator_that_was_the_limit_is_no_verdict_on_the_server() {
    let crossed = threshold(Measure::Latency, "p95", milliseconds(50));
    let mut late = worker(0, 1, vec![crossed]);
    (0..100).for_each(|_| late.measured.lateness.record_time(Duration::from_millis(20)));
    let run = merge(vec![late]).unwrap();
    assert!(matches!(run.verdict.reasons[..], [Reason::GeneratorLate { share: 0.99, .. }]), "{:?}", run.verdict);
    assert_eq!(run.verdict.outcome, Outcome::Incomplete);
    let mut full = worker(0, 1, vec![]);
    full.measured.iterations.not_begun = 100;
    let run = merge(vec![full]).unwrap();
    assert!(matches!(run.verdict.reasons[..], [Reason::GeneratorFull { .. }]), "{:?}", run.verdict);
}

#[test]
fn a_test_that_was_blocked_is_no_verdict_on_the_server() {
    let mut blocked = worker(0, 1, vec![threshold(Measure::Errors, "rate", Bound::Under(Limit::Share(0.01)))]);
    blocked.measured.answers.blocked = 200;
    let run = merge(vec![blocked]).unwrap();
    assert_eq!(run.verdict.reasons, [Reason::Blocked { answers: 200 }]);
    assert_eq!(run.verdict.outcome, Outcome::Incomplete);
}

#[test]
fn how_a_run_ended_is_in_its_verdict() {
    let outcome = |ended, thresholds| {
        let mut result = worker(0, 1, thresholds);
        result.ended = ended;
        merge(vec![result]).unwrap().verdict.outcome
    };
    let crossed = || vec![threshold(Measure::Latency, "p95", milliseconds(50))];
    assert_eq!(outcome(Ended::Interrupted, vec![]).exit_code(), 130);
    assert_eq!(outcome(Ended::Aborted, crossed()), Outcome::Failed);
    for ended in [Ended::Deadline, Ended::Stopped] {
        assert_eq!(outcome(ended, vec![]), Outcome::Incomplete);
    }
}

#[test]
fn a_threshold_ends_a_run_when_it_has_not_held_for_long_enough() {
    let after = Some(Time(Duration::from_secs(10)));
    let crossed = Threshold { abort_after: after, ..threshold(Measure::Latency, "p95", milliseconds(50)) };
    let (bad, phases) = (worker(0, 1, vec![]).measured, plan(vec![]).phases);
    let mut aborts = Aborts::new(&[crossed]);
    let mut look = |measured: &Measured, second| aborts.look(&phases, measured, Duration::from_secs(second));
    assert!(!look(&bad, 5) && !look(&bad, 14));
    // It held again: the time counts from the beginning.
    assert!(!look(&Measured::default(), 15) && !look(&bad, 16) && !look(&bad, 25));
    assert!(look(&bad, 26));
}
