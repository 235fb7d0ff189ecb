//! The plan of a load test, as a file says it: who asks, what, how often, what must come back, and what must hold.
//!
//! [`read`] makes a [`Plan`] of a text, or tells everything that is wrong with it, each with its line. A plan holds no
//! secret and has read no file: both are got before the run.

mod content;
mod data;
mod read;
mod scenario;
mod taking;
mod threshold;
pub mod toml;
mod uses;
pub mod words;

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;

pub use self::content::{Content, JsonTemplate, Part};
pub use self::data::{Data, Order};
pub use self::read::read;
pub use self::scenario::{Asked, Expect, ExpectJson, Failing, Scenario, Step};
pub use self::taking::{Metric, Pick, Source, Take};
pub use self::threshold::{Bound, Threshold};

use self::words::{Between, Phases, Template, Time};

/// The plan of a load test.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Plan {
    /// What the plan is called: letters, digits, `-` and `_`.
    pub name: String,
    /// What it is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub about: Option<String>,
    /// Where the paths of the steps begin: an address with http:// or https://. A run may say another.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target: Option<String>,
    /// How long one request may take, from the connection to the last byte: 10s, unless said otherwise.
    #[serde(default = "timeout", skip_serializing_if = "is_timeout")]
    pub timeout: Time,
    /// Headers of every request; those of a step come before them.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub headers: BTreeMap<String, Template>,
    /// Values that every scenario begins with.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub variables: BTreeMap<String, Template>,
    /// How much is asked, and when.
    pub load: LoadPlan,
    /// Files with a row for each iteration.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub data: BTreeMap<String, Data>,
    /// What users do.
    #[schemars(length(min = 1))]
    pub scenario: Vec<Scenario>,
    /// What must hold for the test to be passed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub threshold: Vec<Threshold>,
    /// Values of answers that are measured too, by name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub metrics: BTreeMap<String, Metric>,
}

/// What holds where no timeout is said.
pub const TIMEOUT: Time = Time(std::time::Duration::from_secs(10));

fn timeout() -> Time {
    TIMEOUT
}

fn is_timeout(time: &Time) -> bool {
    *time == TIMEOUT
}

/// How much is asked, and when.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct LoadPlan {
    /// Whether scenarios begin at a rate, or users go through them.
    #[serde(flatten)]
    pub model: Model,
    /// How the load changes over time, in percent of the full load.
    pub phases: Phases,
}

/// Who asks.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, JsonSchema)]
#[serde(untagged)]
pub enum Model {
    /// Scenarios begin at a rate, however slow the answers are.
    Open {
        /// Scenarios that begin each second at full load, all workers together.
        rate: f64,
        /// At most this many at one time in each worker; those beyond are counted as not begun.
        #[serde(default = "in_flight")]
        in_flight: u32,
    },
    /// A number of users, each of whom begins again when a scenario is through.
    Closed {
        /// How many users at full load, all workers together.
        users: u32,
        /// How long a user waits after each scenario.
        #[serde(default = "think")]
        think: Between,
    },
}

/// What holds where no `in_flight` is said.
pub const IN_FLIGHT: u32 = 900;

fn in_flight() -> u32 {
    IN_FLIGHT
}

/// What holds where no `think` is said.
pub const THINK: Between =
    Between { from: std::time::Duration::from_millis(500), to: std::time::Duration::from_millis(1500) };

fn think() -> Between {
    THINK
}

impl Plan {
    /// The plan as a text that [`read`] reads as the same.
    pub fn to_toml(&self) -> String {
        ::toml::to_string(self).expect("a plan has only texts for keys")
    }
}

/// The JSON Schema of plans, as editors read it.
pub fn json_schema() -> serde_json::Value {
    schemars::generate::SchemaSettings::draft07().into_generator().into_root_schema_for::<Plan>().to_value()
}
