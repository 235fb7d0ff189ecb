//! Which live resource is which definition's: by the address on its tag, by an old address, by its natural name. Pure.
//!
//! A tag claims, the ledger proves. Where two claim one address, the one that the ledger knows is taken; where what the
//! ledger knows has lost its tag, the plan stops.

use std::collections::{BTreeMap, BTreeSet};

use super::change::{Note, Reason, Stop};
use super::options::{Goal, Options};
use super::proof::Proof;
use super::spec::parent_of;
use crate::check::Otherwise;
use crate::diff::differences;
use crate::graph::Graph;
use crate::live::{Live, Registry, State, may_be_taken, natural_key};
use crate::model::{Address, Definition, Document, Field, Ledger, Mutability, Ownership, Schema, Shape};

/// Finds live resources for definitions, each at most once.
pub(super) struct Matching<'a> {
    graph: &'a Graph,
    registry: &'a Registry,
    lives: &'a [Live],
    ledger: &'a Ledger,
    options: &'a Options,
    owner: String,
    index: Index<'a>,
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
        ledger: &'a Ledger,
        options: &'a Options,
    ) -> Matching<'a> {
        let owner = options.owner.to_string();
        let (taken, disputed) = (BTreeSet::new(), BTreeSet::new());
        let (stops, notes) = (Vec::new(), Vec::new());
        let index = Index::of(lives, ledger);
        Matching { graph, registry, lives, ledger, options, owner, index, taken, disputed, stops, notes }
    }

    /// The live resource of a definition whose document is resolved as far as it is known.
    pub(super) fn find(&mut self, definition: &Definition, document: &Document) -> Match<'a> {
        if definition.schema.ownership != Ownership::Tags {
            return self.find_untagged(definition, document);
        }
        if let Some(Some(id)) = self.options.adopt.get(&definition.address) {
            return self.find_adopted(definition, id);
        }
        let addresses = [&definition.address].into_iter().chain(&definition.renamed_from);
        for (place, address) in addresses.enumerate() {
            let why = (place > 0).then(|| Reason::RenamedFrom(address.clone()));
            match self.find_claiming(definition, document, address, why) {
                Match::None => {}
                found => return found,
            }
        }
        match self.find_moved(definition) {
            Match::None => {}
            found => return found,
        }
        match self.find_lost(definition) {
            Match::None => {}
            found => return found,
        }
        let found = match has_name(definition) {
            true => self.find_by_name(definition, document),
            false => self.find_alike(definition, document),
        };
        if self.is_to_adopt(definition) && matches!(found, Match::None) {
            let (address, kind) = (definition.address.clone(), definition.schema.kind);
            self.stops.push(Stop::NothingToAdopt { address, kind, id: None });
        }
        found
    }

    /// Ours, and nobody's in the code: what is left when every definition has been looked for; what has lost its tag is among
    /// it.
    pub(super) fn leftovers(&self) -> impl Iterator<Item = &'a Live> {
        self.free_or_leaving().map(|(_, live)| live).filter(|live| self.is_ours(live) || self.has_lost_its_tag(live))
    }

    /// True for what we have made, and what says of itself that it is nobody's.
    pub(super) fn has_lost_its_tag(&self, live: &Live) -> bool {
        let tagged = self.registry.kind(live.kind).is_some_and(|kind| kind.schema().ownership == Ownership::Tags);
        tagged && live.owner().is_none() && self.ledger.entry(live.kind, &live.id).is_some()
    }

    /// Children of parents of ours that nobody has defined, and that we have not made.
    pub(super) fn strangers(&self) -> impl Iterator<Item = (&'a Live, &'a Live)> {
        self.free_or_leaving().filter_map(|(_, live)| {
            let parent = self.parent(live).filter(|parent| self.is_ours(parent))?;
            (!self.is_ours(live)).then_some((live, parent))
        })
    }

    /// What could have become ours, and fits nothing that is wanted.
    pub(super) fn unclaimed(&self) -> impl Iterator<Item = Note> {
        let free = self.free().filter(|(_, live)| may_be_taken(&live.tags, self.options.bearing()));
        let free = free.filter(|(_, live)| !self.has_lost_its_tag(live));
        free.map(|(_, live)| Note::Unclaimed { kind: live.kind, id: live.id.clone() })
    }

    /// True when a live resource is ours: by its own tag; a child, when we have made it.
    pub(super) fn is_ours(&self, live: &Live) -> bool {
        let proof = Proof::new(self.registry, self.ledger);
        match self.registry.kind(live.kind).map(|kind| kind.schema().ownership) {
            Some(Ownership::Parent { .. }) => proof.entry(live).is_some(),
            _ => live.owner() == Some(&self.owner),
        }
    }

    /// The live parent of a live child.
    pub(super) fn parent(&self, live: &Live) -> Option<&'a Live> {
        let (field, kind) = parent_of(self.registry.kind(live.kind)?.schema())?;
        let id = live.document.field(field)?.as_str()?;
        self.index.by_id.get(&(kind, id)).map(|index| &self.lives[*index])
    }

    /// A child is told from others by its parent, and what is shared by its name alone, whoever has made it.
    fn find_untagged(&mut self, definition: &Definition, document: &Document) -> Match<'a> {
        let Some(key) = natural_key(definition.schema, document) else { return Match::None };
        let found = self.index.named(definition.schema.kind, &key).iter().copied().find(|index| self.is_free(*index));
        // Nothing is written on it, so there is nothing to adopt; another one than it cannot be meant either.
        if let Some(Some(given)) = self.options.adopt.get(&definition.address)
            && found.is_none_or(|index| self.lives[index].id != *given)
        {
            let (address, kind, given) = (definition.address.clone(), definition.schema.kind, given.clone());
            return match found {
                Some(index) => {
                    let id = self.lives[index].id.clone();
                    self.stop(Stop::HasAnother { address, kind, id, given }, &[index])
                }
                None => self.stop(Stop::NothingToAdopt { address, kind, id: Some(given) }, &[]),
            };
        }
        match found {
            Some(index) => self.take(index, None),
            None => Match::None,
        }
    }

    /// Exactly the resource that was named, or nothing.
    fn find_adopted(&mut self, definition: &Definition, id: &str) -> Match<'a> {
        let (address, kind) = (definition.address.clone(), definition.schema.kind);
        let index = self.index.by_id.get(&(kind, id)).copied().filter(|index| self.is_free(*index));
        let Some(index) = index else {
            self.stops.push(Stop::NothingToAdopt { address, kind, id: Some(id.to_owned()) });
            return Match::Unclear;
        };
        let live = &self.lives[index];
        let other = self.claiming(definition, &address).into_iter().find(|other| *other != index);
        if let Some(other) = other {
            let (has, given) = (self.lives[other].id.clone(), id.to_owned());
            let claims = live.owner() == Some(&self.owner) && live.address().as_ref() == Some(&address);
            let stop = match claims {
                true => Stop::TwoClaims { address, kind, ids: vec![has, given] },
                false => Stop::HasAnother { address, kind, id: has, given },
            };
            return self.stop(stop, &[other, index]);
        }
        if !self.may_adopt(live) {
            return self.foreign(definition, index);
        }
        let is_already = live.owner() == Some(&self.owner) && live.address().as_ref() == Some(&address);
        self.take(index, (!is_already).then_some(Reason::Adopted))
    }

    /// The one that claims an address. What was only marked as replaced is taken back if nothing came of it.
    fn find_claiming(
        &mut self,
        definition: &Definition,
        document: &Document,
        address: &Address,
        why: Option<Reason>,
    ) -> Match<'a> {
        let (retired, standing): (Vec<usize>, Vec<usize>) =
            self.claiming(definition, address).into_iter().partition(|index| self.lives[*index].is_retired());
        let known = |index: &&usize| {
            let live = &self.lives[**index];
            self.ledger.entry(live.kind, &live.id).is_some()
        };
        match standing.as_slice() {
            [one] => match (self.robbed(definition, *one), self.went_back(definition, document, *one, &retired)) {
                (Some(stop), _) => self.stop(stop, &[*one]),
                (None, Some(back)) => self.take(back, Some(Reason::TakenBack)),
                (None, None) => self.take(*one, why),
            },
            [] => {
                let back: Vec<usize> =
                    retired.into_iter().filter(|index| self.comes_back(definition, document, *index)).collect();
                match back.as_slice() {
                    [one] => self.take(*one, Some(Reason::TakenBack)),
                    _ => Match::None,
                }
            }
            several => match several.iter().filter(known).collect::<Vec<_>>().as_slice() {
                [one] => {
                    let one = **one;
                    for index in several.iter().filter(|index| **index != one) {
                        let (address, live) = (address.clone(), &self.lives[*index]);
                        self.disputed.insert(*index);
                        self.notes.push(Note::Pretender { address, kind: live.kind, id: live.id.clone() });
                    }
                    self.take(one, why)
                }
                _ => self.dispute(definition, several),
            },
        }
    }

    /// What we have marked as replaced, and still stands, where the code has gone back to it while its successor was
    /// already there: the successor would itself have to be replaced, by what may not stand beside this.
    fn went_back(
        &self,
        definition: &Definition,
        document: &Document,
        successor: usize,
        retired: &[usize],
    ) -> Option<usize> {
        let fits = |index: &usize| {
            let live = &self.lives[*index];
            !matches!(live.state, State::Failed(_) | State::Unreadable(_))
                && !self.needs_another(definition.schema, live, document)
        };
        let successor = &self.lives[successor];
        let proof = Proof::new(self.registry, self.ledger);
        let goes = !proof.is_protected(successor) && proof.proves(successor);
        let mut back = retired.iter().copied().filter(|index| proof.proves(&self.lives[*index])).filter(fits);
        match (back.next(), back.next()) {
            (Some(one), None) if goes && self.needs_another(definition.schema, successor, document) => Some(one),
            _ => None,
        }
    }

    /// True when something that was marked as replaced is what is wanted after all: nothing came of its replacement and
    /// the code has gone back, or nobody of ours has marked it, or it is protected.
    fn comes_back(&self, definition: &Definition, document: &Document, index: usize) -> bool {
        let live = &self.lives[index];
        let proof = Proof::new(self.registry, self.ledger);
        let marked_by_us = self.ledger.has_retired(live.kind, &live.id);
        let protected = definition.protected || proof.is_protected(live);
        let fits = !matches!(live.state, State::Failed(_)) && !self.needs_another(definition.schema, live, document);
        fits || protected || !marked_by_us
    }

    /// True when a living resource can become what is wanted only by another one in its place.
    fn needs_another(&self, schema: &Schema, live: &Live, document: &Document) -> bool {
        let differences = differences(schema, &live.document, document);
        let fixed = differences
            .iter()
            .any(|difference| difference.mutability == Mutability::Replace && difference.shape != Shape::Secret);
        let roots: BTreeSet<&str> = differences.iter().map(|difference| difference.path.root()).collect();
        let barred = self.registry.kind(live.kind).map(|kind| kind.barred(&live.document, document));
        let barred = barred.unwrap_or_default();
        fixed
            || barred
                .iter()
                .any(|(otherwise, rule)| *otherwise == Otherwise::Replaced && roots.contains(rule.field.root()))
    }

    /// A claim of something that we have not made, to the address of something that we have made and that stands.
    fn robbed(&self, definition: &Definition, claims: usize) -> Option<Stop> {
        let live = &self.lives[claims];
        if Proof::new(self.registry, self.ledger).proves(live) {
            return None;
        }
        let real = self.lost(definition).find(|(index, _)| *index != claims)?.1;
        let (address, kind, id) = (definition.address.clone(), live.kind, real.id.clone());
        Some(Stop::LostTag { address, kind, id, holds: Vec::new(), instead: Some(live.id.clone()), in_code: true })
    }

    /// What we have made at a definition's address, and whose tag says another: the ledger knows better.
    fn find_moved(&mut self, definition: &Definition) -> Match<'a> {
        let index = self.made_at(definition).into_iter().find(|index| {
            let live = &self.lives[*index];
            live.owner() == Some(&self.owner) && !live.is_retired()
        });
        match index {
            Some(index) => self.take(index, Some(Reason::Drifted)),
            None => Match::None,
        }
    }

    /// What is live and was made at a definition's address, or at one that it had before.
    fn made_at(&self, definition: &Definition) -> Vec<usize> {
        let addresses: BTreeSet<&Address> = [&definition.address].into_iter().chain(&definition.renamed_from).collect();
        let made = addresses.into_iter().filter_map(|address| self.index.made.get(&(definition.schema.kind, address)));
        let mut made: Vec<usize> = made.flatten().copied().filter(|index| self.is_free(*index)).collect();
        made.sort_unstable();
        made
    }

    /// What we have made at a definition's address, and that does not say so any more.
    fn find_lost(&mut self, definition: &Definition) -> Match<'a> {
        let Some((index, live)) = self.lost(definition).next() else { return Match::None };
        if live.owner().is_some() {
            return if self.is_to_adopt(definition) && self.may_adopt(live) {
                self.take(index, Some(Reason::Adopted))
            } else {
                self.foreign(definition, index)
            };
        }
        if self.is_to_adopt(definition) || self.options.goal == Goal::Destroy {
            return self.take(index, Some(Reason::Adopted));
        }
        let (address, kind, id) = (definition.address.clone(), live.kind, live.id.clone());
        self.stop(Stop::LostTag { address, kind, id, holds: Vec::new(), instead: None, in_code: true }, &[index])
    }

    fn lost(&self, definition: &Definition) -> impl Iterator<Item = (usize, &'a Live)> {
        let made = self.made_at(definition).into_iter().map(|index| (index, &self.lives[index]));
        let lost = made.filter(|(_, live)| live.owner() != Some(&self.owner));
        lost.collect::<Vec<_>>().into_iter()
    }

    fn find_by_name(&mut self, definition: &Definition, document: &Document) -> Match<'a> {
        let Some(key) = natural_key(definition.schema, document) else { return Match::None };
        let named = self.index.named(definition.schema.kind, &key).iter().copied().find(|index| self.is_free(*index));
        let Some(index) = named.filter(|index| !self.lives[*index].is_retired()) else { return Match::None };
        let live = &self.lives[index];
        if live.owner() == Some(&self.owner) {
            let Some(from) = live.address() else { return self.take(index, Some(Reason::Adopted)) };
            let elsewhere = self.meant_by(&from, live.kind);
            if elsewhere {
                return Match::None;
            }
            self.notes.push(Note::FoundByName { address: definition.address.clone(), from: from.clone() });
            return self.take(index, Some(Reason::RenamedFrom(from)));
        }
        let named = self.options.adopt_named && live.owner().is_none();
        if named || (self.is_to_adopt(definition) && self.may_adopt(live)) {
            return self.take(index, Some(Reason::Adopted));
        }
        self.foreign(definition, index)
    }

    /// True when a definition of the kind stands at an address, or stood there before it was renamed.
    fn meant_by(&self, address: &Address, kind: &str) -> bool {
        let at = self.graph.definition(address).into_iter().chain(self.graph.renamed_from(address));
        at.into_iter().any(|definition| definition.schema.kind == kind)
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

    fn is_to_adopt(&self, definition: &Definition) -> bool {
        self.options.adopt.contains_key(&definition.address)
    }

    /// What is nobody's, or ours, may be taken over; what is another owner's only from the one that was named.
    fn may_adopt(&self, live: &Live) -> bool {
        let named = self.options.adopt_from.as_ref().map(ToString::to_string);
        live.owner().is_none_or(|owner| owner == self.owner || named.as_deref() == Some(owner))
    }

    /// Live resources of a definition's kind that bear an address of ours.
    fn claiming(&self, definition: &Definition, address: &Address) -> Vec<usize> {
        let claiming = self.index.claims.get(&(definition.schema.kind, address.clone())).into_iter().flatten().copied();
        let ours = claiming.filter(|index| self.is_free(*index) && self.lives[*index].owner() == Some(&self.owner));
        ours.filter(|index| !self.is_elsewhere(definition, &self.lives[*index])).collect()
    }

    /// True when the ledger knows it at the address of another definition: its tag has been moved.
    fn is_elsewhere(&self, definition: &Definition, live: &Live) -> bool {
        let entry = self.ledger.entry(live.kind, &live.id).filter(|entry| entry.retired.is_none());
        let Some(entry) = entry else { return false };
        let own = entry.address == definition.address || definition.renamed_from.contains(&entry.address);
        !own && self.meant_by(&entry.address, live.kind)
    }

    fn foreign(&mut self, definition: &Definition, index: usize) -> Match<'a> {
        let live = &self.lives[index];
        let (address, kind) = (definition.address.clone(), definition.schema.kind);
        let (id, owner) = (live.id.clone(), live.owner().map(str::to_owned));
        self.stop(Stop::Foreign { address, kind, id, owner }, &[index])
    }

    /// Nobody can tell which of several it is. When everything is to go, nobody needs to: they are left over.
    fn dispute(&mut self, definition: &Definition, several: &[usize]) -> Match<'a> {
        if self.options.goal == Goal::Destroy {
            return Match::None;
        }
        let ids = several.iter().map(|index| self.lives[*index].id.clone()).collect();
        let (address, kind) = (definition.address.clone(), definition.schema.kind);
        self.stop(Stop::TwoClaims { address, kind, ids }, several)
    }

    fn stop(&mut self, stop: Stop, about: &[usize]) -> Match<'a> {
        self.disputed.extend(about);
        self.stops.push(stop);
        Match::Unclear
    }

    fn take(&mut self, index: usize, why: Option<Reason>) -> Match<'a> {
        self.taken.insert(index);
        Match::Live(&self.lives[index], why)
    }

    fn free(&self) -> impl Iterator<Item = (usize, &'a Live)> {
        self.free_or_leaving().filter(|(_, live)| live.state != State::Leaving)
    }

    fn is_free(&self, index: usize) -> bool {
        !self.taken.contains(&index) && !self.disputed.contains(&index) && self.lives[index].state != State::Leaving
    }

    fn free_or_leaving(&self) -> impl Iterator<Item = (usize, &'a Live)> {
        let lives = self.lives.iter().enumerate();
        lives.filter(|(index, _)| !self.taken.contains(index) && !self.disputed.contains(index))
    }
}

/// Where live resources stand in their list: by what they are looked for.
struct Index<'a> {
    by_id: BTreeMap<(&'a str, &'a str), usize>,
    by_key: BTreeMap<(&'a str, &'a str), Vec<usize>>,
    /// By the address that their tag claims.
    claims: BTreeMap<(&'a str, Address), Vec<usize>>,
    /// By the address at which the ledger says that they were made, and are not replaced.
    made: BTreeMap<(&'a str, &'a Address), Vec<usize>>,
}

impl<'a> Index<'a> {
    fn of(lives: &'a [Live], ledger: &'a Ledger) -> Index<'a> {
        let mut index =
            Index { by_id: BTreeMap::new(), by_key: BTreeMap::new(), claims: BTreeMap::new(), made: BTreeMap::new() };
        for (place, live) in lives.iter().enumerate() {
            index.by_id.entry((live.kind, &live.id)).or_insert(place);
            if let Some(key) = &live.key {
                index.by_key.entry((live.kind, key)).or_default().push(place);
            }
            if let Some(address) = live.address() {
                index.claims.entry((live.kind, address)).or_default().push(place);
            }
            if let Some(entry) = ledger.entry(live.kind, &live.id).filter(|entry| entry.retired.is_none()) {
                index.made.entry((live.kind, &entry.address)).or_default().push(place);
            }
        }
        index
    }

    fn named<'b>(&'b self, kind: &'b str, key: &'b str) -> &'b [usize] {
        self.by_key.get(&(kind, key)).map(Vec::as_slice).unwrap_or_default()
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
