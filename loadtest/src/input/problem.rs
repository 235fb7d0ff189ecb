//! What is wrong with the settings, in words.

use std::fmt;

use crate::settings::{Name, SETTINGS};

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    message: String,
}

impl Problem {
    /// Something wrong with a setting. The message goes on after its names.
    pub fn of(name: Name, wrong: impl fmt::Display) -> Problem {
        let setting = name.setting();
        Problem { message: format!("{} ({}) {wrong}", setting.field, setting.variable) }
    }

    /// A value that breaks a rule.
    pub fn with(name: Name, value: &str, rule: impl fmt::Display) -> Problem {
        match name {
            // These may hold what must not be shown.
            Name::TargetUrl | Name::Headers | Name::Body => Problem::of(name, format_args!("is wrong: {rule}")),
            _ => Problem::of(name, format_args!("is `{value}`: {rule}")),
        }
    }

    /// An event's field that is no setting.
    pub fn unknown(field: &str) -> Problem {
        let known: Vec<_> = SETTINGS.iter().map(|setting| setting.field).collect();
        Problem { message: format!("the event has `{field}`, which is no setting; there are {}", known.join(", ")) }
    }

    /// An event that cannot have fields.
    pub fn no_event() -> Problem {
        Problem { message: "the event is no object; give {} or one with settings, as {\"users\": 10}".to_owned() }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.message)
    }
}

/// Everything that is wrong, one a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problems(pub Vec<Problem>);

impl fmt::Display for Problems {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Problems(problems) = self;
        for (line, problem) in problems.iter().enumerate() {
            if line > 0 {
                out.write_str("\n")?;
            }
            write!(out, "{problem}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Problems {}
