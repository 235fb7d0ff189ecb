//! How a run is split over workers, and workers over regions.
//!
//! Arrivals are dealt out one by one: worker `i` of `n` has those whose number leaves `i` when divided by `n`, so that the
//! schedules of all workers together are exactly the schedule of one. Users and rows are cut into pieces.

use std::ops::Range;

use crate::result::Part;

/// A part's piece of so many things: pieces differ by one at most, and together they are all.
pub fn share(things: u64, Part { worker, of }: Part) -> Range<u64> {
    let cut = |place: u32| (u128::from(things) * u128::from(place) / u128::from(of.max(1))) as u64;
    cut(worker)..cut(worker + 1)
}

/// How many workers each region has, by their shares: by largest remainder, so that no region is off by one or more.
pub fn regions(workers: u32, shares: &[f64]) -> Vec<u32> {
    let whole: f64 = shares.iter().sum();
    if whole <= 0.0 {
        return vec![0; shares.len()];
    }
    let exact: Vec<f64> = shares.iter().map(|share| f64::from(workers) * share / whole).collect();
    // Not negative, and at most the number of workers.
    let mut given: Vec<u32> = exact.iter().map(|exact| exact.floor() as u32).collect();
    let mut places: Vec<usize> = (0..shares.len()).collect();
    places.sort_by(|one, other| (exact[*other].fract()).total_cmp(&exact[*one].fract()));
    let left = workers.saturating_sub(given.iter().sum());
    for place in places.into_iter().cycle().take(left as usize) {
        given[place] += 1;
    }
    given
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn pieces_are_all_and_never_the_same(things in 0_u64..100_000, of in 1_u32..98) {
            let mut next = 0;
            for worker in 0..of {
                let piece = share(things, Part { worker, of });
                prop_assert_eq!(piece.start, next);
                let fair = things / u64::from(of);
                prop_assert!((fair..=fair + 1).contains(&(piece.end - piece.start)));
                next = piece.end;
            }
            prop_assert_eq!(next, things);
        }

        #[test]
        fn regions_have_all_workers_and_about_their_share(workers in 0_u32..500, shares in prop::collection::vec(0.01..100.0_f64, 1..8)) {
            let given = regions(workers, &shares);
            prop_assert_eq!(given.iter().sum::<u32>(), workers);
            let whole: f64 = shares.iter().sum();
            for (given, share) in given.iter().zip(&shares) {
                prop_assert!((f64::from(*given) - f64::from(workers) * share / whole).abs() < 1.0 + 1e-9);
            }
        }
    }

    #[test]
    fn the_largest_remainder_gets_what_is_left() {
        assert_eq!(regions(8, &[70.0, 30.0]), [6, 2]);
        assert_eq!(regions(10, &[1.0, 1.0, 1.0]), [4, 3, 3]);
        assert_eq!(regions(1, &[30.0, 70.0]), [0, 1]);
        assert_eq!(regions(3, &[0.0]), [0]);
    }
}
