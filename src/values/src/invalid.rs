//! Why a text is refused: what is wrong, the rule, and what to write instead.

use std::fmt;

/// A text that is not the value that it should be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invalid {
    problem: String,
    rule: Option<String>,
    instead: Option<String>,
}

impl Invalid {
    /// What is wrong, as the beginning of a sentence: "`10.0.0.5/16` has host bits set".
    pub(crate) fn new(problem: impl Into<String>) -> Invalid {
        Invalid { problem: problem.into(), rule: None, instead: None }
    }

    /// The rule that it breaks: "a region is written like `us-east-1`".
    pub(crate) fn rule(self, rule: impl Into<String>) -> Invalid {
        Invalid { rule: Some(rule.into()), ..self }
    }

    /// What to write instead, where it can be known.
    pub(crate) fn instead(self, instead: impl Into<Option<String>>) -> Invalid {
        Invalid { instead: instead.into(), ..self }
    }

    /// What was probably meant, where it can be known.
    pub fn suggestion(&self) -> Option<&str> {
        self.instead.as_deref()
    }
}

impl fmt::Display for Invalid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Invalid { problem, rule, instead } = self;
        f.write_str(problem)?;
        if let Some(rule) = rule {
            write!(f, ": {rule}")?;
        }
        if let Some(instead) = instead {
            write!(f, "; write `{instead}`")?;
        }
        Ok(())
    }
}

impl std::error::Error for Invalid {}
