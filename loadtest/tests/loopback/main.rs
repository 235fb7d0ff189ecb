//! The load test against servers on this machine, which know themselves what they did. No other machine is asked.

#![expect(clippy::unwrap_used, reason = "what a test prepares may fail it like anything else in it")]

mod command;
mod exchange;
mod lambda;
mod plans;
mod run;
mod server;
mod shop;
mod tls;
mod workers;
