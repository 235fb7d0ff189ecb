//! What many runs say together: baselines, comparisons, regressions from night to night, A and B of a pull request, the
//! breaking point, how far a platform scales, and how many tasks a rate needs.
//!
//! Everything here is pure: no clock, no files, no chance but a seeded one. A run is an [`Entry`], made of a result;
//! where runs are kept and when they are started is decided elsewhere.

pub mod baseline;
pub mod bounds;
pub mod breakpoint;
pub mod capacity;
mod chance;
pub mod compare;
pub mod entry;
pub mod limits;
pub mod nightly;
mod of_result;
pub mod pairs;
pub mod robust;
pub mod scalability;
#[cfg(test)]
mod synthetic;

pub use baseline::{Baselines, Choice};
pub use entry::{Better, Entry, Figure, Fingerprint};
