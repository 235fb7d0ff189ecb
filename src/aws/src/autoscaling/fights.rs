//! Rules that fight one another: AWS takes them, and does what nobody wanted. All of these warn; what AWS would refuse
//! is said by the kinds themselves.

use infra_engine::check::{Rule, Severity, Surroundings, Violation};
use infra_engine::model::{Address, Ref};

use super::scalable_target::ScalableTarget;
use super::scheduled_action::ScheduledAction;
use super::step_policy::{Adjustment, StepPolicy};
use super::target_tracking_policy::{TargetTrackingPolicy, service_of};
use crate::cloudwatch::{Alarm, Condition, Measure, Statistic, Summary, Watched};
use crate::ec2::NatGateway;

pub(super) const IN_BESIDE_TRACKING: Rule<StepPolicy> = Rule {
    code: "V240",
    says: "a policy by steps that scales in does not stand beside target tracking that scales in too",
    source: "Application Auto Scaling API: PutScalingPolicy, \"the scale-in activity will not be blocked\"; the values \
             of a healthy service call such a policy all the time, and target tracking brings back what it takes away",
    severity: Severity::Warning,
    check: in_beside_tracking,
};

pub(super) const SUM: Rule<StepPolicy> = Rule {
    code: "V241",
    says: "a policy that scales out follows a metric that falls when there is more of what is scaled",
    source: "Application Auto Scaling user guide: choosing metrics; what is scaled by a total goes to its maximum and \
             stays there",
    severity: Severity::Warning,
    check: out_by_a_sum,
};

pub(super) const CROSSING: Rule<StepPolicy> = Rule {
    code: "V242",
    says: "the thresholds of scaling out and in do not cross when one comes or goes",
    source: "arithmetic: of a metric that is shared out, one of n fewer gives n/(n-1) times as much to each of the rest",
    severity: Severity::Warning,
    check: thresholds_cross,
};

pub(super) const ONE_IS_NONE: Rule<ScalableTarget> = Rule {
    code: "V243",
    says: "where each zone has a way out of its own, a service has more than one task",
    source: "ECS developer guide: best practices, availability; one task is gone with its zone until another has started",
    severity: Severity::Warning,
    check: |target, around| {
        let target_of_it = format!("{}.id", around.address());
        let service = service_of(&Ref::known(target_of_it), around);
        alone(target.minimum, service.map(|(address, service)| (address, service.subnets.len())), around)
    },
};

pub(super) const ONE_IS_NONE_THEN: Rule<ScheduledAction> = Rule {
    code: "V243",
    says: "where each zone has a way out of its own, no action leaves a service with one task",
    source: "ECS developer guide: best practices, availability; one task is gone with its zone until another has started",
    severity: Severity::Warning,
    check: |action, around| {
        let Some(minimum) = action.minimum else { return Vec::new() };
        let service = service_of(&action.target, around);
        alone(minimum, service.map(|(address, service)| (address, service.subnets.len())), around)
    },
};

/// V240.
fn in_beside_tracking(policy: &StepPolicy, around: &Surroundings<'_>) -> Vec<Violation> {
    let beside = around.all::<TargetTrackingPolicy>().filter(|(_, other)| other.target == policy.target);
    let fights: Vec<String> =
        beside.filter(|(_, other)| other.scales_in).map(|(address, _)| address.to_string()).collect();
    if direction(policy) != Direction::In || fights.is_empty() {
        return Vec::new();
    }
    let wrong = format!("it takes away what {} will bring back, again and again", fights.join(", "));
    let way_out = "take the way in out of the rule: target tracking scales in when all of its policies agree";
    vec![Violation::of("steps", &policy.steps, wrong, way_out)]
}

/// V241. What more of is not less: totals, but not those that AWS has divided already.
fn out_by_a_sum(policy: &StepPolicy, around: &Surroundings<'_>) -> Vec<Violation> {
    let sums = callers(around.address(), around).into_iter().filter(|(_, alarm)| sum(alarm).is_some());
    let tell = |(address, alarm): (&Address, &Alarm)| {
        let Measure { metric, summary, .. } = sum(alarm)?;
        let wrong =
            format!("{address} watches the {summary} of {}, which more of what is scaled does not lower", metric.name);
        let way_out = "watch what each one gets: a metric for each target, or an average";
        Some(Violation::of("steps", &policy.steps, wrong, way_out))
    };
    if direction(policy) == Direction::Out { sums.filter_map(tell).collect() } else { Vec::new() }
}

/// V242. Said of the policy that scales in.
fn thresholds_cross(policy: &StepPolicy, around: &Surroundings<'_>) -> Vec<Violation> {
    let Some(fewer) = policy.steps.iter().map(|step| step.by).filter(|by| *by < 0).max() else { return Vec::new() };
    if direction(policy) != Direction::In || policy.adjustment != Adjustment::Change {
        return Vec::new();
    }
    let fewer = fewer.unsigned_abs();
    // The fewest of which so many can go.
    let least = around.of::<ScalableTarget, _>(&policy.target).map_or(1, |target| target.minimum).max(1);
    let (many, rest) = (f64::from(least + fewer), f64::from(least));
    let mut violations = Vec::new();
    for (_, inward) in callers(around.address(), around) {
        let Watched::Metric(watched) = &inward.watches else { continue };
        if sum(inward).is_some() {
            continue;
        }
        let below = threshold(inward);
        let others = around
            .others::<StepPolicy>()
            .filter(|(_, other)| other.target == policy.target && direction(other) == Direction::Out);
        let called = |(policy, _): (&'_ Address, &StepPolicy)| {
            callers(policy, around).into_iter().map(|(_, alarm)| (policy.clone(), alarm)).collect::<Vec<_>>()
        };
        for (other, alarm) in others.flat_map(called) {
            let same = matches!(&alarm.watches, Watched::Metric(outward) if outward.metric == watched.metric);
            let above = threshold(alarm);
            if same && below * many / rest >= above {
                let share = below * many / rest;
                let wrong = format!(
                    "with {many} there is one too many below {below}; the {rest} that are left get up to {share} each, \
                     and above {above} {other} brings one back"
                );
                let way_out = format!("write less than {}", above * rest / many);
                violations.push(Violation::of("steps", &policy.steps, wrong, way_out));
            }
        }
    }
    violations
}

/// V243.
fn alone(minimum: u32, service: Option<(&Address, usize)>, around: &Surroundings<'_>) -> Vec<Violation> {
    let Some((service, subnets)) = service else { return Vec::new() };
    let ways_out = around.all::<NatGateway>().count();
    if minimum != 1 || subnets < 2 || ways_out < 2 {
        return Vec::new();
    }
    let wrong = format!("{service} stands in one of {subnets} zones only, and is away when that one is");
    vec![Violation::of("minimum", minimum, wrong, "write 2 or more, or let all zones share one NAT gateway")]
}

/// Which way a policy scales.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Direction {
    Out,
    In,
    Neither,
}

fn direction(policy: &StepPolicy) -> Direction {
    let (more, fewer) = (policy.steps.iter().any(|step| step.by > 0), policy.steps.iter().any(|step| step.by < 0));
    match (policy.adjustment, more, fewer) {
        (Adjustment::Exactly, ..) => Direction::Neither,
        (_, true, false) => Direction::Out,
        (_, false, true) => Direction::In,
        _ => Direction::Neither,
    }
}

/// The alarms that call the policy of that address when they ring, each with its address.
fn callers<'a>(policy: &Address, around: &'a Surroundings<'_>) -> Vec<(&'a Address, &'a Alarm)> {
    let output = format!("{policy}.{}", StepPolicy::ARN.name);
    let calls = |alarm: &Alarm| alarm.on_alarm.iter().any(|action| action.value() == output);
    around.all::<Alarm>().filter(|(_, alarm)| calls(alarm)).collect()
}

/// What an alarm watches, if it is a total that nobody has divided.
fn sum(alarm: &Alarm) -> Option<&Measure> {
    const DIVIDED: &str = "RequestCountPerTarget";
    let Watched::Metric(measure) = &alarm.watches else { return None };
    let total = [Statistic::Sum, Statistic::SampleCount].map(Summary::Statistic).contains(&measure.summary);
    (total && measure.metric.name != DIVIDED).then_some(measure)
}

fn threshold(alarm: &Alarm) -> f64 {
    match alarm.condition {
        Condition::Above(value) | Condition::AtLeast(value) | Condition::Below(value) | Condition::AtMost(value) => {
            value
        }
    }
}

#[cfg(test)]
mod tests;
