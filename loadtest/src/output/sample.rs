//! A made-up result with everything in it: eight workers in two regions, a ramp, a standstill, errors of several classes.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::plan::words::{Limit, Measure, Statistic, Time};
use crate::plan::{Bound, Threshold};
use crate::result::{
    Answered, Ended, Errors, FORMAT, Iterations, Judged, Judgement, Measured, MetricMeasured, Outcome, PhaseShown,
    PlanShown, Reason, RunResult, ScenarioMeasured, StepMeasured, Tally, Verdict, WorkerShown,
};
use crate::sample::ErrorClass;

/// A number that looks like chance, from 0 to 1.
fn chance(seed: u64) -> f64 {
    let mut bits = seed.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    bits ^= bits >> 31;
    (bits >> 11) as f64 / (1_u64 << 53) as f64
}

fn tally(seed: u64, count: u64, middle: f64, errors: u64) -> Tally {
    let mut tally = Tally { finished: count, errors, ..Tally::default() };
    for number in 0..count {
        let share = chance(seed * 1_000_003 + number);
        let slow = if share > 0.985 { 6.0 } else { 1.0 };
        let time = Duration::from_secs_f64(middle * slow * (0.6 + 0.8 * share) / 1000.0);
        tally.latency.record_time(time);
        if number < errors {
            tally.failed.record_time(time);
        }
    }
    tally
}

fn threshold(metric: Measure, at: Statistic, limit: Limit) -> Threshold {
    Threshold {
        metric,
        at,
        bound: Bound::Under(limit),
        scenario: None,
        step: None,
        group: None,
        phase: None,
        abort_after: None,
    }
}

fn judged(threshold: Threshold, measured: f64, samples: u64, judgement: Judgement) -> Judged {
    Judged { text: threshold.to_string(), threshold, measured: Some(measured), samples, judgement }
}

/// The result, failed by one threshold.
pub(super) fn result() -> RunResult {
    let intervals: Vec<_> = (0..60_u64)
        .map(|place| {
            let load = (place.min(15) * 20).max(10);
            // A standstill of a second or two.
            let middle = if place == 40 { 900.0 } else { 80.0 + place as f64 };
            tally(place, load, middle, if place > 45 { 4 } else { 0 })
        })
        .collect();
    let mut whole = Tally::default();
    intervals.iter().for_each(|interval| whole.merge(interval));
    let errors = Errors {
        classes: BTreeMap::from([(ErrorClass::Status5xx, 48), (ErrorClass::Timeout, 8)]),
        examples: BTreeMap::from([(ErrorClass::Timeout, "no answer within 10 s <b>&".to_owned())]),
    };
    let step = |seed, count, middle| StepMeasured {
        whole: tally(seed, count, middle, 9),
        phases: vec![],
        errors: errors.clone(),
    };
    let steps = BTreeMap::from([
        ("login".to_owned(), step(1000, 3000, 140.0)),
        ("cart | list".to_owned(), step(1001, 5000, 60.0)),
        ("=cmd, \"pay\"".to_owned(), step(1002, 1500, 320.0)),
    ]);
    let scenario = ScenarioMeasured { steps, duration: whole.latency.clone(), ..ScenarioMeasured::default() };
    let mut price = MetricMeasured { unit: Some("USD".to_owned()), missing: 3, ..MetricMeasured::default() };
    (1..400).for_each(|number| assert!(price.whole.record(f64::from(number) / 4.0)));
    let mut lateness = Tally::default();
    (0..1000).for_each(|number| lateness.latency.record_time(Duration::from_micros(number)));
    let worker = |number: u32| WorkerShown {
        worker: number,
        region: Some(if number % 2 == 0 { "eu-west-1" } else { "us-east-1" }.to_owned()),
        started_at: "2026-01-02T03:04:05.000Z".to_owned(),
        seconds: 60.2,
        ended: Ended::Complete,
        finished: whole.finished / 8,
        errors: 7,
        lateness_p99: Some(0.9),
    };
    RunResult {
        format: FORMAT,
        plan: PlanShown {
            name: "checkout".to_owned(),
            digest: "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08".to_owned(),
            target: "https://shop.example/".to_owned(),
            model: "open".to_owned(),
            full_load: 300.0,
            phases: vec![
                PhaseShown { name: "ramp".to_owned(), seconds: 15.0, from: 0.0, to: 1.0 },
                PhaseShown { name: "steady".to_owned(), seconds: 45.0, from: 1.0, to: 1.0 },
            ],
            thresholds: vec![],
        },
        version: "0.1.0".to_owned(),
        started_at: "2026-01-02T03:04:05.000Z".to_owned(),
        seconds: 60.2,
        ended: Ended::Complete,
        workers: (0..8).map(worker).collect(),
        missing: vec![],
        regions: BTreeMap::from([
            ("eu-west-1".to_owned(), tally(2000, 6000, 70.0, 20)),
            ("us-east-1".to_owned(), tally(2001, 6000, 160.0, 36)),
        ]),
        verdict: Verdict {
            outcome: Outcome::Failed,
            reasons: vec![],
            thresholds: vec![
                judged(
                    threshold(
                        Measure::Latency,
                        Statistic::Percentile(0.95),
                        Limit::Time(Time(Duration::from_millis(500))),
                    ),
                    171.2,
                    whole.finished,
                    Judgement::Held,
                ),
                judged(
                    threshold(Measure::Errors, Statistic::Rate, Limit::Share(0.001)),
                    0.0035,
                    whole.finished,
                    Judgement::Crossed,
                ),
                judged(
                    threshold(
                        Measure::Latency,
                        "p99.99".parse().expect("a percentile"),
                        Limit::Time(Time(Duration::from_secs(2))),
                    ),
                    1290.0,
                    whole.finished,
                    Judgement::TooFew,
                ),
            ],
        },
        measured: Measured {
            iterations: Iterations { started: 3010, finished: 2990, broken_off: 20, not_begun: 4, without_row: 0 },
            started: whole.finished,
            phases: vec![tally(3000, 2000, 90.0, 0), tally(3001, 9000, 120.0, 56)],
            intervals,
            interval_seconds: 1.0,
            scenarios: BTreeMap::from([("buy".to_owned(), scenario)]),
            metrics: BTreeMap::from([("cart_total".to_owned(), price)]),
            answers: Answered {
                statuses: BTreeMap::from([(200, whole.finished - 56), (502, 48)]),
                sent: 120_000,
                received: 9_500_000,
                cache_hits: 10,
                cache_misses: 90,
                blocked: 2,
            },
            errors,
            lateness: lateness.latency,
            whole,
        },
    }
}

/// The same with a worker that is missing.
pub(super) fn incomplete() -> RunResult {
    let mut result = result();
    result.workers.pop();
    result.missing = vec![7];
    result.verdict.outcome = Outcome::Incomplete;
    result.verdict.reasons =
        vec![Reason::Missing { workers: vec![7] }, Reason::GeneratorLate { late: 40.0, share: 0.99, limit: 8.0 }];
    result
}
