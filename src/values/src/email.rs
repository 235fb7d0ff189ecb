//! E-mail addresses, to which alarms and bills go.

use std::fmt;
use std::str::FromStr;

use crate::invalid::Invalid;
use crate::text::written_as_text;

/// An e-mail address: `team@example.com`. Without quotes, comments or a bare host, which AWS takes nowhere.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Email(String);

written_as_text!(
    Email,
    format: "email",
    pattern: "^[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9-]+(\\.[A-Za-z0-9-]+)+$",
    description: "An e-mail address, like `team@example.com`.",
    examples: ["team@example.com", "bills+prod@example.co.uk"]
);

impl Email {
    /// The address, as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Email {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Email, Invalid> {
        match problem(text) {
            None => Ok(Email(text.to_owned())),
            Some(problem) => {
                let trimmed = text.trim().trim_start_matches("mailto:");
                Err(Invalid::new(format!("`{text}` {problem}"))
                    .rule("an e-mail address is written like `team@example.com`")
                    .instead(self::problem(trimmed).is_none().then(|| trimmed.to_owned())))
            }
        }
    }
}

fn problem(text: &str) -> Option<String> {
    let Some((mailbox, domain)) = text.rsplit_once('@') else { return Some("has no `@`".to_owned()) };
    let in_mailbox = |c: &char| c.is_ascii_alphanumeric() || ".!#$%&'*+/=?^_`{|}~-".contains(*c);
    let in_domain = |c: &char| c.is_ascii_alphanumeric() || *c == '-' || *c == '.';
    let strange = mailbox.chars().find(|c| !in_mailbox(c)).or_else(|| domain.chars().find(|c| !in_domain(c)));
    let label =
        |label: &str| !label.is_empty() && label.len() <= 63 && !label.starts_with('-') && !label.ends_with('-');
    if let Some(strange) = strange {
        Some(format!("has {strange:?}"))
    } else if mailbox.is_empty() || mailbox.len() > 64 {
        Some("needs from 1 to 64 letters before the `@`".to_owned())
    } else if mailbox.starts_with('.') || mailbox.ends_with('.') || mailbox.contains("..") {
        Some("has a dot with nothing beside it".to_owned())
    } else if !domain.contains('.') || !domain.split('.').all(label) {
        Some(format!("has `{domain}` after the `@`, which is not a domain"))
    } else {
        (text.len() > 254).then(|| "is longer than 254 letters".to_owned())
    }
}

impl fmt::Display for Email {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::laws::{check_examples, check_refused, check_written};

    #[test]
    fn usual_addresses_are_accepted_as_they_are() {
        for text in ["team@example.com", "A.B+c@x-y.Example.org", "o'brien@example.ie"] {
            check_written::<Email>(text, text);
        }
        check_examples::<Email>();
    }

    #[test]
    fn what_no_mail_would_reach_is_refused() {
        let rule = "an e-mail address is written like `team@example.com`";
        for (text, problem) in [
            ("team", "has no `@`".to_owned()),
            ("", "has no `@`".to_owned()),
            ("a b@example.com", "has ' '".to_owned()),
            ("a@b@example.com", "has '@'".to_owned()),
            ("@example.com", "needs from 1 to 64 letters before the `@`".to_owned()),
            ("a..b@example.com", "has a dot with nothing beside it".to_owned()),
            ("team@localhost", "has `localhost` after the `@`, which is not a domain".to_owned()),
            ("team@example..com", "has `example..com` after the `@`, which is not a domain".to_owned()),
            ("team@-x.com", "has `-x.com` after the `@`, which is not a domain".to_owned()),
        ] {
            check_refused::<Email>(text, &format!("`{text}` {problem}: {rule}"));
        }
        check_refused::<Email>("a@x.org ", &format!("`a@x.org ` has ' ': {rule}; write `a@x.org`"));
    }
}
