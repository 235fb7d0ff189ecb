//! The nouns of the model cloud: a thing that stands in it, and what its kind is like.

use std::collections::BTreeMap;
use std::time::Duration;

use infra_engine::live::{Fault, FaultKind, State};
use infra_engine::model::{Document, Tags};

/// Something that stands in the cloud.
#[derive(Clone, Debug)]
pub struct Thing {
    /// Its kind.
    pub kind: &'static str,
    /// Its identifier.
    pub id: String,
    /// Its natural name.
    pub name: Option<String>,
    /// What it is.
    pub document: Document,
    /// Its tags.
    pub tags: Tags,
    /// What it gives beside its identifier.
    pub outputs: BTreeMap<String, String>,
    /// How it stands.
    pub state: State,
    /// What its kind is like.
    pub nature: Nature,
}

/// What a kind is like in the cloud's own eyes.
#[derive(Clone, Copy, Debug)]
pub struct Nature {
    /// The field of its name, which nothing else of its kind may bear.
    pub name: Option<&'static str>,
    /// The field of what it belongs to: its identifier is its parent's.
    pub parent: Option<&'static str>,
    /// The fields that hold on to other things: those cannot go while this stands.
    pub holds: &'static [&'static str],
    /// What it gives beside its identifier.
    pub outputs: &'static [&'static str],
    /// The field that keeps it from being deleted where it is true.
    pub guard: Option<&'static str>,
    /// How long it takes to be made or changed.
    pub making: Duration,
    /// How long it takes to go.
    pub leaving: Duration,
}

impl Nature {
    /// A kind without a name, quickly made, that holds on to nothing.
    pub const PLAIN: Nature = Nature {
        name: None,
        parent: None,
        holds: &[],
        outputs: &[],
        guard: None,
        making: Duration::ZERO,
        leaving: Duration::ZERO,
    };
}

pub(super) fn refused(operation: &str, message: impl Into<String>) -> Fault {
    Fault::new(FaultKind::Refused, operation, message)
}
