//! The types of machines: `c6i.large`.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::sizes::is_size;

/// A type of machine: its family, its generation and its size, `c6i.large`.
///
/// ```
/// use infra_aws::ec2::{InstanceType, Processor};
///
/// let graviton: InstanceType = "c7g.large".parse().unwrap();
/// assert_eq!(graviton.processor(), Processor::Arm);
/// assert!("large".parse::<InstanceType>().is_err());
/// assert!("c7g.gigantic".parse::<InstanceType>().is_err());
/// ```
///
/// AWS adds types every few weeks, so one is judged by its form; whether it is to be had in a region, AWS says.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct InstanceType(String);

/// What programs on a machine are compiled for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Processor {
    /// Intel's and AMD's.
    X86,
    /// Graviton, AWS's own.
    Arm,
}

/// A text that is no type of machine.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a type of machine: write a family, its generation and a size, such as `c6i.large`")]
pub struct InstanceTypeError(String);

impl InstanceType {
    /// What programs on it are compiled for. Graviton's families have a `g` behind their generation: `c7g`, `t4g`.
    pub fn processor(&self) -> Processor {
        let family = self.0.split('.').next().unwrap_or_default();
        let letters = family.trim_start_matches(|c: char| c.is_ascii_lowercase());
        let additions = letters.trim_start_matches(|c: char| c.is_ascii_digit());
        if family == "a1" || additions.contains('g') { Processor::Arm } else { Processor::X86 }
    }
}

impl FromStr for InstanceType {
    type Err = InstanceTypeError;

    fn from_str(text: &str) -> Result<InstanceType, InstanceTypeError> {
        let word = |word: &str| {
            word.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
                && !word.is_empty()
        };
        let fits = text.split_once('.').is_some_and(|(family, size)| {
            family.starts_with(|c: char| c.is_ascii_lowercase()) && word(family) && is_size(size)
        });
        if fits { Ok(InstanceType(text.to_owned())) } else { Err(InstanceTypeError(text.to_owned())) }
    }
}

impl fmt::Display for InstanceType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for InstanceType {
    type Error = InstanceTypeError;

    fn try_from(text: String) -> Result<InstanceType, InstanceTypeError> {
        text.parse()
    }
}

impl From<InstanceType> for String {
    fn from(kind: InstanceType) -> String {
        kind.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_type_tells_its_processor() {
        let processor = |text: &str| text.parse::<InstanceType>().unwrap().processor();
        for x86 in ["c6i.large", "m5.xlarge", "g4dn.xlarge", "t3a.nano", "u-6tb1.metal", "g5.2xlarge"] {
            assert_eq!(processor(x86), Processor::X86, "{x86}");
        }
        for arm in ["c7g.large", "t4g.nano", "x2gd.medium", "im4gn.large", "a1.medium", "hpc7g.16xlarge"] {
            assert_eq!(processor(arm), Processor::Arm, "{arm}");
        }
    }

    #[test]
    fn what_is_no_type_is_refused() {
        for text in ["", "large", "c6i.", ".large", "C6i.large", "c6i large", "6c.large", "c6i.large.x"] {
            assert!(text.parse::<InstanceType>().is_err(), "{text}");
        }
    }
}
