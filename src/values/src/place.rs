//! Where resources stand: regions, and the availability zones in them.
//!
//! The names of AWS's regions grow from year to year, so a name is judged by its form; whether it exists, AWS says.

use std::fmt;
use std::str::FromStr;

use crate::invalid::Invalid;
use crate::text::written_as_text;

/// A region: `us-east-1`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Region(String);

/// An availability zone: `us-east-1a`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Zone {
    region: Region,
    letter: char,
}

written_as_text!(
    Region,
    format: "region",
    pattern: "^[a-z]{2,8}(-[a-z]{2,16}){1,3}-[0-9]{1,2}$",
    description: "A region, like `us-east-1`.",
    examples: ["us-east-1", "eu-central-1", "us-gov-west-1"]
);

written_as_text!(
    Zone,
    format: "zone",
    pattern: "^[a-z]{2,8}(-[a-z]{2,16}){1,3}-[0-9]{1,2}[a-z]$",
    description: "An availability zone: a region and a letter, like `us-east-1a`.",
    examples: ["us-east-1a", "eu-central-1c"]
);

impl Region {
    /// The region, as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The region's zone of that letter; `None` for what is not a lower-case letter.
    pub fn zone(&self, letter: char) -> Option<Zone> {
        letter.is_ascii_lowercase().then(|| Zone { region: self.clone(), letter })
    }
}

impl Zone {
    /// The region that it is in.
    pub fn region(&self) -> &Region {
        &self.region
    }

    /// Its letter within the region.
    pub fn letter(&self) -> char {
        self.letter
    }
}

impl FromStr for Region {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Region, Invalid> {
        if is_region(text) {
            return Ok(Region(text.to_owned()));
        }
        let wrong = if split_zone(text).is_some() { "is an availability zone" } else { "is not a region" };
        let plain = tidy(text);
        let near = split_zone(&plain).map(|(region, _)| region.to_owned()).or(is_region(&plain).then_some(plain));
        Err(Invalid::new(format!("`{text}` {wrong}")).rule("a region is written like `us-east-1`").instead(near))
    }
}

impl FromStr for Zone {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Zone, Invalid> {
        if let Some((region, letter)) = split_zone(text) {
            return Ok(Zone { region: Region(region.to_owned()), letter });
        }
        let plain = tidy(text);
        let (wrong, near) = if is_region(&plain) {
            ("is a region", Some(format!("{plain}a")))
        } else {
            ("is not an availability zone", split_zone(&plain).is_some().then_some(plain))
        };
        Err(Invalid::new(format!("`{text}` {wrong}"))
            .rule("an availability zone is a region and a letter, like `us-east-1a`")
            .instead(near))
    }
}

fn is_region(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    let [first, middle @ .., number] = parts.as_slice() else { return false };
    let word =
        |part: &str, longest| (2..=longest).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_lowercase());
    word(first, 8)
        && (1..=3).contains(&middle.len())
        && middle.iter().all(|part| word(part, 16))
        && (1..=2).contains(&number.len())
        && number.bytes().all(|byte| byte.is_ascii_digit())
}

fn split_zone(text: &str) -> Option<(&str, char)> {
    let letter = text.chars().last().filter(char::is_ascii_lowercase)?;
    let region = &text[..text.len() - 1];
    is_region(region).then_some((region, letter))
}

fn tidy(text: &str) -> String {
    text.trim().to_ascii_lowercase().replace('_', "-")
}

impl fmt::Display for Region {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for Zone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.region, self.letter)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::text::laws::{admitted, check_examples, check_refused, check_written};

    #[test]
    fn regions_are_known_by_their_form() {
        for text in ["us-east-1", "us-gov-west-1", "ap-southeast-5", "us-isob-east-1", "eusc-de-east-1"] {
            check_written::<Region>(text, text);
        }
        check_examples::<Region>();
    }

    #[test]
    fn what_is_not_a_region_is_refused() {
        let rule = "a region is written like `us-east-1`";
        check_refused::<Region>(
            "us-east-1a",
            &format!("`us-east-1a` is an availability zone: {rule}; write `us-east-1`"),
        );
        check_refused::<Region>("US_EAST_1", &format!("`US_EAST_1` is not a region: {rule}; write `us-east-1`"));
        for text in ["", "us-east", "useast1", "us--1", "us-east-1-", "us-east-é", "us-east-100"] {
            check_refused::<Region>(text, &format!("`{text}` is not a region: {rule}"));
        }
    }

    #[test]
    fn a_zone_is_a_region_and_a_letter() {
        check_written::<Zone>("eu-central-1c", "eu-central-1c");
        let zone: Zone = "eu-central-1c".parse().unwrap();
        assert_eq!((zone.region().as_str(), zone.letter()), ("eu-central-1", 'c'));
        assert_eq!(zone.region().zone('c'), Some(zone.clone()));
        assert_eq!(zone.region().zone('3'), None);
        check_examples::<Zone>();
    }

    #[test]
    fn what_is_not_a_zone_is_refused() {
        let rule = "an availability zone is a region and a letter, like `us-east-1a`";
        check_refused::<Zone>("us-east-1", &format!("`us-east-1` is a region: {rule}; write `us-east-1a`"));
        check_refused::<Zone>(
            "us-east-1A",
            &format!("`us-east-1A` is not an availability zone: {rule}; write `us-east-1a`"),
        );
        check_refused::<Zone>("a", &format!("`a` is not an availability zone: {rule}"));
        check_refused::<Zone>("use1-az1", &format!("`use1-az1` is not an availability zone: {rule}"));
    }

    proptest! {
        #[test]
        fn what_the_pattern_admits_is_a_region(text in admitted::<Region>()) {
            check_written::<Region>(&text, &text);
        }

        #[test]
        fn what_the_pattern_admits_is_a_zone(text in admitted::<Zone>()) {
            check_written::<Zone>(&text, &text);
        }

        #[test]
        fn no_text_makes_a_parser_panic(text in any::<String>()) {
            let _ = (text.parse::<Region>(), text.parse::<Zone>());
        }
    }
}
