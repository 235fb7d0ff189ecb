//! `[services.NAME]`: one table for each service of the platform. What there is of a service in the code is made from
//! its table: another service is another table.

use std::collections::BTreeMap;

use infra_aws::ecs::Fargate;
use infra_aws::elb::Algorithm;
use infra_cli::environment::Conflict;
use infra_values::Name;
use schemars::JsonSchema;
use serde::Deserialize;

use super::scaling::{Steps, Tracking};

/// A service of the platform.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Service {
    /// Its image.
    pub image: String,
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
    /// Variables of its own, in the open.
    #[serde(default)]
    pub variables: BTreeMap<String, String>,
}

/// How many tasks of a service there are.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Count {
    /// So many at least.
    pub minimum: u32,
    /// So many at first. Afterwards autoscaling decides.
    pub desired: u32,
    /// So many at most.
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
        if let Some(path) = paths.iter().find(|path| !path.starts_with(['/', '*'])) {
            conflict(".route.paths", format!("`{path}` is no path"), "begin it with a slash: `/api/*`");
        }
        conflicts.extend(Steps::conflicts(&format!("services.{name}.steps"), &service.steps));
        conflicts
    }
}
