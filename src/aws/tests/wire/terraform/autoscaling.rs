//! Policies that scale, and scheduled actions.
//!
//! Version 5.100.0 of the provider has no predictive policies for services. What is in `derived/` was not recorded: it
//! is what the code of a later version (`expandPredictiveScalingPolicyConfiguration`) makes of the configuration there.

use std::collections::BTreeMap;

use infra_aws::autoscaling::{
    Adjustment, Aggregation, Beyond, CustomMetric, Load, Mode, Predefined, PredictivePolicy, ScalableTarget,
    ScheduledAction, Step, StepPolicy, Suspended, TargetTrackingPolicy, Tracked,
};
use infra_aws::cloudwatch::Statistic;
use infra_engine::live::Behaviour;
use infra_engine::model::Ref;
use infra_values::{Percent, TimeZone};

use super::Difference::Ours;
use super::{Difference, OWNERSHIP, Recorded, found, order};
use crate::server::{Server, aws, json};

const PUT_POLICY: &str = "AnyScaleFrontendService.PutScalingPolicy";
const LABEL: &str = "app/shop/50dc6c495c0c9188/targetgroup/shop-web/73e2d6bc24d8a067";
const SERVICE: &str = "service/shop/shop-web";

async fn server() -> Server {
    Server::start([json(
        200,
        r#"{"PolicyARN": "arn:aws:autoscaling:eu-central-1:123456789012:scalingPolicy:1", "Alarms": []}"#,
    )])
    .await
}

/// Puts something, and compares.
async fn put<R: Behaviour<Cloud = infra_aws::Aws>>(definition: R, call: &str, body: &str, differences: &[Difference]) {
    let server = server().await;
    R::create(&aws(&server.url).await, &order(definition)).await.unwrap();
    Recorded { call, body, sets: &[], differences }.check(&server);
}

fn predictive() -> PredictivePolicy {
    PredictivePolicy {
        target: Ref::known(SERVICE),
        name: "shop-web-forecast".into(),
        load: Load::Cpu,
        value: 70.0,
        mode: Mode::ForecastAndScale,
        lead: 300,
        beyond: Beyond::Never,
    }
}

fn tracking() -> TargetTrackingPolicy {
    TargetTrackingPolicy {
        target: Ref::known(SERVICE),
        name: "shop-web-cpu".into(),
        metric: Tracked::Predefined(Predefined::ServiceCpu),
        value: 70.0,
        out_cooldown: Some(300),
        in_cooldown: Some(300),
        scales_in: true,
    }
}

fn opening() -> ScheduledAction {
    ScheduledAction {
        target: Ref::known(SERVICE),
        name: "shop-web-open".into(),
        schedule: "cron(0 8 ? * MON-FRI *)".parse().unwrap(),
        zone: "Europe/Vienna".parse().unwrap(),
        start: None,
        end: None,
        minimum: Some(4),
        maximum: Some(20),
    }
}

#[tokio::test]
async fn a_predictive_policy() {
    put(predictive(), PUT_POLICY, include_str!("derived/predictive-cpu.json"), &[]).await;
    let requests = PredictivePolicy {
        name: "shop-web-requests-forecast".into(),
        load: Load::Requests(LABEL.into()),
        value: 1000.5,
        mode: Mode::ForecastOnly,
        lead: 600,
        beyond: Beyond::By(Percent::try_from(10).unwrap()),
        ..predictive()
    };
    put(requests, PUT_POLICY, include_str!("derived/predictive-requests.json"), &[]).await;
}

/// A policy is always put whole.
#[tokio::test]
async fn changing_a_predictive_policy() {
    let server = server().await;
    let live = PredictivePolicy { mode: Mode::ForecastOnly, lead: 0, ..predictive() };
    let live = found("service/shop/shop-web/shop-web-forecast", live, &[]);
    PredictivePolicy::update(&aws(&server.url).await, &live, &predictive()).await.unwrap();
    let body = include_str!("derived/predictive-cpu.json");
    Recorded { call: PUT_POLICY, body, sets: &[], differences: &[] }.check(&server);
}

#[tokio::test]
async fn policies_that_track_a_target() {
    put(tracking(), PUT_POLICY, include_str!("recorded/policy-cpu.json"), &[]).await;
    let requests = TargetTrackingPolicy {
        name: "shop-web-requests".into(),
        metric: Tracked::Predefined(Predefined::RequestsPerTarget(LABEL.into())),
        value: 1000.5,
        out_cooldown: Some(60),
        in_cooldown: Some(120),
        scales_in: false,
        ..tracking()
    };
    put(requests, PUT_POLICY, include_str!("recorded/policy-requests.json"), &[]).await;
    let orders = CustomMetric {
        namespace: "Shop".into(),
        name: "OrdersWaiting".into(),
        dimensions: BTreeMap::from([("Service".into(), "web".into())]),
        statistic: Statistic::Average,
        unit: None,
    };
    let orders = TargetTrackingPolicy {
        name: "shop-web-orders".into(),
        metric: Tracked::Custom(orders),
        value: 25.0,
        ..tracking()
    };
    put(orders, PUT_POLICY, include_str!("recorded/policy-orders.json"), &[]).await;
}

#[tokio::test]
async fn a_policy_of_steps() {
    let policy = StepPolicy {
        target: Ref::known(SERVICE),
        name: "shop-web-slow".into(),
        adjustment: Adjustment::Change,
        steps: vec![Step::between(0.0, 10.0, 1), Step::above(10.0, 2)],
        cooldown: 300,
        aggregation: Aggregation::Average,
    };
    put(policy, PUT_POLICY, include_str!("recorded/policy-steps.json"), &[]).await;
}

#[tokio::test]
async fn scheduled_actions() {
    let call = "AnyScaleFrontendService.PutScheduledAction";
    put(opening(), call, include_str!("recorded/action-open.json"), &[]).await;
    let season = ScheduledAction {
        name: "shop-web-season".into(),
        schedule: "at(2035-11-20T00:00:00)".parse().unwrap(),
        zone: TimeZone::UTC,
        start: Some("2035-11-01T00:00:00".parse().unwrap()),
        end: Some("2035-12-31T00:00:00".parse().unwrap()),
        minimum: Some(6),
        maximum: None,
        ..opening()
    };
    put(season, call, include_str!("recorded/action-season.json"), &[]).await;
}

#[tokio::test]
async fn a_scalable_target() {
    let server = Server::answering([
        ("AnyScaleFrontendService.DescribeScalableTargets", json(200, r#"{"ScalableTargets": []}"#)),
        ("AnyScaleFrontendService.", json(200, "{}")),
    ])
    .await;
    let target =
        ScalableTarget { resource: Ref::known(SERVICE), minimum: 2, maximum: 10, suspended: Suspended::default() };
    ScalableTarget::create(&aws(&server.url).await, &order(target)).await.unwrap();
    Recorded {
        call: "AnyScaleFrontendService.RegisterScalableTarget",
        body: include_str!("recorded/target-register.json"),
        sets: &[],
        differences: &[
            Ours("Tags", OWNERSHIP),
            Ours("SuspendedState", "that nothing is suspended is said, as it is in the definition"),
        ],
    }
    .check(&server);
}

#[tokio::test]
async fn deleting_a_policy() {
    let server = server().await;
    let live = found("service/shop/shop-web/shop-web-cpu", tracking(), &[]);
    TargetTrackingPolicy::delete(&aws(&server.url).await, &live).await.unwrap();
    let (call, body) = ("AnyScaleFrontendService.DeleteScalingPolicy", include_str!("recorded/policy-delete.json"));
    Recorded { call, body, sets: &[], differences: &[] }.check(&server);
}
