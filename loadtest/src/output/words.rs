//! Figures and verdicts in words, the same in every form.

use crate::plan::words::{Limit, Measure, Statistic};
use crate::result::{Ended, Judged, Judgement, Outcome, RunResult, StepMeasured};

/// A time, with as many digits as mean something.
pub(super) fn time(milliseconds: f64) -> String {
    match milliseconds {
        ..10.0 => format!("{milliseconds:.2} ms"),
        ..1000.0 => format!("{milliseconds:.0} ms"),
        ..60_000.0 => format!("{:.2} s", milliseconds / 1000.0),
        _ => format!("{:.0} s", milliseconds / 1000.0),
    }
}

/// A time, or a dash where there is none.
pub(super) fn maybe_time(milliseconds: Option<f64>) -> String {
    milliseconds.map_or_else(|| "–".to_owned(), time)
}

/// A share in percent.
pub(super) fn percent(share: f64) -> String {
    format!("{:.2} %", share * 100.0)
}

/// A count with thin gaps between thousands.
pub(super) fn count(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place) % 3 == 0 {
            text.push('\u{202f}');
        }
        text.push(digit);
    }
    text
}

/// The verdict in one word.
pub(super) fn outcome(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Passed => "passed",
        Outcome::Failed => "failed",
        Outcome::Incomplete => "incomplete",
        Outcome::TooFew => "too few samples",
        Outcome::Interrupted => "interrupted",
    }
}

/// Whether a threshold held, in one word.
pub(super) fn judgement(judgement: Judgement) -> &'static str {
    match judgement {
        Judgement::Held => "held",
        Judgement::Crossed => "crossed",
        Judgement::TooFew => "too few samples",
    }
}

/// How a run ended.
pub(super) fn ended_word(ended: Ended) -> &'static str {
    match ended {
        Ended::Complete => "complete",
        Ended::Aborted => "aborted by a threshold",
        Ended::Stopped => "stopped",
        Ended::Interrupted => "interrupted",
        Ended::Deadline => "ended by its deadline",
    }
}

/// What was measured for a threshold, in the unit of its limit.
pub(super) fn measured(judged: &Judged) -> String {
    match (judged.measured, judged.threshold.bound.limit(), &judged.threshold.metric, judged.threshold.at) {
        (None, ..) => "nothing".to_owned(),
        (Some(value), Limit::Time(_), ..) => time(value),
        (Some(value), Limit::Share(_), ..) => percent(value),
        (Some(value), Limit::Number(_), Measure::Latency | Measure::Lateness, at)
            if !matches!(at, Statistic::Count | Statistic::Rate) =>
        {
            time(value)
        }
        (Some(value), Limit::Number(_), ..) => format!("{value:.2}"),
    }
}

/// Each step of each scenario, under a name that says which where there are several scenarios.
pub(super) fn steps(result: &RunResult) -> Vec<(String, &StepMeasured)> {
    let several = result.measured.scenarios.len() > 1;
    let named = |scenario: &str, step: &str| if several { format!("{scenario} / {step}") } else { step.to_owned() };
    let scenarios = result.measured.scenarios.iter();
    scenarios
        .flat_map(|(scenario, measured)| measured.steps.iter().map(move |(step, own)| (named(scenario, step), own)))
        .collect()
}

/// Requests a second over all of the run.
pub(super) fn rate(result: &RunResult) -> f64 {
    if result.seconds > 0.0 { result.measured.whole.finished as f64 / result.seconds } else { 0.0 }
}

/// How long the stretch of time in a place is: the last is often not whole.
pub(super) fn interval(result: &RunResult, place: usize) -> f64 {
    let each = result.measured.interval_seconds;
    (result.seconds - place as f64 * each).clamp(0.0, each)
}

/// What was asked for, in one line.
pub(super) fn load(result: &RunResult) -> String {
    let plan = &result.plan;
    let workers = match result.workers.len() {
        1 => String::new(),
        several => format!(", {several} workers"),
    };
    match plan.model.as_str() {
        "open" => format!("{} scenarios a second{workers}", plan.full_load),
        _ => format!("{} users{workers}", plan.full_load),
    }
}
