//! What a reader should know of a resource that is left as it is. Pure.

use super::Decision;
use crate::diff::Difference;
use crate::live::Live;
use crate::model::{Address, Definition, Document};
use crate::plan::change::{FieldChange, Note, Side, Stop};
use crate::plan::rotation;
use crate::plan::spec::Spec;

impl Decision<'_> {
    /// What cannot be read cannot be changed: where the code says something else than was applied, or wants a new value,
    /// that is no success.
    pub(super) fn tell_unreadable(
        &mut self,
        definition: &Definition,
        live: &Live,
        (document, spec): (&Document, Option<&Spec>),
        why: &str,
    ) {
        let (address, kind, id) = (definition.address.clone(), live.kind, live.id.clone());
        if rotation::asked(definition, live, self.registry, self.options).is_some() {
            let (address, why) = (address.clone(), format!("it cannot be read: {why}"));
            self.stops.push(Stop::CannotRotate { address, kind, why });
        }
        let fields = spec.map(|spec| spec.others(definition.schema, document)).unwrap_or_default();
        match fields.is_empty() {
            true => self.notes.push(Note::Unreadable { address, kind, id, why: why.to_owned() }),
            false => self.stops.push(Stop::Unreadable { address, kind, id, fields, why: why.to_owned() }),
        }
    }

    pub(super) fn note_external(&mut self, address: &Address, difference: Difference, owner: &str) {
        let value = |side: Side| match side {
            Side::Value(value) => value,
            Side::Unknown(reference) => reference.into(),
            Side::Absent => serde_json::Value::Null,
        };
        let (live, wanted) = (value(difference.before), value(difference.after));
        // Where the code says only where it begins (`{from: 2}`), there is nothing to tell until it has moved from there.
        let begins = wanted.as_object().filter(|parts| parts.len() == 1).and_then(|parts| parts.values().next());
        if begins == Some(&live) {
            return;
        }
        let (address, path, owner) = (address.clone(), difference.path, owner.to_owned());
        self.notes.push(Note::OwnedElsewhere { address, path, owner, live, wanted });
    }

    /// Others in the account have it too: it is not ours to take from them.
    pub(super) fn note_shared(&mut self, address: &Address, live: &Live) {
        self.notes.push(Note::KeptShared { address: address.clone(), kind: live.kind, id: live.id.clone() });
    }

    pub(super) fn note_moved(&mut self, address: &Address, live: &Live, moved: Vec<FieldChange>) {
        if moved.is_empty() {
            return;
        }
        let fields = moved.into_iter().map(|field| field.path).collect();
        self.notes.push(Note::SharedDiffers { address: address.clone(), kind: live.kind, id: live.id.clone(), fields });
    }
}
