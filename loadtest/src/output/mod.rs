//! A run's result in the forms that people and other programs read. All are pure: a result in, a text out.

mod csv;
mod hlog;
mod html;
mod json;
mod junit;
mod k6;
mod markdown;
pub mod progress;
mod words;

pub use self::csv::{csv, steps_csv};
pub use self::hlog::hlog;
pub use self::html::html;
pub use self::json::{json, json_schema};
pub use self::junit::junit;
pub use self::k6::k6_summary;
pub use self::markdown::markdown;

#[cfg(test)]
mod sample;
#[cfg(test)]
mod tests;
