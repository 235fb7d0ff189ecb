//! What must hold for a test to be passed.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::words::{Limit, Measure, PhaseChoice, Statistic, Time};

/// Something that must hold.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Threshold {
    /// What is measured.
    pub metric: Measure,
    /// What is made of it.
    pub at: Statistic,
    /// What it must not go beyond.
    #[serde(flatten)]
    pub bound: Bound,
    /// Only in the scenario of this name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scenario: Option<String>,
    /// Only in steps of this name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub step: Option<String>,
    /// Only of groups of this name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<String>,
    /// Only in these phases.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phase: Option<PhaseChoice>,
    /// The run ends when it has not held for this long.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub abort_after: Option<Time>,
}

/// On which side of a limit a value must lie. The limit itself is on the right side.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Bound {
    /// Not more than this.
    Under(Limit),
    /// Not less than this.
    Over(Limit),
}

impl Bound {
    /// Whether a value lies on the right side.
    pub fn holds(self, value: f64) -> bool {
        match self {
            Bound::Under(limit) => value <= limit.value(),
            Bound::Over(limit) => value >= limit.value(),
        }
    }

    /// The limit.
    pub fn limit(self) -> Limit {
        match self {
            Bound::Under(limit) | Bound::Over(limit) => limit,
        }
    }
}

impl std::fmt::Display for Bound {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Bound::Under(limit) => write!(f, "under {limit}"),
            Bound::Over(limit) => write!(f, "over {limit}"),
        }
    }
}

impl std::fmt::Display for Threshold {
    /// What must hold, in one line: `p95 of latency of step login in phase full under 500ms`.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Threshold { metric, at, bound, scenario, step, group, phase, abort_after: _ } = self;
        write!(f, "{at} of {metric}")?;
        let named = [("scenario", scenario), ("step", step), ("group", group)];
        for (what, name) in named.into_iter().filter_map(|(what, name)| Some((what, name.as_ref()?))) {
            write!(f, " of {what} {name}")?;
        }
        if let Some(phase) = phase {
            write!(f, " in phase {phase}")?;
        }
        write!(f, " {bound}")
    }
}
