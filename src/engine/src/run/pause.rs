//! Pauses between repetitions: they start small, grow, and differ a little from one resource to another.

use std::time::Duration;

use crate::live::FIRST_PAUSE;
use crate::model::Address;

const LONGEST: Duration = Duration::from_secs(10);
const GROWTH: f64 = 1.6;

/// The pauses of one step.
pub(super) struct Pauses {
    next: Duration,
    spread: f64,
}

impl Pauses {
    /// Pauses for the work on an address. Its letters give the spread, so that two runs pause alike.
    pub(super) fn of(address: &Address) -> Pauses {
        let sum: u32 = address.to_string().bytes().map(u32::from).sum();
        Pauses { next: FIRST_PAUSE, spread: 0.85 + f64::from(sum % 31) / 100.0 }
    }

    /// The next pause.
    pub(super) fn next(&mut self) -> Duration {
        let pause = self.next.mul_f64(self.spread);
        self.next = self.next.mul_f64(GROWTH).min(LONGEST);
        pause
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::address;

    #[test]
    fn pauses_start_small_grow_and_have_a_limit() {
        let mut pauses = Pauses::of(&address("vpc"));
        let all: Vec<Duration> = (0..30).map(|_| pauses.next()).collect();
        assert!(all[0] < Duration::from_millis(250));
        assert!(all.windows(2).all(|pair| pair[0] <= pair[1]));
        assert!(all[29] < Duration::from_secs(12));
    }
}
