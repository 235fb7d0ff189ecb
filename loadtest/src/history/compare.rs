//! Two runs or more, figure by figure, against the first of them.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::Serialize;

use super::entry::{Better, Entry, Figure};

/// Runs side by side.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Comparison {
    /// The runs' ids; the others are compared with the first.
    pub runs: Vec<String>,
    /// What differs in what was run, so that the figures do not measure the same; empty where they do.
    pub differs: Vec<Difference>,
    /// Runs that are not complete.
    pub incomplete: Vec<String>,
    /// One row for each figure.
    pub rows: Vec<Row>,
}

/// A part of a fingerprint that is not the same.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// The run whose part differs from the first run's.
    pub run: String,
    /// The part: `plan`, `target`, `workers`, `memory`, `regions`, `generator`.
    pub part: String,
    /// Its value in the first run.
    pub first: String,
    /// Its value in this one.
    pub here: String,
}

/// One figure of all runs.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Row {
    /// The figure's name.
    pub name: String,
    /// What it is counted in.
    pub unit: String,
    /// Its value in each run, where it has one.
    pub values: Vec<Option<f64>>,
    /// What is said of each but the first.
    pub changes: Vec<Change>,
}

/// What is said of a figure against the first run's.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Change {
    /// It is better by more than runs differ by themselves; the share that it grew.
    Better(f64),
    /// It is worse by more than runs differ by themselves; the share that it grew.
    Worse(f64),
    /// It differs by no more than runs do by themselves; the share that it grew.
    Within(f64),
    /// One of the two has no such figure, or too few samples for it, or there is no ratio.
    Unknown,
}

/// Without a history of its own, a figure that differs by less than this says nothing: nights differ by 8 %, and two of
/// them by √2 as much; twice that.
pub const USUAL_NOISE: f64 = 0.23;

/// Compares runs. `noise` has, for each figure with a history, by how much two runs of the same differ: see
/// [`noise_of`]. None without at least two runs.
pub fn compare(runs: &[&Entry], noise: &BTreeMap<String, f64>) -> Option<Comparison> {
    let (first, others) = runs.split_first().filter(|(_, others)| !others.is_empty())?;
    let difference = |run: &&Entry| {
        let of = |(part, first, here): (&str, String, String)| Difference {
            run: run.run.clone(),
            part: part.to_owned(),
            first,
            here,
        };
        first.fingerprint.differences(&run.fingerprint).into_iter().map(of).collect::<Vec<_>>()
    };
    let names: BTreeSet<_> = runs.iter().flat_map(|run| run.figures.keys()).collect();
    let row = |name: &&String| {
        let figures: Vec<_> = runs.iter().map(|run| run.figures.get(*name)).collect();
        let bound = noise.get(*name).copied().unwrap_or(USUAL_NOISE);
        Row {
            name: (*name).clone(),
            unit: figures.iter().flatten().next().map_or_else(String::new, |figure| figure.unit.clone()),
            values: figures.iter().map(|figure| figure.map(|figure| figure.value)).collect(),
            changes: figures[1..].iter().map(|other| change(figures[0], *other, bound)).collect(),
        }
    };
    Some(Comparison {
        runs: runs.iter().map(|run| run.run.clone()).collect(),
        differs: others.iter().flat_map(difference).collect(),
        incomplete: runs.iter().filter(|run| !run.complete).map(|run| run.run.clone()).collect(),
        rows: names.iter().map(row).collect(),
    })
}

/// By how much two runs of the same differ in this figure, from its history: twice the deviation of a difference. None
/// of fewer than seven runs.
pub fn noise_of(values: &[f64]) -> Option<f64> {
    let logarithms: Vec<_> = values.iter().filter(|value| **value > 0.0).map(|value| value.ln()).collect();
    (logarithms.len() >= 7)
        .then(|| super::robust::spread(&logarithms))
        .flatten()
        .map(|spread| (2.0 * std::f64::consts::SQRT_2 * spread).exp_m1())
}

fn change(first: Option<&Figure>, other: Option<&Figure>, bound: f64) -> Change {
    let (Some(first), Some(other)) = (first, other) else { return Change::Unknown };
    let ratio = other.value / first.value;
    if first.too_few || other.too_few || first.better != other.better || !ratio.is_finite() || first.value <= 0.0 {
        // Nothing against nothing is no change, and something against nothing no ratio.
        return if first.value == other.value { Change::Within(0.0) } else { Change::Unknown };
    }
    let (grew, cost) = (ratio - 1.0, other.better.as_cost(other.value) / first.better.as_cost(first.value));
    match (cost > 1.0 + bound, cost < 1.0 / (1.0 + bound)) {
        (true, _) => Change::Worse(grew),
        (_, true) => Change::Better(grew),
        _ => Change::Within(grew),
    }
}

impl Comparison {
    /// Whether the runs measure the same and all of them are complete.
    pub fn is_fair(&self) -> bool {
        self.differs.is_empty() && self.incomplete.is_empty()
    }

    /// Whether any figure of any run is worse.
    pub fn any_worse(&self) -> bool {
        self.rows.iter().flat_map(|row| &row.changes).any(|change| matches!(change, Change::Worse(_)))
    }
}

impl fmt::Display for Change {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Change::Better(grew) => write!(out, "{:+.1} % better", grew * 100.0),
            Change::Worse(grew) => write!(out, "{:+.1} % worse", grew * 100.0),
            Change::Within(grew) => write!(out, "{:+.1} %", grew * 100.0),
            Change::Unknown => out.write_str("?"),
        }
    }
}

impl fmt::Display for Comparison {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Comparison { runs, differs, incomplete, rows } = self;
        let value = |value: &Option<f64>| value.map_or_else(|| "-".to_owned(), |value| format!("{value:.2}"));
        let mut table = vec![[vec![String::new(), String::new()], runs.clone()].concat()];
        for row in rows {
            let (first, others) = row.values.split_at(1);
            let told = others.iter().zip(&row.changes).map(|(other, change)| format!("{} ({change})", value(other)));
            let cells = [row.name.clone(), row.unit.clone(), value(&first[0])].into_iter().chain(told);
            table.push(cells.collect());
        }
        let columns = runs.len() + 2;
        let width = |column: usize| table.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
        let widths: Vec<_> = (0..columns).map(width).collect();
        for row in &table {
            let cells: Vec<_> = row.iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}")).collect();
            writeln!(out, "{}", cells.join("  ").trim_end())?;
        }
        for Difference { run, part, first, here } in differs {
            writeln!(out, "not the same: {part} of {run} is {here:?}, and was {first:?}")?;
        }
        for run in incomplete {
            writeln!(out, "incomplete: {run}; its figures are not of the whole load")?;
        }
        out.write_str(
            "one run against one: what is no further apart than runs are by themselves is not called a change",
        )
    }
}

/// The figures of a run turned so that less is better, for the rule of nights.
pub fn costs(history: &[Entry], figure: &str) -> Vec<f64> {
    let cost = |figure: &Figure| match figure.better {
        Better::Less => figure.value,
        Better::More => 1.0 / figure.value,
    };
    let good = history.iter().filter(|entry| entry.complete);
    good.filter_map(|entry| entry.figures.get(figure)).filter(|figure| !figure.too_few).map(cost).collect()
}

#[cfg(test)]
mod tests {
    use super::super::entry::tests::entry;
    use super::*;

    #[test]
    fn what_is_further_apart_than_runs_are_is_a_change() {
        let (first, near, far) = (entry("1", 200.0), entry("2", 220.0), entry("3", 300.0));
        let compared = compare(&[&first, &near, &far], &BTreeMap::new()).unwrap();
        let changes = &compared.rows[0].changes;
        assert!(
            matches!(changes[..], [Change::Within(near), Change::Worse(far)] if (near - 0.1).abs() < 1e-9 && far == 0.5),
            "{changes:?}"
        );
        assert!(compared.is_fair() && compared.any_worse());
        let quiet = BTreeMap::from([("latency p95".to_owned(), 0.05)]);
        let compared = compare(&[&first, &near], &quiet).unwrap();
        assert!(matches!(compared.rows[0].changes[..], [Change::Worse(_)]));
        assert_eq!(compare(&[&first], &quiet), None);
    }

    #[test]
    fn more_is_better_where_it_is_and_too_few_say_nothing() {
        let first = entry("1", 200.0);
        let mut other = entry("2", 200.0);
        other.figures.get_mut("rate").unwrap().value = 1000.0;
        other.figures.get_mut("latency p95").unwrap().too_few = true;
        let compared = compare(&[&first, &other], &BTreeMap::new()).unwrap();
        assert!(matches!(compared.rows[1].changes[..], [Change::Worse(grew)] if grew == -0.5));
        other.figures.get_mut("latency p95").unwrap().value = 100.0;
        let compared = compare(&[&first, &other], &BTreeMap::new()).unwrap();
        assert_eq!(compared.rows[0].changes, [Change::Unknown]);
    }

    #[test]
    fn it_reads_as_this() {
        let first = entry("first", 200.0);
        let mut other = entry("other", 300.0);
        other.fingerprint.workers = 4;
        other.complete = false;
        other.figures.remove("rate");
        let compared = compare(&[&first, &other], &BTreeMap::new()).unwrap();
        assert!(!compared.is_fair());
        let wanted = "                 first    other
latency p95  ms  200.00   300.00 (+50.0 % worse)
rate         /s  2000.00  - (?)
not the same: workers of other is \"4\", and was \"8\"
incomplete: other; its figures are not of the whole load
one run against one: what is no further apart than runs are by themselves is not called a change";
        assert_eq!(compared.to_string(), wanted);
    }

    #[test]
    fn the_noise_of_a_history_is_twice_what_two_runs_differ_by() {
        use super::super::synthetic::{Noise, nights};
        let noise = noise_of(&nights(4, 2000, 2000, 0.0, Noise::DESIGN)).unwrap();
        assert!((0.21..0.30).contains(&noise), "8 % by night, so about 25 %: {noise}");
        assert_eq!(noise_of(&[1.0; 6]), None);
    }
}
