//! What a run found. [`Measured`] counts, and is added up exactly; a worker gives back a [`WorkerResult`]; [`merge`] makes
//! a [`RunResult`] of those of all workers. All times are milliseconds unless their name ends in `seconds`.

mod distribution;
mod encoding;
mod measured;
mod merge;
mod threshold;
mod verdict;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use self::distribution::{Distribution, NotEncoded};
pub use self::measured::{
    Answered, Errors, Iterations, Measured, MetricMeasured, ScenarioMeasured, StepMeasured, Tally,
};

pub use self::merge::{CannotMerge, merge};
pub use self::threshold::{Aborts, judge};
pub use self::verdict::verdict;

use crate::plan::Threshold;

/// The form of results. A field that is added leaves it as it is.
pub const FORMAT: u32 = 2;

/// What one worker found.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct WorkerResult {
    /// The form of this document: 2.
    pub format: u32,
    /// What was carried out.
    pub plan: PlanShown,
    /// Which worker this is.
    pub part: Part,
    /// Where it ran, if that was said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
    /// The version of the program.
    pub version: String,
    /// When the schedule began, in UTC.
    pub started_at: String,
    /// How long it took, to the last answer.
    pub seconds: f64,
    /// How it ended.
    pub ended: Ended,
    /// What was counted.
    pub measured: Measured,
}

/// A worker's part of a run: one of so many.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct Part {
    /// The worker's number, from 0.
    pub worker: u32,
    /// How many workers there are.
    pub of: u32,
}

impl Part {
    /// All of it.
    pub const WHOLE: Part = Part { worker: 0, of: 1 };
}

impl std::str::FromStr for Part {
    type Err = String;

    /// Reads `3/8`: worker 3 of 8, counted from 0.
    fn from_str(text: &str) -> Result<Part, String> {
        let numbers = text.split_once('/').and_then(|(worker, of)| Some((worker.parse().ok()?, of.parse().ok()?)));
        match numbers {
            Some((worker, of)) if worker < of => Ok(Part { worker, of }),
            _ => Err("give a worker's number, from 0, and how many there are, as 0/8".to_owned()),
        }
    }
}

/// What a result says of the plan, so that it can be read and judged without it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PlanShown {
    /// Its name.
    pub name: String,
    /// SHA-256 of what it asks and how: equal for equal tests.
    pub digest: String,
    /// What is asked, without the address's query.
    pub target: String,
    /// `open` (a rate) or `closed` (users).
    pub model: String,
    /// At full load, all workers together: scenarios that begin each second, or users.
    pub full_load: f64,
    /// The parts of the schedule.
    pub phases: Vec<PhaseShown>,
    /// What must hold.
    pub thresholds: Vec<Threshold>,
}

/// A part of the schedule.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PhaseShown {
    /// `ramp`, `steady` or `fall`.
    pub name: String,
    /// How long it is.
    pub seconds: f64,
    /// The share of the full load at its beginning: 1 is all of it.
    pub from: f64,
    /// The share at its end.
    pub to: f64,
}

/// How a test came to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Ended {
    /// The schedule was carried out.
    Complete,
    /// A threshold with `abort_after` did not hold.
    Aborted,
    /// Whoever gave out the work said so.
    Stopped,
    /// Somebody stopped it.
    Interrupted,
    /// The time that was given to it was over.
    Deadline,
}

/// What a run found, all workers together.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RunResult {
    /// The form of this document: 2.
    pub format: u32,
    /// What was carried out.
    pub plan: PlanShown,
    /// The version of the program.
    pub version: String,
    /// When the first worker's schedule began, in UTC.
    pub started_at: String,
    /// How long the longest took, to its last answer.
    pub seconds: f64,
    /// How it ended: as the worker that ended worst.
    pub ended: Ended,
    /// The workers whose results are in here.
    pub workers: Vec<WorkerShown>,
    /// The numbers of those that are missing.
    pub missing: Vec<u32>,
    /// What was counted, by all.
    pub measured: Measured,
    /// All requests of each region's workers.
    pub regions: BTreeMap<String, Tally>,
    /// Whether it is passed.
    pub verdict: Verdict,
}

/// What a run's result says of one worker.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct WorkerShown {
    /// Its number, from 0.
    pub worker: u32,
    /// Where it ran, if that was said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
    /// When its schedule began, in UTC.
    pub started_at: String,
    /// How long it took.
    pub seconds: f64,
    /// How it ended.
    pub ended: Ended,
    /// Requests that came to an end.
    pub finished: u64,
    /// Those of them that ended badly.
    pub errors: u64,
    /// How late 99 of 100 of its requests began at most.
    pub lateness_p99: Option<f64>,
}

/// Whether a run is passed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Verdict {
    /// In one word.
    pub outcome: Outcome,
    /// Why it cannot be judged; empty if it can.
    pub reasons: Vec<Reason>,
    /// Each threshold with what was measured, in the plan's order.
    pub thresholds: Vec<Judged>,
}

/// Whether a run is passed, in one word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// All thresholds held.
    Passed,
    /// One did not.
    Failed,
    /// The run was not what was asked for: nothing can be said.
    Incomplete,
    /// There were too few values for a threshold, and no other was crossed.
    TooFew,
    /// Somebody stopped it.
    Interrupted,
}

impl Outcome {
    /// The exit code of a command that ran it.
    pub fn exit_code(self) -> u8 {
        match self {
            Outcome::Passed => 0,
            Outcome::Incomplete | Outcome::TooFew => 1,
            Outcome::Failed => 3,
            Outcome::Interrupted => 130,
        }
    }
}

/// Why a run cannot be judged.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", tag = "why")]
pub enum Reason {
    /// Workers gave back nothing.
    Missing {
        /// Their numbers.
        workers: Vec<u32>,
    },
    /// A worker ended before its schedule did.
    Cut {
        /// Its number.
        worker: u32,
        /// How it ended.
        ended: Ended,
    },
    /// The generator began requests so late that it measured itself.
    GeneratorLate {
        /// How late the share of them began at most.
        late: f64,
        /// The share, from 0 to 1: 0.99, or less where there are few.
        share: f64,
        /// What would have been early enough.
        limit: f64,
    },
    /// The generator could not begin what was due: as many as may be were under way.
    GeneratorFull {
        /// The share of what was due that began.
        begun: f64,
    },
    /// A data file of which each row is taken once had too few.
    RowsRanOut {
        /// Iterations that could not begin.
        iterations: u64,
    },
    /// A firewall or a content delivery network answered instead of the server.
    Blocked {
        /// Answers that it gave.
        answers: u64,
    },
    /// No request came to an end.
    Nothing,
}

/// A threshold, and what was measured.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Judged {
    /// What must hold.
    pub threshold: Threshold,
    /// The same in one line.
    pub text: String,
    /// What was measured, in milliseconds, as a share, or as a number; none if there was nothing.
    pub measured: Option<f64>,
    /// How many values it was made of.
    pub samples: u64,
    /// Whether it holds.
    pub judgement: Judgement,
}

/// Whether a threshold holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Judgement {
    /// It does.
    Held,
    /// It does not.
    Crossed,
    /// There were fewer values than the percentile needs.
    TooFew,
}
