//! The difference between a live document and a wanted one: what it means, not how it is written. Pure.

mod fields;
mod json;

pub use fields::{Difference, differences, fields_of};
pub use json::same_json;
