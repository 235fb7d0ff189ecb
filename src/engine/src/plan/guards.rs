//! What a plan as a whole must not do, and what its reader should know of it. Pure.

use std::collections::{BTreeMap, BTreeSet};

use super::change::{Action, Note, Reason, Stop};
use super::matching::Matching;
use super::options::{Goal, Options};
use super::proof::Proof;
use super::steps::{Decided, Named, refers};
use crate::graph::Graph;
use crate::live::{Live, Registry, natural_key};
use crate::model::{Address, Ledger, Ownership, Reference, Replacement};

/// From how many resources on a plan may look like that of another platform.
const SEVERAL: usize = 5;

/// What the guards look at.
pub(super) struct About<'a, 'b> {
    pub(super) graph: &'b Graph,
    pub(super) registry: &'a Registry,
    pub(super) lives: &'a [Live],
    pub(super) ledger: &'a Ledger,
    pub(super) options: &'a Options,
    pub(super) matching: &'b Matching<'a>,
    pub(super) decided: &'b [Decided<'a>],
}

impl About<'_, '_> {
    /// Why the plan as a whole may not be applied.
    pub(super) fn stops(&self) -> Vec<Stop> {
        let mut stops: Vec<Stop> = self.other_program().into_iter().chain(self.other_platform()).collect();
        stops
            .extend(self.unknown_kinds().filter(|_| self.destroys_blindly()).map(|kinds| Stop::UnknownKinds { kinds }));
        stops.extend(self.lost_by_reference());
        stops.extend(self.still_referred());
        stops
    }

    /// What a reader should know of the whole.
    pub(super) fn notes(&self) -> Vec<Note> {
        let mut notes: Vec<Note> = self.unproven().into_iter().collect();
        notes.extend(
            self.unknown_kinds().filter(|_| !self.destroys_blindly()).map(|kinds| Note::UnknownKinds { kinds }),
        );
        notes.extend(self.dangling());
        notes
    }

    /// A lost tag, with what stands in or on the resource.
    pub(super) fn with_holders(&self, stop: &Stop) -> Stop {
        match stop {
            Stop::LostTag { address, kind, id, holds: _, instead, in_code } => {
                let lost = self.lives.iter().find(|live| live.kind == *kind && live.id == *id);
                let holds = lost.map(|lost| self.users(lost)).unwrap_or_default();
                let (address, kind, id, instead) = (address.clone(), *kind, id.clone(), instead.clone());
                Stop::LostTag { address, kind, id, holds, instead, in_code: *in_code }
            }
            other => other.clone(),
        }
    }

    fn destroys_blindly(&self) -> bool {
        self.options.goal == Goal::Destroy && !self.options.leave_unknown && self.options.target.is_empty()
    }

    /// The kinds that the ledger names and this program does not know.
    fn unknown_kinds(&self) -> impl Iterator<Item = Vec<String>> {
        let unknown = self.ledger.kinds.iter().filter(|kind| self.registry.kind(kind).is_none());
        // Without kinds at all there is nobody to know any: a test of plans alone.
        let unknown: Vec<String> = unknown.filter(|_| self.registry.kinds().next().is_some()).cloned().collect();
        (!unknown.is_empty()).then_some(unknown).into_iter()
    }

    fn other_program(&self) -> Option<Stop> {
        let (made, this) = (self.ledger.home.as_ref()?, self.options.home.as_ref()?);
        let other = made.program != this.program && !self.options.take_over;
        other.then(|| Stop::OtherProgram { made_by: made.program.clone(), program: this.program.clone() })
    }

    /// Most of what is ours would go, and most of what is wanted would be new: no edit of one platform is like that.
    fn other_platform(&self) -> Option<Stop> {
        let Options { goal, target, exclude, take_over, .. } = self.options;
        if *goal != Goal::Converge || !target.is_empty() || !exclude.is_empty() || *take_over {
            return None;
        }
        let tagged =
            |kind: &str| self.registry.kind(kind).is_some_and(|kind| kind.schema().ownership == Ownership::Tags);
        let ours = self.lives.iter().filter(|live| tagged(live.kind) && self.matching.is_ours(live)).count();
        let wanted = self.graph.definitions().iter().filter(|one| tagged(one.schema.kind)).count();
        let of = |action: Action, reason: &Reason| {
            let is = |one: &&Decided<'_>| one.change.action == action && one.change.reasons.first() == Some(reason);
            self.decided.iter().filter(is).filter(|one| tagged(one.change.kind)).count()
        };
        let (leave, come) = (of(Action::Delete, &Reason::NotInCode), of(Action::Create, &Reason::New));
        let most = |part: usize, whole: usize| part >= SEVERAL && part * 3 > whole * 2;
        (most(leave, ours) && most(come, wanted)).then_some(Stop::OtherPlatform { leave, come })
    }

    /// What would be made although something of that kind stands, without an owner, where ours refer to it.
    fn lost_by_reference(&self) -> Vec<Stop> {
        let mut stops = Vec::new();
        let in_code = Users::of(self);
        for one in self.decided.iter().filter(|one| one.change.action == Action::Create) {
            let Some(definition) = one.definition else { continue };
            let users = in_code.of_definition(&definition.address);
            let lost = self.lives.iter().find(|live| {
                live.kind == definition.schema.kind
                    && live.owner().is_none()
                    && definition.schema.ownership == Ownership::Tags
                    && users.iter().any(|user| refers(user, live))
            });
            if let Some(live) = lost {
                let (address, kind, id) = (definition.address.clone(), live.kind, live.id.clone());
                stops.push(Stop::LostTag { address, kind, id, holds: self.users(live), instead: None, in_code: true });
            }
        }
        stops
    }

    /// What would have to go before its successor comes, and cannot while others refer to it.
    fn still_referred(&self) -> Vec<Stop> {
        let mut stops = Vec::new();
        let in_code = Users::of(self);
        stops.extend(self.place_still_held(&in_code));
        for one in self.decided {
            let (Action::Replace(Replacement::DeleteFirst), Some(gone)) = (one.change.action, one.live) else {
                continue;
            };
            let holders = self.registry.kind(gone.kind).map(|kind| kind.held_by()).unwrap_or_default();
            let by: BTreeSet<Address> = in_code
                .of_definition(&one.change.address)
                .into_iter()
                .filter(|user| holders.contains(&user.kind))
                .filter(|user| refers(user, gone) && !in_code.goes_before(user) && !self.is_child(user, gone))
                .map(|user| self.address_of(user))
                .collect();
            if !by.is_empty() {
                let (address, kind, id) = (one.change.address.clone(), gone.kind, gone.id.clone());
                let by = by.into_iter().collect();
                stops.push(Stop::StillReferred { address, kind, id, by, name: self.name_field(gone.kind) });
            }
        }
        stops
    }

    /// The field that a kind's resources are told apart by, where it is a name.
    fn name_field(&self, kind: &str) -> Option<&'static str> {
        let schema = self.registry.kind(kind)?.schema();
        let mut keys = schema.fields.iter().filter(|field| field.key);
        keys.next_back().map(|field| field.name)
    }

    /// What has left the code and stands where another comes, while others stand in it: it would have to go before they
    /// can follow to that one.
    fn place_still_held(&self, in_code: &Users<'_>) -> Vec<Stop> {
        let creates: Vec<_> = self.decided.iter().filter(|one| one.change.action == Action::Create).collect();
        let leaves = |one: &&Decided<'_>| one.change.action == Action::Delete && self.options.goal == Goal::Converge;
        let mut stops = Vec::new();
        for (one, gone) in self.decided.iter().filter(leaves).filter_map(|one| Some((one, one.live?))) {
            let Some(kind) = self.registry.kind(gone.kind).filter(|kind| !kind.held_by().is_empty()) else { continue };
            let comes = |other: &&&Decided<'_>| {
                let name = natural_key(kind.schema(), &other.document);
                other.change.kind == gone.kind
                    && match name {
                        Some(name) => gone.key.as_ref() == Some(&name) && !kind.has_second_name(),
                        None => kind.replacement(&gone.document, &other.document) == Replacement::DeleteFirst,
                    }
            };
            if !creates.iter().any(|other| comes(&other)) {
                continue;
            }
            let users = self.lives.iter().filter(|user| kind.held_by().contains(&user.kind));
            let holds = |user: &&Live| {
                self.matching.is_ours(user)
                    && refers(user, gone)
                    && !in_code.goes_before(user)
                    && !self.is_child(user, gone)
            };
            let by: BTreeSet<Address> = users.filter(holds).map(|user| self.address_of(user)).collect();
            if !by.is_empty() {
                let (address, kind, id) = (one.change.address.clone(), gone.kind, gone.id.clone());
                let by = by.into_iter().collect();
                stops.push(Stop::StillReferred { address, kind, id, by, name: self.name_field(gone.kind) });
            }
        }
        stops
    }

    /// Ours by their tags, and not by the ledger.
    fn unproven(&self) -> Option<Note> {
        let proof = self.proof();
        let claims = |live: &&Live| {
            let tagged = self.registry.kind(live.kind).is_some_and(|kind| kind.schema().ownership == Ownership::Tags);
            tagged && self.matching.is_ours(live) && !proof.proves(live)
        };
        let some: Vec<String> =
            self.lives.iter().filter(claims).map(|live| format!("{}/{}", live.kind, live.id)).collect();
        let count = some.len();
        let some = some.into_iter().take(3).collect();
        (count > 0 && self.options.goal == Goal::Converge).then_some(Note::Unproven { count, some })
    }

    /// What stays and refers to what goes: this plan is not about it.
    fn dangling(&self) -> Vec<Note> {
        if self.options.target.is_empty() && self.options.exclude.is_empty() {
            return Vec::new();
        }
        let gone: Vec<&Decided<'_>> = self.decided.iter().filter(|one| one.deleted.is_some()).collect();
        let named = Named::of(gone.iter().filter_map(|one| one.live));
        let changes: BTreeSet<*const Live> =
            self.decided.iter().filter_map(|one| one.live).map(std::ptr::from_ref).collect();
        let stays = |user: &&Live| self.matching.is_ours(user) && !changes.contains(&std::ptr::from_ref(*user));
        let mut notes = Vec::new();
        for user in self.lives.iter().filter(stays) {
            for index in named.by(user) {
                let refers_to = gone[index].change.address.clone();
                if gone[index].live.is_some_and(|live| !self.is_child(user, live)) {
                    notes.push(Note::Dangling { address: self.address_of(user), kind: user.kind, refers_to });
                }
            }
        }
        notes
    }

    fn proof(&self) -> Proof<'_> {
        Proof::new(self.registry, self.ledger)
    }

    fn address_of(&self, live: &Live) -> Address {
        let unknown = || Address::new("unknown", "resource").expect("two words make an address");
        self.proof().address(live).unwrap_or_else(unknown)
    }

    fn is_child(&self, live: &Live, parent: &Live) -> bool {
        self.matching.parent(live).is_some_and(|other| std::ptr::eq(other, parent))
    }

    /// The addresses of what is ours and refers to a live resource.
    fn users(&self, lost: &Live) -> Vec<Address> {
        let users = self.lives.iter().filter(|live| !std::ptr::eq(*live, lost) && self.matching.is_ours(live));
        let users: BTreeSet<Address> =
            users.filter(|live| refers(live, lost)).map(|live| self.address_of(live)).collect();
        users.into_iter().collect()
    }
}

/// What is live of the definitions that refer to one another, and how each of it goes.
struct Users<'a> {
    /// The definitions that refer to one, by its address.
    referring: BTreeMap<Address, BTreeSet<&'a Address>>,
    /// What is ours, by its address.
    ours: BTreeMap<Address, Vec<&'a Live>>,
    /// What is deleted, or makes way before its own successor comes.
    goes_before: BTreeSet<*const Live>,
}

impl<'a> Users<'a> {
    fn of(about: &About<'_, 'a>) -> Users<'a> {
        let mut referring: BTreeMap<Address, BTreeSet<&Address>> = BTreeMap::new();
        for definition in about.graph.definitions() {
            for (_, Reference { address, .. }) in definition.document.references() {
                referring.entry(address).or_default().insert(&definition.address);
            }
        }
        let mut ours: BTreeMap<Address, Vec<&Live>> = BTreeMap::new();
        for live in about.lives.iter().filter(|live| about.matching.is_ours(live)) {
            if let Some(address) = about.proof().address(live) {
                ours.entry(address).or_default().push(live);
            }
        }
        let goes = |one: &&Decided<'_>| {
            matches!(one.change.action, Action::Delete | Action::Replace(Replacement::DeleteFirst))
        };
        let goes_before =
            about.decided.iter().filter(goes).filter_map(|one| one.live).map(std::ptr::from_ref).collect();
        Users { referring, ours, goes_before }
    }

    /// The live resources of definitions that refer to one.
    fn of_definition(&self, address: &Address) -> Vec<&'a Live> {
        let users = self.referring.get(address).into_iter().flatten();
        users.filter_map(|user| self.ours.get(*user)).flatten().copied().collect()
    }

    fn goes_before(&self, live: &Live) -> bool {
        self.goes_before.contains(&std::ptr::from_ref(live))
    }
}
