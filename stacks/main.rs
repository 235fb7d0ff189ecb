//! The program that plans and applies the platform. `cargo run -- plan --env local` is the place to start.

use std::process::ExitCode;

use infra_cli::Program;

fn main() -> ExitCode {
    infra_cli::run(Program { name: "infra", stacks: infra::platform })
}
