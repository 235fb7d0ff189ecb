//! A regular expression, compiled once.

use std::fmt;
use std::str::FromStr;

use regex_lite::Regex;

/// A regular expression.
#[derive(Clone, Debug)]
pub struct Pattern(Regex);

impl Pattern {
    /// What it finds in a text: of each place the first group, or all of it where it has none.
    pub fn found<'t>(&self, text: &'t str) -> Vec<&'t str> {
        let found = self.0.captures_iter(text);
        found.filter_map(|found| found.get(1).or(found.get(0)).map(|part| part.as_str())).collect()
    }

    /// Whether it is in a text.
    pub fn matches(&self, text: &str) -> bool {
        self.0.is_match(text)
    }
}

impl PartialEq for Pattern {
    fn eq(&self, other: &Pattern) -> bool {
        self.0.as_str() == other.0.as_str()
    }
}

impl FromStr for Pattern {
    type Err = String;

    fn from_str(text: &str) -> Result<Pattern, String> {
        Regex::new(text).map(Pattern).map_err(|error| format!("it is no regular expression: {error}"))
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_group_is_taken() {
        let found = |pattern: &str| pattern.parse::<Pattern>().unwrap().found("id=7 id=12").join(" ");
        assert_eq!(found("id=([0-9]+)"), "7 12");
        assert_eq!(found("[0-9]+"), "7 12");
        assert_eq!(found("nothing"), "");
        assert!("(".parse::<Pattern>().is_err());
    }
}
