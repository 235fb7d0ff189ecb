//! The database: Postgres, its standby, the replica that is read from, and what is seen of them.

use std::collections::BTreeMap;

use infra_aws::iam::{Policy, Role, Service};
use infra_aws::logs::{Class, LogGroup, Retention};
use infra_aws::rds::{
    self, DatabaseParameterGroup, DatabaseSubnetGroup, Family, LogExport, Monitoring, Password, Replica, Storage,
    StorageKind,
};
use infra_engine::model::{Handle, Platform, Ref, Stack};

use crate::environment::Environment;
use crate::network::{Network, POSTGRES_PORT};

/// The name of the database that the services share.
pub const NAME: &str = "django";

/// What the stacks on top of the database build on.
pub struct Database {
    /// Postgres. Its password is AWS's business: `rds::Database::SECRET` says where it is.
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
            user: "django".into(),
            password: Password::ManagedByAws,
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
                standby: false,
                parameters: parameters.id(),
                security_groups: [network.groups.rds.id()].into(),
                public: false,
                minor_upgrades: true,
                insights: Some(wanted.insights_days),
                monitoring: Some(monitoring),
                logs: [LogExport::Postgresql].into(),
                // What it holds, the database has.
                deletion_protection: false,
            },
        )
    });
    Database { instance, replica }
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
            boundary: None,
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
