//! `[services.NAME]`: one table for each service of the platform. What there is of a service in the code is made from
//! its table: another service is another table.

use std::collections::{BTreeMap, BTreeSet};

use infra_aws::ecs::Fargate;
use infra_aws::elb::Algorithm;
use infra_cli::environment::Conflict;
use infra_values::Name;
use schemars::JsonSchema;
use serde::Deserialize;

use super::containers::Exceptions;
use super::scaling::{Steps, Tracking};
use super::written::{is_image, is_metric, is_path, is_secret, is_variable};

/// A service of the platform.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Service {
    /// Its image.
    pub image: String,
    /// The ARN of the secret with the name and the password for its image's registry. Without it the registry must be
    /// open, or AWS's own.
    #[serde(default)]
    pub registry_login: Option<String>,
    /// How large each of its tasks is.
    pub size: Fargate,
    /// How many of its tasks there are.
    pub count: Count,
    /// Which requests are its own.
    pub route: Route,
    /// How it is found out whether it is well.
    pub health: Health,
    /// To which of its tasks the next request goes.
    pub balancing: Algorithm,
    /// For so many seconds a client stays with its task, by a cookie: for what keeps sessions in memory. Without a
    /// number every request goes its own way.
    #[serde(default)]
    #[schemars(range(min = 1, max = 604_800))]
    pub sticky_seconds: Option<u32>,
    /// The metric of its own business that it is scaled by.
    pub business: Business,
    /// What its tasks are kept near, where that is not as in `[scaling.tracking]`.
    #[serde(default)]
    pub tracking: Option<Tracking>,
    /// Its own rules of scaling by steps, beside those of `[scaling.steps]` or in place of one of that name.
    #[serde(default)]
    pub steps: BTreeMap<Name, Steps>,
    /// What of the platform it uses: it is told of that alone, and nothing else lets it in. Usually everything.
    #[serde(default = "Backend::all")]
    pub uses: BTreeSet<Backend>,
    /// Where its container needs more, or less, than `[cluster.containers]` says.
    #[serde(default)]
    pub containers: Exceptions,
    /// Variables of its own, in the open.
    #[serde(default)]
    pub variables: BTreeMap<String, String>,
}

/// What of the platform a service may use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Backend {
    /// Postgres, by the pool of connections.
    Database,
    /// Redis.
    Cache,
}

impl Backend {
    /// Everything that there is.
    fn all() -> BTreeSet<Backend> {
        [Backend::Database, Backend::Cache].into()
    }
}

/// How many tasks of a service there are.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Count {
    /// So many at least.
    #[schemars(range(max = 5000))]
    pub minimum: u32,
    /// So many at first. Afterwards autoscaling decides.
    #[schemars(range(max = 5000))]
    pub desired: u32,
    /// So many at most.
    #[schemars(range(min = 1, max = 5000))]
    pub maximum: u32,
}

/// Which requests are a service's own.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Route {
    /// Its place among the services: the lowest whose paths fit gets a request.
    #[schemars(range(min = 1, max = 50_000))]
    pub priority: u16,
    /// The paths, with `*` for any characters and `?` for one.
    #[schemars(length(min = 1, max = 5))]
    pub paths: Vec<String>,
}

/// How it is found out whether a service is well.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Health {
    /// What the load balancer asks for: an answer of 200 means well.
    pub path: String,
    /// For so many seconds after a task's start the answers do not count.
    #[schemars(range(max = 7200))]
    pub grace_seconds: u32,
}

/// A metric of a service's own business. The service puts it into the project's own namespace, with its name as the
/// dimension `Service`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Business {
    /// The metric's name.
    pub metric: String,
    /// The value that its average is kept near, by adding and taking away tasks: so it must be one that falls when there
    /// are more of them.
    #[schemars(range(min = 0.001))]
    pub value: f64,
}

/// What every service is told by the platform, in the open or not: variables of these names would take its place.
pub const TOLD: [&str; 14] = [
    "DATABASE_HOST",
    "DATABASE_NAME",
    "DATABASE_PASSWORD",
    "DATABASE_PORT",
    "DATABASE_REPLICA_HOST",
    "DATABASE_REPLICA_NAME",
    "DATABASE_USER",
    "ENVIRONMENT",
    "METRICS_NAMESPACE",
    "REDIS_AUTH_TOKEN",
    "REDIS_CLUSTER",
    "REDIS_HOST",
    "REDIS_PORT",
    "SERVICE",
];

/// The longest name of a service: `tg-NAME` has room for what tells a target group from the one that it replaces.
const LONGEST_NAME: usize = 24;

impl Service {
    /// Values that do not go together.
    pub(super) fn conflicts(name: &Name, service: &Service, all: &BTreeMap<Name, Service>) -> Vec<Conflict> {
        let mut conflicts = Vec::new();
        let mut conflict = |at: &str, wrong: String, way_out: &str| {
            conflicts.push(Conflict { at: format!("services.{name}{at}"), wrong, way_out: way_out.into() });
        };
        if name.as_str().len() > LONGEST_NAME {
            let wrong = format!("the name {name} has {} characters", name.as_str().len());
            conflict("", wrong, "write at most 24: its target group's name has 32, and needs some to be replaced");
        }
        if name.as_str() == super::PGBOUNCER {
            conflict("", "a service is called like the connection pool".into(), "give it another name");
        }
        if ["alb", "ecs", "rds", "redis", "workers"].contains(&name.as_str()) {
            let wrong = format!("its security group would be called like that of {name}");
            conflict("", wrong, "give it another name");
        }
        if !is_image(&service.image) {
            let wrong = format!("`{}` is no image", service.image);
            conflict(".image", wrong, "write a repository and a tag: `registry.example.com/web:1.0.0`");
        }
        if let Some(login) = &service.registry_login
            && !is_secret(login)
        {
            let wrong = format!("`{login}` is no ARN of a secret");
            conflict(".registry_login", wrong, "write `arn:aws:secretsmanager:REGION:ACCOUNT:secret:NAME-ABCDEF`");
        }
        if !is_metric(&service.business.metric) {
            let wrong = format!("`{}` is no name of a metric", service.business.metric);
            conflict(".business.metric", wrong, "write 1 to 255 plain letters: `OrdersPerMinute`");
        }
        for variable in service.variables.keys() {
            if !is_variable(variable) {
                let wrong = format!("`{variable}` is no name of a variable");
                conflict(".variables", wrong, "write letters, digits and `_`, and no digit first: `LOG_LEVEL`");
            } else if TOLD.contains(&variable.as_str()) {
                let wrong = format!("`{variable}` is what every service is told by the platform");
                conflict(".variables", wrong, "give it another name, or leave it out");
            }
        }
        let Count { minimum, desired, maximum } = service.count;
        if !(minimum <= desired && desired <= maximum) {
            let wrong = format!("{minimum}, {desired} and {maximum} are not in order");
            conflict(".count", wrong, "write `minimum` ≤ `desired` ≤ `maximum`");
        }
        let Route { priority, paths } = &service.route;
        let same = all.iter().find(|(other, service)| *other < name && service.route.priority == *priority);
        if let Some((other, _)) = same {
            conflict(".route.priority", format!("{other} has the priority {priority} too"), "give each its own");
        }
        for (place, path) in paths.iter().enumerate() {
            if !is_path(path) {
                let wrong = format!("`{path}` is no path");
                conflict(".route.paths", wrong, "begin it with a slash, and write plain letters: `/api/*`");
            } else if paths[..place].contains(path) {
                conflict(".route.paths", format!("`{path}` is there twice"), "write it once");
            }
        }
        conflicts.extend(Steps::conflicts(&format!("services.{name}.steps"), &service.steps));
        conflicts
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::problems;

    #[test]
    fn what_a_service_is_told_and_made_of_is_written_as_aws_reads_it() {
        let more = |line: &str| {
            let front = "metric = \"RequestsInHand\", value = 50 }";
            problems("prod", &[(front, &format!("{front}\n{line}"))])
        };
        for (line, told) in [
            ("variables = { \"A B\" = \"\", \"\" = \"\" }", "`A B` is no name of a variable"),
            ("variables = { DATABASE_PASSWORD = \"hunter2\" }", "is what every service is told by the platform"),
        ] {
            let said = more(line);
            assert!(said.contains(told), "{line}: {said}");
        }
        for (written, instead, told) in [
            ("registry.example.com/user-service:1.0.0", "", "`` is no image"),
            ("\"/user-service/*\"", "\"/user service/*\", \"/a\", \"/a\"", "`/user service/*` is no path"),
            ("\"/user-service/*\"", "\"/a\", \"/a\"", "`/a` is there twice"),
            ("metric = \"ActiveSessions\"", "metric = \"\"", "`` is no name of a metric"),
            ("edoburu/pgbouncer:v1.23.1-p3", "pg bouncer", "`pg bouncer` is no image"),
            ("maximum = 10 }", "maximum = 5001 }", "it must be 1 to 5000"),
        ] {
            let said = problems("prod", &[(written, instead)]);
            assert!(said.contains(told), "{instead}: {said}");
        }
    }
}
