//! How long a log group keeps what is written to it: one of the lengths that AWS has, or forever.

use std::borrow::Cow;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;

macro_rules! retention {
    ($($name:ident = $days:literal,)*) => {
        /// How long a log group keeps what is written to it. In a file: `30`, or `"forever"`.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Retention {
            $(
                #[doc = concat!("For this many days: ", $days, ".")]
                $name,
            )*
            /// Until it is deleted by hand.
            Forever,
        }

        impl Retention {
            /// Every length that there is, the shortest first.
            pub const ALL: &'static [Retention] = &[$(Retention::$name,)* Retention::Forever];

            /// The days; `None` when it keeps forever.
            pub fn days(self) -> Option<u16> {
                match self {
                    $(Retention::$name => Some($days),)*
                    Retention::Forever => None,
                }
            }
        }
    };
}

retention! {
    Days1 = 1,
    Days3 = 3,
    Days5 = 5,
    Days7 = 7,
    Days14 = 14,
    Days30 = 30,
    Days60 = 60,
    Days90 = 90,
    Days120 = 120,
    Days150 = 150,
    Days180 = 180,
    Days365 = 365,
    Days400 = 400,
    Days545 = 545,
    Days731 = 731,
    Days1096 = 1096,
    Days1827 = 1827,
    Days2192 = 2192,
    Days2557 = 2557,
    Days2922 = 2922,
    Days3288 = 3288,
    Days3653 = 3653,
}

/// How a file says that nothing is ever deleted.
const FOREVER: &str = "forever";

/// A number of days that AWS does not keep logs for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("logs cannot be kept for {days} days: AWS knows {}; the next longer is {}", known(), next(*days))]
pub struct RetentionError {
    days: i64,
}

impl TryFrom<i64> for Retention {
    type Error = RetentionError;

    fn try_from(days: i64) -> Result<Retention, RetentionError> {
        let same = |length: &&Retention| length.days().map(i64::from) == Some(days);
        Retention::ALL.iter().find(same).copied().ok_or(RetentionError { days })
    }
}

fn known() -> String {
    Retention::ALL.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

fn next(days: i64) -> Retention {
    let longer = |length: &&Retention| length.days().is_none_or(|known| i64::from(known) >= days);
    Retention::ALL.iter().find(longer).copied().unwrap_or(Retention::Forever)
}

impl fmt::Display for Retention {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.days() {
            Some(days) => write!(f, "{days}"),
            None => f.write_str(FOREVER),
        }
    }
}

impl Serialize for Retention {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.days() {
            Some(days) => serializer.serialize_u16(days),
            None => serializer.serialize_str(FOREVER),
        }
    }
}

impl<'de> Deserialize<'de> for Retention {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Retention, D::Error> {
        match Value::deserialize(deserializer)? {
            Value::String(word) if word == FOREVER => Ok(Retention::Forever),
            Value::Number(days) => Retention::try_from(days.as_i64().unwrap_or(i64::MAX)).map_err(D::Error::custom),
            other => Err(D::Error::custom(format!("{other} is not a number of days or \"{FOREVER}\""))),
        }
    }
}

impl JsonSchema for Retention {
    fn schema_name() -> Cow<'static, str> {
        "Retention".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "How many days logs are kept, one of the lengths that AWS has, or \"forever\".",
            "enum": Retention::ALL,
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_length_survives_its_own_text() {
        for &length in Retention::ALL {
            let written = serde_json::to_value(length).unwrap();
            assert_eq!(serde_json::from_value::<Retention>(written).unwrap(), length);
        }
        assert_eq!(serde_json::to_value(Retention::Days30).unwrap(), json!(30));
        assert_eq!(serde_json::to_value(Retention::Forever).unwrap(), json!("forever"));
    }

    #[test]
    fn another_length_is_refused_with_the_next_longer_one() {
        for (days, next) in [(0, "1"), (2, "3"), (31, "60"), (366, "400"), (3654, "forever")] {
            let message = Retention::try_from(days).unwrap_err().to_string();
            assert!(message.starts_with(&format!("logs cannot be kept for {days} days")), "{message}");
            assert!(message.ends_with(&format!("the next longer is {next}")), "{message}");
        }
        for wrong in [json!("never"), json!("30"), json!(null), json!(1.5), json!(-1)] {
            assert!(serde_json::from_value::<Retention>(wrong.clone()).is_err(), "{wrong}");
        }
    }

    #[test]
    fn longer_is_more() {
        assert!(Retention::ALL.is_sorted());
    }

    #[test]
    fn editors_are_told_every_length() {
        let schema = serde_json::to_value(schemars::schema_for!(Retention)).unwrap();
        assert_eq!(schema["enum"].as_array().unwrap().len(), Retention::ALL.len());
    }
}
