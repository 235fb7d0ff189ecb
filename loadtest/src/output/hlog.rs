//! A log of histograms, one for each stretch of time and one for each step, as the tools of HdrHistogram read it. The
//! values are microseconds.

use super::words;
use crate::result::{Distribution, RunResult};

/// The log, of version 1.3.
pub fn hlog(result: &RunResult) -> String {
    let started = result.started_at.parse::<jiff::Timestamp>().map_or(0.0, |at| at.as_millisecond() as f64 / 1000.0);
    let mut log = format!(
        "#[Latencies of {}, in microseconds]\n\
         #[Histogram log format version 1.3]\n\
         #[StartTime: {started:.3} (seconds since epoch), {}]\n\
         \"StartTimestamp\",\"Interval_Length\",\"Interval_Max\",\"Interval_Compressed_Histogram\"\n",
        one_line(&result.plan.name),
        one_line(&result.started_at),
    );
    let each = result.measured.interval_seconds;
    for (place, tally) in result.measured.intervals.iter().enumerate() {
        log += &line("", place as f64 * each, each, &tally.latency);
    }
    for (name, step) in words::steps(result) {
        // A tag ends at a comma, and has no spaces.
        let name: String =
            name.chars().map(|c| if c.is_whitespace() || c == ',' || c.is_control() { '_' } else { c }).collect();
        log += &line(&format!("Tag={name},"), 0.0, result.seconds, &step.whole.latency);
    }
    log
}

fn line(tag: &str, start: f64, length: f64, times: &Distribution) -> String {
    // The greatest is told in milliseconds, for people who look at the file.
    format!("{tag}{start:.3},{length:.3},{:.3},{}\n", times.max().unwrap_or(0.0), times.encoded())
}

fn one_line(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}
