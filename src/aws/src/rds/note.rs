//! What was said of a database and cannot be read back from it, in a tag: how closely its version was named, how much
//! storage it began with, and whether a snapshot is made when it goes.

use std::fmt;

use super::version::PostgresVersion;

/// The tag that the note is kept in.
pub(super) const NOTE: &str = "infra:database";

/// What was said of a database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Note {
    pub(super) version: PostgresVersion,
    pub(super) gib: u32,
    pub(super) last_snapshot: bool,
}

const SNAPSHOT: &str = "snapshot";
const NO_SNAPSHOT: &str = "no-snapshot";

impl Note {
    /// The note that a tag holds.
    pub(super) fn parse(text: &str) -> Option<Note> {
        let mut words = text.split(' ');
        let (version, gib) = (words.next()?.parse().ok()?, words.next()?.parse().ok()?);
        let last_snapshot = match words.next()? {
            SNAPSHOT => true,
            NO_SNAPSHOT => false,
            _ => return None,
        };
        words.next().is_none().then_some(Note { version, gib, last_snapshot })
    }
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Note { version, gib, last_snapshot } = self;
        write!(f, "{version} {gib} {}", if *last_snapshot { SNAPSHOT } else { NO_SNAPSHOT })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_note_survives_its_text() {
        for (version, last_snapshot) in [("16", true), ("16.4", false)] {
            let note = Note { version: version.parse().unwrap(), gib: 100, last_snapshot };
            assert_eq!(Note::parse(&note.to_string()), Some(note));
        }
        for odd in ["", "16", "16 100", "16 many snapshot", "16 100 perhaps", "16 100 snapshot more"] {
            assert_eq!(Note::parse(odd), None, "{odd}");
        }
    }
}
