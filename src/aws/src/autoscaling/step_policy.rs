//! A policy that scales by steps, the further a metric is from an alarm's threshold the more. An alarm calls it.

use aws_sdk_applicationautoscaling::types::{
    AdjustmentType, MetricAggregationType, PolicyType, ScalingPolicy, StepAdjustment,
    StepScalingPolicyConfiguration as Configuration,
};
use infra_derive::Resource;
use infra_engine::check::{Rule, Severity, Surroundings, Violation};
use infra_engine::live::{Ask, Behaviour, Fault, Found, Order, Retag, State};
use infra_engine::model::{Ref, Replacement, Tags};
use serde::{Deserialize, Serialize};

use super::fights;
use super::policies::{self, ScalingPolicyArn};
use super::scalable_target::ScalableTargetId;
use crate::cloudwatch::{Action, Alarm};
use crate::{Aws, Sorted};

/// A policy that scales by steps, the further a metric is from an alarm's threshold the more.
///
/// ```
/// use infra_aws::autoscaling::{Adjustment, Aggregation, Step, StepPolicy};
/// use infra_engine::model::Ref;
///
/// let policy = StepPolicy {
///     target: Ref::known("service/shop/shop-web"),
///     name: "shop-web-response-time".into(),
///     adjustment: Adjustment::Change,
///     steps: vec![Step::between(0.0, 10.0, 1), Step::above(10.0, 2)],
///     cooldown: 300,
///     aggregation: Aggregation::Average,
/// };
/// ```
///
/// Nothing happens until an alarm calls it: give its ARN to one. A policy that no alarm calls is refused.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Resource)]
#[resource(kind = "autoscaling/step-policy", id = StepPolicyId)]
#[resource(parent(field = "target", kind = "autoscaling/scalable-target"))]
#[resource(outputs(
    /// Its Amazon Resource Name: what an alarm calls.
    ARN: ScalingPolicyArn,
))]
pub struct StepPolicy {
    /// What it scales.
    #[key]
    pub target: Ref<ScalableTargetId>,
    /// Its name, unique among the target's policies.
    #[key]
    pub name: String,
    /// What the numbers of its steps mean.
    pub adjustment: Adjustment,
    /// The steps, the lowest first.
    pub steps: Vec<Step>,
    /// The seconds until it scales once more.
    pub cooldown: u32,
    /// What is made of the metric's values.
    pub aggregation: Aggregation,
}

/// What the number of a step means.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Adjustment {
    /// So many more, or fewer.
    Change,
    /// So many percent more, or fewer; if that is less than `at_least`, then that many.
    Percent {
        /// So many at least.
        at_least: u32,
    },
    /// So many.
    Exactly,
}

/// What happens in one part of the way from the alarm's threshold. No bound is no end.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Step {
    /// From this difference to the threshold on.
    pub from: Option<f64>,
    /// Up to this one.
    pub to: Option<f64>,
    /// What [`Adjustment`] tells the meaning of.
    pub by: i32,
}

/// What is made of the metric's values.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Aggregation {
    /// Their average.
    Average,
    /// The smallest.
    Minimum,
    /// The largest.
    Maximum,
}

impl Behaviour for StepPolicy {
    type Cloud = Aws;

    const WRITES_OVER: bool = true;

    const ACTIONS: &'static [&'static str] = policies::ACTIONS;

    fn rules() -> &'static [Rule<StepPolicy>] {
        RULES
    }

    /// Only under another name is it another one: the alarms that call it move over before it goes.
    fn replacement(_: &StepPolicy, _: &StepPolicy) -> Replacement {
        Replacement::CreateFirst
    }

    async fn read(aws: &Aws, ask: &Ask) -> Result<Vec<Found<StepPolicy>>, Fault> {
        let policies = policies::read(aws, ask, &PolicyType::StepScaling).await?;
        Ok(policies.into_iter().map(|(id, policy)| understand(&id, &policy)).collect())
    }

    async fn create(aws: &Aws, order: &Order<StepPolicy>) -> Result<String, Fault> {
        put(aws, &order.definition).await?;
        Ok(format!("{}/{}", order.definition.target.value(), order.definition.name))
    }

    async fn update(aws: &Aws, _: &Found<StepPolicy>, wanted: &StepPolicy) -> Result<(), Fault> {
        put(aws, wanted).await
    }

    /// It has no tags: it is ours when its target is.
    async fn retag(_: &Aws, _: &Found<StepPolicy>, _: &Retag) -> Result<(), Fault> {
        Ok(())
    }

    async fn delete(aws: &Aws, found: &Found<StepPolicy>) -> Result<(), Fault> {
        policies::delete(aws, &found.id).await
    }
}

async fn put(aws: &Aws, policy: &StepPolicy) -> Result<(), Fault> {
    let StepPolicy { target, name, adjustment, steps, cooldown, aggregation } = policy;
    let operation = "application-autoscaling:PutScalingPolicy";
    let number = |number: u32| i32::try_from(number).unwrap_or(i32::MAX);
    let steps: Result<Vec<StepAdjustment>, _> = steps.iter().map(Step::written).collect();
    let (kind, at_least) = match adjustment {
        Adjustment::Change => (AdjustmentType::ChangeInCapacity, None),
        Adjustment::Percent { at_least } => (AdjustmentType::PercentChangeInCapacity, Some(number(*at_least))),
        Adjustment::Exactly => (AdjustmentType::ExactCapacity, None),
    };
    let configuration = Configuration::builder()
        .adjustment_type(kind)
        .set_min_adjustment_magnitude(at_least)
        .set_step_adjustments(Some(steps.sorted(operation)?))
        .cooldown(number(*cooldown))
        .metric_aggregation_type(match aggregation {
            Aggregation::Average => MetricAggregationType::Average,
            Aggregation::Minimum => MetricAggregationType::Minimum,
            Aggregation::Maximum => MetricAggregationType::Maximum,
        });
    let call = policies::put(aws, &target.value(), name)?.policy_type(PolicyType::StepScaling);
    policies::send(call.step_scaling_policy_configuration(configuration.build())).await
}

/// The definition that would have produced a live one, or one that stands in for it.
fn understand(id: &str, policy: &ScalingPolicy) -> Found<StepPolicy> {
    let found = match definition(policy) {
        Some(definition) => Found::ready(id, definition, Tags::new()),
        None => {
            let stand_in = StepPolicy {
                target: Ref::known(policy.resource_id()),
                name: policy.policy_name().to_owned(),
                adjustment: Adjustment::Change,
                steps: Vec::new(),
                cooldown: 0,
                aggregation: Aggregation::Average,
            };
            let why = format!("the policy {id} says nothing of its steps");
            Found::ready(id, stand_in, Tags::new()).in_state(State::Unreadable(why))
        }
    };
    found.with(StepPolicy::ARN.name, policy.policy_arn())
}

fn definition(policy: &ScalingPolicy) -> Option<StepPolicy> {
    let live = policy.step_scaling_policy_configuration()?;
    let unsigned = |number: Option<i32>| number.and_then(|number| u32::try_from(number).ok());
    let mut steps: Vec<Step> = live.step_adjustments().iter().map(Step::understand).collect();
    steps.sort_by(|left, right| left.floor().total_cmp(&right.floor()));
    Some(StepPolicy {
        target: Ref::known(policy.resource_id()),
        name: policy.policy_name().to_owned(),
        adjustment: match live.adjustment_type() {
            Some(AdjustmentType::PercentChangeInCapacity) => {
                Adjustment::Percent { at_least: unsigned(live.min_adjustment_magnitude()).unwrap_or(1) }
            }
            Some(AdjustmentType::ExactCapacity) => Adjustment::Exactly,
            _ => Adjustment::Change,
        },
        steps,
        cooldown: unsigned(live.cooldown()).unwrap_or(300),
        aggregation: match live.metric_aggregation_type() {
            Some(MetricAggregationType::Minimum) => Aggregation::Minimum,
            Some(MetricAggregationType::Maximum) => Aggregation::Maximum,
            _ => Aggregation::Average,
        },
    })
}

impl Step {
    /// Between two differences to the threshold.
    pub fn between(from: f64, to: f64, by: i32) -> Step {
        Step { from: Some(from), to: Some(to), by }
    }

    /// From a difference on, without end.
    pub fn above(from: f64, by: i32) -> Step {
        Step { from: Some(from), to: None, by }
    }

    /// Below a difference, without end.
    pub fn below(to: f64, by: i32) -> Step {
        Step { from: None, to: Some(to), by }
    }

    fn floor(&self) -> f64 {
        self.from.unwrap_or(f64::NEG_INFINITY)
    }

    fn written(&self) -> Result<StepAdjustment, aws_sdk_applicationautoscaling::error::BuildError> {
        let Step { from, to, by } = *self;
        let step = StepAdjustment::builder().set_metric_interval_lower_bound(from).set_metric_interval_upper_bound(to);
        step.scaling_adjustment(by).build()
    }

    fn understand(live: &StepAdjustment) -> Step {
        let (from, to) = (live.metric_interval_lower_bound(), live.metric_interval_upper_bound());
        Step { from, to, by: live.scaling_adjustment() }
    }
}

static RULES: &[Rule<StepPolicy>] = &[
    Rule {
        code: "V157",
        says: "a policy's name has 1 to 256 characters, none of them `:`, `/` or `|`",
        source: "Application Auto Scaling API model: PutScalingPolicy",
        severity: Severity::Error,
        check: |policy, _| policies::name_fits(&policy.name).into_iter().collect(),
    },
    Rule {
        code: "V71",
        says: "steps follow each other without gaps, the lowest first, and go on without end where they leave nought",
        source: "Application Auto Scaling API model: StepAdjustment",
        severity: Severity::Error,
        check: steps_follow,
    },
    Rule {
        code: "V72",
        says: "an exact number is not below nought",
        source: "Application Auto Scaling API model: StepScalingPolicyConfiguration",
        severity: Severity::Error,
        check: exact_is_a_number,
    },
    Rule {
        code: "V226",
        says: "a policy that scales by steps is called by an alarm",
        source: "Application Auto Scaling User Guide: step scaling policies, which only an alarm invokes",
        severity: Severity::Error,
        check: somebody_calls,
    },
    fights::IN_BESIDE_TRACKING,
    fights::SUM,
    fights::CROSSING,
];

/// An alarm of this program calls it: by reference, or by an ARN that has the policy's name in it.
fn somebody_calls(policy: &StepPolicy, around: &Surroundings<'_>) -> Vec<Violation> {
    let (output, name) = (format!("{}.{}", around.address(), StepPolicy::ARN.name), &policy.name);
    let known = format!(":policyName/{name}");
    let calls = |alarm: &Alarm| {
        let mut actions = alarm.on_alarm.iter().chain(&alarm.on_ok).chain(&alarm.on_no_data).map(Action::value);
        actions.any(|called| called == output || called.ends_with(&known))
    };
    if around.all::<Alarm>().any(|(_, alarm)| calls(alarm)) {
        return Vec::new();
    }
    let way_out = "give its ARN to an alarm: `on_alarm: [policy.output(StepPolicy::ARN).into()].into()`";
    vec![Violation::of("name", name, "no alarm calls it, so it never does anything", way_out)]
}

fn steps_follow(policy: &StepPolicy, _: &Surroundings<'_>) -> Vec<Violation> {
    let steps = &policy.steps;
    let backwards = |step: &Step| match (step.from, step.to) {
        (Some(from), Some(to)) => from >= to,
        (from, to) => from.is_none() && to.is_none(),
    };
    let (first, last) = (steps.first(), steps.last());
    let wrong = if steps.is_empty() {
        "there is none"
    } else if steps.len() > 20 {
        "there are more than 20"
    } else if steps.iter().any(backwards) {
        "one of them has no bounds, or ends where it begins"
    } else if steps.windows(2).any(|pair| pair[0].to.is_none() || pair[0].to != pair[1].from) {
        "one of them does not begin where the one before ends"
    } else if first.and_then(|step| step.from).is_some_and(|from| from < 0.0) {
        "the lowest begins below nought, and nothing is below it"
    } else if last.and_then(|step| step.to).is_some_and(|to| to > 0.0) {
        "the highest ends above nought, and nothing is above it"
    } else {
        return Vec::new();
    };
    let way_out = "write them from the lowest to the highest: `Step::between(0.0, 10.0, 1), Step::above(10.0, 2)`";
    vec![Violation::of("steps", steps, wrong, way_out)]
}

fn exact_is_a_number(policy: &StepPolicy, _: &Surroundings<'_>) -> Vec<Violation> {
    let below = |step: &&Step| policy.adjustment == Adjustment::Exactly && step.by < 0;
    let tell = |step: &Step| Violation::of("steps", step, format!("{} cannot be reached", step.by), "write 0 or more");
    policy.steps.iter().find(below).map(tell).into_iter().collect()
}

#[cfg(test)]
mod tests {
    use infra_engine::model::{Handle, Platform};

    use super::*;
    use crate::cloudwatch::{Condition, Evaluation, Metric, Missing};

    fn policy(adjustment: Adjustment, steps: impl IntoIterator<Item = Step>) -> StepPolicy {
        StepPolicy {
            target: Ref::known("service/shop/web"),
            name: "web".into(),
            adjustment,
            steps: steps.into_iter().collect(),
            cooldown: 300,
            aggregation: Aggregation::Average,
        }
    }

    fn alarm(calls: Action) -> Alarm {
        Alarm {
            name: "web".into(),
            description: String::new(),
            watches: Metric::named("Shop", "Waiting").average(60).into(),
            condition: Condition::Above(1.0),
            evaluation: Evaluation { periods: 1, breaching: 1 },
            missing: Missing::Fine,
            enabled: true,
            on_alarm: [calls].into(),
            on_ok: [].into(),
            on_no_data: [].into(),
        }
    }

    /// The codes of a policy beside an alarm that calls what is made of its handle.
    fn beside(policy: StepPolicy, calls: impl FnOnce(&Handle<StepPolicy>) -> Action) -> Vec<&'static str> {
        let mut platform = Platform::new();
        let mut stack = platform.stack("scaling");
        let handle = stack.add("web", policy.clone());
        stack.add("alarm", alarm(calls(&handle)));
        let address = handle.address().clone();
        let definitions = platform.finish().unwrap();
        let around = Surroundings::new(&definitions, &address);
        RULES.iter().flat_map(|rule| rule.violations(&policy, &around)).map(|violation| violation.code).collect()
    }

    fn codes(adjustment: Adjustment, steps: impl IntoIterator<Item = Step>) -> Vec<&'static str> {
        beside(policy(adjustment, steps), |policy| policy.output(StepPolicy::ARN).into())
    }

    #[test]
    fn a_policy_that_no_alarm_calls_is_refused() {
        let policy = || policy(Adjustment::Change, [Step::above(0.0, 1)]);
        let arn = |name: &str| Action::from(format!("arn:aws:autoscaling:…:policyName/{name}").as_str());
        assert_eq!(beside(policy(), |policy| policy.output(StepPolicy::ARN).into()), [""; 0]);
        assert_eq!(beside(policy(), |_| arn("web")), [""; 0]);
        assert_eq!(beside(policy(), |_| arn("other-web")), ["V226"]);
    }

    #[test]
    fn steps_lead_from_one_end_to_the_other() {
        let (between, above, below) = (Step::between, Step::above, Step::below);
        let change = |steps: &[Step]| codes(Adjustment::Change, steps.iter().copied());
        for good in [
            &[between(0.0, 10.0, 1), above(10.0, 2)][..],
            &[below(0.0, -1)],
            &[below(-10.0, -2), between(-10.0, 0.0, -1)],
            &[below(-1.0, -1), between(-1.0, 1.0, 0), above(1.0, 1)],
        ] {
            assert_eq!(change(good), Vec::<&str>::new(), "{good:?}");
        }
        for bad in [
            &[][..],
            &[between(0.0, 10.0, 1)],
            &[between(-10.0, 0.0, -1)],
            &[between(0.0, 10.0, 1), above(20.0, 2)],
            &[above(10.0, 2), between(0.0, 10.0, 1)],
            &[Step { from: None, to: None, by: 1 }],
            &[between(10.0, 10.0, 1), above(10.0, 2)],
        ] {
            assert_eq!(change(bad), ["V71"], "{bad:?}");
        }
    }

    #[test]
    fn an_exact_number_is_not_negative() {
        assert_eq!(codes(Adjustment::Exactly, [Step::above(0.0, -1)]), ["V72"]);
        assert_eq!(codes(Adjustment::Exactly, [Step::above(0.0, 0)]), Vec::<&str>::new());
        assert_eq!(codes(Adjustment::Percent { at_least: 1 }, [Step::above(0.0, -10)]), Vec::<&str>::new());
    }
}
