//! Which version of its secret a database's password is. RDS never tells; a note in a tag does, and holds no value.
//!
//! Postgres knows one password of a user. From the moment in which RDS sets another, what is connected stays connected,
//! and whoever connects must show the new one. So a new value is set first and handed out when it is in force; who is
//! given it follows at once, by way of the secret's version. The note is written when RDS has taken the value, and not
//! before: a program that is killed in between sets the same value once more.

use std::fmt;

use crate::secretsmanager::Versions;

/// The tag that the note is kept in.
pub(super) const NOTE: &str = "infra:password";

/// Which version of which secret was set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Note {
    /// The ARN of the secret.
    pub(super) secret: String,
    /// The version of it that was set.
    pub(super) version: String,
}

/// How a database's password stands to its secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Standing {
    /// The secret's value is in force.
    Settled,
    /// The secret has a newer value, which is not in force yet.
    Behind,
    /// The newest value is in force, and its rotation is not ended.
    Unended,
}

impl Note {
    /// How the password stands to the versions of its secret. A secret that is gone changes nothing.
    pub(super) fn standing(&self, versions: &Versions) -> Standing {
        match versions.newest() {
            Some(newest) if newest != self.version => Standing::Behind,
            Some(_) if versions.next.is_some() => Standing::Unended,
            _ => Standing::Settled,
        }
    }

    /// The note that a tag holds.
    pub(super) fn parse(text: &str) -> Option<Note> {
        let (secret, version) = text.split_once(' ')?;
        (!version.contains(' ')).then(|| Note { secret: secret.to_owned(), version: version.to_owned() })
    }

    /// What stands in a database's definition: the secret's ARN, and what is wrong with it, if anything is.
    pub(super) fn told(&self, standing: Standing) -> String {
        match standing {
            Standing::Settled => self.secret.clone(),
            Standing::Behind => format!("{} (its current value is not in force yet)", self.secret),
            Standing::Unended => format!("{} (its new value is in force, and its rotation is not ended)", self.secret),
        }
    }
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.secret, self.version)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &str = "arn:aws:secretsmanager:us-east-1:123456789012:secret:shop/postgres-AbCdEf";

    fn note(version: &str) -> Note {
        Note { secret: SECRET.into(), version: version.into() }
    }

    fn versions(current: &str, next: Option<&str>) -> Versions {
        Versions { current: Some(current.into()), next: next.map(str::to_owned), previous: None }
    }

    #[test]
    fn a_note_survives_its_text() {
        assert_eq!(Note::parse(&note("v1").to_string()), Some(note("v1")));
        for odd in ["", "a", "a b c"] {
            assert_eq!(Note::parse(odd), None, "{odd}");
        }
    }

    #[test]
    fn a_rotation_is_set_then_ended() {
        assert_eq!(note("v1").standing(&versions("v1", None)), Standing::Settled);
        assert_eq!(note("v1").standing(&versions("v1", Some("v2"))), Standing::Behind);
        assert_eq!(note("v2").standing(&versions("v1", Some("v2"))), Standing::Unended, "set, and not handed out");
        assert_eq!(note("v2").standing(&versions("v2", Some("v2"))), Standing::Unended, "handed out, and not ended");
        assert_eq!(note("v2").standing(&versions("v2", None)), Standing::Settled);
        assert_eq!(note("v2").standing(&versions("v3", None)), Standing::Behind, "somebody wrote another value");
        assert_eq!(note("v2").standing(&Versions::default()), Standing::Settled, "a secret that is gone");
    }
}
