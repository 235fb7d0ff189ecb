//! The metrics that policies follow: those that AWS keeps of services and fleets, and any other of CloudWatch's.

use std::collections::BTreeMap;

use aws_sdk_applicationautoscaling::error::BuildError;
use aws_sdk_applicationautoscaling::types::{
    CustomizedMetricSpecification, MetricDimension, MetricStatistic, MetricType, PredefinedMetricSpecification,
};
use infra_engine::model::Ref;
use serde::{Deserialize, Serialize};

use crate::Text;
use crate::cloudwatch::{Metric, Statistic};

/// A metric that AWS keeps by itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Predefined {
    /// The processors of a service, in percent.
    ServiceCpu,
    /// The memory of a service, in percent.
    ServiceMemory,
    /// The processors of a service in percent, every twenty seconds: for a service with quick metrics.
    ServiceCpuQuick,
    /// The memory of a service in percent, every twenty seconds: for a service with quick metrics.
    ServiceMemoryQuick,
    /// The requests to a load balancer's target group, for each target and minute. See
    /// [`Predefined::requests_per_target`].
    RequestsPerTarget(Text),
    /// The processors of a spot fleet, in percent.
    FleetCpu,
    /// The bytes that a spot fleet's machines receive.
    FleetNetworkIn,
    /// The bytes that a spot fleet's machines send.
    FleetNetworkOut,
    /// Any other, by AWS's own name for it.
    Other(String),
}

/// A metric of CloudWatch's.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CustomMetric {
    /// Its namespace: `Shop/Orders`.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// What it is told apart by.
    pub dimensions: BTreeMap<String, Text>,
    /// What is made of its values.
    pub statistic: Statistic,
    /// Its unit, where it was put with one.
    pub unit: Option<String>,
}

/// The metrics that are said by their name alone.
const NAMES: &[(MetricType, Predefined)] = &[
    (MetricType::EcsServiceAverageCpuUtilization, Predefined::ServiceCpu),
    (MetricType::EcsServiceAverageMemoryUtilization, Predefined::ServiceMemory),
    (MetricType::EcsServiceAverageCpuUtilizationHighResolution, Predefined::ServiceCpuQuick),
    (MetricType::EcsServiceAverageMemoryUtilizationHighResolution, Predefined::ServiceMemoryQuick),
    (MetricType::Ec2SpotFleetRequestAverageCpuUtilization, Predefined::FleetCpu),
    (MetricType::Ec2SpotFleetRequestAverageNetworkIn, Predefined::FleetNetworkIn),
    (MetricType::Ec2SpotFleetRequestAverageNetworkOut, Predefined::FleetNetworkOut),
];

impl Predefined {
    /// The requests to a target group, by the last parts of the ARNs of the load balancer and of the group:
    /// `app/shop/50dc6c49` and `targetgroup/shop-web/73e2d6bc`.
    pub fn requests_per_target<B, G>(load_balancer: Ref<B>, target_group: Ref<G>) -> Predefined {
        Predefined::RequestsPerTarget(Text::from(load_balancer).and("/").and(target_group))
    }

    pub(super) fn written(&self) -> Result<PredefinedMetricSpecification, BuildError> {
        let specification = PredefinedMetricSpecification::builder();
        match self {
            Predefined::RequestsPerTarget(label) => {
                specification.predefined_metric_type(MetricType::AlbRequestCountPerTarget).resource_label(label.value())
            }
            Predefined::Other(name) => specification.predefined_metric_type(MetricType::from(name.as_str())),
            named => {
                let known = NAMES.iter().find(|(_, metric)| metric == named).map(|(name, _)| name.clone());
                specification.set_predefined_metric_type(known)
            }
        }
        .build()
    }

    pub(super) fn understand(live: &PredefinedMetricSpecification) -> Predefined {
        let name = live.predefined_metric_type();
        if *name == MetricType::AlbRequestCountPerTarget {
            return Predefined::RequestsPerTarget(live.resource_label().unwrap_or_default().into());
        }
        let known = NAMES.iter().find(|(known, _)| known == name).map(|(_, metric)| metric.clone());
        known.unwrap_or_else(|| Predefined::Other(name.as_str().to_owned()))
    }

    /// True for metrics that are a percentage.
    pub(super) fn is_percentage(&self) -> bool {
        matches!(self, Predefined::ServiceCpu | Predefined::ServiceMemory | Predefined::FleetCpu) || self.is_quick()
    }

    /// True for metrics that a service has only if it is measured every twenty seconds.
    pub(super) fn is_quick(&self) -> bool {
        matches!(self, Predefined::ServiceCpuQuick | Predefined::ServiceMemoryQuick)
    }
}

impl CustomMetric {
    /// What is made of a metric's values, whatever their unit.
    pub fn of(metric: Metric, statistic: Statistic) -> CustomMetric {
        let Metric { namespace, name, dimensions } = metric;
        CustomMetric { namespace, name, dimensions, statistic, unit: None }
    }

    pub(super) fn written(&self) -> Result<CustomizedMetricSpecification, BuildError> {
        let CustomMetric { namespace, name, dimensions, statistic, unit } = self;
        let dimension =
            |(name, value): (&String, &Text)| MetricDimension::builder().name(name).value(value.value()).build();
        let specification = CustomizedMetricSpecification::builder()
            .namespace(namespace)
            .metric_name(name)
            .set_dimensions(Some(dimensions.iter().map(dimension).collect::<Result<_, _>>()?))
            .statistic(MetricStatistic::from(statistic.word()))
            .set_unit(unit.clone());
        Ok(specification.build())
    }

    /// `None` for metrics that are computed from others.
    pub(super) fn understand(live: &CustomizedMetricSpecification) -> Option<CustomMetric> {
        let dimensions = live.dimensions().iter();
        Some(CustomMetric {
            namespace: live.namespace()?.to_owned(),
            name: live.metric_name()?.to_owned(),
            dimensions: dimensions.map(|one| (one.name().to_owned(), one.value().into())).collect(),
            statistic: Statistic::of_word(live.statistic()?.as_str())?,
            unit: live.unit().filter(|unit| !unit.is_empty()).map(str::to_owned),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn metrics_are_understood_as_they_are_written() {
        let named = NAMES.iter().map(|(_, metric)| metric.clone());
        let labelled = Predefined::RequestsPerTarget("app/a/1/targetgroup/b/2".into());
        let other = Predefined::Other("RDSReaderAverageCPUUtilization".into());
        for metric in named.chain([labelled, other]) {
            assert_eq!(Predefined::understand(&metric.written().unwrap()), metric);
        }
        let orders = CustomMetric {
            namespace: "Shop".into(),
            name: "Orders".into(),
            dimensions: [("Service".into(), "web".into())].into(),
            statistic: Statistic::Sum,
            unit: Some("Count".into()),
        };
        assert_eq!(CustomMetric::understand(&orders.written().unwrap()), Some(orders));
    }

    #[test]
    fn a_label_is_made_of_both_arns_ends() {
        let (balancer, group) = (Ref::<()>::known("app/shop/1"), Ref::<()>::known("targetgroup/web/2"));
        let expected = Predefined::RequestsPerTarget("app/shop/1/targetgroup/web/2".into());
        assert_eq!(Predefined::requests_per_target(balancer, group), expected);
    }
}
