//! The load generator: sends requests to one address as a schedule says, and tells what came back and how fast.
//!
//! The core is pure: [`input`] makes a [`LoadTest`] of [`settings`], [`schedule`] says when what begins, [`statistics`]
//! counts, [`report`] and [`summary`] tell. It has no clock, no network and no environment. The effects are three:
//! [`client`] sends one request, [`run`](mod@run) sends them all, [`lambda`] speaks with AWS Lambda. [`package`] writes what is
//! uploaded there.
//!
//! It never follows a redirect, never repeats a request that may have arrived, and never runs longer than it was told
//! to: its end is the end of the schedule and one timeout.

pub mod client;
mod cookies;
pub mod history;
pub mod import;
pub mod input;
pub mod lambda;
pub mod materials;
pub mod output;
pub mod package;
pub mod plan;
pub mod play;
pub mod report;
pub mod result;
pub mod run;
pub mod sample;
pub mod scenario;
pub mod schedule;
pub mod settings;
pub mod split;
pub mod summary;
pub mod test;
pub mod worker;

pub use report::Report;
pub use run::run;
pub use test::{Load, LoadTest, Phase, Request};
