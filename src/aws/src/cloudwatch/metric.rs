//! A metric of CloudWatch's, and what is made of its values: what alarms, dashboards and scaling policies look at.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{Decimal, Text};

/// A metric: a name in a namespace, and what it is told apart by. Those that AWS keeps are in
/// [`metrics`](super::metrics).
///
/// ```
/// use infra_aws::cloudwatch::Metric;
///
/// let orders = Metric::named("Shop/Orders", "Placed").with("Service", "order-service");
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Metric {
    /// Its namespace: `AWS/ECS`, `Shop/Orders`.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// What it is told apart by.
    pub dimensions: BTreeMap<String, Text>,
}

/// A metric's values, drawn together: so many seconds at a time, in this way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Measure {
    /// Which metric.
    pub metric: Metric,
    /// What is made of its values.
    pub summary: Summary,
    /// Of how many seconds at a time.
    pub period: u32,
    /// Only values that were put with this unit. `None` is right wherever a metric has one unit.
    pub unit: Option<String>,
}

/// What is made of a metric's values. In a plan it is AWS's own word: `Average`, `p99`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub enum Summary {
    /// A plain statistic.
    Statistic(Statistic),
    /// What so many percent of the values do not exceed.
    Percentile(Decimal),
    /// Another one, by AWS's own word for it: `tm90`, `TM(10%:90%)`.
    Other(String),
}

/// What is made of a metric's values, in the simplest ways.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Statistic {
    /// Their average.
    Average,
    /// The smallest.
    Minimum,
    /// The largest.
    Maximum,
    /// How many there are.
    SampleCount,
    /// Their sum.
    Sum,
}

/// AWS's words for the statistics.
const WORDS: [(Statistic, &str); 5] = [
    (Statistic::Average, "Average"),
    (Statistic::Minimum, "Minimum"),
    (Statistic::Maximum, "Maximum"),
    (Statistic::SampleCount, "SampleCount"),
    (Statistic::Sum, "Sum"),
];

impl Metric {
    /// A metric without dimensions.
    pub fn named(namespace: impl Into<String>, name: impl Into<String>) -> Metric {
        Metric { namespace: namespace.into(), name: name.into(), dimensions: BTreeMap::new() }
    }

    /// The same with a dimension more.
    #[must_use]
    pub fn with(mut self, dimension: &str, value: impl Into<Text>) -> Metric {
        self.dimensions.insert(dimension.to_owned(), value.into());
        self
    }

    /// The average of so many seconds at a time.
    pub fn average(self, period: u32) -> Measure {
        self.measured(Statistic::Average, period)
    }

    /// The sum of so many seconds at a time.
    pub fn sum(self, period: u32) -> Measure {
        self.measured(Statistic::Sum, period)
    }

    /// The largest of so many seconds at a time.
    pub fn maximum(self, period: u32) -> Measure {
        self.measured(Statistic::Maximum, period)
    }

    /// The smallest of so many seconds at a time.
    pub fn minimum(self, period: u32) -> Measure {
        self.measured(Statistic::Minimum, period)
    }

    /// What so many percent do not exceed, of so many seconds at a time.
    pub fn percentile(self, percent: impl Into<Decimal>, period: u32) -> Measure {
        self.measured(Summary::Percentile(percent.into()), period)
    }

    /// What is made of so many seconds at a time.
    pub fn measured(self, summary: impl Into<Summary>, period: u32) -> Measure {
        Measure { metric: self, summary: summary.into(), period, unit: None }
    }
}

impl Statistic {
    /// AWS's word for it.
    pub fn word(self) -> &'static str {
        WORDS.iter().find(|(statistic, _)| *statistic == self).map_or("Average", |(_, word)| word)
    }

    /// The statistic of that word, if it is one of the simplest.
    pub fn of_word(word: &str) -> Option<Statistic> {
        WORDS.iter().find(|(_, known)| *known == word).map(|(statistic, _)| *statistic)
    }
}

impl From<Statistic> for Summary {
    fn from(statistic: Statistic) -> Summary {
        Summary::Statistic(statistic)
    }
}

impl From<String> for Summary {
    fn from(word: String) -> Summary {
        let percentile = || word.strip_prefix('p')?.parse().ok().map(Summary::Percentile);
        let simple = Statistic::of_word(&word).map(Summary::Statistic);
        simple.or_else(percentile).unwrap_or(Summary::Other(word))
    }
}

impl From<Summary> for String {
    fn from(summary: Summary) -> String {
        summary.to_string()
    }
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Summary::Statistic(statistic) => f.write_str(statistic.word()),
            Summary::Percentile(percent) => write!(f, "p{percent}"),
            Summary::Other(word) => f.write_str(word),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_summary_is_understood_as_it_is_written() {
        let simple = WORDS.iter().map(|(statistic, _)| Summary::Statistic(*statistic));
        let others =
            ["p99", "p99.9", "tm90", "IQM", "TM(10%:90%)", "pretty"].map(|word| Summary::from(word.to_owned()));
        for summary in simple.chain(others) {
            assert_eq!(Summary::from(summary.to_string()), summary);
        }
        assert_eq!(Summary::from("p99.90".to_owned()), Summary::Percentile("99.9".parse().unwrap()));
        assert_eq!(Summary::from("tm90".to_owned()), Summary::Other("tm90".into()));
    }

    #[test]
    fn a_metric_is_measured_in_a_few_words() {
        let metric = Metric::named("Shop", "Orders").with("Service", "web");
        let expected = Metric {
            namespace: "Shop".into(),
            name: "Orders".into(),
            dimensions: [("Service".into(), "web".into())].into(),
        };
        assert_eq!(metric, expected);
        assert_eq!(metric.clone().average(60), metric.clone().measured(Statistic::Average, 60));
        assert_eq!(metric.percentile(99, 300).summary.to_string(), "p99");
    }
}
