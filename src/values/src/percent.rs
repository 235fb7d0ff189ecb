//! Percentages, in whole steps.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

use crate::invalid::Invalid;

/// A whole number from 0 to 100. In a file it is a number: `70`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "i64", into = "i64")]
pub struct Percent(u8);

impl Percent {
    /// The number.
    pub fn value(self) -> u8 {
        self.0
    }

    /// The part of one: 0.7 for 70 %.
    pub fn fraction(self) -> f64 {
        f64::from(self.0) / 100.0
    }
}

impl TryFrom<i64> for Percent {
    type Error = Invalid;

    fn try_from(number: i64) -> Result<Percent, Invalid> {
        match u8::try_from(number) {
            Ok(number) if number <= 100 => Ok(Percent(number)),
            _ => Err(invalid(number)),
        }
    }
}

impl From<Percent> for i64 {
    fn from(percent: Percent) -> i64 {
        i64::from(percent.0)
    }
}

impl FromStr for Percent {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Percent, Invalid> {
        let digits = text.strip_suffix('%').unwrap_or(text).trim_end();
        let number = digits.parse::<i64>().ok().filter(|_| digits.bytes().all(|byte| byte.is_ascii_digit()));
        number.ok_or_else(|| invalid(text))?.try_into().map_err(|_| invalid(text))
    }
}

impl fmt::Display for Percent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} %", self.0)
    }
}

impl JsonSchema for Percent {
    fn schema_name() -> Cow<'static, str> {
        "Percent".into()
    }

    fn schema_id() -> Cow<'static, str> {
        concat!(module_path!(), "::Percent").into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "integer",
            "minimum": 0,
            "maximum": 100,
            "description": "A percentage: a whole number from 0 to 100.",
            "examples": [70],
        })
    }
}

fn invalid(written: impl fmt::Display) -> Invalid {
    Invalid::new(format!("`{written}` is not a percentage")).rule("it is a whole number from 0 to 100")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::laws::{check_refused, check_written};

    #[test]
    fn whole_numbers_up_to_a_hundred_are_percentages() {
        for text in ["70", "70%", "70 %"] {
            check_written::<Percent>(text, "70 %");
        }
        assert_eq!(serde_json::from_str::<Percent>("100").unwrap().value(), 100);
        assert_eq!(serde_json::to_string(&Percent(0)).unwrap(), "0");
        assert!((Percent(25).fraction() - 0.25).abs() < f64::EPSILON);
    }

    #[test]
    fn nothing_else_is() {
        for text in ["101", "-1", "+5", "0.5", "", "%", "many", "99999999999999999999"] {
            let message = format!("`{text}` is not a percentage: it is a whole number from 0 to 100");
            check_refused::<Percent>(text, &message);
        }
        let error = serde_json::from_str::<Percent>("150").unwrap_err().to_string();
        assert!(error.contains("`150` is not a percentage: it is a whole number from 0 to 100"), "{error}");
        assert!(serde_json::from_str::<Percent>("-1").is_err());
    }
}
