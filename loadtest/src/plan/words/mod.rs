//! The values of a plan that are written as a text: each is read once, where the plan is read, and writes itself back.

mod bound;
mod choice;
mod condition;
mod json_path;
mod pattern;
mod status;
mod template;
mod time;

pub use self::bound::Limit;
pub(crate) use self::choice::MEASURES;
pub use self::choice::{Measure, PhaseChoice, Statistic};
pub use self::condition::{Condition, Test};
pub use self::json_path::JsonPath;
pub use self::pattern::Pattern;
pub use self::status::Statuses;
pub(crate) use self::template::{FUNCTIONS, is_name};
pub use self::template::{Moment, Piece, Reference, Template};
pub use self::time::{Between, Phases, Time};

/// Lets values be written as the text that they show and read from it, and says in the schema what that text is.
macro_rules! written {
    ($($type:ty: $name:literal, $about:literal, $example:literal;)*) => {$(
        impl serde::Serialize for $type {
            fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
                to.collect_str(self)
            }
        }

        impl<'de> serde::Deserialize<'de> for $type {
            fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<$type, D::Error> {
                let text = <std::borrow::Cow<'de, str> as serde::Deserialize>::deserialize(from)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }

        impl schemars::JsonSchema for $type {
            fn schema_name() -> std::borrow::Cow<'static, str> {
                $name.into()
            }

            fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
                schemars::json_schema!({ "type": "string", "description": $about, "examples": [$example] })
            }
        }
    )*};
}

written! {
    Time: "Time", "A length of time: 250ms, 90s, 5m or 1h.", "500ms";
    Between: "Between", "A length of time, or two of which each is between.", "1s..3s";
    Phases: "Phases", "Lengths and percentages of the load, one after the other.", "2m:0-100, 10m:100";
    Template: "Template", "A text with `${…}` in it, which is filled in for each request.", "/orders/${order}";
    Condition: "Condition", "Whether something is done: a value that is there, or two that are compared.", "${token}";
    JsonPath: "JsonPath", "Where a value is in JSON, in the words of RFC 9535.", "$.items[0].id";
    Pattern: "Pattern", "A regular expression; its first group is what is taken.", "id=([0-9]+)";
    Measure: "Measure", "What is measured: latency, errors, requests, iterations, lateness, or a metric of the plan.", "latency";
    Statistic: "Statistic", "What is made of many values: p50 to p99.99, mean, min, max, count or rate.", "p95";
    PhaseChoice: "PhaseChoice", "Which phases: full, ramp, steady, fall, or a phase's number, from 1.", "full";
}
