//! What is watched in which environment, and who hears of it.

use infra_aws::cloudwatch::{Condition, Watched as Looked};
use infra_engine::model::{Definition, Resource};

use super::*;
use crate::testing::{definitions, environment, the};

fn addresses<R: Resource>(environment: &Environment) -> Vec<String> {
    let of_kind = |definition: &Definition| definition.schema.kind == R::SCHEMA.kind;
    let own = definitions(environment).into_iter().filter(of_kind).map(|definition| definition.address.to_string());
    own.filter(|address| address.starts_with("observability.")).collect()
}

#[test]
fn everything_that_is_watched_has_two_levels() {
    let alarms = addresses::<Alarm>(&environment("prod"));
    let warnings: Vec<&str> = alarms.iter().filter_map(|alarm| alarm.strip_suffix("-warning")).collect();
    let critical: Vec<&str> = alarms.iter().filter_map(|alarm| alarm.strip_suffix("-critical")).collect();
    assert_eq!(warnings, critical);
    // The load balancer's two, two of five services and of the pool, two of three nodes, and four of Postgres.
    assert_eq!((alarms.len(), warnings.len()), (48, 24));
    for watched in ["response-time", "error-rate", "order-service-cpu", "pgbouncer-memory", "redis-3-evictions"] {
        assert!(warnings.contains(&format!("observability.{watched}").as_str()), "{watched}: {warnings:?}");
    }
}

#[test]
fn the_thresholds_of_production_are_those_of_the_requirement() {
    let prod = environment("prod");
    for (alarm, warning, critical) in [
        ("response-time", Condition::Above(2.0), Condition::Above(5.0)),
        ("error-rate", Condition::Above(5.0), Condition::Above(10.0)),
        ("user-service-cpu", Condition::Above(80.0), Condition::Above(90.0)),
        ("user-service-memory", Condition::Above(85.0), Condition::Above(95.0)),
        ("redis-1-hit-rate", Condition::Below(90.0), Condition::Below(75.0)),
        ("postgres-connections", Condition::Above(160.0), Condition::Above(180.0)),
        ("postgres-replica-lag", Condition::Above(30.0), Condition::Above(120.0)),
        ("postgres-replica-storage", Condition::Below(10.0 * 1_073_741_824.0), Condition::Below(5.0 * 1_073_741_824.0)),
    ] {
        let of = |level: &str| the::<Alarm>(&prod, &format!("observability.{alarm}-{level}")).condition;
        assert_eq!((of("warning"), of("critical")), (warning, critical), "{alarm}");
    }
}

#[test]
fn the_error_rate_is_computed_from_errors_and_requests() {
    let alarm: Alarm = the(&environment("prod"), "observability.error-rate-critical");
    let Looked::Math(math) = alarm.watches else { panic!("it is computed") };
    assert_eq!(math.terms.keys().collect::<Vec<_>>(), ["balancer", "requests", "targets"]);
    for term in math.terms.keys() {
        assert!(math.expression.contains(term.as_str()), "{}", math.expression);
    }
}

#[test]
fn where_there_is_no_replica_none_is_watched_and_a_sharded_cache_is_watched_node_by_node() {
    let mut dev = environment("dev");
    assert!(!addresses::<Alarm>(&dev).iter().any(|alarm| alarm.contains("replica-lag")));
    (dev.cache.shards, dev.cache.replicas) = (Some(3), 1);
    let nodes: Vec<String> =
        addresses::<Alarm>(&dev).into_iter().filter(|alarm| alarm.ends_with("evictions-warning")).collect();
    assert_eq!((nodes.len(), nodes[5].as_str()), (6, "observability.redis-3-2-evictions-warning"));
}

#[test]
fn whoever_is_named_is_told() {
    let mut prod = environment("prod");
    prod.observability.emails = ["a@example.com".parse().unwrap(), "b@example.com".parse().unwrap()].into();
    assert_eq!(addresses::<Subscription>(&prod), ["observability.email-1", "observability.email-2"]);
    assert_eq!(addresses::<Subscription>(&environment("dev")), [""; 0]);
    let alarm: Alarm = the(&prod, "observability.error-rate-critical");
    let called: Vec<String> = alarm.on_alarm.iter().map(|action| action.value()).collect();
    assert_eq!(called, ["observability.alarms.id"]);
}

#[test]
fn alarms_budgets_and_anomalies_of_the_account_may_publish_and_nobody_else() {
    let topic: Topic = the(&environment("prod"), "observability.alarms");
    let policy = topic.policy.unwrap().document();
    for said in ["cloudwatch.amazonaws.com", "budgets.amazonaws.com", "costalerts.amazonaws.com"] {
        assert!(policy.contains(said), "{said}: {policy}");
    }
    assert_eq!(policy.matches("\"aws:SourceAccount\":[\"333333333333\"]").count(), 3, "{policy}");
    assert!(policy.contains("arn:aws:sns:us-east-1:333333333333:django-microservices-alarms"), "{policy}");
}

#[test]
fn the_dashboard_shows_every_part_and_every_alarm() {
    let prod = environment("prod");
    let dashboard: Dashboard = the(&prod, "observability.dashboard");
    let body = serde_json::to_string(&dashboard.body).unwrap();
    for part in ["CDN:", "Load balancer:", "Services:", "Redis:", "Postgres:", "Scaling:"] {
        assert!(body.contains(part), "{part}");
    }
    let shown = |alarm: &String| body.contains(&format!("\"{alarm}\""));
    assert!(addresses::<Alarm>(&prod).iter().all(shown));
    assert!(body.contains("scaling.order-service-response-time-alarm"), "what scales is shown too");
}
