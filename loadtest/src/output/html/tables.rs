//! The tables of the page.

use super::super::junit::escaped;
use super::super::words::{self, count, maybe_time, percent, time};
use crate::result::{Judgement, RunResult, Tally};

/// The figures that people look for first.
pub(super) fn figures(result: &RunResult) -> String {
    let measured = &result.measured;
    let whole = &measured.whole;
    let figure = |name: &str, value: &str| format!("<div><dt>{name}</dt><dd>{}</dd></div>\n", escaped(value));
    let mut figures = [
        figure("requests", &count(whole.finished)),
        figure("a second", &format!("{:.1}", words::rate(result))),
        figure("errors", &percent(whole.error_share().unwrap_or(0.0))),
        figure("p50", &maybe_time(whole.latency.at(0.5))),
        figure("p95", &maybe_time(whole.latency.at(0.95))),
        figure("p99", &maybe_time(whole.latency.at(0.99))),
        figure("max", &maybe_time(whole.latency.max())),
        figure("generator late, p99", &maybe_time(measured.lateness.at(0.99))),
    ]
    .concat();
    let iterations = &measured.iterations;
    if iterations.not_begun + iterations.without_row > 0 {
        figures += &figure("not begun", &count(iterations.not_begun + iterations.without_row));
    }
    if measured.answers.blocked > 0 {
        figures += &figure("blocked by a firewall", &count(measured.answers.blocked));
    }
    let (hits, misses) = (measured.answers.cache_hits, measured.answers.cache_misses);
    if hits + misses > 0 {
        figures += &figure("from a cache", &percent(hits as f64 / (hits + misses) as f64));
    }
    format!("<section><dl class=\"figures\">\n{figures}</dl></section>\n")
}

fn table(title: &str, heads: &[&str], rows: &[Vec<String>]) -> String {
    if rows.is_empty() {
        return String::new();
    }
    let mut text = format!("<section><h2>{title}</h2>\n<table><tr>");
    for (place, head) in heads.iter().enumerate() {
        let class = if place == 0 { "" } else { " class=\"number\"" };
        text += &format!("<th scope=\"col\"{class}>{head}</th>");
    }
    text += "</tr>\n";
    for row in rows {
        text += "<tr>";
        for (place, cell) in row.iter().enumerate() {
            let cell = escaped(cell);
            text += &match place {
                0 => format!("<th scope=\"row\">{cell}</th>"),
                _ => format!("<td class=\"number\">{cell}</td>"),
            };
        }
        text += "</tr>\n";
    }
    text + "</table></section>\n"
}

pub(super) fn thresholds(result: &RunResult) -> String {
    let rows = result.verdict.thresholds.iter().map(|judged| {
        let sign = match judged.judgement {
            Judgement::Held => "✓",
            Judgement::Crossed => "✗",
            Judgement::TooFew => "?",
        };
        let word = words::judgement(judged.judgement);
        vec![judged.text.clone(), words::measured(judged), count(judged.samples), format!("{sign} {word}")]
    });
    table("Thresholds", &["must hold", "measured", "samples", ""], &rows.collect::<Vec<_>>())
}

const TALLY: [&str; 8] = ["", "requests", "errors", "p50", "p90", "p95", "p99", "max"];

fn tally(name: &str, tally: &Tally) -> Vec<String> {
    let latency = &tally.latency;
    let times = [latency.at(0.5), latency.at(0.9), latency.at(0.95), latency.at(0.99), latency.max()];
    let errors = percent(tally.error_share().unwrap_or(0.0));
    [name.to_owned(), count(tally.finished), errors].into_iter().chain(times.into_iter().map(maybe_time)).collect()
}

pub(super) fn steps(result: &RunResult) -> String {
    let mut rows: Vec<_> = words::steps(result).into_iter().map(|(name, step)| tally(&name, &step.whole)).collect();
    for (scenario, measured) in &result.measured.scenarios {
        rows.extend(
            measured.groups.iter().map(|(group, own)| tally(&format!("{scenario} / group {group}"), &own.whole)),
        );
    }
    rows.push(tally("all", &result.measured.whole));
    table("Steps", &TALLY, &rows)
}

pub(super) fn phases(result: &RunResult) -> String {
    let full = result.plan.full_load;
    let rows = result.plan.phases.iter().zip(&result.measured.phases).map(|(phase, own)| {
        let load = if phase.from == phase.to {
            format!("{} s at {:.0}", phase.seconds, phase.to * full)
        } else {
            format!("{} s from {:.0} to {:.0}", phase.seconds, phase.from * full, phase.to * full)
        };
        tally(&format!("{}: {load}", phase.name), own)
    });
    table("Phases", &TALLY, &rows.collect::<Vec<_>>())
}

pub(super) fn statuses(result: &RunResult) -> String {
    let statuses = &result.measured.answers.statuses;
    let rows = statuses.iter().map(|(status, number)| vec![status.to_string(), count(*number)]);
    table("Answers", &["status", "count"], &rows.collect::<Vec<_>>())
}

pub(super) fn metrics(result: &RunResult) -> String {
    let rows = result.measured.metrics.iter().map(|(name, metric)| {
        let unit = metric.unit.as_deref().unwrap_or_default();
        let values = [metric.whole.mean(), metric.whole.at(0.5), metric.whole.at(0.95), metric.whole.max()];
        let told = values.map(|value| value.map_or_else(|| "–".to_owned(), |value| format!("{value:.2}")));
        [vec![format!("{name} {unit}"), count(metric.whole.len())], told.to_vec(), vec![count(metric.missing)]].concat()
    });
    let heads = ["", "values", "mean", "p50", "p95", "max", "missing"];
    table("Metrics of the plan", &heads, &rows.collect::<Vec<_>>())
}

pub(super) fn workers(result: &RunResult) -> String {
    if result.workers.len() + result.missing.len() < 2 {
        return String::new();
    }
    let mut rows: Vec<_> = result
        .workers
        .iter()
        .map(|worker| {
            let region = worker.region.clone().unwrap_or_else(|| "–".to_owned());
            let late = worker.lateness_p99.map_or_else(|| "–".to_owned(), time);
            let ended = words::ended_word(worker.ended).to_owned();
            vec![
                worker.worker.to_string(),
                region,
                count(worker.finished),
                count(worker.errors),
                late,
                format!("{:.1} s", worker.seconds),
                ended,
            ]
        })
        .collect();
    for missing in &result.missing {
        let nothing = || "–".to_owned();
        rows.push(vec![
            missing.to_string(),
            nothing(),
            nothing(),
            nothing(),
            nothing(),
            nothing(),
            "nothing came back".to_owned(),
        ]);
    }
    table("Workers", &["worker", "region", "requests", "errors", "late, p99", "took", "ended"], &rows)
}
