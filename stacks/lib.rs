//! The platform: one function for each stack, and the environment that they read.
//!
//! [`environment`] is what differs between `local`, `dev`, `staging` and `prod`; each other file is one stack. A stack
//! is a function: it takes the environment and the handles of the stacks below it, and returns its own.

pub mod cache;
pub mod cdn;
pub mod cluster;
pub mod cost;
#[cfg(test)]
mod costs;
pub mod database;
pub mod edge;
pub mod environment;
pub mod firewall;
pub mod loadtest;
pub mod network;
pub mod observability;
pub mod scaling;
#[cfg(test)]
mod testing;
pub mod workers;

use infra_engine::model::Platform;

use crate::environment::Environment;

/// Everything that an environment has.
pub fn platform(environment: &Environment, platform: &mut Platform) {
    let network = network::stack(environment, platform);
    let cache = cache::stack(environment, platform, &network);
    let database = database::stack(environment, platform, &network);
    let edge = edge::stack(environment, platform, &network);
    let groups = cluster::groups(environment, platform, &network);
    network::rules(environment, platform, &network, &groups);
    let around = cluster::Around {
        environment,
        network: &network,
        groups: &groups,
        cache: &cache,
        database: &database,
        edge: &edge,
    };
    let cluster = cluster::stack(platform, around);
    let scaling = scaling::stack(environment, platform, &edge, &cluster);
    workers::stack(environment, platform, &network, &groups, &cluster);
    let cdn = cdn::stack(environment, platform, &edge);
    let watched = observability::Watched {
        edge: &edge,
        cluster: &cluster,
        scaling: &scaling,
        cdn: &cdn,
        cache: &cache,
        database: &database,
    };
    observability::stack(environment, platform, watched);
    loadtest::stack(environment, platform, &cdn);
    cost::stack(environment, platform);
}
