//! One rule about changes: what stands cannot become what is wanted, or only by a new resource.

use super::rule::{RuleText, Severity, Violation};

/// A rule of the cloud's about changes of living resources of type `R`, beyond what the attributes of fields say.
pub struct Passage<R> {
    /// `V120`: `infra explain V120` prints it.
    pub code: &'static str,
    /// What must hold, in a sentence.
    pub says: &'static str,
    /// Where the rule comes from.
    pub source: &'static str,
    /// What becomes of a change that breaks it.
    pub otherwise: Otherwise,
    /// What is wrong with going from the first, which stands, to the second; empty when the rule holds.
    pub check: fn(&R, &R) -> Vec<Violation>,
}

/// What becomes of a change that a living resource cannot make.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Otherwise {
    /// The cloud would refuse it: the plan stops.
    Refused,
    /// A new resource takes its place.
    Replaced,
}

impl<R> Passage<R> {
    /// What the rule says against a change.
    pub fn violations(&self, live: &R, wanted: &R) -> Vec<(Otherwise, Violation)> {
        let said = |violation: Violation| Violation { code: self.code, rule: self.says.to_owned(), ..violation };
        (self.check)(live, wanted).into_iter().map(|violation| (self.otherwise, said(violation))).collect()
    }
}

impl RuleText {
    /// The text of a rule about changes.
    pub fn of_change<R>(rule: &Passage<R>) -> RuleText {
        let severity = match rule.otherwise {
            Otherwise::Refused => Severity::Error,
            Otherwise::Replaced => Severity::Warning,
        };
        RuleText { code: rule.code, says: rule.says, source: rule.source, severity }
    }
}
