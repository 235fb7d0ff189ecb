//! How often a service's own metrics come.

use aws_sdk_ecs::types::{MetricConfiguration, MonitoringConfiguration};
use infra_engine::live::Fault;

use crate::Sorted;

/// What the metrics are called that may come every twenty seconds.
const METRICS: [&str; 2] = ["CPUUtilization", "MemoryUtilization"];

/// How often the metrics come, as a service is told.
pub(super) fn monitoring(quick: bool, operation: &'static str) -> Result<MonitoringConfiguration, Fault> {
    let metrics = MetricConfiguration::builder().set_metric_names(Some(METRICS.map(str::to_owned).into()));
    let metrics = metrics.resolution_seconds(if quick { 20 } else { 60 }).build().sorted(operation)?;
    Ok(MonitoringConfiguration::builder().metric_configurations(metrics).build())
}

/// True when all of them come every twenty seconds.
pub(super) fn is_quick(live: Option<&MonitoringConfiguration>) -> bool {
    let quick = |metric: &str| {
        let mut configurations = live.into_iter().flat_map(MonitoringConfiguration::metric_configurations);
        configurations.any(|one| one.resolution_seconds() == 20 && one.metric_names().iter().any(|name| name == metric))
    };
    METRICS.iter().all(|metric| quick(metric))
}
