//! The words of a policy that may come from other definitions: patterns of ARNs, and values to compare with.
//!
//! A word is written out, or it is another definition's output and becomes known when that has been made.

use std::collections::BTreeSet;

use infra_engine::model::Ref;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

/// Marks of outputs that are Amazon Resource Names, such as [`RoleArn`](super::RoleArn). Nothing else may stand where
/// a policy names resources: an identifier there would be accepted by AWS and never match anything.
///
/// ```compile_fail,E0277
/// use infra_aws::{iam::Statement, logs::LogGroupName};
/// use infra_engine::model::Ref;
///
/// let group: Ref<LogGroupName> = Ref::known("/ecs/shop-web");
/// Statement::allow(["logs:PutLogEvents"]).on([group]);
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an ARN",
    label = "a policy names resources by ARN: refer to the output `ARN`, not to the identifier"
)]
pub trait Arn {}

/// A managed policy: `arn:aws:iam::aws:policy/…`.
pub enum ManagedPolicyArn {}

/// A key of the Key Management Service: `arn:aws:kms:…:key/…`.
pub enum KeyArn {}

impl Arn for ManagedPolicyArn {}
impl Arn for KeyArn {}

/// Which resources: an ARN with `*` and `?` in it, or the ARN that another definition will be given.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Pattern(Ref<AnyArn>);

/// A value that a condition compares with. AWS compares texts: `true` and `"true"` are the same.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct Operand(Ref<AnyValue>);

#[derive(Debug)]
enum AnyArn {}

#[derive(Debug)]
enum AnyValue {}

impl Pattern {
    /// Every resource.
    pub fn any() -> Pattern {
        Pattern::from("*")
    }

    /// The pattern's text; for an output that is not known yet, its address.
    pub fn value(&self) -> String {
        self.0.value()
    }
}

impl From<&str> for Pattern {
    fn from(text: &str) -> Pattern {
        Pattern(Ref::known(text))
    }
}

impl From<String> for Pattern {
    fn from(text: String) -> Pattern {
        Pattern(Ref::known(text))
    }
}

impl<T: Arn> From<Ref<T>> for Pattern {
    fn from(arn: Ref<T>) -> Pattern {
        Pattern(arn.marked())
    }
}

impl From<&str> for Operand {
    fn from(text: &str) -> Operand {
        Operand(Ref::known(text))
    }
}

impl From<String> for Operand {
    fn from(text: String) -> Operand {
        Operand(Ref::known(text))
    }
}

impl From<bool> for Operand {
    fn from(value: bool) -> Operand {
        Operand(Ref::known(value.to_string()))
    }
}

impl<T> From<Ref<T>> for Operand {
    fn from(value: Ref<T>) -> Operand {
        Operand(value.marked())
    }
}

impl<'de> Deserialize<'de> for Operand {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Operand, D::Error> {
        match Value::deserialize(deserializer)? {
            Value::Bool(value) => Ok(value.into()),
            Value::Number(number) => Ok(number.to_string().into()),
            text_or_reference => Ref::deserialize(text_or_reference).map(Operand).map_err(serde::de::Error::custom),
        }
    }
}

/// A list, or the one thing that would be in it: policies may say either.
#[derive(Deserialize)]
#[serde(untagged)]
pub(super) enum OneOrMany<T> {
    Many(Vec<T>),
    One(T),
}

impl<T: Ord> From<OneOrMany<T>> for BTreeSet<T> {
    fn from(said: OneOrMany<T>) -> BTreeSet<T> {
        match said {
            OneOrMany::Many(items) => items.into_iter().collect(),
            OneOrMany::One(item) => BTreeSet::from([item]),
        }
    }
}

/// Reads a list or the one thing that would be in it.
pub(super) fn one_or_many<'de, D, T>(deserializer: D) -> Result<BTreeSet<T>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de> + Ord,
{
    OneOrMany::deserialize(deserializer).map(BTreeSet::from)
}
