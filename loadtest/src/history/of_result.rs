//! What the history keeps of a result, and what a search for the breaking point sees in it.

use std::collections::BTreeMap;

use super::entry::{Better, Entry, Figure, Fingerprint};
use super::limits::{Generator, Limits, Measured};
use crate::plan::words::Statistic;
use crate::result::{Distribution, Outcome, Reason, RunResult, Tally};

/// The percentiles that are kept of all requests; of each step the second is.
const KEPT: [(&str, f64); 3] = [("p50", 0.5), ("p95", 0.95), ("p99", 0.99)];

impl Entry {
    /// The entry of a result. `run` is its id, and `memory` that of each worker in megabytes: 0 on a machine of its own.
    pub fn of(result: &RunResult, run: &str, memory: u32) -> Entry {
        let workers = result.workers.len() + result.missing.len();
        let fingerprint = Fingerprint {
            plan: result.plan.digest.clone(),
            target: result.plan.target.clone(),
            workers: u32::try_from(workers).unwrap_or(u32::MAX),
            memory,
            regions: result.regions.keys().cloned().collect(),
            generator: result.version.clone(),
        };
        let outcome = result.verdict.outcome;
        Entry {
            run: run.to_owned(),
            at: result.started_at.clone(),
            fingerprint,
            complete: !matches!(outcome, Outcome::Incomplete | Outcome::Interrupted),
            passed: match outcome {
                Outcome::Passed => Some(true),
                Outcome::Failed => Some(false),
                Outcome::Incomplete | Outcome::TooFew | Outcome::Interrupted => None,
            },
            figures: figures(result),
        }
    }
}

impl Measured {
    /// What a run at one level says to these limits. The load is counted in scenarios.
    pub fn of(result: &RunResult, limits: &Limits) -> Measured {
        let measured = &result.measured;
        let iterations = &measured.iterations;
        let schedule: f64 = result.plan.phases.iter().map(|phase| phase.seconds).sum();
        let a_second = |count: u64, seconds: f64| if seconds > 0.0 { count as f64 / seconds } else { 0.0 };
        let late = result.verdict.reasons.iter().any(|reason| matches!(reason, Reason::GeneratorLate { .. }));
        let full = result.verdict.reasons.iter().any(|reason| matches!(reason, Reason::GeneratorFull { .. }));
        let latency = &measured.whole.latency;
        Measured {
            offered: a_second(iterations.due(), schedule),
            achieved: a_second(iterations.finished + iterations.broken_off, result.seconds),
            // Where nothing came to an end, everything ended badly.
            errors: measured.whole.error_share().unwrap_or(1.0),
            mean: latency.mean(),
            latency: limits.latency.iter().filter_map(|(share, _)| Some((*share, latency.at(*share)?))).collect(),
            generator: match (late, full) {
                (true, _) => Generator::Late,
                (false, true) => Generator::Full,
                (false, false) => Generator::Fine,
            },
        }
    }
}

fn figures(result: &RunResult) -> BTreeMap<String, Figure> {
    let measured = &result.measured;
    let mut figures = BTreeMap::new();
    for (name, share) in KEPT {
        put(&mut figures, format!("latency {name}"), &measured.whole.latency, share, "ms");
    }
    figures.insert("errors".to_owned(), errors(&measured.whole));
    if result.seconds > 0.0 {
        let rate = measured.whole.finished as f64 / result.seconds;
        figures.insert("rate".to_owned(), figure(rate, "/s", Better::More, measured.whole.finished == 0));
    }
    for (scenario, own) in &measured.scenarios {
        for (step, own) in &own.steps {
            let name = if measured.scenarios.len() > 1 { format!("{scenario} / {step}") } else { step.clone() };
            put(&mut figures, format!("{name}: p95"), &own.whole.latency, 0.95, "ms");
        }
    }
    for (name, metric) in &measured.metrics {
        let unit = metric.unit.as_deref().unwrap_or_default();
        put(&mut figures, format!("{name}: p95"), &metric.whole, 0.95, unit);
    }
    figures
}

fn put(figures: &mut BTreeMap<String, Figure>, name: String, values: &Distribution, share: f64, unit: &str) {
    if let Some(value) = values.at(share) {
        let too_few = values.len() < Statistic::Percentile(share).least_samples();
        figures.insert(name, figure(value, unit, Better::Less, too_few));
    }
}

fn errors(tally: &Tally) -> Figure {
    figure(tally.error_share().unwrap_or(0.0) * 100.0, "%", Better::Less, tally.finished == 0)
}

fn figure(value: f64, unit: &str, better: Better, too_few: bool) -> Figure {
    Figure { value, unit: unit.to_owned(), better, too_few }
}
