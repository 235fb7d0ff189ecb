//! A live resource as reading gives it, typed for its kind and plain for the engine.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::shared::Shared;
use crate::model::{Address, Document, Owner, Tags, keys};

/// What to look for.
#[derive(Clone, Debug, Default)]
pub struct Ask {
    /// Every resource that bears this owner's tag. `None` only together with `only`.
    pub owner: Option<Owner>,
    /// Every resource that bears one of these natural names, whoever owns it.
    pub names: BTreeSet<String>,
    /// Every resource that bears all of these tags and nobody's of ownership; none when there are no such tags.
    pub bearing: Tags,
    /// For kinds that belong to a parent: the identifiers of the parents.
    pub parents: BTreeSet<String>,
    /// Only these identifiers, also when they are not ours or about to go. Other conditions are empty then.
    pub only: BTreeSet<String>,
    /// What was read for other kinds in the same look.
    pub shared: Shared,
}

/// A live resource, typed: what its kind's `read` returns.
#[derive(Clone, Debug)]
pub struct Found<R> {
    /// The cloud's identifier.
    pub id: String,
    /// The definition that would have produced it, all references known.
    pub definition: R,
    /// Outputs beside `id`.
    pub outputs: BTreeMap<String, String>,
    /// Its tags; empty where a kind has none.
    pub tags: Tags,
    /// How it stands.
    pub state: State,
    /// What others have added to it, each in a few words: it stays, and is told.
    pub others: Vec<String>,
    /// What it has been given and is not in force yet: it is told until somebody brings it about.
    pub awaited: Vec<Awaited>,
}

/// Something that a live resource has been given, and that counts only once somebody does what this program does not.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Awaited {
    /// What is not in force, and from when on it will be.
    pub what: String,
    /// The words of a command that brings it about.
    pub command: Vec<String>,
}

/// How a live resource stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// It can be used and changed.
    Ready,
    /// It is being made or changed: wait.
    Pending(String),
    /// It could not be made; the cloud says why.
    Failed(String),
    /// It is there, and this program cannot put it in its own words: why. Its document only stands in for it. It is
    /// shown, left as it is, and replaced only on request; when it leaves the code it is deleted as any other.
    Unreadable(String),
    /// It is about to go: not live any more.
    Leaving,
}

/// A live resource, plain: what the engine works with.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Live {
    /// Its kind.
    pub kind: &'static str,
    /// The cloud's identifier.
    pub id: String,
    /// Its natural name, for kinds that have one.
    pub key: Option<String>,
    /// The definition that would have produced it.
    pub document: Document,
    /// Outputs beside `id`.
    pub outputs: BTreeMap<String, String>,
    /// Its tags.
    pub tags: Tags,
    /// How it stands.
    pub state: State,
    /// What others have added to it, each in a few words.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub others: Vec<String>,
    /// What it has been given and is not in force yet.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub awaited: Vec<Awaited>,
}

impl Ask {
    /// Asks for these identifiers alone.
    pub fn only(ids: impl IntoIterator<Item = String>) -> Ask {
        Ask { only: ids.into_iter().collect(), ..Ask::default() }
    }

    /// True when a resource with these tags and this natural name is asked for.
    /// Kinds whose calls cannot filter keep what this says.
    pub fn wants(&self, id: &str, name: Option<&str>, tags: &Tags) -> bool {
        if !self.only.is_empty() {
            return self.only.contains(id);
        }
        let named = name.is_some_and(|name| self.names.contains(name));
        let owned = self.owner.as_ref().is_some_and(|owner| tags.get(keys::OWNER) == Some(&owner.to_string()));
        named || owned || may_be_taken(tags, &self.bearing)
    }
}

/// True when what has these tags is nobody's, and bears all of those that tell what may be taken over.
pub fn may_be_taken(tags: &Tags, bearing: &Tags) -> bool {
    let bears = |(key, value): (&String, &String)| tags.get(key) == Some(value);
    !bearing.is_empty() && !tags.contains_key(keys::OWNER) && bearing.iter().all(bears)
}

impl<R> Found<R> {
    /// A resource that is ready and has no outputs beside its identifier.
    pub fn ready(id: impl Into<String>, definition: R, tags: Tags) -> Found<R> {
        let (outputs, others, awaited) = (BTreeMap::new(), Vec::new(), Vec::new());
        Found { id: id.into(), definition, outputs, tags, state: State::Ready, others, awaited }
    }

    /// The same with an output more.
    pub fn with(mut self, output: &str, value: impl Into<String>) -> Found<R> {
        self.outputs.insert(output.to_owned(), value.into());
        self
    }

    /// The same with what others have added to it.
    pub fn with_others(mut self, others: Vec<String>) -> Found<R> {
        self.others = others;
        self
    }

    /// The same with what is not in force yet.
    pub fn with_awaited(mut self, awaited: Vec<Awaited>) -> Found<R> {
        self.awaited = awaited;
        self
    }

    /// The same in another state.
    pub fn in_state(mut self, state: State) -> Found<R> {
        self.state = state;
        self
    }
}

impl Live {
    /// Whose it is by its tag.
    pub fn owner(&self) -> Option<&str> {
        self.tags.get(keys::OWNER).map(String::as_str)
    }

    /// Which definition it is by its tag.
    pub fn address(&self) -> Option<Address> {
        self.tags.get(keys::ADDRESS)?.parse().ok()
    }

    /// True when it has been replaced and only waits to be deleted.
    pub fn is_retired(&self) -> bool {
        self.tags.contains_key(keys::RETIRED)
    }

    /// True when it is protected from deletion.
    pub fn is_protected(&self) -> bool {
        self.tags.contains_key(keys::PROTECT)
    }

    /// The value of an output.
    pub fn output(&self, name: &str) -> Option<&str> {
        if name == "id" { Some(&self.id) } else { self.outputs.get(name).map(String::as_str) }
    }
}
