//! The name of a project or an environment. It becomes a part of the names of resources, so it is plain and short.

use std::fmt;
use std::str::FromStr;

use crate::invalid::Invalid;
use crate::text::written_as_text;

/// Lower-case letters, digits and hyphens, at most 40; begins with a letter, ends with a letter or a digit.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Name(String);

written_as_text!(
    Name,
    format: "name",
    pattern: "^[a-z]([a-z0-9-]{0,38}[a-z0-9])?$",
    description: "A name of lower-case letters, digits and hyphens (at most 40) that begins with a letter and does not end with a hyphen.",
    examples: ["django-microservices", "prod"]
);

const LONGEST: usize = 40;

impl Name {
    /// The name, as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Name {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Name, Invalid> {
        let Some(wrong) = problem(text) else { return Ok(Name(text.to_owned())) };
        let plain = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' };
        let near: String = text.chars().map(plain).skip_while(|c| !c.is_ascii_lowercase()).collect();
        let near = near.trim_end_matches('-').to_owned();
        Err(Invalid::new(format!("`{text}` {wrong}"))
            .rule(format!(
                "a name has lower-case letters, digits and hyphens, at most {LONGEST}, begins with a letter and does \
                 not end with a hyphen"
            ))
            .instead(problem(&near).is_none().then_some(near)))
    }
}

fn problem(text: &str) -> Option<String> {
    let plain = |c: &char| c.is_ascii_lowercase() || c.is_ascii_digit() || *c == '-';
    if text.is_empty() {
        Some("is empty".to_owned())
    } else if let Some(strange) = text.chars().find(|c| !plain(c)) {
        Some(format!("has {strange:?}"))
    } else if text.len() > LONGEST {
        Some(format!("has {} letters", text.len()))
    } else if !text.starts_with(|c: char| c.is_ascii_lowercase()) {
        Some("does not begin with a letter".to_owned())
    } else {
        text.ends_with('-').then(|| "ends with a hyphen".to_owned())
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::text::laws::{admitted, check_examples, check_refused, check_written};

    #[test]
    fn a_plain_name_is_a_name() {
        check_written::<Name>("a", "a");
        check_written::<Name>("team-2", "team-2");
        check_written::<Name>(&"x".repeat(40), &"x".repeat(40));
        check_examples::<Name>();
    }

    #[test]
    fn anything_else_is_refused_and_the_nearest_name_proposed() {
        let rule = "a name has lower-case letters, digits and hyphens, at most 40, begins with a letter and does not \
                    end with a hyphen";
        check_refused::<Name>("", &format!("`` is empty: {rule}"));
        check_refused::<Name>("My_Project", &format!("`My_Project` has 'M': {rule}; write `my-project`"));
        check_refused::<Name>("2nd", &format!("`2nd` does not begin with a letter: {rule}; write `nd`"));
        check_refused::<Name>("prod-", &format!("`prod-` ends with a hyphen: {rule}; write `prod`"));
        let long = "y".repeat(41);
        // What is too long is for its writer to shorten: one that is cut off is no name that anybody would choose.
        check_refused::<Name>(&long, &format!("`{long}` has 41 letters: {rule}"));
    }

    proptest! {
        #[test]
        fn what_the_pattern_admits_is_a_name(text in admitted::<Name>()) {
            check_written::<Name>(&text, &text);
        }

        #[test]
        fn what_is_proposed_is_a_name(text in any::<String>()) {
            if let Err(invalid) = text.parse::<Name>() && let Some(suggestion) = invalid.suggestion() {
                prop_assert!(suggestion.parse::<Name>().is_ok());
            }
        }
    }
}
