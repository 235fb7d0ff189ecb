//! What a threshold is held against.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::Time;

/// A limit: a time, a share of all, or a number.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Limit {
    /// As `500ms`.
    Time(Time),
    /// As `1%`; 1 is all.
    Share(f64),
    /// As `200`.
    Number(f64),
}

impl Limit {
    /// In the unit that is measured: milliseconds, a share from 0 to 1, or a number.
    pub fn value(self) -> f64 {
        match self {
            Limit::Time(Time(time)) => time.as_secs_f64() * 1000.0,
            Limit::Share(share) => share,
            Limit::Number(number) => number,
        }
    }

    /// What kind of value it is, in words.
    pub fn kind(self) -> &'static str {
        match self {
            Limit::Time(_) => "a time",
            Limit::Share(_) => "a share",
            Limit::Number(_) => "a number",
        }
    }
}

impl FromStr for Limit {
    type Err = String;

    fn from_str(text: &str) -> Result<Limit, String> {
        let rule = || "give a time, as 500ms; a share, as 1%; or a number".to_owned();
        let text = text.trim();
        let finite = |text: &str| text.trim().parse::<f64>().ok().filter(|number| number.is_finite() && *number >= 0.0);
        if let Some(percent) = text.strip_suffix('%') {
            return finite(percent)
                .filter(|percent| *percent <= 100.0)
                .map(|p| Limit::Share(p / 100.0))
                .ok_or_else(rule);
        }
        match finite(text) {
            Some(number) => Ok(Limit::Number(number)),
            None => text.parse().map(Limit::Time).map_err(|_| rule()),
        }
    }
}

impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Limit::Time(time) => time.fmt(f),
            // A share was written in percent, which a product of two floating numbers may miss by a little.
            Limit::Share(share) => write!(f, "{}%", (share * 1e8).round() / 1e6),
            Limit::Number(number) => number.fmt(f),
        }
    }
}

impl Serialize for Limit {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        match self {
            Limit::Number(number) => to.serialize_f64(*number),
            Limit::Time(_) | Limit::Share(_) => to.collect_str(self),
        }
    }
}

impl<'de> Deserialize<'de> for Limit {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Limit, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Written {
            Number(f64),
            Text(String),
        }
        match Written::deserialize(from)? {
            Written::Number(number) => Ok(Limit::Number(number)),
            Written::Text(text) => text.parse().map_err(serde::de::Error::custom),
        }
    }
}

impl JsonSchema for Limit {
    fn schema_name() -> Cow<'static, str> {
        "Limit".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": ["string", "number"],
            "description": "A time, as 500ms; a share, as 1%; or a number.",
            "examples": ["500ms", "1%", 200],
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_are_what_their_unit_says() {
        assert_eq!("500ms".parse::<Limit>().map(Limit::value), Ok(500.0));
        assert_eq!("2s".parse::<Limit>().map(Limit::value), Ok(2000.0));
        assert_eq!("1%".parse::<Limit>().map(Limit::value), Ok(0.01));
        assert_eq!("12.5".parse::<Limit>().map(Limit::value), Ok(12.5));
        for text in ["", "fast", "-1", "101%", "NaN", "inf", "1 apple"] {
            assert!(text.parse::<Limit>().is_err(), "{text}");
        }
        assert_eq!("0.7%".parse::<Limit>().unwrap().to_string(), "0.7%");
    }
}
