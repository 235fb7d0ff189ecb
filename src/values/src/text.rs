//! What all values that are written as text have in common: serde and the schema go through `FromStr` and `Display`.

use std::fmt;
use std::marker::PhantomData;
use std::str::FromStr;

use serde::de::{Deserializer, Error, Visitor};

use crate::invalid::Invalid;

/// Gives a type its serde and its schema, by its own text.
macro_rules! written_as_text {
    ($value:ident, format: $format:literal, pattern: $pattern:literal, description: $description:literal, examples: [$($example:literal),+ $(,)?]) => {
        impl serde::Serialize for $value {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> serde::Deserialize<'de> for $value {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<$value, D::Error> {
                crate::text::read(deserializer, $description)
            }
        }

        impl schemars::JsonSchema for $value {
            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($value).into()
            }

            fn schema_id() -> std::borrow::Cow<'static, str> {
                concat!(module_path!(), "::", stringify!($value)).into()
            }

            fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
                schemars::json_schema!({
                    "type": "string",
                    "format": $format,
                    "pattern": $pattern,
                    "description": $description,
                    "examples": [$($example),+],
                })
            }
        }
    };
}
pub(crate) use written_as_text;

/// Reads a value from its text.
pub(crate) fn read<'de, D, T>(deserializer: D, expected: &'static str) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: FromStr<Err = Invalid>,
{
    deserializer.deserialize_str(Text { expected, value: PhantomData })
}

struct Text<T> {
    expected: &'static str,
    value: PhantomData<T>,
}

impl<T: FromStr<Err = Invalid>> Visitor<'_> for Text<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a text: {}", self.expected)
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<T, E> {
        text.parse().map_err(E::custom)
    }
}

/// What every value must obey.
#[cfg(test)]
pub(crate) mod laws {
    use std::fmt::{Debug, Display};

    use schemars::JsonSchema;
    use serde::Serialize;
    use serde::de::DeserializeOwned;

    use super::*;

    /// A text is a value, whose own text is `canonical`, and serde agrees.
    pub fn check_written<T>(text: &str, canonical: &str)
    where
        T: FromStr<Err = Invalid> + Display + Debug + PartialEq + Serialize + DeserializeOwned,
    {
        let value: T = text.parse().unwrap_or_else(|error| panic!("{text}: {error}"));
        assert_eq!(value.to_string(), canonical);
        assert_eq!(canonical.parse::<T>().as_ref(), Ok(&value), "its own text gives the value again");
        let json = serde_json::to_string(&value).unwrap();
        assert_eq!(serde_json::from_str::<T>(&json).unwrap(), value, "serde gives the value again");
    }

    /// A text is refused, with this message; and what the message proposes is accepted.
    pub fn check_refused<T: FromStr<Err = Invalid> + Debug>(text: &str, message: &str) {
        let invalid = text.parse::<T>().expect_err(text);
        assert_eq!(invalid.to_string(), message);
        if let Some(suggestion) = invalid.suggestion() {
            suggestion.parse::<T>().unwrap_or_else(|error| panic!("it proposes what it refuses: {error}"));
        }
    }

    /// The examples in the schema are values.
    pub fn check_examples<T: FromStr<Err = Invalid> + JsonSchema>() {
        let schema = schemars::schema_for!(T);
        let examples = schema.get("examples").and_then(|examples| examples.as_array()).unwrap();
        assert!(!examples.is_empty());
        for example in examples {
            let text = example.as_str().unwrap();
            assert!(text.parse::<T>().is_ok(), "{text}");
        }
    }

    /// Texts that the schema's pattern admits, for patterns that say everything.
    pub fn admitted<T: JsonSchema>() -> impl proptest::strategy::Strategy<Value = String> {
        let schema = schemars::schema_for!(T);
        let pattern = schema.get("pattern").and_then(|pattern| pattern.as_str()).unwrap();
        proptest::string::string_regex(pattern.trim_start_matches('^').trim_end_matches('$')).unwrap()
    }
}
