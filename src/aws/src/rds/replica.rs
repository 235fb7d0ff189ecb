//! A replica: a copy of a database that follows it, to read from.

use std::collections::BTreeSet;
use std::time::Duration;

use aws_sdk_rds::types::DbInstance as Live;
use infra_derive::Resource;
use infra_engine::check::{Rule, Severity, Surroundings, Violation};
use infra_engine::live::{Ask, Behaviour, Fault, FaultKind, Found, Order, Retag, State, Waits};
use infra_engine::model::Ref;
use serde::{Deserialize, Serialize};

use super::instance::{Database, DatabaseAddress, DatabaseName, insights_fit, monitoring_works};
use super::machine::{
    Class, LogExport, Machine, Monitoring, after_change, allocated, awaited, described, done_already, is_asked_for,
    size, sorted, state, written,
};
use super::{DatabaseParameterGroupName, tags};
use crate::again::resume;
use crate::ec2::SecurityGroupId;
use crate::iam::Arn;
use crate::tags::{from_sdk, to_sdk};
use crate::{Aws, Sorted, hyphenated};

/// A replica: a copy of a database that follows it, to read from.
///
/// ```
/// use std::collections::BTreeSet;
///
/// use infra_aws::rds::{LogExport, Replica};
/// use infra_engine::model::Ref;
///
/// let replica = Replica {
///     name: "shop-db-replica".into(),
///     source: Ref::known("shop-db"),
///     class: "db.r6g.large".parse()?,
///     grows_to: Some(500),
///     standby: false,
///     parameters: Ref::known("shop-postgres16"),
///     security_groups: BTreeSet::from([Ref::known("sg-0a1b2c3d4e5f60718")]),
///     public: false,
///     minor_upgrades: true,
///     insights: Some(7),
///     monitoring: None,
///     logs: BTreeSet::from([LogExport::Postgresql]),
///     deletion_protection: false,
/// };
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// Its engine, its users and where it stands are its source's. Its disk is as large as its source's when it is made, and
/// grows by itself from then on: one that is full follows no more, and its source keeps what it has missed. One that was promoted is a database of its own
/// and no replica any more: it is not found, and its name is taken.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Resource)]
#[resource(kind = "rds/replica", id = ReplicaName, replacement = "delete_first", after = ["logs/log-group"])]
#[resource(outputs(
    /// Its Amazon Resource Name.
    ARN: new ReplicaArn,
    /// The name that clients connect to.
    ADDRESS: DatabaseAddress,
))]
pub struct Replica {
    /// Its name, unique in account and region among databases and replicas.
    #[key]
    pub name: String,
    /// The database that it follows, of the same region.
    #[replace]
    pub source: Ref<DatabaseName>,
    /// The machine.
    pub class: Class,
    /// How large its disk may grow by itself, in GiB: no less than its source's.
    pub grows_to: Option<u32>,
    /// Whether a second machine in another zone stands ready to take over ("Multi-AZ").
    pub standby: bool,
    /// How its engine is set up. It is made with its source's; another one is given to it when it stands, and counts
    /// from its next restart.
    pub parameters: Ref<DatabaseParameterGroupName>,
    /// Who may connect.
    pub security_groups: BTreeSet<Ref<SecurityGroupId>>,
    /// Whether it has an address on the internet.
    pub public: bool,
    /// Whether AWS brings the engine to newer minor versions by itself.
    pub minor_upgrades: bool,
    /// For how many days it is kept what queries cost ("performance insights"): 7, months of 31 days, or 731.
    pub insights: Option<u16>,
    /// How the operating system below it is watched.
    pub monitoring: Option<Monitoring>,
    /// Which logs go to CloudWatch Logs.
    pub logs: BTreeSet<LogExport>,
    /// Whether AWS refuses to delete it.
    pub deletion_protection: bool,
}

impl Arn for ReplicaArn {}

const MINUTE: u64 = 60;

impl Behaviour for Replica {
    type Cloud = Aws;

    const HOLDS_DATA: bool = true;
    const WAITS: Waits = Waits {
        usual: Duration::from_secs(12 * MINUTE),
        create: Duration::from_secs(60 * MINUTE),
        update: Duration::from_secs(90 * MINUTE),
        delete: Duration::from_secs(60 * MINUTE),
    };

    const GUARDED_BY: Option<&'static str> = Some("deletion_protection");

    const ACTIONS: &'static [&'static str] = &[
        "iam:PassRole",
        "rds:CreateDBInstanceReadReplica",
        "rds:DeleteDBInstance",
        "rds:DescribeDBInstances",
        "rds:ModifyDBInstance",
        tags::ADD,
        tags::REMOVE,
    ];

    fn rules() -> &'static [Rule<Replica>] {
        RULES
    }

    async fn read(aws: &Aws, ask: &Ask) -> Result<Vec<Found<Replica>>, Fault> {
        let described = described(aws, ask).await?;
        let asked = described.iter().filter(|live| is_asked_for(ask, live));
        let with_state = |live| {
            let found: Found<Replica> = understand(live)?;
            let state = after_change(aws, live, found.state.clone());
            Some(found.in_state(state))
        };
        Ok(asked.filter_map(with_state).collect())
    }

    async fn create(aws: &Aws, order: &Order<Replica>) -> Result<String, Fault> {
        let Replica {
            name,
            source,
            class,
            grows_to,
            standby,
            // RDS refuses it of a replica of Postgres that is being made. It begins with its source's.
            parameters: _,
            security_groups,
            public,
            minor_upgrades,
            insights,
            monitoring,
            logs,
            deletion_protection,
        } = &order.definition;
        let call = aws
            .rds()
            .create_db_instance_read_replica()
            .db_instance_identifier(name)
            .source_db_instance_identifier(source.value())
            .db_instance_class(class.as_str())
            .set_max_allocated_storage(grows_to.map(size))
            .multi_az(*standby)
            .set_vpc_security_group_ids(Some(security_groups.iter().map(Ref::value).collect()))
            .publicly_accessible(*public)
            .auto_minor_version_upgrade(*minor_upgrades)
            .enable_performance_insights(insights.is_some())
            .set_performance_insights_retention_period(insights.map(i32::from))
            .monitoring_interval(monitoring.as_ref().map_or(0, |watch| i32::from(watch.seconds)))
            .set_monitoring_role_arn(monitoring.as_ref().map(|watch| watch.role.value()))
            .set_enable_cloudwatch_logs_exports(Some(written(logs)))
            .deletion_protection(*deletion_protection)
            .copy_tags_to_snapshot(true)
            .set_tags(Some(to_sdk(&order.tags)));
        match call.send().await.sorted("rds:CreateDBInstanceReadReplica").map_err(sorted) {
            Ok(_) => Ok(name.clone()),
            // That the source is not there is no sign that the replica has gone.
            Err(fault) if fault.kind == FaultKind::Gone => Err(fault.sorted(FaultKind::Refused)),
            Err(fault) => resume(aws, order, name, fault).await,
        }
    }

    async fn update(aws: &Aws, found: &Found<Replica>, wanted: &Replica) -> Result<(), Fault> {
        let (is, is_to_be) = (machine(&found.definition), machine(wanted));
        let grows = wanted.grows_to != found.definition.grows_to;
        if is == is_to_be && !grows {
            return Ok(());
        }
        let call = aws.rds().modify_db_instance().db_instance_identifier(&found.id).apply_immediately(true);
        let call = match (grows, wanted.grows_to) {
            (false, _) => call,
            (true, Some(most)) => call.max_allocated_storage(size(most)),
            // As large as it is: that is how RDS is told to stop.
            (true, None) => {
                let live = described(aws, &Ask::only([found.id.clone()])).await?;
                call.set_max_allocated_storage(live.first().map(|live| size(allocated(live))))
            }
        };
        let answer = is.change(&is_to_be, call).send().await.sorted("rds:ModifyDBInstance").map_err(sorted);
        match answer.map(drop) {
            Err(fault) if fault.kind == FaultKind::Gone => Err(fault),
            answer => {
                done_already(answer)?;
                aws.changed_databases().touch(&found.id);
                Ok(())
            }
        }
    }

    async fn retag(aws: &Aws, found: &Found<Replica>, retag: &Retag) -> Result<(), Fault> {
        tags::change(aws, &found.outputs[Replica::ARN.name], retag).await
    }

    /// There is no snapshot of a replica: what it holds, its source has. Backups of its own, if somebody has had them
    /// made, stay for as long as they were to be kept: AWS would delete them along with it.
    async fn delete(aws: &Aws, found: &Found<Replica>) -> Result<(), Fault> {
        let call = aws.rds().delete_db_instance().db_instance_identifier(&found.id).skip_final_snapshot(true);
        let call = call.delete_automated_backups(false);
        done_already(call.send().await.sorted("rds:DeleteDBInstance").map_err(sorted).map(drop))
    }
}

fn machine(replica: &Replica) -> Machine {
    let Replica {
        name: _,
        source: _,
        class,
        grows_to: _,
        standby,
        parameters,
        security_groups,
        public,
        minor_upgrades,
        insights,
        monitoring,
        logs,
        deletion_protection,
    } = replica.clone();
    Machine {
        class,
        standby,
        parameters,
        security_groups,
        public,
        minor_upgrades,
        insights,
        monitoring,
        logs,
        deletion_protection,
    }
}

/// The definition that would have produced a live replica. `None` for what is no replica.
fn understand(live: &Live) -> Option<Found<Replica>> {
    let name = live.db_instance_identifier().unwrap_or_default();
    let source = live.read_replica_source_db_instance_identifier().filter(|source| !source.is_empty())?;
    let (machine, unclear) = Machine::of(live);
    let Machine {
        class,
        standby,
        parameters,
        security_groups,
        public,
        minor_upgrades,
        insights,
        monitoring,
        logs,
        deletion_protection,
    } = machine;
    let most = live.max_allocated_storage().and_then(|gib| u32::try_from(gib).ok());
    let definition = Replica {
        name: name.to_owned(),
        source: Ref::known(source),
        class,
        grows_to: most.filter(|most| *most > allocated(live)),
        standby,
        parameters,
        security_groups,
        public,
        minor_upgrades,
        insights,
        monitoring,
        logs,
        deletion_protection,
    };
    let arn = live.db_instance_arn().unwrap_or_default();
    let found = Found::ready(name, definition, from_sdk(live.tag_list())).with(Replica::ARN.name, arn);
    let found = match live.endpoint().and_then(|endpoint| endpoint.address()) {
        Some(address) => found.with(Replica::ADDRESS.name, address),
        None => found,
    };
    let found = found.with_awaited(awaited(live));
    Some(found.in_state(unclear.map_or_else(|| state(live), State::Unreadable)))
}

static RULES: &[Rule<Replica>] = &[
    Rule {
        code: "V117",
        says: "a replica's name has 1 to 63 lower-case letters, digits and single hyphens, a letter first",
        source: "RDS API model: CreateDBInstanceReadReplica",
        severity: Severity::Error,
        check: |replica, _| hyphenated::name(&replica.name, 63),
    },
    Rule {
        code: "V121",
        says: "the system is looked at every 1, 5, 10, 15, 30 or 60 seconds, through a role that RDS may take on",
        source: "RDS API model: CreateDBInstanceReadReplica",
        severity: Severity::Error,
        check: |replica, around| monitoring_works(replica.monitoring.as_ref(), around),
    },
    Rule {
        code: "V122",
        says: "insights are kept for 7 days, for 1 to 23 months of 31 days, or for 731 days",
        source: "RDS API model: CreateDBInstanceReadReplica",
        severity: Severity::Error,
        check: |replica, _| insights_fit(replica.insights),
    },
    Rule {
        code: "V127",
        says: "a database has up to 15 replicas",
        source: "RDS API model: CreateDBInstanceReadReplica",
        severity: Severity::Error,
        check: few_enough,
    },
    Rule {
        code: "V127a",
        says: "a replica's disk may grow as far as its source's",
        source: "RDS user guide: storage autoscaling is a setting of each instance",
        severity: Severity::Warning,
        check: grows_with_its_source,
    },
];

fn grows_with_its_source(replica: &Replica, around: &Surroundings<'_>) -> Vec<Violation> {
    let Some(Database { storage, .. }) = around.of(&replica.source) else { return Vec::new() };
    match storage.grows_to {
        Some(most) if replica.grows_to.is_none_or(|own| own < most) => {
            let wrong = format!("its source's disk may grow to {most} GiB, and what follows it is full before");
            vec![Violation::of("grows_to", replica.grows_to, wrong, format!("write `grows_to: Some({most})`"))]
        }
        _ => Vec::new(),
    }
}

fn few_enough(replica: &Replica, around: &Surroundings<'_>) -> Vec<Violation> {
    match around.all::<Replica>().filter(|(_, other)| other.source == replica.source).count() {
        many @ 16.. => {
            let wrong = format!("there are {many} of this database");
            vec![Violation::of("source", &replica.source, wrong, "let some of them go")]
        }
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use infra_engine::model::Platform;

    use super::*;

    fn replica(name: &str) -> Replica {
        Replica {
            name: name.into(),
            source: Ref::known("shop-db"),
            class: "db.r6g.large".parse().unwrap(),
            grows_to: None,
            standby: false,
            parameters: Ref::known("shop-postgres16"),
            security_groups: BTreeSet::new(),
            public: false,
            minor_upgrades: true,
            insights: None,
            monitoring: None,
            logs: BTreeSet::new(),
            deletion_protection: false,
        }
    }

    #[test]
    fn only_a_replica_is_one() {
        use aws_sdk_rds::types::DbParameterGroupStatus;
        let parameters = DbParameterGroupStatus::builder().db_parameter_group_name("shop-postgres16").build();
        let live = Live::builder()
            .db_instance_identifier("shop-db-replica")
            .db_instance_arn("arn:aws:rds:us-east-1:123456789012:db:shop-db-replica")
            .db_instance_class("db.r6g.large")
            .auto_minor_version_upgrade(true)
            .db_parameter_groups(parameters)
            .read_replica_source_db_instance_identifier("shop-db");
        assert_eq!(understand(&live.clone().build()).unwrap().definition, replica("shop-db-replica"));
        assert!(understand(&live.read_replica_source_db_instance_identifier("").build()).is_none());
    }

    fn codes(many: usize, change: impl Fn(&mut Replica)) -> Vec<&'static str> {
        let mut platform = Platform::new();
        let mut stack = platform.stack("database");
        for number in 0..many {
            stack.add(format!("replica-{number}"), replica(&format!("shop-{number}")));
        }
        let definitions = platform.finish().unwrap();
        let mut changed = replica("shop-db-replica");
        change(&mut changed);
        let around = Surroundings::new(&definitions, &definitions[0].address);
        RULES.iter().flat_map(|rule| rule.violations(&changed, &around)).map(|violation| violation.code).collect()
    }

    #[test]
    fn what_aws_would_refuse_is_refused() {
        assert_eq!(codes(15, |_| {}), Vec::<&str>::new());
        assert_eq!(codes(16, |_| {}), ["V127"]);
        assert_eq!(codes(1, |replica| replica.name = "Shop".into()), ["V117"]);
        assert_eq!(codes(1, |replica| replica.insights = Some(30)), ["V122"]);
        let role = Ref::known("arn:aws:iam::123456789012:role/monitoring");
        let watch = move |seconds| Monitoring { seconds, role: role.clone() };
        assert_eq!(codes(1, |replica| replica.monitoring = Some(watch(60))), Vec::<&str>::new());
        assert_eq!(codes(1, |replica| replica.monitoring = Some(watch(20))), ["V121"]);
    }

    #[test]
    fn v127a_its_disk_grows_as_far_as_its_sources() {
        use super::super::{Password, Storage, StorageKind};
        let of = |most: Option<u32>, own: Option<u32>| {
            let mut platform = Platform::new();
            let mut stack = platform.stack("database");
            let source = Database {
                name: "shop-db".into(),
                version: "16".parse().unwrap(),
                class: "db.r6g.large".parse().unwrap(),
                storage: Storage { kind: StorageKind::Gp3, gib: 100, grows_to: most },
                encrypted: true,
                key: None,
                database: "shop".into(),
                user: "shop".into(),
                password: Password::SetElsewhere,
                port: 5432,
                standby: false,
                subnets: Ref::known("shop-db"),
                parameters: Ref::known("shop-postgres16"),
                security_groups: BTreeSet::new(),
                public: false,
                backups_kept: 7,
                minor_upgrades: true,
                insights: None,
                monitoring: None,
                logs: BTreeSet::new(),
                deletion_protection: false,
                last_snapshot: false,
            };
            let replica = Replica { source: stack.add("main", source).id(), grows_to: own, ..replica("shop-replica") };
            let address = stack.add("replica", replica.clone()).address().clone();
            let definitions = platform.finish().unwrap();
            let around = Surroundings::new(&definitions, &address);
            RULES
                .iter()
                .flat_map(|rule| rule.violations(&replica, &around))
                .map(|broken| broken.code)
                .collect::<Vec<_>>()
        };
        assert_eq!(of(Some(500), None), ["V127a"]);
        assert_eq!(of(Some(500), Some(400)), ["V127a"]);
        assert_eq!(of(Some(500), Some(500)), Vec::<&str>::new());
        assert_eq!(of(None, None), Vec::<&str>::new());
    }
}
