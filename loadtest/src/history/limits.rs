//! The limits of a search, as `p95<500ms, errors<1%`, and what a level of load says about them.

use std::fmt;
use std::str::FromStr;

use serde::Serialize;

/// What must hold at a level of load for it to count as held.
#[derive(Clone, Debug, PartialEq)]
pub struct Limits {
    /// Latencies at shares of all requests: the share, and the limit in milliseconds.
    pub latency: Vec<(f64, f64)>,
    /// The share of requests that may end badly.
    pub errors: f64,
    /// The share of the offered load that must be carried out.
    pub achieved: f64,
}

impl Default for Limits {
    /// One error in a hundred, and 95 % of the load carried out; no limit of latency.
    fn default() -> Limits {
        Limits { latency: Vec::new(), errors: 0.01, achieved: 0.95 }
    }
}

/// What was measured while a level of load was held.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Measured {
    /// Requests a second that were due.
    pub offered: f64,
    /// Requests a second that had a good answer or a bad one.
    pub achieved: f64,
    /// The share of them that ended badly.
    pub errors: f64,
    /// The mean latency in milliseconds, of all with an answer.
    pub mean: Option<f64>,
    /// Latencies at shares of all requests: the share, and the milliseconds.
    pub latency: Vec<(f64, f64)>,
    /// How the generator itself did.
    pub generator: Generator,
}

/// How a generator did.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Generator {
    /// It could have done more.
    Fine,
    /// As many as may be were under way, so that not all that was due began.
    Full,
    /// It began so late that it measured itself.
    Late,
}

/// What a level of load says.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Every limit was kept.
    Held,
    /// A limit was broken.
    Broke(Why),
    /// The generator could not do it, so that the level says nothing.
    Generator,
}

/// Which limit was broken.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Why {
    /// Too many ended badly.
    Errors {
        /// The share that did.
        share: f64,
        /// The share that may.
        limit: f64,
    },
    /// It took too long.
    Latency {
        /// Of which share of the requests the latency is.
        at: f64,
        /// The milliseconds that it took.
        took: f64,
        /// The milliseconds that it may take.
        limit: f64,
    },
    /// There is no latency to look at, although there is a limit for it.
    NoLatency,
    /// Too little of the load was carried out.
    Achieved {
        /// The share that was.
        share: f64,
        /// The share that must be.
        limit: f64,
    },
}

impl Limits {
    /// What a level says. A generator that is late comes first: nothing else means anything then. One that is full says
    /// that more may have to be under way at a time, unless a limit was broken: then the server was slow.
    pub fn judge(&self, measured: &Measured) -> Outcome {
        let Limits { latency, errors, achieved } = self;
        if measured.generator == Generator::Late {
            return Outcome::Generator;
        }
        if measured.errors > *errors {
            return Outcome::Broke(Why::Errors { share: measured.errors, limit: *errors });
        }
        for (at, limit) in latency {
            match measured.latency.iter().find(|(share, _)| (share - at).abs() < 1e-9) {
                None => return Outcome::Broke(Why::NoLatency),
                Some((_, took)) if took > limit => {
                    return Outcome::Broke(Why::Latency { at: *at, took: *took, limit: *limit });
                }
                Some(_) => {}
            }
        }
        if measured.generator == Generator::Full {
            return Outcome::Generator;
        }
        let share = measured.achieved / measured.offered;
        if share < *achieved {
            return Outcome::Broke(Why::Achieved { share, limit: *achieved });
        }
        Outcome::Held
    }
}

/// What is wrong with limits that were written.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{part}` is no limit: {why}; write them as `p95<500ms, errors<1%, achieved>95%`")]
pub struct WrongLimit {
    part: String,
    why: &'static str,
}

impl FromStr for Limits {
    type Err = WrongLimit;

    fn from_str(text: &str) -> Result<Limits, WrongLimit> {
        let mut limits = Limits::default();
        for part in text.split(',').map(str::trim).filter(|part| !part.is_empty()) {
            let wrong = |why| WrongLimit { part: part.to_owned(), why };
            let (name, sign, value) = match (part.split_once('<'), part.split_once('>')) {
                (Some((name, value)), _) => (name.trim(), '<', value.trim().trim_start_matches('=').trim()),
                (None, Some((name, value))) => (name.trim(), '>', value.trim().trim_start_matches('=').trim()),
                (None, None) => return Err(wrong("there is neither `<` nor `>` in it")),
            };
            match (name, sign) {
                ("errors", '<') => limits.errors = share(value).ok_or_else(|| wrong("errors are a share, as `1%`"))?,
                ("achieved", '>') => {
                    limits.achieved = share(value).ok_or_else(|| wrong("what is achieved is a share, as `95%`"))?;
                }
                (percentile, '<') if percentile.starts_with('p') => {
                    let at = percentile[1..].parse::<f64>().ok().filter(|at| *at > 0.0 && *at < 100.0);
                    let at = at.ok_or_else(|| wrong("a percentile lies between p0 and p100"))?;
                    let limit = milliseconds(value).ok_or_else(|| wrong("a latency is a time, as `500ms` or `2s`"))?;
                    limits.latency.push((at / 100.0, limit));
                }
                _ => return Err(wrong("there are p50 to p99.9 and errors, which must lie below, and achieved, above")),
            }
        }
        Ok(limits)
    }
}

fn share(text: &str) -> Option<f64> {
    let value: f64 = text.strip_suffix('%')?.trim().parse().ok()?;
    (0.0..=100.0).contains(&value).then_some(value / 100.0)
}

fn milliseconds(text: &str) -> Option<f64> {
    let (number, unit) = match text.strip_suffix("ms") {
        Some(number) => (number, 1.0),
        None => (text.strip_suffix('s')?, 1000.0),
    };
    number.trim().parse::<f64>().ok().filter(|value| *value > 0.0 && value.is_finite()).map(|value| value * unit)
}

impl fmt::Display for Why {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Why::Errors { share, limit } => {
                write!(out, "{:.1} % ended badly, {:.1} % may", share * 100.0, limit * 100.0)
            }
            Why::Latency { at, took, limit } => {
                write!(out, "p{} was {took:.0} ms, {limit:.0} ms is the limit", percent(*at))
            }
            Why::NoLatency => out.write_str("nothing had an answer whose time could be taken"),
            Why::Achieved { share, limit } => {
                write!(out, "{:.1} % of the load was carried out, {:.0} % must be", share * 100.0, limit * 100.0)
            }
        }
    }
}

/// A share as a percentile is written: 95, 99.9.
pub(crate) fn percent(share: f64) -> f64 {
    (share * 1e8).round() / 1e6
}

#[cfg(test)]
mod tests {
    use super::*;

    fn measured() -> Measured {
        Measured {
            offered: 1000.0,
            achieved: 990.0,
            errors: 0.001,
            mean: Some(80.0),
            latency: vec![(0.95, 300.0), (0.99, 700.0)],
            generator: Generator::Fine,
        }
    }

    #[test]
    fn limits_are_read_and_each_is_watched() {
        let limits: Limits = "p95<500ms, p99 <= 0.8s, errors<2%, achieved>97%".parse().unwrap();
        assert_eq!(limits, Limits { latency: vec![(0.95, 500.0), (0.99, 800.0)], errors: 0.02, achieved: 0.97 });
        assert_eq!(limits.judge(&measured()), Outcome::Held);
        let broke = |change: fn(&mut Measured)| {
            let mut level = measured();
            change(&mut level);
            match limits.judge(&level) {
                Outcome::Broke(why) => why.to_string(),
                other => panic!("{other:?}"),
            }
        };
        assert_eq!(broke(|level| level.errors = 0.05), "5.0 % ended badly, 2.0 % may");
        assert_eq!(broke(|level| level.latency[1].1 = 900.0), "p99 was 900 ms, 800 ms is the limit");
        assert_eq!(broke(|level| level.achieved = 900.0), "90.0 % of the load was carried out, 97 % must be");
        assert_eq!(broke(|level| level.latency.clear()), "nothing had an answer whose time could be taken");
    }

    #[test]
    fn a_generator_at_its_limit_says_nothing_about_the_server() {
        let late = Measured { errors: 1.0, generator: Generator::Late, ..measured() };
        assert_eq!(Limits::default().judge(&late), Outcome::Generator);
        let full = Measured { generator: Generator::Full, ..measured() };
        assert_eq!(Limits::default().judge(&full), Outcome::Generator);
        let slow: Limits = "p95<100ms".parse().unwrap();
        assert!(
            matches!(slow.judge(&full), Outcome::Broke(Why::Latency { .. })),
            "the server was slow, and so it filled up"
        );
    }

    #[test]
    fn what_is_no_limit_is_refused_with_the_reason() {
        for (text, reason) in [
            ("p95", "neither"),
            ("p95<fast", "a latency is a time"),
            ("p950<1s", "a percentile lies between"),
            ("errors<1", "errors are a share"),
            ("speed<1s", "there are p50"),
            ("p95<1s, achieved<95%", "there are p50"),
        ] {
            let refused = text.parse::<Limits>().unwrap_err().to_string();
            assert!(refused.contains(reason), "{text}: {refused}");
        }
    }
}
