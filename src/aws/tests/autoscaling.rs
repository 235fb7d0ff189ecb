//! Scalable targets, their policies and their scheduled actions in a real Application Auto Scaling: the local cloud's.

#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

mod common;

use std::fmt::Debug;
use std::sync::Arc;

use common::{Walk, aws, project};
use infra_aws::Aws;
use infra_aws::autoscaling::{
    Adjustment, Aggregation, Beyond, CustomMetric, Load, Mode, Predefined, PredictivePolicy, ScalableTarget,
    ScheduledAction, Statistic, Step, StepPolicy, Suspended, TargetTrackingPolicy, Tracked,
};
use infra_engine::graph::Graph;
use infra_engine::live::{Ask, Behaviour, Found, Order};
use infra_engine::model::{Address, Owner, Platform, Ref, Resource as _, Tags};
use infra_engine::plan::{Note, Options, plan};
use infra_values::TimeZone;

fn target(resource: &str) -> ScalableTarget {
    ScalableTarget { resource: Ref::known(resource), minimum: 2, maximum: 10, suspended: Suspended::default() }
}

#[tokio::test]
async fn a_scalable_target_walks() {
    let (aws, project) = (aws().await, project());
    let resource = format!("service/{project}/web");
    let walk = Walk::begin(&aws, &project, target(&resource)).await;
    walk.order_again().await;
    walk.order_by_another().await;

    let outside = ScalableTarget { minimum: 1, ..target(&resource) };
    let live = walk.settled().await;
    ScalableTarget::update(&aws, &live, &outside).await.unwrap();
    walk.mend().await;

    let suspended = Suspended { scaling_in: true, scaling_out: false, schedules: true };
    walk.turn_into(ScalableTarget { minimum: 3, maximum: 30, suspended, ..target(&resource) }).await;
    walk.turn_into(target(&resource)).await;
    walk.end().await;
}

#[tokio::test]
async fn bounds_that_a_scheduled_action_has_moved_are_left_alone() {
    let (aws, project) = (aws().await, project());
    let resource = format!("service/{project}/web");
    let walk = Walk::begin(&aws, &project, target(&resource)).await;
    let morning = ScheduledAction { minimum: Some(4), maximum: None, ..action(&walk.id) };
    made(&aws, &morning).await;

    // The action's moment has come: it does what anybody may do.
    let moved = ScalableTarget { minimum: 4, ..target(&resource) };
    ScalableTarget::update(&aws, &walk.settled().await, &moved).await.unwrap();
    let live = walk.settled().await;
    check_plan_leaves_alone(&project, &resource).await;
    assert_eq!(ScalableTarget::moved_by("minimum", &live, &target(&resource)), Some("a scheduled action"));
    let wanted = ScalableTarget { maximum: 20, ..target(&resource) };
    ScalableTarget::update(&aws, &live, &wanted).await.unwrap();
    let live = walk.settled().await;
    assert_eq!((live.definition.minimum, live.definition.maximum), (4, 20));
    walk.end().await;
    assert!(child::<ScheduledAction>(&aws, &resource).await.is_none(), "actions go with their target");
}

/// A plan of the target as it was ordered shows whose the minimum is now, and would not send it back.
async fn check_plan_leaves_alone(project: &str, resource: &str) {
    let mut platform = Platform::new();
    platform.stack("walk").add("one", target(resource));
    let graph = Graph::build(platform.finish().unwrap()).unwrap();
    let registry = infra_aws::registry(Arc::new(aws().await));
    let owner: Owner = format!("{project}/test").parse().unwrap();
    let ask = Ask { owner: Some(owner.clone()), ..Ask::default() };
    let lives = registry.kind(ScalableTarget::SCHEMA.kind).unwrap().read(&ask).await.unwrap();
    let plan = plan(&graph, &lives, &registry, &Options::converge(owner));
    assert!(plan.changes.iter().all(|change| change.fields.is_empty()), "{:?}", plan.changes);
    let [Note::OwnedElsewhere { path, owner, live, wanted, .. }] = &plan.notes[..] else { panic!("{:?}", plan.notes) };
    assert_eq!((path.to_string().as_str(), owner.as_str()), ("minimum", "a scheduled action"));
    assert_eq!((live.as_u64(), wanted.as_u64()), (Some(4), Some(2)));
}

/// The one child of a target.
async fn child<R: Behaviour<Cloud = Aws> + Debug>(aws: &Aws, target: &str) -> Option<Found<R>> {
    let ask = Ask { parents: [target.to_owned()].into(), ..Ask::default() };
    let mut found = R::read(aws, &ask).await.unwrap();
    assert!(found.len() <= 1, "{found:?}");
    found.pop()
}

async fn made<R: Behaviour<Cloud = Aws> + PartialEq + Debug>(aws: &Aws, definition: &R) -> String {
    let address = Address::new("walk", "child").unwrap();
    let order = Order { address, definition: definition.clone(), tags: Tags::new(), token: String::new() };
    R::create(aws, &order).await.unwrap()
}

/// What hangs on a target is made, made again, changed to each of these in turn, and deleted, twice.
async fn child_walks<R>(definitions: impl Fn(Ref<infra_aws::autoscaling::ScalableTargetId>) -> Vec<R>)
where
    R: Behaviour<Cloud = Aws> + PartialEq + Debug,
{
    let (aws, project) = (aws().await, project());
    let resource = format!("service/{project}/web");
    let walk = Walk::begin(&aws, &project, target(&resource)).await;
    let definitions = definitions(Ref::known(&walk.id));
    for _ in 0..2 {
        let id = made(&aws, &definitions[0]).await;
        let live = child::<R>(&aws, &walk.id).await.unwrap();
        assert_eq!((live.id.as_str(), &live.definition), (id.as_str(), &definitions[0]));
        let only = R::read(&aws, &Ask::only([id])).await.unwrap();
        assert_eq!(only.len(), 1);
    }
    for wanted in definitions.iter().skip(1).chain([&definitions[0]]) {
        let live = child::<R>(&aws, &walk.id).await.unwrap();
        assert_ne!(live.definition, *wanted);
        R::update(&aws, &live, wanted).await.unwrap();
        assert_eq!(child::<R>(&aws, &walk.id).await.unwrap().definition, *wanted);
    }
    let live = child::<R>(&aws, &walk.id).await.unwrap();
    R::delete(&aws, &live).await.unwrap();
    assert!(child::<R>(&aws, &walk.id).await.is_none());
    R::delete(&aws, &live).await.unwrap();
    walk.end().await;
}

#[tokio::test]
async fn a_target_tracking_policy_walks() {
    child_walks(|target| {
        let cpu = TargetTrackingPolicy {
            target,
            name: "web".into(),
            metric: Tracked::Predefined(Predefined::ServiceCpu),
            value: 70.0,
            out_cooldown: Some(300),
            in_cooldown: Some(300),
            scales_in: true,
        };
        let requests = Predefined::RequestsPerTarget("app/shop/1/targetgroup/web/2".into());
        let orders = CustomMetric {
            namespace: "Shop".into(),
            name: "Orders".into(),
            dimensions: [("Service".into(), "web".into())].into(),
            statistic: Statistic::Sum,
            unit: Some("Count".into()),
        };
        vec![
            cpu.clone(),
            TargetTrackingPolicy { metric: Tracked::Predefined(requests), value: 1000.0, ..cpu.clone() },
            TargetTrackingPolicy { metric: Tracked::Custom(orders), out_cooldown: Some(60), scales_in: false, ..cpu },
        ]
    })
    .await;
}

#[tokio::test]
async fn a_step_policy_walks_and_an_alarm_can_call_it() {
    child_walks(|target| {
        let steps = StepPolicy {
            target,
            name: "web".into(),
            adjustment: Adjustment::Change,
            steps: vec![Step::between(0.0, 10.0, 1), Step::above(10.0, 2)],
            cooldown: 300,
            aggregation: Aggregation::Average,
        };
        vec![
            steps.clone(),
            StepPolicy {
                adjustment: Adjustment::Percent { at_least: 2 },
                steps: vec![Step::below(-5.0, -20), Step::between(-5.0, 0.0, -10)],
                cooldown: 60,
                aggregation: Aggregation::Maximum,
                ..steps
            },
        ]
    })
    .await;
}

#[tokio::test]
async fn a_predictive_policy_walks() {
    child_walks(|target| {
        let forecast = PredictivePolicy {
            target,
            name: "web".into(),
            load: Load::Cpu,
            value: 70.0,
            mode: Mode::ForecastOnly,
            lead: 300,
            beyond: Beyond::Never,
        };
        let beyond = Beyond::By(10.try_into().unwrap());
        vec![
            forecast.clone(),
            PredictivePolicy { mode: Mode::ForecastAndScale, lead: 600, beyond, value: 50.0, ..forecast },
        ]
    })
    .await;
}

fn action(target: &str) -> ScheduledAction {
    ScheduledAction {
        target: Ref::known(target),
        name: "morning".into(),
        schedule: "cron(0 8 ? * MON-FRI *)".parse().unwrap(),
        zone: TimeZone::UTC,
        start: None,
        end: None,
        minimum: Some(4),
        maximum: Some(10),
    }
}

#[tokio::test]
async fn a_scheduled_action_walks() {
    child_walks(|target| {
        let morning = action(&target.value());
        let sale = ScheduledAction {
            schedule: "at(2030-11-27T00:00:00)".parse().unwrap(),
            zone: "Europe/Berlin".parse().unwrap(),
            start: Some("2030-11-01T00:00:00".parse().unwrap()),
            end: Some("2030-12-01T12:30:00".parse().unwrap()),
            minimum: None,
            maximum: Some(40),
            ..morning.clone()
        };
        vec![morning, sale]
    })
    .await;
}
