//! A version of PostgreSQL, as closely as one wants to say it.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A version of PostgreSQL: `16`, of which AWS chooses the newest minor one, or `16.4`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct PostgresVersion {
    /// The major version.
    pub major: u8,
    /// The minor one, if it matters.
    pub minor: Option<u8>,
}

/// A text that is no version of PostgreSQL.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a version of PostgreSQL: it is written like `16` or `16.4`")]
pub struct PostgresVersionError(String);

impl PostgresVersion {
    /// True when a live version is what is said here; where AWS brings it to newer minor versions, also a newer one.
    pub(super) fn covers(self, live: PostgresVersion, minor_upgrades: bool) -> bool {
        let minor = self.minor.is_none_or(|minor| match live.minor {
            Some(live) if minor_upgrades => live >= minor,
            live => live == Some(minor),
        });
        self.major == live.major && minor
    }
}

impl fmt::Display for PostgresVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.major)?;
        self.minor.map_or(Ok(()), |minor| write!(f, ".{minor}"))
    }
}

impl FromStr for PostgresVersion {
    type Err = PostgresVersionError;

    /// Also what RDS writes of its own releases: `16.4-R2`, and `13.22-rds.20260312` of one that is supported for longer
    /// than PostgreSQL supports it.
    fn from_str(text: &str) -> Result<PostgresVersion, PostgresVersionError> {
        let plain = text.split_once("-R").or_else(|| text.split_once("-rds.")).map_or(text, |(plain, _)| plain);
        let (major, minor) = plain.split_once('.').map_or((plain, None), |(major, minor)| (major, Some(minor)));
        let number = |text: &str| text.parse::<u8>().map_err(|_| PostgresVersionError(plain.to_owned()));
        Ok(PostgresVersion { major: number(major)?, minor: minor.map(number).transpose()? })
    }
}

impl TryFrom<String> for PostgresVersion {
    type Error = PostgresVersionError;

    fn try_from(text: String) -> Result<PostgresVersion, PostgresVersionError> {
        text.parse()
    }
}

impl From<PostgresVersion> for String {
    fn from(version: PostgresVersion) -> String {
        version.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn version(text: &str) -> PostgresVersion {
        text.parse().unwrap()
    }

    #[test]
    fn a_version_survives_its_text() {
        for text in ["16", "16.4"] {
            assert_eq!(version(text).to_string(), text);
        }
        assert_eq!(version("16.4-R2"), version("16.4"));
        assert_eq!(version("11.22-rds.20241121"), version("11.22"));
        for odd in ["", "16.", "16.x", "sixteen", "16.4.1"] {
            assert!(odd.parse::<PostgresVersion>().is_err(), "{odd}");
        }
    }

    #[test]
    fn a_live_version_is_compared_as_closely_as_was_said() {
        assert!(version("16").covers(version("16.4"), false));
        assert!(!version("16").covers(version("17.1"), true));
        assert!(version("16.4").covers(version("16.4"), false));
        assert!(version("16.4").covers(version("16.6"), true), "AWS has brought it there");
        assert!(!version("16.4").covers(version("16.6"), false));
        assert!(!version("16.4").covers(version("16.3"), true));
    }
}
