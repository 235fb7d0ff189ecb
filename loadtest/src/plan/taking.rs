//! What is taken of answers: for later steps, and to be measured.

use schemars::JsonSchema;
use serde::Serialize;

use super::words::{JsonPath, Pattern, Template};

/// A value that is kept of an answer.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Take {
    /// Where it is.
    #[serde(flatten)]
    pub source: Source,
    /// Which, where there are several.
    #[serde(default, skip_serializing_if = "Pick::is_default")]
    pub pick: Pick,
    /// What is kept where there is none; where this is not said, that is an error of the step.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default: Option<Template>,
}

/// Where a value is in an answer.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Source {
    /// In its JSON.
    Json(JsonPath),
    /// In its body, wherever this matches: the first group, or all where there is none.
    Regex(Pattern),
    /// In the header of this name.
    Header(String),
    /// In the cookie of this name.
    Cookie(String),
}

/// The keys of [`Source`].
pub(crate) const SOURCES: [&str; 4] = ["json", "regex", "header", "cookie"];

impl Source {
    /// Whether the answer's body is looked at.
    pub fn reads_body(&self) -> bool {
        matches!(self, Source::Json(_) | Source::Regex(_))
    }
}

/// Which of several values.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Pick {
    /// The first.
    #[default]
    First,
    /// The last.
    Last,
    /// Any.
    Random,
}

impl Pick {
    fn is_default(&self) -> bool {
        *self == Pick::First
    }
}

/// The words of [`Pick`].
pub(crate) const PICKS: [(&str, Pick); 3] = [("first", Pick::First), ("last", Pick::Last), ("random", Pick::Random)];

/// A number in answers that is measured.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Metric {
    /// Where it is.
    #[serde(flatten)]
    pub source: Source,
    /// Which steps' answers have it, by the steps' name.
    pub step: String,
    /// What it is counted in, for the reader.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<String>,
}
