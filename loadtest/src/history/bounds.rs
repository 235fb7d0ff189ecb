//! Bounds learnt from a plan's own first nights: how far its nights differ when nothing has changed decides what can be
//! called a regression, and how small a one can be found.

use std::fmt;

use super::chance::Chance;
use super::nightly::{Bounds, IN_A_ROW, WINDOW, regression};
use super::robust::{median, spread};

/// So many nights are needed to learn from.
pub const NIGHTS: usize = 30;
/// As many false alarms a night are borne.
const FALSE_ALARMS: f64 = 0.016;
/// So many made-up fortnights decide what is wrong, and so many what is found.
const TRIALS: [usize; 2] = [2000, 500];
/// Margins that are tried, in hundredths.
const MARGINS: std::ops::RangeInclusive<u32> = 2..=100;
/// Shifts that are tried for what can be found, in hundredths.
const SHIFTS: std::ops::RangeInclusive<u32> = 2..=200;
/// A shift counts as one that can be found if it is found as often as this.
const FOUND: f64 = 0.8;

/// What the first nights have taught.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Learnt {
    /// The bounds to judge by from now on.
    pub bounds: Bounds,
    /// How far nights differ, as a share: a deviation that odd nights do not move.
    pub noise: f64,
    /// The false alarms a night that these bounds give on such nights.
    pub false_alarms: f64,
    /// The least shift that is found within two weeks in four cases of five; none where not even a doubling is.
    pub finds: Option<f64>,
}

/// Learns from the first nights. None of fewer than [`NIGHTS`], or where no margin is wide enough.
///
/// Nights are drawn from those that there were, again and again, and the least margin is taken that cries wolf seldom
/// enough. A shift among the nights themselves does not count as noise: each is measured by its neighbours.
pub fn learn(nights: &[f64]) -> Option<Learnt> {
    let nights = nights.get(..NIGHTS)?;
    let residues = residues(nights);
    let series = drawn(&residues, TRIALS[0], WINDOW + IN_A_ROW)?;
    let bounds = |hundredths| Bounds { margin: f64::from(hundredths) / 100.0, ..Bounds::default() };
    let alarms = |bounds: &Bounds| share(&series, |nights| regression(nights, bounds).is_some());
    let bounds = bounds(first(MARGINS, |hundredths| alarms(&bounds(hundredths)) <= FALSE_ALARMS)?);
    let after = drawn(&residues, TRIALS[1], WINDOW + IN_A_ROW + 13)?;
    let found = |shift: f64| share(&after, |nights| finds(nights, shift, &bounds));
    let logarithms: Vec<_> = residues.iter().map(|residue| residue.ln()).collect();
    Some(Learnt {
        bounds,
        noise: spread(&logarithms)?.exp_m1(),
        false_alarms: alarms(&bounds),
        finds: first(SHIFTS, |hundredths| found(f64::from(hundredths) / 100.0) >= FOUND)
            .map(|hundredths| f64::from(hundredths) / 100.0),
    })
}

/// Each night against the middle of the seven on either side of it, itself left out.
fn residues(nights: &[f64]) -> Vec<f64> {
    let around = |place: usize| {
        let near = place.saturating_sub(7)..(place + 8).min(nights.len());
        let others: Vec<_> = near.filter(|other| *other != place).map(|other| nights[other]).collect();
        median(&others).unwrap_or(nights[place])
    };
    (0..nights.len()).map(|place| nights[place] / around(place)).collect()
}

/// As many series of as many nights, drawn from these.
fn drawn(residues: &[f64], series: usize, length: usize) -> Option<Vec<Vec<f64>>> {
    let mut chance = Chance::new(series as u64);
    (0..series).map(|_| (0..length).map(|_| chance.one_of(residues)).collect()).collect()
}

fn share(series: &[Vec<f64>], holds: impl Fn(&[f64]) -> bool) -> f64 {
    series.iter().filter(|nights| holds(nights)).count() as f64 / series.len() as f64
}

/// Whether a shift after the window is found in the fortnight that follows.
fn finds(nights: &[f64], shift: f64, bounds: &Bounds) -> bool {
    let shifted: Vec<_> = nights
        .iter()
        .enumerate()
        .map(|(place, night)| if place < WINDOW { *night } else { night * (1.0 + shift) })
        .collect();
    (WINDOW + 1..=shifted.len()).any(|end| regression(&shifted[..end], bounds).is_some())
}

/// The first number that holds, where all after it hold too; by halving.
fn first(range: std::ops::RangeInclusive<u32>, holds: impl Fn(u32) -> bool) -> Option<u32> {
    let (mut low, mut high) = range.into_inner();
    if !holds(high) {
        return None;
    }
    while low < high {
        let middle = low + (high - low) / 2;
        if holds(middle) { high = middle } else { low = middle + 1 }
    }
    Some(high)
}

impl fmt::Display for Learnt {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Learnt { bounds, noise, false_alarms, finds } = self;
        write!(
            out,
            "nights differ by {:.1} %; three in a row over {:.0} % are a regression, wrong in {:.1} % of nights; ",
            noise * 100.0,
            bounds.margin * 100.0,
            false_alarms * 100.0
        )?;
        match finds {
            Some(shift) => write!(out, "what is {:.0} % slower is found within two weeks", shift * 100.0),
            None => {
                out.write_str("not even what is three times as slow is found for certain: these nights differ too much")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::synthetic::{Noise, nights};
    use super::*;

    fn false_alarms(bounds: &Bounds, noise: Noise) -> f64 {
        let count = |seed: u64| {
            let history = nights(10_000 + seed, 60, 60, 0.0, noise);
            (17..=60).filter(|end| regression(&history[..*end], bounds).is_some()).count()
        };
        (0..100).map(count).sum::<usize>() as f64 / (100.0 * 44.0)
    }

    #[test]
    fn louder_nights_teach_wider_bounds_and_false_alarms_stay_rare() {
        let mut margins = Vec::new();
        for (deviation, most) in [(0.03, 0.035), (0.08, 0.035), (0.20, 0.045)] {
            let noise = Noise { deviation, odd: 0.03 };
            let of = |seed: u64| learn(&nights(seed, 30, 30, 0.0, noise)).unwrap();
            let learnt: Vec<_> = (0..6).map(of).collect();
            println!("deviation {deviation}: {}", learnt[0]);
            let rates: Vec<_> = learnt.iter().map(|learnt| false_alarms(&learnt.bounds, noise)).collect();
            println!("  false alarms on other nights of the kind: {rates:.3?}");
            assert!(rates.iter().sum::<f64>() / 6.0 < most, "{rates:?}");
            margins.push(learnt.iter().map(|learnt| learnt.bounds.margin).sum::<f64>() / 6.0);
        }
        assert!(margins.is_sorted() && margins[2] > 2.0 * margins[0], "{margins:?}");
    }

    #[test]
    fn a_shift_among_the_first_nights_is_not_taken_for_noise() {
        let noise = Noise { deviation: 0.05, odd: 0.0 };
        let shifted = nights(5, 30, 15, 0.5, noise);
        let taken_for_noise = spread(&shifted.iter().map(|night| night.ln()).collect::<Vec<_>>()).unwrap();
        let learnt = learn(&shifted).unwrap();
        println!("{learnt}; all nights together differ by {taken_for_noise:.2}");
        assert!(learnt.noise < 0.12 && taken_for_noise > 0.2, "{learnt}, {taken_for_noise}");
    }

    #[test]
    fn what_is_said_to_be_found_is_found() {
        let noise = Noise::DESIGN;
        let learnt = learn(&nights(1, 30, 30, 0.0, noise)).unwrap();
        let shift = learnt.finds.unwrap();
        let hit = |seed: u64| {
            let history = nights(20_000 + seed, 44, 30, shift, noise);
            (31..=44).any(|end| regression(&history[..end], &learnt.bounds).is_some())
        };
        let found = (0..400).filter(|seed| hit(*seed)).count();
        println!("{learnt}; on other nights {found} of 400");
        assert!((280..=390).contains(&found), "{found} of 400, and four of five were said");
    }

    #[test]
    fn too_few_nights_teach_nothing() {
        assert_eq!(learn(&[200.0; 29]), None);
        assert_eq!(learn(&[200.0; 30]).unwrap().bounds.margin, 0.02);
    }
}
