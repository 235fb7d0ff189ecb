//! What is shown while a test runs: one line, or a few, of at most eighty columns and without colour.

use std::fmt;

use super::words::{count, maybe_time, percent};
use crate::result::{Measured, Tally};

/// No line is longer.
pub const COLUMNS: usize = 80;

/// How far a test is, and what was measured lately.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Progress {
    /// The plan's name.
    pub name: String,
    /// Seconds since it began.
    pub elapsed: f64,
    /// Seconds that its schedule lasts.
    pub whole: f64,
    /// Requests that have come to an end.
    pub finished: u64,
    /// Those of them that ended badly.
    pub errors: u64,
    /// Requests a second, lately.
    pub rate: f64,
    /// Iterations that could not begin.
    pub not_begun: u64,
    /// Latencies in milliseconds, lately: of half, of 95 and of 99 in a hundred.
    pub latency: [Option<f64>; 3],
    /// The p95 of each stretch of time so far.
    pub p95: Vec<f64>,
    /// How late the generator is: p99, in milliseconds.
    pub lateness: Option<f64>,
    /// Workers that work, and all of them.
    pub workers: (u32, u32),
}

/// The stretch of time that is called lately, in seconds.
const LATELY: f64 = 5.0;

impl Progress {
    /// How far a run is that lasts so many seconds, of what has been counted so far.
    pub fn of(name: &str, whole: f64, measured: &Measured, elapsed: f64) -> Progress {
        let each = measured.interval_seconds.max(1e-3);
        // At least one, and not more than there are.
        let count = ((LATELY / each).ceil() as usize).clamp(1, measured.intervals.len().max(1));
        let from = measured.intervals.len().saturating_sub(count);
        let mut lately = Tally::default();
        measured.intervals[from..].iter().for_each(|interval| lately.merge(interval));
        let seconds = (elapsed - from as f64 * each).max(1e-3);
        Progress {
            name: name.to_owned(),
            elapsed,
            whole,
            finished: measured.whole.finished,
            errors: measured.whole.errors,
            rate: lately.finished as f64 / seconds,
            not_begun: measured.iterations.not_begun + measured.iterations.without_row,
            latency: [0.5, 0.95, 0.99].map(|share| lately.latency.at(share)),
            p95: measured.intervals.iter().map(|interval| interval.latency.at(0.95).unwrap_or(0.0)).collect(),
            lateness: measured.lateness.at(0.99),
            workers: (1, 1),
        }
    }
}

/// All in one line.
pub struct Line<'p>(pub &'p Progress);

impl fmt::Display for Line<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Progress { elapsed, whole, errors, rate, latency, .. } = self.0;
        let [p50, p95, p99] = latency.map(|time| maybe_time(time).replace(' ', ""));
        let line = format!(
            "{} {} {rate:.0}/s  p50 {p50}  p95 {p95}  p99 {p99}  {}",
            bar(*elapsed, *whole, 10),
            clock(*elapsed, *whole),
            told(*errors),
        );
        out.write_str(&cut(&line))
    }
}

/// All in a few lines, which are written over each other.
pub struct View<'p>(pub &'p Progress);

impl fmt::Display for View<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Progress { name, elapsed, whole, finished, errors, rate, not_begun, latency, p95, lateness, workers } =
            self.0;
        let [half, most, nearly_all] = latency.map(maybe_time);
        let share = if *finished > 0 { *errors as f64 / *finished as f64 } else { 0.0 };
        let mut lines = vec![
            format!("{name}  {} {}", bar(*elapsed, *whole, 30), clock(*elapsed, *whole)),
            format!("  requests  {}, {rate:.0} a second", count(*finished)),
            format!("  latency   p50 {half} · p95 {most} · p99 {nearly_all}"),
            format!("  p95       {}", spark(p95, COLUMNS - 12)),
            format!("  errors    {} ({})", count(*errors), percent(share)),
        ];
        if *not_begun > 0 {
            lines.push(format!("  not begun {}: too many were under way", count(*not_begun)));
        }
        if let Some(late) = lateness.filter(|late| *late > 5.0) {
            lines.push(format!("  generator {} late (p99)", super::words::time(late)));
        }
        if workers.1 > 1 {
            lines.push(format!("  workers   {} of {}", workers.0, workers.1));
        }
        let lines: Vec<_> = lines.iter().map(|line| cut(line)).collect();
        out.write_str(&lines.join("\n"))
    }
}

fn told(errors: u64) -> String {
    match errors {
        0 => "no errors".to_owned(),
        1 => "1 error".to_owned(),
        several => format!("{} errors", count(several)),
    }
}

fn bar(elapsed: f64, whole: f64, width: usize) -> String {
    let share = if whole > 0.0 { (elapsed / whole).clamp(0.0, 1.0) } else { 0.0 };
    // Not negative, and at most the width.
    let full = (share * width as f64).round() as usize;
    format!("[{}{}]", "#".repeat(full), ".".repeat(width - full))
}

fn clock(elapsed: f64, whole: f64) -> String {
    let minutes = |seconds: f64| format!("{}:{:02}", (seconds / 60.0) as u64, (seconds % 60.0) as u64);
    format!("{}/{}", minutes(elapsed.max(0.0)), minutes(whole.max(0.0)))
}

/// The last values as a row of small bars.
fn spark(values: &[f64], width: usize) -> String {
    const BARS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
    let last = &values[values.len().saturating_sub(width)..];
    let most = last.iter().copied().filter(|value| value.is_finite()).fold(0.0, f64::max);
    let bar = |value: &f64| {
        let share = if most > 0.0 && value.is_finite() { (value / most).clamp(0.0, 1.0) } else { 0.0 };
        BARS[(share * 7.0).round() as usize]
    };
    last.iter().map(bar).collect()
}

fn cut(line: &str) -> String {
    let shown: String = line.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    if shown.chars().count() <= COLUMNS { shown } else { shown.chars().take(COLUMNS - 1).chain(['…']).collect() }
}
