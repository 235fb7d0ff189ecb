//! Many values, as a histogram with three exact digits: its size does not grow with their number, and histograms of
//! parts make exactly the histogram of the whole.

use std::borrow::Cow;
use std::fmt;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hdrhistogram::Histogram;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

use super::encoding;

/// A day would be enough for all times; a metric may be greater. What is greater still counts as this.
const GREATEST: u64 = 1 << 50;

/// A day in microseconds: the highest value that written histograms say they have place for, if they need no more.
const DAY: u64 = 86_400_000_000;

/// Many values, kept in thousandths: of times in milliseconds these are microseconds.
#[derive(Clone)]
pub struct Distribution {
    thousandths: Histogram<u64>,
}

impl Distribution {
    /// Nothing yet.
    pub fn new() -> Distribution {
        let mut thousandths = Histogram::new(3).expect("3 digits are at most 5");
        thousandths.auto(true);
        Distribution { thousandths }
    }

    /// Adds a time, which is told in milliseconds.
    pub fn record_time(&mut self, time: Duration) {
        self.add(u64::try_from(time.as_micros()).unwrap_or(GREATEST));
    }

    /// Adds a value. One that is negative, or no number, is not added, and that is told.
    pub fn record(&mut self, value: f64) -> bool {
        let good = value.is_finite() && value >= 0.0;
        if good {
            // Not negative, and what is too great becomes the greatest there is.
            self.add((value * 1000.0).round() as u64);
        }
        good
    }

    fn add(&mut self, thousandths: u64) {
        self.thousandths
            .record(thousandths.min(GREATEST))
            .expect("the histogram grows, and has place for the greatest");
    }

    /// Adds all of another.
    pub fn merge(&mut self, other: &Distribution) {
        self.thousandths.add(&other.thousandths).expect("the histogram grows, and has place for the greatest");
    }

    /// These without those of another that is a part of them. What is no part of them takes nothing away.
    pub fn without(&self, part: &Distribution) -> Distribution {
        let mut rest = self.clone();
        match rest.thousandths.subtract(&part.thousandths) {
            Ok(()) => {
                // Into a fresh one: what the histogram knows of its least and greatest stays behind.
                let mut left = Distribution::new();
                left.merge(&rest);
                left
            }
            Err(_) => self.clone(),
        }
    }

    /// How many there are.
    pub fn len(&self) -> u64 {
        self.thousandths.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.thousandths.is_empty()
    }

    /// The value that this share of all, from 0 to 1, did not exceed. None if there is none at all.
    pub fn at(&self, share: f64) -> Option<f64> {
        // The highest value that the histogram cannot tell from the one sought may lie above the greatest there was.
        self.told(self.thousandths.value_at_quantile(share).min(self.thousandths.max()) as f64)
    }

    /// The least.
    pub fn min(&self) -> Option<f64> {
        self.told(self.thousandths.min() as f64)
    }

    /// The greatest.
    pub fn max(&self) -> Option<f64> {
        self.told(self.thousandths.max() as f64)
    }

    /// The mean.
    pub fn mean(&self) -> Option<f64> {
        self.told(self.thousandths.mean().round())
    }

    fn told(&self, thousandths: f64) -> Option<f64> {
        (!self.is_empty()).then_some(thousandths / 1000.0)
    }

    /// The histogram of thousandths itself, for other forms of writing it.
    pub fn histogram(&self) -> &Histogram<u64> {
        &self.thousandths
    }

    /// As the HdrHistogram libraries of all languages read it: version 2, deflated, in base64.
    pub fn encoded(&self) -> String {
        let recorded = self.thousandths.iter_recorded();
        let counts = recorded.map(|bucket| (bucket.value_iterated_to(), bucket.count_at_value()));
        STANDARD.encode(encoding::encode(counts, DAY.max(self.thousandths.max())))
    }

    /// What [`encoded`](Distribution::encoded) wrote, here or in another language.
    pub fn decoded(text: &str) -> Result<Distribution, NotEncoded> {
        let counts = STANDARD.decode(text).ok().and_then(|bytes| encoding::decode(&bytes)).ok_or(NotEncoded)?;
        let mut read = Distribution::new();
        for (value, count) in counts {
            let recorded = read.thousandths.record_n(value.min(GREATEST), count);
            recorded.map_err(|_| NotEncoded)?;
        }
        Ok(read)
    }
}

/// A text that is no histogram.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("it is no HdrHistogram of version 2, deflated, in base64")]
pub struct NotEncoded;

impl Default for Distribution {
    fn default() -> Distribution {
        Distribution::new()
    }
}

impl PartialEq for Distribution {
    fn eq(&self, other: &Distribution) -> bool {
        self.thousandths == other.thousandths
    }
}

impl fmt::Debug for Distribution {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} values from {:?} to {:?}", self.len(), self.min(), self.max())
    }
}

impl Serialize for Distribution {
    fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&self.encoded())
    }
}

impl<'de> Deserialize<'de> for Distribution {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Distribution, D::Error> {
        Distribution::decoded(&Cow::<'de, str>::deserialize(from)?).map_err(serde::de::Error::custom)
    }
}

impl JsonSchema for Distribution {
    fn schema_name() -> Cow<'static, str> {
        "Distribution".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "description": "An HdrHistogram of thousandths (of times: microseconds) with three digits: version 2, deflated, in base64.",
        })
    }
}
