//! Tags of what cannot have any: noted in its description.
//!
//! A description holds 128 or 256 characters, so the note is short: `:owner=shop/prod` is the tag `infra:owner`, and
//! a tag of the usual value is noted by its key alone. What somebody wrote there for people is no note.

use infra_engine::live::{Fault, FaultKind, Retag};
use infra_engine::model::{Owner, Tags, keys};
use percent_encoding::{AsciiSet, CONTROLS, percent_decode_str, utf8_percent_encode};

/// What a note begins with.
const MARK: &str = "infra";
/// What the keys of ownership begin with, and what stands for it.
const OURS: (&str, &str) = ("infra:", ":");
/// What would not come back as it was.
const ESCAPED: &AsciiSet = &CONTROLS.add(b' ').add(b'=').add(b'%');

/// Tags as a description of at most so many characters, for something of this name.
pub(super) fn note(operation: &'static str, name: &str, tags: &Tags, most: usize) -> Result<String, Fault> {
    let usual = Usual::of(name, tags.get(keys::OWNER));
    let mut note = MARK.to_owned();
    // Tags of ownership come first: their keys begin with a colon, and a reader looks for them.
    let (ours, others): (Vec<_>, Vec<_>) = tags.iter().partition(|(key, _)| key.starts_with(OURS.0));
    for (key, value) in ours.into_iter().chain(others) {
        let short = key.strip_prefix(OURS.0).map_or_else(|| key.clone(), |rest| format!("{}{rest}", OURS.1));
        note.push(' ');
        note.extend(utf8_percent_encode(&short, ESCAPED));
        if usual.value(key) != Some(value) {
            note.push('=');
            note.extend(utf8_percent_encode(value, ESCAPED));
        }
    }
    if note.len() <= most {
        return Ok(note);
    }
    let message = format!(
        "its tags are noted in its description, where they need {} characters and have {most}: shorten its address \
         or its name, or use fewer tags",
        note.len()
    );
    Err(Fault::new(FaultKind::Refused, operation, message))
}

/// The tags that a description notes; none where it was written for people.
pub(super) fn tags(name: &str, description: &str) -> Tags {
    let mut words = description.split(' ');
    if words.next() != Some(MARK) {
        return Tags::new();
    }
    let plain = |text: &str| percent_decode_str(text).decode_utf8_lossy().into_owned();
    let noted: Vec<(String, Option<String>)> = words
        .filter(|word| !word.is_empty())
        .map(|word| {
            let (key, value) = word.split_once('=').map_or((word, None), |(key, value)| (key, Some(plain(value))));
            let key = match key.strip_prefix(OURS.1) {
                Some(rest) => format!("{}{}", OURS.0, plain(rest)),
                None => plain(key),
            };
            (key, value)
        })
        .collect();
    let owner = noted.iter().find(|(key, _)| key == keys::OWNER).and_then(|(_, value)| value.clone());
    let usual = Usual::of(name, owner.as_ref());
    let value = |key: &str, value: Option<String>| value.or_else(|| usual.value(key).cloned()).unwrap_or_default();
    noted.into_iter().map(|(key, told)| (key.clone(), value(&key, told))).collect()
}

/// The tags with some set and some removed.
pub(super) fn changed(mut tags: Tags, retag: &Retag) -> Tags {
    let Retag { set, remove } = retag;
    tags.extend(set.clone());
    tags.retain(|key, _| !remove.contains(key));
    tags
}

/// The values that need no words: they stand elsewhere in the note or beside it.
struct Usual {
    name: String,
    owner: Option<Owner>,
    retired: String,
}

impl Usual {
    fn of(name: &str, owner: Option<&String>) -> Usual {
        let owner = owner.and_then(|owner| owner.parse().ok());
        Usual { name: name.to_owned(), owner, retired: "true".to_owned() }
    }

    fn value(&self, key: &str) -> Option<&String> {
        match key {
            "Name" => Some(&self.name),
            "Project" => self.owner.as_ref().map(|owner| &owner.project),
            "Environment" => self.owner.as_ref().map(|owner| &owner.environment),
            keys::RETIRED => Some(&self.retired),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(pairs: &[(&str, &str)]) -> Tags {
        pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
    }

    fn platform() -> Tags {
        of(&[
            ("Environment", "prod"),
            ("Name", "django-microservices-security"),
            ("Project", "django-microservices"),
            (keys::OWNER, "django-microservices/prod"),
            (keys::ADDRESS, "cdn.security-headers"),
            (keys::SPEC, "1.abcd.0123456789abcdef"),
        ])
    }

    #[test]
    fn the_platforms_tags_fit_into_the_shortest_description() {
        let note = note("x:Y", "django-microservices-security", &platform(), 128).unwrap();
        assert_eq!(
            note,
            "infra :address=cdn.security-headers :owner=django-microservices/prod :spec=1.abcd.0123456789abcdef \
             Environment Name Project"
        );
        assert_eq!(tags("django-microservices-security", &note), platform());

        let mut retired = platform();
        retired.insert(keys::RETIRED.to_owned(), "true".to_owned());
        let note = super::note("x:Y", "django-microservices-security", &retired, 128).unwrap();
        assert_eq!(tags("django-microservices-security", &note), retired, "also when another one takes its place");
    }

    #[test]
    fn values_survive_whatever_is_in_them() {
        let odd =
            of(&[("Name", "another"), ("a b", "c=d e%"), ("empty", ""), (keys::PROTECT, "true"), ("Project", "x")]);
        assert_eq!(tags("shop", &note("x:Y", "shop", &odd, 256).unwrap()), odd);
    }

    #[test]
    fn what_was_written_for_people_is_no_note() {
        assert_eq!(tags("shop", "Serves the assets, infra :owner=shop/prod"), Tags::new());
        assert_eq!(tags("shop", ""), Tags::new());
    }

    #[test]
    fn what_does_not_fit_is_refused_and_not_cut() {
        let fault = note("x:Y", "shop", &of(&[("long", &"x".repeat(200))]), 128).unwrap_err();
        assert_eq!(fault.kind, FaultKind::Refused);
        assert!(fault.message.contains("211 characters and have 128"), "{fault}");
    }
}
