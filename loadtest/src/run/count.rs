//! Counts what happens.

use crate::result::{Errors, Iterations, Measured, StepMeasured, Tally};
use crate::sample::{Edge, Failure, Sample};
use crate::scenario::{Event, Stopped};
use crate::schedule::Schedule;
use crate::test::LoadTest;

/// A result has at most this many stretches of time.
const MOST_INTERVALS: f64 = 240.0;

/// What was counted so far, and what is needed to count on.
pub(super) struct Counting {
    schedule: Schedule,
    phases: usize,
    scenarios: Vec<String>,
    measured: Measured,
}

impl Counting {
    pub(super) fn new(test: &LoadTest, schedule: &Schedule) -> Counting {
        // Of the schedule alone, so that all workers' stretches are the same.
        let interval_seconds = (schedule.length().as_secs_f64() / MOST_INTERVALS).ceil().max(1.0);
        let scenarios: Vec<_> = test.scenarios.scenarios().iter().map(|scenario| scenario.name().to_owned()).collect();
        let mut measured = Measured { interval_seconds, ..Measured::default() };
        measured.phases.resize_with(test.phases.len(), Tally::default);
        for name in &scenarios {
            measured.scenarios.entry(name.clone()).or_default();
        }
        for (name, unit) in &test.units {
            let metric = measured.metrics.entry(name.clone()).or_default();
            metric.unit.clone_from(unit);
            metric.phases.resize_with(test.phases.len(), Default::default);
        }
        Counting { schedule: schedule.clone(), phases: test.phases.len(), scenarios, measured }
    }

    pub(super) fn measured(&self) -> &Measured {
        &self.measured
    }

    pub(super) fn into_measured(self) -> Measured {
        self.measured
    }

    pub(super) fn count(&mut self, event: Event) {
        match event {
            Event::Begun { scenario } => self.iterations(scenario, |iterations| iterations.started += 1),
            Event::NotBegun { scenario } => self.iterations(scenario, |iterations| iterations.not_begun += 1),
            Event::Ended { scenario, how: Ok(duration) } => {
                self.iterations(scenario, |iterations| iterations.finished += 1);
                let scenario = self.measured.scenarios.entry(self.scenarios[scenario].clone()).or_default();
                scenario.duration.record_time(duration);
            }
            Event::Ended { scenario, how: Err(Stopped::BrokenOff) } => {
                self.iterations(scenario, |iterations| iterations.broken_off += 1);
            }
            Event::Ended { scenario, how: Err(Stopped::WithoutRow) } => self.iterations(scenario, |iterations| {
                iterations.started -= 1;
                iterations.without_row += 1;
            }),
            Event::Started => self.measured.started += 1,
            Event::Finished(sample) => self.sample(&sample),
            Event::Group { scenario, group, due, latency } => {
                let phase = self.schedule.phase(due);
                let scenario = self.measured.scenarios.entry(self.scenarios[scenario].clone()).or_default();
                let group = scenario.groups.entry(group.to_string()).or_default();
                group.phases.resize_with(self.phases, Tally::default);
                for tally in std::iter::once(&mut group.whole).chain(group.phases.get_mut(phase)) {
                    tally.finished += 1;
                    tally.latency.record_time(latency);
                }
            }
            Event::Value { metric, due, value } => {
                let phase = self.schedule.phase(due);
                let metric = self.measured.metrics.entry(metric.to_string()).or_default();
                match value {
                    Some(value) if metric.whole.record(value) => {
                        metric.phases.get_mut(phase).map(|phase| phase.record(value)).unwrap_or_default();
                    }
                    Some(_) | None => metric.missing += 1,
                }
            }
        }
    }

    fn iterations(&mut self, scenario: usize, change: impl Fn(&mut Iterations)) {
        change(&mut self.measured.iterations);
        change(&mut self.measured.scenarios.entry(self.scenarios[scenario].clone()).or_default().iterations);
    }

    fn sample(&mut self, sample: &Sample) {
        let Measured { whole, phases, intervals, interval_seconds, scenarios, answers, errors, lateness, .. } =
            &mut self.measured;
        let phase = self.schedule.phase(sample.due);
        // Never negative, and a day has so many seconds: it fits.
        let interval = (sample.ended.as_secs_f64() / *interval_seconds) as usize;
        if intervals.len() <= interval {
            intervals.resize_with(interval + 1, Tally::default);
        }
        let steps = &mut scenarios.entry(self.scenarios[sample.scenario].clone()).or_default().steps;
        let step = steps.entry(sample.step.to_string()).or_default();
        step.phases.resize_with(self.phases, Tally::default);
        let StepMeasured { whole: step_whole, phases: step_phases, errors: step_errors } = step;
        let tallies = [
            Some(whole),
            phases.get_mut(phase),
            intervals.get_mut(interval),
            Some(step_whole),
            step_phases.get_mut(phase),
        ];
        tallies.into_iter().flatten().for_each(|tally| tally_one(tally, sample));
        if let Some(failure) = &sample.failure {
            [errors, step_errors].into_iter().for_each(|errors| error(errors, failure));
        }
        if let Some(status) = sample.status {
            *answers.statuses.entry(status).or_default() += 1;
        }
        answers.sent += sample.sent;
        answers.received += sample.received;
        match sample.edge {
            Some(Edge::Hit) => answers.cache_hits += 1,
            Some(Edge::Miss) => answers.cache_misses += 1,
            // Where it was expected, it is what is tested.
            Some(Edge::Blocked) => answers.blocked += u64::from(sample.failure.is_some()),
            None => {}
        }
        lateness.record_time(sample.late);
    }
}

fn tally_one(tally: &mut Tally, sample: &Sample) {
    tally.finished += 1;
    tally.errors += u64::from(sample.failure.is_some());
    if sample.tells_latency() {
        tally.latency.record_time(sample.latency);
        if sample.failure.is_some() {
            tally.failed.record_time(sample.latency);
        }
    }
}

fn error(errors: &mut Errors, Failure { class, why }: &Failure) {
    *errors.classes.entry(*class).or_default() += 1;
    if !why.is_empty() {
        errors.examples.entry(*class).or_insert_with(|| why.clone());
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::Duration;

    use super::*;
    use crate::input;
    use crate::sample::ErrorClass;
    use crate::settings::{Name, Settings};

    fn counting() -> Counting {
        let mut settings = Settings::default();
        settings.set(Name::TargetUrl, "http://localhost/");
        settings.set(Name::Phases, "1s:0-100, 2s:100");
        let test = input::read(&settings).unwrap();
        Counting::new(&test, &test.schedule())
    }

    fn sample(latency: Duration, status: Option<u16>, failure: Option<Failure>) -> Event {
        Event::Finished(Sample {
            scenario: 0,
            step: Arc::from("GET /"),
            due: Duration::from_millis(1500),
            late: Duration::ZERO,
            latency,
            ended: Duration::from_millis(1600),
            sent: 1,
            received: 10,
            status,
            failure,
            edge: None,
        })
    }

    #[test]
    fn every_class_is_counted_once_and_its_first_cause_kept() {
        let mut counting = counting();
        for status in [200, 302, 404, 503] {
            counting.count(sample(Duration::from_millis(5), Some(status), Failure::of_status(status)));
        }
        for why in ["because", "again"] {
            counting.count(sample(Duration::from_millis(5), None, Some(Failure::new(ErrorClass::Body, why))));
        }
        let measured = counting.into_measured();
        let Tally { finished, errors, .. } = measured.whole;
        assert_eq!((finished, errors, measured.answers.received, measured.answers.sent), (6, 4, 60, 6));
        let counted: Vec<_> = measured.errors.classes.into_iter().collect();
        assert_eq!(counted, [(ErrorClass::Status4xx, 1), (ErrorClass::Status5xx, 1), (ErrorClass::Body, 2)]);
        assert_eq!(measured.errors.examples.into_values().collect::<Vec<_>>(), ["because"]);
        assert_eq!(measured.phases.iter().map(|phase| phase.finished).collect::<Vec<_>>(), [0, 6]);
        assert_eq!(measured.intervals.iter().map(|interval| interval.finished).collect::<Vec<_>>(), [0, 6]);
    }

    #[test]
    fn what_fails_fast_does_not_make_the_server_look_fast() {
        let mut counting = counting();
        let failed = |class| Some(Failure::new(class, "because"));
        counting.count(sample(Duration::from_micros(50), None, failed(ErrorClass::Connect)));
        assert_eq!(counting.measured().whole.latency.at(0.5), None);
        counting.count(sample(Duration::from_secs(10), None, failed(ErrorClass::Timeout)));
        assert_eq!(counting.measured().whole.latency.max().map(f64::round), Some(10_002.0));
        assert!(counting.measured().whole.good().is_empty());
    }
}
