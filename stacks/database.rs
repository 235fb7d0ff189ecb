//! The database: Postgres, its standby, the replica that is read from, and what is seen of them.

use std::collections::BTreeMap;

use infra_aws::iam::{Policy, Role, Service};
use infra_aws::logs::{Class, LogGroup, Retention};
use infra_aws::rds::{
    self, DatabaseParameterGroup, DatabaseSubnetGroup, Family, LogExport, Monitoring, Password, Replica, Storage,
    StorageKind,
};
use infra_aws::secretsmanager::{Characters, Recipe, Secret, Value};
use infra_engine::model::{Handle, Platform, Ref, Stack};

use crate::environment::{self, Environment};
use crate::network::{Network, POSTGRES_PORT};

/// The name of the database that the services share.
pub const NAME: &str = "django";

/// The name of its user.
pub const USER: &str = "django";

/// What the stacks on top of the database build on.
pub struct Database {
    /// The password of Postgres; nothing where it is AWS's business, and `rds::Database::SECRET` says where it is.
    pub password: Option<Handle<Secret>>,
    /// Postgres.
    pub instance: Handle<rds::Database>,
    /// What is only read from, where the environment has one.
    pub replica: Option<Handle<Replica>>,
}

/// Adds the database to the platform.
pub fn stack(environment: &Environment, platform: &mut Platform, network: &Network) -> Database {
    let mut stack = platform.stack("database");
    let wanted = &environment.database;

    let subnets = stack.add(
        "subnets",
        DatabaseSubnetGroup {
            name: environment.named("db"),
            description: "Where Postgres stands".into(),
            subnets: network.private.iter().map(Handle::id).collect(),
        },
    );
    let parameters = stack.add(
        "parameters",
        DatabaseParameterGroup {
            name: environment.named("pg"),
            family: Family::Postgres16,
            description: "Postgres for the services".into(),
            parameters: wanted.postgres.into(),
        },
    );
    let password = (wanted.password == environment::Password::Own).then(|| {
        let password = Secret {
            name: format!("{}/postgres-password", environment.project),
            description: "What the pool of connections shows to Postgres".into(),
            key: None,
            value: Value::Generated(Recipe { length: 48, characters: Characters::LettersAndDigits }),
        };
        stack.add("password", password)
    });
    let monitoring = monitoring(&mut stack, environment);
    let name = environment.named("db");
    log_group(&mut stack, "log", &name);

    let instance = stack.add(
        "postgres",
        rds::Database {
            name,
            version: wanted.version,
            class: wanted.class.clone(),
            storage: Storage { kind: StorageKind::Gp3, gib: wanted.gib, grows_to: wanted.grows_to_gib },
            encrypted: true,
            key: None,
            database: NAME.into(),
            user: USER.into(),
            password: match &password {
                Some(secret) => Password::FromSecret(secret.id()),
                None => Password::ManagedByAws,
            },
            port: POSTGRES_PORT,
            standby: wanted.standby,
            subnets: subnets.id(),
            parameters: parameters.id(),
            security_groups: [network.groups.rds.id()].into(),
            public: false,
            backups_kept: wanted.backups_kept,
            minor_upgrades: true,
            insights: Some(wanted.insights_days),
            monitoring: Some(monitoring.clone()),
            logs: [LogExport::Postgresql].into(),
            deletion_protection: environment.protected,
            last_snapshot: environment.protected,
        },
    );
    let instance = instance.protected_when(environment.protected);

    let replica = wanted.replica.clone().map(|class| {
        let name = environment.named("db-replica");
        log_group(&mut stack, "replica-log", &name);
        stack.add(
            "replica",
            Replica {
                name,
                // The identifier, which is the database's name: the ARN is for other regions.
                source: instance.id(),
                class,
                // Its disk is its own: it would be full before its source's, and follow no more.
                grows_to: wanted.grows_to_gib,
                standby: false,
                parameters: parameters.id(),
                security_groups: [network.groups.rds.id()].into(),
                public: false,
                minor_upgrades: true,
                insights: Some(wanted.insights_days),
                monitoring: Some(monitoring),
                logs: [LogExport::Postgresql].into(),
                // What it holds, the database has; what asks it has nobody else.
                deletion_protection: environment.protected,
            },
        )
    });
    let replica = replica.map(|replica| replica.protected_when(environment.protected));
    Database { password, instance, replica }
}

/// How the operating system is watched, and the role that RDS writes down with what it sees.
fn monitoring(stack: &mut Stack, environment: &Environment) -> Monitoring {
    let role = stack.add(
        "monitoring",
        Role {
            name: environment.named("rds-monitoring"),
            path: "/".into(),
            description: "What RDS may do to write down what it sees of the operating system".into(),
            longest_session: 3600,
            trust: Policy::trust(Service::RdsMonitoring),
            inline: BTreeMap::new(),
            attached: [Ref::known("arn:aws:iam::aws:policy/service-role/AmazonRDSEnhancedMonitoringRole")].into(),
            boundary: environment.boundary(),
        },
    );
    Monitoring { seconds: environment.database.monitoring_seconds, role: role.output(Role::ARN) }
}

/// Where RDS passes on Postgres's log. It would make the group itself, and keep it for ever.
fn log_group(stack: &mut Stack, name: &str, database: &str) {
    stack.add(
        name,
        LogGroup {
            name: format!("/aws/rds/instance/{database}/postgresql"),
            class: Class::Standard,
            retention: Retention::Days30,
            key: None,
        },
    );
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{definitions, environment, the};

    /// The tuning of production, in the units that RDS counts in: pages of 8 KiB, KiB, MiB, seconds, milliseconds.
    #[test]
    fn production_is_tuned_in_the_units_of_rds() {
        let group: DatabaseParameterGroup = the(&environment("prod"), "database.parameters");
        assert_eq!(
            group.parameters.iter().collect::<Vec<_>>(),
            [
                ("checkpoint_completion_target", "0.9"),
                ("checkpoint_timeout", "900"),
                ("default_statistics_target", "1000"),
                ("effective_cache_size", "{DBInstanceClassMemory*3/32768}"),
                ("effective_io_concurrency", "200"),
                ("log_min_duration_statement", "1000"),
                ("maintenance_work_mem", "262144"),
                ("max_connections", "200"),
                ("max_parallel_maintenance_workers", "4"),
                ("max_parallel_workers", "8"),
                ("max_parallel_workers_per_gather", "4"),
                ("max_wal_size", "8192"),
                ("min_wal_size", "2048"),
                ("random_page_cost", "1.1"),
                ("shared_buffers", "{DBInstanceClassMemory/32768}"),
                ("wal_buffers", "4096"),
                ("work_mem", "16384"),
            ]
        );
    }

    #[test]
    fn production_is_encrypted_and_watched_and_has_a_standby() {
        let database: rds::Database = the(&environment("prod"), "database.postgres");
        assert!(database.encrypted && database.standby && database.deletion_protection && database.last_snapshot);
        assert_eq!((database.version.major, database.backups_kept, database.insights), (16, 7, Some(7)));
        assert_eq!(database.monitoring.map(|watch| watch.seconds), Some(60));
        assert!(matches!(database.password, Password::FromSecret(secret) if secret.value() == "database.password.id"));
    }

    #[test]
    fn a_replica_is_there_where_it_is_wanted() {
        let replica: Replica = the(&environment("prod"), "database.replica");
        assert_eq!(replica.source.value(), "database.postgres.id");
        assert_eq!(replica.grows_to, Some(500), "as far as its source");
        assert!(replica.deletion_protection, "production is protected");
        let dev = definitions(&environment("dev"));
        assert!(dev.iter().all(|definition| definition.address.to_string() != "database.replica"));
    }
}
