//! Who hands something over lets go of it only when its taker has it: a subnet that follows another route table, a topic
//! that another alarm calls. Pure.
//!
//! Only within a kind, and only where a new one can stand beside the old one: what takes a place waits for it to be free.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::StepId;
use super::build::{Builder, Decided};
use crate::live::Live;
use crate::model::{Definition, Document, Mutability, Ownership, Replacement, Schema, Shape};
use crate::plan::change::Action;

/// What a resource serves: a field, and what it names there.
type Served<'a> = BTreeSet<(&'static str, &'a str)>;

/// One that serves something no more, and by which step.
struct Giver<'a> {
    step: StepId,
    live: &'a Live,
    stays: bool,
    gives: Served<'a>,
}

/// One that serves something new, and by which step.
struct Taker<'a> {
    step: StepId,
    definition: &'a Definition,
    document: &'a Document,
    stood: bool,
    takes: Served<'a>,
}

impl Builder<'_> {
    /// What is handed over is with its taker before its giver lets go. Where another reason says otherwise, that holds:
    /// this is asked last.
    pub(super) fn order_hand_overs(&mut self, lives: &[Live], decided: &[Decided<'_>]) {
        let identifiers: BTreeSet<&str> =
            lives.iter().flat_map(|live| live.outputs.values().chain([&live.id])).map(String::as_str).collect();
        let takers: Vec<Taker<'_>> = decided.iter().filter_map(|one| self.taker(one, &identifiers)).collect();
        let mut taking: BTreeMap<(&str, &str, &str), Vec<usize>> = BTreeMap::new();
        for (index, taker) in takers.iter().enumerate() {
            for (field, what) in &taker.takes {
                taking.entry((taker.definition.schema.kind, field, what)).or_default().push(index);
            }
        }
        let schemas: BTreeMap<&str, &'static Schema> =
            takers.iter().map(|taker| (taker.definition.schema.kind, taker.definition.schema)).collect();
        let givers: Vec<Giver<'_>> =
            decided.iter().filter_map(|one| self.giver(one, schemas.get(one.live?.kind)?, &identifiers)).collect();
        for giver in &givers {
            let mut found: BTreeMap<usize, &str> = BTreeMap::new();
            for (field, what) in &giver.gives {
                for index in taking.get(&(giver.live.kind, field, what)).into_iter().flatten() {
                    found.entry(*index).or_insert(what);
                }
            }
            for (index, what) in found {
                let taker = &takers[index];
                if self.takes_its_place(giver, taker) || self.waits(taker.step, giver.step) {
                    continue;
                }
                self.link(giver.step, taker.step, || format!("{} takes over {what} first", taker.definition.address));
            }
        }
    }

    fn giver<'a>(
        &self,
        one: &'a Decided<'_>,
        schema: &'static Schema,
        identifiers: &BTreeSet<&str>,
    ) -> Option<Giver<'a>> {
        let live = one.live?;
        let had = serves(schema, &live.document, identifiers);
        match one.change.action {
            Action::Update => {
                let keeps = serves(schema, &one.document, identifiers);
                let gives = had.difference(&keeps).copied().collect();
                Some(Giver { step: *self.makes.get(&one.change.address)?, live, stays: true, gives })
            }
            Action::Delete => Some(Giver { step: self.deletion_of(live)?, live, stays: false, gives: had }),
            action if action.creates_first() => {
                Some(Giver { step: self.deletion_of(live)?, live, stays: false, gives: had })
            }
            Action::Create | Action::Replace(_) => None,
        }
    }

    fn taker<'a>(&self, one: &'a Decided<'_>, identifiers: &BTreeSet<&str>) -> Option<Taker<'a>> {
        let (definition, document) = (one.definition?, &one.document);
        let step = *self.makes.get(&one.change.address)?;
        let gets = serves(definition.schema, document, identifiers);
        let before = one.live.filter(|_| one.change.action == Action::Update);
        let has = before.map(|live| serves(definition.schema, &live.document, identifiers)).unwrap_or_default();
        let takes = gets.difference(&has).copied().collect();
        Some(Taker { step, definition, document, stood: before.is_some(), takes })
    }

    fn deletion_of(&self, live: &Live) -> Option<StepId> {
        self.deletes.iter().find(|(_, gone, _)| std::ptr::eq(*gone, live)).map(|(step, ..)| *step)
    }

    /// True when a taker comes, and cannot stand beside its giver, which goes.
    fn takes_its_place(&self, giver: &Giver<'_>, taker: &Taker<'_>) -> bool {
        let schema = taker.definition.schema;
        let said = match self.registry.kind(schema.kind) {
            Some(kind) => kind.replacement(&giver.live.document, taker.document),
            None => schema.replacement,
        };
        !giver.stays && !taker.stood && said == Replacement::DeleteFirst
    }
}

/// What a resource of a kind serves: what is in its sets, the live resources that it names where that can change, and, of a
/// child, its parent.
fn serves<'a>(schema: &'static Schema, document: &'a Document, identifiers: &BTreeSet<&str>) -> Served<'a> {
    let mut served = Served::new();
    for field in schema.fields {
        let Some(value) = document.field(field.name) else { continue };
        let is_parent = matches!(schema.ownership, Ownership::Parent { field: parent, .. } if parent == field.name);
        match field.mutability {
            _ if is_parent => served.extend(value.as_str().map(|parent| (field.name, parent))),
            Mutability::InPlace if field.shape != Shape::Secret => {
                let members = value.as_array().filter(|_| field.shape == Shape::Set).into_iter().flatten();
                served.extend(members.filter_map(Value::as_str).map(|member| (field.name, member)));
                let named = texts(value).into_iter().filter(|text| identifiers.contains(text));
                served.extend(named.map(|text| (field.name, text)));
            }
            Mutability::InPlace | Mutability::Replace | Mutability::Initial | Mutability::External(_) => {}
        }
    }
    served
}

fn texts(value: &Value) -> Vec<&str> {
    match value {
        Value::String(text) => vec![text],
        Value::Array(items) => items.iter().flat_map(texts).collect(),
        Value::Object(map) => map.values().flat_map(texts).collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) => Vec::new(),
    }
}
