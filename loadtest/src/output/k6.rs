//! The result in the shape of k6's machine-readable summary, schema 1.0.0, for tools that read that. Times are
//! milliseconds; what k6 measures and this program does not is not in it.

use serde_json::{Value, json};

use super::words;
use crate::result::{Distribution, Judgement, RunResult};

/// The version of k6's schema.
const SCHEMA: &str = "1.0.0";

/// The result as k6 would summarise it. `now` is when the summary is made, in UTC.
pub fn k6_summary(result: &RunResult, now: &str) -> Value {
    let measured = &result.measured;
    let answers = &measured.answers;
    let mut metrics = vec![
        counter("http_reqs", "default", measured.whole.finished),
        trend("http_req_duration", "time", &measured.whole.latency),
        rate("http_req_failed", measured.whole.errors, measured.whole.finished),
        counter("iterations", "default", measured.iterations.finished + measured.iterations.broken_off),
        counter("dropped_iterations", "default", measured.iterations.not_begun + measured.iterations.without_row),
        counter("data_sent", "data", answers.sent),
        counter("data_received", "data", answers.received),
    ];
    let mut durations = Distribution::new();
    measured.scenarios.values().for_each(|scenario| durations.merge(&scenario.duration));
    metrics.push(trend("iteration_duration", "time", &durations));
    for (name, step) in words::steps(result) {
        metrics.push(trend(&format!("http_req_duration{{name:{name}}}"), "time", &step.whole.latency));
        metrics.push(rate(&format!("http_req_failed{{name:{name}}}"), step.whole.errors, step.whole.finished));
    }
    for (name, metric) in &measured.metrics {
        metrics.push(trend(name, "default", &metric.whole));
    }
    // A threshold is a check that was made once: k6's summary has no other place for it.
    let checks: Vec<_> = result
        .verdict
        .thresholds
        .iter()
        .map(|judged| {
            let held = judged.judgement == Judgement::Held;
            json!({ "name": judged.text, "passes": u8::from(held), "fails": u8::from(!held) })
        })
        .collect();
    let held = result.verdict.thresholds.iter().filter(|judged| judged.judgement == Judgement::Held).count() as u64;
    let of_checks = rate("checks", held, checks.len() as u64);
    json!({
        "version": SCHEMA,
        "metadata": { "generatedAt": now, "k6Version": result.version },
        "config": { "execution": "local", "script": result.plan.name, "duration": result.seconds },
        "results": {
            "checks": { "metrics": [of_checks], "results": checks },
            "metrics": metrics,
        },
    })
}

fn counter(name: &str, contains: &str, count: u64) -> Value {
    json!({ "name": name, "type": "counter", "contains": contains, "values": { "count": count } })
}

fn rate(name: &str, matches: u64, total: u64) -> Value {
    let rate = if total > 0 { matches as f64 / total as f64 } else { 0.0 };
    json!({ "name": name, "type": "rate", "contains": "default", "values": { "matches": matches, "rate": rate, "total": total } })
}

fn trend(name: &str, contains: &str, values: &Distribution) -> Value {
    let figures = [
        ("avg", values.mean()),
        ("max", values.max()),
        ("med", values.at(0.5)),
        ("min", values.min()),
        ("p(90)", values.at(0.9)),
        ("p(95)", values.at(0.95)),
    ];
    let values: serde_json::Map<_, _> =
        figures.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?.into()))).collect();
    json!({ "name": name, "type": "trend", "contains": contains, "values": values })
}
