//! Files with rows, from which iterations take theirs.

use schemars::JsonSchema;
use serde::Serialize;

/// A file of rows with commas between their values (RFC 4180). The first row has the columns' names.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Data {
    /// Which, from the plan's folder.
    pub file: String,
    /// The columns' names, where the file's first row does not have them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub columns: Vec<String>,
    /// In which order rows are taken.
    #[serde(default)]
    pub order: Order,
}

/// In which order rows are taken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Order {
    /// Each row once at most, over all workers. When there is none left, what would need one does not begin.
    EachOnce,
    /// One after the other, and again from the first.
    #[default]
    Round,
    /// Any, as often as any other.
    Random,
}

/// The words of [`Order`].
pub(crate) const ORDERS: [(&str, Order); 3] =
    [("each-once", Order::EachOnce), ("round", Order::Round), ("random", Order::Random)];
