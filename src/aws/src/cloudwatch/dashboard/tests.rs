//! What is written of a dashboard, what a live one tells, and what its rules say.

use infra_engine::model::{Address, Ref};
use serde_json::{Value, json};

use super::*;
use crate::cloudwatch::Statistic;
use crate::cloudwatch::metrics::{Cache, Ecs};

fn graph() -> Graph {
    let processors = Ecs::Cpu.of(Ref::known("shop"), Ref::known("web"));
    Graph::of("Processors", "us-east-1".parse().unwrap(), View::Lines)
        .line(Line::of(processors, Statistic::Average).labelled("web"))
        .in_percent()
        .mark(Mark::at(80.0, "busy"))
}

fn dashboard() -> Dashboard {
    let states = AlarmStates::of("Alarms", [Ref::known("arn:alarm")]);
    let body = Body::rows([(2, vec!["# Shop".into()]), (6, vec![graph().into(), states.into()])]);
    Dashboard { name: "shop".into(), body }
}

fn json(body: &Body) -> Value {
    serde_json::to_value(body).unwrap()
}

#[test]
fn a_dashboard_is_written_as_aws_reads_it() {
    let expected = json!({"widgets": [
        {"type": "text", "x": 0, "y": 0, "width": 24, "height": 2, "properties": {"markdown": "# Shop"}},
        {"type": "metric", "x": 0, "y": 2, "width": 12, "height": 6, "properties": {
            "title": "Processors",
            "region": "us-east-1",
            "view": "timeSeries",
            "stacked": false,
            "period": 60,
            "metrics": [
                ["AWS/ECS", "CPUUtilization", "ClusterName", "shop", "ServiceName", "web", {"label": "web", "stat": "Average"}],
            ],
            "yAxis": {"left": {"min": 0, "max": 100}},
            "annotations": {"horizontal": [{"value": 80, "label": "busy"}]},
        }},
        {"type": "alarm", "x": 12, "y": 2, "width": 12, "height": 6, "properties": {"title": "Alarms", "alarms": ["arn:alarm"]}},
    ]});
    assert_eq!(json(&dashboard().body), expected);
}

#[test]
fn computed_lines_name_what_they_are_computed_from() {
    let hits = Line::of(Cache::Hits.of(Ref::known("shop"), 1), Statistic::Sum).only_for("hits");
    let rate = Line::computed("100 * hits").labelled("rate");
    let graph = Graph::of("Hits", "us-east-1".parse().unwrap(), View::Number).lines([hits, rate]);
    let body = json(&Body::rows([(3, vec![graph.into()])]));
    let expected = json!([
        ["AWS/ElastiCache", "CacheHits", "CacheClusterId", "shop-001", {"id": "hits", "visible": false, "stat": "Sum"}],
        [{"expression": "100 * hits", "label": "rate"}],
    ]);
    assert_eq!(body["widgets"][0]["properties"]["metrics"], expected);
}

#[test]
fn rows_share_their_width() {
    let texts = |count: usize| vec![Content::from("text"); count];
    let body = json(&Body::rows([(3, texts(4)), (2, texts(5)), (1, texts(1))]));
    let places: Vec<(u64, u64, u64)> = body["widgets"]
        .as_array()
        .unwrap()
        .iter()
        .map(|widget| (widget["x"].as_u64().unwrap(), widget["y"].as_u64().unwrap(), widget["width"].as_u64().unwrap()))
        .collect();
    let expected = [
        (0, 0, 6),
        (6, 0, 6),
        (12, 0, 6),
        (18, 0, 6),
        (0, 3, 4),
        (4, 3, 4),
        (8, 3, 4),
        (12, 3, 4),
        (16, 3, 4),
        (0, 5, 24),
    ];
    assert_eq!(places, expected);
}

#[test]
fn a_live_dashboard_tells_what_it_is_however_it_is_written() {
    let text =
        serde_json::to_string_pretty(&json(&dashboard().body)).unwrap().replace("\"value\": 80", "\"value\": 80.0");
    let live = Live::builder().dashboard_name("shop").dashboard_arn("arn:dashboard").dashboard_body(text);
    let found = understand(&live.build(), Tags::new());
    assert_eq!((found.id.as_str(), &found.definition), ("shop", &dashboard()));
    assert_eq!(found.outputs["arn"], "arn:dashboard");
    let odd = understand(&Live::builder().dashboard_name("shop").dashboard_body("{").build(), Tags::new());
    assert_ne!(odd.definition, dashboard());
}

#[test]
fn a_body_is_the_same_whether_its_references_were_known_from_the_beginning_or_not() {
    let with = |group| {
        let line = Line::of(Cache::Hits.of(group, 1), Statistic::Sum);
        Body::rows([(3, vec![Graph::of("Hits", "us-east-1".parse().unwrap(), View::Lines).line(line).into()])])
    };
    let unknown = json(&with(Ref::output(Address::new("cache", "redis").unwrap(), "id"))).to_string();
    let known = unknown.replace(r#"{"$ref":"cache.redis","output":"id"}"#, r#""shop-redis""#);
    assert_ne!(unknown, known);
    let resolved: Body = serde_json::from_str(&known).unwrap();
    assert_eq!(resolved, with(Ref::known("shop-redis")));
}

fn codes(change: impl FnOnce(&mut Dashboard)) -> Vec<&'static str> {
    let mut changed = dashboard();
    change(&mut changed);
    let address = Address::new("observability", "dashboard").unwrap();
    let around = Surroundings::new(&[], &address);
    RULES.iter().flat_map(|rule| rule.violations(&changed, &around)).map(|violation| violation.code).collect()
}

const NONE: [&str; 0] = [];

#[test]
fn v49_a_name_is_plain() {
    assert_eq!(codes(|dashboard| dashboard.name = "shop_1-A".into()), NONE);
    for bad in ["", "shop prod", "shop.prod", &"n".repeat(256)] {
        assert_eq!(codes(|dashboard| dashboard.name = bad.into()), ["V49"], "{bad}");
    }
}

#[test]
fn v49b_widgets_have_room_and_show_something() {
    assert_eq!(codes(|_| ()), NONE);
    let text = |x, width| {
        let place = Place { x, y: 0, width, height: 2 };
        codes(|dashboard| dashboard.body = Body::of([Widget { place, content: "text".into() }]))
    };
    assert_eq!(text(12, 12), NONE);
    assert_eq!(text(13, 12), ["V49b"]);
    assert_eq!(text(0, 0), ["V49b"]);
    let many = |count| codes(|dashboard| dashboard.body = Body::rows((0..count).map(|_| (1, vec!["text".into()]))));
    assert_eq!(many(500), NONE);
    assert_eq!(many(501), ["V49b"]);
    let shows = |content: Content| codes(|dashboard| dashboard.body = Body::rows([(3, vec![content])]));
    assert_eq!(shows(Graph { lines: Vec::new(), ..graph() }.into()), ["V49b"]);
    assert_eq!(shows(AlarmStates::of("none", []).into()), ["V49b"]);
    assert_eq!(codes(|dashboard| dashboard.body = Body::parse("[]")), ["V49b"]);
}
