//! Tables for spreadsheets (RFC 4180): one row for each stretch of time, or for each step.

use super::words;
use crate::result::{RunResult, Tally};

const COLUMNS: &str = "finished,errors,rate,mean_ms,p50_ms,p90_ms,p95_ms,p99_ms,max_ms";

/// One row for each stretch of time.
pub fn csv(result: &RunResult) -> String {
    let each = result.measured.interval_seconds;
    let rows = result.measured.intervals.iter().enumerate();
    let rows = rows
        .map(|(place, tally)| format!("{},{}\r\n", place as f64 * each, row(tally, words::interval(result, place))));
    format!("seconds,{COLUMNS}\r\n{}", rows.collect::<String>())
}

/// One row for each step, and one for all of them.
pub fn steps_csv(result: &RunResult) -> String {
    let seconds = result.seconds;
    let all = [("all".to_owned(), &result.measured.whole)].into_iter();
    let rows = all.chain(words::steps(result).into_iter().map(|(name, step)| (name, &step.whole)));
    let rows = rows.map(|(name, tally)| format!("{},{}\r\n", quoted(&name), row(tally, seconds)));
    format!("step,{COLUMNS}\r\n{}", rows.collect::<String>())
}

fn row(tally: &Tally, seconds: f64) -> String {
    let latency = &tally.latency;
    let rate = if seconds > 0.0 { tally.finished as f64 / seconds } else { 0.0 };
    let times = [latency.mean(), latency.at(0.5), latency.at(0.9), latency.at(0.95), latency.at(0.99), latency.max()];
    let times: Vec<_> = times.iter().map(|time| time.map_or_else(String::new, |time| time.to_string())).collect();
    format!("{},{},{:.3},{}", tally.finished, tally.errors, rate, times.join(","))
}

/// A text that may hold commas and quotes. One that a spreadsheet would compute is given a quote in front.
fn quoted(text: &str) -> String {
    let guard = if text.starts_with(['=', '+', '-', '@', '\t', '\r']) { "'" } else { "" };
    format!("\"{guard}{}\"", text.replace('"', "\"\""))
}
