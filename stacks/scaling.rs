//! The scaling: between how many tasks each service has, and when there are more and fewer.
//!
//! The numbers are the environment's, in `[scaling]` and in the services' own tables. What is tracked and what is
//! forecast is here; rules that scale by steps are in `steps`, what the calendar says is in `calendar`.

mod calendar;
mod steps;

use std::collections::BTreeMap;

use infra_aws::autoscaling::{
    Beyond, CustomMetric, Load, Predefined, PredictivePolicy, ScalableTarget, Suspended, TargetTrackingPolicy, Tracked,
};
use infra_aws::cloudwatch::{Alarm, Metric, Statistic};
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
    /// What calls the rules that scale by steps, by service.
    pub alarms: BTreeMap<Name, Vec<Handle<Alarm>>>,
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
    let mut scaling = Scaling { targets: BTreeMap::new(), alarms: BTreeMap::new() };
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
        scaling.alarms.insert(name.clone(), steps::add(&mut stack, &scaled));
        calendar::add(&mut stack, &scaled);
        if let Some(forecast) = environment.scaling.predictive {
            predict(&mut stack, &scaled, forecast);
        }
        scaling.targets.insert(name.clone(), target);
    }
    scaling
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
    let (of_cpu, of_memory) = match environment.scaling.quick_metrics {
        true => (Predefined::ServiceCpuQuick, Predefined::ServiceMemoryQuick),
        false => (Predefined::ServiceCpu, Predefined::ServiceMemory),
    };
    keep("cpu", Tracked::Predefined(of_cpu), cpu.value().into());
    keep("memory", Tracked::Predefined(of_memory), memory.value().into());
    keep("requests-per-task", Tracked::Predefined(requests_per_task), requests.into());
    keep("business", Tracked::Custom(CustomMetric::of(scaled.own_metric(metric), Statistic::Average)), *value);
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
    fn own_metric(&self, metric: &str) -> Metric {
        Metric::named(self.environment.project.as_str(), metric).with("Service", self.name.as_str())
    }
}

#[cfg(test)]
mod tests {
    use infra_aws::autoscaling::{ScheduledAction, Step, StepPolicy};
    use infra_aws::cloudwatch::Condition;
    use infra_engine::check::{Surroundings, Violation};
    use infra_engine::live::Behaviour;
    use infra_engine::model::{Definition, Resource};

    use super::*;
    use crate::testing::{changed, definitions, environment, the};

    #[test]
    fn every_rule_by_steps_has_an_alarm_that_calls_it() {
        for name in ["local", "dev", "staging", "prod"] {
            let definitions = definitions(&environment(name));
            let called: Vec<String> = definitions
                .iter()
                .filter(|definition| definition.schema.kind == Alarm::SCHEMA.kind)
                .flat_map(|definition| definition.document.reveal::<Alarm>().unwrap().on_alarm)
                .map(|action| action.value())
                .collect();
            let policies = definitions.iter().filter(|definition| definition.schema.kind == StepPolicy::SCHEMA.kind);
            let mut policies = policies.map(|policy| format!("{}.arn", policy.address)).peekable();
            assert!(policies.peek().is_some(), "{name} has no rules");
            for policy in policies {
                assert_eq!(called.iter().filter(|called| **called == policy).count(), 1, "{policy} of {name}");
            }
        }
    }

    #[test]
    fn a_rule_has_a_way_out_and_a_way_in_with_thresholds_of_their_own() {
        let prod = with_ways_in();
        for (rule, out, inward) in [
            ("response-time", 2.0, Some(0.5)),
            ("requests", 1000.0, Some(200.0)),
            ("database-connections", 15.0, Some(5.0)),
            ("error-rate", 5.0, None),
        ] {
            let alarm: Alarm = the(&prod, &format!("scaling.order-service-{rule}-alarm"));
            assert_eq!(alarm.condition, Condition::Above(out), "{rule}");
            if let Some(inward) = inward {
                let alarm: Alarm = the(&prod, &format!("scaling.order-service-{rule}-in-alarm"));
                assert_eq!(alarm.condition, Condition::Below(inward), "{rule}");
            }
        }
        let out: StepPolicy = the(&prod, "scaling.order-service-response-time-steps");
        assert_eq!(out.steps, [Step::between(0.0, 10.0, 1), Step::above(10.0, 2)]);
        let inward: StepPolicy = the(&prod, "scaling.order-service-response-time-in-steps");
        assert_eq!(inward.steps, [Step::below(0.0, -1)]);
    }

    /// What production's scaling was written like at first, word for word.
    const FIRST: &str = include_str!("scaling/first.toml");

    /// Production as it was scaled at first: with ways in, requests counted of all tasks together, and half of the minimum
    /// on weekends.
    fn with_ways_in() -> Environment {
        let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../environments/prod.toml");
        let text = std::fs::read_to_string(file).unwrap();
        let (_, now) = text.split_once("\n[scaling]\n").unwrap();
        let (now, _) = now.split_once("\n[workers]").unwrap();
        let alone = ("minimum = 2, desired = 2, maximum = 4", "minimum = 1, desired = 1, maximum = 4");
        changed("prod", &[(&format!("[scaling]\n{now}"), FIRST), alone])
    }

    /// What the rules say against the scaling of an environment, each with its address.
    fn violations(environment: &Environment) -> Vec<(String, Violation)> {
        let definitions = definitions(environment);
        let mut said = Vec::new();
        for definition in &definitions {
            let around = Surroundings::new(&definitions, &definition.address);
            let violations = match definition.schema.kind {
                kind if kind == StepPolicy::SCHEMA.kind => of::<StepPolicy>(definition, &around),
                kind if kind == TargetTrackingPolicy::SCHEMA.kind => of::<TargetTrackingPolicy>(definition, &around),
                kind if kind == ScalableTarget::SCHEMA.kind => of::<ScalableTarget>(definition, &around),
                kind if kind == ScheduledAction::SCHEMA.kind => of::<ScheduledAction>(definition, &around),
                _ => Vec::new(),
            };
            said.extend(violations.into_iter().map(|violation| (definition.address.to_string(), violation)));
        }
        said
    }

    /// The code and the address of each.
    fn findings(environment: &Environment) -> Vec<(&'static str, String)> {
        violations(environment).into_iter().map(|(address, violation)| (violation.code, address)).collect()
    }

    fn of<R: Behaviour>(definition: &Definition, around: &Surroundings<'_>) -> Vec<Violation> {
        let typed: R = definition.document.reveal().unwrap();
        R::rules().iter().flat_map(|rule| rule.violations(&typed, around)).collect()
    }

    #[test]
    fn the_environments_of_the_project_have_no_rules_that_fight() {
        for name in ["local", "dev", "staging", "prod"] {
            assert_eq!(findings(&environment(name)), [], "{name}");
        }
    }

    #[test]
    fn each_pair_of_rules_that_fight_is_told_with_the_way_out() {
        let said = violations(&with_ways_in());
        let of = |service: &str| {
            let start = format!("scaling.{service}-service");
            let of_service = said.iter().filter(|(address, _)| address.starts_with(&start));
            let mut told: Vec<String> = of_service
                .map(|(address, violation)| {
                    let Violation { code, wrong, way_out, .. } = violation;
                    format!("{code} {address}: {wrong} -> {way_out}")
                })
                .collect();
            told.sort();
            told
        };
        let tracking =
            ["cpu", "memory", "requests-per-task", "business"].map(|rule| format!("scaling.order-service-{rule}"));
        let fights = |rule: &str| {
            let others = tracking.join(", ");
            format!(
                "V240 scaling.order-service-{rule}-in-steps: it takes away what {others} will bring back, again and again -> \
                 take the way in out of the rule: target tracking scales in when all of its policies agree"
            )
        };
        let alone = "cluster.order-service-service stands in one of 3 zones only, and is away when that one is -> write 2 \
                     or more, or let all zones share one NAT gateway";
        assert_eq!(
            of("order"),
            [
                fights("database-connections"),
                fights("queue-length"),
                fights("requests"),
                fights("response-time"),
                "V241 scaling.order-service-requests-steps: scaling.order-service-requests-alarm watches the Sum of \
                 RequestCount, which more of what is scaled does not lower -> watch what each one gets: a metric for each \
                 target, or an average"
                    .to_owned(),
                format!("V243 scaling.order-service-weekend-schedule: {alone}"),
            ]
        );
        let notifications = of("notification");
        let always = |told: &&String| told.starts_with("V243 scaling.notification-service: ");
        assert_eq!(notifications.iter().filter(always).count(), 1, "{notifications:?}");
        let of_code = |wanted: &str| said.iter().filter(|(_, violation)| violation.code == wanted).count();
        assert_eq!((of_code("V240"), of_code("V241")), (5 * 4, 5), "each service has them: {said:?}");
    }

    #[test]
    fn a_season_holds_against_the_schedules_and_ends() {
        let prod = environment("prod");
        let action = |name: &str| the::<ScheduledAction>(&prod, &format!("scaling.order-service-{name}"));
        let business_hours = action("scale-up-schedule");
        assert_eq!((business_hours.minimum, business_hours.maximum), (Some(4), None));
        let season = action("black-friday-season");
        assert_eq!((season.minimum, season.maximum), (Some(6), Some(24)));
        assert_eq!(season.schedule.to_string(), "rate(5 minutes)");
        let over = action("black-friday-season-over");
        assert_eq!((over.minimum, over.maximum), (Some(2), Some(8)));
        assert_eq!(over.schedule.to_string(), "at(2027-11-30T00:05:00)");
        assert_eq!(season.end.map(|end| end.to_string()).as_deref(), Some("2027-11-30T00:00:00"));
    }
}
