//! `[observability]`: what is too much, and who is told.

use std::collections::BTreeSet;

use infra_cli::environment::Conflict;
use infra_values::Email;
use schemars::JsonSchema;
use serde::Deserialize;

/// What is too much, and who is told.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Observability {
    /// Who is told by e-mail when an alarm rings, and when all is well again. Each must confirm it once.
    pub emails: BTreeSet<Email>,
    /// The seconds in which 95 of 100 requests are answered.
    pub response_seconds: Levels,
    /// Requests of a hundred that are answered with a code of 500 or more.
    pub error_percent: Levels,
    /// The processors of each service.
    pub cpu_percent: Levels,
    /// The memory of each service.
    pub memory_percent: Levels,
    /// Keys of a Redis node that have to make room, in a minute.
    pub evictions: Levels,
    /// Keys of a hundred that are asked of a Redis node and there. Fewer are worse.
    pub hit_percent: Levels,
    /// Connections to Postgres, of a hundred that it has.
    pub connection_percent: Levels,
    /// The seconds that the replica is behind, where there is one.
    pub replica_lag_seconds: Levels,
    /// Gibibytes of a database's disk that are free, the replica's too. Fewer are worse.
    pub free_storage_gib: Levels,
}

/// From where on something is worth a look, and from where on somebody must get up.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Levels {
    /// Worth a look.
    #[schemars(range(min = 0))]
    pub warning: f64,
    /// Somebody must get up.
    #[schemars(range(min = 0))]
    pub critical: f64,
}

impl Observability {
    /// Values that do not go together.
    pub(super) fn conflicts(&self) -> Vec<Conflict> {
        let Observability {
            emails: _,
            response_seconds,
            error_percent,
            cpu_percent,
            memory_percent,
            evictions,
            hit_percent,
            connection_percent,
            replica_lag_seconds,
            free_storage_gib,
        } = self;
        let percents = [
            ("error_percent", error_percent),
            ("cpu_percent", cpu_percent),
            ("memory_percent", memory_percent),
            ("connection_percent", connection_percent),
        ];
        let others = [
            ("response_seconds", response_seconds),
            ("evictions", evictions),
            ("replica_lag_seconds", replica_lag_seconds),
        ];
        let conflict = |key: &str, wrong: String, way_out: &str| Conflict {
            at: format!("observability.{key}"),
            wrong,
            way_out: way_out.to_owned(),
        };
        let order = percents.iter().chain(&others).filter(|(_, levels)| levels.warning >= levels.critical);
        let order = order.map(|(key, Levels { warning, critical })| {
            let wrong = format!("nothing is above {critical} before it is above {warning}");
            conflict(key, wrong, "write a warning below what is critical")
        });
        let fewer = [("hit_percent", hit_percent), ("free_storage_gib", free_storage_gib)].into_iter();
        let hits = fewer.filter(|(_, levels)| levels.warning <= levels.critical).map(|(key, levels)| {
            let Levels { warning, critical } = levels;
            let wrong = format!("nothing is below {critical} before it is below {warning}");
            conflict(key, wrong, "write a warning above what is critical")
        });
        let beyond = percents.into_iter().chain([("hit_percent", hit_percent)]).filter(|(_, levels)| {
            [levels.warning, levels.critical].iter().any(|percent| !(0.0..=100.0).contains(percent))
        });
        let beyond = beyond.map(|(key, _)| {
            conflict(key, "there are no more than a hundred of a hundred".to_owned(), "write percents from 0 to 100")
        });
        order.chain(hits).chain(beyond).collect()
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::problems;

    #[test]
    fn a_warning_comes_before_what_is_critical_and_percents_end_at_a_hundred() {
        for (written, instead, told) in [
            ("warning = 2, critical = 5", "warning = 5, critical = 5", "nothing is above 5 before it is above 5"),
            ("warning = 90, critical = 75", "warning = 75, critical = 90", "nothing is below 90 before it is below 75"),
            ("warning = 85, critical = 95", "warning = 85, critical = 950", "there are no more than a hundred"),
            ("\"ops@example.com\"", "\"ops\"", "has no `@`"),
        ] {
            let problems = problems("prod", &[(written, instead)]);
            assert!(problems.contains(told), "{instead}: {problems}");
        }
    }
}
