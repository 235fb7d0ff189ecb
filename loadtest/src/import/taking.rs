//! What an import has made, and what it could not: nothing is dropped without a word.

use std::fmt;

use serde::Serialize;

use crate::plan::Plan;

/// What an import has made.
#[derive(Clone, Debug, PartialEq)]
pub struct Imported {
    /// The plan.
    pub plan: Plan,
    /// How many elements of the source are in it.
    pub taken: usize,
    /// What is not in it, or not quite, in the order of the source.
    pub not_taken: Vec<NotTaken>,
    /// What was switched off in the source, and is therefore not in the plan.
    pub disabled: Vec<Disabled>,
}

/// An element of the source that the plan does not have, or not as it was.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct NotTaken {
    /// The element, by its kind and name.
    pub element: String,
    /// The line in the source on which it begins.
    pub line: usize,
    /// Why it was not taken.
    pub why: String,
    /// What to do, or what was put in its place.
    pub instead: String,
}

/// An element that was switched off in the source.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Disabled {
    /// The element, by its kind and name.
    pub element: String,
    /// The line in the source on which it begins.
    pub line: usize,
}

/// Collects what was taken and what was not.
#[derive(Clone, Debug, Default)]
pub(super) struct Taking {
    pub(super) taken: usize,
    pub(super) not_taken: Vec<NotTaken>,
    pub(super) disabled: Vec<Disabled>,
}

impl Taking {
    /// An element is in the plan.
    pub(super) fn took(&mut self) {
        self.taken += 1;
    }

    /// An element is not, or not as it was.
    pub(super) fn not(
        &mut self,
        element: impl Into<String>,
        line: usize,
        why: impl Into<String>,
        instead: impl Into<String>,
    ) {
        let not = NotTaken { element: element.into(), line, why: why.into(), instead: instead.into() };
        if !self.not_taken.contains(&not) {
            self.not_taken.push(not);
        }
    }

    /// An element was switched off in the source.
    pub(super) fn disabled(&mut self, element: impl Into<String>, line: usize) {
        self.disabled.push(Disabled { element: element.into(), line });
    }

    pub(super) fn done(mut self, plan: Plan) -> Imported {
        self.not_taken.sort_by_key(|not| not.line);
        Imported { plan, taken: self.taken, not_taken: self.not_taken, disabled: self.disabled }
    }
}

/// Why nothing could be made of a source.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoImport {
    /// It cannot be read.
    #[error("line {line}: {why}")]
    Unreadable {
        /// Where.
        line: usize,
        /// What is wrong.
        why: String,
    },
    /// It is of no known form.
    #[error("it is not clear what this is; say it with --format: {}", super::Format::NAMES.join(", "))]
    Unknown,
    /// It is read, and asks nothing.
    #[error("there is no request in it that a plan can make{0}")]
    Nothing(String),
}

impl NoImport {
    pub(super) fn at(line: usize, why: impl Into<String>) -> NoImport {
        NoImport::Unreadable { line, why: why.into() }
    }

    /// There was no request; what was not taken says why.
    pub(super) fn nothing(taking: &Taking) -> NoImport {
        let lines: Vec<_> = taking.not_taken.iter().map(|not| format!("\n  {not}")).collect();
        NoImport::Nothing(lines.concat())
    }
}

impl fmt::Display for NotTaken {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let NotTaken { element, line, why, instead } = self;
        write!(out, "{element} (line {line}): {why}; {instead}")
    }
}

impl fmt::Display for Imported {
    /// What was taken and what was not, line by line.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Imported { plan: _, taken, not_taken, disabled } = self;
        write!(out, "{taken} elements are in the plan")?;
        match not_taken.len() {
            0 => out.write_str(", nothing is missing")?,
            1 => out.write_str("; one is not, or not as it was:")?,
            several => write!(out, "; {several} are not, or not as they were:")?,
        }
        for not in not_taken {
            write!(out, "\n  {not}")?;
        }
        if !disabled.is_empty() {
            out.write_str("\nswitched off in the source, and so not in the plan:")?;
            for Disabled { element, line } in disabled {
                write!(out, "\n  {element} (line {line})")?;
            }
        }
        Ok(())
    }
}
