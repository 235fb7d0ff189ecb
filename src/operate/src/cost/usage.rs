//! What is used: how much passes, how much is kept, how many tasks really run. It is given, by kind or by resource;
//! what is not given is not made up.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::fraction::{Fraction, FractionError};

/// Something about the use of a resource that its price depends on. Its name says its unit.
#[derive(Debug, PartialEq, Eq)]
pub struct UsageKey {
    /// As the usage file writes it: `gb_per_month`.
    pub name: &'static str,
    /// What it is, in a sentence.
    pub about: &'static str,
}

/// What is used.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Usage(BTreeMap<String, BTreeMap<String, Fraction>>);

/// Usage that is no number.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{of}: `{key}`: {source}")]
pub struct UsageError {
    /// The kind or the address.
    pub of: String,
    /// The key.
    pub key: String,
    /// Why.
    pub source: FractionError,
}

/// How usage is written, for reading it back.
pub type Written = BTreeMap<String, BTreeMap<String, Number>>;

/// A number as a file writes it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Number {
    /// Without a point.
    Whole(u64),
    /// With a point. Its shortest text is what was written.
    Decimal(f64),
}

impl Usage {
    /// Usage from its tables: by kind (`ec2/nat-gateway`) for each resource of it, by address for one alone.
    pub fn of(written: Written) -> Result<Usage, UsageError> {
        let mut usage = Usage::default();
        for (of, keys) in written {
            for (key, number) in keys {
                let text = match number {
                    Number::Whole(number) => number.to_string(),
                    Number::Decimal(number) => number.to_string(),
                };
                let number = text.parse().map_err(|source| UsageError { of: of.clone(), key: key.clone(), source })?;
                usage.set(&of, &key, number);
            }
        }
        Ok(usage)
    }

    /// Says one thing about a kind or a resource.
    pub fn set(&mut self, of: &str, key: &str, number: Fraction) {
        self.0.entry(of.to_owned()).or_default().insert(key.to_owned(), number);
    }

    /// What is said of a resource; what is said of it alone goes before what is said of its kind.
    pub fn get(&self, address: &str, kind: &str, key: &UsageKey) -> Option<Fraction> {
        let said = |of: &str| self.0.get(of)?.get(key.name).copied();
        said(address).or_else(|| said(kind))
    }
}
