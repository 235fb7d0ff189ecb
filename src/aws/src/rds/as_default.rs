//! Which parameters were set to the value that is the family's default too: AWS does not list those as set.
//!
//! Their names are in tags of the group, because nothing else tells "16384 because somebody said so" from "16384 by
//! itself". When AWS changes the default, the value reads back as another one, and is set.

use std::collections::BTreeSet;

use infra_engine::live::Retag;
use infra_engine::model::Tags;

/// What the keys of these tags begin with; a number follows.
const NOTE: &str = "infra:as-default-";

/// What one tag holds at most.
const MOST: usize = 256;

/// The names that are noted.
pub(super) fn noted(tags: &Tags) -> BTreeSet<String> {
    let notes = tags.iter().filter(|(key, _)| key.starts_with(NOTE));
    notes.flat_map(|(_, names)| names.split(' ')).filter(|name| !name.is_empty()).map(str::to_owned).collect()
}

/// Takes the notes out of the tags: they are no tags of the definition's.
pub(super) fn forget(tags: &mut Tags) {
    tags.retain(|key, _| !key.starts_with(NOTE));
}

/// What is to be set and removed so that these names are noted, and no others.
pub(super) fn renote<'a>(tags: &Tags, names: impl Iterator<Item = &'a str>) -> Retag {
    let mut notes: Vec<String> = Vec::new();
    for name in names {
        match notes.last_mut() {
            Some(note) if note.len() + 1 + name.len() <= MOST => {
                note.push(' ');
                note.push_str(name);
            }
            _ => notes.push(name.to_owned()),
        }
    }
    let wanted: Tags = (1..).zip(notes).map(|(number, note)| (format!("{NOTE}{number}"), note)).collect();
    let remove = tags.keys().filter(|key| key.starts_with(NOTE) && !wanted.contains_key(*key)).cloned().collect();
    let set = wanted.into_iter().filter(|(key, note)| tags.get(key) != Some(note)).collect();
    Retag { set, remove }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn notes_are_as_many_tags_as_it_takes() {
        let names: Vec<String> = (0..30).map(|number| format!("a_parameter_number_{number:02}")).collect();
        let Retag { set, remove } = renote(&Tags::new(), names.iter().map(String::as_str));
        assert!(remove.is_empty() && set.len() == 3 && set.values().all(|note| note.len() <= MOST), "{set:?}");
        assert_eq!(noted(&set), names.into_iter().collect());
        let fewer = renote(&set, ["work_mem"].into_iter());
        assert_eq!(fewer.set, Tags::from([("infra:as-default-1".into(), "work_mem".into())]));
        assert_eq!(fewer.remove, ["infra:as-default-2", "infra:as-default-3"]);
        let mut left = Tags::from([("Name".into(), "shop".into()), ("infra:as-default-1".into(), "work_mem".into())]);
        assert_eq!(renote(&left, ["work_mem"].into_iter()), Retag::default(), "nothing has changed");
        forget(&mut left);
        assert_eq!(left, Tags::from([("Name".into(), "shop".into())]));
    }
}
