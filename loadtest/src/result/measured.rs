//! What is counted, in a form that is added up exactly: counts are added, histograms are merged, nothing is averaged.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Distribution;
use crate::sample::ErrorClass;

/// Everything that was counted.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Measured {
    /// Scenarios, by what became of them.
    pub iterations: Iterations,
    /// Requests that were begun.
    pub started: u64,
    /// Requests that came to an end.
    pub whole: Tally,
    /// The same for each phase, by when the iteration was due.
    pub phases: Vec<Tally>,
    /// The same for each stretch of time, by when the request ended.
    pub intervals: Vec<Tally>,
    /// How long each stretch is.
    pub interval_seconds: f64,
    /// Each scenario, by its name.
    pub scenarios: BTreeMap<String, ScenarioMeasured>,
    /// The metrics of the plan, by their names.
    pub metrics: BTreeMap<String, MetricMeasured>,
    /// What the answers were.
    pub answers: Answered,
    /// Why requests ended badly.
    pub errors: Errors,
    /// How much later than due requests began: the generator's own fault.
    pub lateness: Distribution,
}

/// Scenarios, by what became of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Iterations {
    /// Begun.
    pub started: u64,
    /// Gone through to the end.
    pub finished: u64,
    /// Ended by an error.
    pub broken_off: u64,
    /// Due, but not begun, because too many were under way.
    pub not_begun: u64,
    /// Due, but not begun, because a data file had no row left.
    pub without_row: u64,
}

/// Requests that came to an end.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Tally {
    /// How many.
    pub finished: u64,
    /// Those of them that ended badly.
    pub errors: u64,
    /// How long they took: those with an answer, good or bad, and those that were given up, with the time waited.
    pub latency: Distribution,
    /// Those of these times that ended badly.
    pub failed: Distribution,
}

impl Tally {
    /// How long those took that ended well.
    pub fn good(&self) -> Distribution {
        self.latency.without(&self.failed)
    }

    /// The share that ended badly, from 0 to 1; none if there is none at all.
    pub fn error_share(&self) -> Option<f64> {
        (self.finished > 0).then(|| self.errors as f64 / self.finished as f64)
    }
}

/// One scenario.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ScenarioMeasured {
    /// How often it was done.
    pub iterations: Iterations,
    /// How long it took from begin to end, waiting and all, where it went through.
    pub duration: Distribution,
    /// Its steps, by their names.
    pub steps: BTreeMap<String, StepMeasured>,
    /// Its groups of steps, by their names: the sum of their requests, where all ended well.
    pub groups: BTreeMap<String, StepMeasured>,
}

/// One step, or one group of steps.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct StepMeasured {
    /// All its requests.
    pub whole: Tally,
    /// Those of each phase.
    pub phases: Vec<Tally>,
    /// Why they ended badly.
    pub errors: Errors,
}

/// A metric of the plan.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct MetricMeasured {
    /// What it is counted in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<String>,
    /// All values.
    pub whole: Distribution,
    /// Those of each phase.
    pub phases: Vec<Distribution>,
    /// Answers that had no such number.
    pub missing: u64,
}

/// What the answers were.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Answered {
    /// Answers by their status.
    pub statuses: BTreeMap<u16, u64>,
    /// Bytes of requests' bodies.
    pub sent: u64,
    /// Bytes of answers' bodies.
    pub received: u64,
    /// Answers of which a content delivery network said that they came from its cache.
    pub cache_hits: u64,
    /// Answers of which it said that they did not.
    pub cache_misses: u64,
    /// Errors that a firewall or a content delivery network answered with instead of the server: the test was blocked.
    pub blocked: u64,
}

/// Why requests ended badly.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Errors {
    /// How many, by class.
    pub classes: BTreeMap<ErrorClass, u64>,
    /// The first cause of each class, in words; a status needs none.
    pub examples: BTreeMap<ErrorClass, String>,
}

impl Measured {
    /// Adds all of another.
    pub fn merge(&mut self, other: &Measured) {
        let Measured { iterations, started, whole, phases, intervals, interval_seconds, .. } = other;
        let Measured { scenarios, metrics, answers, errors, lateness, .. } = other;
        self.iterations.merge(iterations);
        self.started += started;
        self.whole.merge(whole);
        each(&mut self.phases, phases, Tally::merge);
        each(&mut self.intervals, intervals, Tally::merge);
        self.interval_seconds = self.interval_seconds.max(*interval_seconds);
        by_name(&mut self.scenarios, scenarios, ScenarioMeasured::merge);
        by_name(&mut self.metrics, metrics, MetricMeasured::merge);
        self.answers.merge(answers);
        self.errors.merge(errors);
        self.lateness.merge(lateness);
    }
}

impl Iterations {
    fn merge(&mut self, other: &Iterations) {
        let Iterations { started, finished, broken_off, not_begun, without_row } = other;
        self.started += started;
        self.finished += finished;
        self.broken_off += broken_off;
        self.not_begun += not_begun;
        self.without_row += without_row;
    }

    /// Begun, and still under way when the run was stopped.
    pub fn abandoned(&self) -> u64 {
        self.started.saturating_sub(self.finished + self.broken_off)
    }

    /// All that were due.
    pub fn due(&self) -> u64 {
        self.started + self.not_begun + self.without_row
    }
}

impl Tally {
    /// Adds all of another.
    pub fn merge(&mut self, other: &Tally) {
        let Tally { finished, errors, latency, failed } = other;
        self.finished += finished;
        self.errors += errors;
        self.latency.merge(latency);
        self.failed.merge(failed);
    }
}

impl ScenarioMeasured {
    fn merge(&mut self, other: &ScenarioMeasured) {
        let ScenarioMeasured { iterations, duration, steps, groups } = other;
        self.iterations.merge(iterations);
        self.duration.merge(duration);
        by_name(&mut self.steps, steps, StepMeasured::merge);
        by_name(&mut self.groups, groups, StepMeasured::merge);
    }
}

impl StepMeasured {
    /// Adds all of another.
    pub fn merge(&mut self, other: &StepMeasured) {
        let StepMeasured { whole, phases, errors } = other;
        self.whole.merge(whole);
        each(&mut self.phases, phases, Tally::merge);
        self.errors.merge(errors);
    }
}

impl MetricMeasured {
    fn merge(&mut self, other: &MetricMeasured) {
        let MetricMeasured { unit, whole, phases, missing } = other;
        self.unit = self.unit.take().or_else(|| unit.clone());
        self.whole.merge(whole);
        each(&mut self.phases, phases, Distribution::merge);
        self.missing += missing;
    }
}

impl Answered {
    fn merge(&mut self, other: &Answered) {
        let Answered { statuses, sent, received, cache_hits, cache_misses, blocked } = other;
        statuses.iter().for_each(|(status, count)| *self.statuses.entry(*status).or_default() += count);
        self.sent += sent;
        self.received += received;
        self.cache_hits += cache_hits;
        self.cache_misses += cache_misses;
        self.blocked += blocked;
    }
}

impl Errors {
    fn merge(&mut self, other: &Errors) {
        let Errors { classes, examples } = other;
        classes.iter().for_each(|(class, count)| *self.classes.entry(*class).or_default() += count);
        for (class, why) in examples {
            self.examples.entry(*class).or_insert_with(|| why.clone());
        }
    }
}

/// Adds what is in the same place.
fn each<T: Clone + Default>(to: &mut Vec<T>, from: &[T], merge: impl Fn(&mut T, &T)) {
    to.resize(to.len().max(from.len()), T::default());
    to.iter_mut().zip(from).for_each(|(to, from)| merge(to, from));
}

/// Adds what has the same name.
fn by_name<T: Default>(to: &mut BTreeMap<String, T>, from: &BTreeMap<String, T>, merge: impl Fn(&mut T, &T)) {
    for (name, from) in from {
        merge(to.entry(name.clone()).or_default(), from);
    }
}
