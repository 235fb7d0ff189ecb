//! The whole program against the local cloud: what it promises, shown from outside.
//!
//! Each test has an account, a project folder and a proxy of its own, so all of them run side by side. The local cloud
//! starts by itself. One file is one group of promises; `support` is what they stand on.

#![expect(clippy::unwrap_used, reason = "what a test prepares may fail it like anything else in it")]

mod support;

mod changes;
mod costs;
mod deaths;
mod drift;
mod endpoints;
mod environment_files;
mod faults;
mod handovers;
mod histories;
mod homes;
mod interrupts;
mod life;
mod locks;
mod other_values;
mod others;
mod output;
mod outputs;
mod owners;
mod packages;
mod permissions;
mod platform;
mod platform_faults;
mod platform_values;
mod policy;
mod posture;
mod rates;
mod refusals;
mod rotation;
mod saved_plans;
mod secrets;
mod terminal;
