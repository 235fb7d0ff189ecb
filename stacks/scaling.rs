//! The scaling: between how many tasks each service has, and when there are more and fewer.
//!
//! The numbers are the environment's, in `[scaling]` and in the services' own tables. What is tracked and what is
//! forecast is here; rules that scale by steps are in `steps`, what the calendar says is in `calendar`.

mod calendar;

use std::collections::BTreeMap;

use infra_aws::Text;
use infra_aws::autoscaling::{
    Beyond, CustomMetric, Load, Predefined, PredictivePolicy, ScalableTarget, Statistic, Suspended,
    TargetTrackingPolicy, Tracked,
};
use infra_aws::ecs;
use infra_aws::elb::{LoadBalancer, TargetGroup};
use infra_engine::model::{Handle, Platform, Stack};
use infra_values::Name;

use crate::cluster::Cluster;
use crate::edge::Edge;
use crate::environment::{Business, Environment, Forecast, Service, Tracking};

/// What the stacks on top of the scaling build on.
pub struct Scaling {
    /// What is scaled, by service.
    pub targets: BTreeMap<Name, Handle<ScalableTarget>>,
}

/// A service that is scaled: everything that its policies are made of.
struct Scaled<'a> {
    environment: &'a Environment,
    edge: &'a Edge,
    name: &'a Name,
    service: &'a Service,
    target: Handle<ScalableTarget>,
}

/// Adds the scaling to the platform.
pub fn stack(environment: &Environment, platform: &mut Platform, edge: &Edge, cluster: &Cluster) -> Scaling {
    let mut stack = platform.stack("scaling");
    let mut targets = BTreeMap::new();
    for (name, service) in &environment.services {
        let target = stack.add(
            name.to_string(),
            ScalableTarget {
                resource: cluster.services[name].service.output(ecs::Service::SCALABLE),
                minimum: service.count.minimum,
                maximum: service.count.maximum,
                suspended: Suspended::default(),
            },
        );
        let scaled = Scaled { environment, edge, name, service, target: target.clone() };
        track(&mut stack, &scaled);
        calendar::add(&mut stack, &scaled);
        if let Some(forecast) = environment.scaling.predictive {
            predict(&mut stack, &scaled, forecast);
        }
        targets.insert(name.clone(), target);
    }
    Scaling { targets }
}

/// The four metrics that a service's tasks are kept near.
fn track(stack: &mut Stack, scaled: &Scaled<'_>) {
    let Scaled { environment, edge, name, service, target } = scaled;
    let Tracking { cpu, memory, requests } = service.tracking.unwrap_or(environment.scaling.tracking);
    let Business { metric, value } = &service.business;

    let balancer = edge.balancer.output(LoadBalancer::SUFFIX);
    let group = edge.groups[*name].output(TargetGroup::SUFFIX);
    let requests_per_task = Predefined::requests_per_target(balancer, group);
    let cooldown = Some(environment.scaling.cooldown_seconds);
    let mut keep = |what: &str, metric: Tracked, value: f64| {
        let policy = TargetTrackingPolicy {
            target: target.id(),
            name: scaled.named(&format!("{what}-scaling")),
            metric,
            value,
            out_cooldown: cooldown,
            in_cooldown: cooldown,
            scales_in: true,
        };
        stack.add(format!("{name}-{what}"), policy);
    };
    keep("cpu", Tracked::Predefined(Predefined::ServiceCpu), cpu.value().into());
    keep("memory", Tracked::Predefined(Predefined::ServiceMemory), memory.value().into());
    keep("requests-per-task", Tracked::Predefined(requests_per_task), requests.into());
    keep("business", Tracked::Custom(scaled.own_metric(metric)), *value);
}

/// Tasks that run before the load comes.
fn predict(stack: &mut Stack, scaled: &Scaled<'_>, forecast: Forecast) {
    let Tracking { cpu, .. } = scaled.service.tracking.unwrap_or(scaled.environment.scaling.tracking);
    stack.add(
        format!("{}-forecast", scaled.name),
        PredictivePolicy {
            target: scaled.target.id(),
            name: scaled.named("predictive-scaling"),
            load: Load::Cpu,
            value: cpu.value().into(),
            mode: forecast.into(),
            lead: 300,
            beyond: Beyond::Never,
        },
    );
}

impl Scaled<'_> {
    /// `PROJECT-SERVICE-cpu-scaling`: the names of policies and actions.
    fn named(&self, what: &str) -> String {
        self.environment.named(&format!("{}-{what}", self.name))
    }

    /// A metric that the service itself puts.
    fn own_metric(&self, metric: &str) -> CustomMetric {
        CustomMetric {
            namespace: self.environment.project.to_string(),
            name: metric.to_owned(),
            dimensions: [("Service".to_owned(), Text::from(self.name.as_str()))].into(),
            statistic: Statistic::Average,
            unit: None,
        }
    }
}
