//! The observability: two levels of everything that is watched, who is told, and one page of it all.

use serde_json::{Value, json};

use super::{COUNTS, named};
use crate::support::{Comparison, texts};

pub fn compare(all: &mut Comparison<'_>) {
    let topic = all.named("topics", &named("alarms"));
    let subscribed = all.live.all("subscriptions").iter().map(|subscription| {
        let text = |member: &str| subscription[member].as_str().unwrap_or_default();
        format!("{} {} of {}", text("Protocol"), text("Endpoint"), text("TopicArn"))
    });
    let arn = topic["TopicArn"].as_str().unwrap_or_default();
    all.lines("who is told", subscribed, [format!("email ops@example.com of {arn}")]);

    let mut levels: Vec<(String, &str, f64, f64)> = [
        ("response-time", "GreaterThanThreshold", 2.0, 5.0),
        ("error-rate", "GreaterThanThreshold", 5.0, 10.0),
        // Of 200 connections.
        ("postgres-connections", "GreaterThanThreshold", 160.0, 180.0),
        ("postgres-replica-lag", "GreaterThanThreshold", 30.0, 120.0),
        // In bytes.
        ("postgres-storage", "LessThanThreshold", 10_737_418_240.0, 5_368_709_120.0),
        ("postgres-replica-storage", "LessThanThreshold", 10_737_418_240.0, 5_368_709_120.0),
    ]
    .map(|(name, operator, warning, critical)| (name.to_owned(), operator, warning, critical))
    .into();
    for service in COUNTS.iter().map(|(service, ..)| *service).chain(["pgbouncer"]) {
        levels.push((format!("{service}-cpu"), "GreaterThanThreshold", 80.0, 90.0));
        levels.push((format!("{service}-memory"), "GreaterThanThreshold", 85.0, 95.0));
    }
    for node in 1..=3 {
        levels.push((format!("redis-{node}-evictions"), "GreaterThanThreshold", 100.0, 1000.0));
        levels.push((format!("redis-{node}-hit-rate"), "LessThanThreshold", 90.0, 75.0));
    }
    let mut names = Vec::new();
    for (name, operator, warning, critical) in levels {
        for (level, threshold) in [("warning", warning), ("critical", critical)] {
            let name = named(&format!("{name}-{level}"));
            let alarm = all.the("alarms", "AlarmName", &name);
            let required = json!({
                "ComparisonOperator": operator, "Threshold": threshold, "ActionsEnabled": true,
                "AlarmActions": [arn], "OKActions": [arn],
            });
            all.has(&name, alarm, &required);
            names.push(name);
        }
    }
    let telling =
        all.live.all("alarms").iter().filter(|alarm| texts(&alarm["AlarmActions"]).any(|action| action == arn));
    all.lines("alarms that tell people", telling.filter_map(|alarm| alarm["AlarmName"].as_str()), names);
    dashboard(all);
}

/// Every part has its graphs, and every alarm is on it.
fn dashboard(all: &mut Comparison<'_>) {
    let dashboard = all.the("dashboards", "DashboardName", &named("dashboard"));
    let body = dashboard["DashboardBody"].as_str().unwrap_or_default();
    let parsed: Value = serde_json::from_str(body).unwrap_or_default();
    let graphs = parsed["widgets"].as_array().map_or(0, Vec::len);
    all.has("the dashboard has widgets", &json!(graphs > 10), &json!(true));
    for namespace in ["AWS/CloudFront", "AWS/ApplicationELB", "AWS/ECS", "AWS/ElastiCache", "AWS/RDS"] {
        all.has(&format!("the dashboard shows {namespace}"), &json!(body.contains(namespace)), &json!(true));
    }
    let shown = |alarm: &&Value| alarm["AlarmArn"].as_str().is_some_and(|arn| !body.contains(&format!("\"{arn}\"")));
    let hidden = all.live.all("alarms").iter().filter(shown).filter_map(|alarm| alarm["AlarmName"].as_str());
    all.lines("alarms that are not on the dashboard", hidden, [""; 0]);
}
