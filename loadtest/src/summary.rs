//! The result as a few lines of text.

use std::fmt::{self, Display, Formatter};

use crate::report::{Ended, Report};

/// Shows a result in a few lines.
pub struct Summary<'r>(pub &'r Report);

impl Display for Summary<'_> {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        let Summary(report) = self;
        let load = match report.model.as_str() {
            "open" => format!("{} requests a second", report.full_load),
            _ => format!("{} users", report.full_load),
        };
        writeln!(out, "{} {}: {load}, {:.1} s{}", report.method, report.target, report.seconds, ended(report.ended))?;
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
        if let (Some(late), Some(latency)) = (report.lateness.p99, report.latency.p99)
            && late > latency / 10.0
        {
            let late = time_text(late);
            write!(
                out,
                "\n  warning    requests began up to {late} late (p99): this machine is too small for the load"
            )?;
        }
        Ok(())
    }
}

fn ended(ended: Ended) -> &'static str {
    match ended {
        Ended::Complete => "",
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
    use std::time::{Duration, SystemTime};

    use super::*;
    use crate::input;
    use crate::sample::{ErrorClass, Failure, Outcome, Sample};
    use crate::settings::{Name, Settings};
    use crate::statistics::Statistics;

    #[test]
    fn a_result_reads_as_this() {
        let mut settings = Settings::default();
        settings.set(Name::TargetUrl, "http://localhost:8080/page?key=hidden");
        settings.set(Name::Rate, "2");
        settings.set(Name::Phases, "1s:0-100, 2s:100");
        let test = input::read(&settings).unwrap();
        let mut counted = Statistics::new(2);
        counted.started = 6;
        counted.not_sent = 1;
        let failure = Failure::new(ErrorClass::Connect, "connection refused");
        let outcomes = [
            Outcome::Answered { status: 200 },
            Outcome::Answered { status: 200 },
            Outcome::Answered { status: 500 },
            Outcome::Failed(failure.clone()),
            Outcome::Failed(failure),
        ];
        for (number, outcome) in outcomes.into_iter().enumerate() {
            let (due, late) = (Duration::ZERO, Duration::from_micros(90));
            let latency = Duration::from_millis(100 * (number as u64 + 1));
            counted.count(number.min(1), &Sample { due, late, latency, received: 100, outcome });
        }
        let began = SystemTime::UNIX_EPOCH + Duration::from_millis(1_767_323_045_500);
        let report = Report::of(&test, &counted, began, Duration::from_millis(2500), Ended::Interrupted);

        assert_eq!(report.started_at, "2026-01-02T03:04:05.500Z");
        let wanted = "\
GET http://localhost:8080/page: 2 requests a second, 2.5 s, interrupted
  requests   5 finished, 2.0 a second
             1 not sent: too many were under way; see in_flight
             1 abandoned at the end
  latency    p50 200 ms · p90 300 ms · p95 300 ms · p99 300 ms · p99.9 300 ms · max 300 ms
  bytes      500 received, 0 sent
  ramp       1 finished, 0 with an error, p99 100 ms, in 1.0 s
  steady     4 finished, 3 with an error, p99 300 ms, in 2.0 s
  errors     3 (60.00 %)
             2 connect, the first: connection refused
             1 status_5xx";
        assert_eq!(Summary(&report).to_string(), wanted);
    }
}
