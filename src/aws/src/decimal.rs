//! Amounts of money and thresholds: decimal numbers that AWS writes as texts, each service with zeros of its own.

use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A decimal number that is not negative, as exact as it was written: `2000`, `0.1`. Written without idle zeros, so
/// that what AWS gives back as `2000.0` is the same.
///
/// ```
/// use infra_aws::Decimal;
///
/// let limit: Decimal = "2000.00".parse().unwrap();
/// assert_eq!(limit, Decimal::from(2000));
/// assert!("0.10".parse::<Decimal>().unwrap() < limit);
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Decimal(String);

/// A text that is not a decimal number.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not an amount: write digits, and a point and more digits where they are needed, such as `0.10`")]
pub struct DecimalError(String);

impl Decimal {
    /// The digits before the point and those after it.
    fn parts(&self) -> (&str, &str) {
        self.0.split_once('.').unwrap_or((&self.0, ""))
    }

    /// True for nought.
    pub fn is_zero(&self) -> bool {
        self.0 == "0"
    }

    /// The nearest number that a float can hold, for calls that take nothing better.
    pub(crate) fn nearest(&self) -> f64 {
        self.0.parse().expect("digits with a point among them are a number")
    }

    /// The number that a float was made of: its shortest text.
    pub(crate) fn of_float(value: f64) -> Result<Decimal, DecimalError> {
        value.to_string().parse()
    }
}

impl FromStr for Decimal {
    type Err = DecimalError;

    fn from_str(text: &str) -> Result<Decimal, DecimalError> {
        let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
        let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
        if !digits(whole) || !digits(fraction) {
            return Err(DecimalError(text.to_owned()));
        }
        let whole = match whole.trim_start_matches('0') {
            "" => "0",
            whole => whole,
        };
        Ok(Decimal(match fraction.trim_end_matches('0') {
            "" => whole.to_owned(),
            fraction => format!("{whole}.{fraction}"),
        }))
    }
}

impl TryFrom<String> for Decimal {
    type Error = DecimalError;

    fn try_from(text: String) -> Result<Decimal, DecimalError> {
        text.parse()
    }
}

impl From<u32> for Decimal {
    fn from(number: u32) -> Decimal {
        Decimal(number.to_string())
    }
}

impl From<Decimal> for String {
    fn from(decimal: Decimal) -> String {
        decimal.0
    }
}

impl fmt::Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Ord for Decimal {
    fn cmp(&self, other: &Decimal) -> Ordering {
        let ((whole, fraction), (other_whole, other_fraction)) = (self.parts(), other.parts());
        (whole.len(), whole, fraction).cmp(&(other_whole.len(), other_whole, other_fraction))
    }
}

impl PartialOrd for Decimal {
    fn partial_cmp(&self, other: &Decimal) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decimal(text: &str) -> Decimal {
        text.parse().unwrap()
    }

    #[test]
    fn idle_zeros_make_no_difference() {
        for (text, canonical) in [("100", "100"), ("100.0", "100"), ("0.10", "0.1"), ("007.50", "7.5"), ("0.0", "0")] {
            assert_eq!(decimal(text).to_string(), canonical);
        }
        assert!(decimal("0.00").is_zero() && !decimal("0.01").is_zero());
        assert_eq!(Decimal::of_float(80.0).unwrap(), Decimal::from(80));
        assert_eq!(decimal("0.1").nearest(), 0.1);
    }

    #[test]
    fn what_is_no_number_is_refused() {
        for text in ["", "-1", "1,5", "1.", ".5", "1e3", "1.2.3", "$5"] {
            let error = text.parse::<Decimal>().unwrap_err();
            assert!(error.to_string().starts_with(&format!("`{text}` is not an amount")), "{error}");
        }
    }

    #[test]
    fn numbers_are_ordered_as_numbers() {
        let sorted = ["0", "0.09", "0.1", "1", "9.99", "10", "10.05", "10.5", "100"].map(decimal);
        assert!(sorted.is_sorted());
    }
}
