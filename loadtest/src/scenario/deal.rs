//! Which scenario an iteration is: by their weights, evenly mixed, and the same for the same number on every machine.

use std::sync::Arc;

use super::Scenario;

/// The scenarios of a test, dealt out by their weights.
#[derive(Clone, Debug)]
pub struct Deal {
    scenarios: Vec<Arc<dyn Scenario>>,
    /// Places of scenarios, one round long.
    round: Vec<usize>,
}

impl Deal {
    /// Deals out these, of which there must be one at least.
    pub fn new(scenarios: Vec<Arc<dyn Scenario>>) -> Deal {
        let weights: Vec<u32> = scenarios.iter().map(|scenario| scenario.weight().max(1)).collect();
        Deal { round: round(&weights), scenarios }
    }

    /// All of them.
    pub fn scenarios(&self) -> &[Arc<dyn Scenario>] {
        &self.scenarios
    }

    /// The place of the one that the iteration with this number is.
    pub fn place(&self, number: u64) -> usize {
        self.round[in_round(number, self.round.len())]
    }
}

/// Of some scenarios, how many iterations come before one.
#[derive(Clone, Debug)]
pub(crate) struct Ranks {
    /// For each place in a round, and for its end: how many of them come before it.
    before: Vec<u64>,
}

impl Ranks {
    /// Of those of scenarios with these weights whose places `which` picks.
    pub(crate) fn new(weights: &[u32], which: impl Fn(usize) -> bool) -> Ranks {
        let mut before = vec![0];
        for place in round(weights) {
            before.push(before[before.len() - 1] + u64::from(which(place)));
        }
        Ranks { before }
    }

    /// How many come before the iteration with this number.
    pub(crate) fn of(&self, number: u64) -> u64 {
        let length = self.before.len() - 1;
        (number / length.max(1) as u64) * self.before[length] + self.before[in_round(number, length.max(1))]
    }
}

fn in_round(number: u64, length: usize) -> usize {
    // Less than a length that is a `usize`.
    (number % length as u64) as usize
}

/// One round: each scenario as often as its weight, and each spread as evenly as can be.
fn round(weights: &[u32]) -> Vec<usize> {
    let divisor = weights.iter().fold(0, |divisor, weight| greatest_common(divisor, *weight)).max(1);
    let weights: Vec<i64> = weights.iter().map(|weight| i64::from(weight / divisor)).collect();
    let length: i64 = weights.iter().sum();
    let mut owed = vec![0; weights.len()];
    let mut round = Vec::new();
    for _ in 0..length {
        owed.iter_mut().zip(&weights).for_each(|(owed, weight)| *owed += weight);
        // Of those that are owed most, the first.
        let most = (0..owed.len()).rev().max_by_key(|place| owed[*place]).unwrap_or(0);
        owed[most] -= length;
        round.push(most);
    }
    round
}

fn greatest_common(one: u32, other: u32) -> u32 {
    if other == 0 { one } else { greatest_common(other, one % other) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn scenarios_are_mixed_evenly() {
        assert_eq!(round(&[3, 1]), [0, 0, 1, 0]);
        assert_eq!(round(&[2, 4, 6]), [2, 1, 0, 2, 1, 2]);
        assert_eq!(round(&[1000]), [0]);
    }

    proptest! {
        #[test]
        fn each_comes_as_often_as_its_weight(weights in prop::collection::vec(1_u32..30, 1..6)) {
            let round = round(&weights);
            for (place, weight) in weights.iter().enumerate() {
                let times = round.iter().filter(|dealt| **dealt == place).count();
                prop_assert_eq!(times * weights.iter().sum::<u32>() as usize, *weight as usize * round.len());
            }
        }

        #[test]
        fn ranks_count_from_nothing_without_a_gap(weights in prop::collection::vec(1_u32..6, 1..5), which in 0_usize..5) {
            let round = round(&weights);
            let ours: Vec<u64> = (0..60_u64).filter(|number| round[in_round(*number, round.len())] == which).collect();
            let ranks = Ranks::new(&weights, |place| place == which);
            for (expected, number) in ours.into_iter().enumerate() {
                prop_assert_eq!(ranks.of(number), expected as u64);
            }
        }
    }
}
