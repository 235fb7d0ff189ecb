//! One definition needs another, and why.

use serde::Serialize;

use crate::model::Address;

/// `from` needs `to`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Edge {
    /// The definition that needs.
    pub from: Address,
    /// The definition that is needed.
    pub to: Address,
    /// Why: the field that refers to it, or the rule of the kind.
    pub why: String,
}
