//! What RDS would refuse of a database.

use infra_engine::check::{Otherwise, Passage, Rule, Severity, Surroundings, Violation};
use serde::Serialize;

use super::super::machine::Monitoring;
use super::super::{DatabaseParameterGroup, Replica};
use super::{Database, Password, Storage};
use crate::ecs::{Container, SecretSource, TaskDefinition};
use crate::hyphenated;
use crate::iam::{Service, passed};
use crate::text::Text;

const MODEL: &str = "RDS API model: CreateDBInstance";

pub(super) static PASSAGES: &[Passage<Database>] = &[
    Passage {
        code: "V120",
        says: "storage never shrinks, and grows by a tenth at least",
        source: "RDS API model: ModifyDBInstance",
        otherwise: Otherwise::Refused,
        check: storage_grows,
    },
    Passage {
        code: "V120a",
        says: "a database never goes back to an older version",
        source: "RDS user guide: Upgrading the PostgreSQL DB engine",
        otherwise: Otherwise::Refused,
        check: version_rises,
    },
];

/// With room to grow by itself, the size is what it began with, and may be said to have been less.
fn storage_grows(live: &Database, wanted: &Database) -> Vec<Violation> {
    let (before, after) = (live.storage.gib, wanted.storage.gib);
    let least = before + before.div_ceil(10);
    let wrong = match wanted.storage.grows_to {
        None if after < before => format!("{after} GiB are fewer than the {before} that it has"),
        _ if after > before && after < least => format!("from {before} to {after} GiB it grows by less than a tenth"),
        _ => return Vec::new(),
    };
    vec![Violation::of(
        "storage",
        wanted.storage,
        wrong,
        format!("write {before}, or {least} or more; `--replace` makes a new one, without what is in this one"),
    )]
}

fn version_rises(live: &Database, wanted: &Database) -> Vec<Violation> {
    let (before, after) = (live.version, wanted.version);
    let older = after.major < before.major || (after.major == before.major && after.minor < before.minor);
    if !older || after.minor.is_none() && after.major == before.major {
        return Vec::new();
    }
    let wrong = format!("{after} is older than {before}, which it has");
    vec![Violation::of("version", after, wrong, format!("write {before} or a newer one"))]
}

pub(super) static RULES: &[Rule<Database>] = &[
    Rule {
        code: "V117",
        says: "a database's name has 1 to 63 lower-case letters, digits and single hyphens, a letter first",
        source: MODEL,
        severity: Severity::Error,
        check: |database, _| hyphenated::name(&database.name, 63),
    },
    Rule {
        code: "V117b",
        says: "the first database and its user have names that Postgres takes and RDS does not keep to itself",
        source: MODEL,
        severity: Severity::Error,
        check: inner_names_fit,
    },
    Rule {
        code: "V118",
        says: "the password is a secret's, or AWS manages it",
        source: "this program's own: a password that nobody knows cannot be handed to anybody",
        severity: Severity::Error,
        check: password_is_known,
    },
    Rule {
        code: "V118a",
        says: "a database with a replica has no password that AWS manages",
        source: "RDS user guide: limitations of password management with Secrets Manager",
        severity: Severity::Error,
        check: replicas_take_the_password,
    },
    Rule {
        code: "V118b",
        says: "what AWS rotates every seven days, only an apply follows",
        source: "RDS user guide: rotation of managed passwords; ECS guide: injected secrets are read at the start only",
        severity: Severity::Warning,
        check: rotations_are_followed,
    },
    Rule {
        code: "V119",
        says: "a disk has 20 to 65536 GiB, and grows by a tenth at least",
        source: MODEL,
        severity: Severity::Error,
        check: storage_fits,
    },
    Rule {
        code: "V121",
        says: "the system is looked at every 1, 5, 10, 15, 30 or 60 seconds, through a role that RDS may take on",
        source: MODEL,
        severity: Severity::Error,
        check: |database, around| monitoring_works(database.monitoring.as_ref(), around),
    },
    Rule {
        code: "V122",
        says: "insights are kept for 7 days, for 1 to 23 months of 31 days, or for 731 days",
        source: MODEL,
        severity: Severity::Error,
        check: |database, _| insights_fit(database.insights),
    },
    Rule {
        code: "V123",
        says: "backups are kept for up to 35 days, and a database with a replica has some",
        source: MODEL,
        severity: Severity::Error,
        check: backups_fit,
    },
    Rule {
        code: "V124",
        says: "the parameter group is of the engine's family",
        source: "cfn-lint: RDS",
        severity: Severity::Error,
        check: family_fits,
    },
    Rule {
        code: "V126",
        says: "a key encrypts something",
        source: MODEL,
        severity: Severity::Error,
        check: key_is_used,
    },
];

fn broken(field: &str, value: impl Serialize, wrong: impl Into<String>, way_out: &str) -> Vec<Violation> {
    vec![Violation::of(field, value, wrong, way_out)]
}

fn inner_names_fit(database: &Database, _: &Surroundings<'_>) -> Vec<Violation> {
    const RESERVED: [&str; 5] = ["admin", "postgres", "rdsadmin", "template0", "template1"];
    let mut violations = Vec::new();
    for (field, name, taken) in
        [("database", &database.database, &RESERVED[2..]), ("user", &database.user, &["admin", "rdsadmin"])]
    {
        let plain = name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
        let first = name.starts_with(|c: char| c.is_ascii_alphabetic());
        let wrong = match (plain && first && name.len() <= 63, taken.contains(&name.as_str())) {
            (false, _) => "it is not a word of letters, digits and `_`, a letter first",
            (_, true) => "RDS keeps this name to itself",
            (true, false) => continue,
        };
        violations.extend(broken(field, name, wrong, "write a word such as `shop`"));
    }
    violations
}

fn password_is_known(database: &Database, _: &Surroundings<'_>) -> Vec<Violation> {
    match &database.password {
        Password::FromSecret(_) | Password::ManagedByAws => Vec::new(),
        other => broken("password", other, "nobody would know it", "write `Password::FromSecret` and a secret"),
    }
}

/// A replica follows its source's users, and RDS makes none of a source whose password it keeps.
fn replicas_take_the_password(database: &Database, around: &Surroundings<'_>) -> Vec<Violation> {
    let this = format!("{}.id", around.address());
    match around.all::<Replica>().find(|(_, replica)| replica.source.value() == this) {
        Some((replica, _)) if database.password == Password::ManagedByAws => {
            let wrong =
                format!("{replica} is a replica of it, and RDS makes none of a database whose password it manages");
            broken("password", &database.password, wrong, "write `Password::FromSecret` and a secret of its own")
        }
        _ => Vec::new(),
    }
}

/// A task has what the secret held when it started.
fn rotations_are_followed(database: &Database, around: &Surroundings<'_>) -> Vec<Violation> {
    let output = |name: &str| format!("{}.{name}", around.address());
    let (secret, version) = (output(Database::SECRET.name), output(Database::SECRET_VERSION.name));
    let given =
        |task: &TaskDefinition| task.containers.values().any(|one| one.secrets.values().any(|it| it.is_of(&secret)));
    let follows = |container: &Container| {
        let texts = container.environment.values().map(Text::value);
        texts.chain(container.secrets.values().map(SecretSource::value)).any(|text| text.contains(&version))
    };
    match around.all::<TaskDefinition>().find(|(_, task)| given(task)) {
        Some((task, definition)) if database.password == Password::ManagedByAws => {
            let (until, more) = match definition.containers.values().any(follows) {
                true => ("until the next apply, or whatever else starts it anew", "apply after each rotation"),
                false => {
                    ("until it is started anew", "give the task `secret_version` as a variable and apply after each")
                }
            };
            let wrong = format!(
                "{task} is given it when it starts, and AWS makes another one every seven days: from then on it is \
                 refused, {until}"
            );
            let way_out = format!(
                "write `Password::FromSecret` and a secret of its own; or {more}, and have fewer of them: `aws \
                 secretsmanager rotate-secret`"
            );
            broken("password", &database.password, wrong, &way_out)
        }
        _ => Vec::new(),
    }
}

fn storage_fits(database: &Database, _: &Surroundings<'_>) -> Vec<Violation> {
    let Storage { kind: _, gib, grows_to } = database.storage;
    if !(20..=65_536).contains(&gib) {
        return broken("storage", database.storage, format!("{gib} GiB are not among them"), "write 20 or more");
    }
    match grows_to {
        Some(most) if u64::from(most) * 10 < u64::from(gib) * 11 => {
            let way_out = "let it grow to a quarter more at least, or leave the limit out";
            broken("storage", database.storage, format!("from {gib} to {most} GiB is less than a tenth"), way_out)
        }
        _ => Vec::new(),
    }
}

/// V121, for databases and replicas.
pub(in super::super) fn monitoring_works(monitoring: Option<&Monitoring>, around: &Surroundings<'_>) -> Vec<Violation> {
    let Some(watch) = monitoring else { return Vec::new() };
    let mut violations: Vec<_> =
        passed("monitoring", &watch.role, &Service::RdsMonitoring, around).into_iter().collect();
    if ![1, 5, 10, 15, 30, 60].contains(&watch.seconds) {
        let wrong = format!("{} seconds are not among them", watch.seconds);
        violations.extend(broken("monitoring", watch, wrong, "write 60"));
    }
    violations
}

/// V122, for databases and replicas.
pub(in super::super) fn insights_fit(days: Option<u16>) -> Vec<Violation> {
    let known = |days: u16| days == 7 || days == 731 || (days > 0 && days.is_multiple_of(31) && days / 31 <= 23);
    match days {
        Some(days) if !known(days) => broken("insights", days, format!("{days} days are none of these"), "write 7"),
        _ => Vec::new(),
    }
}

fn backups_fit(database: &Database, around: &Surroundings<'_>) -> Vec<Violation> {
    let this = format!("{}.id", around.address());
    match database.backups_kept {
        36.. => broken("backups_kept", database.backups_kept, "it is more than 35 days", "write 1 to 35"),
        0 => match around.all::<Replica>().find(|(_, replica)| replica.source.value() == this) {
            Some((replica, _)) => {
                let wrong = format!("{replica} is a replica of it, and is made of its backups");
                broken("backups_kept", 0, wrong, "keep backups for a day at least")
            }
            None => Vec::new(),
        },
        _ => Vec::new(),
    }
}

fn family_fits(database: &Database, around: &Surroundings<'_>) -> Vec<Violation> {
    let Some(group) = around.of::<DatabaseParameterGroup, _>(&database.parameters) else { return Vec::new() };
    let family = format!("postgres{}", database.version.major);
    if group.family.text() == family {
        return Vec::new();
    }
    let wrong = format!(
        "it is of the family {}, and PostgreSQL {} is set up by one of {family}",
        group.family, database.version
    );
    broken("parameters", &database.parameters, wrong, "refer to a parameter group of the engine's family")
}

fn key_is_used(database: &Database, _: &Surroundings<'_>) -> Vec<Violation> {
    match (&database.key, database.encrypted) {
        (Some(key), false) => {
            broken("key", key, "the disk is not encrypted", "write `encrypted: true`, or leave the key out")
        }
        _ => Vec::new(),
    }
}
