//! Which values of its token a group accepts. AWS never tells; a note in a tag does, and never holds a value.
//!
//! A token changes in two phases, because clients read the new one in their own time. ROTATE adds the new value, and
//! both are good; SET, a day later at the earliest, leaves only the new one. Where this program makes the new value
//! (`--rotate`), clients are given it only when it is accepted, and no other is made before SET: a third value would
//! push out the first, which clients may still use. Each phase writes its note first, with the
//! time at which AWS says that the token had last been changed: if that time has not moved, the phase was noted and not
//! carried out. So a program that is killed between any two calls goes on where it was.

use std::fmt;

use crate::secretsmanager::Versions;

/// The tag that the note is kept in.
pub(super) const NOTE: &str = "infra:token";

/// For how long clients may still use the value before, in seconds.
pub(super) const GRACE: i64 = 24 * 60 * 60;

/// What was last done about a group's token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Note {
    /// The ARN of the secret that holds it.
    pub(super) secret: String,
    /// The version of the secret that was sent.
    pub(super) version: String,
    /// What was done with it.
    pub(super) act: Act,
    /// When AWS said that the token had last been changed, before this act.
    pub(super) since: Option<i64>,
}

/// What was done with a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Act {
    /// The group was made with it.
    Made,
    /// It was added.
    Rotated,
    /// It was made the only one.
    Set,
}

/// What AWS says of a group's token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Seen {
    /// Whether there is one.
    pub(super) enabled: bool,
    /// When it was last changed.
    pub(super) changed: Option<i64>,
}

/// How a group's token stands to its secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Standing {
    /// The secret's current value is accepted, and nothing needs to be done.
    Settled,
    /// The secret's current value is not accepted yet.
    Behind,
    /// The secret's new value is accepted, and is not the one that clients are given yet.
    Unused,
    /// The value before is still accepted, and its time is over.
    Overdue,
    /// Only the secret's value is accepted, and its rotation is not ended.
    Unended,
}

impl Note {
    /// How the token stands to the versions of its secret.
    pub(super) fn standing(&self, seen: Seen, versions: &Versions, now: i64) -> Standing {
        let Note { secret: _, version, act, since } = self;
        let done = *act == Act::Made || seen.changed != *since;
        let ripe = seen.changed.is_some_and(|changed| changed + GRACE < now);
        match act {
            Act::Rotated if !done => Standing::Behind,
            // A secret without a value gives nothing to send.
            _ if versions.newest().is_some_and(|newest| newest != version) => Standing::Behind,
            _ if versions.next.is_some() && versions.next != versions.current => Standing::Unused,
            Act::Set if !done => Standing::Overdue,
            Act::Rotated if ripe => Standing::Overdue,
            Act::Made | Act::Set if versions.next.is_some() => Standing::Unended,
            Act::Made | Act::Rotated | Act::Set => Standing::Settled,
        }
    }

    /// The note that a tag holds.
    pub(super) fn parse(text: &str) -> Option<Note> {
        let mut words = text.split(' ');
        let (secret, version) = (words.next()?.to_owned(), words.next()?.to_owned());
        let act = match words.next()? {
            "made" => Act::Made,
            "rotated" => Act::Rotated,
            "set" => Act::Set,
            _ => return None,
        };
        let since = words.next().map(str::parse).transpose().ok()?;
        words.next().is_none().then_some(Note { secret, version, act, since })
    }
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Note { secret, version, act, since } = self;
        let act = match act {
            Act::Made => "made",
            Act::Rotated => "rotated",
            Act::Set => "set",
        };
        write!(f, "{secret} {version} {act}")?;
        since.map_or(Ok(()), |since| write!(f, " {since}"))
    }
}

/// What is said of a token of which the value before is still accepted.
const OVERDUE: &str = "(the value before is still accepted)";

/// True for what is told of a token of which only the value before is to be ended.
pub(super) fn is_overdue(told: &str) -> bool {
    told.ends_with(OVERDUE)
}

/// What stands in a group's definition for its token: the secret's ARN, and what is wrong with it, if anything is.
pub(super) fn told(note: Option<&Note>, standing: Standing) -> String {
    let Some(note) = note else { return "(a token from elsewhere)".to_owned() };
    match standing {
        Standing::Settled => note.secret.clone(),
        Standing::Behind => format!("{} (its current value is not accepted yet)", note.secret),
        Standing::Unused => format!("{} (its new value is accepted and not handed out yet)", note.secret),
        Standing::Overdue => format!("{} {OVERDUE}", note.secret),
        Standing::Unended => format!("{} (its rotation is not ended)", note.secret),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &str = "arn:aws:secretsmanager:us-east-1:123456789012:secret:shop/redis-AbCdEf";

    fn note(version: &str, act: Act, since: Option<i64>) -> Note {
        Note { secret: SECRET.into(), version: version.into(), act, since }
    }

    fn seen(changed: i64) -> Seen {
        Seen { enabled: true, changed: Some(changed) }
    }

    fn versions(current: &str, next: Option<&str>) -> Versions {
        Versions { current: Some(current.into()), next: next.map(str::to_owned), previous: None }
    }

    #[test]
    fn a_note_survives_its_text() {
        for note in [note("v1", Act::Made, None), note("v2", Act::Rotated, Some(5)), note("v2", Act::Set, None)] {
            assert_eq!(Note::parse(&note.to_string()), Some(note));
        }
        for odd in ["", "a", "a b", "a b lost", "a b set x", "a b set 1 2"] {
            assert_eq!(Note::parse(odd), None, "{odd}");
        }
    }

    #[test]
    fn a_rotation_goes_through_its_phases() {
        let made = note("v1", Act::Made, None);
        assert_eq!(made.standing(seen(100), &versions("v1", None), 200), Standing::Settled);
        assert_eq!(
            made.standing(seen(100), &versions("v2", None), 200),
            Standing::Behind,
            "the secret has a new value"
        );

        let rotated = note("v2", Act::Rotated, Some(100));
        assert_eq!(
            rotated.standing(seen(100), &versions("v2", None), 200),
            Standing::Behind,
            "noted, and not yet done"
        );
        assert_eq!(
            rotated.standing(seen(210), &versions("v2", None), 220),
            Standing::Settled,
            "clients take their time"
        );
        assert_eq!(rotated.standing(seen(210), &versions("v2", None), 211 + GRACE), Standing::Overdue);

        let set = note("v2", Act::Set, Some(210));
        assert_eq!(
            set.standing(seen(210), &versions("v2", None), 212 + GRACE),
            Standing::Overdue,
            "noted, and not yet done"
        );
        assert_eq!(set.standing(seen(900), &versions("v2", None), 901), Standing::Settled);
        assert_eq!(set.standing(seen(900), &versions("v3", None), 901), Standing::Behind);
    }

    #[test]
    fn a_new_value_is_handed_out_when_it_is_accepted_and_ended_when_it_is_the_only_one() {
        let begun = versions("v1", Some("v2"));
        let made = note("v1", Act::Made, None);
        assert_eq!(made.standing(seen(100), &begun, 200), Standing::Behind);
        let rotated = note("v2", Act::Rotated, Some(100));
        assert_eq!(rotated.standing(seen(100), &begun, 200), Standing::Behind, "noted, and not yet done");
        assert_eq!(rotated.standing(seen(210), &begun, 220), Standing::Unused);
        let handed = versions("v2", Some("v2"));
        assert_eq!(rotated.standing(seen(210), &handed, 220), Standing::Settled, "clients take their time");
        assert_eq!(rotated.standing(seen(210), &handed, 211 + GRACE), Standing::Overdue);
        let set = note("v2", Act::Set, Some(210));
        assert_eq!(set.standing(seen(210), &handed, 212 + GRACE), Standing::Overdue, "noted, and not yet done");
        assert_eq!(set.standing(seen(900), &handed, 901), Standing::Unended);
        assert_eq!(set.standing(seen(900), &versions("v2", None), 901), Standing::Settled);
        let anew = note("v2", Act::Made, None);
        assert_eq!(anew.standing(seen(1), &handed, 2), Standing::Unended, "a new group knows one value only");
    }

    #[test]
    fn only_the_end_of_the_value_before_waits_for_others() {
        let note = note("v2", Act::Rotated, Some(100));
        let told = |standing| told(Some(&note), standing);
        assert!(is_overdue(&told(Standing::Overdue)));
        for other in [Standing::Settled, Standing::Behind, Standing::Unused, Standing::Unended] {
            assert!(!is_overdue(&told(other)), "{other:?}");
        }
    }

    #[test]
    fn a_secret_that_is_gone_changes_nothing() {
        assert_eq!(note("v1", Act::Made, None).standing(seen(1), &Versions::default(), 2), Standing::Settled);
    }
}
