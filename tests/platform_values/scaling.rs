//! The scaling: what each service is kept near, what adds and takes away tasks, and what the calendar says.

use serde_json::{Value, json};

use super::{COUNTS, named};
use crate::support::{Comparison, items, texts};

/// What each service is scaled by of its own business.
const BUSINESS: [(&str, &str, f64); 5] = [
    ("api-gateway", "RequestsInHand", 50.0),
    ("user-service", "ActiveSessions", 500.0),
    ("product-service", "SearchesPerSecond", 40.0),
    ("order-service", "OrdersPerMinute", 100.0),
    ("notification-service", "NotificationsWaiting", 200.0),
];

/// The rules by steps: a metric, above what a task is added and how far above it two, below what one is taken away.
const STEPS: [(&str, &str, f64, f64, Option<f64>); 5] = [
    ("response-time", "TargetResponseTime Average", 2.0, 10.0, None),
    ("requests", "RequestCountPerTarget Sum", 1500.0, 1000.0, None),
    ("error-rate", "100 * errors / requests", 5.0, 10.0, None),
    ("queue-length", "QueueLength Maximum", 100.0, 400.0, None),
    ("database-connections", "DatabaseConnections Maximum", 15.0, 10.0, None),
];

pub fn compare(all: &mut Comparison<'_>) {
    for (service, minimum, maximum) in COUNTS {
        let resource = format!("service/django-microservices-cluster/{}", named(service));
        let target = all.the("scalable targets of ecs", "ResourceId", &resource);
        let bounds = json!({
            "MinCapacity": minimum, "MaxCapacity": maximum, "ScalableDimension": "ecs:service:DesiredCount",
            "SuspendedState": {
                "DynamicScalingInSuspended": false, "DynamicScalingOutSuspended": false,
                "ScheduledScalingSuspended": false,
            },
        });
        all.has(&format!("target of {service}"), target, &bounds);
        tracked(all, service);
        predicted(all, service);
        for rule in STEPS {
            stepped(all, service, rule);
        }
        calendar(all, service, minimum, maximum);
    }
    // Each service has four that track, one that predicts, and five rules by steps.
    let names = all.live.all("scaling policies of ecs").len();
    all.has("number of policies", &json!(names), &json!(COUNTS.len() * 10));
}

fn policy<'a>(all: &mut Comparison<'a>, service: &str, name: &str, kind: &str) -> &'a Value {
    let policy = all.the("scaling policies of ecs", "PolicyName", &named(&format!("{service}-{name}")));
    let resource = format!("service/django-microservices-cluster/{}", named(service));
    all.has(&format!("{service}-{name}"), policy, &json!({"PolicyType": kind, "ResourceId": resource}));
    policy
}

fn tracked(all: &mut Comparison<'_>, service: &str) {
    let (_, metric, value) = BUSINESS.into_iter().find(|(name, ..)| *name == service).unwrap();
    let predefined = |name: &str| json!({"PredefinedMetricSpecification": {"PredefinedMetricType": name}});
    let own = json!({"CustomizedMetricSpecification": {
        "Namespace": "django-microservices", "MetricName": metric, "Statistic": "Average",
    }});
    for (what, metric, value) in [
        ("cpu", predefined("ECSServiceAverageCPUUtilizationHighResolution"), 70.0),
        ("memory", predefined("ECSServiceAverageMemoryUtilizationHighResolution"), 70.0),
        ("requests-per-task", predefined("ALBRequestCountPerTarget"), 1000.0),
        ("business", own, value),
    ] {
        let policy = policy(all, service, &format!("{what}-scaling"), "TargetTrackingScaling");
        let live = &policy["TargetTrackingScalingPolicyConfiguration"];
        let what = format!("{service}-{what}");
        all.has(&what, live, &metric);
        let numbers =
            json!({"TargetValue": value, "ScaleInCooldown": 300, "ScaleOutCooldown": 300, "DisableScaleIn": false});
        all.has(&what, live, &numbers);
        match what.ends_with("-requests-per-task") {
            true => {
                let label = live["PredefinedMetricSpecification"]["ResourceLabel"].as_str().unwrap_or_default();
                let group = format!("/targetgroup/tg-{service}/");
                let whose = label.starts_with("app/django-microservices-alb/") && label.contains(&group);
                all.has(&format!("{what} is of its own requests"), &json!(whose), &json!(true));
            }
            false if what.ends_with("-business") => {
                let dimensions = &live["CustomizedMetricSpecification"]["Dimensions"];
                all.has(&what, dimensions, &json!([{"Name": "Service", "Value": service}]));
            }
            false => {}
        }
    }
}

fn predicted(all: &mut Comparison<'_>, service: &str) {
    let policy = policy(all, service, "predictive-scaling", "PredictiveScaling");
    let live = &policy["PredictiveScalingPolicyConfiguration"];
    all.has(&format!("forecast of {service}"), live, &json!({"Mode": "ForecastAndScale"}));
    let load = json!({
        "TargetValue": 70.0,
        "PredefinedMetricPairSpecification": {"PredefinedMetricType": "ECSServiceCPUUtilization"},
    });
    all.has(&format!("forecast of {service}"), &live["MetricSpecifications"][0], &load);
}

/// A policy for each side, and the alarm that calls it: without one it would never do anything.
fn stepped(all: &mut Comparison<'_>, service: &str, rule: (&str, &str, f64, f64, Option<f64>)) {
    let (name, metric, above, far, below) = rule;
    let out = json!([
        {"MetricIntervalLowerBound": 0.0, "MetricIntervalUpperBound": far, "ScalingAdjustment": 1},
        {"MetricIntervalLowerBound": far, "ScalingAdjustment": 2},
    ]);
    let inward = json!([{"MetricIntervalUpperBound": 0.0, "ScalingAdjustment": -1}]);
    let mut sides = vec![(name.to_owned(), "GreaterThanThreshold", above, out)];
    sides.extend(below.map(|below| (format!("{name}-in"), "LessThanThreshold", below, inward)));
    for (name, operator, threshold, steps) in sides {
        let policy = policy(all, service, &format!("{name}-scaling"), "StepScaling");
        let what = format!("{service}-{name}");
        let moves = json!({"AdjustmentType": "ChangeInCapacity", "Cooldown": 300, "StepAdjustments": steps});
        all.has(&what, &policy["StepScalingPolicyConfiguration"], &moves);
        let alarm = all.the("alarms", "AlarmName", &named(&what));
        let calls = json!({
            "ComparisonOperator": operator, "Threshold": threshold, "ActionsEnabled": true,
            "AlarmActions": [policy["PolicyARN"]],
        });
        all.has(&format!("alarm {what}"), alarm, &calls);
        all.lines(&format!("alarm {what} watches"), [watched(alarm)], [metric]);
    }
}

/// What an alarm looks at: a metric and what is made of its values, or what is computed.
fn watched(alarm: &Value) -> String {
    let computed = items(&alarm["Metrics"]).find_map(|metric| metric["Expression"].as_str());
    let text = |member: &str| alarm[member].as_str().unwrap_or_default();
    computed.map_or_else(|| format!("{} {}", text("MetricName"), text("Statistic")), str::to_owned)
}

/// Business hours, evenings, weekends, and windows of dates.
fn calendar(all: &mut Comparison<'_>, service: &str, minimum: u32, maximum: u32) {
    let whose = format!("/{}", named(service));
    let of_service = |action: &&Value| action["ResourceId"].as_str().is_some_and(|id| id.ends_with(&whose));
    let live = all.live.all("scheduled actions of ecs").iter().filter(of_service).map(|action| {
        let name = action["ScheduledActionName"].as_str().unwrap_or_default();
        let name = name.trim_start_matches(&format!("{}-", named(service))).to_owned();
        let moves = &action["ScalableTargetAction"];
        let number = |member: &str| moves[member].as_u64().map_or("as it was".to_owned(), |number| number.to_string());
        let day =
            |member: &str| action[member].as_str().map_or("", |moment| moment.split(' ').next().unwrap_or_default());
        let window = format!("{}..{}", day("StartTime"), day("EndTime"));
        let schedule = action["Schedule"].as_str().unwrap_or_default();
        format!("{name} {schedule} {window} at least {} at most {}", number("MinCapacity"), number("MaxCapacity"))
    });
    let (twice, three) = ((2 * minimum, 2 * maximum), (3 * minimum, 3 * maximum));
    all.lines(
        &format!("calendar of {service}"),
        live,
        [
            format!("scale-up cron(0 8 ? * MON-FRI *) .. at least {} at most as it was", 2 * minimum),
            format!("scale-down cron(0 20 ? * MON-FRI *) .. at least {minimum} at most as it was"),
            format!("weekend cron(0 0 ? * SAT *) .. at least {minimum} at most as it was"),
            format!("black-friday rate(5 minutes) 2027-11-22..2027-11-30 at least {} at most {}", three.0, three.1),
            format!("black-friday-over at(2027-11-30T00:05:00) .. at least {minimum} at most {maximum}"),
            format!("christmas rate(5 minutes) 2027-12-13..2027-12-25 at least {} at most {}", twice.0, twice.1),
            format!("christmas-over at(2027-12-25T00:05:00) .. at least {minimum} at most {maximum}"),
        ],
    );
}

/// Every policy that scales by steps is called by an alarm: of those that are live, not only of those that are known.
pub fn no_policy_waits_in_vain(all: &mut Comparison<'_>) {
    let called: Vec<&str> = all.live.all("alarms").iter().flat_map(|alarm| texts(&alarm["AlarmActions"])).collect();
    let steps = all.live.all("scaling policies of ecs").iter().filter(|policy| policy["PolicyType"] == "StepScaling");
    let alone = steps.filter_map(|policy| policy["PolicyARN"].as_str()).filter(|arn| !called.contains(arn));
    all.lines("policies that nothing calls", alone, [""; 0]);
}
