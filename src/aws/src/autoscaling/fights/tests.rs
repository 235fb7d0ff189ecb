//! Both sides of the rules about rules that fight.

use infra_engine::model::{Handle, Platform, Stack};

use super::*;
use crate::autoscaling::{Aggregation, CustomMetric, Predefined, Suspended};
use crate::cloudwatch::{Evaluation, Metric, Missing};
use crate::ec2::Reach;
use crate::ecs::{Count, Service, testing};

/// A service with its target, in a network with so many ways out.
fn target(stack: &mut Stack, minimum: u32, ways_out: usize) -> Handle<ScalableTarget> {
    for number in 0..ways_out {
        let gateway = NatGateway { subnet: Ref::known(format!("subnet-{number}")), reach: Reach::Private };
        stack.add(format!("nat-{number}"), gateway);
    }
    let service = Service { count: Count::Autoscaled { from: 2 }, ..testing::service() };
    let resource = stack.add("service", service).output(Service::SCALABLE);
    stack.add("target", ScalableTarget { resource, minimum, maximum: 10, suspended: Suspended::default() })
}

/// One side of a rule: a policy, and the alarm that calls it.
fn side(stack: &mut Stack, target: &Handle<ScalableTarget>, watches: Measure, condition: Condition, by: i32) {
    let name = if by > 0 { "out" } else { "in" };
    let steps = vec![if by > 0 { Step::above(0.0, by) } else { Step::below(0.0, by) }];
    called(stack, target, name, watches, condition, Adjustment::Change, steps);
}

/// A policy of any kind, and the alarm that calls it.
fn called(
    stack: &mut Stack,
    target: &Handle<ScalableTarget>,
    name: &str,
    watches: impl Into<Watched>,
    condition: Condition,
    adjustment: Adjustment,
    steps: Vec<Step>,
) {
    let policy = StepPolicy {
        target: target.id(),
        name: name.into(),
        adjustment,
        steps,
        cooldown: 300,
        aggregation: Aggregation::Average,
    };
    let policy = stack.add(name.to_owned(), policy);
    let alarm = Alarm {
        name: format!("shop-{name}"),
        description: String::new(),
        watches: watches.into(),
        condition,
        evaluation: Evaluation { periods: 2, breaching: 2 },
        missing: Missing::Fine,
        enabled: true,
        on_alarm: [policy.output(StepPolicy::ARN).into()].into(),
        on_ok: [].into(),
        on_no_data: [].into(),
    };
    stack.add(format!("{name}-alarm"), alarm);
}

fn tracking(stack: &mut Stack, target: &Handle<ScalableTarget>, scales_in: bool) {
    let policy = TargetTrackingPolicy {
        target: target.id(),
        name: "cpu".into(),
        metric: Tracked::Predefined(Predefined::ServiceCpu),
        value: 70.0,
        out_cooldown: Some(300),
        in_cooldown: Some(300),
        scales_in,
    };
    stack.add("cpu", policy);
}

/// What these rules say against all that is in a stack: the codes, and the words.
fn said(build: impl FnOnce(&mut Stack)) -> Vec<(&'static str, String)> {
    let mut platform = Platform::new();
    let mut stack = platform.stack("scaling");
    build(&mut stack);
    drop(stack);
    let definitions = platform.finish().unwrap();
    let mut said = Vec::new();
    for definition in &definitions {
        let around = Surroundings::new(&definitions, &definition.address);
        let mut say = |violations: Vec<Violation>| {
            said.extend(violations.into_iter().map(|violation| (violation.code, violation.wrong)));
        };
        if let Ok(policy) = definition.document.reveal::<TargetTrackingPolicy>() {
            say(SUM_TRACKED.violations(&policy, &around));
        } else if let Ok(policy) = definition.document.reveal::<StepPolicy>() {
            for rule in [IN_BESIDE_TRACKING, SUM, CROSSING] {
                say(rule.violations(&policy, &around));
            }
        } else if let Ok(target) = definition.document.reveal::<ScalableTarget>() {
            say(ONE_IS_NONE.violations(&target, &around));
        } else if let Ok(action) = definition.document.reveal::<ScheduledAction>() {
            say(ONE_IS_NONE_THEN.violations(&action, &around));
        }
    }
    said
}

fn codes(build: impl FnOnce(&mut Stack)) -> Vec<&'static str> {
    said(build).into_iter().map(|(code, _)| code).collect()
}

fn seconds() -> Measure {
    Metric::named("AWS/ApplicationELB", "TargetResponseTime").average(60)
}

#[test]
fn v240_a_way_in_beside_target_tracking_is_told_with_what_it_fights() {
    let both = |tracked: Option<bool>| {
        said(|stack| {
            let target = target(stack, 2, 1);
            side(stack, &target, seconds(), Condition::Above(2.0), 1);
            side(stack, &target, seconds(), Condition::Below(0.5), -1);
            if let Some(scales_in) = tracked {
                tracking(stack, &target, scales_in);
            }
        })
    };
    let [(code, wrong)] = &both(Some(true))[..] else { panic!("one fights: {:?}", both(Some(true))) };
    assert_eq!((*code, wrong.as_str()), ("V240", "it takes away what scaling.cpu will bring back, again and again"));
    assert_eq!(both(Some(false)), []);
    assert_eq!(both(None), []);
    let out_alone = codes(|stack| {
        let target = target(stack, 2, 1);
        side(stack, &target, seconds(), Condition::Above(2.0), 1);
        tracking(stack, &target, true);
    });
    assert_eq!(out_alone, [""; 0]);
}

#[test]
fn v241_a_total_that_more_tasks_do_not_lower_is_told() {
    let by = |watches: Measure, by: i32| {
        codes(|stack| {
            let target = target(stack, 2, 1);
            let condition = if by > 0 { Condition::Above(1000.0) } else { Condition::Below(200.0) };
            side(stack, &target, watches, condition, by);
        })
    };
    let requests = |name: &str| Metric::named("AWS/ApplicationELB", name);
    assert_eq!(by(requests("RequestCount").sum(60), 1), ["V241"]);
    assert_eq!(by(requests("RequestCount").sum(60), -1), [""; 0]);
    assert_eq!(by(requests("RequestCountPerTarget").sum(60), 1), [""; 0]);
    assert_eq!(by(requests("TargetResponseTime").average(60), 1), [""; 0]);
}

#[test]
fn v240_sees_policies_of_both_directions_and_of_numbers() {
    let beside = |adjustment: Adjustment, steps: Vec<Step>, condition: Condition| {
        codes(|stack| {
            let target = target(stack, 2, 1);
            called(stack, &target, "both", seconds(), condition, adjustment, steps);
            tracking(stack, &target, true);
        })
    };
    let (high, low) = (Condition::Above(2.0), Condition::Below(0.5));
    assert_eq!(beside(Adjustment::Change, vec![Step::below(-1.0, -1), Step::above(0.0, 1)], high), ["V240"]);
    assert_eq!(beside(Adjustment::Percent { at_least: 1 }, vec![Step::below(0.0, -10)], low), ["V240"]);
    assert_eq!(beside(Adjustment::Exactly, vec![Step::below(0.0, 2)], low), ["V240"]);
    assert_eq!(beside(Adjustment::Exactly, vec![Step::above(0.0, 8)], high), [""; 0]);
}

#[test]
fn v241_sees_what_is_tracked_and_what_is_computed() {
    let tracked = |metric: &str, statistic: Statistic| {
        said(|stack| {
            let target = target(stack, 2, 1);
            let metric = Tracked::Custom(CustomMetric::of(Metric::named("Shop", metric), statistic));
            let (name, out_cooldown) = ("orders".to_owned(), Some(60));
            let (value, in_cooldown) = (100.0, Some(300));
            let policy = TargetTrackingPolicy {
                target: target.id(),
                name,
                metric,
                value,
                out_cooldown,
                in_cooldown,
                scales_in: true,
            };
            stack.add("orders", policy);
        })
    };
    let wrong = "it keeps the Sum of Orders near 100, which more of what is scaled does not lower";
    assert_eq!(tracked("Orders", Statistic::Sum), [("V241", wrong.to_owned())]);
    assert_eq!(tracked("Orders", Statistic::SampleCount).len(), 1);
    assert_eq!(tracked("Orders", Statistic::Average), []);
    assert_eq!(tracked("RequestCountPerTarget", Statistic::Sum), []);

    let computed = |expression: &str, statistics: [Statistic; 2]| {
        said(|stack| {
            let target = target(stack, 2, 1);
            let metric = |name: &str, statistic| Metric::named("Shop", name).measured(statistic, 60);
            let math = Math::of(expression, "what is asked")
                .with("web", metric("Web", statistics[0]))
                .with("phone", metric("Phone", statistics[1]));
            let steps = vec![Step::above(0.0, 1)];
            called(stack, &target, "out", math, Condition::Above(9.0), Adjustment::Change, steps);
        })
    };
    let wrong =
        "scaling.out-alarm watches `web + phone`, which is made of totals, which more of what is scaled does not lower";
    assert_eq!(computed("web + phone", [Statistic::Sum; 2]), [("V241", wrong.to_owned())]);
    assert_eq!(computed("100 * web / phone", [Statistic::Sum; 2]), []);
    assert_eq!(computed("web + phone", [Statistic::Average; 2]), []);
    assert_eq!(computed("web * phone", [Statistic::Sum, Statistic::Average]), []);
}

#[test]
fn v242_knows_percent_and_numbers() {
    let with = |minimum: u32, above: f64, below: f64, adjustment: Adjustment, by: i32| {
        said(|stack| {
            let target = target(stack, minimum, 1);
            side(stack, &target, seconds(), Condition::Above(above), 1);
            called(stack, &target, "in", seconds(), Condition::Below(below), adjustment, vec![Step::below(0.0, by)]);
        })
    };
    let half = Adjustment::Percent { at_least: 1 };
    let [(code, wrong)] = &with(2, 3.0, 1.5, half, -50)[..] else { panic!("they cross") };
    assert_eq!(*code, "V242");
    let said = "with 4 there are 2 too many below 1.5; the 2 that are left get up to 3 each, and above 3 scaling.out";
    assert!(wrong.starts_with(said), "{wrong}");
    assert_eq!(with(2, 3.1, 1.5, half, -50), []);
    // A tenth of three is one all the same.
    assert_eq!(with(2, 3.0, 2.0, half, -10).len(), 1);
    assert_eq!(with(2, 3.0, 1.9, half, -10), []);
    // Back to two at once, from ten.
    assert_eq!(with(2, 3.0, 0.6, Adjustment::Exactly, 2).len(), 1);
    assert_eq!(with(2, 3.0, 0.5, Adjustment::Exactly, 2), []);
}

#[test]
fn v242_thresholds_leave_room_for_one_that_goes() {
    let with = |minimum: u32, above: f64, below: f64| {
        said(|stack| {
            let target = target(stack, minimum, 1);
            side(stack, &target, seconds(), Condition::Above(above), 1);
            side(stack, &target, seconds(), Condition::Below(below), -1);
        })
    };
    // The last but one leaves the last with twice as much.
    assert_eq!(with(1, 2.0, 0.9), []);
    assert_eq!(with(1, 2.0, 1.0).len(), 1);
    // Of three, one leaves the others with half as much again.
    assert_eq!(with(2, 2.0, 1.3), []);
    let [(code, wrong)] = &with(2, 3.0, 2.0)[..] else { panic!("they cross") };
    assert_eq!(*code, "V242");
    assert!(
        wrong.ends_with("the 2 that are left get up to 3 each, and above 3 scaling.out brings one back"),
        "{wrong}"
    );
}

#[test]
fn v243_one_task_is_none_where_zones_do_not_depend_on_each_other() {
    let with = |minimum: u32, ways_out: usize| codes(|stack| drop(target(stack, minimum, ways_out)));
    assert_eq!(with(1, 3), ["V243"]);
    assert_eq!(with(2, 3), [""; 0]);
    assert_eq!(with(1, 1), [""; 0], "all zones share one way out, and somebody has chosen so");
    assert_eq!(with(1, 0), ["V243"], "nobody needs a gateway here");
    let then = |minimum: Option<u32>| {
        codes(|stack| {
            let target = target(stack, 2, 2);
            let action = ScheduledAction {
                target: target.id(),
                name: "weekend".into(),
                schedule: "cron(0 0 ? * SAT *)".parse().unwrap(),
                zone: infra_values::TimeZone::UTC,
                start: None,
                end: None,
                minimum,
                maximum: Some(10),
            };
            stack.add("weekend", action);
        })
    };
    assert_eq!((then(Some(1)), then(Some(2)), then(None)), (vec!["V243"], vec![], vec![]));
}
