//! References: a value that is known, or the output of another definition. The type says what it must be.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::marker::PhantomData;

use serde::de::Error as _;
use serde::ser::SerializeMap;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;

use super::address::Address;

/// A value of type `T` that a cloud gives: known, or what another definition will be given.
///
/// `T` is only a mark (`VpcId`, `RoleArn`): it keeps a subnet out of the place of a security group.
pub struct Ref<T> {
    source: Source,
    mark: PhantomData<fn() -> T>,
}

#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
enum Source {
    Known(String),
    Output(Reference),
}

/// The output of a definition, without its type.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Reference {
    /// Whose output.
    pub address: Address,
    /// Which one: `id`, `arn`, ….
    pub output: OutputName,
}

/// The name of an output.
pub type OutputName = String;

/// A named output of the kind `R` with values of type `T`: `Role::ARN`.
pub struct Output<R, T> {
    /// Its name.
    pub name: &'static str,
    mark: PhantomData<fn() -> (R, T)>,
}

impl<R, T> Output<R, T> {
    /// Called by the derive macro.
    pub const fn named(name: &'static str) -> Output<R, T> {
        Output { name, mark: PhantomData }
    }
}

impl<T> Ref<T> {
    /// A reference to something that exists and is named outright.
    pub fn known(value: impl Into<String>) -> Ref<T> {
        Ref { source: Source::Known(value.into()), mark: PhantomData }
    }

    /// A reference to another definition's output.
    pub fn output(address: Address, output: impl Into<OutputName>) -> Ref<T> {
        Ref { source: Source::Output(Reference { address, output: output.into() }), mark: PhantomData }
    }

    /// The same reference under another mark: for a place that takes what several kinds give.
    pub fn marked<U>(self) -> Ref<U> {
        Ref { source: self.source, mark: PhantomData }
    }

    /// Whose output it is, if it is not known outright.
    pub fn reference(&self) -> Option<&Reference> {
        match &self.source {
            Source::Known(_) => None,
            Source::Output(reference) => Some(reference),
        }
    }

    /// The value. Definitions are resolved before a kind sees them, so inside a kind there always is one;
    /// elsewhere an unresolved reference gives the text `stack.name.output`.
    pub fn value(&self) -> String {
        match &self.source {
            Source::Known(value) => value.clone(),
            Source::Output(reference) => format!("{}.{}", reference.address, reference.output),
        }
    }
}

impl Reference {
    /// The reference that a value is, if it is one.
    pub fn in_value(value: &Value) -> Option<Reference> {
        let map = value.as_object().filter(|map| map.len() == 2)?;
        let address = map.get("$ref")?.as_str()?.parse().ok()?;
        Some(Reference { address, output: map.get("output")?.as_str()?.to_owned() })
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.address, self.output)
    }
}

impl<T> Clone for Ref<T> {
    fn clone(&self) -> Ref<T> {
        Ref { source: self.source.clone(), mark: PhantomData }
    }
}

impl<T> PartialEq for Ref<T> {
    fn eq(&self, other: &Ref<T>) -> bool {
        self.source == other.source
    }
}

impl<T> Eq for Ref<T> {}

impl<T> PartialOrd for Ref<T> {
    fn partial_cmp(&self, other: &Ref<T>) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl<T> Ord for Ref<T> {
    fn cmp(&self, other: &Ref<T>) -> std::cmp::Ordering {
        self.source.cmp(&other.source)
    }
}

impl<T> Hash for Ref<T> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.source.hash(state);
    }
}

impl<T> fmt::Debug for Ref<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.value())
    }
}

impl<T> Serialize for Ref<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match &self.source {
            Source::Known(value) => serializer.serialize_str(value),
            Source::Output(reference) => {
                let mut map = serializer.serialize_map(Some(2))?;
                map.serialize_entry("$ref", &reference.address)?;
                map.serialize_entry("output", &reference.output)?;
                map.end()
            }
        }
    }
}

impl<'de, T> Deserialize<'de> for Ref<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Ref<T>, D::Error> {
        match Value::deserialize(deserializer)? {
            Value::String(value) => Ok(Ref::known(value)),
            other => match Reference::in_value(&other) {
                Some(reference) => Ok(Ref { source: Source::Output(reference), mark: PhantomData }),
                None => Err(D::Error::custom("a reference is a text, or {\"$ref\": address, \"output\": name}")),
            },
        }
    }
}
