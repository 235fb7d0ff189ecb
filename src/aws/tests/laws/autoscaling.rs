//! Scalable targets, the policies of all three kinds, and scheduled actions.

use infra_aws::autoscaling::{
    Adjustment, Aggregation, Beyond, CustomMetric, Load, Mode, Predefined, PredictivePolicy, ScalableTarget,
    ScalableTargetId, ScheduledAction, Statistic, Step, StepPolicy, Suspended, TargetTrackingPolicy, Tracked,
};
use infra_engine::model::{Platform, Ref};
use infra_testkit::laws::Sample;
use infra_values::TimeZone;

use crate::ground::Ground;

fn tracking(target: Ref<ScalableTargetId>, metric: Tracked) -> TargetTrackingPolicy {
    let (out_cooldown, in_cooldown) = (Some(300), Some(300));
    TargetTrackingPolicy { target, name: "cpu".into(), metric, value: 70.0, out_cooldown, in_cooldown, scales_in: true }
}

fn orders() -> CustomMetric {
    CustomMetric {
        namespace: "Shop".into(),
        name: "Orders".into(),
        dimensions: [("Service".into(), "web".into())].into(),
        statistic: Statistic::Sum,
        unit: Some("Count".into()),
    }
}

fn stack(platform: &mut Platform, project: &str) {
    let mut stack = platform.stack("scaling");
    let target = |name: &str| ScalableTarget {
        resource: Ref::known(format!("service/{project}/{name}")),
        minimum: 2,
        maximum: 10,
        suspended: Suspended::default(),
    };
    let web = stack.add("web", target("web"));
    stack.add("api", target("api"));
    stack.add("cpu", tracking(web.id(), Tracked::Predefined(Predefined::ServiceCpu)));
    let custom = tracking(web.id(), Tracked::Custom(orders()));
    stack.add("orders", TargetTrackingPolicy { name: "orders".into(), ..custom });
    let steps = StepPolicy {
        target: web.id(),
        name: "steps".into(),
        adjustment: Adjustment::Change,
        steps: vec![Step::between(0.0, 10.0, 1), Step::above(10.0, 2)],
        cooldown: 300,
        aggregation: Aggregation::Average,
    };
    stack.add("steps", steps);
    let forecast = PredictivePolicy {
        target: web.id(),
        name: "forecast".into(),
        load: Load::Cpu,
        value: 70.0,
        mode: Mode::ForecastOnly,
        lead: 300,
        beyond: Beyond::Never,
    };
    stack.add("forecast", forecast);
    let morning = ScheduledAction {
        target: web.id(),
        name: "morning".into(),
        schedule: "cron(0 8 ? * MON-FRI *)".parse().unwrap(),
        zone: TimeZone::UTC,
        start: Some("2087-01-01T00:00:00".parse().unwrap()),
        end: Some("2088-01-01T00:00:00".parse().unwrap()),
        minimum: Some(4),
        maximum: Some(20),
    };
    stack.add("morning", ScheduledAction { name: "rate".into(), start: None, end: None, ..morning.clone() });
    stack.add("season", morning);
}

#[tokio::test]
async fn autoscaling() {
    let ground = Ground::new().await;
    let project = ground.project.clone();
    let requests = || "app/shop/1/targetgroup/web/2".into();
    let sample = Sample::of(|platform| stack(platform, &project))
        .change("scaling.web", |it: &mut ScalableTarget| it.resource = Ref::known(format!("service/{project}/other")))
        .change("scaling.web", |it: &mut ScalableTarget| it.minimum = 3)
        .change("scaling.web", |it: &mut ScalableTarget| it.minimum = 0)
        .change("scaling.web", |it: &mut ScalableTarget| it.maximum = 30)
        .change("scaling.api", |it: &mut ScalableTarget| it.suspended.scaling_in = true)
        .change("scaling.api", |it: &mut ScalableTarget| it.suspended.scaling_out = true)
        .change("scaling.api", |it: &mut ScalableTarget| it.suspended.schedules = true)
        .change("scaling.cpu", |it: &mut TargetTrackingPolicy| it.name.push('2'))
        .change("scaling.cpu", |it: &mut TargetTrackingPolicy| {
            it.metric = Tracked::Predefined(Predefined::ServiceMemory);
        })
        .change("scaling.cpu", |it: &mut TargetTrackingPolicy| {
            it.metric = Tracked::Predefined(Predefined::ServiceCpuQuick);
        })
        .change("scaling.cpu", |it: &mut TargetTrackingPolicy| {
            it.metric = Tracked::Predefined(Predefined::RequestsPerTarget(requests()));
        })
        .change("scaling.cpu", |it: &mut TargetTrackingPolicy| it.metric = Tracked::Custom(orders()))
        .change("scaling.cpu", |it: &mut TargetTrackingPolicy| it.value = 55.5)
        .change("scaling.cpu", |it: &mut TargetTrackingPolicy| it.out_cooldown = Some(60))
        .change("scaling.cpu", |it: &mut TargetTrackingPolicy| it.out_cooldown = None)
        .change("scaling.cpu", |it: &mut TargetTrackingPolicy| it.in_cooldown = Some(0))
        .change("scaling.cpu", |it: &mut TargetTrackingPolicy| it.in_cooldown = None)
        .change("scaling.cpu", |it: &mut TargetTrackingPolicy| it.scales_in = false)
        .change("scaling.orders", custom(|metric| metric.namespace.push('2')))
        .change("scaling.orders", custom(|metric| metric.name.push('2')))
        .change("scaling.orders", custom(|metric| metric.dimensions.clear()))
        .change("scaling.orders", custom(|metric| metric.statistic = Statistic::SampleCount))
        .change("scaling.orders", custom(|metric| metric.unit = None))
        .change("scaling.steps", |it: &mut StepPolicy| it.name.push('2'))
        .change("scaling.steps", |it: &mut StepPolicy| it.adjustment = Adjustment::Percent { at_least: 2 })
        .change("scaling.steps", |it: &mut StepPolicy| it.adjustment = Adjustment::Exactly)
        .change("scaling.steps", |it: &mut StepPolicy| {
            it.steps = vec![Step::below(-5.0, -2), Step::between(-5.0, 0.0, -1)];
        })
        .change("scaling.steps", |it: &mut StepPolicy| it.cooldown = 60)
        .change("scaling.steps", |it: &mut StepPolicy| it.aggregation = Aggregation::Minimum)
        .change("scaling.steps", |it: &mut StepPolicy| it.aggregation = Aggregation::Maximum)
        .change("scaling.forecast", |it: &mut PredictivePolicy| it.name.push('2'))
        .change("scaling.forecast", |it: &mut PredictivePolicy| it.load = Load::Memory)
        .change("scaling.forecast", |it: &mut PredictivePolicy| it.load = Load::Requests(requests()))
        .change("scaling.forecast", |it: &mut PredictivePolicy| it.value = 50.0)
        .change("scaling.forecast", |it: &mut PredictivePolicy| it.mode = Mode::ForecastAndScale)
        .change("scaling.forecast", |it: &mut PredictivePolicy| it.lead = 600)
        .change("scaling.forecast", |it: &mut PredictivePolicy| it.beyond = Beyond::By(10.try_into().unwrap()))
        .change("scaling.season", |it: &mut ScheduledAction| it.name.push('2'))
        .change("scaling.season", |it: &mut ScheduledAction| {
            it.schedule = "at(2087-06-27T00:00:00)".parse().unwrap();
        })
        .change("scaling.morning", |it: &mut ScheduledAction| it.schedule = "rate(2 days)".parse().unwrap())
        .change("scaling.season", |it: &mut ScheduledAction| it.zone = "Europe/Berlin".parse().unwrap())
        .change("scaling.season", |it: &mut ScheduledAction| it.start = Some("2087-02-01T12:30:00".parse().unwrap()))
        .change("scaling.season", |it: &mut ScheduledAction| it.start = None)
        .change("scaling.season", |it: &mut ScheduledAction| it.end = Some("2087-12-01T00:00:00".parse().unwrap()))
        .change("scaling.season", |it: &mut ScheduledAction| it.end = None)
        .change("scaling.season", |it: &mut ScheduledAction| it.minimum = Some(5))
        .change("scaling.season", |it: &mut ScheduledAction| it.minimum = None)
        .change("scaling.season", |it: &mut ScheduledAction| it.maximum = Some(40))
        .change("scaling.season", |it: &mut ScheduledAction| it.maximum = None);
    ground.obeys(&sample).await;
}

/// A change of the metric of a policy that follows one of CloudWatch's.
fn custom(edit: impl FnOnce(&mut CustomMetric)) -> impl FnOnce(&mut TargetTrackingPolicy) {
    |policy| match &mut policy.metric {
        Tracked::Custom(metric) => edit(metric),
        Tracked::Predefined(_) => panic!("the policy follows a metric of CloudWatch's"),
    }
}
