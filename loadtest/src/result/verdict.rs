//! Whether a run is passed. What is incomplete, or measured the generator instead of the server, never is.

use std::fmt;

use super::{Ended, Judged, Judgement, Measured, Outcome, Reason, RunResult, Verdict, threshold};
use crate::plan::words::Limit;

/// What a result has before it is judged.
pub(super) const UNJUDGED: Verdict =
    Verdict { outcome: Outcome::Incomplete, reasons: Vec::new(), thresholds: Vec::new() };

/// Lateness below this is never the generator's fault, in milliseconds.
const LATE: f64 = 5.0;

/// A generator that begins less than this of what is due was the limit.
const BEGUN: f64 = 0.98;

/// Judges a run.
pub fn verdict(run: &RunResult) -> Verdict {
    let judged = |held: &crate::plan::Threshold| threshold::judge(held, &run.plan.phases, &run.measured, run.seconds);
    let thresholds: Vec<_> = run.plan.thresholds.iter().map(judged).collect();
    let reasons = reasons(run);
    let any = |judgement| thresholds.iter().any(|judged| judged.judgement == judgement);
    let outcome = if run.ended == Ended::Interrupted {
        Outcome::Interrupted
    } else if run.ended == Ended::Aborted && any(Judgement::Crossed) && run.missing.is_empty() {
        Outcome::Failed
    } else if !reasons.is_empty() {
        Outcome::Incomplete
    } else if any(Judgement::Crossed) {
        Outcome::Failed
    } else if any(Judgement::TooFew) {
        Outcome::TooFew
    } else {
        Outcome::Passed
    };
    Verdict { outcome, reasons, thresholds }
}

fn reasons(run: &RunResult) -> Vec<Reason> {
    let Measured { iterations, whole, answers, lateness, .. } = &run.measured;
    let mut reasons = Vec::new();
    if !run.missing.is_empty() {
        reasons.push(Reason::Missing { workers: run.missing.clone() });
    }
    let cut = run.workers.iter().filter(|worker| worker.ended != Ended::Complete);
    reasons.extend(cut.map(|worker| Reason::Cut { worker: worker.worker, ended: worker.ended }));
    if whole.finished == 0 {
        reasons.push(Reason::Nothing);
    }
    // The highest share up to 99 of 100 beyond which ten lie: one late request alone is chance.
    let share = (1.0 - 10.0 / lateness.len().max(1) as f64).min(0.99);
    if let Some(late) = lateness.at(share).filter(|_| share >= 0.5) {
        let limit = LATE.max(whole.latency.at(0.5).unwrap_or_default() / 10.0);
        if late > limit {
            reasons.push(Reason::GeneratorLate { late, share, limit });
        }
    }
    let begun = iterations.started as f64 / (iterations.started + iterations.not_begun).max(1) as f64;
    if iterations.not_begun > 0 && begun < BEGUN {
        reasons.push(Reason::GeneratorFull { begun });
    }
    if answers.blocked > 0 {
        reasons.push(Reason::Blocked { answers: answers.blocked });
    }
    if iterations.without_row > 0 {
        reasons.push(Reason::RowsRanOut { iterations: iterations.without_row });
    }
    reasons
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Reason::Missing { workers } => {
                let numbers: Vec<String> = workers.iter().map(u32::to_string).collect();
                write!(f, "no result came from worker {}", numbers.join(", "))
            }
            Reason::Cut { worker, ended } => {
                let how = match ended {
                    Ended::Complete => "ended",
                    Ended::Aborted => "was ended by a threshold",
                    Ended::Stopped => "was told to stop",
                    Ended::Interrupted => "was interrupted",
                    Ended::Deadline => "ran into its deadline",
                };
                write!(f, "worker {worker} {how} before its schedule was carried out")
            }
            Reason::GeneratorLate { late, share, limit } => {
                let percent = (share * 1000.0).round() / 10.0;
                write!(
                    f,
                    "the generator was the limit: p{percent} of its requests began {late:.1} ms late, and {limit:.1} ms are the most; use more workers"
                )
            }
            Reason::GeneratorFull { begun } => {
                let percent = begun * 100.0;
                write!(
                    f,
                    "the generator began {percent:.1} % of what was due: too many were under way; see in_flight, or use more workers"
                )
            }
            Reason::RowsRanOut { iterations } => {
                write!(f, "{iterations} iterations did not begin: a data file whose rows are taken once had none left")
            }
            Reason::Blocked { answers } => write!(
                f,
                "{answers} requests were refused by a firewall before the server: let the test through by its addresses or a header"
            ),
            Reason::Nothing => f.write_str("no request came to an end"),
        }
    }
}

impl fmt::Display for Judged {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Judged { threshold, text, measured, samples, judgement } = self;
        let judgement = match judgement {
            Judgement::Held => "held",
            Judgement::Crossed => "crossed",
            Judgement::TooFew => "too few values",
        };
        write!(f, "{judgement}: {text}; ")?;
        match measured {
            None => write!(f, "nothing measured")?,
            Some(value) => match threshold.bound.limit() {
                Limit::Time(_) => write!(f, "measured {value}ms")?,
                Limit::Share(_) => write!(f, "measured {}%", (value * 1e4).round() / 1e2)?,
                Limit::Number(_) => write!(f, "measured {}", (value * 1e3).round() / 1e3)?,
            },
        }
        match self.judgement {
            Judgement::TooFew => {
                write!(f, " of {samples} values, and {} are the least", threshold.at.least_samples().max(1))
            }
            Judgement::Held | Judgement::Crossed => Ok(()),
        }
    }
}
