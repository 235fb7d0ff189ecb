//! A policy that learns from two weeks of a service's load, and has its tasks running before the load comes.

use aws_sdk_applicationautoscaling::types::{
    PolicyType, PredictiveScalingMaxCapacityBreachBehavior, PredictiveScalingMetricSpecification,
    PredictiveScalingMode, PredictiveScalingPolicyConfiguration as Configuration,
    PredictiveScalingPredefinedMetricPairSpecification as Pair, ScalingPolicy,
};
use infra_derive::Resource;
use infra_engine::check::{Rule, Severity, Surroundings, Violation};
use infra_engine::live::{Ask, Behaviour, Fault, Found, Order, Retag, State};
use infra_engine::model::{Ref, Tags};
use infra_values::Percent;
use serde::{Deserialize, Serialize};

use super::policies::{self, ScalingPolicyArn};
use super::scalable_target::{ScalableTarget, ScalableTargetId};
use crate::{Aws, Sorted, Text};

/// A policy that learns from two weeks of a service's load, and has its tasks running before the load comes.
///
/// ```
/// use infra_aws::autoscaling::{Beyond, Load, Mode, PredictivePolicy};
/// use infra_engine::model::Ref;
///
/// let policy = PredictivePolicy {
///     target: Ref::known("service/shop/shop-web"),
///     name: "shop-web-forecast".into(),
///     load: Load::Cpu,
///     value: 70.0,
///     mode: Mode::ForecastAndScale,
///     lead: 300,
///     beyond: Beyond::Never,
/// };
/// ```
///
/// It only scales out; scaling in is left to the target's other policies.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Resource)]
#[resource(kind = "autoscaling/predictive-policy", id = PredictivePolicyId)]
#[resource(parent(field = "target", kind = "autoscaling/scalable-target"))]
#[resource(outputs(
    /// Its Amazon Resource Name.
    ARN: ScalingPolicyArn,
))]
pub struct PredictivePolicy {
    /// What it scales.
    #[key]
    pub target: Ref<ScalableTargetId>,
    /// Its name, unique among the target's policies.
    #[key]
    pub name: String,
    /// The load that it learns from.
    pub load: Load,
    /// The value that it keeps the load near, for each task.
    pub value: f64,
    /// Whether it scales, or only says what it would do.
    pub mode: Mode,
    /// The seconds before the load comes at which its tasks are started.
    pub lead: u16,
    /// What it does when the forecast is above the target's maximum.
    pub beyond: Beyond,
}

/// The load that a predictive policy learns from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Load {
    /// The service's processors, in percent.
    Cpu,
    /// The service's memory, in percent.
    Memory,
    /// The requests to a load balancer's target group: `app/NAME/ID/targetgroup/NAME/ID`.
    Requests(Text),
}

/// Whether a predictive policy scales.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// It only says what it would do.
    ForecastOnly,
    /// It scales.
    ForecastAndScale,
}

/// What a predictive policy does when its forecast is above the target's maximum.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Beyond {
    /// It stays at the maximum.
    Never,
    /// It raises the maximum to the forecast, and so many percent more.
    By(Percent),
}

impl Behaviour for PredictivePolicy {
    type Cloud = Aws;

    const WRITES_OVER: bool = true;

    const ACTIONS: &'static [&'static str] = &[
        "application-autoscaling:DeleteScalingPolicy",
        "application-autoscaling:DescribeScalingPolicies",
        "application-autoscaling:PutScalingPolicy",
        // Whether the caller could do these is tried whenever a target, a policy or an action is put.
        "cloudwatch:DeleteAlarms",
        "cloudwatch:DescribeAlarms",
        "cloudwatch:PutMetricAlarm",
        "cloudwatch:GetMetricData",
        "ecs:DescribeServices",
        "ecs:UpdateService",
    ];

    fn rules() -> &'static [Rule<PredictivePolicy>] {
        RULES
    }

    async fn read(aws: &Aws, ask: &Ask) -> Result<Vec<Found<PredictivePolicy>>, Fault> {
        let policies = policies::read(aws, ask, &PolicyType::PredictiveScaling).await?;
        Ok(policies.into_iter().map(|(id, policy)| understand(&id, &policy)).collect())
    }

    async fn create(aws: &Aws, order: &Order<PredictivePolicy>) -> Result<String, Fault> {
        put(aws, &order.definition).await?;
        Ok(format!("{}/{}", order.definition.target.value(), order.definition.name))
    }

    async fn update(aws: &Aws, _: &Found<PredictivePolicy>, wanted: &PredictivePolicy) -> Result<(), Fault> {
        put(aws, wanted).await
    }

    /// It has no tags: it is ours when its target is.
    async fn retag(_: &Aws, _: &Found<PredictivePolicy>, _: &Retag) -> Result<(), Fault> {
        Ok(())
    }

    async fn delete(aws: &Aws, found: &Found<PredictivePolicy>) -> Result<(), Fault> {
        policies::delete(aws, &found.id).await
    }
}

const CPU: &str = "ECSServiceCPUUtilization";
const MEMORY: &str = "ECSServiceMemoryUtilization";
const REQUESTS: &str = "ALBRequestCount";

async fn put(aws: &Aws, policy: &PredictivePolicy) -> Result<(), Fault> {
    let PredictivePolicy { target, name, .. } = policy;
    let configuration = configuration(policy, "application-autoscaling:PutScalingPolicy")?;
    let call = policies::put(aws, &target.value(), name)?.policy_type(PolicyType::PredictiveScaling);
    policies::send(call.predictive_scaling_policy_configuration(configuration)).await
}

fn configuration(policy: &PredictivePolicy, operation: &'static str) -> Result<Configuration, Fault> {
    let PredictivePolicy { target: _, name: _, load, value, mode, lead, beyond } = policy;
    let pair = match load {
        Load::Cpu => Pair::builder().predefined_metric_type(CPU),
        Load::Memory => Pair::builder().predefined_metric_type(MEMORY),
        Load::Requests(label) => Pair::builder().predefined_metric_type(REQUESTS).resource_label(label.value()),
    };
    let metric = PredictiveScalingMetricSpecification::builder()
        .target_value(*value)
        .predefined_metric_pair_specification(pair.build().sorted(operation)?)
        .build()
        .sorted(operation)?;
    let configuration = Configuration::builder()
        .metric_specifications(metric)
        .mode(match mode {
            Mode::ForecastOnly => PredictiveScalingMode::ForecastOnly,
            Mode::ForecastAndScale => PredictiveScalingMode::ForecastAndScale,
        })
        .scheduling_buffer_time(i32::from(*lead));
    let configuration = match beyond {
        Beyond::Never => {
            configuration.max_capacity_breach_behavior(PredictiveScalingMaxCapacityBreachBehavior::HonorMaxCapacity)
        }
        Beyond::By(percent) => configuration
            .max_capacity_breach_behavior(PredictiveScalingMaxCapacityBreachBehavior::IncreaseMaxCapacity)
            .max_capacity_buffer(i32::from(percent.value())),
    };
    configuration.build().sorted(operation)
}

/// The definition that would have produced a live one, or one that stands in for it.
fn understand(id: &str, policy: &ScalingPolicy) -> Found<PredictivePolicy> {
    let found = match definition(policy) {
        Some(definition) => Found::ready(id, definition, Tags::new()),
        None => {
            let stand_in = PredictivePolicy {
                target: Ref::known(policy.resource_id()),
                name: policy.policy_name().to_owned(),
                load: Load::Cpu,
                value: 0.0,
                mode: Mode::ForecastOnly,
                lead: 0,
                beyond: Beyond::Never,
            };
            let why = format!("the policy {id} learns from other metrics than one of AWS's pairs");
            Found::ready(id, stand_in, Tags::new()).in_state(State::Unreadable(why))
        }
    };
    found.with(PredictivePolicy::ARN.name, policy.policy_arn())
}

fn definition(policy: &ScalingPolicy) -> Option<PredictivePolicy> {
    let live = policy.predictive_scaling_policy_configuration()?;
    let [metric] = live.metric_specifications() else { return None };
    let pair = metric.predefined_metric_pair_specification()?;
    let percent = i64::from(live.max_capacity_buffer().unwrap_or_default());
    Some(PredictivePolicy {
        target: Ref::known(policy.resource_id()),
        name: policy.policy_name().to_owned(),
        load: match pair.predefined_metric_type() {
            CPU => Load::Cpu,
            MEMORY => Load::Memory,
            REQUESTS => Load::Requests(pair.resource_label().unwrap_or_default().into()),
            _ => return None,
        },
        value: metric.target_value(),
        mode: match live.mode() {
            Some(PredictiveScalingMode::ForecastAndScale) => Mode::ForecastAndScale,
            _ => Mode::ForecastOnly,
        },
        lead: live.scheduling_buffer_time().and_then(|seconds| u16::try_from(seconds).ok()).unwrap_or(300),
        beyond: match live.max_capacity_breach_behavior() {
            Some(PredictiveScalingMaxCapacityBreachBehavior::IncreaseMaxCapacity) => {
                Percent::try_from(percent).map_or(Beyond::Never, Beyond::By)
            }
            _ => Beyond::Never,
        },
    })
}

static RULES: &[Rule<PredictivePolicy>] = &[
    Rule {
        code: "V157",
        says: "a policy's name has 1 to 256 characters, none of them `:`, `/` or `|`",
        source: "Application Auto Scaling API model: PutScalingPolicy",
        severity: Severity::Error,
        check: |policy, _| policies::name_fits(&policy.name).into_iter().collect(),
    },
    Rule {
        code: "V73",
        says: "a predictive policy scales a service, keeps a value above nought, and starts less than an hour before",
        source: "Application Auto Scaling API model: PredictiveScalingPolicyConfiguration",
        severity: Severity::Error,
        check: configuration_fits,
    },
];

fn configuration_fits(policy: &PredictivePolicy, around: &Surroundings<'_>) -> Vec<Violation> {
    let PredictivePolicy { target, value, lead, .. } = policy;
    let mut violations = Vec::new();
    let resource = around.of::<ScalableTarget, _>(target).map_or(target.value(), |target| target.resource.value());
    if resource.starts_with("spot-fleet-request/") {
        let way_out = "track a metric of the fleet instead";
        violations.push(Violation::of("target", target, "it is a fleet", way_out));
    }
    if !value.is_finite() || *value <= 0.0 {
        violations.push(Violation::of("value", value, format!("{value} cannot be reached"), "write more than 0"));
    }
    if *lead >= 3600 {
        violations.push(Violation::of("lead", lead, format!("{lead} seconds are too many"), "write at most 3599"));
    }
    violations
}

#[cfg(test)]
mod tests {
    use aws_sdk_applicationautoscaling::primitives::DateTime;
    use aws_sdk_applicationautoscaling::types::{ScalableDimension, ServiceNamespace};
    use infra_engine::model::Address;

    use super::*;

    fn policy() -> PredictivePolicy {
        PredictivePolicy {
            target: Ref::known("service/shop/web"),
            name: "forecast".into(),
            load: Load::Requests("app/a/1/targetgroup/b/2".into()),
            value: 70.0,
            mode: Mode::ForecastAndScale,
            lead: 600,
            beyond: Beyond::By(10.try_into().unwrap()),
        }
    }

    #[test]
    fn what_is_written_is_understood_again() {
        for beyond in [policy().beyond, Beyond::Never] {
            let written = PredictivePolicy { beyond, ..policy() };
            let live = ScalingPolicy::builder()
                .policy_arn("arn:policy")
                .policy_name("forecast")
                .service_namespace(ServiceNamespace::Ecs)
                .resource_id("service/shop/web")
                .scalable_dimension(ScalableDimension::EcsServiceDesiredCount)
                .policy_type(PolicyType::PredictiveScaling)
                .predictive_scaling_policy_configuration(configuration(&written, "test").unwrap())
                .creation_time(DateTime::from_secs(0))
                .build()
                .unwrap();
            assert_eq!(understand("id", &live).definition, written);
        }
    }

    #[test]
    fn rules_hold_on_both_sides() {
        let address = Address::new("scaling", "web").unwrap();
        let wrong = |change: fn(&mut PredictivePolicy)| {
            let mut changed = policy();
            change(&mut changed);
            configuration_fits(&changed, &Surroundings::new(&[], &address)).len()
        };
        assert_eq!(wrong(|_| {}), 0);
        assert_eq!(wrong(|policy| policy.lead = 3599), 0);
        assert_eq!(wrong(|policy| policy.lead = 3600), 1);
        assert_eq!(wrong(|policy| policy.value = 0.0), 1);
        assert_eq!(wrong(|policy| policy.target = Ref::known("spot-fleet-request/sfr-1")), 1);
    }
}
