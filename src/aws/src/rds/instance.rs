//! A database: one Postgres, with a standby beside it or alone.

mod change;
mod rules;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;
use std::time::Duration;

use aws_sdk_rds::types::DbInstance as Live;
use infra_derive::Resource;
use infra_engine::check::{Passage, Rule};
use infra_engine::live::{Ask, Behaviour, Fault, FaultKind, Found, Order, Retag, State, Waits};
use infra_engine::model::{Ref, Tags};
use serde::{Deserialize, Serialize};

use super::machine::{
    Class, LogExport, Machine, Monitoring, after_change, allocated, awaited, described, done_already, is_asked_for,
    size, sorted, state, written,
};
use super::note::{NOTE, Note};
use super::version::PostgresVersion;
use super::{DatabaseParameterGroupName, DatabaseSubnetGroupName, password, tags};
use crate::again::resume;
use crate::ec2::SecurityGroupId;
use crate::iam::{Arn, KeyArn};
use crate::pages::each;
use crate::secretsmanager::{self, SecretArn, SecretVersion, Versions};
use crate::tags::{from_sdk, to_sdk};
use crate::{Aws, Sorted};

use change::{PasswordStep, managed, password_step};

pub(super) use rules::{insights_fit, monitoring_works};

/// A database: one Postgres, with a standby beside it or alone.
///
/// ```
/// use std::collections::BTreeSet;
///
/// use infra_aws::rds::{Database, LogExport, Monitoring, Password, Storage, StorageKind};
/// use infra_engine::model::Ref;
///
/// let database = Database {
///     name: "shop-db".into(),
///     version: "16.4".parse()?,
///     class: "db.r6g.large".parse()?,
///     storage: Storage { kind: StorageKind::Gp3, gib: 100, grows_to: Some(500) },
///     encrypted: true,
///     key: None,
///     database: "shop".into(),
///     user: "shop".into(),
///     password: Password::FromSecret(Ref::known("arn:aws:secretsmanager:us-east-1:123456789012:secret:shop/db-AbCdEf")),
///     port: 5432,
///     standby: true,
///     subnets: Ref::known("shop-db"),
///     parameters: Ref::known("shop-postgres16"),
///     security_groups: BTreeSet::from([Ref::known("sg-0a1b2c3d4e5f60718")]),
///     public: false,
///     backups_kept: 7,
///     minor_upgrades: true,
///     insights: Some(7),
///     monitoring: Some(Monitoring { seconds: 60, role: Ref::known("arn:aws:iam::123456789012:role/shop-monitoring") }),
///     logs: BTreeSet::from([LogExport::Postgresql]),
///     deletion_protection: true,
///     last_snapshot: true,
/// };
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// Changes are made at once, not in the next maintenance window.
///
/// A password out of a secret is taken from it in the very call that sends it. `infra apply --rotate database.password`
/// makes a new one, sets it, waits until it is in force, and only then hands it out: what refers to the secret's
/// `VERSION` follows in the same apply. What is connected stays connected; who connects meanwhile with the old one is
/// refused, because Postgres knows one password of a user. So who connects often goes through a pool that keeps its
/// connections, and is the only one to have the password.
///
/// One that AWS manages is generated, kept and rotated by AWS, every seven days; the output `SECRET` is where. Nothing
/// here follows a rotation, and there can be no replica.
///
/// Its logs go to the group `/aws/rds/instance/NAME/postgresql`: add the group, or RDS makes one that nobody owns.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Resource)]
#[resource(kind = "rds/instance", id = DatabaseName, replacement = "delete_first", after = ["logs/log-group"])]
#[resource(outputs(
    /// Its Amazon Resource Name.
    ARN: new DatabaseArn,
    /// The name that clients connect to.
    ADDRESS: new DatabaseAddress,
    /// What AWS calls it in its own records, such as `db-ABCDEFGHIJKL`: for metrics and for permissions to log in.
    RESOURCE_ID: new DatabaseResourceId,
    /// The secret that holds the user's name and password, while AWS manages it.
    SECRET: SecretArn,
    /// The version of that secret that is in force: another one after each rotation.
    SECRET_VERSION: SecretVersion,
))]
pub struct Database {
    /// Its name, unique in account and region among databases and replicas.
    #[key]
    pub name: String,
    /// The version of PostgreSQL. Where AWS makes minor upgrades, a newer minor one is no difference.
    pub version: PostgresVersion,
    /// The machine.
    pub class: Class,
    /// The disk.
    pub storage: Storage,
    /// Whether the disk is encrypted.
    #[replace]
    pub encrypted: bool,
    /// The key that the disk is encrypted with; without one AWS uses its own. It stays with the database.
    #[initial]
    pub key: Option<Ref<KeyArn>>,
    /// The name of the first database in it.
    #[replace]
    pub database: String,
    /// The name of its first user.
    #[replace]
    pub user: String,
    /// Whose business that user's password is.
    pub password: Password,
    /// The port that clients connect to; AWS's own choice is 5432.
    pub port: u16,
    /// Whether a second machine in another zone stands ready to take over ("Multi-AZ").
    pub standby: bool,
    /// Where it stands. It moves, and does not answer meanwhile: only to another network, where its security groups
    /// are then, and only without a standby and without replicas.
    pub subnets: Ref<DatabaseSubnetGroupName>,
    /// How its engine is set up.
    pub parameters: Ref<DatabaseParameterGroupName>,
    /// Who may connect.
    pub security_groups: BTreeSet<Ref<SecurityGroupId>>,
    /// Whether it has an address on the internet.
    pub public: bool,
    /// For how many days backups are kept; with 0 none are made, and there can be no replica.
    pub backups_kept: u8,
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
    /// Whether a last snapshot is made when it is deleted.
    pub last_snapshot: bool,
}

/// A disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Storage {
    /// What sort of disk.
    pub kind: StorageKind,
    /// How large it is, or was when it began to grow. It never shrinks: a smaller one is another database's.
    pub gib: u32,
    /// How large it may grow by itself.
    pub grows_to: Option<u32>,
}

/// A sort of disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StorageKind {
    /// As fast as it is large.
    Gp2,
    /// With 3000 operations and 125 MiB a second at least.
    Gp3,
}

/// Whose business a password is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Password {
    /// The platform's own: the value of this secret.
    FromSecret(Ref<SecretArn>),
    /// AWS's: it is in Secrets Manager, and rotated there every seven days. Not with a replica.
    ManagedByAws,
    /// Somebody's, by hand. Nothing is made so here; it is what an adopted database may have.
    SetElsewhere,
}

impl Arn for DatabaseArn {}

const MINUTE: u64 = 60;

impl Behaviour for Database {
    type Cloud = Aws;

    const KEEPS: &'static [(&'static str, &'static str)] = &[("last_snapshot", "true")];

    const HOLDS_DATA: bool = true;
    const WAITS: Waits = Waits {
        usual: Duration::from_secs(12 * MINUTE),
        create: Duration::from_secs(60 * MINUTE),
        update: Duration::from_secs(90 * MINUTE),
        delete: Duration::from_secs(60 * MINUTE),
    };

    const GUARDED_BY: Option<&'static str> = Some("deletion_protection");

    const ACTIONS: &'static [&'static str] = &[
        // The first database of an account brings RDS's own role with it.
        "iam:CreateServiceLinkedRole",
        "iam:PassRole",
        // AWS makes and rotates the password in the name of who asks for it.
        "kms:CreateGrant",
        "kms:DescribeKey",
        "rds:CreateDBInstance",
        "rds:CreateDBSnapshot",
        "rds:DeleteDBInstance",
        "rds:DescribeDBInstances",
        "rds:ModifyDBInstance",
        tags::ADD,
        tags::REMOVE,
        // The password that AWS manages, and the one of the platform's own.
        "secretsmanager:CreateSecret",
        "secretsmanager:DescribeSecret",
        "secretsmanager:GetSecretValue",
        "secretsmanager:RotateSecret",
        "secretsmanager:TagResource",
        "secretsmanager:UpdateSecretVersionStage",
    ];

    const SENDS: &'static [&'static str] = &["password"];

    fn rules() -> &'static [Rule<Database>] {
        rules::RULES
    }

    fn passages() -> &'static [Passage<Database>] {
        rules::PASSAGES
    }

    async fn read(aws: &Aws, ask: &Ask) -> Result<Vec<Found<Database>>, Fault> {
        let described = described(aws, ask).await?;
        let asked = described.iter().filter(|live| is_database(live) && is_asked_for(ask, live));
        let whole = async |live: Live| {
            let mut found = understand(&live, &versions(aws, &live).await?);
            found.state = after_change(aws, &live, found.state);
            Ok(found)
        };
        each(asked.cloned(), whole).await
    }

    async fn create(aws: &Aws, order: &Order<Database>) -> Result<String, Fault> {
        let operation = "rds:CreateDBInstance";
        let wanted = &order.definition;
        let Database {
            name,
            version,
            class,
            storage: Storage { kind, gib, grows_to },
            encrypted,
            key,
            database,
            user,
            password,
            port,
            standby,
            subnets,
            parameters,
            security_groups,
            public,
            backups_kept,
            minor_upgrades,
            insights,
            monitoring,
            logs,
            deletion_protection,
            last_snapshot: _,
        } = wanted;
        let mut tags = order.tags.clone();
        tags.insert(NOTE.to_owned(), note(wanted).to_string());
        let own = match password {
            Password::FromSecret(secret) => {
                let secret = secret.value();
                let (version, value) = secretsmanager::current(aws, &secret).await?;
                tags.insert(password::NOTE.to_owned(), password::Note { secret, version }.to_string());
                Some(value)
            }
            Password::ManagedByAws => None,
            Password::SetElsewhere => {
                let message = "a database is not made with a password that nobody knows: write `Password::FromSecret`";
                return Err(Fault::new(FaultKind::Refused, operation, message));
            }
        };
        let call = aws
            .rds()
            .create_db_instance()
            .db_instance_identifier(name)
            .engine(ENGINE)
            .engine_version(version.to_string())
            .db_instance_class(class.as_str())
            .storage_type(kind.text())
            .allocated_storage(size(*gib))
            .set_max_allocated_storage(grows_to.map(size))
            .storage_encrypted(*encrypted)
            .set_kms_key_id(key.as_ref().map(Ref::value))
            .db_name(database)
            .master_username(user)
            .set_manage_master_user_password(own.is_none().then_some(true))
            .set_master_user_password(own.as_ref().map(|value| value.expose().to_owned()))
            .port(i32::from(*port))
            .multi_az(*standby)
            .db_subnet_group_name(subnets.value())
            .db_parameter_group_name(parameters.value())
            .set_vpc_security_group_ids(Some(security_groups.iter().map(Ref::value).collect()))
            .publicly_accessible(*public)
            .backup_retention_period(i32::from(*backups_kept))
            .auto_minor_version_upgrade(*minor_upgrades)
            .enable_performance_insights(insights.is_some())
            .set_performance_insights_retention_period(insights.map(i32::from))
            .monitoring_interval(monitoring.as_ref().map_or(0, |watch| i32::from(watch.seconds)))
            .set_monitoring_role_arn(monitoring.as_ref().map(|watch| watch.role.value()))
            .set_enable_cloudwatch_logs_exports(Some(written(logs)))
            .deletion_protection(*deletion_protection)
            .copy_tags_to_snapshot(true)
            .set_tags(Some(to_sdk(&tags)));
        match call.send().await.sorted(operation).map_err(sorted) {
            Ok(_) => Ok(name.clone()),
            Err(fault) => resume(aws, order, name, fault).await,
        }
    }

    /// One call for all that differs; what is live is looked at anew, because the note stands before its true size.
    async fn update(aws: &Aws, found: &Found<Database>, wanted: &Database) -> Result<(), Fault> {
        let operation = "rds:ModifyDBInstance";
        let lives = described(aws, &Ask::only([found.id.clone()])).await?;
        let Some(raw) = lives.first() else {
            return Err(Fault::new(FaultKind::Gone, operation, format!("there is no database {}", found.id)));
        };
        let found = understand(raw, &versions(aws, raw).await?);
        let live = &found.definition;
        let step = password_step(aws, raw, &wanted.password).await?;
        let (is, is_to_be) = (machine(live), machine(wanted));
        let allocated = allocated(raw);
        let Storage { kind, gib, grows_to } = wanted.storage;
        let larger = gib > allocated || (gib < allocated && grows_to.is_none());
        // Of `16` AWS has chosen the minor version already: that is noted, and nothing else.
        let upgraded = !wanted.version.covers(live.version, wanted.minor_upgrades);
        let same = is == is_to_be
            && !(larger || upgraded)
            && (kind, grows_to) == (live.storage.kind, live.storage.grows_to)
            && (wanted.port, wanted.backups_kept) == (live.port, live.backups_kept)
            && wanted.subnets == live.subnets
            && !step.sets();
        if !same {
            let call = aws.rds().modify_db_instance().db_instance_identifier(&found.id).apply_immediately(true);
            let mut call = is.change(&is_to_be, call);
            if upgraded {
                call = call.engine_version(wanted.version.to_string());
                call = call.allow_major_version_upgrade(wanted.version.major != live.version.major);
            }
            if larger {
                call = call.allocated_storage(size(gib));
            }
            if kind != live.storage.kind {
                call = call.storage_type(kind.text());
            }
            if grows_to != live.storage.grows_to {
                // As large as it is: that is how RDS is told to stop.
                call = call.max_allocated_storage(size(grows_to.unwrap_or(gib.max(allocated))));
            }
            call = step.say(call, managed(raw));
            if wanted.port != live.port {
                call = call.db_port_number(i32::from(wanted.port));
            }
            if wanted.subnets != live.subnets {
                call = call.db_subnet_group_name(wanted.subnets.value());
            }
            if wanted.backups_kept != live.backups_kept {
                call = call.backup_retention_period(i32::from(wanted.backups_kept));
            }
            done_already(call.send().await.sorted(operation).map_err(sorted).map(drop))?;
            aws.changed_databases().touch(&found.id);
        }
        let mut set = Tags::new();
        if noted(raw) != Some(note(wanted)) {
            set.insert(NOTE.to_owned(), note(wanted).to_string());
        }
        match step {
            PasswordStep::Set { note, value: _ } => {
                set.insert(password::NOTE.to_owned(), note.to_string());
            }
            PasswordStep::End { secret, versions } => {
                if let State::Pending(doing) = state(raw) {
                    return Err(Fault::new(FaultKind::Busy, operation, format!("the database is {doing}")));
                }
                if versions.next != versions.current {
                    secretsmanager::hand_over(aws, &secret, &versions).await?;
                }
                secretsmanager::end_rotation(aws, &secret, &versions).await?;
            }
            PasswordStep::Manage | PasswordStep::None => {}
        }
        tags::change(aws, &found.outputs[Database::ARN.name], &Retag { set, remove: Vec::new() }).await
    }

    async fn retag(aws: &Aws, found: &Found<Database>, retag: &Retag) -> Result<(), Fault> {
        tags::change(aws, &found.outputs[Database::ARN.name], retag).await
    }

    /// The last snapshot has a name that is this database's own: repeated, it is the same one. The automatic backups stay
    /// for as long as they would have been kept: without them nothing brings back what was deleted by mistake.
    async fn delete(aws: &Aws, found: &Found<Database>) -> Result<(), Fault> {
        let call = aws.rds().delete_db_instance().db_instance_identifier(&found.id).delete_automated_backups(false);
        let resource = found.outputs.get(Database::RESOURCE_ID.name).map(|id| id.to_lowercase()).unwrap_or_default();
        let call = match found.definition.last_snapshot {
            true => {
                call.skip_final_snapshot(false).final_db_snapshot_identifier(format!("{}-last-{resource}", found.id))
            }
            false => call.skip_final_snapshot(true),
        };
        done_already(call.send().await.sorted("rds:DeleteDBInstance").map_err(sorted).map(drop))
    }
}

const ENGINE: &str = "postgres";

impl StorageKind {
    fn text(self) -> &'static str {
        match self {
            StorageKind::Gp2 => "gp2",
            StorageKind::Gp3 => "gp3",
        }
    }
}

fn machine(database: &Database) -> Machine {
    Machine {
        class: database.class.clone(),
        standby: database.standby,
        parameters: database.parameters.clone(),
        security_groups: database.security_groups.clone(),
        public: database.public,
        minor_upgrades: database.minor_upgrades,
        insights: database.insights,
        monitoring: database.monitoring.clone(),
        logs: database.logs.clone(),
        deletion_protection: database.deletion_protection,
    }
}

fn note(database: &Database) -> Note {
    Note { version: database.version, gib: database.storage.gib, last_snapshot: database.last_snapshot }
}

fn noted(live: &Live) -> Option<Note> {
    live.tag_list().iter().find(|tag| tag.key() == Some(NOTE)).and_then(|tag| Note::parse(tag.value()?))
}

/// True for what this kind is: not for replicas, members of clusters, and other engines.
fn is_database(live: &Live) -> bool {
    let belongs = [live.read_replica_source_db_instance_identifier(), live.db_cluster_identifier()];
    live.engine() == Some(ENGINE) && belongs.into_iter().flatten().all(str::is_empty)
}

/// Which version of the secret a database's password was set to; nothing where AWS manages it.
fn password_note(live: &Live) -> Option<password::Note> {
    let tag = live.tag_list().iter().find(|tag| tag.key() == Some(password::NOTE));
    tag.filter(|_| !managed(live)).and_then(|tag| password::Note::parse(tag.value()?))
}

/// The versions of the secret that a database's password is in.
async fn versions(aws: &Aws, live: &Live) -> Result<Versions, Fault> {
    if let Some(note) = password_note(live) {
        return secretsmanager::versions(aws, &note.secret).await;
    }
    match live.master_user_secret().and_then(|secret| secret.secret_arn()) {
        // Who may not look at AWS's secret sees the database all the same, without the secret's version.
        Some(secret) => match secretsmanager::versions(aws, secret).await {
            Err(fault) if fault.kind == FaultKind::Denied => Ok(Versions::default()),
            answer => answer,
        },
        None => Ok(Versions::default()),
    }
}

/// The definition that would have produced a live database. What cannot be put in these words is there all the same: a
/// stand-in takes its place.
fn understand(live: &Live, versions: &Versions) -> Found<Database> {
    let name = live.db_instance_identifier().unwrap_or_default();
    let arn = live.db_instance_arn().unwrap_or_default();
    let (machine, unclear) = Machine::of(live);
    let some = |text: Option<&str>| text.filter(|text| !text.is_empty()).map(str::to_owned);
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
    let (note, pending) = (noted(live), live.pending_modified_values());
    let version = pending.and_then(|values| values.engine_version()).or(live.engine_version()).unwrap_or_default();
    let (version, unclear) = match version.parse::<PostgresVersion>() {
        Ok(version) => (version, unclear),
        Err(error) => {
            let said = note.map_or(PostgresVersion { major: 16, minor: None }, |note| note.version);
            (said, Some(format!("its version reads as no version that this program knows: {error}")))
        }
    };
    let password = match password_note(live) {
        _ if managed(live) => Password::ManagedByAws,
        Some(note) => Password::FromSecret(Ref::known(note.told(note.standing(versions)))),
        None => Password::SetElsewhere,
    };
    let gib = allocated(live);
    let grows_to = live
        .max_allocated_storage()
        .and_then(|gib| u32::try_from(gib).ok())
        .filter(|most| *most > gib || note.is_some());
    let storage_type = pending.and_then(|values| values.storage_type()).or(live.storage_type());
    let port = pending.and_then(|values| values.port()).or(live.endpoint().and_then(|endpoint| endpoint.port()));
    let backups = pending.and_then(|values| values.backup_retention_period()).or(live.backup_retention_period());
    let subnets = pending
        .and_then(|values| values.db_subnet_group_name())
        .or(live.db_subnet_group().and_then(|group| group.db_subnet_group_name()));
    let definition = Database {
        name: name.to_owned(),
        version: note.map(|note| note.version).filter(|said| said.covers(version, minor_upgrades)).unwrap_or(version),
        class,
        storage: Storage {
            kind: if storage_type == Some("gp2") { StorageKind::Gp2 } else { StorageKind::Gp3 },
            // What RDS has added by itself is no difference.
            gib: note.map(|note| note.gib).filter(|said| *said <= gib && grows_to.is_some()).unwrap_or(gib),
            grows_to,
        },
        encrypted: live.storage_encrypted().unwrap_or(false),
        key: some(live.kms_key_id()).map(Ref::known),
        database: live.db_name().unwrap_or_default().to_owned(),
        user: live.master_username().unwrap_or_default().to_owned(),
        password,
        port: port.and_then(|port| u16::try_from(port).ok()).filter(|port| *port > 0).unwrap_or(5432),
        standby,
        subnets: Ref::known(subnets.unwrap_or_default()),
        parameters,
        security_groups,
        public,
        backups_kept: backups.and_then(|days| u8::try_from(days).ok()).unwrap_or(0),
        minor_upgrades,
        insights,
        monitoring,
        logs,
        deletion_protection,
        // Of what somebody else has made, a snapshot is kept to be on the safe side.
        last_snapshot: note.is_none_or(|note| note.last_snapshot),
    };
    let mut tags = from_sdk(live.tag_list());
    tags.remove(NOTE);
    tags.remove(password::NOTE);
    let mut found = Found::ready(name, definition, tags).with(Database::ARN.name, arn).with_awaited(awaited(live));
    let outputs = [
        (Database::ADDRESS.name, live.endpoint().and_then(|endpoint| endpoint.address())),
        (Database::RESOURCE_ID.name, live.dbi_resource_id()),
        (Database::SECRET.name, live.master_user_secret().and_then(|secret| secret.secret_arn())),
        (Database::SECRET_VERSION.name, versions.current.as_deref().filter(|_| managed(live))),
    ];
    for (output, value) in outputs {
        found = match value {
            Some(value) => found.with(output, value),
            None => found,
        };
    }
    found.in_state(unclear.map_or_else(|| state(live), State::Unreadable))
}
