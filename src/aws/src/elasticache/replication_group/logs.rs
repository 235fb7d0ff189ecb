//! Where a group's logs go.

use std::collections::BTreeMap;

use aws_sdk_elasticache::types::{
    CloudWatchLogsDestinationDetails, DestinationDetails, DestinationType, KinesisFirehoseDestinationDetails,
    LogDeliveryConfiguration, LogDeliveryConfigurationRequest, LogDeliveryConfigurationStatus, LogFormat as LiveFormat,
    LogType,
};
use infra_engine::model::Ref;
use serde::{Deserialize, Serialize};

use crate::logs::LogGroupName;

/// The logs that there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LogKind {
    /// Commands that took long.
    SlowLog,
    /// What the engine does.
    EngineLog,
}

/// Where a log goes, and how it is written.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LogDelivery {
    /// Where it goes.
    pub to: Destination,
    /// How it is written.
    pub format: LogFormat,
}

/// Where a log goes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Destination {
    /// To a group of CloudWatch Logs.
    LogGroup(Ref<LogGroupName>),
    /// To a delivery stream of Data Firehose.
    Stream(Ref<StreamName>),
}

/// The name of a delivery stream of Data Firehose.
pub enum StreamName {}

/// How a log is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LogFormat {
    /// As JSON.
    Json,
    /// As text.
    Text,
}

impl From<LogKind> for LogType {
    fn from(kind: LogKind) -> LogType {
        match kind {
            LogKind::SlowLog => LogType::SlowLog,
            LogKind::EngineLog => LogType::EngineLog,
        }
    }
}

/// What changes the deliveries from what they are to what is wanted. `None` when nothing does.
pub(super) fn requests(
    live: &BTreeMap<LogKind, LogDelivery>,
    wanted: &BTreeMap<LogKind, LogDelivery>,
) -> Option<Vec<LogDeliveryConfigurationRequest>> {
    let begun = wanted.iter().filter(|(kind, delivery)| live.get(*kind) != Some(*delivery)).map(|(kind, delivery)| {
        let LogDelivery { to, format } = delivery;
        let details = DestinationDetails::builder();
        let (sort, details) = match to {
            Destination::LogGroup(group) => {
                let group = CloudWatchLogsDestinationDetails::builder().log_group(group.value()).build();
                (DestinationType::CloudWatchLogs, details.cloud_watch_logs_details(group))
            }
            Destination::Stream(stream) => {
                let stream = KinesisFirehoseDestinationDetails::builder().delivery_stream(stream.value()).build();
                (DestinationType::KinesisFirehose, details.kinesis_firehose_details(stream))
            }
        };
        let format = match format {
            LogFormat::Json => LiveFormat::Json,
            LogFormat::Text => LiveFormat::Text,
        };
        let request = LogDeliveryConfigurationRequest::builder().log_type(LogType::from(*kind)).enabled(true);
        request.destination_type(sort).destination_details(details.build()).log_format(format).build()
    });
    let ended = live
        .keys()
        .filter(|kind| !wanted.contains_key(*kind))
        .map(|kind| LogDeliveryConfigurationRequest::builder().log_type(LogType::from(*kind)).enabled(false).build());
    let requests: Vec<_> = begun.chain(ended).collect();
    (!requests.is_empty()).then_some(requests)
}

/// The deliveries of a live group. One that is going, or that could not be set up, does not count: it shows as a
/// difference, and is asked for again.
pub(super) fn read(live: &[LogDeliveryConfiguration]) -> BTreeMap<LogKind, LogDelivery> {
    let delivers = |log: &&LogDeliveryConfiguration| {
        let lost = [LogDeliveryConfigurationStatus::Error, LogDeliveryConfigurationStatus::Disabling];
        !log.status().is_some_and(|status| lost.contains(status))
    };
    live.iter().filter(delivers).filter_map(one).collect()
}

fn one(log: &LogDeliveryConfiguration) -> Option<(LogKind, LogDelivery)> {
    let kind = match log.log_type()? {
        LogType::SlowLog => LogKind::SlowLog,
        LogType::EngineLog => LogKind::EngineLog,
        _ => return None,
    };
    let details = log.destination_details()?;
    let group = details.cloud_watch_logs_details().and_then(|group| group.log_group());
    let stream = details.kinesis_firehose_details().and_then(|stream| stream.delivery_stream());
    let to = match (group, stream) {
        (Some(group), _) => Destination::LogGroup(Ref::known(group)),
        (None, Some(stream)) => Destination::Stream(Ref::known(stream)),
        (None, None) => return None,
    };
    let format = if log.log_format() == Some(&LiveFormat::Json) { LogFormat::Json } else { LogFormat::Text };
    Some((kind, LogDelivery { to, format }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn delivery(group: &str) -> LogDelivery {
        LogDelivery { to: Destination::LogGroup(Ref::known(group)), format: LogFormat::Json }
    }

    fn live(kind: LogType, group: &str, status: LogDeliveryConfigurationStatus) -> LogDeliveryConfiguration {
        let group = CloudWatchLogsDestinationDetails::builder().log_group(group).build();
        let details = DestinationDetails::builder().cloud_watch_logs_details(group).build();
        let log = LogDeliveryConfiguration::builder().log_type(kind).destination_details(details);
        log.log_format(LiveFormat::Json).status(status).build()
    }

    #[test]
    fn live_deliveries_are_understood_and_broken_ones_do_not_count() {
        let slow = live(LogType::SlowLog, "/slow", LogDeliveryConfigurationStatus::Enabling);
        let engine = live(LogType::EngineLog, "/engine", LogDeliveryConfigurationStatus::Error);
        assert_eq!(read(&[slow, engine]), BTreeMap::from([(LogKind::SlowLog, delivery("/slow"))]));
    }

    #[test]
    fn only_what_differs_is_asked_for() {
        let one = BTreeMap::from([(LogKind::SlowLog, delivery("/slow"))]);
        assert_eq!(requests(&one, &one), None);
        let other = BTreeMap::from([(LogKind::EngineLog, delivery("/engine"))]);
        let requests = requests(&one, &other).unwrap();
        let told: Vec<_> = requests.iter().map(|log| (log.log_type().unwrap().clone(), log.enabled())).collect();
        assert_eq!(told, [(LogType::EngineLog, Some(true)), (LogType::SlowLog, Some(false))]);
    }
}
