//! What the cloud would refuse, refused before the first call: rules over definitions. Pure.
//!
//! A rule belongs to a kind and lives in the kind's file; this is what rules are made of.

mod all;
mod passage;
mod rule;
mod surroundings;

pub use all::{COMMON_RULES, check};
pub use passage::{Otherwise, Passage};
pub use rule::{Finding, Rule, RuleText, Severity, Violation};
pub use surroundings::{Neighbours, Surroundings};
