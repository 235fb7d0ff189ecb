//! What differs between environments: the type of `environments/*.toml`. What is the same everywhere is in the stacks.
//!
//! Each file here is one table of the file. Most are named like the stack that reads them; `services` and `pgbouncer` are the
//! cluster's too.

mod cache;
mod cdn;
mod cluster;
mod containers;
mod cost;
mod database;
mod edge;
mod iam;
mod loadtest;
mod network;
mod observability;
mod pgbouncer;
mod scaling;
mod services;
mod workers;
mod written;

use std::collections::BTreeMap;

use infra_aws::iam::ManagedPolicyArn;
use infra_cli::environment::{Conflict, Facts};
use infra_engine::model::Ref;
use infra_values::{AccountId, Name, Region};
use schemars::JsonSchema;
use serde::Deserialize;

pub use self::cache::Cache;
pub use self::cdn::{AccessLog, Cdn, Firewall, Found, Limits, Names, OldestTls, Places};
pub use self::cluster::{Cluster, Detail};
pub use self::containers::{Containers, Exceptions};
pub use self::cost::{Cost, Report};
pub use self::database::{Database, Password, Postgres};
pub use self::edge::{AccessLogs, Callers, Edge, EdgeFirewall, Https};
pub use self::iam::Iam;
pub use self::loadtest::LoadTest;
pub use self::network::{FlowLogs, Nat, Network, Watched};
pub use self::observability::{Levels, Observability};
pub use self::pgbouncer::{Login, Pgbouncer, PoolMode};
pub use self::scaling::{Forecast, In, Made, Metric, Out, OwnMetric, Recurring, Scaling, Season, Steps, Tracking};
pub use self::services::{Backend, Business, Count, Health, Route, Service, TOLD};
pub use self::workers::Workers;

/// What the pool of connections is called, among the services.
pub const PGBOUNCER: &str = "pgbouncer";

/// The longest name of a project: that of its load balancer, `PROJECT-alb`, has 32 characters at most.
const LONGEST_PROJECT: usize = 28;

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
    /// Where the records are kept: the lock, the history.
    #[serde(default)]
    pub records: Records,
    /// Whether deleting here asks for the environment's name, and what holds data is protected where it stands.
    pub protected: bool,
    /// What bounds the roles. Without the table nothing does.
    #[serde(default)]
    pub iam: Iam,
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
    /// What is too much, and who is told.
    pub observability: Observability,
    /// The load test. Without the table there is none.
    #[serde(default)]
    pub loadtest: Option<LoadTest>,
    /// What may be spent, and who is told.
    pub cost: Cost,
}

/// The local cloud.
#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Local {
    /// Start it with `localstack/up` when nothing answers at `endpoint`.
    pub start: bool,
}

/// Where the records are kept: the lock, the history.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Records {
    /// Their bucket, if not `infra-ACCOUNT-REGION`: for where another account has taken that name. One that begins with
    /// `infra-ACCOUNT-` is found when records of other regions are looked for.
    #[serde(default)]
    pub bucket: Option<String>,
}

impl Records {
    fn conflicts(&self) -> Option<Conflict> {
        let bucket = self.bucket.as_deref()?;
        infra_aws::store::wrong_name(bucket).map(|(wrong, way_out)| Conflict {
            at: "records.bucket".into(),
            wrong: format!("`{bucket}` is no name of a bucket: {wrong}"),
            way_out: way_out.to_owned(),
        })
    }
}

impl Environment {
    /// What is wrong with the project's name beyond what a name may be.
    fn misnamed(&self) -> Option<Conflict> {
        let long = self.project.as_str().len();
        (long > LONGEST_PROJECT).then(|| Conflict {
            at: "project".into(),
            wrong: format!("the name {} has {long} characters", self.project),
            way_out: format!("write at most {LONGEST_PROJECT}: with `-alb` it is its load balancer's, and that has 32"),
        })
    }

    /// `django-microservices-alb`: every name starts with the project's.
    pub fn named(&self, what: &str) -> String {
        format!("{}-{what}", self.project)
    }

    /// What bounds each role.
    pub fn boundary(&self) -> Option<Ref<ManagedPolicyArn>> {
        self.iam.permissions_boundary.as_deref().map(Ref::known)
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
            records: self.records.bucket.clone(),
            start_local: self.local.start,
            protected: self.protected,
        }
    }

    fn conflicts(&self) -> Vec<Conflict> {
        let Environment { network, edge, services, pgbouncer, scaling, workers, .. } = self;
        let of_services = services.iter().flat_map(|(name, service)| Service::conflicts(name, service, services));
        [
            self.misnamed().into_iter().collect(),
            self.records.conflicts().into_iter().collect(),
            self.iam.conflicts(),
            network.conflicts(&self.region),
            edge.conflicts(services, &self.region),
            of_services.collect(),
            pgbouncer.conflicts(self.database.postgres.max_connections),
            scaling.conflicts(services),
            workers.iter().flat_map(Workers::conflicts).collect(),
            self.cdn.conflicts(edge, &self.region, self.protected),
            self.cache.conflicts(),
            self.database.conflicts(),
            self.observability.conflicts(),
            self.loadtest.iter().flat_map(LoadTest::conflicts).collect(),
            self.cost.conflicts(),
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

    #[test]
    fn a_region_with_a_slip_is_told_where_it_stands_and_not_at_the_zones() {
        let local = std::fs::read_to_string(format!("{ROOT}/environments/local.toml")).unwrap();
        let moved = local.replace("region = \"us-east-1\"", "region = \"us-est-1\"");
        let problems = parse::<Environment>(&moved, "local.toml", None).unwrap_err().to_string();
        assert!(problems.contains("`region` is us-est-1, and all zones are in us-east-1"), "{problems}");
        assert!(!problems.contains("us-est-1a"), "{problems}");
    }

    #[test]
    fn each_pair_of_values_that_do_not_go_together_is_told() {
        let prod = std::fs::read_to_string(format!("{ROOT}/environments/prod.toml")).unwrap();
        for (written, instead, told) in [
            ("front = \"api-gateway\"", "front = \"gate\"", "there is no service gate"),
            ("acm:us-east-1", "acm:eu-west-1", "is no certificate of us-east-1"),
            (
                "host = \"origin.example.com\"",
                "host = \"alb-1.us-east-1.elb.amazonaws.com\"",
                "a certificate can be for",
            ),
            ("host = \"origin.", "host = \"*.origin.", "a certificate can be for"),
            (
                "[network]",
                "[records]\nbucket = \"Ours\"\n\n[network]",
                "`Ours` is no name of a bucket: it has `O` in it",
            ),
            ("project = \"django", "project = \"the-django-microservices", "write at most 28"),
            ("desired = 2, maximum = 4", "desired = 1, maximum = 4", "2, 1 and 4 are not in order"),
            ("priority = 101", "priority = 102", "order-service has the priority 102 too"),
            ("paths = [\"/api/*\"]", "paths = [\"api/*\"]", "`api/*` is no path"),
            ("[services.user-service]", "[services.the-service-of-all-the-users]", "has 28 characters"),
            ("[services.user-service]", "[services.pgbouncer]", "a service is called like the connection pool"),
            ("[services.user-service]", "[services.redis]", "would be called like that of redis"),
            ("connections = 40", "connections = 60", "there are 240 connections, and Postgres has 200"),
            ("connections = 40", "connections = 4000", "4000 connections for 1000 clients are no pool"),
            (
                "MON-FRI *\"\nfactor = 2",
                "MON-FRI *\"\nfactor = 9",
                "9 times the minimum of api-gateway is more than its maximum",
            ),
            ("to = \"2027-11-30\"", "to = \"2027-11-22\"", "it ends on 2027-11-22, before it has begun"),
            ("from = \"2027-12-13\"", "from = \"2027-11-29\"", "black-friday is on the same days"),
            ("0 20 ? * MON-FRI *", "0 8 ? * MON-FRI *", "scale-down is due at the same time"),
            ("name = \"QueueLength\"", "name = \"\"", "`` is no name of a metric"),
            ("factor = 3", "factor = 1.5", "1.5 is less than what a schedule asks for on any day"),
            ("[scaling.seasons.christmas]", "[scaling.seasons.weekend]", "there is a schedule called weekend too"),
            (
                "above = 2, far = 10, minutes = 2 }",
                "above = 2, far = 10, minutes = 2 }\nin = { below = 2.5, minutes = 10 }",
                "taken away below 2.5 and added above 2",
            ),
            ("[scaling.steps.queue-length]", "[scaling.steps.cpu]", "`cpu` is what another policy"),
            ("maximum_price = \"0.10\"", "maximum_price = \"0.00\"", "no machine costs nothing"),
            ("class = \"db.r6g.large\"", "class = \"db.r6g.gigantic\"", "`db.r6g.gigantic` is not a class"),
            ("node = \"cache.r7g.large\"", "node = \"cache.r7g.extra\"", "`cache.r7g.extra` is not a node type"),
            ("\"m6i.large\"]", "\"m6i.huge\"]", "`m6i.huge` is not a type of machine"),
            ("memory = 1024", "memory = 512", "Fargate has no tasks of 512 units and 512 MiB"),
            ("[services.user-service]", "[services.User]", "`User` has"),
        ] {
            assert!(prod.contains(written), "prod.toml does not say {written}");
            let changed = prod.replacen(written, instead, 1);
            let problems = parse::<Environment>(&changed, "prod.toml", None).unwrap_err().to_string();
            assert!(problems.contains(told), "{instead}: {problems}");
        }
    }
}
