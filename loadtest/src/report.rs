//! The result of a test in short, as JSON: numbers without histograms. The types are its documentation: `loadtest --schema` prints the JSON Schema that is
//! made from them. All times are milliseconds unless their name ends in `seconds`.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;

use crate::result::{Distribution, Ended, PhaseShown, RunResult, Tally, Verdict};
use crate::sample::ErrorClass;

/// The form of the result. A field that is added leaves it as it is.
const FORMAT: u32 = 2;

/// What a load test found.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Report {
    /// The form of this document: 2.
    pub format: u32,
    /// What the test is called; one request by its method and address.
    pub name: String,
    /// What was asked, without the address's query.
    pub target: String,
    /// `open` (a rate) or `closed` (users).
    pub model: String,
    /// At full load: requests a second, or users.
    pub full_load: f64,
    /// When the first request was due, in UTC.
    pub started_at: String,
    /// How long it took, to the last answer.
    pub seconds: f64,
    /// How it ended.
    pub ended: Ended,
    /// Whether it is passed.
    pub verdict: Verdict,
    /// Requests by what became of them.
    pub requests: Requests,
    /// Requests that came to an end, with an answer or without, for each second of the test.
    pub requests_per_second: f64,
    /// Bytes of bodies, without headers.
    pub bytes: Bytes,
    /// From when a request was due to the last byte of its answer; a request that was given up counts with the time
    /// waited for it. Errors without an answer otherwise do not count.
    pub latency: Latency,
    /// Answers by their status.
    pub statuses: BTreeMap<u16, u64>,
    /// Requests that ended badly.
    pub errors: Errors,
    /// The same for each phase of the schedule, by when its requests were due.
    pub phases: Vec<PhaseReport>,
    /// How much later than due requests began. Where this is not far below the latency, the generator was too small
    /// for the load.
    pub lateness: Lateness,
}

/// Requests by what became of them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Requests {
    /// Begun.
    pub started: u64,
    /// Come to an end: with an answer or an error.
    pub finished: u64,
    /// Still under way when the test was stopped.
    pub abandoned: u64,
    /// Due, but not begun, because `in_flight` were under way, or no row was left.
    pub not_sent: u64,
}

/// Bytes of bodies.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Bytes {
    /// Of requests.
    pub sent: u64,
    /// Of answers.
    pub received: u64,
}

/// Times in milliseconds; `null` where there is none.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
#[expect(missing_docs, reason = "each is what its name says")]
pub struct Latency {
    pub min: Option<f64>,
    pub mean: Option<f64>,
    pub p50: Option<f64>,
    pub p75: Option<f64>,
    pub p90: Option<f64>,
    pub p95: Option<f64>,
    pub p99: Option<f64>,
    pub p99_9: Option<f64>,
    pub max: Option<f64>,
}

impl Latency {
    fn of(times: &Distribution) -> Latency {
        Latency {
            min: times.min(),
            mean: times.mean(),
            p50: times.at(0.5),
            p75: times.at(0.75),
            p90: times.at(0.9),
            p95: times.at(0.95),
            p99: times.at(0.99),
            p99_9: times.at(0.999),
            max: times.max(),
        }
    }
}

/// Requests that ended badly.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Errors {
    /// All of them.
    pub total: u64,
    /// Of the finished requests, from 0 to 1.
    pub share: f64,
    /// By class: `connect`, `tls`, `timeout`, `protocol`, `status_4xx`, `status_5xx`, `body`, `expectation`, `take`,
    /// `request`.
    pub classes: BTreeMap<String, u64>,
    /// The first cause of each class, in words; a status needs none.
    pub examples: BTreeMap<String, String>,
}

/// One phase of the schedule.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct PhaseReport {
    /// `ramp`, `steady` or `fall`.
    pub name: String,
    /// Its length in the schedule.
    pub seconds: f64,
    /// The load at its beginning: requests a second, or users.
    pub from: f64,
    /// The load at its end.
    pub to: f64,
    /// Requests due in it that have come to an end.
    pub finished: u64,
    /// Those of them that ended badly.
    pub errors: u64,
    /// How long they took.
    pub latency: Latency,
}

/// How late requests began, in milliseconds.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
#[expect(missing_docs, reason = "each is what its name says")]
pub struct Lateness {
    pub p50: Option<f64>,
    pub p99: Option<f64>,
    pub max: Option<f64>,
}

impl Report {
    /// What was found, in short.
    pub fn of(run: &RunResult) -> Report {
        let RunResult { plan, started_at, seconds, ended, measured, verdict, .. } = run;
        let phase = |(phase, tally): (&PhaseShown, &Tally)| PhaseReport {
            name: phase.name.clone(),
            seconds: phase.seconds,
            from: phase.from * plan.full_load,
            to: phase.to * plan.full_load,
            finished: tally.finished,
            errors: tally.errors,
            latency: Latency::of(&tally.latency),
        };
        Report {
            format: FORMAT,
            name: plan.name.clone(),
            target: plan.target.clone(),
            model: plan.model.clone(),
            full_load: plan.full_load,
            started_at: started_at.clone(),
            seconds: *seconds,
            ended: *ended,
            verdict: verdict.clone(),
            requests: Requests {
                started: measured.started,
                finished: measured.whole.finished,
                abandoned: measured.started.saturating_sub(measured.whole.finished),
                not_sent: measured.iterations.not_begun + measured.iterations.without_row,
            },
            requests_per_second: rounded(ratio(measured.whole.finished as f64, *seconds)),
            bytes: Bytes { sent: measured.answers.sent, received: measured.answers.received },
            latency: Latency::of(&measured.whole.latency),
            statuses: measured.answers.statuses.clone(),
            errors: Errors {
                total: measured.whole.errors,
                share: measured.whole.error_share().unwrap_or_default(),
                classes: named(&measured.errors.classes),
                examples: named(&measured.errors.examples),
            },
            phases: plan.phases.iter().zip(&measured.phases).map(phase).collect(),
            lateness: Lateness {
                p50: measured.lateness.at(0.5),
                p99: measured.lateness.at(0.99),
                max: measured.lateness.max(),
            },
        }
    }

    /// Whether any request had an answer without an error.
    pub fn any_good(&self) -> bool {
        self.requests.finished > self.errors.total
    }
}

/// With classes as they are named.
fn named<T: Clone>(classes: &BTreeMap<ErrorClass, T>) -> BTreeMap<String, T> {
    classes.iter().map(|(class, value)| (class.name().to_owned(), value.clone())).collect()
}

fn ratio(part: f64, whole: f64) -> f64 {
    if whole > 0.0 { part / whole } else { 0.0 }
}

/// Milliseconds are enough in seconds, and so they are in a rate.
fn rounded(value: f64) -> f64 {
    (value * 1000.0).round() / 1000.0
}
