//! What a database and its replica have in common: the machine, who may reach it, and how it is watched.

use std::collections::BTreeSet;
use std::str::FromStr;
use std::time::Duration;

use aws_sdk_rds::operation::modify_db_instance::builders::ModifyDBInstanceFluentBuilder as Modify;
use aws_sdk_rds::types::{CloudwatchLogsExportConfiguration, DbInstance as Live};
use infra_engine::live::{Ask, Awaited, Fault, FaultKind, State};
use infra_engine::model::Ref;
use serde::{Deserialize, Serialize};

use super::DatabaseParameterGroupName;
use crate::ec2::SecurityGroupId;
use crate::iam::RoleArn;
use crate::pages::each;
use crate::sizes::is_size;
use crate::tags::from_sdk;
use crate::{Aws, Sorted};

/// The machine that a database runs on: `db.r6g.large`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Class(String);

/// A text that names no machine of RDS's.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a class of databases: it is written like `db.r6g.large`")]
pub struct ClassError(String);

impl Class {
    /// As RDS writes it.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Class {
    type Err = ClassError;

    fn from_str(text: &str) -> Result<Class, ClassError> {
        let parts: Vec<&str> = text.split('.').collect();
        let plain =
            |part: &&str| !part.is_empty() && part.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit());
        match parts[..] {
            ["db", family, size] if plain(&family) && is_size(size) => Ok(Class(text.to_owned())),
            _ => Err(ClassError(text.to_owned())),
        }
    }
}

impl TryFrom<String> for Class {
    type Error = ClassError;

    fn try_from(text: String) -> Result<Class, ClassError> {
        text.parse()
    }
}

impl From<Class> for String {
    fn from(class: Class) -> String {
        class.0
    }
}

/// How the operating system below a database is watched ("enhanced monitoring").
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Monitoring {
    /// Every so many seconds: 1, 5, 10, 15, 30 or 60.
    pub seconds: u8,
    /// The role that `monitoring.rds.amazonaws.com` takes on to write what it sees.
    pub role: Ref<RoleArn>,
}

/// A log that RDS passes on to CloudWatch Logs, as `/aws/rds/instance/NAME/LOG`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LogExport {
    /// The database's own.
    Postgresql,
    /// Of upgrades to new versions.
    Upgrade,
}

impl LogExport {
    fn text(self) -> &'static str {
        match self {
            LogExport::Postgresql => "postgresql",
            LogExport::Upgrade => "upgrade",
        }
    }
}

/// The logs as RDS takes them.
pub(super) fn written<'a>(logs: impl IntoIterator<Item = &'a LogExport>) -> Vec<String> {
    logs.into_iter().map(|log| log.text().to_owned()).collect()
}

/// The class that stands in for one that this program has no words for.
const STAND_IN: &str = "db.t4g.medium";

/// The part of a definition that a database and a replica share.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Machine {
    pub(super) class: Class,
    pub(super) standby: bool,
    pub(super) parameters: Ref<DatabaseParameterGroupName>,
    pub(super) security_groups: BTreeSet<Ref<SecurityGroupId>>,
    pub(super) public: bool,
    pub(super) minor_upgrades: bool,
    pub(super) insights: Option<u16>,
    pub(super) monitoring: Option<Monitoring>,
    pub(super) logs: BTreeSet<LogExport>,
    pub(super) deletion_protection: bool,
}

impl Machine {
    /// What is live, and what is about to be: a change that waits for its time is no difference any more. With it, what
    /// of it this program has no words for, if anything: something else stands in for that.
    pub(super) fn of(live: &Live) -> (Machine, Option<String>) {
        let pending = live.pending_modified_values();
        let class = pending.and_then(|values| values.db_instance_class()).or(live.db_instance_class());
        let (class, unclear) = match class.unwrap_or_default().parse::<Class>() {
            Ok(class) => (class, None),
            Err(error) => {
                (Class(STAND_IN.to_owned()), Some(format!("its class reads otherwise than classes do: {error}")))
            }
        };
        let seconds = live.monitoring_interval().and_then(|seconds| u8::try_from(seconds).ok()).unwrap_or(0);
        let role = live.monitoring_role_arn().unwrap_or_default();
        let days = live.performance_insights_retention_period().and_then(|days| u16::try_from(days).ok());
        let mut logs: BTreeSet<&str> = live.enabled_cloudwatch_logs_exports().iter().map(String::as_str).collect();
        if let Some(exports) = pending.and_then(|values| values.pending_cloudwatch_logs_exports()) {
            logs.extend(exports.log_types_to_enable().iter().map(String::as_str));
            logs.retain(|log| !exports.log_types_to_disable().iter().any(|gone| gone == log));
        }
        let machine = Machine {
            class,
            standby: pending.and_then(|values| values.multi_az()).or(live.multi_az()).unwrap_or(false),
            parameters: Ref::known(
                live.db_parameter_groups()
                    .first()
                    .and_then(|group| group.db_parameter_group_name())
                    .unwrap_or_default(),
            ),
            security_groups: live
                .vpc_security_groups()
                .iter()
                .filter(|group| group.status() != Some("removing"))
                .filter_map(|group| group.vpc_security_group_id())
                .map(Ref::known)
                .collect(),
            public: live.publicly_accessible().unwrap_or(false),
            minor_upgrades: live.auto_minor_version_upgrade().unwrap_or(false),
            insights: (live.performance_insights_enabled() == Some(true)).then(|| days.unwrap_or(7)),
            monitoring: (seconds > 0).then(|| Monitoring { seconds, role: Ref::known(role) }),
            logs: [LogExport::Postgresql, LogExport::Upgrade]
                .into_iter()
                .filter(|log| logs.contains(log.text()))
                .collect(),
            deletion_protection: live.deletion_protection().unwrap_or(false),
        };
        (machine, unclear)
    }

    /// Says in a call what changes from this to `wanted`, and nothing else.
    pub(super) fn change(&self, wanted: &Machine, mut call: Modify) -> Modify {
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
        } = wanted;
        if *class != self.class {
            call = call.db_instance_class(class.as_str());
        }
        if *standby != self.standby {
            call = call.multi_az(*standby);
        }
        if *parameters != self.parameters {
            call = call.db_parameter_group_name(parameters.value());
        }
        if *security_groups != self.security_groups {
            call = call.set_vpc_security_group_ids(Some(security_groups.iter().map(Ref::value).collect()));
        }
        if *public != self.public {
            call = call.publicly_accessible(*public);
        }
        if *minor_upgrades != self.minor_upgrades {
            call = call.auto_minor_version_upgrade(*minor_upgrades);
        }
        if *insights != self.insights {
            call = call.enable_performance_insights(insights.is_some());
            call = call.set_performance_insights_retention_period(insights.map(i32::from));
        }
        if *monitoring != self.monitoring {
            call = call.monitoring_interval(monitoring.as_ref().map_or(0, |watch| i32::from(watch.seconds)));
            call = call.set_monitoring_role_arn(monitoring.as_ref().map(|watch| watch.role.value()));
        }
        if *logs != self.logs {
            let exports = CloudwatchLogsExportConfiguration::builder()
                .set_enable_log_types(Some(written(logs.difference(&self.logs))))
                .set_disable_log_types(Some(written(self.logs.difference(logs))));
            call = call.cloudwatch_logs_export_configuration(exports.build());
        }
        if *deletion_protection != self.deletion_protection {
            call = call.deletion_protection(*deletion_protection);
        }
        call
    }
}

/// A size as RDS takes it.
pub(super) fn size(gib: u32) -> i32 {
    i32::try_from(gib).unwrap_or(i32::MAX)
}

/// How large the disk is, or is about to be.
pub(super) fn allocated(live: &Live) -> u32 {
    let pending = live.pending_modified_values().and_then(|values| values.allocated_storage());
    pending.or(live.allocated_storage()).and_then(|gib| u32::try_from(gib).ok()).unwrap_or(0)
}

/// Every database and replica that is asked for, as far as AWS can tell them apart: all, or these alone. Their tags
/// come with them.
pub(super) async fn described(aws: &Aws, ask: &Ask) -> Result<Vec<Live>, Fault> {
    let operation = "rds:DescribeDBInstances";
    if ask.only.is_empty() {
        let read = async {
            let pages = aws.rds().describe_db_instances().max_records(100).into_paginator().items().send();
            pages.try_collect().await.sorted(operation)
        };
        return ask.shared.once::<Vec<Live>, _>("databases", read).await.map(|databases| databases.to_vec());
    }
    let one = async |name: String| match aws
        .rds()
        .describe_db_instances()
        .db_instance_identifier(name)
        .send()
        .await
        .sorted(operation)
    {
        Ok(answer) => Ok(answer.db_instances.unwrap_or_default()),
        Err(fault) if fault.kind == FaultKind::Gone => Ok(Vec::new()),
        Err(fault) => Err(fault),
    };
    Ok(each(ask.only.clone(), one).await?.into_iter().flatten().collect())
}

/// Whether a database or a replica is asked for: by its name and its tags, before anything else of it is looked at.
pub(super) fn is_asked_for(ask: &Ask, live: &Live) -> bool {
    let name = live.db_instance_identifier().unwrap_or_default();
    ask.wants(name, Some(name), &from_sdk(live.tag_list()))
}

/// What of its parameters is not in force: static ones count from a restart, and so does a group that was itself made a
/// moment before the database. RDS never restarts one for them.
pub(super) fn awaited(live: &Live) -> Vec<Awaited> {
    let waits =
        live.db_parameter_groups().iter().filter(|group| group.parameter_apply_status() == Some("pending-reboot"));
    let told = waits.map(|group| Awaited {
        what: format!(
            "some parameters of {} are not in force before it is restarted",
            group.db_parameter_group_name().unwrap_or("its group")
        ),
        command: ["aws", "rds", "reboot-db-instance", "--db-instance-identifier"]
            .into_iter()
            .chain(live.db_instance_identifier())
            .map(str::to_owned)
            .collect(),
    });
    told.collect()
}

/// Where RDS leaves a database that it cannot go on with by itself, and what somebody may do about it.
const ENDS: &[(&str, &str)] = &[
    (
        "incompatible-network",
        "RDS cannot change it in the network that it is in: see its subnets, their free addresses and \
                              its security groups, then have RDS try again with `aws rds start-db-instance`",
    ),
    ("incompatible-option-group", "RDS could not apply its option group: give it another one, then reboot it"),
    ("incompatible-restore", "RDS cannot restore it to the point in time that was asked for"),
    ("incompatible-create", "RDS cannot create it with the values that were asked for"),
    ("restore-error", "it could not be restored"),
    (
        "inaccessible-encryption-credentials",
        "the key that its disk is encrypted with cannot be used any more; what it \
                                             held may be restored from a backup",
    ),
    (
        "inaccessible-encryption-credentials-recoverable",
        "the key that its disk is encrypted with cannot be used: enable \
                                                         the key again, then start the database",
    ),
    (
        "insufficient-capacity",
        "AWS has no room for a machine of this class there: give it another class or other zones",
    ),
];

/// How a database stands. One that is full, or that its parameters keep from starting, can be mended and so is ready;
/// one that RDS does not go on with by itself is told at once, and not waited for. A new password is in force when RDS
/// says that it does not wait for it any more.
pub(super) fn state(live: &Live) -> State {
    match live.db_instance_status().unwrap_or_default() {
        "available" if sets_password(live) => State::Pending(PASSWORD.to_owned()),
        "available" if makes_secret(live) => State::Pending("making the secret of its password".to_owned()),
        "available" | "storage-optimization" | "storage-full" | "incompatible-parameters" | "stopped" => State::Ready,
        "deleting" => State::Leaving,
        "failed" => {
            let why = live.status_infos().iter().find_map(|info| info.message());
            State::Failed(why.unwrap_or("RDS has given it up; what it held may be restored from a backup").to_owned())
        }
        doing => match ENDS.iter().find(|(status, _)| *status == doing) {
            Some((_, why)) => State::Failed(format!("{doing}: {why}")),
            None => State::Pending(doing.to_owned()),
        },
    }
}

/// For how long a change that was just sent is waited for before RDS says that it is at work on it.
const BEGINS: Duration = Duration::from_secs(5 * 60);

/// How a database stands after what was sent to it. RDS stays `available` for a while, with what it was sent as pending
/// values, before it is `modifying`: at other times, what is pending waits for a maintenance window and for nobody here.
pub(super) fn after_change(aws: &Aws, live: &Live, state: State) -> State {
    let name = live.db_instance_identifier().unwrap_or_default();
    match state {
        State::Ready if is_awaited(live) && aws.changed_databases().is_within(name, BEGINS) => {
            State::Pending("about to be modified".to_owned())
        }
        state => state,
    }
}

/// True while something is pending that is sent with `ApplyImmediately`.
fn is_awaited(live: &Live) -> bool {
    live.pending_modified_values().is_some_and(|values| {
        values.db_instance_class().is_some()
            || values.allocated_storage().is_some()
            || values.storage_type().is_some()
            || values.engine_version().is_some()
            || values.multi_az().is_some()
            || values.port().is_some()
            || values.backup_retention_period().is_some()
            || values.db_subnet_group_name().is_some()
    })
}

/// What RDS calls it while it sets a password.
const PASSWORD: &str = "resetting-master-credentials";

/// True while a new password is not in force yet.
fn sets_password(live: &Live) -> bool {
    live.pending_modified_values().is_some_and(|values| values.master_user_password().is_some())
}

/// True while the secret that AWS keeps the password in has no value yet.
fn makes_secret(live: &Live) -> bool {
    live.master_user_secret().is_some_and(|secret| secret.secret_status() == Some("creating"))
}

/// Faults that only RDS knows: a role that was made a moment ago, and an instance that is busy.
pub(super) fn sorted(fault: Fault) -> Fault {
    let role = ["InvalidParameterValue", "InvalidParameterCombination"];
    fault
        .when(FaultKind::NotYet, &role, "ENHANCED_MONITORING")
        .when(FaultKind::NotYet, &role, "IAM role ARN value is invalid or does not include the required permissions")
        .when(FaultKind::Busy, &["InvalidDBInstanceState", "InvalidDBInstanceStateFault"], "")
}

/// Success where there is nothing to change, or nothing to delete any more.
pub(super) fn done_already(answer: Result<(), Fault>) -> Result<(), Fault> {
    match answer {
        Err(fault) if fault.kind == FaultKind::Gone => Ok(()),
        Err(fault) if fault.message.contains("is already being deleted") => Ok(()),
        Err(fault) if fault.message.contains("No modifications were requested") => Ok(()),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use aws_sdk_rds::types::{PendingCloudwatchLogsExports, PendingModifiedValues};

    use super::*;

    #[test]
    fn a_class_is_of_rds() {
        assert_eq!("db.r6g.large".parse::<Class>().unwrap().as_str(), "db.r6g.large");
        for odd in ["r6g.large", "cache.r6g.large", "db.r6g", "db.r6g.Large", "db..large"] {
            assert!(odd.parse::<Class>().is_err(), "{odd}");
        }
    }

    #[test]
    fn what_waits_for_its_time_counts_as_done() {
        let exports =
            PendingCloudwatchLogsExports::builder().log_types_to_enable("postgresql").log_types_to_disable("upgrade");
        let pending = PendingModifiedValues::builder().db_instance_class("db.r6g.xlarge").multi_az(true);
        let pending = pending.pending_cloudwatch_logs_exports(exports.build()).build();
        let live = Live::builder()
            .db_instance_class("db.r6g.large")
            .multi_az(false)
            .enabled_cloudwatch_logs_exports("upgrade")
            .pending_modified_values(pending);
        let (machine, unclear) = Machine::of(&live.build());
        assert_eq!(unclear, None);
        assert_eq!((machine.class.as_str(), machine.standby), ("db.r6g.xlarge", true));
        assert_eq!(machine.logs, BTreeSet::from([LogExport::Postgresql]));
    }

    #[test]
    fn what_rds_does_not_go_on_with_counts_as_failed() {
        let of = |status: &str| state(&Live::builder().db_instance_status(status).build());
        for ready in ["available", "storage-optimization", "storage-full", "incompatible-parameters"] {
            assert_eq!(of(ready), State::Ready, "{ready}");
        }
        for doing in ["creating", "modifying", "backing-up", "upgrading", "resetting-master-credentials"] {
            assert_eq!(of(doing), State::Pending(doing.into()));
        }
        for end in ["incompatible-network", "restore-error", "inaccessible-encryption-credentials"] {
            assert!(matches!(of(end), State::Failed(why) if why.starts_with(end)), "{end} is not waited for");
        }
        assert_eq!(of("deleting"), State::Leaving);
        assert!(matches!(of("failed"), State::Failed(_)));
    }

    #[test]
    fn parameters_that_wait_for_a_restart_are_told() {
        use aws_sdk_rds::types::DbParameterGroupStatus;
        let of = |status: &str| {
            let group =
                DbParameterGroupStatus::builder().db_parameter_group_name("shop").parameter_apply_status(status);
            awaited(&Live::builder().db_instance_identifier("shop-db").db_parameter_groups(group.build()).build())
        };
        let command = "aws rds reboot-db-instance --db-instance-identifier shop-db".split(' ').map(str::to_owned);
        let what = "some parameters of shop are not in force before it is restarted".to_owned();
        assert_eq!(of("pending-reboot"), [Awaited { what, command: command.collect() }]);
        assert_eq!((of("in-sync"), of("applying")), (Vec::new(), Vec::new()));
    }

    #[test]
    fn a_password_is_waited_for_until_it_is_in_force() {
        let pending = PendingModifiedValues::builder().master_user_password("****").build();
        let live = Live::builder().db_instance_status("available").pending_modified_values(pending);
        assert_eq!(state(&live.build()), State::Pending("resetting-master-credentials".into()));
    }

    #[test]
    fn what_has_no_words_is_there_all_the_same() {
        let (machine, unclear) = Machine::of(&Live::builder().db_instance_class("db.x9.Gigantic").build());
        assert_eq!(machine.class.as_str(), STAND_IN);
        assert!(unclear.is_some_and(|why| why.contains("`db.x9.Gigantic`")));
    }
}
