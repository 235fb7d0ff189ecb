//! Lengths of time.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use crate::input::{LONGEST, duration, phases};
use crate::test::Phase;

/// A length of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Time(pub Duration);

impl FromStr for Time {
    type Err = String;

    fn from_str(text: &str) -> Result<Time, String> {
        duration(text, Duration::ZERO..=LONGEST).map(Time)
    }
}

impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Time(time) = self;
        match (time.as_secs_f64(), time.as_millis()) {
            (seconds, _) if *time >= Duration::from_secs(60) && seconds % 60.0 == 0.0 => {
                write!(f, "{}m", seconds / 60.0)
            }
            (seconds, _) if *time >= Duration::from_secs(1) => write!(f, "{seconds}s"),
            _ => write!(f, "{}ms", time.as_secs_f64() * 1000.0),
        }
    }
}

/// A length of time between two, each as likely as another; or one, if both are the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Between {
    /// The shortest.
    pub from: Duration,
    /// The longest.
    pub to: Duration,
}

impl Between {
    /// Always this time.
    pub fn exactly(time: Duration) -> Between {
        Between { from: time, to: time }
    }

    /// From half of this time to one and a half.
    pub fn around(average: Duration) -> Between {
        Between { from: average / 2, to: average + average / 2 }
    }

    /// The time in this place, from 0 (the shortest) to 1 (the longest).
    pub fn at(&self, place: f64) -> Duration {
        self.from + self.to.saturating_sub(self.from).mul_f64(place)
    }
}

impl FromStr for Between {
    type Err = String;

    fn from_str(text: &str) -> Result<Between, String> {
        let Some((from, to)) = text.split_once("..") else { return Ok(Between::exactly(text.parse::<Time>()?.0)) };
        let between = Between { from: from.parse::<Time>()?.0, to: to.parse::<Time>()?.0 };
        if between.from > between.to {
            return Err("write the shorter time first, as 1s..3s".to_owned());
        }
        Ok(between)
    }
}

impl fmt::Display for Between {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.from == self.to { Time(self.from).fmt(f) } else { write!(f, "{}..{}", Time(self.from), Time(self.to)) }
    }
}

/// How the load changes over time: never without a phase.
#[derive(Clone, Debug, PartialEq)]
pub struct Phases(pub Vec<Phase>);

impl Phases {
    /// From the beginning to the end of the last.
    pub fn length(&self) -> Duration {
        self.0.iter().map(|phase| phase.length).sum()
    }
}

impl FromStr for Phases {
    type Err = String;

    fn from_str(text: &str) -> Result<Phases, String> {
        phases(text).map(Phases)
    }
}

impl fmt::Display for Phases {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, Phase { length, from, to }) in self.0.iter().enumerate() {
            let (before, from, to) = (if place == 0 { "" } else { ", " }, from * 100.0, to * 100.0);
            write!(f, "{before}{}:{from}", Time(*length))?;
            if from != to {
                write!(f, "-{to}")?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_shown_is_read_as_the_same() {
        for text in ["250ms", "1s", "1.5s", "90s", "2m", "60m", "0ms"] {
            let time: Time = text.parse().unwrap();
            assert_eq!(time.to_string().parse(), Ok(time), "{text}");
        }
        for text in ["1s..3s", "2s", "0ms..100ms"] {
            assert_eq!(text.parse::<Between>().unwrap().to_string(), text);
        }
        let phases = "2m:0-100, 10m:100, 500ms:100-0";
        assert_eq!(phases.parse::<Phases>().unwrap().to_string(), phases);
    }

    #[test]
    fn the_longer_time_does_not_come_first() {
        assert!("3s..1s".parse::<Between>().is_err());
    }
}
