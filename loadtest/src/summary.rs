//! The result as a few lines of text.

use std::fmt::{self, Display, Formatter};

use crate::report::Report;
use crate::result::Ended;

/// Shows a result in a few lines.
pub struct Summary<'r>(pub &'r Report);

impl Display for Summary<'_> {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        let Summary(report) = self;
        let load = match report.model.as_str() {
            "open" => format!("{} a second", report.full_load),
            _ => format!("{} users", report.full_load),
        };
        writeln!(out, "{}: {load}, {:.1} s{}", report.name, report.seconds, ended(report.ended))?;
        let requests = &report.requests;
        writeln!(out, "  requests   {} finished, {:.1} a second", requests.finished, report.requests_per_second)?;
        if requests.not_sent > 0 {
            writeln!(out, "             {} not sent: too many were under way; see in_flight", requests.not_sent)?;
        }
        if requests.abandoned > 0 {
            writeln!(out, "             {} abandoned at the end", requests.abandoned)?;
        }
        let latency = &report.latency;
        let times = [
            ("p50", latency.p50),
            ("p90", latency.p90),
            ("p95", latency.p95),
            ("p99", latency.p99),
            ("p99.9", latency.p99_9),
            ("max", latency.max),
        ];
        let times: Vec<_> =
            times.iter().filter_map(|(name, time)| Some(format!("{name} {}", time_text((*time)?)))).collect();
        writeln!(
            out,
            "  latency    {}",
            if times.is_empty() { "no answer to measure".to_owned() } else { times.join(" · ") }
        )?;
        writeln!(out, "  bytes      {} received, {} sent", report.bytes.received, report.bytes.sent)?;
        if report.phases.len() > 1 {
            for phase in &report.phases {
                let p99 = phase.latency.p99.map_or_else(|| "-".to_owned(), time_text);
                let (name, count, errors) = (&phase.name, phase.finished, phase.errors);
                writeln!(
                    out,
                    "  {name:<10} {count} finished, {errors} with an error, p99 {p99}, in {:.1} s",
                    phase.seconds
                )?;
            }
        }
        write!(out, "  errors     {} ({:.2} %)", report.errors.total, report.errors.share * 100.0)?;
        for (class, count) in &report.errors.classes {
            write!(out, "\n             {count} {class}")?;
            if let Some(why) = report.errors.examples.get(class) {
                write!(out, ", the first: {why}")?;
            }
        }
        for judged in &report.verdict.thresholds {
            write!(out, "\n  threshold  {judged}")?;
        }
        for reason in &report.verdict.reasons {
            write!(out, "\n  warning    {reason}")?;
        }
        Ok(())
    }
}

fn ended(ended: Ended) -> &'static str {
    match ended {
        Ended::Complete => "",
        Ended::Aborted => ", ended by a threshold",
        Ended::Stopped => ", stopped",
        Ended::Interrupted => ", interrupted",
        Ended::Deadline => ", ended by its deadline",
    }
}

fn time_text(milliseconds: f64) -> String {
    match milliseconds {
        ..10.0 => format!("{milliseconds:.2} ms"),
        ..1000.0 => format!("{milliseconds:.0} ms"),
        _ => format!("{:.2} s", milliseconds / 1000.0),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::plan::words::{Limit, Measure, Statistic};
    use crate::plan::{Bound, Threshold};
    use crate::result::Measured;
    use crate::result::{Part, Tally, WorkerResult, merge};
    use crate::sample::ErrorClass;
    use crate::settings::{Name, Settings};
    use crate::{Report, input};

    /// A request that took so many milliseconds.
    fn count(tally: &mut Tally, milliseconds: u64, answered: bool, good: bool) {
        tally.finished += 1;
        tally.errors += u64::from(!good);
        if answered {
            tally.latency.record_time(Duration::from_millis(milliseconds));
        }
    }

    #[test]
    fn a_result_reads_as_this() {
        let mut settings = Settings::default();
        settings.set(Name::TargetUrl, "http://localhost:8080/page?key=hidden");
        settings.set(Name::Rate, "2");
        settings.set(Name::Phases, "1s:0-100, 2s:100");
        let threshold = Threshold {
            metric: Measure::Errors,
            at: Statistic::Rate,
            bound: Bound::Under(Limit::Share(0.01)),
            scenario: None,
            step: None,
            group: None,
            phase: None,
            abort_after: None,
        };
        let test = input::read(&settings).unwrap().with_thresholds(vec![threshold]);
        let mut measured = Measured { started: 6, phases: vec![Tally::default(); 2], ..Measured::default() };
        measured.iterations.started = 6;
        measured.iterations.not_begun = 1;
        for (place, (answered, good)) in
            [(true, true), (true, true), (true, false), (false, false), (false, false)].into_iter().enumerate()
        {
            for tally in [&mut measured.whole, &mut measured.phases[place.min(1)]] {
                count(tally, 100 * (place as u64 + 1), answered, good);
            }
            measured.lateness.record_time(Duration::from_micros(90));
        }
        measured.answers.received = 500;
        measured.errors.classes = [(ErrorClass::Connect, 2), (ErrorClass::Status5xx, 1)].into();
        measured.errors.examples = [(ErrorClass::Connect, "connection refused".to_owned())].into();
        let worker = WorkerResult {
            format: crate::result::FORMAT,
            plan: test.shown,
            part: Part::WHOLE,
            region: None,
            version: "1".to_owned(),
            started_at: "2026-01-02T03:04:05.500Z".to_owned(),
            seconds: 2.5,
            ended: Ended::Interrupted,
            measured,
        };
        let report = Report::of(&merge(vec![worker]).unwrap());

        let wanted = "\
GET http://localhost:8080/page: 2 a second, 2.5 s, interrupted
  requests   5 finished, 2.0 a second
             1 not sent: too many were under way; see in_flight
             1 abandoned at the end
  latency    p50 200 ms · p90 300 ms · p95 300 ms · p99 300 ms · p99.9 300 ms · max 300 ms
  bytes      500 received, 0 sent
  ramp       1 finished, 0 with an error, p99 100 ms, in 1.0 s
  steady     4 finished, 3 with an error, p99 300 ms, in 2.0 s
  errors     3 (60.00 %)
             2 connect, the first: connection refused
             1 status_5xx
  threshold  crossed: rate of errors under 1%; measured 60%
  warning    worker 0 was interrupted before its schedule was carried out
  warning    the generator began 85.7 % of what was due: too many were under way; see in_flight, or use more workers";
        assert_eq!(Summary(&report).to_string(), wanted);
    }
}
