//! `[database]`: Postgres, on which machine, with what beside it, and how it is tuned.

use infra_aws::rds::{Amount, Class, PostgresVersion, Settings};
use infra_cli::environment::Conflict;
use schemars::JsonSchema;
use serde::Deserialize;

/// Postgres.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Database {
    /// The version of PostgreSQL 16: `16`, of which AWS chooses the newest minor one, or `16.4`.
    #[schemars(with = "String", regex(pattern = r"^16(\.[0-9]+)?$"))]
    pub version: PostgresVersion,
    /// The machine: `db.r6g.large`.
    #[schemars(with = "String", regex(pattern = r"^db\.[a-z0-9]+\.[a-z0-9]+$"))]
    pub class: Class,
    /// How large the disk is, in GiB. It never shrinks.
    #[schemars(range(min = 20, max = 65_536))]
    pub gib: u32,
    /// How large the disk may grow by itself, in GiB.
    #[schemars(range(min = 22, max = 65_536))]
    pub grows_to_gib: Option<u32>,
    /// Whether a second machine in another zone stands ready to take over ("Multi-AZ").
    pub standby: bool,
    /// The machine of the replica that is only read from, where there is to be one.
    #[schemars(with = "Option<String>", regex(pattern = r"^db\.[a-z0-9]+\.[a-z0-9]+$"))]
    pub replica: Option<Class>,
    /// Whose business the password is.
    #[serde(default)]
    pub password: Password,
    /// For how many days backups are kept.
    #[schemars(range(min = 1, max = 35))]
    pub backups_kept: u8,
    /// For how many days it is kept what queries cost ("performance insights"); 7 are free.
    pub insights_days: u16,
    /// Every how many seconds the operating system below it is looked at ("enhanced monitoring").
    pub monitoring_seconds: u8,
    /// How Postgres is tuned.
    pub postgres: Postgres,
}

/// Whose business the password of Postgres is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Password {
    /// The platform's: `infra apply --rotate database.password` makes a new one, and nobody is refused meanwhile.
    #[default]
    Own,
    /// AWS's, which makes a new one every seven days. Tasks that run go on with the old one, and are refused from then on
    /// until they are started anew. Not with a replica.
    ManagedByAws,
}

/// How Postgres is tuned. The names are its own; amounts are written as in its documentation (`16MB`), or as a part of
/// the machine's memory (`25%`), and each becomes the unit that RDS counts in.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Postgres {
    /// How many connections there may be. The services' go through PgBouncer, which needs few.
    #[schemars(range(min = 6, max = 8_388_607))]
    pub max_connections: u32,
    /// What the database keeps in memory.
    #[schemars(with = "String", regex(pattern = AMOUNT))]
    pub shared_buffers: Amount,
    /// What the planner believes to be cached, by the database and by the operating system.
    #[schemars(with = "String", regex(pattern = AMOUNT))]
    pub effective_cache_size: Amount,
    /// What one step of a query may use before it goes to the disk. Each query of each connection may have several.
    #[schemars(with = "String", regex(pattern = AMOUNT))]
    pub work_mem: Amount,
    /// What maintenance may use: vacuum, new indexes.
    #[schemars(with = "String", regex(pattern = AMOUNT))]
    pub maintenance_work_mem: Amount,
    /// What of the log is kept in memory before it is written.
    #[schemars(with = "String", regex(pattern = AMOUNT))]
    pub wal_buffers: Amount,
    /// How far the log may grow between two checkpoints.
    #[schemars(with = "String", regex(pattern = AMOUNT))]
    pub max_wal_size: Amount,
    /// Below which the log's files are used again.
    #[schemars(with = "String", regex(pattern = AMOUNT))]
    pub min_wal_size: Amount,
    /// Over which part of the time between two checkpoints one is spread.
    #[schemars(range(min = 0, max = 1))]
    pub checkpoint_completion_target: f64,
    /// The most time between two checkpoints, in seconds.
    #[schemars(range(min = 30, max = 86_400))]
    pub checkpoint_timeout_seconds: u32,
    /// How many reads are under way at once.
    #[schemars(range(max = 1000))]
    pub effective_io_concurrency: u32,
    /// What reading any page costs, as against reading the next: 1.1 for disks that do not turn.
    #[schemars(range(min = 0))]
    pub random_page_cost: f64,
    /// How closely columns are looked at, to plan queries by.
    #[schemars(range(min = 1, max = 10_000))]
    pub default_statistics_target: u32,
    /// How many workers one step of a query may have.
    #[schemars(range(max = 1024))]
    pub max_parallel_workers_per_gather: u32,
    /// How many workers all queries may have together.
    #[schemars(range(max = 1024))]
    pub max_parallel_workers: u32,
    /// How many workers maintenance may have.
    #[schemars(range(max = 1024))]
    pub max_parallel_maintenance_workers: u32,
    /// From how many milliseconds on a statement is slow, and logged.
    #[schemars(range(max = 2_147_483_647))]
    pub log_min_duration_statement_ms: u32,
}

/// How an amount is written.
const AMOUNT: &str = r"^[0-9]+ ?(kB|MB|GB|%)$";

impl From<Postgres> for Settings {
    /// Every value under its name, in the unit that RDS counts it in.
    fn from(postgres: Postgres) -> Settings {
        let Postgres {
            max_connections,
            shared_buffers,
            effective_cache_size,
            work_mem,
            maintenance_work_mem,
            wal_buffers,
            max_wal_size,
            min_wal_size,
            checkpoint_completion_target,
            checkpoint_timeout_seconds,
            effective_io_concurrency,
            random_page_cost,
            default_statistics_target,
            max_parallel_workers_per_gather,
            max_parallel_workers,
            max_parallel_maintenance_workers,
            log_min_duration_statement_ms,
        } = postgres;
        Settings::new()
            .max_connections(max_connections)
            .shared_buffers(shared_buffers)
            .effective_cache_size(effective_cache_size)
            .work_mem(work_mem)
            .maintenance_work_mem(maintenance_work_mem)
            .wal_buffers(wal_buffers)
            .max_wal_size(max_wal_size)
            .min_wal_size(min_wal_size)
            .checkpoint_completion_target(checkpoint_completion_target)
            .checkpoint_timeout(checkpoint_timeout_seconds)
            .effective_io_concurrency(effective_io_concurrency)
            .random_page_cost(random_page_cost)
            .default_statistics_target(default_statistics_target)
            .max_parallel_workers_per_gather(max_parallel_workers_per_gather)
            .max_parallel_workers(max_parallel_workers)
            .max_parallel_maintenance_workers(max_parallel_maintenance_workers)
            .log_min_duration_statement(log_min_duration_statement_ms)
    }
}

impl Postgres {
    /// The amounts, each with the least and the most that RDS takes.
    fn bounds(&self) -> [(&'static str, Amount, Amount, Amount); 7] {
        use Amount::{Gib, Kib, Mib};
        [
            ("shared_buffers", self.shared_buffers, Kib(128), Gib(8191)),
            ("effective_cache_size", self.effective_cache_size, Kib(8), Gib(16_383)),
            ("work_mem", self.work_mem, Kib(64), Gib(2047)),
            ("maintenance_work_mem", self.maintenance_work_mem, Mib(1), Gib(2047)),
            ("wal_buffers", self.wal_buffers, Kib(32), Mib(2047)),
            ("max_wal_size", self.max_wal_size, Mib(128), Gib(196_608)),
            ("min_wal_size", self.min_wal_size, Mib(128), Gib(196_608)),
        ]
    }
}

impl Database {
    /// Values that do not go together.
    pub(super) fn conflicts(&self) -> Vec<Conflict> {
        let mut conflicts = Vec::new();
        let mut conflict = |at: &str, wrong: String, way_out: &str| {
            conflicts.push(Conflict { at: format!("database.{at}"), wrong, way_out: way_out.to_owned() });
        };
        if self.version.major != 16 {
            let wrong = format!("`version` is {}, and the stack is made for PostgreSQL 16", self.version);
            conflict("version", wrong, "write `16`, or change the family in `stacks/database.rs` as well");
        }
        if self.grows_to_gib.is_some_and(|most| most * 10 < self.gib * 11) {
            let wrong = format!("from {} GiB on it may grow to a tenth more at least", self.gib);
            conflict("grows_to_gib", wrong, "write a quarter more, or leave it out");
        }
        if self.password == Password::ManagedByAws && self.replica.is_some() {
            let wrong = "AWS makes no replica of a database whose password it manages".to_owned();
            conflict("password", wrong, "write `own`, or leave it out");
        }
        let Postgres { min_wal_size, max_wal_size, max_parallel_workers, .. } = self.postgres;
        if min_wal_size.bytes() > max_wal_size.bytes() {
            let wrong = format!("`min_wal_size` is {min_wal_size}, and `max_wal_size` only {max_wal_size}");
            conflict("postgres.min_wal_size", wrong, "write less than `max_wal_size`: a quarter of it is usual");
        }
        for (name, workers) in [
            ("max_parallel_workers_per_gather", self.postgres.max_parallel_workers_per_gather),
            ("max_parallel_maintenance_workers", self.postgres.max_parallel_maintenance_workers),
        ] {
            if workers > max_parallel_workers {
                let wrong = format!("`{name}` is {workers}, and all queries have {max_parallel_workers} together");
                conflict(&format!("postgres.{name}"), wrong, "write `max_parallel_workers` at most");
            }
        }
        for (name, amount, least, most) in self.postgres.bounds() {
            if amount.bytes().is_some_and(|bytes| bytes < least.bytes().unwrap_or(0) || most.bytes() < Some(bytes)) {
                let wrong = format!("`{name}` is {amount}: RDS takes {least} to {most}");
                conflict(&format!("postgres.{name}"), wrong, "write an amount between the two");
            }
        }
        for (name, amount) in [("max_wal_size", max_wal_size), ("min_wal_size", min_wal_size)] {
            if amount.bytes().is_none() {
                let wrong = format!("`{name}` is {amount} of the memory, and the log is on the disk");
                conflict(&format!("postgres.{name}"), wrong, "write an amount: `2GB`");
            }
        }
        conflicts
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::problems;

    #[test]
    fn what_does_not_go_together_is_refused() {
        let said = problems(
            "prod",
            &[
                ("min_wal_size = \"2GB\"", "min_wal_size = \"10GB\""),
                ("max_parallel_workers_per_gather = 4", "max_parallel_workers_per_gather = 9"),
            ],
        );
        assert!(said.contains("`min_wal_size` is 10GB, and `max_wal_size` only 8GB"), "{said}");
        assert!(said.contains("`max_parallel_workers_per_gather` is 9"), "{said}");
        let said = problems("prod", &[("max_wal_size = \"8GB\"", "max_wal_size = \"50%\"")]);
        assert!(said.contains("the log is on the disk"), "{said}");
        for (written, instead) in [
            ("work_mem = \"16MB\"", "work_mem = \"1kB\""),
            ("wal_buffers = \"32MB\"", "wal_buffers = \"3GB\""),
            ("min_wal_size = \"2GB\"", "min_wal_size = \"100MB\""),
        ] {
            let said = problems("prod", &[(written, instead)]);
            assert!(said.contains(": RDS takes "), "{instead}: {said}");
        }
    }

    #[test]
    fn aws_manages_no_password_of_a_database_with_a_replica() {
        let said = problems("prod", &[("backups_kept = 7", "password = \"managed_by_aws\"\nbackups_kept = 7")]);
        assert!(said.contains("no replica of a database whose password it manages"), "{said}");
    }

    #[test]
    fn an_amount_has_a_unit_and_a_version_is_of_16() {
        let said = problems("prod", &[("work_mem = \"16MB\"", "work_mem = \"16384\"")]);
        assert!(said.contains("`16384` is not an amount"), "{said}");
        let said = problems("prod", &[("version = \"16\"", "version = \"17\"")]);
        assert!(said.contains("is made for PostgreSQL 16"), "{said}");
    }
}
