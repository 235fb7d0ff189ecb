//! A policy that keeps a metric near a value, by scaling out and in.

use aws_sdk_applicationautoscaling::types::{
    PolicyType, ScalingPolicy, TargetTrackingScalingPolicyConfiguration as Configuration,
};
use infra_derive::Resource;
use infra_engine::check::{Rule, Severity, Surroundings, Violation};
use infra_engine::live::{Ask, Behaviour, Fault, Found, Order, Retag, State};
use infra_engine::model::{Address, Ref, Tags};
use serde::{Deserialize, Serialize};

use super::fights;
use super::metric::{CustomMetric, Predefined};
use super::policies::{self, ScalingPolicyArn};
use super::scalable_target::{ScalableTarget, ScalableTargetId};
use crate::ecs::Service;
use crate::elb::TargetGroup;
use crate::{Aws, Sorted};

/// A policy that keeps a metric near a value, by scaling out and in.
///
/// ```
/// use infra_aws::autoscaling::{Predefined, TargetTrackingPolicy, Tracked};
/// use infra_engine::model::Ref;
///
/// let policy = TargetTrackingPolicy {
///     target: Ref::known("service/shop/shop-web"),
///     name: "shop-web-cpu".into(),
///     metric: Tracked::Predefined(Predefined::ServiceCpu),
///     value: 70.0,
///     out_cooldown: Some(300),
///     in_cooldown: Some(300),
///     scales_in: true,
/// };
/// ```
///
/// Application Auto Scaling makes the alarms for it by itself.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Resource)]
#[resource(kind = "autoscaling/target-tracking-policy", id = TargetTrackingPolicyId)]
#[resource(parent(field = "target", kind = "autoscaling/scalable-target"))]
#[resource(outputs(
    /// Its Amazon Resource Name.
    ARN: ScalingPolicyArn,
))]
pub struct TargetTrackingPolicy {
    /// What it scales.
    #[key]
    pub target: Ref<ScalableTargetId>,
    /// Its name, unique among the target's policies.
    #[key]
    pub name: String,
    /// The metric.
    pub metric: Tracked,
    /// The value that it keeps the metric near.
    pub value: f64,
    /// The seconds until it scales out once more; without a number AWS's own choice.
    pub out_cooldown: Option<u32>,
    /// The seconds until it scales in once more; without a number AWS's own choice.
    pub in_cooldown: Option<u32>,
    /// Whether it scales in at all.
    pub scales_in: bool,
}

/// A metric that is tracked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Tracked {
    /// One that AWS keeps by itself.
    Predefined(Predefined),
    /// Any other of CloudWatch's.
    Custom(CustomMetric),
}

impl Behaviour for TargetTrackingPolicy {
    type Cloud = Aws;

    const WRITES_OVER: bool = true;

    const ACTIONS: &'static [&'static str] = policies::ACTIONS;

    fn rules() -> &'static [Rule<TargetTrackingPolicy>] {
        RULES
    }

    async fn read(aws: &Aws, ask: &Ask) -> Result<Vec<Found<TargetTrackingPolicy>>, Fault> {
        let policies = policies::read(aws, ask, &PolicyType::TargetTrackingScaling).await?;
        Ok(policies.into_iter().map(|(id, policy)| understand(&id, &policy)).collect())
    }

    async fn create(aws: &Aws, order: &Order<TargetTrackingPolicy>) -> Result<String, Fault> {
        put(aws, &order.definition).await?;
        Ok(format!("{}/{}", order.definition.target.value(), order.definition.name))
    }

    async fn update(aws: &Aws, _: &Found<TargetTrackingPolicy>, wanted: &TargetTrackingPolicy) -> Result<(), Fault> {
        put(aws, wanted).await
    }

    /// It has no tags: it is ours when its target is.
    async fn retag(_: &Aws, _: &Found<TargetTrackingPolicy>, _: &Retag) -> Result<(), Fault> {
        Ok(())
    }

    async fn delete(aws: &Aws, found: &Found<TargetTrackingPolicy>) -> Result<(), Fault> {
        policies::delete(aws, &found.id).await
    }
}

async fn put(aws: &Aws, policy: &TargetTrackingPolicy) -> Result<(), Fault> {
    let TargetTrackingPolicy { target, name, metric, value, out_cooldown, in_cooldown, scales_in } = policy;
    let operation = "application-autoscaling:PutScalingPolicy";
    let seconds = |seconds: &Option<u32>| seconds.map(|seconds| i32::try_from(seconds).unwrap_or(i32::MAX));
    let configuration = Configuration::builder()
        .target_value(*value)
        .set_scale_out_cooldown(seconds(out_cooldown))
        .set_scale_in_cooldown(seconds(in_cooldown))
        .disable_scale_in(!scales_in);
    let configuration = match metric {
        Tracked::Predefined(metric) => {
            configuration.predefined_metric_specification(metric.written().sorted(operation)?)
        }
        Tracked::Custom(metric) => configuration.customized_metric_specification(metric.written().sorted(operation)?),
    };
    let call = policies::put(aws, &target.value(), name)?.policy_type(PolicyType::TargetTrackingScaling);
    let configuration = configuration.build().sorted(operation)?;
    policies::send(call.target_tracking_scaling_policy_configuration(configuration)).await
}

/// The definition that would have produced a live one, or one that stands in for it.
fn understand(id: &str, policy: &ScalingPolicy) -> Found<TargetTrackingPolicy> {
    let found = match definition(policy) {
        Some(definition) => Found::ready(id, definition, Tags::new()),
        None => {
            let why = format!("the policy {id} follows a metric that is computed from others");
            Found::ready(id, stand_in(policy), Tags::new()).in_state(State::Unreadable(why))
        }
    };
    found.with(TargetTrackingPolicy::ARN.name, policy.policy_arn())
}

fn stand_in(policy: &ScalingPolicy) -> TargetTrackingPolicy {
    TargetTrackingPolicy {
        target: Ref::known(policy.resource_id()),
        name: policy.policy_name().to_owned(),
        metric: Tracked::Predefined(Predefined::Other("unknown".to_owned())),
        value: 0.0,
        out_cooldown: None,
        in_cooldown: None,
        scales_in: false,
    }
}

fn definition(policy: &ScalingPolicy) -> Option<TargetTrackingPolicy> {
    let live = policy.target_tracking_scaling_policy_configuration()?;
    let predefined = live.predefined_metric_specification().map(Predefined::understand).map(Tracked::Predefined);
    let custom = || live.customized_metric_specification().and_then(CustomMetric::understand).map(Tracked::Custom);
    let seconds = |seconds: Option<i32>| seconds.and_then(|seconds| u32::try_from(seconds).ok());
    Some(TargetTrackingPolicy {
        target: Ref::known(policy.resource_id()),
        name: policy.policy_name().to_owned(),
        metric: predefined.or_else(custom)?,
        value: live.target_value(),
        out_cooldown: seconds(live.scale_out_cooldown()),
        in_cooldown: seconds(live.scale_in_cooldown()),
        scales_in: live.disable_scale_in() != Some(true),
    })
}

static RULES: &[Rule<TargetTrackingPolicy>] = &[
    fights::SUM_TRACKED,
    Rule {
        code: "V157",
        says: "a policy's name has 1 to 256 characters, none of them `:`, `/` or `|`",
        source: "Application Auto Scaling API model: PutScalingPolicy",
        severity: Severity::Error,
        check: |policy, _| policies::name_fits(&policy.name).into_iter().collect(),
    },
    Rule {
        code: "V69",
        says: "requests are counted by the last parts of the ARNs of a load balancer and of its target group",
        source: "Application Auto Scaling API model: PredefinedMetricSpecification ResourceLabel",
        severity: Severity::Error,
        check: label_fits,
    },
    Rule {
        code: "V69a",
        says: "the requests that are counted are those of a target group that the service joins",
        source: "Application Auto Scaling user guide: ALBRequestCountPerTarget; the metric of another group says nothing of it",
        severity: Severity::Error,
        check: requests_are_its_own,
    },
    Rule {
        code: "V69b",
        says: "a quick metric is one of a service that is measured every twenty seconds",
        source: "ECS developer guide: faster auto scaling with high-resolution metrics",
        severity: Severity::Error,
        check: quick_is_measured,
    },
    Rule {
        code: "V70",
        says: "the value that is tracked is above nought, and at most 100 where it is a percentage",
        source: "Application Auto Scaling API model: TargetTrackingScalingPolicyConfiguration",
        severity: Severity::Error,
        check: value_fits,
    },
];

fn label_fits(policy: &TargetTrackingPolicy, _: &Surroundings<'_>) -> Vec<Violation> {
    let Tracked::Predefined(Predefined::RequestsPerTarget(label)) = &policy.metric else { return Vec::new() };
    let known = serde_json::to_value(label).is_ok_and(|label| label.is_string());
    let text = label.value();
    let parts: Vec<&str> = text.split('/').collect();
    if !known || matches!(parts[..], ["app", _, _, "targetgroup", _, _]) {
        return Vec::new();
    }
    let way_out = "write `app/NAME/ID/targetgroup/NAME/ID`, by `Predefined::requests_per_target`";
    vec![Violation::of("metric", label, format!("`{text}` does not name both"), way_out)]
}

fn requests_are_its_own(policy: &TargetTrackingPolicy, around: &Surroundings<'_>) -> Vec<Violation> {
    let Tracked::Predefined(Predefined::RequestsPerTarget(label)) = &policy.metric else { return Vec::new() };
    let text = label.value();
    let mut groups = around.all::<TargetGroup>();
    let counted = groups.find(|(address, _)| text.ends_with(&format!("/{address}.{}", TargetGroup::SUFFIX.name)));
    let service = service_of(&policy.target, around);
    let (Some((group, _)), Some((address, service))) = (counted, service) else { return Vec::new() };
    if service.load_balancers.iter().any(|joined| joined.target_group.value() == format!("{group}.id")) {
        return Vec::new();
    }
    let wrong = format!("{address} does not join {group}");
    let way_out = "count the requests to a group that the service joins";
    vec![Violation::of("metric", label, wrong, way_out)]
}

fn quick_is_measured(policy: &TargetTrackingPolicy, around: &Surroundings<'_>) -> Vec<Violation> {
    let Tracked::Predefined(metric) = &policy.metric else { return Vec::new() };
    match service_of(&policy.target, around) {
        Some((address, service)) if metric.is_quick() && !service.quick_metrics => {
            let wrong = format!("{address} is measured every minute");
            vec![Violation::of("metric", metric, wrong, "set its `quick_metrics`, or track the metric of every minute")]
        }
        _ => Vec::new(),
    }
}

/// The service that a target scales, if it is in the code.
pub(super) fn service_of<'a>(
    target: &Ref<ScalableTargetId>,
    around: &'a Surroundings<'_>,
) -> Option<(&'a Address, &'a Service)> {
    let scaled = around.of::<ScalableTarget, _>(target)?.resource.value();
    let mut services = around.all::<Service>();
    services.find(|(address, _)| scaled == format!("{address}.{}", Service::SCALABLE.name))
}

fn value_fits(policy: &TargetTrackingPolicy, _: &Surroundings<'_>) -> Vec<Violation> {
    let percentage = matches!(&policy.metric, Tracked::Predefined(metric) if metric.is_percentage());
    let fits = policy.value.is_finite() && policy.value > 0.0 && !(percentage && policy.value > 100.0);
    let way_out = if percentage { "write more than 0 and at most 100" } else { "write more than 0" };
    let tell = || Violation::of("value", policy.value, format!("{} cannot be reached", policy.value), way_out);
    (!fits).then(tell).into_iter().collect()
}

#[cfg(test)]
mod tests {
    use infra_engine::model::Platform;

    use super::*;
    use crate::autoscaling::Suspended;
    use crate::ecs::{Attachment, Breaker, Capacity, Connect, Count, Propagation, Rollout};
    use crate::elb::{Algorithm, HealthCheck, Protocol, ProtocolVersion, Stickiness, TargetKind};

    fn policy(metric: Predefined, value: f64) -> TargetTrackingPolicy {
        TargetTrackingPolicy {
            target: Ref::known("service/shop/web"),
            name: "web".into(),
            metric: Tracked::Predefined(metric),
            value,
            out_cooldown: None,
            in_cooldown: None,
            scales_in: true,
        }
    }

    fn codes(metric: Predefined, value: f64) -> Vec<&'static str> {
        let policy = policy(metric, value);
        let address = Address::new("scaling", "web").unwrap();
        let around = Surroundings::new(&[], &address);
        RULES.iter().flat_map(|rule| rule.violations(&policy, &around)).map(|violation| violation.code).collect()
    }

    #[test]
    fn rules_hold_on_both_sides() {
        let requests = |label: &str| Predefined::RequestsPerTarget(label.into());
        assert_eq!(codes(Predefined::ServiceCpu, 100.0), Vec::<&str>::new());
        assert_eq!(codes(requests("app/a/1/targetgroup/b/2"), 1000.0), Vec::<&str>::new());
        assert_eq!(codes(Predefined::ServiceCpu, 100.5), ["V70"]);
        assert_eq!(codes(Predefined::ServiceMemory, 0.0), ["V70"]);
        assert_eq!(codes(requests("arn:a"), 1000.0), ["V69"]);
    }

    /// The codes of a policy that counts the requests to one of two groups, where the service joins the first.
    fn counting(place: usize) -> Vec<&'static str> {
        let mut platform = Platform::new();
        let mut stack = platform.stack("web");
        let groups = ["one", "other"].map(|name| {
            let group = TargetGroup {
                name: name.into(),
                vpc: Ref::known("vpc-1"),
                port: 8000,
                protocol: Protocol::Http,
                version: ProtocolVersion::Http1,
                targets: TargetKind::Ip,
                health_check: HealthCheck::at("/health"),
                deregistration_seconds: 30,
                algorithm: Algorithm::RoundRobin,
                anomaly_mitigation: false,
                slow_start_seconds: 0,
                stickiness: Stickiness::Off,
            };
            stack.add(name, group)
        });
        let joined = Attachment { target_group: groups[0].id(), container: "web".into(), port: 8000 };
        let service = Service {
            cluster: Ref::known("shop"),
            name: "shop-web".into(),
            task: Ref::known("arn:task:1"),
            count: Count::Autoscaled { from: 2 },
            capacity: Capacity::Fargate,
            subnets: [].into(),
            security_groups: [].into(),
            public_ips: false,
            load_balancers: [joined].into(),
            grace: 60,
            rollout: Rollout { minimum: 100, maximum: 200, breaker: Breaker::RollBack },
            execute_command: false,
            propagate_tags: Propagation::Service,
            connect: Connect::Off,
            rebalances: true,
            quick_metrics: false,
        };
        let resource = stack.add("service", service).output(Service::SCALABLE);
        let target = ScalableTarget { resource, minimum: 2, maximum: 4, suspended: Suspended::default() };
        let balancer: Ref<()> = Ref::known("app/shop/1");
        let suffix = groups[place].output(TargetGroup::SUFFIX);
        let policy = TargetTrackingPolicy {
            target: stack.add("target", target).id(),
            ..policy(Predefined::requests_per_target(balancer, suffix), 1000.0)
        };
        let address = stack.add("policy", policy.clone()).address().clone();
        let definitions = platform.finish().unwrap();
        let around = Surroundings::new(&definitions, &address);
        RULES.iter().flat_map(|rule| rule.violations(&policy, &around)).map(|violation| violation.code).collect()
    }

    #[test]
    fn v69a_the_requests_are_those_that_the_service_gets() {
        assert_eq!(counting(0), Vec::<&str>::new());
        assert_eq!(counting(1), ["V69a"]);
    }
}
