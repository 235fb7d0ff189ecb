//! Changes taken apart into steps, and the order between them with its reasons. Pure.

mod build;
mod handover;
mod sort;

use std::collections::BTreeSet;
use std::time::Duration;

use serde::Serialize;

use crate::live::{HandOver, Live};
use crate::model::{Address, Document, Tags};

pub(super) use build::{Decided, Named, build, refers};

/// A step's place in [`Plan::steps`](super::Plan::steps).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(transparent)]
pub struct StepId(pub usize);

/// One thing to do.
#[derive(Clone, Debug)]
pub struct Step {
    /// Its place.
    pub id: StepId,
    /// Of which definition.
    pub address: Address,
    /// Its kind.
    pub kind: &'static str,
    /// What is done, with all that it needs.
    pub work: Work,
    /// Steps that must be done before, and why.
    pub after: Vec<Edge>,
    /// What it usually takes.
    pub usual: Duration,
}

/// A step that must be done before another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edge {
    /// The earlier step.
    pub step: StepId,
    /// Why it comes first.
    pub why: String,
    /// False where the order only spares the cloud a refusal that would be repeated anyway.
    pub firm: bool,
}

/// What a step does.
#[derive(Clone, Debug)]
pub enum Work {
    /// Makes a resource.
    Create {
        /// What it is to be; its references are filled in when they are known.
        document: Document,
        /// Its tags, without the digest of what is applied.
        tags: Tags,
        /// What was marked as replaced for its sake: the mark goes again if nothing is made.
        predecessor: Option<Box<Live>>,
    },
    /// Changes a living resource: its tags first, then itself.
    Update {
        /// The resource as it was read.
        live: Box<Live>,
        /// What it is to be; its references are filled in when they are known.
        document: Document,
        /// Its tags, without the digest of what is applied.
        tags: Tags,
        /// Its fields that change; none when only its tags do.
        fields: BTreeSet<String>,
        /// All of it is written again, also when it reads as it is wanted.
        over: bool,
    },
    /// Makes a value anew that a living resource holds.
    Rotate {
        /// The resource as it was read.
        live: Box<Live>,
        /// From when on the new value is the one to use.
        hand_over: HandOver,
    },
    /// Marks a resource as replaced, so that its successor can bear its address.
    Retire {
        /// The resource as it was read.
        live: Box<Live>,
    },
    /// Deletes a resource.
    Delete {
        /// The resource as it was read.
        live: Box<Live>,
    },
    /// Waits for a resource that an earlier run left unfinished.
    Await {
        /// The resource as it was read.
        live: Box<Live>,
    },
}

/// What a step does, in a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verb {
    /// Makes a resource.
    Create,
    /// Changes a living resource.
    Update,
    /// Makes a value anew that a living resource holds.
    Rotate,
    /// Marks a resource as replaced.
    Retire,
    /// Deletes a resource.
    Delete,
    /// Waits for a resource that an earlier run left unfinished.
    Await,
}

impl Step {
    /// What it does, in a word.
    pub fn verb(&self) -> Verb {
        match &self.work {
            Work::Create { .. } => Verb::Create,
            Work::Update { .. } => Verb::Update,
            Work::Rotate { .. } => Verb::Rotate,
            Work::Retire { .. } => Verb::Retire,
            Work::Delete { .. } => Verb::Delete,
            Work::Await { .. } => Verb::Await,
        }
    }

    /// The live resource that it works on.
    pub fn live(&self) -> Option<&Live> {
        match &self.work {
            Work::Create { .. } => None,
            Work::Update { live, .. }
            | Work::Rotate { live, .. }
            | Work::Retire { live }
            | Work::Delete { live }
            | Work::Await { live } => Some(live),
        }
    }
}
