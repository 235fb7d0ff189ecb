//! What a user does: steps, one after the other.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;

use super::content::Content;
use super::taking::Take;
use super::words::{Between, Condition, JsonPath, Pattern, Statuses, Template, Time};

/// What a user does.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Scenario {
    /// What it is called; no two are called the same.
    pub name: String,
    /// How often it is done, beside the others: 1, unless said otherwise.
    #[serde(default = "one", skip_serializing_if = "is_one")]
    #[schemars(range(min = 1, max = 1000))]
    pub weight: u32,
    /// What is done, in order.
    #[schemars(length(min = 1))]
    pub step: Vec<Step>,
}

/// One request, and what becomes of its answer.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Step {
    /// What it is called in results; no two of a scenario are called the same.
    pub name: String,
    /// The method, and the path or the whole address.
    #[serde(flatten)]
    pub asked: Asked,
    /// Headers of this request.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub headers: BTreeMap<String, Template>,
    /// What is put behind the path, after a `?`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub query: BTreeMap<String, Template>,
    /// What is sent.
    #[serde(flatten)]
    pub content: Option<Content>,
    /// What must hold of the answer; else it is an error.
    #[serde(default, skip_serializing_if = "Expect::is_empty")]
    pub expect: Expect,
    /// What is kept of the answer for later steps, by the name of the variable.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub take: BTreeMap<String, Take>,
    /// The step is left out unless this holds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub when: Option<Condition>,
    /// How often it is done, one after the other: 1, unless said otherwise.
    #[serde(default = "one", skip_serializing_if = "is_one")]
    #[schemars(range(min = 1, max = 10000))]
    pub repeat: u32,
    /// How long the user waits after it, each time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub think: Option<Between>,
    /// Steps with the same group, one after the other, are measured together too.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<String>,
    /// What becomes of the scenario when the step ends badly.
    #[serde(default, skip_serializing_if = "Failing::is_default")]
    pub on_error: Failing,
}

/// What becomes of a scenario when a step ends badly.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Failing {
    /// It ends.
    #[default]
    End,
    /// It goes on with the next step.
    GoOn,
}

impl Failing {
    fn is_default(&self) -> bool {
        *self == Failing::End
    }
}

/// The method of a request, and where it goes.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[expect(missing_docs, reason = "each is the method of its name, with a path or a whole address")]
pub enum Asked {
    Get(Template),
    Post(Template),
    Put(Template),
    Patch(Template),
    Delete(Template),
    Head(Template),
    Options(Template),
}

/// The keys of [`Asked`].
pub(crate) const METHODS: [&str; 7] = ["get", "post", "put", "patch", "delete", "head", "options"];

impl Asked {
    /// A method by its name in any case; none if a plan cannot say it.
    pub fn new(method: &str, path: Template) -> Option<Asked> {
        Some(match method.to_ascii_lowercase().as_str() {
            "get" => Asked::Get(path),
            "post" => Asked::Post(path),
            "put" => Asked::Put(path),
            "patch" => Asked::Patch(path),
            "delete" => Asked::Delete(path),
            "head" => Asked::Head(path),
            "options" => Asked::Options(path),
            _ => return None,
        })
    }

    /// The method as HTTP writes it, and where the request goes.
    pub fn parts(&self) -> (&'static str, &Template) {
        match self {
            Asked::Get(path) => ("GET", path),
            Asked::Post(path) => ("POST", path),
            Asked::Put(path) => ("PUT", path),
            Asked::Patch(path) => ("PATCH", path),
            Asked::Delete(path) => ("DELETE", path),
            Asked::Head(path) => ("HEAD", path),
            Asked::Options(path) => ("OPTIONS", path),
        }
    }
}

/// What must hold of an answer. Where no status is said, 400 and above are errors.
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Expect {
    /// It has one of these statuses.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub status: Vec<Statuses>,
    /// Its body holds this text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<Template>,
    /// Its body matches this expression.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub regex: Option<Pattern>,
    /// Its headers hold these texts, by the header's name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub headers: BTreeMap<String, Template>,
    /// Its JSON has these values, by their paths.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub json: Vec<ExpectJson>,
    /// It is whole in less than this time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub under: Option<Time>,
}

/// A value that an answer's JSON must have.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ExpectJson {
    /// Where.
    pub path: JsonPath,
    /// What it must be; where this is not said, it must be there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub is: Option<Template>,
}

impl Expect {
    fn is_empty(&self) -> bool {
        *self == Expect::default()
    }

    /// Whether the answer's body is looked at.
    pub fn reads_body(&self) -> bool {
        self.body.is_some() || self.regex.is_some() || !self.json.is_empty()
    }
}

fn one() -> u32 {
    1
}

fn is_one(number: &u32) -> bool {
    *number == 1
}
