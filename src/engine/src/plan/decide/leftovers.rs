//! What is live and not in the code: what of it goes, what stays, and why. Pure.

use super::{Decision, whole};
use crate::diff::fields_of;
use crate::graph::Graph;
use crate::live::{Live, State};
use crate::model::{Address, Definition, Document, Tags};
use crate::plan::change::{Action, Change, Note, Reason, Stop};
use crate::plan::options::Goal;
use crate::plan::steps::{Decided, refers};

impl<'a> Decision<'a> {
    pub(super) fn judge_leftovers(&mut self, graph: &Graph) {
        let leftovers: Vec<&'a Live> = self.matching.leftovers().collect();
        for live in leftovers {
            let address = self.address_of(live);
            if !self.selection.covers(&address, live.kind) || live.state == State::Leaving {
                continue;
            }
            if self.matching.has_lost_its_tag(live) && self.options.goal == Goal::Converge {
                let (kind, id) = (live.kind, live.id.clone());
                self.stops.push(Stop::LostTag { address, kind, id, holds: Vec::new(), instead: None, in_code: false });
                continue;
            }
            let reason = match (live.is_retired(), self.options.goal) {
                (true, _) => Reason::Retired,
                (false, Goal::Destroy) => Reason::Destroyed,
                (false, Goal::Converge) => Reason::NotInCode,
            };
            if reason == Reason::Retired && self.is_still_used(&address, live) {
                continue;
            }
            // Another kind at its address is another thing: what that says is not said of this.
            let same = graph.definition(&address).filter(|definition| definition.schema.kind == live.kind);
            let code = same.map(|definition| (definition, &definition.document));
            self.delete(address, live, reason, code);
        }
    }

    /// What others have put on something of ours stays, unless what it is on goes.
    pub(super) fn judge_strangers(&mut self) {
        let strangers: Vec<(&'a Live, &'a Live)> = self.matching.strangers().collect();
        for (live, parent) in strangers {
            let parent_address = self.address_of(parent);
            if !self.selection.covers(&parent_address, live.kind) || live.state == State::Leaving {
                continue;
            }
            let goes = |decided: &Decided<'_>| {
                !decided.stays
                    && decided.live.is_some_and(|gone| std::ptr::eq(gone, parent))
                    && matches!(decided.change.action, Action::Delete | Action::Replace(_))
            };
            if self.decided.iter().any(goes) {
                self.delete(self.address_of(live), live, Reason::GoesWith(parent_address), None);
            } else if self.options.goal == Goal::Converge {
                let (kind, id) = (live.kind, live.id.clone());
                self.notes.push(Note::Stranger { kind, id, parent: parent_address });
            }
        }
    }

    /// Deletes what is proven to be ours and not held. `code` is what the definition says of it, where there is one.
    pub(super) fn delete(
        &mut self,
        address: Address,
        live: &'a Live,
        reason: Reason,
        code: Option<(&Definition, &Document)>,
    ) {
        let (kind, id) = (live.kind, live.id.clone());
        let in_code = code.is_some_and(|(definition, _)| definition.protected);
        if in_code || self.proof.is_protected(live) || self.held.contains(&(live.kind, live.id.as_str())) {
            if matches!(reason, Reason::NotInCode | Reason::Retired) {
                self.notes.push(Note::KeptProtected { address, kind, id });
                return;
            }
            self.stops.push(Stop::Protected { address: address.clone(), kind, id: id.clone(), replaced: false });
        }
        let goes_along = matches!(reason, Reason::GoesWith(_));
        let parent = self.matching.parent(live);
        if !goes_along && !self.proof.proves(live) && parent.is_none_or(|parent| !self.proof.proves(parent)) {
            self.stops.push(Stop::Unproven { address: address.clone(), kind, id: id.clone(), replaced: false });
        }
        let deleted = self.proof.as_deleted(live, code.map(|(_, document)| document));
        let fields = match self.registry.kind(live.kind) {
            Some(kind) => fields_of(kind.schema(), &deleted.document, false),
            None => Vec::new(),
        };
        let change = Change {
            address,
            kind,
            id: Some(id),
            action: Action::Delete,
            reasons: vec![reason],
            fields: fields.into_iter().map(whole).collect(),
            tags: Vec::new(),
        };
        self.decided.push(Decided {
            change,
            definition: None,
            document: live.document.clone(),
            tags: Tags::new(),
            live: Some(live),
            deleted: Some(deleted),
            rotation: None,
            stays: false,
        });
    }

    /// True when something that this plan is not about still refers to what was replaced.
    pub(super) fn is_still_used(&mut self, address: &Address, live: &Live) -> bool {
        let is_child = |other: &Live| self.matching.parent(other).is_some_and(|parent| std::ptr::eq(parent, live));
        let left_out = |other: &Live| !self.selection.covers(&self.address_of(other), other.kind);
        let user = self.lives.iter().find(|other| {
            !other.is_retired()
                && self.matching.is_ours(other)
                && left_out(other)
                && refers(other, live)
                && !is_child(other)
        });
        let Some(by) = user.map(|user| self.address_of(user)) else { return false };
        let (address, kind, id) = (address.clone(), live.kind, live.id.clone());
        self.notes.push(Note::StillUsed { address, kind, id, by });
        true
    }

    /// The address that a live resource tells, or one made of its kind and identifier.
    pub(super) fn address_of(&self, live: &Live) -> Address {
        self.proof.address(live).unwrap_or_else(|| {
            let plain = |text: &str| -> String {
                let word = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' };
                text.chars().map(word).take(100).collect()
            };
            Address::new("unknown", plain(&format!("{}-{}", live.kind, live.id)))
                .expect("letters, digits and hyphens make an address")
        })
    }
}
