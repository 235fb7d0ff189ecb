//! What differs between environments: the type of `environments/*.toml`. What is the same everywhere is in the stacks.
//!
//! Each file here is one table of the file, named like the stack that reads it.

mod cache;
mod cdn;
mod cluster;
mod database;
mod edge;
mod loadtest;
mod network;
mod pgbouncer;
mod scaling;
mod services;
mod workers;

use std::collections::BTreeMap;

use infra_cli::environment::{Conflict, Facts};
use infra_values::{AccountId, Name, Region};
use schemars::JsonSchema;
use serde::Deserialize;

pub use self::cache::Cache;
pub use self::cdn::{Cdn, Limits, Names, Places};
pub use self::cluster::{Cluster, Detail};
pub use self::database::{Database, Postgres};
pub use self::edge::{Edge, Https};
pub use self::loadtest::LoadTest;
pub use self::network::{Nat, Network};
pub use self::pgbouncer::{Pgbouncer, PoolMode};
pub use self::scaling::{Forecast, In, Made, Metric, Out, OwnMetric, Recurring, Scaling, Season, Steps, Tracking};
pub use self::services::{Business, Count, Health, Route, Service};
pub use self::workers::Workers;

/// What the pool of connections is called, among the services.
pub const PGBOUNCER: &str = "pgbouncer";

/// An environment of the platform.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Environment {
    /// The project: the first part of every name, and of what is written on everything that is ours.
    pub project: Name,
    /// The environment's name, the same as the file's.
    pub name: Name,
    /// The only AWS account that this environment may be in.
    pub account: AccountId,
    /// The region of everything that has one.
    pub region: Region,
    /// The profile of credentials; the caller's own when left out.
    #[serde(default)]
    pub profile: Option<String>,
    /// Where every service answers, if not at AWS: `http://127.0.0.1:4566`.
    #[serde(default)]
    pub endpoint: Option<String>,
    /// Where single services answer, if not at AWS: `s3 = "http://127.0.0.1:9000"`.
    #[serde(default)]
    pub endpoints: BTreeMap<String, String>,
    /// The local cloud.
    #[serde(default)]
    pub local: Local,
    /// Whether deleting here asks for the environment's name, and what holds data is protected where it stands.
    pub protected: bool,
    /// The network.
    pub network: Network,
    /// The load balancer that the outside calls.
    pub edge: Edge,
    /// The cluster of services.
    pub cluster: Cluster,
    /// The services of the platform, by name.
    #[schemars(length(min = 1))]
    pub services: BTreeMap<Name, Service>,
    /// The pool of connections that stands between the services and Postgres.
    pub pgbouncer: Pgbouncer,
    /// When there are more tasks of each service, and when fewer.
    pub scaling: Scaling,
    /// Machines that AWS has to spare, for work that can wait. Without the table there are none.
    #[serde(default)]
    pub workers: Option<Workers>,
    /// The content delivery network.
    pub cdn: Cdn,
    /// Redis.
    pub cache: Cache,
    /// Postgres.
    pub database: Database,
    /// The load test. Without the table there is none.
    #[serde(default)]
    pub loadtest: Option<LoadTest>,
}

/// The local cloud.
#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Local {
    /// Start it with `localstack/up` when nothing answers at `endpoint`.
    pub start: bool,
}

impl Environment {
    /// `django-microservices-alb`: every name starts with the project's.
    pub fn named(&self, what: &str) -> String {
        format!("{}-{what}", self.project)
    }
}

impl infra_cli::environment::Environment for Environment {
    fn facts(&self) -> Facts {
        Facts {
            project: self.project.clone(),
            name: self.name.clone(),
            account: self.account.clone(),
            region: self.region.clone(),
            profile: self.profile.clone(),
            endpoint: self.endpoint.clone(),
            endpoints: self.endpoints.clone(),
            start_local: self.local.start,
            protected: self.protected,
        }
    }

    fn conflicts(&self) -> Vec<Conflict> {
        let Environment { network, edge, services, pgbouncer, scaling, workers, .. } = self;
        let of_services = services.iter().flat_map(|(name, service)| Service::conflicts(name, service, services));
        [
            network.conflicts(&self.region),
            edge.conflicts(services),
            of_services.collect(),
            pgbouncer.conflicts(),
            scaling.conflicts(services),
            workers.iter().flat_map(Workers::conflicts).collect(),
            self.cdn.conflicts(edge),
            self.database.conflicts(),
            self.loadtest.iter().flat_map(LoadTest::conflicts).collect(),
        ]
        .concat()
    }
}

#[cfg(test)]
mod tests {
    use infra_cli::environment::{json_schema, load, parse};

    use super::*;

    const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/..");

    #[test]
    fn every_environment_of_the_project_is_right() {
        for name in ["local", "dev", "staging", "prod"] {
            load::<Environment>(name, ROOT.as_ref()).unwrap_or_else(|error| panic!("{error}"));
        }
    }

    #[test]
    fn the_schema_that_editors_read_is_the_type() {
        let file = format!("{ROOT}/environments/environment.schema.json");
        let kept = std::fs::read_to_string(file).unwrap_or_default();
        let now = serde_json::to_string_pretty(&json_schema::<Environment>()).unwrap() + "\n";
        assert_eq!(kept, now, "write it again: cargo run -- schema > environments/environment.schema.json");
    }

    #[test]
    fn values_that_do_not_go_together_are_refused_where_they_stand() {
        let local = std::fs::read_to_string(format!("{ROOT}/environments/local.toml")).unwrap();
        let moved =
            local.replace("region = \"us-east-1\"", "region = \"eu-west-1\"").replace("10.0.0.0/16", "10.0.0.0/24");
        let problems = parse::<Environment>(&moved, "local.toml", None).unwrap_err().to_string();
        assert!(problems.contains("zone us-east-1a is not in region eu-west-1"), "{problems}");
        assert!(problems.contains("write `eu-west-1a`"), "{problems}");
        assert!(problems.contains("`cidr` is 10.0.0.0/24"), "{problems}");
    }
}
