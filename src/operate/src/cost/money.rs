//! Dollars, exact to a millionth of a millionth: prices have up to ten digits behind the point, and no float holds them.

use std::fmt;
use std::iter::Sum;
use std::ops::{Add, AddAssign, Neg, Sub};
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::fraction::Fraction;

/// An amount of dollars. Written as a decimal number in a text, `"0.04048"`; shown to the cent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Money(i128);

/// A text that is no amount of dollars.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no amount of dollars: write digits, a point, and at most twelve more")]
pub struct MoneyError(String);

/// How many of its parts a dollar has.
const DOLLAR: i128 = 1_000_000_000_000;
/// How many digits stand behind the point at most.
const DIGITS: usize = 12;
/// How many digits stand before it at most.
const WHOLE_DIGITS: usize = 12;

impl Money {
    /// No money.
    pub const ZERO: Money = Money(0);

    /// So many dollars.
    pub fn dollars(dollars: u32) -> Money {
        Money(i128::from(dollars) * DOLLAR)
    }

    /// So much of what costs this much each, rounded once to the smallest part.
    #[must_use]
    pub fn times(self, quantity: Fraction) -> Money {
        let (over, under) = quantity.parts();
        // What is beyond all amounts of money stays beyond them.
        let product = self.0.saturating_mul(over);
        let half = if product < 0 { -under } else { under };
        Money(product.saturating_mul(2).saturating_add(half) / (under * 2))
    }

    /// True for no money.
    pub fn is_zero(self) -> bool {
        self.0 == 0
    }

    /// The amount in whole cents, rounded.
    pub fn cents(self) -> i128 {
        let cent = DOLLAR / 100;
        let half = if self.0 < 0 { -cent / 2 } else { cent / 2 };
        (self.0 + half) / cent
    }

    /// How many hundredths of another amount this is, rounded down; `None` of nothing.
    pub fn percent_of(self, other: Money) -> Option<i128> {
        (other.0 != 0).then(|| self.0 * 100 / other.0)
    }

    /// With a sign before it, also where it is more: `+$12.00`.
    pub fn signed(self) -> String {
        if self.cents() > 0 { format!("+{self}") } else { self.to_string() }
    }

    /// The price of one, with all of its digits and two behind the point at least: `$0.40`, `$0.04048`.
    pub fn as_price(self) -> String {
        let exact = self.exact();
        let behind = exact.split_once('.').map_or(0, |(_, part)| part.len());
        let idle = match behind {
            0 => ".00",
            1 => "0",
            _ => "",
        };
        format!("${exact}{idle}")
    }

    /// All of its digits, for programs: `1370.1212`.
    pub fn exact(self) -> String {
        let sign = if self.0 < 0 { "-" } else { "" };
        let (whole, part) = (self.0.abs() / DOLLAR, self.0.abs() % DOLLAR);
        let text = format!("{sign}{whole}.{part:012}");
        text.trim_end_matches('0').trim_end_matches('.').to_owned()
    }
}

impl FromStr for Money {
    type Err = MoneyError;

    fn from_str(text: &str) -> Result<Money, MoneyError> {
        let refuse = || MoneyError(text.to_owned());
        let (negative, plain) = text.strip_prefix('-').map_or((false, text), |rest| (true, rest));
        let (whole, part) = plain.split_once('.').unwrap_or((plain, "0"));
        let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
        if !digits(whole) || !digits(part) || part.len() > DIGITS || whole.len() > WHOLE_DIGITS {
            return Err(refuse());
        }
        let amount: i128 = format!("{whole}{part:0<12}").parse().map_err(|_| refuse())?;
        Ok(Money(if negative { -amount } else { amount }))
    }
}

impl TryFrom<String> for Money {
    type Error = MoneyError;

    fn try_from(text: String) -> Result<Money, MoneyError> {
        text.parse()
    }
}

impl From<Money> for String {
    fn from(money: Money) -> String {
        money.exact()
    }
}

impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let cents = self.cents();
        let whole = (cents.abs() / 100).to_string();
        let mut grouped = String::new();
        for (position, digit) in whole.chars().enumerate() {
            if position > 0 && (whole.len() - position).is_multiple_of(3) {
                grouped.push(',');
            }
            grouped.push(digit);
        }
        f.pad(&format!("{}${grouped}.{:02}", if cents < 0 { "-" } else { "" }, cents.abs() % 100))
    }
}

impl Add for Money {
    type Output = Money;

    fn add(self, other: Money) -> Money {
        Money(self.0 + other.0)
    }
}

impl AddAssign for Money {
    fn add_assign(&mut self, other: Money) {
        self.0 += other.0;
    }
}

impl Sub for Money {
    type Output = Money;

    fn sub(self, other: Money) -> Money {
        Money(self.0 - other.0)
    }
}

impl Neg for Money {
    type Output = Money;

    fn neg(self) -> Money {
        Money(-self.0)
    }
}

impl Sum for Money {
    fn sum<I: Iterator<Item = Money>>(all: I) -> Money {
        all.fold(Money::ZERO, Add::add)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn money(text: &str) -> Money {
        text.parse().unwrap()
    }

    #[test]
    fn dollars_are_shown_to_the_cent_and_kept_to_the_last_digit() {
        let price = money("0.0000166667");
        assert_eq!(price.exact(), "0.0000166667");
        assert_eq!(price.times(Fraction::whole(1_000_000)).exact(), "16.6667");
        assert_eq!(
            (price.as_price(), money("0.4").as_price(), money("5").as_price()),
            ("$0.0000166667".into(), "$0.40".into(), "$5.00".into())
        );
        assert_eq!(money("1370.115").to_string(), "$1,370.12");
        assert_eq!(money("-1234567.894").to_string(), "-$1,234,567.89");
        assert_eq!(
            (money("0").to_string(), money("12").signed(), money("-3.5").signed()),
            ("$0.00".into(), "+$12.00".into(), "-$3.50".into())
        );
    }

    #[test]
    fn a_part_is_rounded_once_and_half_away_from_nought() {
        assert_eq!(money("1").times(Fraction::of(1, 3)).exact(), "0.333333333333");
        assert_eq!(money("2").times(Fraction::of(1, 3)).exact(), "0.666666666667");
        assert_eq!(money("-2").times(Fraction::of(1, 3)).exact(), "-0.666666666667");
    }

    #[test]
    fn what_is_no_amount_is_refused() {
        for wrong in ["", "$1", "1,000", "1.", ".5", "1e3", "0.1234567890123", "+1"] {
            assert!(wrong.parse::<Money>().is_err(), "{wrong}");
        }
        assert_eq!(serde_json::to_string(&money("0.50")).unwrap(), "\"0.5\"");
        assert_eq!(serde_json::from_str::<Money>("\"0.50\"").unwrap(), money("0.5"));
    }
}
