//! Counts samples. Latencies go into histograms of microseconds with three exact digits, whose size does not grow with
//! the number of requests.

use std::collections::BTreeMap;
use std::time::Duration;

use hdrhistogram::Histogram;

use crate::sample::{ErrorClass, Outcome, Sample};

/// Longer than the longest timeout and all lateness; what is longer still counts as this.
const LONGEST: u64 = 24 * 3600 * 1_000_000;

/// Everything that is known of the requests so far.
#[derive(Clone, Debug)]
pub struct Statistics {
    /// Of the whole test.
    pub whole: Tally,
    /// Of each phase, by when its requests should have begun.
    pub phases: Vec<Tally>,
    /// Requests that have begun.
    pub started: u64,
    /// Requests that were due when too many were under way already.
    pub not_sent: u64,
    /// Bytes of answers' bodies.
    pub received: u64,
    /// Answers by their status.
    pub statuses: BTreeMap<u16, u64>,
    /// Errors by their class.
    pub errors: BTreeMap<ErrorClass, u64>,
    /// The first cause of each class, in words.
    pub examples: BTreeMap<ErrorClass, String>,
    /// How late requests began.
    pub lateness: Times,
}

/// Counts of one stretch of time.
#[derive(Clone, Debug)]
pub struct Tally {
    /// Requests that have come to an end.
    pub finished: u64,
    /// Those of them that ended badly.
    pub errors: u64,
    /// How long they took.
    pub latency: Times,
}

impl Tally {
    fn new() -> Tally {
        Tally { finished: 0, errors: 0, latency: Times::new() }
    }

    fn count(&mut self, sample: &Sample) {
        self.finished += 1;
        self.errors += u64::from(sample.outcome.error().is_some());
        if sample.outcome.tells_latency() {
            self.latency.record(sample.latency);
        }
    }
}

impl Statistics {
    /// Of a test that has this many phases.
    pub fn new(phases: usize) -> Statistics {
        Statistics {
            whole: Tally::new(),
            phases: vec![Tally::new(); phases],
            started: 0,
            not_sent: 0,
            received: 0,
            statuses: BTreeMap::new(),
            errors: BTreeMap::new(),
            examples: BTreeMap::new(),
            lateness: Times::new(),
        }
    }

    /// Counts a request that has ended, in the phase that it was due in.
    pub fn count(&mut self, phase: usize, sample: &Sample) {
        self.whole.count(sample);
        if let Some(phase) = self.phases.get_mut(phase) {
            phase.count(sample);
        }
        self.lateness.record(sample.late);
        self.received += sample.received;
        if let Some(class) = sample.outcome.error() {
            *self.errors.entry(class).or_default() += 1;
        }
        match &sample.outcome {
            Outcome::Answered { status } => *self.statuses.entry(*status).or_default() += 1,
            Outcome::Failed(failure) => {
                self.examples.entry(failure.class).or_insert_with(|| failure.why.clone());
            }
        }
    }
}

/// How long things took.
#[derive(Clone, Debug)]
pub struct Times {
    microseconds: Histogram<u64>,
}

impl Times {
    fn new() -> Times {
        let microseconds = Histogram::new_with_bounds(1, LONGEST, 3).expect("1 < LONGEST, and 3 digits are at most 5");
        Times { microseconds }
    }

    fn record(&mut self, time: Duration) {
        self.microseconds.saturating_record(u64::try_from(time.as_micros()).unwrap_or(LONGEST));
    }

    /// How many there are.
    pub fn len(&self) -> u64 {
        self.microseconds.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.microseconds.is_empty()
    }

    /// The time in milliseconds that this share of all, from 0 to 1, did not exceed. None if there is none at all.
    pub fn at(&self, share: f64) -> Option<f64> {
        // The highest value that the histogram cannot tell from the one sought may lie above the greatest there was.
        let value = self.microseconds.value_at_quantile(share).min(self.microseconds.max());
        self.milliseconds(value as f64)
    }

    /// The least, in milliseconds.
    pub fn min(&self) -> Option<f64> {
        self.milliseconds(self.microseconds.min() as f64)
    }

    /// The greatest, in milliseconds.
    pub fn max(&self) -> Option<f64> {
        self.milliseconds(self.microseconds.max() as f64)
    }

    /// The mean, in milliseconds.
    pub fn mean(&self) -> Option<f64> {
        self.milliseconds(self.microseconds.mean().round())
    }

    fn milliseconds(&self, microseconds: f64) -> Option<f64> {
        (!self.is_empty()).then_some(microseconds / 1000.0)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::sample::Failure;

    fn sample(latency: Duration, outcome: Outcome) -> Sample {
        Sample { due: Duration::ZERO, late: Duration::ZERO, latency, received: 10, outcome }
    }

    fn failed(class: ErrorClass) -> Outcome {
        Outcome::Failed(Failure::new(class, "because"))
    }

    proptest! {
        #[test]
        fn percentiles_are_those_of_the_sorted_times(times in prop::collection::vec(1_u64..60_000_000, 1..500), share in 0.01..1.0_f64) {
            let mut counted = Times::new();
            times.iter().for_each(|time| counted.record(Duration::from_micros(*time)));
            let mut sorted = times;
            sorted.sort_unstable();
            let place = (share * sorted.len() as f64).ceil() as usize;
            let exact = sorted[place.clamp(1, sorted.len()) - 1] as f64 / 1000.0;
            let told = counted.at(share).unwrap();
            prop_assert!((told - exact).abs() <= exact * 0.001 + 0.001, "{} told, {} exact", told, exact);
        }
    }

    #[test]
    fn every_class_is_counted_once_and_its_first_cause_kept() {
        let mut statistics = Statistics::new(1);
        let outcomes = [
            Outcome::Answered { status: 200 },
            Outcome::Answered { status: 302 },
            Outcome::Answered { status: 404 },
            Outcome::Answered { status: 503 },
            failed(ErrorClass::Body),
            failed(ErrorClass::Body),
        ];
        for outcome in outcomes {
            statistics.count(0, &sample(Duration::from_millis(5), outcome));
        }
        assert_eq!((statistics.whole.finished, statistics.whole.errors, statistics.received), (6, 4, 60));
        let counted: Vec<_> = statistics.errors.into_iter().collect();
        assert_eq!(counted, [(ErrorClass::Status4xx, 1), (ErrorClass::Status5xx, 1), (ErrorClass::Body, 2)]);
        assert_eq!(statistics.examples.into_keys().collect::<Vec<_>>(), [ErrorClass::Body]);
    }

    #[test]
    fn what_fails_fast_does_not_make_the_server_look_fast() {
        let mut statistics = Statistics::new(1);
        statistics.count(0, &sample(Duration::from_micros(50), failed(ErrorClass::Connect)));
        assert_eq!(statistics.whole.latency.at(0.5), None);
        statistics.count(0, &sample(Duration::from_secs(10), failed(ErrorClass::Timeout)));
        assert_eq!(statistics.whole.latency.max().map(f64::round), Some(10_002.0));
    }
}
