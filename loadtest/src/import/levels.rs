//! Loads that change over time, and limits, as several tools write them.

use std::time::Duration;

use crate::plan::words::{Limit, Measure, Phases, Statistic, Time};
use crate::plan::{Bound, Threshold};
use crate::test::Phase;

/// A stretch of time, with the load at its beginning and at its end.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Level {
    pub(super) length: Duration,
    pub(super) from: f64,
    pub(super) to: f64,
}

/// The full load, and the schedule in parts of it. None if there is no load in it, or no time.
pub(super) fn schedule(levels: &[Level]) -> Option<(f64, Phases)> {
    let full = levels.iter().map(|level| level.from.max(level.to)).fold(0.0, f64::max);
    // Percentages are written with two digits.
    let share = |load: f64| (load / full * 1e4).round() / 1e4;
    let phases: Vec<_> = levels
        .iter()
        .filter(|level| !level.length.is_zero())
        .map(|level| Phase { length: level.length, from: share(level.from), to: share(level.to) })
        .collect();
    (full > 0.0 && full.is_finite() && phases.iter().any(|phase| phase.from > 0.0 || phase.to > 0.0))
        .then_some((full, Phases(phases)))
}

/// A length of time, as `90`, `90s`, `1m30s`, `500ms`, `2 minutes`.
pub(super) fn time(text: &str) -> Option<Duration> {
    let mut rest = text.trim();
    let mut seconds = 0.0;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(rest.len());
        let number: f64 = rest[..digits].parse().ok()?;
        rest = rest[digits..].trim_start();
        let letters = rest.find(|c: char| !c.is_alphabetic()).unwrap_or(rest.len());
        seconds += number
            * match &rest[..letters] {
                "ms" | "milliseconds" => 0.001,
                "" | "s" | "sec" | "secs" | "second" | "seconds" => 1.0,
                "m" | "min" | "mins" | "minute" | "minutes" => 60.0,
                "h" | "hour" | "hours" => 3600.0,
                "d" | "day" | "days" => 86_400.0,
                _ => return None,
            };
        rest = rest[letters..].trim_start();
    }
    (!text.trim().is_empty()).then(|| Duration::try_from_secs_f64(seconds).ok()).flatten()
}

/// On which side of a limit a value must lie, as `<500`; times are milliseconds.
pub(super) fn bound(text: &str, kind: impl Fn(f64) -> Option<Limit>) -> Option<Bound> {
    let text = text.trim();
    let side = text.trim_end_matches(|c: char| !matches!(c, '<' | '>' | '='));
    let number = text[side.len()..].trim().trim_end_matches("ms").trim().parse::<f64>().ok()?;
    let limit = kind(number)?;
    match side.trim() {
        "<" | "<=" => Some(Bound::Under(limit)),
        ">" | ">=" => Some(Bound::Over(limit)),
        _ => None,
    }
}

/// A limit in milliseconds.
pub(super) fn milliseconds(number: f64) -> Option<Limit> {
    let time = Duration::try_from_secs_f64(number / 1000.0).ok()?;
    Some(Limit::Time(Time(time)))
}

/// Something that must hold in all of the test.
pub(super) fn threshold(metric: Measure, at: Statistic, bound: Bound) -> Threshold {
    Threshold { metric, at, bound, scenario: None, step: None, group: None, phase: None, abort_after: None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_of_all_tools_are_read() {
        for (text, wanted) in
            [("90", 90_000), ("1m30s", 90_000), ("500ms", 500), ("2 minutes", 120_000), ("1.5h", 5_400_000)]
        {
            assert_eq!(time(text), Some(Duration::from_millis(wanted)), "{text}");
        }
        for text in ["", "soon", "5 parsecs", "-1s"] {
            assert_eq!(time(text), None, "{text}");
        }
    }

    #[test]
    fn levels_become_shares_of_the_highest() {
        let level = |seconds, from, to| Level { length: Duration::from_secs(seconds), from, to };
        let (full, phases) = schedule(&[level(60, 5.0, 5.0), level(0, 5.0, 20.0), level(120, 5.0, 15.0)]).unwrap();
        assert_eq!((full, phases.to_string()), (20.0, "1m:25, 2m:25-75".to_owned()));
        assert_eq!(schedule(&[level(60, 0.0, 0.0)]), None);
        assert_eq!(schedule(&[]), None);
    }

    #[test]
    fn bounds_are_read_with_their_side() {
        assert_eq!(bound("<500", milliseconds).unwrap().to_string(), "under 500ms");
        assert_eq!(bound(" >= 0.9", |share| Some(Limit::Share(share))).unwrap().to_string(), "over 90%");
        assert_eq!(bound("==5", milliseconds), None);
    }
}
