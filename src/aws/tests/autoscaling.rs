//! Scalable targets, their policies and their scheduled actions in a real Application Auto Scaling: the local cloud's.

#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

mod common;

use std::fmt::Debug;
use std::sync::Arc;

use common::{Walk, aws, project};
use infra_aws::Aws;
use infra_aws::autoscaling::{Predefined, ScalableTarget, ScheduledAction, Suspended, TargetTrackingPolicy, Tracked};
use infra_engine::graph::Graph;
use infra_engine::live::{Ask, Behaviour, Found, Order};
use infra_engine::model::{Address, Ledger, Owner, Platform, Ref, Resource as _, Tags};
use infra_engine::plan::{Note, Options, plan};
use infra_values::TimeZone;

fn target(resource: &str) -> ScalableTarget {
    ScalableTarget { resource: Ref::known(resource), minimum: 2, maximum: 10, suspended: Suspended::default() }
}

#[tokio::test]
async fn a_scalable_target_is_ordered_once() {
    let (aws, project) = (aws().await, project());
    let resource = format!("service/{project}/web");
    let walk = Walk::begin(&aws, &project, target(&resource)).await;
    walk.order_again().await;
    walk.order_by_another().await;

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
    // What others have moved is what the engine wants then, beside what the code changes.
    let wanted = ScalableTarget { maximum: 20, ..live.definition.clone() };
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
    let plan = plan(&graph, &lives, &Ledger::default(), &registry, &Options::converge(owner));
    assert!(plan.changes.iter().all(|change| change.fields.is_empty()), "{:?}", plan.changes);
    let [Note::OwnedElsewhere { path, owner, live, wanted, .. }, ..] = &plan.notes[..] else {
        panic!("{:?}", plan.notes)
    };
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
async fn what_hangs_on_a_target_is_ordered_once() {
    let (aws, project) = (aws().await, project());
    let walk = Walk::begin(&aws, &project, target(&format!("service/{project}/web"))).await;
    let cpu = TargetTrackingPolicy {
        target: Ref::known(&walk.id),
        name: "web".into(),
        metric: Tracked::Predefined(Predefined::ServiceCpu),
        value: 70.0,
        out_cooldown: Some(300),
        in_cooldown: Some(300),
        scales_in: true,
    };
    let morning = action(&walk.id);
    for _ in 0..2 {
        let (policy, action) = (made(&aws, &cpu).await, made(&aws, &morning).await);
        let live = child::<TargetTrackingPolicy>(&aws, &walk.id).await.unwrap();
        assert_eq!((&live.id, &live.definition), (&policy, &cpu));
        let live = child::<ScheduledAction>(&aws, &walk.id).await.unwrap();
        assert_eq!((&live.id, &live.definition), (&action, &morning));
    }
    walk.end().await;
}
