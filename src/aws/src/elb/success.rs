//! Which answers of a target count as healthy.

use std::fmt;
use std::ops::RangeInclusive;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// Codes that count as healthy: `200`, `200-299`, `200,202`. In order, each range from its lowest code.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct SuccessCodes(Vec<(u16, u16)>);

/// A text that names no codes.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` names no codes of answers: write `200`, `200-299` or `200,202`")]
pub struct SuccessCodesError(String);

impl SuccessCodes {
    /// This code alone.
    pub fn only(code: u16) -> SuccessCodes {
        SuccessCodes(vec![(code, code)])
    }

    /// The codes of this range.
    pub fn range(codes: RangeInclusive<u16>) -> SuccessCodes {
        SuccessCodes(vec![(*codes.start(), *codes.end())])
    }

    /// True when all codes are within these.
    pub(super) fn are_within(&self, limits: &RangeInclusive<u16>) -> bool {
        self.0.iter().all(|(low, high)| low <= high && limits.contains(low) && limits.contains(high))
    }
}

impl FromStr for SuccessCodes {
    type Err = SuccessCodesError;

    fn from_str(text: &str) -> Result<SuccessCodes, SuccessCodesError> {
        let range = |part: &str| {
            let (low, high) = part.split_once('-').unwrap_or((part, part));
            Some((low.trim().parse().ok()?, high.trim().parse().ok()?))
        };
        let ranges: Option<Vec<(u16, u16)>> = text.split(',').map(range).collect();
        let mut ranges = ranges.ok_or_else(|| SuccessCodesError(text.to_owned()))?;
        ranges.sort_unstable();
        Ok(SuccessCodes(ranges))
    }
}

impl fmt::Display for SuccessCodes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, (low, high)) in self.0.iter().enumerate() {
            let comma = if position > 0 { "," } else { "" };
            if low == high { write!(f, "{comma}{low}")? } else { write!(f, "{comma}{low}-{high}")? }
        }
        Ok(())
    }
}

impl TryFrom<String> for SuccessCodes {
    type Error = SuccessCodesError;

    fn try_from(text: String) -> Result<SuccessCodes, SuccessCodesError> {
        text.parse()
    }
}

impl From<SuccessCodes> for String {
    fn from(codes: SuccessCodes) -> String {
        codes.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_survive_their_own_text_in_order() {
        for (text, canonical) in [("200", "200"), ("200-299", "200-299"), ("202, 200", "200,202"), ("0", "0")] {
            let codes: SuccessCodes = text.parse().unwrap();
            assert_eq!(codes.to_string(), canonical);
            assert_eq!(canonical.parse(), Ok(codes));
        }
        assert_eq!(SuccessCodes::range(200..=299).to_string(), "200-299");
    }

    #[test]
    fn anything_else_is_refused() {
        for text in ["", "ok", "200-", "200,,201", "2xx"] {
            assert!(text.parse::<SuccessCodes>().is_err(), "{text}");
        }
    }

    #[test]
    fn limits_hold_for_both_ends() {
        let within = |text: &str| text.parse::<SuccessCodes>().unwrap().are_within(&(200..=499));
        assert!(within("200-499"));
        assert!(!within("200,500"));
        assert!(!within("299-200"));
        assert!(!within("0"));
    }
}
