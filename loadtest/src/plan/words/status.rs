//! Which statuses an answer may have.

use std::borrow::Cow;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Serialize, Serializer};

/// Some statuses of HTTP.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Statuses {
    /// One.
    One(u16),
    /// A hundred: `2xx` is 2.
    Hundred(u16),
}

impl Statuses {
    /// The status with a number.
    pub fn number(number: i64) -> Option<Statuses> {
        u16::try_from(number).ok().filter(|number| (100..=599).contains(number)).map(Statuses::One)
    }

    /// A text as `2xx`.
    pub fn word(text: &str) -> Option<Statuses> {
        let hundred = text.strip_suffix("xx").or_else(|| text.strip_suffix("XX"))?.parse().ok()?;
        (1..=5).contains(&hundred).then_some(Statuses::Hundred(hundred))
    }

    /// Whether a status is one of them.
    pub fn takes(self, status: u16) -> bool {
        match self {
            Statuses::One(one) => status == one,
            Statuses::Hundred(hundred) => status / 100 == hundred,
        }
    }
}

impl fmt::Display for Statuses {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Statuses::One(one) => one.fmt(f),
            Statuses::Hundred(hundred) => write!(f, "{hundred}xx"),
        }
    }
}

impl Serialize for Statuses {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        match self {
            Statuses::One(one) => to.serialize_u16(*one),
            Statuses::Hundred(_) => to.collect_str(self),
        }
    }
}

impl JsonSchema for Statuses {
    fn schema_name() -> Cow<'static, str> {
        "Statuses".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "A status of HTTP, as 200, or all of a hundred, as \"2xx\".",
            "anyOf": [
                { "type": "integer", "minimum": 100, "maximum": 599 },
                { "type": "string", "pattern": "^[1-5]xx$" },
            ],
        })
    }
}
