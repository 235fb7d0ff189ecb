//! The result as one page: charts that are drawn here, no script, nothing from the network, for light and dark.

mod chart;
mod scale;
mod tables;

use super::junit::escaped;
use super::words;
use crate::result::{Outcome, RunResult, Tally};
use chart::{Bars, Chart, Line};

const STYLE: &str = include_str!("style.css");

/// The page.
pub fn html(result: &RunResult) -> String {
    let plan = &result.plan;
    let name = escaped(&plan.name);
    let mark = match result.verdict.outcome {
        Outcome::Passed => "good",
        Outcome::Failed => "bad",
        Outcome::Incomplete | Outcome::TooFew | Outcome::Interrupted => "unclear",
    };
    let reasons: String = result
        .verdict
        .reasons
        .iter()
        .map(|reason| format!("<p class=\"reason\">Cannot be judged: {}</p>\n", escaped(&reason.to_string())))
        .collect();
    let body = [
        tables::figures(result),
        tables::thresholds(result),
        latency(result),
        rates(result),
        percentiles(result),
        errors(result),
        tables::steps(result),
        regions(result),
        tables::phases(result),
        tables::statuses(result),
        tables::metrics(result),
        tables::workers(result),
    ];
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n<title>{name}: {outcome}</title>\n<style>\n{STYLE}</style>\n\
         </head>\n<body>\n<header>\n<h1>{name} <span class=\"{mark}\">{outcome}</span></h1>\n\
         <p>{load} against <code>{target}</code>, {started}, {seconds:.0} s, {ended}</p>\n{reasons}</header>\n<main>\n{body}</main>\n\
         <footer>Histograms of all workers were added up; nothing here is an average of percentiles. Latency counts from \
         when a request was due to the last byte of its answer. Version {version}, plan {digest}.</footer>\n</body>\n</html>\n",
        outcome = words::outcome(result.verdict.outcome),
        load = escaped(&words::load(result)),
        target = escaped(&plan.target),
        started = escaped(&result.started_at),
        seconds = result.seconds,
        ended = words::ended_word(result.ended),
        body = body.concat(),
        version = escaped(&result.version),
        digest = escaped(plan.digest.get(..12).unwrap_or(&plan.digest)),
    )
}

/// Each stretch of time with its middle in seconds; the last is left out if less than half of it is there.
fn over_time(result: &RunResult, value: impl Fn(&Tally, f64) -> Option<f64>) -> Vec<(f64, Option<f64>)> {
    let each = result.measured.interval_seconds;
    let whole = |(place, tally)| {
        let length = words::interval(result, place);
        (length >= each / 2.0 && length > 0.0).then(|| (place as f64 * each + length / 2.0, value(tally, length)))
    };
    result.measured.intervals.iter().enumerate().filter_map(whole).collect()
}

fn latency(result: &RunResult) -> String {
    let line = |name, share| Line { name, points: over_time(result, |tally, _| tally.latency.at(share)) };
    Chart {
        title: "Latency over time",
        about: "of all answers, good and bad, by when they came",
        unit: "ms",
        lines: vec![line("p50", 0.5), line("p95", 0.95), line("p99", 0.99)],
        until: result.seconds,
        across: "seconds",
        spread: true,
    }
    .to_svg()
}

fn rates(result: &RunResult) -> String {
    let line = |name, value: fn(&Tally) -> u64| Line {
        name,
        points: over_time(result, |tally, length| Some(value(tally) as f64 / length)),
    };
    Chart {
        title: "Requests a second",
        about: "that came to an end, and those of them that ended badly",
        unit: "/s",
        lines: vec![line("all", |tally| tally.finished), line("errors", |tally| tally.errors)],
        until: result.seconds,
        across: "seconds",
        spread: false,
    }
    .to_svg()
}

fn percentiles(result: &RunResult) -> String {
    let whole = &result.measured.whole;
    let good = whole.good();
    // Each step across is ten times as rare: p90, p99, p99.9.
    let nines = || (0..=40).map(|step| f64::from(step) / 10.0);
    let rare = |nines: f64| 1.0 - 10_f64.powf(-nines);
    let line = |name, of: &crate::result::Distribution| Line {
        name,
        points: nines()
            .map(|nines| (nines, of.at(rare(nines)).filter(|_| of.len() as f64 >= 10_f64.powf(nines))))
            .collect(),
    };
    Chart {
        title: "Latency by percentile",
        about: "how long the slowest take; each step to the right is ten times as rare",
        unit: "ms",
        lines: vec![line("all", &whole.latency), line("good", &good)],
        until: 4.0,
        across: "percentile",
        spread: true,
    }
    .to_svg()
}

fn errors(result: &RunResult) -> String {
    let errors = &result.measured.errors;
    if errors.classes.is_empty() {
        return "<section><h2>Errors</h2>\n<p>None.</p></section>\n".to_owned();
    }
    let rows = errors.classes.iter().map(|(class, count)| {
        let why = errors.examples.get(class).map_or("", String::as_str);
        (class.name().to_owned(), *count as f64, words::count(*count), why.to_owned())
    });
    Bars { title: "Errors by class", rows: rows.collect() }.to_html()
}

fn regions(result: &RunResult) -> String {
    if result.regions.is_empty() {
        return String::new();
    }
    let rows = result.regions.iter().map(|(region, tally)| {
        let p95 = tally.latency.at(0.95);
        let about = format!(
            "{} requests, {} with an error, p50 {}, p99 {}",
            words::count(tally.finished),
            words::count(tally.errors),
            words::maybe_time(tally.latency.at(0.5)),
            words::maybe_time(tally.latency.at(0.99))
        );
        (region.clone(), p95.unwrap_or(0.0), words::maybe_time(p95), about)
    });
    Bars { title: "p95 by region", rows: rows.collect() }.to_html()
}
