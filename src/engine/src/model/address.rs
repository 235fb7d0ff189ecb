//! The name of a definition: `stack.name`, unique in an environment. Never a cloud's identifier.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// `network.private-a`: the stack, a dot, the name in it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Address {
    stack: String,
    name: String,
}

impl Address {
    /// An address from its two halves; each of lower-case letters, digits and hyphens.
    pub fn new(stack: impl Into<String>, name: impl Into<String>) -> Result<Address, AddressError> {
        let (stack, name) = (stack.into(), name.into());
        for part in [&stack, &name] {
            let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
            if part.is_empty() || part.len() > 100 || !part.chars().all(plain) {
                return Err(AddressError { text: format!("{stack}.{name}") });
            }
        }
        Ok(Address { stack, name })
    }

    /// The stack's name.
    pub fn stack(&self) -> &str {
        &self.stack
    }

    /// The name within the stack.
    pub fn name(&self) -> &str {
        &self.name
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.stack, self.name)
    }
}

impl FromStr for Address {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Address, AddressError> {
        match text.split_once('.') {
            Some((stack, name)) => Address::new(stack, name),
            None => Err(AddressError { text: text.to_owned() }),
        }
    }
}

impl TryFrom<String> for Address {
    type Error = AddressError;

    fn try_from(text: String) -> Result<Address, AddressError> {
        text.parse()
    }
}

impl From<Address> for String {
    fn from(address: Address) -> String {
        address.to_string()
    }
}

/// A text that is not an address.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not an address: it is `stack.name`, each of lower-case letters, digits and hyphens (at most 100)")]
pub struct AddressError {
    text: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_survives_its_own_text() {
        let address: Address = "network.private-a".parse().unwrap();
        assert_eq!((address.stack(), address.name()), ("network", "private-a"));
        assert_eq!(address.to_string().parse::<Address>(), Ok(address));
    }

    #[test]
    fn what_is_not_an_address_is_refused() {
        for text in ["network", "network.", ".main", "Network.main", "network.a b", "a.b.c"] {
            assert!(text.parse::<Address>().is_err(), "{text}");
        }
    }
}
