//! Everything that happens becomes an event. The terminal, `--json` and the journal are listeners to one stream.

use std::time::Duration;

use serde::Serialize;

use crate::live::{Fault, FaultKind};
use crate::model::Address;
use crate::plan::Verb;

/// Something that happened.
#[derive(Clone, Debug, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Event {
    /// A kind is about to be read.
    ReadStarted {
        /// The kind.
        kind: &'static str,
    },
    /// A kind has been read.
    ReadFinished {
        /// The kind.
        kind: &'static str,
        /// How many resources of it were found.
        resources: usize,
        /// How long it took.
        #[serde(serialize_with = "seconds")]
        elapsed: Duration,
    },
    /// A kind that the code does not use could not be looked through for leftovers.
    ReadSkipped {
        /// The kind.
        kind: &'static str,
        /// Why.
        fault: FaultText,
    },
    /// Somebody else holds the lock; we wait.
    LockAwaited {
        /// Who holds it.
        holder: String,
        /// Until when at most.
        expires: String,
    },
    /// The lock is ours.
    LockTaken {
        /// Its identifier.
        id: String,
    },
    /// The lock is lost: nothing new is started.
    LockLost {
        /// Why.
        why: String,
    },
    /// A plan is being carried out.
    ApplyStarted {
        /// The run.
        run: String,
        /// How many steps there are.
        steps: usize,
    },
    /// A step begins.
    StepStarted {
        /// Of which definition.
        address: Address,
        /// Its kind.
        kind: &'static str,
        /// What is done.
        verb: Verb,
        /// The resource, if it exists.
        id: Option<String>,
    },
    /// A step takes its time.
    StepWaiting {
        /// Of which definition.
        address: Address,
        /// Its kind.
        kind: &'static str,
        /// What is done.
        verb: Verb,
        /// What it waits for.
        waiting_for: String,
        /// How long the step has been at it.
        #[serde(serialize_with = "seconds")]
        elapsed: Duration,
        /// When it will be given up.
        #[serde(serialize_with = "seconds")]
        limit: Duration,
    },
    /// A call failed in a way that may pass; it will be repeated.
    StepRetried {
        /// Of which definition.
        address: Address,
        /// Its kind.
        kind: &'static str,
        /// What is done.
        verb: Verb,
        /// Why it failed.
        fault: FaultText,
        /// How long until the next try.
        #[serde(serialize_with = "seconds")]
        pause: Duration,
    },
    /// A step is done.
    StepFinished {
        /// Of which definition.
        address: Address,
        /// Its kind.
        kind: &'static str,
        /// What was done.
        verb: Verb,
        /// The resource.
        id: String,
        /// How long it took.
        #[serde(serialize_with = "seconds")]
        elapsed: Duration,
    },
    /// A step has failed for good.
    StepFailed {
        /// Of which definition.
        address: Address,
        /// Its kind.
        kind: &'static str,
        /// What was to be done.
        verb: Verb,
        /// Why it failed.
        fault: FaultText,
    },
    /// A step was not started.
    StepSkipped {
        /// Of which definition.
        address: Address,
        /// Its kind.
        kind: &'static str,
        /// What was to be done.
        verb: Verb,
        /// Why not.
        because: String,
    },
    /// A made or changed resource does not read back as it was wanted.
    StepUnsettled {
        /// Of which definition.
        address: Address,
        /// Its kind.
        kind: &'static str,
        /// The fields that differ.
        fields: Vec<String>,
    },
    /// Nothing came of a replacement: what was to be replaced is what stands.
    TakenBack {
        /// Of which definition.
        address: Address,
        /// Its kind.
        kind: &'static str,
        /// The resource that stands.
        id: String,
    },
    /// Somebody pressed Ctrl-C, or the machine wants the process to end.
    Interrupted {
        /// How many steps are in flight.
        in_flight: usize,
    },
    /// The plan has been carried out, or as much of it as could be.
    ApplyFinished {
        /// What became of it.
        outcome: Outcome,
    },
}

/// What became of an apply, in numbers of resources.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Outcome {
    /// Resources that were made.
    pub added: usize,
    /// Resources that were changed where they stand.
    pub changed: usize,
    /// Resources that are gone.
    pub destroyed: usize,
    /// Steps that failed.
    pub failed: usize,
    /// Steps that were not started.
    pub not_started: usize,
    /// Steps that were left waiting by an interrupt; the next run picks them up.
    pub abandoned: usize,
    /// True when it was interrupted.
    pub interrupted: bool,
}

impl Outcome {
    /// True when everything was done.
    pub fn is_complete(&self) -> bool {
        self.failed == 0 && self.not_started == 0 && self.abandoned == 0
    }
}

/// A fault as it is told: sorted, with its call and message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FaultText {
    /// What sort of failure.
    pub kind: FaultKind,
    /// Which call.
    pub operation: String,
    /// The cloud's own code.
    pub code: Option<String>,
    /// What it said.
    pub message: String,
    /// The cloud's request identifier.
    pub request: Option<String>,
    /// What to do about it, where that is known.
    pub way_out: Option<&'static str>,
}

impl From<&Fault> for FaultText {
    fn from(fault: &Fault) -> FaultText {
        let Fault { kind, operation, code, message, request, source: _ } = fault;
        FaultText {
            kind: *kind,
            operation: operation.clone(),
            code: code.clone(),
            message: message.clone(),
            request: request.clone(),
            way_out: fault.way_out(),
        }
    }
}

/// Somebody who wants to know what happens.
pub trait Listener: Send + Sync {
    /// Called for every event, in order; it must not block for long.
    fn hear(&self, event: &Event);
}

/// Several listeners are one.
impl<L: Listener + ?Sized> Listener for Vec<std::sync::Arc<L>> {
    fn hear(&self, event: &Event) {
        self.iter().for_each(|listener| listener.hear(event));
    }
}

fn seconds<S: serde::Serializer>(duration: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_f64((duration.as_secs_f64() * 1000.0).round() / 1000.0)
}
