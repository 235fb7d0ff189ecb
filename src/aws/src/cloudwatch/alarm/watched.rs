//! What an alarm looks at: one metric, or what is computed from several.

use std::collections::BTreeMap;

use aws_sdk_cloudwatch::operation::put_metric_alarm::builders::PutMetricAlarmFluentBuilder as Call;
use aws_sdk_cloudwatch::types::{
    Dimension, Metric as LiveMetric, MetricAlarm as Live, MetricDataQuery as Query, MetricStat, StandardUnit,
};
use serde::{Deserialize, Serialize};

use super::{Metric, Summary};
use crate::Text;
use crate::cloudwatch::Measure;

/// What an alarm looks at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Watched {
    /// One metric.
    Metric(Measure),
    /// What is computed from several.
    Math(Math),
}

/// What is computed from metrics, in CloudWatch's metric math: its terms are named in it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Math {
    /// How: `100 * errors / requests`.
    pub expression: String,
    /// What it is, for people.
    pub label: String,
    /// What it is computed from, by the names that expressions use. A name is a small letter and more letters, digits
    /// and underscores.
    pub terms: BTreeMap<String, Term>,
}

/// A part of a computation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Term {
    /// A metric.
    Metric(Measure),
    /// What is computed from other terms.
    Expression(String),
}

/// What the result of a computation is called; no term has this name.
pub(super) const RESULT: &str = "result";

impl Math {
    /// A computation, its terms to be named.
    pub fn of(expression: impl Into<String>, label: impl Into<String>) -> Math {
        Math { expression: expression.into(), label: label.into(), terms: BTreeMap::new() }
    }

    /// The same with a term more.
    #[must_use]
    pub fn with(mut self, name: &str, term: impl Into<Term>) -> Math {
        self.terms.insert(name.to_owned(), term.into());
        self
    }
}

impl Watched {
    /// All that is measured for it.
    pub(super) fn measures(&self) -> Vec<&Measure> {
        match self {
            Watched::Metric(measure) => vec![measure],
            Watched::Math(math) => math.terms.values().filter_map(Term::measure).collect(),
        }
    }

    /// Says it in the call that writes an alarm.
    pub(super) fn write(&self, call: Call) -> Call {
        match self {
            Watched::Metric(Measure { metric, summary, period, unit }) => {
                let call = match summary {
                    Summary::Statistic(statistic) => call.statistic(statistic.word().into()),
                    Summary::Percentile(_) | Summary::Other(_) => call.extended_statistic(summary.to_string()),
                };
                call.namespace(&metric.namespace)
                    .metric_name(&metric.name)
                    .set_dimensions(Some(dimensions(metric)))
                    .period(seconds(*period))
                    .set_unit(unit.as_deref().map(StandardUnit::from))
            }
            Watched::Math(Math { expression, label, terms }) => {
                let result = Query::builder().id(RESULT).expression(expression).label(label).return_data(true).build();
                let terms = terms.iter().map(|(name, term)| term.written(name));
                call.set_metrics(Some(terms.chain([result]).collect()))
            }
        }
    }

    /// What a live alarm looks at. What cannot be said here (a band, PromQL) is an expression in its own words, which
    /// differs from anything that is wanted.
    pub(super) fn understand(live: &Live) -> Watched {
        let odd = |words: String| Watched::Math(Math::of(words, ""));
        if let Some(criteria) = live.evaluation_criteria() {
            return odd(format!("{criteria:?}"));
        }
        if live.metrics().is_empty() {
            let summary = live.statistic().map(|statistic| statistic.as_str()).or(live.extended_statistic());
            return Watched::Metric(Measure {
                metric: metric(live.namespace(), live.metric_name(), live.dimensions()),
                summary: Summary::from(summary.unwrap_or_default().to_owned()),
                period: live.period().and_then(|period| u32::try_from(period).ok()).unwrap_or_default(),
                unit: live.unit().map(|unit| unit.as_str().to_owned()),
            });
        }
        if let Some(band) = live.threshold_metric_id() {
            let band = live.metrics().iter().find(|query| query.id() == Some(band));
            return odd(band.and_then(Query::expression).unwrap_or("a band").to_owned());
        }
        let (results, terms): (Vec<&Query>, Vec<&Query>) =
            live.metrics().iter().partition(|query| query.return_data().unwrap_or(true));
        let named = |query: &&Query| Some((query.id()?.to_owned(), Term::understand(query)));
        let mut terms: BTreeMap<String, Term> = terms.iter().filter_map(named).collect();
        let Some(result) = results.first() else { return odd("no result".to_owned()) };
        let expression = match result.expression() {
            Some(expression) => expression.to_owned(),
            // A metric by itself is the result: the same as an expression that only names it.
            None => {
                terms.extend(named(result));
                result.id().unwrap_or_default().to_owned()
            }
        };
        Watched::Math(Math { expression, label: result.label().unwrap_or_default().to_owned(), terms })
    }
}

impl Term {
    fn measure(&self) -> Option<&Measure> {
        match self {
            Term::Metric(measure) => Some(measure),
            Term::Expression(_) => None,
        }
    }

    fn written(&self, name: &str) -> Query {
        let query = Query::builder().id(name).return_data(false);
        match self {
            Term::Expression(expression) => query.expression(expression).build(),
            Term::Metric(Measure { metric, summary, period, unit }) => {
                let live = LiveMetric::builder()
                    .namespace(&metric.namespace)
                    .metric_name(&metric.name)
                    .set_dimensions(Some(dimensions(metric)));
                let measured = MetricStat::builder()
                    .metric(live.build())
                    .period(seconds(*period))
                    .stat(summary.to_string())
                    .set_unit(unit.as_deref().map(StandardUnit::from));
                query.metric_stat(measured.build()).build()
            }
        }
    }

    fn understand(query: &Query) -> Term {
        let Some(live) = query.metric_stat() else {
            return Term::Expression(query.expression().unwrap_or_default().to_owned());
        };
        let known = live.metric();
        let named = |get: fn(&LiveMetric) -> Option<&str>| known.and_then(get);
        Term::Metric(Measure {
            metric: metric(
                named(LiveMetric::namespace),
                named(LiveMetric::metric_name),
                known.map(LiveMetric::dimensions).unwrap_or_default(),
            ),
            summary: Summary::from(live.stat().unwrap_or_default().to_owned()),
            period: live.period().and_then(|period| u32::try_from(period).ok()).unwrap_or_default(),
            unit: live.unit().map(|unit| unit.as_str().to_owned()),
        })
    }
}

fn metric(namespace: Option<&str>, name: Option<&str>, dimensions: &[Dimension]) -> Metric {
    let mut metric = Metric::named(namespace.unwrap_or_default(), name.unwrap_or_default());
    for dimension in dimensions {
        metric = metric.with(dimension.name().unwrap_or_default(), dimension.value().unwrap_or_default());
    }
    metric
}

fn dimensions(metric: &Metric) -> Vec<Dimension> {
    let dimension = |(name, value): (&String, &Text)| Dimension::builder().name(name).value(value.value()).build();
    metric.dimensions.iter().map(dimension).collect()
}

fn seconds(period: u32) -> i32 {
    i32::try_from(period).unwrap_or(i32::MAX)
}

impl From<Measure> for Watched {
    fn from(measure: Measure) -> Watched {
        Watched::Metric(measure)
    }
}

impl From<Math> for Watched {
    fn from(math: Math) -> Watched {
        Watched::Math(math)
    }
}

impl From<Measure> for Term {
    fn from(measure: Measure) -> Term {
        Term::Metric(measure)
    }
}

impl From<&str> for Term {
    fn from(expression: &str) -> Term {
        Term::Expression(expression.to_owned())
    }
}
