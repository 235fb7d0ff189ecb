//! `[scaling]`: when there are more tasks of each service, and when fewer. A service's own table may say otherwise.

use std::collections::BTreeMap;

use infra_aws::autoscaling::Mode;
use infra_aws::cloudwatch::Statistic;
use infra_cli::environment::Conflict;
use infra_values::{Cron, Date, Name, Percent, TimeZone};
use schemars::JsonSchema;
use serde::Deserialize;

use super::Service;
use super::written::is_metric;

/// When there are more tasks of each service, and when fewer.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Scaling {
    /// The seconds until a policy scales once more.
    #[schemars(range(max = 3600))]
    pub cooldown_seconds: u32,
    /// Whether processors and memory are measured every twenty seconds in place of every minute, at the price of detailed
    /// monitoring. Then tasks are added after one minute of more load, and not after several.
    #[serde(default)]
    pub quick_metrics: bool,
    /// What the tasks are kept near.
    pub tracking: Tracking,
    /// Rules that add and take away tasks by steps, by name.
    #[serde(default)]
    pub steps: BTreeMap<Name, Steps>,
    /// What happens again and again, by name: business hours, nights, weekends.
    #[serde(default)]
    pub schedules: BTreeMap<Name, Recurring>,
    /// The time zone of the schedules.
    pub zone: TimeZone,
    /// Windows of dates with more to do, by name.
    #[serde(default)]
    pub seasons: BTreeMap<Name, Season>,
    /// Whether tasks are started before the load comes that two weeks have taught to expect. Left out: not at all.
    #[serde(default)]
    pub predictive: Option<Forecast>,
}

/// What the tasks of a service are kept near.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Tracking {
    /// Their processors, in percent.
    pub cpu: Percent,
    /// Their memory, in percent.
    pub memory: Percent,
    /// The requests of the load balancer to each of them in a minute.
    #[schemars(range(min = 1))]
    pub requests: u32,
}

/// A rule that adds tasks when a metric is above a threshold, and may take them away when it is below another.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Steps {
    /// What is looked at.
    pub metric: Metric,
    /// When tasks are added.
    pub out: Out,
    /// When a task is taken away. Left out: other rules do that.
    #[serde(default, rename = "in")]
    pub inward: Option<In>,
}

/// What a rule looks at.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Metric {
    /// The seconds that the service takes to answer, on average.
    ResponseTime,
    /// Its requests in a minute, of all its tasks together: more tasks do not lower it.
    Requests,
    /// The requests to each of its tasks in a minute.
    RequestsPerTask,
    /// How many of a hundred requests it answers with a code of 500 or more.
    ErrorRate,
    /// One that the service puts into the project's namespace, with its name as the dimension `Service`.
    Own(OwnMetric),
}

/// A metric that a service puts.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OwnMetric {
    /// Its name.
    pub name: String,
    /// What is made of a minute's values.
    pub statistic: Made,
}

/// What is made of a minute's values.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Made {
    /// Their average.
    Average,
    /// The largest.
    Maximum,
    /// Their sum.
    Sum,
}

/// When tasks are added: one above the threshold, two from `far` above it on.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Out {
    /// Above this.
    pub above: f64,
    /// So far above it that one task more is not enough.
    #[schemars(range(min = 0.001))]
    pub far: f64,
    /// For so many minutes in a row.
    #[schemars(range(min = 1, max = 60))]
    pub minutes: u32,
}

/// When a task is taken away.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct In {
    /// Below this.
    pub below: f64,
    /// For so many minutes in a row.
    #[schemars(range(min = 1, max = 60))]
    pub minutes: u32,
}

/// What happens again and again: from then on there are so many times the minimum of tasks at least.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Recurring {
    /// When.
    pub at: Cron,
    /// So many times each service's minimum, rounded up. With 1 it is the minimum again.
    #[schemars(range(min = 0.1, max = 100))]
    pub factor: f64,
}

/// A window of dates with more to do: in it, each service's minimum and maximum are so many times what they are.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Season {
    /// From the beginning of this day, in UTC.
    pub from: Date,
    /// To the beginning of this day, in UTC.
    pub to: Date,
    /// So many times each service's minimum and maximum, rounded up.
    #[schemars(range(min = 1, max = 100))]
    pub factor: f64,
}

/// Whether a forecast starts tasks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Forecast {
    /// It only says what it would do: to look at for two weeks before it is trusted.
    ForecastOnly,
    /// It starts them.
    ForecastAndScale,
}

impl From<Forecast> for Mode {
    fn from(forecast: Forecast) -> Mode {
        match forecast {
            Forecast::ForecastOnly => Mode::ForecastOnly,
            Forecast::ForecastAndScale => Mode::ForecastAndScale,
        }
    }
}

impl From<Made> for Statistic {
    fn from(made: Made) -> Statistic {
        match made {
            Made::Average => Statistic::Average,
            Made::Maximum => Statistic::Maximum,
            Made::Sum => Statistic::Sum,
        }
    }
}

impl Scaling {
    /// So many times a number of tasks, rounded up.
    pub fn times(factor: f64, tasks: u32) -> u32 {
        // Fractions that binary numbers cannot hold must not add a task: 1.1 times 10 is 11.
        (factor * f64::from(tasks) - 1e-6).ceil().max(0.0) as u32
    }

    /// Values that do not go together.
    pub(super) fn conflicts(&self, services: &BTreeMap<Name, Service>) -> Vec<Conflict> {
        let Scaling {
            cooldown_seconds: _,
            quick_metrics: _,
            tracking: _,
            steps,
            schedules,
            zone: _,
            seasons,
            predictive: _,
        } = self;
        let mut conflicts = Steps::conflicts("scaling.steps", steps);
        let mut conflict = |at: String, wrong: String, way_out: String| {
            conflicts.push(Conflict { at, wrong, way_out });
        };
        for (name, Recurring { at, factor }) in schedules {
            if let Some((other, _)) = schedules.iter().find(|(other, schedule)| *other < name && schedule.at == *at) {
                let wrong = format!("{other} is due at the same time, and nobody knows which of them comes last");
                conflict(format!("scaling.schedules.{name}.at"), wrong, "write another time".to_owned());
            }
            let over = services
                .iter()
                .find(|(_, service)| Scaling::times(*factor, service.count.minimum) > service.count.maximum);
            if let Some((service, _)) = over {
                let wrong = format!("{factor} times the minimum of {service} is more than its maximum");
                let way_out = "write a smaller factor, or give the service a larger maximum".to_owned();
                conflict(format!("scaling.schedules.{name}.factor"), wrong, way_out);
            }
        }
        let most = schedules.values().map(|schedule| schedule.factor).fold(1.0, f64::max);
        for (name, Season { from, to, factor }) in seasons {
            let at = |key: &str| format!("scaling.seasons.{name}{key}");
            if from >= to {
                conflict(
                    at(".to"),
                    format!("it ends on {to}, before it has begun"),
                    format!("write a day after {from}"),
                );
            }
            if *factor < most {
                let wrong = format!("{factor} is less than what a schedule asks for on any day");
                conflict(
                    at(".factor"),
                    wrong,
                    format!("write {most} or more: the season takes the place of schedules"),
                );
            }
            let same_days =
                seasons.iter().find(|(other, season)| *other < name && season.from < *to && *from < season.to);
            if let Some((other, _)) = same_days {
                let wrong = format!("{other} is on the same days, and each would undo the other");
                conflict(at(""), wrong, "let one end before the other begins".to_owned());
            }
            if schedules.contains_key(name) {
                let wrong = format!("there is a schedule called {name} too");
                conflict(at(""), wrong, "give one of them another name".to_owned());
            }
        }
        conflicts
    }
}

/// Names that the scaling itself gives to policies.
const TAKEN: [&str; 5] = ["business", "cpu", "memory", "predictive", "requests-per-task"];

impl Steps {
    /// Values that do not go together, in the rules below a table.
    pub(super) fn conflicts(table: &str, rules: &BTreeMap<Name, Steps>) -> Vec<Conflict> {
        let taken = rules.keys().filter(|name| TAKEN.contains(&name.as_str())).map(|name| Conflict {
            at: format!("{table}.{name}"),
            wrong: format!("`{name}` is what another policy of each service is called"),
            way_out: "give the rule another name".into(),
        });
        let meet = rules.iter().filter_map(|(name, steps)| {
            let (above, below) = (steps.out.above, steps.inward?.below);
            (below >= above).then(|| Conflict {
                at: format!("{table}.{name}.in.below"),
                wrong: format!("tasks are taken away below {below} and added above {above}: at once, and for ever"),
                way_out: "leave room between the two".into(),
            })
        });
        let nameless = rules.iter().filter_map(|(name, steps)| {
            let Metric::Own(OwnMetric { name: metric, .. }) = &steps.metric else { return None };
            (!is_metric(metric)).then(|| Conflict {
                at: format!("{table}.{name}.metric"),
                wrong: format!("`{metric}` is no name of a metric"),
                way_out: "write 1 to 255 plain letters: `QueueLength`".into(),
            })
        });
        taken.chain(meet).chain(nameless).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn so_many_times_a_number_is_rounded_up() {
        for (factor, tasks, times) in [(2.0, 2, 4), (0.5, 1, 1), (0.5, 2, 1), (1.5, 3, 5), (1.1, 10, 11), (3.0, 0, 0)] {
            assert_eq!(Scaling::times(factor, tasks), times, "{factor} times {tasks}");
        }
    }
}
