//! How a secret value is made: so many characters, out of these. The value itself is never in a definition.

use infra_engine::live::{Fault, FaultKind};
use infra_engine::model::Secret as Hidden;
use serde::{Deserialize, Serialize};

/// How a secret value is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recipe {
    /// How many characters.
    pub length: u16,
    /// Which ones.
    pub characters: Characters,
}

/// The characters that a secret value is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Characters {
    /// Letters and digits: right everywhere, also in a URL.
    LettersAndDigits,
    /// Letters, digits and ``!&#$^<>-``: what ElastiCache takes for its AUTH token.
    AuthToken,
}

const LETTERS_AND_DIGITS: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
const AUTH_TOKEN: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789!&#$^<>-";

impl Characters {
    /// All of them.
    pub fn all(self) -> &'static str {
        match self {
            Characters::LettersAndDigits => LETTERS_AND_DIGITS,
            Characters::AuthToken => AUTH_TOKEN,
        }
    }

    fn word(self) -> &'static str {
        match self {
            Characters::LettersAndDigits => "letters-and-digits",
            Characters::AuthToken => "auth-token",
        }
    }
}

impl Recipe {
    /// A new value, from the operating system's randomness. Each character is as likely as any other.
    pub(super) fn cook(self) -> Result<Hidden, Fault> {
        let characters = self.characters.all().as_bytes();
        // The largest multiple that a byte can hold: what lies above would favour the first characters.
        let fair = 256 - 256 % characters.len();
        let (mut value, mut bytes) = (String::with_capacity(usize::from(self.length)), [0; 256]);
        while value.len() < usize::from(self.length) {
            getrandom::fill(&mut bytes).map_err(|error| {
                let message = format!("the operating system gives no random numbers: {error}");
                Fault::new(FaultKind::Broken, "secretsmanager:CreateSecret", message)
            })?;
            let fair = bytes.iter().map(|byte| usize::from(*byte)).filter(|byte| *byte < fair);
            let room = usize::from(self.length) - value.len();
            value.extend(fair.take(room).map(|byte| char::from(characters[byte % characters.len()])));
        }
        Ok(Hidden::new(value))
    }

    /// As a tag's value: `64 auth-token`.
    pub(super) fn note(self) -> String {
        format!("{} {}", self.length, self.characters.word())
    }

    /// What such a tag says.
    pub(super) fn of_note(note: &str) -> Option<Recipe> {
        let (length, word) = note.split_once(' ')?;
        let characters =
            [Characters::LettersAndDigits, Characters::AuthToken].into_iter().find(|all| all.word() == word)?;
        Some(Recipe { length: length.parse().ok()?, characters })
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn a_value_has_the_length_and_the_characters_of_its_recipe() {
        for characters in [Characters::LettersAndDigits, Characters::AuthToken] {
            for length in [1, 64, 4096] {
                let value = Recipe { length, characters }.cook().unwrap();
                assert_eq!(value.expose().len(), usize::from(length));
                assert!(value.expose().chars().all(|c| characters.all().contains(c)));
            }
            let long = Recipe { length: 16_384, characters }.cook().unwrap();
            let seen: BTreeSet<char> = long.expose().chars().collect();
            assert_eq!(seen, characters.all().chars().collect(), "every character comes up");
        }
    }

    #[test]
    fn no_two_values_are_the_same() {
        let recipe = Recipe { length: 32, characters: Characters::AuthToken };
        assert_ne!(recipe.cook().unwrap(), recipe.cook().unwrap());
    }

    #[test]
    fn a_recipe_survives_its_note() {
        for characters in [Characters::LettersAndDigits, Characters::AuthToken] {
            let recipe = Recipe { length: 64, characters };
            assert_eq!(Recipe::of_note(&recipe.note()), Some(recipe));
        }
        for odd in ["", "64", "many auth-token", "64 anything"] {
            assert_eq!(Recipe::of_note(odd), None, "{odd}");
        }
    }
}
