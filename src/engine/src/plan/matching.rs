//! Which live resource is which definition's: by the address on its tag, by an old address, by its natural name. Pure.

use std::collections::BTreeSet;

use super::change::{Note, Reason, Stop};
use super::options::{Goal, Options};
use super::spec::parent_of;
use crate::graph::Graph;
use crate::live::{Live, Registry, State, may_be_taken, natural_key};
use crate::model::{Address, Definition, Document, Field, Mutability, Ownership, Schema};

/// Finds live resources for definitions, each at most once.
pub(super) struct Matching<'a> {
    graph: &'a Graph,
    registry: &'a Registry,
    lives: &'a [Live],
    options: &'a Options,
    owner: String,
    taken: BTreeSet<usize>,
    disputed: BTreeSet<usize>,
    pub(super) stops: Vec<Stop>,
    pub(super) notes: Vec<Note>,
}

/// What was found for a definition.
pub(super) enum Match<'a> {
    /// This one; with the reason for which its tags change, if they do.
    Live(&'a Live, Option<Reason>),
    /// There is none: it is to be made.
    None,
    /// Nobody can tell; a stop says why.
    Unclear,
}

impl<'a> Matching<'a> {
    pub(super) fn new(
        graph: &'a Graph,
        registry: &'a Registry,
        lives: &'a [Live],
        options: &'a Options,
    ) -> Matching<'a> {
        let owner = options.owner.to_string();
        let (taken, disputed) = (BTreeSet::new(), BTreeSet::new());
        Matching { graph, registry, lives, options, owner, taken, disputed, stops: Vec::new(), notes: Vec::new() }
    }

    /// The live resource of a definition whose document is resolved as far as it is known.
    pub(super) fn find(&mut self, definition: &Definition, document: &Document) -> Match<'a> {
        if definition.schema.ownership != Ownership::Tags {
            return self.find_untagged(definition, document);
        }
        match self.claiming(definition, &definition.address).as_slice() {
            [] => {}
            [one] => return self.take(*one, None),
            several => return self.dispute(definition, several),
        }
        for from in &definition.renamed_from {
            match self.claiming(definition, from).as_slice() {
                [] => {}
                [one] => return self.take(*one, Some(Reason::RenamedFrom(from.clone()))),
                several => return self.dispute(definition, several),
            }
        }
        if let Some(Some(id)) = self.options.adopt.get(&definition.address) {
            let found = self.free().find(|(_, live)| live.kind == definition.schema.kind && live.id == *id);
            if let Some((index, _)) = found {
                return self.take(index, Some(Reason::Adopted));
            }
        }
        let found = match has_name(definition) {
            true => self.find_by_name(definition, document),
            false => self.find_alike(definition, document),
        };
        let asked = self.options.adopt.contains_key(&definition.address);
        if asked && matches!(found, Match::None) {
            let (address, kind) = (definition.address.clone(), definition.schema.kind);
            self.stops.push(Stop::NothingToAdopt { address, kind });
        }
        found
    }

    /// Ours, and nobody's in the code: what is left when every definition has been looked for.
    pub(super) fn leftovers(&self) -> impl Iterator<Item = &'a Live> {
        let index = |live: &Live| self.lives.iter().position(|other| std::ptr::eq(other, live));
        self.lives.iter().filter(move |live| {
            let free = index(live).is_some_and(|at| !self.taken.contains(&at) && !self.disputed.contains(&at));
            free && self.is_ours(live)
        })
    }

    /// What could have become ours, and fits nothing that is wanted.
    pub(super) fn unclaimed(&self) -> impl Iterator<Item = Note> {
        let free = self.free().filter(|(_, live)| may_be_taken(&live.tags, self.options.bearing()));
        free.map(|(_, live)| Note::Unclaimed { kind: live.kind, id: live.id.clone() })
    }

    /// True when a live resource is ours: by its own tag, or because its parent is.
    pub(super) fn is_ours(&self, live: &Live) -> bool {
        live.owner() == Some(&self.owner) || self.parent(live).is_some_and(|parent| self.is_ours(parent))
    }

    /// The live parent of a live child.
    pub(super) fn parent(&self, live: &Live) -> Option<&'a Live> {
        let (field, kind) = parent_of(self.registry.kind(live.kind)?.schema())?;
        parent_in(self.lives, field, kind, &live.document)
    }

    /// A child is told from others by its parent, and what is shared by its name alone, whoever has made it.
    fn find_untagged(&mut self, definition: &Definition, document: &Document) -> Match<'a> {
        let Some(key) = natural_key(definition.schema, document) else { return Match::None };
        let found = self.free().find(|(_, live)| live.kind == definition.schema.kind && live.key == Some(key.clone()));
        match found.map(|(index, _)| index) {
            Some(index) => self.take(index, None),
            None => Match::None,
        }
    }

    fn find_by_name(&mut self, definition: &Definition, document: &Document) -> Match<'a> {
        let Some(key) = natural_key(definition.schema, document) else { return Match::None };
        let named = self
            .free()
            .find(|(_, live)| live.kind == definition.schema.kind && live.key.as_deref() == Some(&key))
            .filter(|(_, live)| !live.is_retired());
        let Some((index, live)) = named else { return Match::None };
        if live.owner() == Some(&self.owner) {
            let Some(from) = live.address() else { return self.take(index, Some(Reason::Adopted)) };
            let elsewhere = self.graph.definitions().iter().any(|other| {
                let meant = other.address == from || other.renamed_from.contains(&from);
                meant && other.schema.kind == live.kind
            });
            if elsewhere {
                return Match::None;
            }
            self.notes.push(Note::FoundByName { address: definition.address.clone(), from: from.clone() });
            return self.take(index, Some(Reason::RenamedFrom(from)));
        }
        let asked = self.options.adopt.contains_key(&definition.address);
        if asked || (self.options.adopt_named && live.owner().is_none()) {
            return self.take(index, Some(Reason::Adopted));
        }
        self.disputed.insert(index);
        self.stops.push(Stop::Foreign {
            address: definition.address.clone(),
            kind: definition.schema.kind,
            id: live.id.clone(),
            owner: live.owner().map(str::to_owned),
        });
        Match::Unclear
    }

    /// Of a kind without natural names: what is nobody's, bears the tags that ours bear, is the same in every value that
    /// cannot be changed, and is more like the definition than any other is.
    fn find_alike(&mut self, definition: &Definition, document: &Document) -> Match<'a> {
        let common = &self.options.common_tags;
        if !self.options.adopt_named || common.is_empty() {
            return Match::None;
        }
        let bears = |live: &Live| common.iter().all(|(key, value)| live.tags.get(key) == Some(value));
        let free = self.free().filter(|(_, live)| live.kind == definition.schema.kind && live.owner().is_none());
        let alike = free
            .filter(|(_, live)| bears(live))
            .filter_map(|(index, live)| Some((likeness(definition.schema, &live.document, document)?, index)));
        let mut alike: Vec<(usize, usize)> = alike.collect();
        alike.sort_unstable();
        match alike.as_slice() {
            [.., (second, _), (first, _)] if second == first => Match::None,
            [.., (_, index)] => self.take(*index, Some(Reason::Adopted)),
            [] => Match::None,
        }
    }

    /// Live resources of a definition's kind that bear an address of ours and have not been replaced.
    fn claiming(&self, definition: &Definition, address: &Address) -> Vec<usize> {
        self.free()
            .filter(|(_, live)| live.kind == definition.schema.kind && !live.is_retired())
            .filter(|(_, live)| live.owner() == Some(&self.owner) && live.address().as_ref() == Some(address))
            .map(|(index, _)| index)
            .collect()
    }

    /// Nobody can tell which of several it is. When everything is to go, nobody needs to: they are left over.
    fn dispute(&mut self, definition: &Definition, several: &[usize]) -> Match<'a> {
        if self.options.goal == Goal::Destroy {
            return Match::None;
        }
        self.disputed.extend(several);
        self.stops.push(Stop::TwoClaims {
            address: definition.address.clone(),
            kind: definition.schema.kind,
            ids: several.iter().map(|index| self.lives[*index].id.clone()).collect(),
        });
        Match::Unclear
    }

    fn take(&mut self, index: usize, why: Option<Reason>) -> Match<'a> {
        self.taken.insert(index);
        Match::Live(&self.lives[index], why)
    }

    fn free(&self) -> impl Iterator<Item = (usize, &'a Live)> {
        let lives = self.lives.iter().enumerate();
        lives.filter(|(index, live)| {
            !self.taken.contains(index) && !self.disputed.contains(index) && live.state != State::Leaving
        })
    }
}

fn has_name(definition: &Definition) -> bool {
    definition.schema.fields.iter().any(|field| field.key)
}

/// In how many fields a live resource is as it is wanted; `None` where it can never become so.
fn likeness(schema: &Schema, live: &Document, wanted: &Document) -> Option<usize> {
    let same = |field: &&Field| live.field(field.name) == wanted.field(field.name);
    let fixed = |field: &&Field| field.mutability == Mutability::Replace;
    schema.fields.iter().filter(fixed).all(|field| same(&field)).then(|| schema.fields.iter().filter(same).count())
}

/// The live parent that a child's document names.
pub(super) fn parent_in<'a>(lives: &'a [Live], field: &str, kind: &str, child: &Document) -> Option<&'a Live> {
    let id = child.field(field)?.as_str()?;
    lives.iter().find(|live| live.kind == kind && live.id == id)
}
