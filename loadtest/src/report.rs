//! The result of a test, as JSON. The types are its documentation: `loadtest --schema` prints the JSON Schema that is
//! made from them. All times are milliseconds unless their name ends in `seconds`.

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime};

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;

use crate::statistics::{Statistics, Tally, Times};
use crate::test::{Load, LoadTest};

/// The form of the result. A field that is added leaves it as it is.
const FORMAT: u32 = 1;

/// What a load test found.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Report {
    /// The form of this document: 1.
    pub format: u32,
    /// What was asked, without the address's query.
    pub target: String,
    /// The request's method.
    pub method: String,
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

/// How a test came to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Ended {
    /// The schedule was carried out.
    Complete,
    /// Somebody stopped it.
    Interrupted,
    /// The time that was given to it was over.
    Deadline,
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
    /// Due, but not begun, because `in_flight` requests were under way.
    pub not_sent: u64,
}

/// Bytes of bodies.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Bytes {
    /// Of requests that were begun.
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
    fn of(times: &Times) -> Latency {
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
    /// By class: `connect`, `tls`, `timeout`, `protocol`, `status_4xx`, `status_5xx`, `body`.
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
    /// What was counted, told.
    pub fn of(test: &LoadTest, counted: &Statistics, began: SystemTime, took: Duration, ended: Ended) -> Report {
        let Statistics { whole, phases, started, not_sent, received, statuses, errors, examples, lateness } = counted;
        let (model, full_load) = match test.load {
            Load::Open { rate, in_flight: _ } => ("open", rate),
            Load::Closed { users, think: _ } => ("closed", f64::from(users)),
        };
        let phase = |(phase, tally): (&crate::test::Phase, &Tally)| PhaseReport {
            name: phase.to_string(),
            seconds: phase.length.as_secs_f64(),
            from: phase.from * full_load,
            to: phase.to * full_load,
            finished: tally.finished,
            errors: tally.errors,
            latency: Latency::of(&tally.latency),
        };
        Report {
            format: FORMAT,
            target: test.request.shown_target(),
            method: test.request.method.to_string(),
            model: model.to_owned(),
            full_load,
            started_at: Timestamp::try_from(began).map(|at| format!("{at:.3}")).unwrap_or_default(),
            seconds: rounded(took.as_secs_f64()),
            ended,
            requests: Requests {
                started: *started,
                finished: whole.finished,
                abandoned: started.saturating_sub(whole.finished),
                not_sent: *not_sent,
            },
            requests_per_second: rounded(ratio(whole.finished as f64, took.as_secs_f64())),
            bytes: Bytes { sent: started * test.request.body.len() as u64, received: *received },
            latency: Latency::of(&whole.latency),
            statuses: statuses.clone(),
            errors: Errors {
                total: whole.errors,
                share: ratio(whole.errors as f64, whole.finished as f64),
                classes: errors.iter().map(|(class, count)| (class.name().to_owned(), *count)).collect(),
                examples: examples.iter().map(|(class, why)| (class.name().to_owned(), why.clone())).collect(),
            },
            phases: test.phases.iter().zip(phases).map(phase).collect(),
            lateness: Lateness { p50: lateness.at(0.5), p99: lateness.at(0.99), max: lateness.max() },
        }
    }

    /// Whether any request had an answer without an error.
    pub fn any_good(&self) -> bool {
        self.requests.finished > self.errors.total
    }
}

fn ratio(part: f64, whole: f64) -> f64 {
    if whole > 0.0 { part / whole } else { 0.0 }
}

/// Milliseconds are enough in seconds, and so they are in a rate.
fn rounded(value: f64) -> f64 {
    (value * 1000.0).round() / 1000.0
}
