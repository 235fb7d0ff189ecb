//! The platform, and the program that plans and applies it. `cargo run -- plan --env local` is the place to start.
//!
//! [`environment`] is what differs between `local`, `dev`, `staging` and `prod`; each other file is one stack. A stack
//! is a function: it takes the environment and the handles of the stacks below it, and returns its own.

mod cluster;
mod environment;
mod network;

use std::process::ExitCode;

use infra_cli::Program;
use infra_engine::model::Platform;

use crate::environment::Environment;

fn main() -> ExitCode {
    infra_cli::run(Program { name: "infra", stacks: platform })
}

/// Everything that an environment has.
fn platform(environment: &Environment, platform: &mut Platform) {
    network::stack(environment, platform);
    cluster::stack(environment, platform);
}
