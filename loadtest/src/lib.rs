//! The load generator: sends requests to one address, or as a plan says, and tells what came back and how fast.
//!
//! The core is pure. [`plan`] reads a plan, or tells everything that is wrong with it; [`play`] makes a [`LoadTest`] of
//! it, [`input`] makes one of [`settings`]. [`schedule`] says when what begins, [`split`] whose it is; [`result`](mod@result)
//! counts, merges and judges; [`report`] and [`summary`] tell. They have no clock, no network and no environment.
//!
//! The effects are few: [`client`] sends one request, [`run`](mod@run) begins what is due, a [`scenario`] says what a user
//! does, [`worker`] speaks with who gave out the work, [`lambda`] with AWS Lambda. [`materials`] is given the files and
//! secrets that it checks. [`package`] writes what is uploaded to Lambda.
//!
//! It never follows a redirect, never repeats a request that may have arrived, and never runs longer than it was told
//! to: its end is the end of the schedule, one timeout and ten seconds.

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
