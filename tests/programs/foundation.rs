//! A program that makes the ground of the platform alone: its network, its cluster, and what each service stands on
//! before it runs.
//!
//! It reads the platform's own environment files and stands on the platform's own stacks. It is small enough to be
//! killed at every one of its calls, again and again.

use std::process::ExitCode;

use infra::cluster::Groups;
use infra::environment::Environment;
use infra::network::{Network, POSTGRES_PORT, REDIS_PORT, SERVICE_PORT};
use infra::{cluster, network};
use infra_aws::ec2::{SecurityGroup, SecurityGroupRules, Traffic};
use infra_aws::ecs::Cluster;
use infra_cli::Program;
use infra_engine::model::Platform;
use infra_values::Cidr;

fn main() -> ExitCode {
    infra_cli::run(Program { name: "foundation", stacks: foundation })
}

fn foundation(environment: &Environment, platform: &mut Platform) {
    // Who spoke to whom is no ground to stand on.
    let mut environment = environment.clone();
    environment.network.flow_logs = None;
    let environment = &environment;
    let network = network::stack(environment, platform);
    let groups = groups(environment, platform, &network);
    network::rules(environment, platform, &network, &groups);
    let mut stack = platform.stack("cluster");
    let cluster = cluster::cluster(&mut stack, environment);
    platform.output("cluster", cluster.output(Cluster::ARN));
    for (name, service) in &environment.services {
        cluster::ground(&mut stack, environment, name.as_str(), &service.image, []);
    }
}

/// One group that stands for those of all services and of the pool.
fn groups(environment: &Environment, platform: &mut Platform, network: &Network) -> Groups {
    let mut stack = platform.stack("network");
    let (name, description) = (environment.named("ecs"), "ECS".into());
    let all = stack.add("ecs", SecurityGroup { vpc: network.vpc.id(), name, description });
    let rules = SecurityGroupRules {
        group: all.id(),
        ingress: [
            Traffic::tcp(SERVICE_PORT).with(network.groups.alb.id()).described("from the load balancer"),
            Traffic::tcp(POSTGRES_PORT).with(all.id()).described("to PgBouncer"),
        ]
        .into(),
        egress: [
            Traffic::tcp(POSTGRES_PORT).with(network.groups.rds.id()).described("to Postgres"),
            Traffic::tcp(REDIS_PORT).with(network.groups.redis.id()).described("to Redis"),
            Traffic::tcp(443).with(Cidr::ANYWHERE).described("HTTPS to anywhere"),
        ]
        .into(),
    };
    stack.add("ecs-rules", rules);
    let service = environment.services.keys().next().map(|name| (name.clone(), all.clone()));
    Groups { services: service.into_iter().collect(), pooler: all, workers: None }
}
