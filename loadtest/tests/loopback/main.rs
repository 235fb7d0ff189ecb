//! The load test against servers on this machine, which know themselves what they did. No other machine is asked.

#![expect(clippy::unwrap_used, reason = "what a test prepares may fail it like anything else in it")]

mod command;
mod lambda;
mod run;
mod server;
mod tls;
