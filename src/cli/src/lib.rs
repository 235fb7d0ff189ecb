//! The command line: commands, and everything that people and scripts read.
//!
//! A program hands its name, its type of environments and its stacks to [`run`]; the rest is here. [`environment`]
//! reads files, `commands` does one thing a file, [`render`] turns data into text. Nothing here knows how a resource
//! is made: the engine and the kinds do.

pub mod args;
pub mod environment;
pub mod exit;
pub mod failure;
pub mod render;

mod carry_out;
mod commands;
mod consent;
mod console;
mod endpoints;
mod files;
mod local;
mod packages;
mod panic;
mod program;
mod records;
mod run;
mod saved;
mod session;
mod signals;

pub use program::Program;
pub use run::run;
