//! What proves that a live resource is ours, and what was said of it: the ledger, asked about what is live. Pure.

use super::spec::Spec;
use crate::live::{Live, Registry};
use crate::model::{Address, Document, Entry, Ledger, Owner, Ownership};

/// The ledger, and the kinds that tell under which name it knows a resource.
#[derive(Clone, Copy)]
pub struct Proof<'a> {
    registry: &'a Registry,
    ledger: &'a Ledger,
}

impl<'a> Proof<'a> {
    /// The ledger, asked about resources of these kinds.
    pub fn new(registry: &'a Registry, ledger: &'a Ledger) -> Proof<'a> {
        Proof { registry, ledger }
    }

    /// What the ledger knows of a live resource.
    pub fn entry(&self, live: &Live) -> Option<&'a Entry> {
        self.ledger.entry(live.kind, name(self.registry, live))
    }

    /// True for what an owner manages: its tag says so, or it has no owner's tag and the ledger knows it.
    pub fn is_of(&self, live: &Live, owner: &Owner) -> bool {
        match live.owner() {
            Some(tag) => tag == owner.to_string(),
            None => self.entry(live).is_some(),
        }
    }

    /// True when we have made it, or were about to make just this.
    pub fn proves(&self, live: &Live) -> bool {
        self.entry(live).is_some() || self.was_intended(live)
    }

    /// True when one such was about to be made at its address: by what it has from its first moment on, and never by its
    /// tags alone.
    pub fn was_intended(&self, live: &Live) -> bool {
        let intention = || self.ledger.intended(live.kind, &live.address()?);
        let schema = || Some(self.registry.kind(live.kind)?.schema());
        let (Some(intention), Some(schema)) = (intention(), schema()) else { return false };
        Spec::parse(&intention.fixed).is_some_and(|fixed| fixed.agrees(schema, &live.document))
    }

    /// True when its tag or the ledger says that it is not to be deleted.
    pub fn is_protected(&self, live: &Live) -> bool {
        live.is_protected() || self.entry(live).is_some_and(|entry| entry.protected)
    }

    /// The field in which the cloud notes that it would refuse to delete it.
    pub fn guard(&self, live: &Live) -> Option<&'static str> {
        let field = self.registry.kind(live.kind)?.guarded_by()?;
        let refuses = live.document.field(field).and_then(serde_json::Value::as_bool);
        (refuses == Some(true)).then_some(field)
    }

    /// The address that a live resource tells, or that the ledger knows of a child.
    pub fn address(&self, live: &Live) -> Option<Address> {
        live.address().or_else(|| self.entry(live).map(|entry| entry.address.clone()))
    }

    /// A live resource as it is to be deleted. What decides about its data is what the code says; where there is no code
    /// any more, what the ledger remembers of it; and otherwise its data is kept, whatever its tags say.
    pub fn as_deleted(&self, live: &Live, code: Option<&Document>) -> Live {
        let mut deleted = live.clone();
        let Some(kind) = self.registry.kind(live.kind) else { return deleted };
        let remembered = self.entry(live).map(|entry| &entry.data);
        for (field, keep) in kind.keeps() {
            let said = code.and_then(|code| code.field(field)).or_else(|| remembered?.get(*field));
            let keep = || serde_json::from_str(keep).expect("what keeps data is written as JSON");
            deleted.document.set_field(field, said.cloned().unwrap_or_else(keep));
        }
        deleted
    }
}

/// The name under which the ledger knows a resource: the natural name of what has no tags, as it is known before it is
/// made; the cloud's identifier of all others.
pub fn name<'a>(registry: &Registry, live: &'a Live) -> &'a str {
    let untagged = registry.kind(live.kind).is_some_and(|kind| kind.schema().ownership != Ownership::Tags);
    live.key.as_deref().filter(|_| untagged).unwrap_or(&live.id)
}
