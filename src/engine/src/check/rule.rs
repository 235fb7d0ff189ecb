//! One rule: a code, a sentence, where it comes from, and a small function.

use serde::Serialize;
use serde_json::Value;

use super::surroundings::Surroundings;
use crate::model::{Address, Path};

/// A rule of the cloud's for definitions of type `R`.
pub struct Rule<R> {
    /// `V01`: `infra explain V01` prints it.
    pub code: &'static str,
    /// What must hold, in a sentence.
    pub says: &'static str,
    /// Where the rule comes from.
    pub source: &'static str,
    /// Whether it refuses or warns.
    pub severity: Severity,
    /// What is wrong with a definition; empty when the rule holds.
    pub check: fn(&R, &Surroundings<'_>) -> Vec<Violation>,
}

/// A rule without its type and function.
#[derive(Clone, Debug, Serialize)]
pub struct RuleText {
    /// Its code.
    pub code: &'static str,
    /// What must hold.
    pub says: &'static str,
    /// Where the rule comes from.
    pub source: &'static str,
    /// Whether it refuses or warns.
    pub severity: Severity,
}

/// Whether a rule refuses or warns.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// The plan goes on.
    Warning,
    /// Nothing is called.
    Error,
}

/// One breach of a rule, as the rule's function tells it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Violation {
    /// The rule's code.
    pub code: &'static str,
    /// Whether it refuses or warns.
    pub severity: Severity,
    /// What must hold.
    pub rule: String,
    /// Which field.
    pub field: Path,
    /// Its value.
    pub value: Value,
    /// What is wrong with it.
    pub wrong: String,
    /// What to write instead.
    pub way_out: String,
}

/// A violation, and whose it is.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Finding {
    /// The definition.
    pub address: Address,
    /// Its kind.
    pub kind: &'static str,
    /// What is wrong with it.
    #[serde(flatten)]
    pub violation: Violation,
}

impl Violation {
    /// A breach: which field, its value, what is wrong, what to do. The rule adds its code and sentence.
    pub fn of(
        field: impl Into<String>,
        value: impl Serialize,
        wrong: impl Into<String>,
        way_out: impl Into<String>,
    ) -> Violation {
        Violation {
            code: "",
            severity: Severity::Error,
            rule: String::new(),
            field: Path::field(field),
            value: serde_json::to_value(value).unwrap_or(Value::Null),
            wrong: wrong.into(),
            way_out: way_out.into(),
        }
    }

    pub(crate) fn unreadable(error: String) -> Violation {
        let way_out = "this is a fault of the program: please report it";
        Violation { code: "E00", rule: "a definition fits its type".into(), ..Violation::of("", (), error, way_out) }
    }
}

impl<R> Rule<R> {
    /// What the rule says against a definition.
    pub fn violations(&self, definition: &R, around: &Surroundings<'_>) -> Vec<Violation> {
        let mut violations = (self.check)(definition, around);
        for violation in &mut violations {
            violation.code = self.code;
            violation.severity = self.severity;
            violation.rule = self.says.to_owned();
        }
        violations
    }
}

impl RuleText {
    /// The text of a rule.
    pub fn of<R>(rule: &Rule<R>) -> RuleText {
        RuleText { code: rule.code, says: rule.says, source: rule.source, severity: rule.severity }
    }
}
