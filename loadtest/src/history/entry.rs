//! One run as the history knows it: what was run, and the figures that it is judged by.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What makes two runs comparable: only runs whose fingerprints are equal measure the same.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Fingerprint {
    /// The digest of the plan's text.
    pub plan: String,
    /// The address that was asked, without its query.
    pub target: String,
    /// How many workers there were.
    pub workers: u32,
    /// The memory of each worker in megabytes; 0 on a machine of its own.
    pub memory: u32,
    /// The regions that the workers were in, sorted; empty on a machine of its own.
    pub regions: Vec<String>,
    /// The version of the generator.
    pub generator: String,
}

impl Fingerprint {
    /// Every part that differs, as its name, the value here, and the value there.
    pub fn differences(&self, other: &Fingerprint) -> Vec<(&'static str, String, String)> {
        let Fingerprint { plan, target, workers, memory, regions, generator } = self;
        let parts = [
            ("plan", plan.clone(), other.plan.clone()),
            ("target", target.clone(), other.target.clone()),
            ("workers", workers.to_string(), other.workers.to_string()),
            ("memory", memory.to_string(), other.memory.to_string()),
            ("regions", regions.join(", "), other.regions.join(", ")),
            ("generator", generator.clone(), other.generator.clone()),
        ];
        parts.into_iter().filter(|(_, here, there)| here != there).collect()
    }
}

/// Which way a figure should go.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Better {
    /// Less is better: times, errors.
    Less,
    /// More is better: requests a second.
    More,
}

impl Better {
    /// The value turned so that less is better: itself, or one divided by it.
    pub fn as_cost(self, value: f64) -> f64 {
        match self {
            Better::Less => value,
            Better::More => 1.0 / value,
        }
    }
}

/// One figure of a run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Figure {
    /// The figure itself.
    pub value: f64,
    /// What it is counted in: `ms`, `/s`, `%`, or a metric's own unit.
    pub unit: String,
    /// Which way it should go.
    pub better: Better,
    /// Whether there were too few samples for this figure to mean anything.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub too_few: bool,
}

/// One run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Entry {
    /// The run's id.
    pub run: String,
    /// When it began, in UTC: sorts as text.
    pub at: String,
    /// What was run.
    pub fingerprint: Fingerprint,
    /// Whether everything that belongs to it has arrived; what is incomplete is no baseline and no night.
    pub complete: bool,
    /// Whether all its thresholds were kept; nothing where it had none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub passed: Option<bool>,
    /// The figures by name: `latency p95`, `errors`, `login latency p95`.
    pub figures: BTreeMap<String, Figure>,
}

impl Entry {
    /// Whether other runs may be measured by this one: it is complete and has broken no threshold.
    pub fn is_good(&self) -> bool {
        self.complete && self.passed != Some(false)
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    pub(in crate::history) fn entry(run: &str, p95: f64) -> Entry {
        let fingerprint = Fingerprint {
            plan: "d41d8c".to_owned(),
            target: "https://shop.example/".to_owned(),
            workers: 8,
            memory: 512,
            regions: vec!["eu-west-1".to_owned(), "us-east-1".to_owned()],
            generator: "0.1.0".to_owned(),
        };
        let figure = |value, unit: &str, better| Figure { value, unit: unit.to_owned(), better, too_few: false };
        let figures = BTreeMap::from([
            ("latency p95".to_owned(), figure(p95, "ms", Better::Less)),
            ("rate".to_owned(), figure(2000.0, "/s", Better::More)),
        ]);
        Entry { run: run.to_owned(), at: run.to_owned(), fingerprint, complete: true, passed: None, figures }
    }

    #[test]
    fn each_part_of_a_fingerprint_tells_runs_apart() {
        let one = entry("20260101T020000Z-aaaa", 200.0).fingerprint;
        let other = Fingerprint {
            plan: "other".to_owned(),
            target: "https://other.example/".to_owned(),
            workers: 4,
            memory: 1024,
            regions: vec![],
            generator: "0.2.0".to_owned(),
        };
        let names: Vec<_> = one.differences(&other).into_iter().map(|(name, _, _)| name).collect();
        assert_eq!(names, ["plan", "target", "workers", "memory", "regions", "generator"]);
        assert_eq!(one.differences(&one), []);
    }

    #[test]
    fn an_entry_comes_back_from_json_as_it_was() {
        let entry = entry("20260101T020000Z-aaaa", 200.0);
        let text = serde_json::to_string(&entry).unwrap();
        assert_eq!(serde_json::from_str::<Entry>(&text).unwrap(), entry);
    }
}
