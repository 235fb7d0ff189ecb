//! Whether a step is taken.

use std::fmt;
use std::str::FromStr;

use super::Template;

/// A value that must be there, or two that are compared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Condition {
    /// What is looked at.
    pub left: Template,
    /// What must hold.
    pub test: Test,
}

/// What must hold of a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Test {
    /// It is there, and neither empty nor `false` nor `0`.
    Is,
    /// It is not.
    IsNot,
    /// It is the same as another.
    Equal(Template),
    /// It is not.
    Unequal(Template),
}

impl Condition {
    /// Every template in it.
    pub fn templates(&self) -> Vec<&Template> {
        match &self.test {
            Test::Is | Test::IsNot => vec![&self.left],
            Test::Equal(right) | Test::Unequal(right) => vec![&self.left, right],
        }
    }

    /// Whether it holds, where `value` fills a template in; a template that cannot be filled in is empty.
    pub fn holds(&self, value: impl Fn(&Template) -> String) -> bool {
        let is = |text: String| !matches!(text.as_str(), "" | "false" | "0" | "null");
        match &self.test {
            Test::Is => is(value(&self.left)),
            Test::IsNot => !is(value(&self.left)),
            Test::Equal(right) => value(&self.left) == value(right),
            Test::Unequal(right) => value(&self.left) != value(right),
        }
    }
}

impl FromStr for Condition {
    type Err = String;

    fn from_str(text: &str) -> Result<Condition, String> {
        let side = |text: &str| text.trim().trim_matches('"').parse::<Template>();
        let text = text.trim();
        let (left, test) = if let Some((left, right)) = text.split_once("==") {
            (left, Test::Equal(side(right)?))
        } else if let Some((left, right)) = text.split_once("!=") {
            (left, Test::Unequal(side(right)?))
        } else if let Some(left) = text.strip_prefix('!') {
            (left, Test::IsNot)
        } else {
            (text, Test::Is)
        };
        let left = side(left)?;
        if left.references().next().is_none() {
            return Err("it looks at no value; write it as ${token}, !${token}, or ${kind} == book".to_owned());
        }
        Ok(Condition { left, test })
    }
}

impl fmt::Display for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.test {
            Test::Is => self.left.fmt(f),
            Test::IsNot => write!(f, "!{}", self.left),
            Test::Equal(right) => write!(f, "{} == {right}", self.left),
            Test::Unequal(right) => write!(f, "{} != {right}", self.left),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn holds(text: &str, value: &str) -> bool {
        let condition: Condition = text.parse().unwrap();
        condition.holds(|template| template.to_string().replace("${x}", value))
    }

    #[test]
    fn a_value_is_there_or_not() {
        assert!(holds("${x}", "a") && !holds("!${x}", "a"));
        for nothing in ["", "false", "0", "null"] {
            assert!(!holds("${x}", nothing) && holds("!${x}", nothing), "{nothing}");
        }
    }

    #[test]
    fn values_are_compared() {
        assert!(holds("${x} == book", "book") && !holds("${x} != book", "book"));
        assert!(holds("${x} == \"a b\"", "a b") && holds("${x} != book", "pen"));
        assert_eq!("${x}==a".parse::<Condition>().unwrap().to_string(), "${x} == a");
        assert!("always".parse::<Condition>().is_err());
    }
}
