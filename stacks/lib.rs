//! The platform: one function for each stack, and the environment that they read.
//!
//! [`environment`] is what differs between `local`, `dev`, `staging` and `prod`; each other file is one stack. A stack
//! is a function: it takes the environment and the handles of the stacks below it, and returns its own.

pub mod cluster;
pub mod environment;
pub mod network;

use infra_engine::model::Platform;

use crate::environment::Environment;

/// Everything that an environment has.
pub fn platform(environment: &Environment, platform: &mut Platform) {
    network::stack(environment, platform);
    cluster::stack(environment, platform);
}
