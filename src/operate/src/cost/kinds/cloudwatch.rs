//! CloudWatch: alarms by the metrics that they look at, dashboards by the month.

use infra_aws::cloudwatch::{Alarm, Dashboard, Measure, Term, Watched};

use super::Priced;
use crate::cost::{Around, Costs, Line, Quantity};

/// Metrics that are looked at more often than so many seconds apart make an alarm a quick one.
const MINUTE: u32 = 60;

impl Priced for Alarm {
    /// An alarm on a computation costs as much as one for each of its metrics.
    fn costs(&self, _: &Around<'_>) -> Costs {
        let measures: Vec<&Measure> = match &self.watches {
            Watched::Metric(measure) => vec![measure],
            Watched::Math(math) => math.terms.values().filter_map(measure).collect(),
        };
        let quick = measures.iter().any(|measure| measure.period < MINUTE);
        let price = if quick { "cloudwatch.alarm.quick.month" } else { "cloudwatch.alarm.month" };
        let many = u32::try_from(measures.len().max(1)).unwrap_or(u32::MAX);
        Costs::Lines(vec![Line::of("metrics that the alarm looks at", price, Quantity::always(many))])
    }
}

fn measure(term: &Term) -> Option<&Measure> {
    match term {
        Term::Metric(measure) => Some(measure),
        Term::Expression(_) => None,
    }
}

impl Priced for Dashboard {
    fn costs(&self, _: &Around<'_>) -> Costs {
        Costs::Lines(vec![Line::of("the dashboard", "cloudwatch.dashboard.month", Quantity::always(1))])
    }
}
