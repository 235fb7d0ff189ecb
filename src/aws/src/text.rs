//! A text in which other definitions' outputs may stand: `redis://`, the address of a cache, `:6379/0`.

use std::fmt;

use infra_engine::model::Ref;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;

/// A text in which other definitions' outputs may stand.
///
/// ```
/// use infra_aws::Text;
/// use infra_aws::ec2::PublicIp;
/// use infra_engine::model::Ref;
///
/// let cache: Ref<PublicIp> = Ref::known("10.0.0.7");
/// assert_eq!(Text::from("redis://").and(cache).and(":6379/0"), Text::from("redis://10.0.0.7:6379/0"));
/// ```
///
/// In a plan it is one text as soon as everything in it is known.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Text(Vec<Piece>);

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Piece {
    Words(String),
    Output(Ref<AnyOutput>),
}

enum AnyOutput {}

impl Text {
    /// This text and what follows it.
    #[must_use]
    pub fn and(mut self, next: impl Into<Text>) -> Text {
        let Text(pieces) = next.into();
        pieces.into_iter().for_each(|piece| self.push(piece));
        self
    }

    /// The whole text; in place of what is not known yet, its address.
    pub fn value(&self) -> String {
        let Text(pieces) = self;
        let words = pieces.iter().map(|piece| match piece {
            Piece::Words(words) => words.clone(),
            Piece::Output(output) => output.value(),
        });
        words.collect()
    }

    /// Neighbouring words are one piece, so that equal texts are equal.
    fn push(&mut self, piece: Piece) {
        match (self.0.last_mut(), piece) {
            (Some(Piece::Words(words)), Piece::Words(more)) => words.push_str(&more),
            (_, piece) => self.0.push(piece),
        }
    }
}

impl Piece {
    /// What is known is words, wherever it came from.
    fn understand(value: Value) -> Result<Piece, String> {
        match value {
            Value::String(words) => Ok(Piece::Words(words)),
            output => Ref::deserialize(output).map(Piece::Output).map_err(|error| error.to_string()),
        }
    }
}

impl From<&str> for Text {
    fn from(words: &str) -> Text {
        Text(vec![Piece::Words(words.to_owned())])
    }
}

impl From<String> for Text {
    fn from(words: String) -> Text {
        Text(vec![Piece::Words(words)])
    }
}

impl<T> From<Ref<T>> for Text {
    fn from(output: Ref<T>) -> Text {
        let written = serde_json::to_value(&output).ok().and_then(|value| Piece::understand(value).ok());
        Text(vec![written.unwrap_or_else(|| Piece::Output(output.marked()))])
    }
}

impl fmt::Debug for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.value().fmt(f)
    }
}

impl Serialize for Text {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0.as_slice() {
            [] => serializer.serialize_str(""),
            [Piece::Words(words)] => serializer.serialize_str(words),
            [Piece::Output(output)] => output.serialize(serializer),
            pieces => serializer.collect_seq(pieces),
        }
    }
}

impl Serialize for Piece {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Piece::Words(words) => serializer.serialize_str(words),
            Piece::Output(output) => output.serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Text, D::Error> {
        let pieces = match Value::deserialize(deserializer)? {
            Value::Array(pieces) => pieces,
            one => vec![one],
        };
        let mut text = Text(Vec::new());
        for piece in pieces {
            text.push(Piece::understand(piece).map_err(D::Error::custom)?);
        }
        Ok(text)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_text_of_known_pieces_is_one_text() {
        let resolved: Text = serde_json::from_value(json!(["redis://", "10.0.0.7", ":6379"])).unwrap();
        assert_eq!(resolved, Text::from("redis://10.0.0.7:6379"));
        assert_eq!(serde_json::to_value(resolved).unwrap(), json!("redis://10.0.0.7:6379"));
        assert_eq!(serde_json::to_value(Text::from("")).unwrap(), json!(""));
    }

    #[test]
    fn what_is_not_known_yet_stays_a_reference() {
        let reference = json!({"$ref": "cache.main", "output": "address"});
        let address: Ref<AnyOutput> = serde_json::from_value(reference.clone()).unwrap();
        let text = Text::from("redis://").and(address.clone()).and(":6379");
        assert_eq!(serde_json::to_value(&text).unwrap(), json!(["redis://", reference, ":6379"]));
        assert_eq!(text.value(), "redis://cache.main.address:6379");
        assert_eq!(serde_json::to_value(Text::from(address)).unwrap(), reference);
        assert_eq!(serde_json::from_value::<Text>(serde_json::to_value(&text).unwrap()).unwrap(), text);
    }
}
