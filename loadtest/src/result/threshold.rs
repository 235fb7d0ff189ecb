//! Thresholds against what was measured.

use std::time::Duration;

use super::{Distribution, Judged, Judgement, Measured, PhaseShown, StepMeasured, Tally};
use crate::plan::Threshold;
use crate::plan::words::{Measure, PhaseChoice, Statistic};

/// Judges one threshold, `seconds` after the beginning.
pub fn judge(threshold: &Threshold, phases: &[PhaseShown], measured: &Measured, seconds: f64) -> Judged {
    let Found { value, samples } = find(threshold, phases, measured, seconds);
    let judgement = match value {
        _ if samples < threshold.at.least_samples() => Judgement::TooFew,
        None => Judgement::TooFew,
        Some(value) if threshold.bound.holds(value) => Judgement::Held,
        Some(_) => Judgement::Crossed,
    };
    Judged { threshold: threshold.clone(), text: threshold.to_string(), measured: value, samples, judgement }
}

struct Found {
    value: Option<f64>,
    samples: u64,
}

fn find(threshold: &Threshold, phases: &[PhaseShown], measured: &Measured, seconds: f64) -> Found {
    let Threshold { metric, at, bound: _, scenario, step: _, group: _, phase, abort_after: _ } = threshold;
    let in_seconds = |count: u64| {
        let seconds = time_in(*phase, phases, seconds);
        (seconds > 0.0).then(|| count as f64 / seconds)
    };
    match metric {
        Measure::Latency => of(&tally(threshold, phases, measured).latency, *at),
        Measure::Lateness => of(&measured.lateness, *at),
        Measure::Own(name) => {
            let Some(metric) = measured.metrics.get(name) else { return Found { value: None, samples: 0 } };
            match phase {
                None => of(&metric.whole, *at),
                Some(phase) => of(&merged(&metric.phases, *phase, phases, Distribution::merge), *at),
            }
        }
        Measure::Errors | Measure::Requests => {
            let tally = tally(threshold, phases, measured);
            let value = match (metric, at) {
                (Measure::Errors, Statistic::Rate) => tally.error_share(),
                (Measure::Errors, _) => Some(tally.errors as f64),
                (_, Statistic::Rate) => in_seconds(tally.finished),
                _ => Some(tally.finished as f64),
            };
            Found { value, samples: tally.finished }
        }
        Measure::Iterations => {
            let of_one = scenario.as_ref().map(|name| measured.scenarios.get(name).map(|found| found.iterations));
            let finished = of_one.map_or(measured.iterations, Option::unwrap_or_default).finished;
            let value = if *at == Statistic::Rate { in_seconds(finished) } else { Some(finished as f64) };
            Found { value, samples: finished }
        }
    }
}

fn of(values: &Distribution, at: Statistic) -> Found {
    let value = match at {
        Statistic::Percentile(share) => values.at(share),
        Statistic::Mean => values.mean(),
        Statistic::Min => values.min(),
        Statistic::Max => values.max(),
        Statistic::Count | Statistic::Rate => Some(values.len() as f64),
    };
    Found { value, samples: values.len() }
}

/// The requests that a threshold looks at, exactly: those of all steps and phases that it names, together.
fn tally(threshold: &Threshold, phases: &[PhaseShown], measured: &Measured) -> Tally {
    let Threshold { scenario, step, group, phase, .. } = threshold;
    let in_phases = |whole: &Tally, of_phases: &[Tally]| match phase {
        None => whole.clone(),
        Some(phase) => merged(of_phases, *phase, phases, Tally::merge),
    };
    if scenario.is_none() && step.is_none() && group.is_none() {
        return in_phases(&measured.whole, &measured.phases);
    }
    let scenarios =
        measured.scenarios.iter().filter(|(name, _)| scenario.as_ref().is_none_or(|wanted| wanted == *name));
    let steps = scenarios.flat_map(|(_, found)| if group.is_some() { &found.groups } else { &found.steps });
    let wanted = step.as_ref().or(group.as_ref());
    let mut together = Tally::default();
    for (_, StepMeasured { whole, phases: of_phases, .. }) in
        steps.filter(|(name, _)| wanted.is_none_or(|wanted| wanted == *name))
    {
        together.merge(&in_phases(whole, of_phases));
    }
    together
}

/// Those of the chosen phases, together.
fn merged<T: Default>(of_phases: &[T], choice: PhaseChoice, phases: &[PhaseShown], merge: impl Fn(&mut T, &T)) -> T {
    let mut together = T::default();
    for (place, (of_phase, phase)) in of_phases.iter().zip(phases).enumerate() {
        if choice.takes(place, phase.from, phase.to) {
            merge(&mut together, of_phase);
        }
    }
    together
}

/// How long the chosen phases were under way until a moment: all the time where none is chosen.
fn time_in(choice: Option<PhaseChoice>, phases: &[PhaseShown], seconds: f64) -> f64 {
    let Some(choice) = choice else { return seconds };
    let (mut begins, mut time) = (0.0, 0.0);
    for (place, phase) in phases.iter().enumerate() {
        if choice.takes(place, phase.from, phase.to) {
            time += (seconds - begins).clamp(0.0, phase.seconds);
        }
        begins += phase.seconds;
    }
    time
}

/// Watches the thresholds that end a run.
#[derive(Debug)]
pub struct Aborts {
    /// Each with how long it may not hold, and since when it does not.
    watched: Vec<(Threshold, Duration, Option<Duration>)>,
}

impl Aborts {
    /// Watches those of these that say so.
    pub fn new(thresholds: &[Threshold]) -> Aborts {
        let watched =
            thresholds.iter().filter_map(|threshold| Some((threshold.clone(), threshold.abort_after?.0, None)));
        Aborts { watched: watched.collect() }
    }

    /// Whether one has not held for too long by now.
    pub fn look(&mut self, phases: &[PhaseShown], measured: &Measured, now: Duration) -> bool {
        self.watched.iter_mut().any(|(threshold, after, since)| {
            let crossed = judge(threshold, phases, measured, now.as_secs_f64()).judgement == Judgement::Crossed;
            *since = if crossed { since.or(Some(now)) } else { None };
            since.is_some_and(|since| now.saturating_sub(since) >= *after)
        })
    }
}
