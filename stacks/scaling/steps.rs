//! Rules that scale by steps: each a policy for every side that it has, and the alarm that calls it.
//!
//! A policy without an alarm never does anything, so the two are made together and nowhere else.

use std::collections::BTreeMap;

use infra_aws::autoscaling::{Adjustment, Aggregation, Step, StepPolicy};
use infra_aws::cloudwatch::metrics::LoadBalancer as Balancer;
use infra_aws::cloudwatch::{self, Alarm, Condition, Evaluation, Math, Missing, Statistic, Watched};
use infra_aws::elb::{LoadBalancer, TargetGroup};
use infra_engine::model::{Handle, Stack};
use infra_values::Name;

use super::Scaled;
use crate::environment::{In, Metric, Out, OwnMetric, Steps};

/// The seconds of which an alarm draws values together.
const MINUTE: u32 = 60;

/// Adds the rules of a service: those of all services, and its own in place of one of their name. Gives their alarms.
pub(super) fn add(stack: &mut Stack, scaled: &Scaled<'_>) -> Vec<Handle<Alarm>> {
    let mut rules: BTreeMap<&Name, &Steps> = scaled.environment.scaling.steps.iter().collect();
    rules.extend(&scaled.service.steps);
    let mut alarms = Vec::new();
    for (name, Steps { metric, out, inward }) in rules {
        let watches = watched(scaled, metric);
        alarms.push(side(stack, scaled, name.as_str(), watches.clone(), Side::of_out(out)));
        if let Some(inward) = inward {
            alarms.push(side(stack, scaled, &format!("{name}-in"), watches, Side::of_in(inward)));
        }
    }
    alarms
}

/// One side of a rule: when it rings, and what happens then.
struct Side {
    condition: Condition,
    minutes: u32,
    steps: Vec<Step>,
    description: &'static str,
}

impl Side {
    fn of_out(&Out { above, far, minutes }: &Out) -> Side {
        let steps = vec![Step::between(0.0, far, 1), Step::above(far, 2)];
        Side { condition: Condition::Above(above), minutes, steps, description: "More tasks are needed" }
    }

    fn of_in(&In { below, minutes }: &In) -> Side {
        let steps = vec![Step::below(0.0, -1)];
        Side { condition: Condition::Below(below), minutes, steps, description: "There are more tasks than are needed" }
    }
}

/// The policy of a side, and the alarm that calls it.
fn side(stack: &mut Stack, scaled: &Scaled<'_>, rule: &str, watches: Watched, side: Side) -> Handle<Alarm> {
    let Side { condition, minutes, steps, description } = side;
    let policy = stack.add(
        format!("{}-{rule}-steps", scaled.name),
        StepPolicy {
            target: scaled.target.id(),
            name: scaled.named(&format!("{rule}-scaling")),
            adjustment: Adjustment::Change,
            steps,
            cooldown: scaled.environment.scaling.cooldown_seconds,
            aggregation: Aggregation::Average,
        },
    );
    stack.add(
        format!("{}-{rule}-alarm", scaled.name),
        Alarm {
            name: scaled.named(rule),
            description: description.into(),
            watches,
            condition,
            evaluation: Evaluation { periods: minutes, breaching: minutes },
            // Without requests there are no values, and nothing to scale by.
            missing: Missing::Fine,
            enabled: true,
            on_alarm: [policy.output(StepPolicy::ARN).into()].into(),
            on_ok: [].into(),
            on_no_data: [].into(),
        },
    )
}

/// What a rule looks at, of one service.
fn watched(scaled: &Scaled<'_>, metric: &Metric) -> Watched {
    let of_group = |metric: Balancer| {
        let balancer = scaled.edge.balancer.output(LoadBalancer::SUFFIX);
        metric.of_group(balancer, scaled.edge.groups[scaled.name].output(TargetGroup::SUFFIX))
    };
    match metric {
        Metric::ResponseTime => of_group(Balancer::TargetResponseTime).average(MINUTE).into(),
        Metric::Requests => of_group(Balancer::Requests).sum(MINUTE).into(),
        // AWS has divided the sum already.
        Metric::RequestsPerTask => {
            let group = scaled.edge.groups[scaled.name].output(TargetGroup::SUFFIX);
            cloudwatch::Metric::named("AWS/ApplicationELB", Balancer::RequestsPerTarget.word())
                .with("TargetGroup", group)
                .sum(MINUTE)
                .into()
        }
        Metric::ErrorRate => Math::of("100 * errors / requests", "Errors, in percent")
            .with("errors", of_group(Balancer::TargetErrors5xx).sum(MINUTE))
            .with("requests", of_group(Balancer::Requests).sum(MINUTE))
            .into(),
        Metric::Own(OwnMetric { name, statistic }) => {
            scaled.own_metric(name).measured(Statistic::from(*statistic), MINUTE).into()
        }
    }
}
