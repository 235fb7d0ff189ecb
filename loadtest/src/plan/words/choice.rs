//! What a threshold looks at: which measure, what is made of it, and in which phases.

use std::fmt;
use std::str::FromStr;

/// What is measured.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Measure {
    /// How long requests take.
    Latency,
    /// Requests that ended badly.
    Errors,
    /// Requests that came to an end.
    Requests,
    /// Scenarios that came to an end.
    Iterations,
    /// How late the generator was.
    Lateness,
    /// A metric of the plan.
    Own(String),
}

/// The measures that every plan has.
pub(crate) const MEASURES: [&str; 5] = ["latency", "errors", "requests", "iterations", "lateness"];

impl FromStr for Measure {
    type Err = String;

    fn from_str(text: &str) -> Result<Measure, String> {
        Ok(match text {
            "latency" => Measure::Latency,
            "errors" => Measure::Errors,
            "requests" => Measure::Requests,
            "iterations" => Measure::Iterations,
            "lateness" => Measure::Lateness,
            own => Measure::Own(own.to_owned()),
        })
    }
}

impl fmt::Display for Measure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Measure::Latency => "latency",
            Measure::Errors => "errors",
            Measure::Requests => "requests",
            Measure::Iterations => "iterations",
            Measure::Lateness => "lateness",
            Measure::Own(name) => name,
        })
    }
}

/// What is made of many values.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Statistic {
    /// What this share of all does not exceed, from 0 to 1.
    Percentile(f64),
    /// Their mean.
    Mean,
    /// The least.
    Min,
    /// The greatest.
    Max,
    /// How many there are.
    Count,
    /// Of errors: their share. Of anything else: how many in a second.
    Rate,
}

impl Statistic {
    /// With fewer values than this, a percentile is a matter of chance: ten have to lie beyond it.
    pub fn least_samples(self) -> u64 {
        match self {
            // The share is written with few digits; what floating point adds to them is taken away again.
            Statistic::Percentile(share) => (10.0 / (1.0 - share) - 1e-6).ceil() as u64,
            Statistic::Mean | Statistic::Min | Statistic::Max | Statistic::Rate => 1,
            Statistic::Count => 0,
        }
    }
}

impl FromStr for Statistic {
    type Err = String;

    fn from_str(text: &str) -> Result<Statistic, String> {
        let percentile = || {
            let percent: f64 = text.strip_prefix('p')?.parse().ok()?;
            (percent > 0.0 && percent < 100.0).then_some(Statistic::Percentile(percent / 100.0))
        };
        match text {
            "mean" => Ok(Statistic::Mean),
            "min" => Ok(Statistic::Min),
            "max" => Ok(Statistic::Max),
            "count" => Ok(Statistic::Count),
            "rate" => Ok(Statistic::Rate),
            "median" => Ok(Statistic::Percentile(0.5)),
            _ => {
                percentile().ok_or_else(|| "give p50, p95, p99.9 or the like, mean, min, max, count or rate".to_owned())
            }
        }
    }
}

impl fmt::Display for Statistic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Statistic::Percentile(share) => write!(f, "p{}", (share * 1e8).round() / 1e6),
            Statistic::Mean => f.write_str("mean"),
            Statistic::Min => f.write_str("min"),
            Statistic::Max => f.write_str("max"),
            Statistic::Count => f.write_str("count"),
            Statistic::Rate => f.write_str("rate"),
        }
    }
}

/// Which phases of the schedule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PhaseChoice {
    /// Those that hold the full load.
    Full,
    /// Those in which the load grows.
    Ramp,
    /// Those in which it stays as it is.
    Steady,
    /// Those in which it falls.
    Fall,
    /// The one with this number, counted from 1.
    Number(usize),
}

impl PhaseChoice {
    /// Whether the phase in a place, counted from 0, with these shares of the load is one of them.
    pub fn takes(self, place: usize, from: f64, to: f64) -> bool {
        match self {
            PhaseChoice::Full => from == 1.0 && to == 1.0,
            PhaseChoice::Ramp => from < to,
            PhaseChoice::Steady => from == to,
            PhaseChoice::Fall => from > to,
            PhaseChoice::Number(number) => number == place + 1,
        }
    }
}

impl FromStr for PhaseChoice {
    type Err = String;

    fn from_str(text: &str) -> Result<PhaseChoice, String> {
        match text {
            "full" => Ok(PhaseChoice::Full),
            "ramp" => Ok(PhaseChoice::Ramp),
            "steady" => Ok(PhaseChoice::Steady),
            "fall" => Ok(PhaseChoice::Fall),
            number => match number.parse() {
                Ok(number) if number > 0 => Ok(PhaseChoice::Number(number)),
                _ => Err("give full, ramp, steady, fall, or a phase's number, from 1".to_owned()),
            },
        }
    }
}

impl fmt::Display for PhaseChoice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            PhaseChoice::Full => f.write_str("full"),
            PhaseChoice::Ramp => f.write_str("ramp"),
            PhaseChoice::Steady => f.write_str("steady"),
            PhaseChoice::Fall => f.write_str("fall"),
            PhaseChoice::Number(number) => number.fmt(f),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_percentile_wants_ten_values_beyond_it() {
        let least = |text: &str| text.parse::<Statistic>().unwrap().least_samples();
        assert_eq!(["p50", "p95", "p99", "p99.9", "p99.99"].map(least), [20, 200, 1000, 10_000, 100_000]);
    }

    #[test]
    fn statistics_and_phases_write_themselves_back() {
        for text in ["p50", "p99.9", "p97.5", "mean", "rate"] {
            assert_eq!(text.parse::<Statistic>().unwrap().to_string(), text);
        }
        for text in ["p0", "p100", "pp", "95", "avg"] {
            assert!(text.parse::<Statistic>().is_err(), "{text}");
        }
        for text in ["full", "fall", "3"] {
            assert_eq!(text.parse::<PhaseChoice>().unwrap().to_string(), text);
        }
        assert!("0".parse::<PhaseChoice>().is_err());
    }
}
