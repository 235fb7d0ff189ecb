//! A against B, as for a pull request: whether the change is faster or slower, or whether that cannot be told.
//!
//! The two are run in turns, so that what changes outside hits both. Of each pair the ratio counts; the middle of all
//! pairwise means of them (Hodges and Lehmann) is the shift, and the ranks of the same means give an interval that is
//! exact for any distribution that lies as far above as below.

use std::fmt;

use super::entry::Better;

/// Fewer pairs than this are not worth a run.
pub const LEAST_PAIRS: usize = 4;

/// One of the two.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// What is there.
    A,
    /// What is proposed.
    B,
}

/// In which order to run as many pairs: A B, B A, A B, …, so that what drifts steadily cancels out.
pub fn order(pairs: usize) -> Vec<Side> {
    (0..pairs).flat_map(|pair| if pair % 2 == 0 { [Side::A, Side::B] } else { [Side::B, Side::A] }).collect()
}

/// What is asked of a comparison.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Wanted {
    /// How certain an answer must be, from 0 to 1.
    pub confidence: f64,
    /// A difference within this share is none.
    pub least: f64,
}

impl Default for Wanted {
    fn default() -> Wanted {
        Wanted { confidence: 0.95, least: 0.02 }
    }
}

/// The answer.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Answer {
    /// B is better.
    Better(Shift),
    /// B is worse.
    Worse(Shift),
    /// Whatever the difference is, it is too small to matter.
    Same(Shift),
    /// It cannot be told.
    CannotTell(Doubt),
}

/// Why it cannot be told.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Doubt {
    /// There are too few pairs for the certainty that is wanted.
    TooFew {
        /// How many pairs there are.
        pairs: usize,
        /// How many are needed.
        needed: usize,
    },
    /// No difference is as likely as one.
    Within(Shift),
    /// A value is zero, negative or no number.
    NoRatio,
}

/// By how much B costs more than A, as a share: 0.1 is 10 % slower.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Shift {
    /// The likeliest.
    pub estimate: f64,
    /// The least that is likely.
    pub low: f64,
    /// The most that is likely.
    pub high: f64,
    /// How certain the interval is, at least as wanted.
    pub confidence: f64,
}

/// Compares pairs of a figure: A's value and B's, of runs next to each other.
pub fn compare(pairs: &[(f64, f64)], better: Better, wanted: &Wanted) -> Answer {
    let ratio = |(a, b): &(f64, f64)| (better.as_cost(*b) / better.as_cost(*a)).ln();
    let ratios: Vec<_> = pairs.iter().map(ratio).collect();
    if !ratios.iter().all(|ratio| ratio.is_finite()) {
        return Answer::CannotTell(Doubt::NoRatio);
    }
    let needed = pairs_needed(wanted.confidence);
    let Some((outside, confidence)) = rank(ratios.len(), wanted.confidence).filter(|_| ratios.len() >= LEAST_PAIRS)
    else {
        return Answer::CannotTell(Doubt::TooFew { pairs: ratios.len(), needed });
    };
    let means = pairwise_means(&ratios);
    let shift = Shift {
        estimate: super::robust::median(&means).unwrap_or_default().exp_m1(),
        low: means[outside].exp_m1(),
        high: means[means.len() - 1 - outside].exp_m1(),
        confidence,
    };
    if shift.low >= -wanted.least && shift.high <= wanted.least {
        Answer::Same(shift)
    } else if shift.low > 0.0 {
        Answer::Worse(shift)
    } else if shift.high < 0.0 {
        Answer::Better(shift)
    } else {
        Answer::CannotTell(Doubt::Within(shift))
    }
}

/// The least number of pairs with which an answer can be as certain as this.
pub fn pairs_needed(confidence: f64) -> usize {
    (LEAST_PAIRS..64).find(|pairs| rank(*pairs, confidence).is_some()).unwrap_or(64)
}

/// The mean of each two, each with itself too, sorted.
fn pairwise_means(values: &[f64]) -> Vec<f64> {
    let with_later = |(place, one): (usize, &f64)| {
        values[place..].iter().map(|other| f64::midpoint(*one, *other)).collect::<Vec<_>>()
    };
    let mut means: Vec<_> = values.iter().enumerate().flat_map(with_later).collect();
    means.sort_by(f64::total_cmp);
    means
}

/// How many of the sorted means lie outside the interval on each side, and how certain it is then.
fn rank(pairs: usize, confidence: f64) -> Option<(usize, f64)> {
    // Signed ranks: the share of the 2ⁿ ways to sign 1…n whose positive ones add up to each sum.
    let mut shares = vec![1.0];
    for rank in 1..=pairs {
        let mut next = vec![0.0; shares.len() + rank];
        for (sum, share) in shares.iter().enumerate() {
            next[sum] += share / 2.0;
            next[sum + rank] += share / 2.0;
        }
        shares = next;
    }
    let mut below = 0.0;
    let mut best = None;
    for (outside, share) in shares.iter().enumerate() {
        below += share;
        let covered = 1.0 - 2.0 * below;
        if covered < confidence {
            break;
        }
        best = Some((outside, covered));
    }
    best
}

impl fmt::Display for Shift {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Shift { estimate, low, high, confidence } = self;
        let percent = |share: &f64| share * 100.0;
        write!(
            out,
            "{:+.1} % (between {:+.1} % and {:+.1} %, certain to {:.1} %)",
            percent(estimate),
            percent(low),
            percent(high),
            percent(confidence)
        )
    }
}

impl fmt::Display for Answer {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Answer::Better(shift) => write!(out, "better: {shift}"),
            Answer::Worse(shift) => write!(out, "worse: {shift}"),
            Answer::Same(shift) => write!(out, "no difference that matters: {shift}"),
            Answer::CannotTell(Doubt::TooFew { pairs, needed }) => {
                write!(out, "cannot tell: {pairs} pairs are too few to be that certain; run {needed}")
            }
            Answer::CannotTell(Doubt::Within(shift)) => {
                write!(out, "cannot tell: {shift}; more pairs or longer runs narrow it")
            }
            Answer::CannotTell(Doubt::NoRatio) => {
                out.write_str("cannot tell: a run has no value above zero, so that there is no ratio")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::chance::Chance;
    use super::*;

    /// Pairs that share a night's drift and differ by noise and the shift.
    fn pairs(seed: u64, count: usize, shift: f64, noise: f64) -> Vec<(f64, f64)> {
        let mut chance = Chance::new(seed);
        let mut pair = |_| {
            let drift = 200.0 * (0.3 * chance.normal()).exp();
            let mut of = |factor: f64| drift * factor * (noise * chance.normal()).exp();
            (of(1.0), of(1.0 + shift))
        };
        (0..count).map(&mut pair).collect()
    }

    #[test]
    fn a_planted_shift_is_told_and_nothing_is_told_of_nothing() {
        for (count, noise) in [(6, 0.03), (10, 0.03), (10, 0.08)] {
            for shift in [0.0, 0.05, 0.10, -0.10] {
                let mut told = [0; 4];
                for seed in 0..1000 {
                    let answer = compare(
                        &pairs(seed, count, shift, noise),
                        Better::Less,
                        &Wanted { confidence: 0.95, least: 0.0 },
                    );
                    told[match answer {
                        Answer::Better(_) => 0,
                        Answer::Worse(_) => 1,
                        Answer::Same(_) => 2,
                        Answer::CannotTell(_) => 3,
                    }] += 1;
                }
                println!(
                    "{count} pairs, noise {noise}, shift {shift:+}: better, worse, same, cannot tell {told:?} of 1000"
                );
                if shift == 0.0 {
                    assert!(told[0] + told[1] <= 65, "more than 5 % wrong: {told:?}");
                }
                if shift > 0.0 {
                    assert!(told[0] <= 25, "the wrong way round: {told:?}");
                }
                if shift.abs() == 0.10 && noise == 0.03 {
                    assert!(told[usize::from(shift > 0.0)] > 850, "{told:?}");
                }
            }
        }
    }

    #[test]
    fn the_interval_holds_the_truth_as_often_as_it_says() {
        let truth = 0.07;
        let mut held = 0;
        let mut said = 0.0;
        for seed in 0..2000 {
            let answer = compare(&pairs(seed, 8, truth, 0.05), Better::Less, &Wanted { confidence: 0.9, least: 0.0 });
            let (Answer::Better(shift) | Answer::Worse(shift) | Answer::CannotTell(Doubt::Within(shift))) = answer
            else {
                panic!("{answer}");
            };
            said = shift.confidence;
            held += u32::from((shift.low..=shift.high).contains(&truth));
        }
        let share = f64::from(held) / 2000.0;
        println!("held in {share} of cases, {said} were said");
        assert!((share - said).abs() < 0.02, "{share} and {said}");
    }

    #[test]
    fn few_pairs_are_never_certain() {
        assert_eq!((pairs_needed(0.95), pairs_needed(0.9), pairs_needed(0.85)), (6, 5, 4));
        let clear = [(100.0, 200.0); 5];
        let answer = compare(&clear, Better::Less, &Wanted::default());
        assert_eq!(answer.to_string(), "cannot tell: 5 pairs are too few to be that certain; run 6");
        let answer = compare(&clear[..3], Better::Less, &Wanted { confidence: 0.5, least: 0.0 });
        assert_eq!(answer, Answer::CannotTell(Doubt::TooFew { pairs: 3, needed: 4 }));
        let answer = compare(&clear, Better::Less, &Wanted { confidence: 0.9, least: 0.02 });
        assert_eq!(answer.to_string(), "worse: +100.0 % (between +100.0 % and +100.0 %, certain to 93.8 %)");
    }

    #[test]
    fn more_requests_a_second_are_better_and_zero_is_no_ratio() {
        let answer = compare(&[(100.0, 150.0); 6], Better::More, &Wanted::default());
        assert!(matches!(answer, Answer::Better(_)), "{answer}");
        let answer = compare(&[(100.0, 100.5); 6], Better::Less, &Wanted::default());
        assert!(matches!(answer, Answer::Same(_)), "{answer}");
        let answer = compare(&[(0.0, 0.5); 6], Better::Less, &Wanted::default());
        assert_eq!(answer, Answer::CannotTell(Doubt::NoRatio));
    }

    #[test]
    fn the_order_takes_turns_at_being_first() {
        use Side::{A, B};
        assert_eq!(order(3), [A, B, B, A, A, B]);
    }
}
