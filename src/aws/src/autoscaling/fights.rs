//! Rules that fight one another: AWS takes them, and does what nobody wanted. All of these warn; what AWS would refuse
//! is said by the kinds themselves.

use infra_engine::check::{Rule, Severity, Surroundings, Violation};
use infra_engine::model::{Address, Ref};

use super::scalable_target::ScalableTarget;
use super::scheduled_action::ScheduledAction;
use super::step_policy::{Adjustment, Step, StepPolicy};
use super::target_tracking_policy::{TargetTrackingPolicy, Tracked, service_of};
use crate::cloudwatch::{Alarm, Condition, Math, Measure, Statistic, Summary, Term, Watched};
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

pub(super) const SUM_TRACKED: Rule<TargetTrackingPolicy> = Rule {
    code: "V241",
    says: "what is tracked is a metric that falls when there is more of what is scaled",
    source: "Application Auto Scaling user guide: choosing metrics; what is scaled by a total goes to its maximum and \
             stays there",
    severity: Severity::Warning,
    check: tracks_a_sum,
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
    says: "where no NAT gateway is shared by all zones, a service in several has more than one task",
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
    says: "where no NAT gateway is shared by all zones, no action leaves a service in several with one task",
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
    if !scales_in(policy, around.address(), around) || fights.is_empty() {
        return Vec::new();
    }
    let wrong = format!("it takes away what {} will bring back, again and again", fights.join(", "));
    let way_out = "take the way in out of the rule: target tracking scales in when all of its policies agree";
    vec![Violation::of("steps", &policy.steps, wrong, way_out)]
}

/// V241. What more of is not less: totals, but not those that AWS has divided already.
fn out_by_a_sum(policy: &StepPolicy, around: &Surroundings<'_>) -> Vec<Violation> {
    let tell = |(address, alarm): (&Address, &Alarm)| {
        let total = total(&alarm.watches)?;
        let wrong = format!("{address} watches {total}, which more of what is scaled does not lower");
        Some(Violation::of("steps", &policy.steps, wrong, DIVIDE))
    };
    match scales_out(policy, around.address(), around) {
        true => callers(around.address(), around).into_iter().filter_map(tell).collect(),
        false => Vec::new(),
    }
}

/// V241, of what is tracked.
fn tracks_a_sum(policy: &TargetTrackingPolicy, _: &Surroundings<'_>) -> Vec<Violation> {
    let Tracked::Custom(metric) = &policy.metric else { return Vec::new() };
    if !is_total(&Summary::Statistic(metric.statistic), &metric.name) {
        return Vec::new();
    }
    let summary = Summary::Statistic(metric.statistic);
    let wrong = format!(
        "it keeps the {summary} of {} near {}, which more of what is scaled does not lower",
        metric.name, policy.value
    );
    vec![Violation::of("metric", &policy.metric, wrong, DIVIDE)]
}

const DIVIDE: &str = "watch what each one gets: a metric for each target, or an average";

/// V242. Said of the policy that scales in.
fn thresholds_cross(policy: &StepPolicy, around: &Surroundings<'_>) -> Vec<Violation> {
    if !scales_in(policy, around.address(), around) {
        return Vec::new();
    }
    let target = around.of::<ScalableTarget, _>(&policy.target);
    let least = target.as_ref().map_or(1, |target| target.minimum).max(1);
    let most = target.map(|target| target.maximum);
    let mut violations = Vec::new();
    for (_, inward) in callers(around.address(), around) {
        let Watched::Metric(watched) = &inward.watches else { continue };
        if total(&inward.watches).is_some() {
            continue;
        }
        let others = around
            .others::<StepPolicy>()
            .filter(|(address, other)| other.target == policy.target && scales_out(other, address, around));
        let called = |(policy, _): (&'_ Address, &StepPolicy)| {
            callers(policy, around).into_iter().map(|(_, alarm)| (policy.clone(), alarm)).collect::<Vec<_>>()
        };
        for (other, alarm) in others.flat_map(called) {
            let same = matches!(&alarm.watches, Watched::Metric(outward) if outward.metric == watched.metric);
            let above = threshold(alarm);
            let crosses = |step: &Step| {
                let below = threshold(inward) + step.to.unwrap_or(0.0).min(0.0);
                let (many, rest) = hardest(policy.adjustment, step.by, least, most)?;
                let share = f64::from(many) / f64::from(rest);
                (below * share >= above).then_some((many, rest, below, share))
            };
            let Some((many, rest, below, share)) = policy.steps.iter().find_map(crosses).filter(|_| same) else {
                continue;
            };
            let too_many = if many - rest == 1 { "is one".to_owned() } else { format!("are {}", many - rest) };
            let wrong = format!(
                "with {many} there {too_many} too many below {}; the {rest} that are left get up to {} each, and above \
                 {above} {other} brings one back",
                short(below),
                short(below * share),
            );
            let way_out = format!("write less than {}", short(threshold(inward) - below + above / share));
            violations.push(Violation::of("steps", &policy.steps, wrong, way_out));
        }
    }
    violations
}

/// Of how many a step leaves how few, where it leaves the most to each of the rest. Nothing for what takes none away.
fn hardest(adjustment: Adjustment, by: i32, least: u32, most: Option<u32>) -> Option<(u32, u32)> {
    // Where nobody knows how many there may be, few are what matters: one of many is a small part.
    const SOME: u32 = 100;
    let left = |many: u32| match adjustment {
        Adjustment::Change => many.saturating_sub(by.min(0).unsigned_abs()),
        Adjustment::Percent { at_least } if by < 0 => {
            // AWS rounds down, and takes one at least.
            let part = u64::from(many) * u64::from(by.unsigned_abs()) / 100;
            many.saturating_sub(u32::try_from(part).unwrap_or(many).max(at_least).max(1))
        }
        Adjustment::Percent { .. } => many,
        Adjustment::Exactly => many.min(u32::try_from(by).unwrap_or(0)),
    };
    let most = match (adjustment, most) {
        (_, Some(most)) => most,
        (Adjustment::Exactly, None) => return None,
        (_, None) => least.saturating_add(SOME),
    };
    let all = (least + 1..=most).map(|many| (many, left(many).max(least))).filter(|(many, rest)| rest < many);
    // A part of each: the first of those that are alike.
    all.reduce(|hardest, one| {
        let (more, than) = (u64::from(one.0) * u64::from(hardest.1), u64::from(hardest.0) * u64::from(one.1));
        if more > than { one } else { hardest }
    })
}

/// A number as people write it.
fn short(number: f64) -> String {
    let text = format!("{number:.3}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// V243. Of all zones that share one NAT gateway, one may take everything with it: whoever wants that minds no outage.
fn alone(minimum: u32, service: Option<(&Address, usize)>, around: &Surroundings<'_>) -> Vec<Violation> {
    let Some((service, subnets)) = service else { return Vec::new() };
    let ways_out = around.all::<NatGateway>().count();
    if minimum != 1 || subnets < 2 || ways_out == 1 {
        return Vec::new();
    }
    let wrong = format!("{service} stands in one of {subnets} zones only, and is away when that one is");
    vec![Violation::of("minimum", minimum, wrong, "write 2 or more, or let all zones share one NAT gateway")]
}

/// Whether a policy takes away, with any of its steps. A number of its own is fewer where an alarm calls for less.
fn scales_in(policy: &StepPolicy, address: &Address, around: &Surroundings<'_>) -> bool {
    match policy.adjustment {
        Adjustment::Exactly => callers(address, around).iter().any(|(_, alarm)| !rings_above(alarm)),
        Adjustment::Change | Adjustment::Percent { .. } => policy.steps.iter().any(|step| step.by < 0),
    }
}

/// Whether a policy adds, with any of its steps.
fn scales_out(policy: &StepPolicy, address: &Address, around: &Surroundings<'_>) -> bool {
    match policy.adjustment {
        Adjustment::Exactly => callers(address, around).iter().any(|(_, alarm)| rings_above(alarm)),
        Adjustment::Change | Adjustment::Percent { .. } => policy.steps.iter().any(|step| step.by > 0),
    }
}

fn rings_above(alarm: &Alarm) -> bool {
    matches!(alarm.condition, Condition::Above(_) | Condition::AtLeast(_))
}

/// The alarms that call the policy of that address when they ring, each with its address.
fn callers<'a>(policy: &Address, around: &'a Surroundings<'_>) -> Vec<(&'a Address, &'a Alarm)> {
    let output = format!("{policy}.{}", StepPolicy::ARN.name);
    let calls = |alarm: &Alarm| alarm.on_alarm.iter().any(|action| action.value() == output);
    around.all::<Alarm>().filter(|(_, alarm)| calls(alarm)).collect()
}

/// What is watched, in words, if it is a total that nobody has divided.
fn total(watches: &Watched) -> Option<String> {
    match watches {
        Watched::Metric(measure) => {
            is_a_total(measure).then(|| format!("the {} of {}", measure.summary, measure.metric.name))
        }
        Watched::Math(Math { expression, label: _, terms }) => {
            let (mut totals, mut others, mut divided) = (0, 0, expression.contains('/'));
            for term in terms.values() {
                match term {
                    Term::Metric(measure) if is_a_total(measure) => totals += 1,
                    Term::Metric(_) => others += 1,
                    Term::Expression(expression) => divided |= expression.contains('/'),
                }
            }
            // An average of totals, or their extremes, is one as well.
            (totals > 0 && others == 0 && !divided).then(|| format!("`{expression}`, which is made of totals"))
        }
    }
}

fn is_a_total(measure: &Measure) -> bool {
    is_total(&measure.summary, &measure.metric.name)
}

/// A total, but for the one that AWS has divided already.
fn is_total(summary: &Summary, metric: &str) -> bool {
    const DIVIDED: &str = "RequestCountPerTarget";
    let total = [Statistic::Sum, Statistic::SampleCount].map(Summary::Statistic).contains(summary);
    total && metric != DIVIDED
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
