//! Whether a plan that runs each night has become slower.
//!
//! One run against one baseline cries wolf every fifth night. This rule looks at three nights in a row, and at how far
//! nights differ when nothing has changed: it is wrong in some 1.6 % of nights, and finds what is 15 % slower within
//! two weeks in seven of eight cases. The tests plant shifts in made-up histories and count.

use std::fmt;

use super::robust::{median, spread};

/// What the rule goes by.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bounds {
    /// A night counts only if it is slower than the middle of the nights before by more than this share.
    pub margin: f64,
    /// The middle of three nights must be this many spreads of a single night above, divided by what three of them
    /// differ less.
    pub spreads: f64,
    /// One night that is this many spreads above is odd.
    pub odd_spreads: f64,
}

impl Default for Bounds {
    fn default() -> Bounds {
        Bounds { margin: 0.05, spreads: 2.0, odd_spreads: 3.5 }
    }
}

/// The nights that a night is compared with.
pub const WINDOW: usize = 14;
/// The nights in a row that make a regression.
pub const IN_A_ROW: usize = 3;
/// Fewer nights than this say nothing about a single one.
const LEAST: usize = 7;
/// A middle of three differs less than one night does by √3, and more than a mean of three by this.
const MIDDLE_OF_THREE: f64 = 1.25;

/// What is said of the last night.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Verdict {
    /// There have been too few nights.
    Learning {
        /// How many there have been.
        nights: usize,
    },
    /// As the nights before.
    Steady {
        /// The middle of the nights before.
        before: f64,
    },
    /// This one night is far off: look at it; it may be nothing.
    Odd {
        /// The middle of the nights before.
        before: f64,
        /// This night.
        now: f64,
    },
    /// The last three nights are slower than those before: something has changed.
    Regression {
        /// The middle of the nights before.
        before: f64,
        /// The middle of the last three.
        now: f64,
    },
}

/// Judges the last of these nights. The values are costs: less is better.
pub fn judge(nights: &[f64], bounds: &Bounds) -> Verdict {
    if nights.len() <= LEAST {
        return Verdict::Learning { nights: nights.len() };
    }
    if let Some((before, now)) = regression(nights, bounds) {
        return Verdict::Regression { before, now };
    }
    let (last, earlier) = (nights[nights.len() - 1], &nights[..nights.len() - 1]);
    let window = &earlier[earlier.len().saturating_sub(WINDOW)..];
    match (median(window), spread(window)) {
        (Some(before), Some(spread))
            if last > before * (1.0 + bounds.margin) && last > before + bounds.odd_spreads * spread =>
        {
            Verdict::Odd { before, now: last }
        }
        (before, _) => Verdict::Steady { before: before.unwrap_or(last) },
    }
}

/// The middle before and the middle now, if the last three nights are a regression.
pub(super) fn regression(nights: &[f64], bounds: &Bounds) -> Option<(f64, f64)> {
    let split = nights.len().checked_sub(IN_A_ROW)?;
    let (earlier, row) = nights.split_at(split);
    let window = &earlier[split.checked_sub(WINDOW)?..];
    let (before, now) = (median(window)?, median(row)?);
    if !row.iter().all(|night| *night > before * (1.0 + bounds.margin)) {
        return None;
    }
    let of_three = MIDDLE_OF_THREE / (IN_A_ROW as f64).sqrt();
    (now > before + bounds.spreads * spread(window)? * of_three).then_some((before, now))
}

/// A regression that has been found and has not gone.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Standing {
    /// The place of the first of the slower nights.
    pub since: usize,
    /// The middle of the nights before it.
    pub before: f64,
    /// The middle of the last three nights.
    pub now: f64,
}

/// The regression that stands after all these nights, if there is one.
///
/// The window moves on, and after two weeks what is slow has become what is usual: a regression therefore stands until
/// three nights in a row are back, or until somebody accepts it by giving only the nights from then on.
pub fn standing(nights: &[f64], bounds: &Bounds) -> Option<Standing> {
    let mut found: Option<Standing> = None;
    for end in 1..=nights.len() {
        let seen = &nights[..end];
        let row = &seen[end.saturating_sub(IN_A_ROW)..];
        match &mut found {
            None => {
                found = regression(seen, bounds).map(|(before, now)| Standing { since: end - IN_A_ROW, before, now });
            }
            Some(Standing { before, .. }) if row.iter().all(|night| *night <= *before * (1.0 + bounds.margin)) => {
                found = None;
            }
            Some(standing) => standing.now = median(row).unwrap_or(standing.now),
        }
    }
    found
}

impl fmt::Display for Verdict {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let more = |before: f64, now: f64| (now / before - 1.0) * 100.0;
        match *self {
            Verdict::Learning { nights } => {
                write!(out, "{nights} nights are too few to judge by; {} are needed", LEAST + 1)
            }
            Verdict::Steady { .. } => out.write_str("as the nights before"),
            Verdict::Odd { before, now } => {
                write!(out, "an odd night, {:+.0} % against the {WINDOW} before; look at it", more(before, now))
            }
            Verdict::Regression { before, now } => write!(
                out,
                "a regression: the last {IN_A_ROW} nights are {:+.0} % against the {WINDOW} before them",
                more(before, now)
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::synthetic::{Noise, nights};
    use super::*;

    /// A regression is looked for from night 16 on, when the window is full; the shift comes with night 30.
    const SHIFT: usize = 30;
    const TRIALS: u64 = 800;

    struct Counted {
        false_alarms: f64,
        found: f64,
        after: f64,
    }

    /// As the design's simulation counts: alarms a night before the shift, and shifts found in the 14 nights after it.
    fn count(rule: impl Fn(&[f64]) -> bool, shift: f64) -> Counted {
        let (mut alarms, mut found, mut delay) = (0, 0, 0);
        for trial in 0..TRIALS {
            let history = nights(trial, 60, SHIFT, shift, Noise::DESIGN);
            alarms += (16..SHIFT).filter(|night| rule(&history[..=*night])).count();
            if let Some(night) = (SHIFT..SHIFT + 14).find(|night| rule(&history[..=*night])) {
                found += 1;
                delay += night - SHIFT + 1;
            }
        }
        let trials = TRIALS as f64;
        Counted {
            false_alarms: alarms as f64 / (trials * 14.0),
            found: f64::from(found) / trials,
            after: delay as f64 / f64::from(found),
        }
    }

    #[test]
    fn planted_shifts_are_found_and_quiet_nights_are_quiet() {
        let bounds = Bounds::default();
        let one_baseline = |seen: &[f64]| seen[seen.len() - 1] > seen[0] * 1.1;
        let odd = |seen: &[f64]| matches!(judge(seen, &bounds), Verdict::Odd { .. });
        let in_a_row = |seen: &[f64]| matches!(judge(seen, &bounds), Verdict::Regression { .. });
        for shift in [0.0, 0.10, 0.15, 0.25, 0.5] {
            let (one, single, row) = (count(one_baseline, shift), count(odd, shift), count(in_a_row, shift));
            for (name, counted) in [("one baseline +10 %", one), ("odd night", single), ("three in a row", row)] {
                let Counted { false_alarms, found, after } = counted;
                println!(
                    "shift {:>3.0} %  {name:<18}  false {:>4.1} % a night  found {:>5.1} %  after {after:.1}",
                    shift * 100.0,
                    false_alarms * 100.0,
                    found * 100.0
                );
            }
        }
        let row = count(in_a_row, 0.15);
        assert!((0.008..0.022).contains(&row.false_alarms), "the design says 1.6 %: {}", row.false_alarms);
        assert!(row.found > 0.83, "the design says 87 % for +15 %: {}", row.found);
        let quarter = count(in_a_row, 0.25);
        assert!(quarter.found > 0.99 && quarter.after < 4.5, "{} after {}", quarter.found, quarter.after);
        assert!(count(one_baseline, 0.0).false_alarms > 0.15, "the rule that this one replaces");
        assert!(count(odd, 0.0).false_alarms < 0.06);
    }

    #[test]
    fn the_first_nights_say_nothing() {
        let bounds = Bounds::default();
        assert_eq!(judge(&[200.0; 7], &bounds), Verdict::Learning { nights: 7 });
        assert_eq!(judge(&[200.0; 8], &bounds), Verdict::Steady { before: 200.0 });
        let mut history = vec![200.0; 13];
        history.extend([400.0; 3]);
        assert!(!matches!(judge(&history, &bounds), Verdict::Regression { .. }), "13 nights are no full window");
    }

    #[test]
    fn a_regression_stands_until_it_has_gone() {
        let bounds = Bounds::default();
        let mut history = vec![200.0; 14];
        history.extend([260.0; 30]);
        assert_eq!(judge(&history, &bounds), Verdict::Steady { before: 260.0 }, "the window has got used to it");
        assert_eq!(standing(&history, &bounds), Some(Standing { since: 14, before: 200.0, now: 260.0 }));
        history.extend([205.0, 204.0]);
        assert!(standing(&history, &bounds).is_some(), "two nights are not three");
        history.push(203.0);
        assert_eq!(standing(&history, &bounds), None);
    }

    #[test]
    fn it_reads_as_this() {
        let mut history = vec![200.0; 14];
        history.push(320.0);
        assert_eq!(
            judge(&history, &Bounds::default()).to_string(),
            "an odd night, +60 % against the 14 before; look at it"
        );
        history.extend([240.0, 250.0]);
        let text = judge(&history, &Bounds::default()).to_string();
        assert_eq!(text, "a regression: the last 3 nights are +25 % against the 14 before them");
    }
}
