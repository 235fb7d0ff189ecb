//! The number of an AWS account.

use std::fmt;
use std::str::FromStr;

use crate::invalid::Invalid;
use crate::text::written_as_text;

/// Twelve digits, of which the first may be zeros: it is a text and not a number.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct AccountId(String);

written_as_text!(
    AccountId,
    format: "account-id",
    pattern: "^[0-9]{12}$",
    description: "The number of an AWS account: twelve digits, in quotes.",
    examples: ["123456789012", "000000000000"]
);

impl FromStr for AccountId {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<AccountId, Invalid> {
        if text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit()) {
            return Ok(AccountId(text.to_owned()));
        }
        let digits: String = text.chars().filter(char::is_ascii_digit).collect();
        let only_spaced = text.chars().all(|c| c.is_ascii_digit() || c == '-' || c == ' ');
        Err(Invalid::new(format!("`{text}` is not an account"))
            .rule("it is a number of twelve digits, without spaces or hyphens")
            .instead((only_spaced && digits.len() == 12).then_some(digits)))
    }
}

impl fmt::Display for AccountId {
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
    fn twelve_digits_are_an_account() {
        check_written::<AccountId>("012345678901", "012345678901");
        check_examples::<AccountId>();
    }

    #[test]
    fn anything_else_is_not() {
        let rule = "it is a number of twelve digits, without spaces or hyphens";
        check_refused::<AccountId>("12345678901", &format!("`12345678901` is not an account: {rule}"));
        check_refused::<AccountId>("12345678901x", &format!("`12345678901x` is not an account: {rule}"));
        check_refused::<AccountId>(
            "1234-5678-9012",
            &format!("`1234-5678-9012` is not an account: {rule}; write `123456789012`"),
        );
    }

    #[test]
    fn a_number_is_told_to_be_a_text() {
        let error = serde_json::from_str::<AccountId>("123456789012").unwrap_err().to_string();
        assert!(error.contains("expected a text: The number of an AWS account: twelve digits, in quotes."), "{error}");
    }

    proptest! {
        #[test]
        fn what_the_pattern_admits_is_an_account(text in admitted::<AccountId>()) {
            check_written::<AccountId>(&text, &text);
        }
    }
}
