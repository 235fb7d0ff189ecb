//! Three figures in place of one: what it costs at least, what is expected, and what it costs at most.

use std::fmt;
use std::ops::{Add, AddAssign};

use serde::{Deserialize, Serialize};

use super::money::Money;

/// A sum of money, and how much of what belongs to it is unknown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sum {
    /// What is known of it.
    pub known: Money,
    /// How many amounts are unknown.
    pub unknown: usize,
}

impl Sum {
    /// An amount, or that it is unknown.
    pub fn of(amount: Option<Money>) -> Sum {
        Sum { known: amount.unwrap_or_default(), unknown: usize::from(amount.is_none()) }
    }

    /// What is more of this than of another. What is unknown of either is unknown of the difference.
    fn less(self, other: Sum) -> Sum {
        Sum { known: self.known - other.known, unknown: self.unknown + other.unknown }
    }

    /// As a column of a table shows it: `$12.00`, `≥ $12.00`, `?`.
    pub fn short(self) -> String {
        match (self.unknown, self.known.is_zero()) {
            (0, _) => self.known.to_string(),
            (_, true) => "?".to_owned(),
            (_, false) => format!("≥ {}", self.known),
        }
    }

    /// The same of a difference: `+$12.00`, `+$12.00 and ?`.
    pub fn short_signed(self) -> String {
        match (self.unknown, self.known.is_zero()) {
            (0, _) => self.known.signed(),
            (_, true) => "?".to_owned(),
            (_, false) => format!("{} and ?", self.known.signed()),
        }
    }
}

impl fmt::Display for Sum {
    /// In a sentence: `$12.00/month`, `at least $12.00/month`, `unknown`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.unknown, self.known.is_zero()) {
            (0, _) => write!(f, "{}/month", self.known),
            (_, true) => f.write_str("unknown"),
            (_, false) => write!(f, "at least {}/month", self.known),
        }
    }
}

impl Add for Sum {
    type Output = Sum;

    fn add(self, other: Sum) -> Sum {
        Sum { known: self.known + other.known, unknown: self.unknown + other.unknown }
    }
}

/// What something costs in a month of 730 hours.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Figures {
    /// With everything at its minimum, and nothing passing.
    pub floor: Sum,
    /// With the usage that was given; where none was, the floor.
    pub expected: Sum,
    /// With everything at its maximum.
    pub ceiling: Sum,
}

impl Figures {
    /// True for nothing at all.
    pub fn is_nothing(self) -> bool {
        self == Figures::default()
    }

    /// What is more of these than of others.
    pub(super) fn less(self, other: Figures) -> Figures {
        Figures {
            floor: self.floor.less(other.floor),
            expected: self.expected.less(other.expected),
            ceiling: self.ceiling.less(other.ceiling),
        }
    }
}

impl Add for Figures {
    type Output = Figures;

    fn add(self, other: Figures) -> Figures {
        Figures {
            floor: self.floor + other.floor,
            expected: self.expected + other.expected,
            ceiling: self.ceiling + other.ceiling,
        }
    }
}

impl AddAssign for Figures {
    fn add_assign(&mut self, other: Figures) {
        *self = *self + other;
    }
}

impl std::iter::Sum for Figures {
    fn sum<I: Iterator<Item = Figures>>(all: I) -> Figures {
        all.fold(Figures::default(), Add::add)
    }
}
