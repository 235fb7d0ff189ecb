//! RDS: machines by their class, disks by their size; a standby doubles both.

use infra_aws::rds::{
    Class, Database, DatabaseParameterGroup, DatabaseSubnetGroup, Monitoring, Password, Replica, Storage, StorageKind,
};

use super::{Priced, free};
use crate::cost::{Around, Costs, Line, Quantity, UsageKey};

free!(
    DatabaseParameterGroup: "a setting",
    DatabaseSubnetGroup: "a setting",
);

const DISK: &UsageKey =
    &UsageKey { name: "disk_gib", about: "How large the disk is by now, where it grows by itself." };
const BACKUPS: &UsageKey = &UsageKey {
    name: "backup_gb_beyond_disk",
    about: "The gigabytes of backups beyond the size of the disk, up to which they are free.",
};
const WATCHED: &UsageKey = &UsageKey {
    name: "monitoring_gb_per_month",
    about: "The gigabytes that enhanced monitoring writes into its log group in a month.",
};

/// For how many days insights are kept for nothing.
const FREE_INSIGHTS: u16 = 7;

impl Priced for Database {
    const USAGE: &'static [&'static UsageKey] = &[DISK, BACKUPS, WATCHED];

    fn costs(&self, around: &Around<'_>) -> Costs {
        let machine = Machine {
            class: &self.class,
            standby: self.standby,
            insights: self.insights,
            monitoring: &self.monitoring,
        };
        let mut lines = machine.lines(around);
        lines.push(disk(around, &self.storage, self.standby));
        if self.backups_kept > 0 {
            lines.push(around.by_usage("backups beyond the disk's size", "rds.postgres.backup.gb-month", BACKUPS));
        }
        if self.password == Password::ManagedByAws {
            lines.push(Line::of("the secret of its password", "secret.month", Quantity::always(1)));
        }
        Costs::Lines(lines)
    }
}

impl Priced for Replica {
    const USAGE: &'static [&'static UsageKey] = &[DISK, WATCHED];

    /// It has a disk of its source's size, and grows by itself on its own.
    fn costs(&self, around: &Around<'_>) -> Costs {
        let machine = Machine {
            class: &self.class,
            standby: self.standby,
            insights: self.insights,
            monitoring: &self.monitoring,
        };
        let mut lines = machine.lines(around);
        lines.push(match around.follow::<Database, _>(&self.source) {
            Some(source) => disk(around, &Storage { grows_to: self.grows_to, ..source.storage }, self.standby),
            None => Line::of("disk of a size that is not known", "rds.postgres.unknown.gb-month", Quantity::always(1)),
        });
        Costs::Lines(lines)
    }
}

/// What a database and a replica have in common.
struct Machine<'a> {
    class: &'a Class,
    standby: bool,
    insights: Option<u16>,
    monitoring: &'a Option<Monitoring>,
}

impl Machine<'_> {
    fn lines(&self, around: &Around<'_>) -> Vec<Line> {
        let price = format!("rds.postgres.{}.{}.hour", self.class.as_str(), places(self.standby));
        let what = if self.standby { "machine and its standby" } else { "machine" };
        let mut lines = vec![Line::hours(what, price, 1)];
        if self.insights.is_some_and(|days| days > FREE_INSIGHTS) {
            lines.push(Line::of("insights beyond a week", "rds.insights.long.vcpu-month", Quantity::always(1)));
        }
        if self.monitoring.is_some() {
            lines.push(around.by_usage("enhanced monitoring", "logs.gb", WATCHED));
        }
        lines
    }
}

fn disk(around: &Around<'_>, storage: &Storage, standby: bool) -> Line {
    let kind = match storage.kind {
        StorageKind::Gp2 => "gp2",
        StorageKind::Gp3 => "gp3",
    };
    let given = around.used(DISK);
    let most = storage.grows_to.unwrap_or(storage.gib).max(storage.gib);
    let what = if standby { "disk, twice" } else { "disk" };
    let price = format!("rds.postgres.{kind}.{}.gb-month", places(standby));
    Line::of(what, price, Quantity::between(storage.gib.into(), given, most.into()))
}

fn places(standby: bool) -> &'static str {
    if standby { "multi" } else { "single" }
}
