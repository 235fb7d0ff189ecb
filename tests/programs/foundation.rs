//! A program that makes the ground of the platform alone: its network, its cluster, and what each service stands on
//! before it runs.
//!
//! It reads the platform's own environment files and stands on the platform's own stacks. It is small enough to be
//! killed at every one of its calls, again and again.

use std::process::ExitCode;

use infra::environment::Environment;
use infra::{cluster, network};
use infra_aws::ecs::Cluster;
use infra_cli::Program;
use infra_engine::model::Platform;

fn main() -> ExitCode {
    infra_cli::run(Program { name: "foundation", stacks: foundation })
}

fn foundation(environment: &Environment, platform: &mut Platform) {
    // Who spoke to whom is no ground to stand on.
    let mut environment = environment.clone();
    environment.network.flow_logs = None;
    let environment = &environment;
    network::stack(environment, platform);
    let mut stack = platform.stack("cluster");
    let cluster = cluster::cluster(&mut stack, environment);
    platform.output("cluster", cluster.output(Cluster::ARN));
    for (name, service) in &environment.services {
        cluster::ground(&mut stack, environment, name.as_str(), &service.image, []);
    }
}
