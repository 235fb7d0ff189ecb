//! Exact numbers: how many hours, tasks, gigabytes. A third is a third until it is money.

use std::cmp::Ordering;
use std::fmt;
use std::ops::{Add, Mul, Sub};
use std::str::FromStr;

/// An exact number, as one whole number over another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Fraction {
    over: i128,
    under: i128,
}

/// A text that is no number that can be counted with.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a number that is counted with here: write at most twelve digits, a point, and six more")]
pub struct FractionError(String);

/// The most digits before the point, and behind it.
const DIGITS: (usize, usize) = (12, 6);

impl Fraction {
    /// Nought.
    pub const ZERO: Fraction = Fraction { over: 0, under: 1 };

    /// One number over another, which is not nought.
    pub fn of(over: i128, under: i128) -> Fraction {
        let divisor = gcd(over, under).max(1) * if under < 0 { -1 } else { 1 };
        Fraction { over: over / divisor, under: (under / divisor).max(1) }
    }

    /// A whole number.
    pub fn whole(number: impl Into<i128>) -> Fraction {
        Fraction { over: number.into(), under: 1 }
    }

    /// True for nought.
    pub fn is_zero(self) -> bool {
        self.over == 0
    }

    /// The upper and the lower number.
    pub(super) fn parts(self) -> (i128, i128) {
        (self.over, self.under)
    }

    /// The larger of two.
    #[must_use]
    pub fn larger(self, other: Fraction) -> Fraction {
        if self < other { other } else { self }
    }
}

fn gcd(one: i128, other: i128) -> i128 {
    let (mut one, mut other) = (one.abs(), other.abs());
    while other != 0 {
        (one, other) = (other, one % other);
    }
    one
}

impl Add for Fraction {
    type Output = Fraction;

    fn add(self, other: Fraction) -> Fraction {
        Fraction::of(self.over * other.under + other.over * self.under, self.under * other.under)
    }
}

impl Sub for Fraction {
    type Output = Fraction;

    fn sub(self, other: Fraction) -> Fraction {
        self + Fraction { over: -other.over, ..other }
    }
}

impl Mul for Fraction {
    type Output = Fraction;

    fn mul(self, other: Fraction) -> Fraction {
        // Shortened crosswise first, so that the products stay small.
        let (one, two) = (Fraction::of(self.over, other.under), Fraction::of(other.over, self.under));
        Fraction::of(one.over * two.over, one.under * two.under)
    }
}

impl PartialOrd for Fraction {
    fn partial_cmp(&self, other: &Fraction) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Fraction {
    fn cmp(&self, other: &Fraction) -> Ordering {
        (self.over * other.under).cmp(&(other.over * self.under))
    }
}

impl From<u32> for Fraction {
    fn from(number: u32) -> Fraction {
        Fraction::whole(number)
    }
}

impl FromStr for Fraction {
    type Err = FractionError;

    fn from_str(text: &str) -> Result<Fraction, FractionError> {
        let refuse = || FractionError(text.to_owned());
        let plain = text.replace('_', "");
        let (whole, behind) = plain.split_once('.').unwrap_or((&plain, ""));
        let behind = behind.trim_end_matches('0');
        let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
        let fits = !whole.is_empty() && whole.len() <= DIGITS.0 && behind.len() <= DIGITS.1;
        if !fits || !digits(whole) || !digits(behind) {
            return Err(refuse());
        }
        let over = format!("{whole}{behind}").parse().map_err(|_| refuse())?;
        Ok(Fraction::of(over, behind.bytes().fold(1, |under, _| under * 10)))
    }
}

impl fmt::Display for Fraction {
    /// With three digits behind the point at most: for reading, not for counting.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let thousandths = (self.over.abs() * 2000 + self.under) / (self.under * 2);
        let sign = if self.over < 0 { "-" } else { "" };
        let text = format!("{sign}{}.{:03}", thousandths / 1000, thousandths % 1000);
        f.write_str(text.trim_end_matches('0').trim_end_matches('.'))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_third_is_a_third() {
        let third = Fraction::of(1, 3);
        assert_eq!(third + third + third, Fraction::whole(1));
        assert_eq!(third * Fraction::whole(730), Fraction::of(730, 3));
        assert!(third < Fraction::of(34, 100) && third > Fraction::of(33, 100));
        assert_eq!((third.to_string(), Fraction::whole(2).to_string()), ("0.333".into(), "2".into()));
    }

    #[test]
    fn a_number_is_read_as_it_is_written() {
        assert_eq!("1_000.250".parse(), Ok(Fraction::of(4001, 4)));
        assert_eq!("0.1".parse(), Ok(Fraction::of(1, 10)));
        for wrong in ["", ".5", "-1", "1e3", "1.2.3", "inf", "1234567890123", "0.1234567"] {
            assert!(wrong.parse::<Fraction>().is_err(), "{wrong}");
        }
    }
}
