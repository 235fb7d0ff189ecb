//! What is written down about the traffic of a network: who spoke to whom, and what was refused.

use aws_sdk_ec2::types::{
    DestinationFileFormat, DestinationOptionsRequest, DestinationOptionsResponse, FlowLog as Live,
    FlowLogsResourceType, LogDestinationType, ResourceType, TrafficType as LiveTraffic, UnsuccessfulItem,
};
use infra_derive::Resource;
use infra_engine::check::{Rule, Severity, Violation};
use infra_engine::live::{Ask, Behaviour, Fault, FaultKind, Found, Order, Retag, State};
use infra_engine::model::{Ref, Replacement};
use serde::{Deserialize, Serialize};

use super::ask::filters;
use super::fault::{Ec2Fault, given};
use super::subnet::SubnetId;
use super::tags;
use super::vpc::VpcId;
use crate::iam::{RoleArn, Service, passed};
use crate::logs::LogGroupName;
use crate::s3::BucketArn;
use crate::{Aws, Sorted};

/// What is written down about the traffic of a network: who spoke to whom, how much, and what was refused.
///
/// ```
/// use infra_aws::ec2::{FlowLog, FlowLogResource, LogDestination, MaxAggregationInterval, TrafficType};
/// use infra_engine::model::Ref;
///
/// let log = FlowLog {
///     resource: FlowLogResource::Vpc(Ref::known("vpc-0a1b2c3d")),
///     traffic_type: TrafficType::All,
///     log_destination: LogDestination::CloudWatchLogs {
///         log_group_name: Ref::known("/vpc/shop"),
///         deliver_logs_permission_arn: Ref::known("arn:aws:iam::123456789012:role/shop-flow-logs"),
///     },
///     log_format: None,
///     max_aggregation_interval: MaxAggregationInterval::TenMinutes,
/// };
/// ```
///
/// What was said is never written down. Nothing of it can be changed: a change makes another one. Logs that go to a bucket need a policy of the bucket that lets
/// `delivery.logs.amazonaws.com` write; where there is none, AWS writes one into the bucket itself.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Resource)]
#[resource(kind = "ec2/flow-log", id = FlowLogId)]
pub struct FlowLog {
    /// Whose traffic.
    #[replace]
    pub resource: FlowLogResource,
    /// Which traffic.
    #[replace]
    pub traffic_type: TrafficType,
    /// Where it is written.
    #[replace]
    pub log_destination: LogDestination,
    /// What is told of each flow, as fields: `${srcaddr} ${dstaddr} ${action}`. Without it, the fields of version 2.
    #[replace]
    pub log_format: Option<String>,
    /// Over which time flows are put together into one record. The longer, the fewer records are paid for.
    #[replace]
    pub max_aggregation_interval: MaxAggregationInterval,
}

/// Whose traffic is written down.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FlowLogResource {
    /// Everything in a network.
    Vpc(Ref<VpcId>),
    /// Everything in a subnet.
    Subnet(Ref<SubnetId>),
    /// One interface, by its identifier: `eni-0a1b2c3d`.
    NetworkInterface(String),
}

/// Which traffic is written down.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum TrafficType {
    /// What was let through.
    Accept,
    /// What was refused by a security group or a network ACL.
    Reject,
    /// Both.
    All,
}

/// Where flow logs are written.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LogDestination {
    /// A log group.
    CloudWatchLogs {
        /// The group.
        log_group_name: Ref<LogGroupName>,
        /// The role by which EC2 writes there: it trusts `vpc-flow-logs.amazonaws.com`, and may make streams and write.
        deliver_logs_permission_arn: Ref<RoleArn>,
    },
    /// A bucket.
    S3 {
        /// The bucket, or a folder in it: `arn:aws:s3:::shop-logs/vpc/`.
        log_destination: Ref<BucketArn>,
        /// How files are written.
        destination_options: DestinationOptions,
    },
}

/// How files of flow logs are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DestinationOptions {
    /// Their format.
    pub file_format: FileFormat,
    /// Whether folders are named so that Hive reads them as partitions.
    pub hive_compatible_partitions: bool,
    /// Whether there is a folder for each hour, and not for each day.
    pub per_hour_partition: bool,
}

/// The format of files.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FileFormat {
    /// Lines of text.
    #[default]
    PlainText,
    /// Columns: smaller, and faster to ask.
    Parquet,
}

/// Over which time flows are put together into one record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MaxAggregationInterval {
    /// 60 seconds.
    OneMinute,
    /// 600 seconds, AWS's own choice.
    TenMinutes,
}

/// What is told of each flow where nothing else is said.
/// <https://docs.aws.amazon.com/vpc/latest/userguide/flow-log-records.html>
const DEFAULT_FORMAT: &str = "${version} ${account-id} ${interface-id} ${srcaddr} ${dstaddr} ${srcport} ${dstport} \
                              ${protocol} ${packets} ${bytes} ${start} ${end} ${action} ${log-status}";

const CREATE: &str = "ec2:CreateFlowLogs";
const DELETE: &str = "ec2:DeleteFlowLogs";
const DESCRIBE: &str = "ec2:DescribeFlowLogs";

impl Behaviour for FlowLog {
    type Cloud = Aws;

    const IDEMPOTENT: bool = true;

    const ACTIONS: &'static [&'static str] = &[
        CREATE,
        DESCRIBE,
        DELETE,
        "iam:PassRole",
        "logs:CreateLogDelivery",
        "logs:DeleteLogDelivery",
        tags::CREATE_TAGS,
        tags::DELETE_TAGS,
    ];

    fn rules() -> &'static [Rule<FlowLog>] {
        RULES
    }

    /// AWS takes no second one of the same traffic to the same place.
    fn replacement(live: &FlowLog, wanted: &FlowLog) -> Replacement {
        let elsewhere = live.resource != wanted.resource || place(live) != place(wanted);
        if elsewhere { Replacement::CreateFirst } else { Replacement::DeleteFirst }
    }

    async fn read(aws: &Aws, ask: &Ask) -> Result<Vec<Found<FlowLog>>, Fault> {
        let mut found = Vec::new();
        for filter in filters(ask, "flow-log-id") {
            let pages = aws.ec2().describe_flow_logs().filter(filter).into_paginator().items().send();
            let live: Vec<Live> = pages.try_collect().await.sorted(DESCRIBE)?;
            found.extend(live.iter().filter_map(understand));
        }
        found.retain(|log| ask.wants(&log.id, None, &log.tags));
        Ok(found)
    }

    async fn create(aws: &Aws, order: &Order<FlowLog>) -> Result<String, Fault> {
        let FlowLog { resource, traffic_type, log_destination, log_format, max_aggregation_interval } =
            &order.definition;
        let (sort, id) = resource.written();
        let call = aws
            .ec2()
            .create_flow_logs()
            .client_token(&order.token)
            .resource_type(sort)
            .resource_ids(id)
            .traffic_type(traffic_type.written())
            .set_log_format(log_format.clone())
            .max_aggregation_interval(max_aggregation_interval.seconds())
            .tag_specifications(tags::labels(ResourceType::VpcFlowLog, &order.tags));
        let call = match log_destination {
            LogDestination::CloudWatchLogs { log_group_name, deliver_logs_permission_arn } => call
                .log_destination_type(LogDestinationType::CloudWatchLogs)
                .log_group_name(log_group_name.value())
                .deliver_logs_permission_arn(deliver_logs_permission_arn.value()),
            LogDestination::S3 { log_destination, destination_options } => call
                .log_destination_type(LogDestinationType::S3)
                .log_destination(log_destination.value())
                .destination_options(destination_options.written()),
        };
        let made = call.send().await.sorted(CREATE).changing().map_err(role_not_seen)?;
        // AWS answers that all is well where it has made nothing.
        refused(CREATE, made.unsuccessful()).changing().map_err(role_not_seen)?;
        given(made.flow_log_ids().first().map(String::as_str), CREATE, "flowLogIdSet")
    }

    /// Everything that is said of it needs a new one.
    async fn update(_: &Aws, _: &Found<FlowLog>, wanted: &FlowLog) -> Result<(), Fault> {
        let FlowLog { resource: _, traffic_type: _, log_destination: _, log_format: _, max_aggregation_interval: _ } =
            wanted;
        Ok(())
    }

    async fn retag(aws: &Aws, found: &Found<FlowLog>, retag: &Retag) -> Result<(), Fault> {
        tags::retag(aws, &found.id, retag).await
    }

    async fn delete(aws: &Aws, found: &Found<FlowLog>) -> Result<(), Fault> {
        let deleted = aws.ec2().delete_flow_logs().flow_log_ids(&found.id).send().await.sorted(DELETE);
        deleted.and_then(|deleted| refused(DELETE, deleted.unsuccessful())).deleting()
    }
}

const RULES: &[Rule<FlowLog>] = &[
    Rule {
        code: "V204",
        says: "the role that writes flow logs trusts the service that does",
        source: "VPC user guide, IAM role for publishing flow logs to CloudWatch Logs",
        severity: Severity::Error,
        check: |log, around| match &log.log_destination {
            LogDestination::CloudWatchLogs { deliver_logs_permission_arn: role, .. } => {
                passed("log_destination", role, &Service::VpcFlowLogs, around).into_iter().collect()
            }
            LogDestination::S3 { .. } => Vec::new(),
        },
    },
    Rule {
        code: "V205",
        says: "a format is of fields in braces, with spaces between",
        source: "VPC user guide, flow log records: ${field}",
        severity: Severity::Error,
        check: |log, _| odd_format(log.log_format.as_deref()).into_iter().collect(),
    },
];

/// V205.
fn odd_format(format: Option<&str>) -> Option<Violation> {
    let format = format?;
    let is_field = |word: &str| {
        let name = word.strip_prefix("${").and_then(|rest| rest.strip_suffix('}'));
        name.is_some_and(|name| {
            !name.is_empty() && name.chars().all(|c| c.is_ascii_lowercase() || "-0123456789".contains(c))
        })
    };
    let (wrong, way_out) = match format.split_whitespace().find(|word| !is_field(word)) {
        _ if format.trim().is_empty() => {
            ("it has no field".to_owned(), "leave it out: then it is the fields of version 2")
        }
        Some(word) => (format!("`{word}` is no field"), "write fields as `${srcaddr} ${dstaddr} ${action}`"),
        // What is given back as the default would be a difference for ever.
        None if format == DEFAULT_FORMAT => ("it is the default".to_owned(), "leave it out"),
        None => return None,
    };
    Some(Violation::of("log_format", format, wrong, way_out))
}

impl FlowLogResource {
    fn written(&self) -> (FlowLogsResourceType, String) {
        match self {
            FlowLogResource::Vpc(vpc) => (FlowLogsResourceType::Vpc, vpc.value()),
            FlowLogResource::Subnet(subnet) => (FlowLogsResourceType::Subnet, subnet.value()),
            FlowLogResource::NetworkInterface(id) => (FlowLogsResourceType::NetworkInterface, id.clone()),
        }
    }

    /// AWS gives the identifier alone, which tells what it is of.
    fn understand(id: &str) -> Result<FlowLogResource, String> {
        match id.split_once('-').map(|(sort, _)| sort) {
            Some("vpc") => Ok(FlowLogResource::Vpc(Ref::known(id))),
            Some("subnet") => Ok(FlowLogResource::Subnet(Ref::known(id))),
            Some("eni") => Ok(FlowLogResource::NetworkInterface(id.to_owned())),
            _ => Err(format!("it is of `{id}`, which is neither a network, nor a subnet, nor an interface")),
        }
    }
}

impl TrafficType {
    fn written(self) -> LiveTraffic {
        match self {
            TrafficType::Accept => LiveTraffic::Accept,
            TrafficType::Reject => LiveTraffic::Reject,
            TrafficType::All => LiveTraffic::All,
        }
    }

    fn understand(live: Option<&LiveTraffic>) -> Result<TrafficType, String> {
        match live {
            Some(LiveTraffic::Accept) => Ok(TrafficType::Accept),
            Some(LiveTraffic::Reject) => Ok(TrafficType::Reject),
            Some(LiveTraffic::All) => Ok(TrafficType::All),
            other => Err(format!("{other:?} is no sort of traffic that is known here")),
        }
    }
}

impl LogDestination {
    fn understand(live: &Live) -> Result<LogDestination, String> {
        let arn = live.log_destination().unwrap_or_default();
        match live.log_destination_type() {
            None | Some(LogDestinationType::CloudWatchLogs) => {
                let of_arn = || arn.split_once(":log-group:").map(|(_, name)| name.trim_end_matches(":*"));
                let group = live.log_group_name().or_else(of_arn).ok_or("it names no log group")?;
                let role = live.deliver_logs_permission_arn().unwrap_or_default();
                Ok(LogDestination::CloudWatchLogs {
                    log_group_name: Ref::known(group),
                    deliver_logs_permission_arn: Ref::known(role),
                })
            }
            Some(LogDestinationType::S3) => Ok(LogDestination::S3 {
                log_destination: Ref::known(arn),
                destination_options: DestinationOptions::understand(live.destination_options()),
            }),
            Some(other) => Err(format!("it goes to `{other}`, which is not known here")),
        }
    }
}

impl DestinationOptions {
    fn written(self) -> DestinationOptionsRequest {
        let format = match self.file_format {
            FileFormat::PlainText => DestinationFileFormat::PlainText,
            FileFormat::Parquet => DestinationFileFormat::Parquet,
        };
        DestinationOptionsRequest::builder()
            .file_format(format)
            .hive_compatible_partitions(self.hive_compatible_partitions)
            .per_hour_partition(self.per_hour_partition)
            .build()
    }

    fn understand(live: Option<&DestinationOptionsResponse>) -> DestinationOptions {
        let Some(live) = live else { return DestinationOptions::default() };
        DestinationOptions {
            file_format: match live.file_format() {
                Some(DestinationFileFormat::Parquet) => FileFormat::Parquet,
                _ => FileFormat::PlainText,
            },
            hive_compatible_partitions: live.hive_compatible_partitions().unwrap_or_default(),
            per_hour_partition: live.per_hour_partition().unwrap_or_default(),
        }
    }
}

impl MaxAggregationInterval {
    fn seconds(self) -> i32 {
        match self {
            MaxAggregationInterval::OneMinute => 60,
            MaxAggregationInterval::TenMinutes => 600,
        }
    }
}

/// The definition that would have produced a live one, or what stands in for it.
fn understand(live: &Live) -> Option<Found<FlowLog>> {
    let id = live.flow_log_id()?;
    let resource = FlowLogResource::understand(live.resource_id().unwrap_or_default());
    let (traffic, destination) = (TrafficType::understand(live.traffic_type()), LogDestination::understand(live));
    let odd = [resource.as_ref().err(), traffic.as_ref().err(), destination.as_ref().err()];
    let state = match odd.into_iter().flatten().next() {
        Some(wrong) => State::Unreadable(format!("the flow log {id}: {wrong}")),
        None => State::Ready,
    };
    let definition = FlowLog {
        resource: resource.unwrap_or_else(|_| FlowLogResource::NetworkInterface(String::new())),
        traffic_type: traffic.unwrap_or(TrafficType::All),
        log_destination: destination.unwrap_or_else(|_| LogDestination::S3 {
            log_destination: Ref::known(live.log_destination().unwrap_or_default()),
            destination_options: DestinationOptions::default(),
        }),
        log_format: live.log_format().filter(|format| *format != DEFAULT_FORMAT).map(str::to_owned),
        max_aggregation_interval: match live.max_aggregation_interval() {
            Some(60) => MaxAggregationInterval::OneMinute,
            _ => MaxAggregationInterval::TenMinutes,
        },
    };
    Some(Found::ready(id, definition, tags::read(live.tags())).in_state(state))
}

/// Where it is written.
fn place(log: &FlowLog) -> String {
    match &log.log_destination {
        LogDestination::CloudWatchLogs { log_group_name, .. } => log_group_name.value(),
        LogDestination::S3 { log_destination, .. } => log_destination.value(),
    }
}

/// The first thing that was not done, though the call went well.
fn refused(operation: &str, items: &[UnsuccessfulItem]) -> Result<(), Fault> {
    let Some(error) = items.iter().find_map(UnsuccessfulItem::error) else { return Ok(()) };
    let message = error.message().unwrap_or("AWS gives no reason");
    Err(Fault { code: error.code().map(str::to_owned), ..Fault::new(FaultKind::Refused, operation, message) })
}

/// A role that was made a moment ago is not seen everywhere. If it stays so, the limit of the wait ends it.
fn role_not_seen(fault: Fault) -> Fault {
    let codes = ["InvalidParameter", "InvalidParameterValue"];
    fault.when(FaultKind::NotYet, &codes, "Unable to assume given IAM role")
}

#[cfg(test)]
mod tests {
    use aws_sdk_ec2::types::UnsuccessfulItemError;
    use infra_engine::model::Stack;

    use super::super::testing::check;
    use super::*;
    use crate::iam::{Policy, Role};

    fn log() -> FlowLog {
        FlowLog {
            resource: FlowLogResource::Vpc(Ref::known("vpc-1")),
            traffic_type: TrafficType::All,
            log_destination: to_group(Ref::known("arn:aws:iam::123456789012:role/flow")),
            log_format: None,
            max_aggregation_interval: MaxAggregationInterval::TenMinutes,
        }
    }

    fn to_group(role: Ref<RoleArn>) -> LogDestination {
        LogDestination::CloudWatchLogs { log_group_name: Ref::known("/vpc/shop"), deliver_logs_permission_arn: role }
    }

    fn live() -> aws_sdk_ec2::types::builders::FlowLogBuilder {
        Live::builder()
            .flow_log_id("fl-1")
            .resource_id("vpc-1")
            .traffic_type(LiveTraffic::All)
            .log_destination_type(LogDestinationType::CloudWatchLogs)
            .log_group_name("/vpc/shop")
            .deliver_logs_permission_arn("arn:aws:iam::123456789012:role/flow")
            .log_format(DEFAULT_FORMAT)
            .max_aggregation_interval(600)
    }

    #[test]
    fn a_live_log_reads_as_it_was_written_and_the_default_format_as_none() {
        assert_eq!(understand(&live().build()).unwrap().definition, log());
        // Made by the ARN of its group, as Terraform does it.
        let by_arn = live().set_log_group_name(None).log_destination("arn:aws:logs:eu-west-1:1:log-group:/vpc/shop:*");
        assert_eq!(understand(&by_arn.build()).unwrap().definition, log());
    }

    #[test]
    fn what_is_not_known_here_is_said_and_not_guessed() {
        let firehose = live().log_destination_type(LogDestinationType::KinesisDataFirehose).build();
        let gateway = live().resource_id("tgw-1").build();
        for (live, said) in [(firehose, "kinesis-data-firehose"), (gateway, "`tgw-1`")] {
            let State::Unreadable(why) = understand(&live).unwrap().state else { panic!("it is not known") };
            assert!(why.contains(said), "{why}");
        }
    }

    #[test]
    fn what_aws_did_not_do_is_a_fault_though_the_call_went_well() {
        let item = |code: &str, message: &str| {
            let error = UnsuccessfulItemError::builder().code(code).message(message).build();
            refused(CREATE, &[UnsuccessfulItem::builder().resource_id("vpc-1").error(error).build()])
        };
        assert_eq!(item("FlowLogAlreadyExists", "there is one").unwrap_err().kind, FaultKind::Refused);
        assert_eq!(item("InvalidVpcId.NotFound", "no such").changing().unwrap_err().kind, FaultKind::NotYet);
        let new_role = item("InvalidParameter", "Unable to assume given IAM role: 'arn'").map_err(role_not_seen);
        assert_eq!(new_role.unwrap_err().kind, FaultKind::NotYet);
        refused(CREATE, &[]).unwrap();
    }

    #[test]
    fn two_of_one_traffic_do_not_write_to_one_place() {
        let other = |change: fn(&mut FlowLog)| {
            let mut other = log();
            change(&mut other);
            FlowLog::replacement(&log(), &other)
        };
        assert_eq!(other(|log| log.traffic_type = TrafficType::Reject), Replacement::DeleteFirst);
        assert_eq!(other(|log| log.resource = FlowLogResource::Vpc(Ref::known("vpc-2"))), Replacement::CreateFirst);
    }

    #[test]
    fn v204_the_role_trusts_the_service() {
        let by = |service: Service| {
            check("V204", |stack: &mut Stack| {
                let role = Role {
                    name: "flow".into(),
                    path: "/".into(),
                    description: String::new(),
                    longest_session: 3600,
                    trust: Policy::trust(service),
                    inline: [].into(),
                    attached: [].into(),
                    boundary: None,
                };
                let role = stack.add("role", role).output(Role::ARN);
                stack.add("log", FlowLog { log_destination: to_group(role), ..log() })
            })
        };
        by(Service::Lambda).refuses("does not let vpc-flow-logs.amazonaws.com take it on");
        by(Service::VpcFlowLogs).holds();
    }

    #[test]
    fn v205_a_format_is_of_fields() {
        let with = |format: &str| {
            let format = Some(format.to_owned());
            check("V205", |stack| stack.add("log", FlowLog { log_format: format, ..log() }))
        };
        with("srcaddr").refuses("`srcaddr` is no field");
        with("${}").refuses("`${}` is no field");
        with("").refuses("no field");
        with(DEFAULT_FORMAT).refuses("the default");
        with("${srcaddr} ${pkt-srcaddr} ${tcp-flags}").holds();
        check("V205", |stack| stack.add("log", log())).holds();
    }
}
