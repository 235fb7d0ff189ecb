//! What an event says in a line: the same words in a pipe and in `--json`.

use infra_engine::event::{Event, FaultText, Outcome};
use infra_engine::plan::Verb;

use super::closing::{apply_complete, elapsed};
use super::plural::{STEPS, counted};

/// How loud an event is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// Said only to machines, and to people who asked for more.
    Debug,
    /// Said.
    Info,
    /// Said, and meant to be read.
    Warn,
    /// Something is wrong.
    Error,
}

impl Level {
    /// The word for machines.
    pub fn word(self) -> &'static str {
        match self {
            Level::Debug => "debug",
            Level::Info => "info",
            Level::Warn => "warn",
            Level::Error => "error",
        }
    }
}

/// What an event says, and how loud.
pub fn sentence(event: &Event) -> (Level, String) {
    match event {
        Event::ReadStarted { kind } => (Level::Debug, format!("{kind}: Reading...")),
        Event::ReadFinished { kind, resources, elapsed: took } => {
            (Level::Debug, format!("{kind}: Read {resources} after {}", elapsed(*took)))
        }
        Event::ReadSkipped { kind, fault } => {
            (Level::Debug, format!("{kind}: not looked through for leftovers: {}", fault_line(fault)))
        }
        Event::LockAwaited { holder, expires: _ } => {
            (Level::Info, format!("Waiting for the lock, which is held by {holder}"))
        }
        Event::LockTaken { id } => (Level::Debug, format!("The lock is ours: {id}")),
        Event::LockLost { why } => (Level::Error, format!("The lock is lost, nothing new is started: {why}")),
        Event::ApplyStarted { run, steps } => {
            (Level::Debug, format!("Applying {} as run {run}", counted(*steps, STEPS)))
        }
        Event::StepStarted { address, verb, id, kind: _ } => {
            (Level::Info, format!("{address}: {}...{}", doing(*verb), identified(id.as_deref())))
        }
        Event::StepWaiting { address, verb, waiting_for, elapsed: took, limit: _, kind: _ } => (
            Level::Debug,
            format!("{address}: Still {}... [{} elapsed, {waiting_for}]", doing(*verb).to_lowercase(), elapsed(*took)),
        ),
        Event::StepRetried { address, fault, pause, verb: _, kind: _ } => {
            let line = fault_line(fault);
            (Level::Debug, format!("{address}: trying again in {:.1}s: {line}", pause.as_secs_f64()))
        }
        Event::StepFinished { address, verb, id, elapsed: took, kind: _ } => {
            (Level::Info, format!("{address}: {} after {}{}", done(*verb), elapsed(*took), identified(Some(id))))
        }
        Event::StepFailed { address, verb, fault, kind: _ } => {
            (Level::Error, format!("{address}: {} failed: {}", noun(*verb), fault_line(fault)))
        }
        Event::StepSkipped { address, verb, because, kind: _ } => {
            (Level::Warn, format!("{address}: {} not started: {because}", noun(*verb)))
        }
        Event::StepUnsettled { address, fields, kind: _ } => {
            (Level::Warn, format!("{address}: does not match what was written when read back: {}", fields.join(", ")))
        }
        Event::TakenBack { address, id, kind: _ } => {
            (Level::Warn, format!("{address}: not replaced; {id} stays in place"))
        }
        Event::Interrupted { in_flight: 0 } => (Level::Warn, "Interrupted: nothing new is started.".to_owned()),
        Event::Interrupted { in_flight } => (
            Level::Warn,
            format!(
                "Interrupted: nothing new is started, {} in flight may end. Again to leave now.",
                counted(*in_flight, STEPS)
            ),
        ),
        Event::ApplyFinished { outcome } => finished(outcome),
    }
}

fn finished(outcome: &Outcome) -> (Level, String) {
    if outcome.is_complete() {
        return (Level::Info, apply_complete(outcome));
    }
    let Outcome { failed, not_started, abandoned, .. } = outcome;
    (Level::Error, format!("Apply incomplete: {failed} failed, {not_started} not started, {abandoned} left waiting."))
}

/// A fault on one line.
pub(crate) fn fault_line(fault: &FaultText) -> String {
    let FaultText { kind: _, operation, code, message, request: _, way_out: _ } = fault;
    match code {
        Some(code) => format!("{operation} answered {code}: {message}"),
        None => format!("{operation}: {message}"),
    }
}

/// What is being done.
pub(super) fn doing(verb: Verb) -> &'static str {
    match verb {
        Verb::Create => "Creating",
        Verb::Update => "Modifying",
        Verb::Rotate => "Rotating",
        Verb::Retire => "Retiring",
        Verb::Delete => "Destroying",
        Verb::Await => "Waiting",
    }
}

fn done(verb: Verb) -> &'static str {
    match verb {
        Verb::Create => "Creation complete",
        Verb::Update => "Modifications complete",
        Verb::Rotate => "Rotation complete",
        Verb::Retire => "Retirement complete",
        Verb::Delete => "Destruction complete",
        Verb::Await => "Waiting complete",
    }
}

fn noun(verb: Verb) -> &'static str {
    match verb {
        Verb::Create => "creation",
        Verb::Update => "modification",
        Verb::Rotate => "rotation",
        Verb::Retire => "retirement",
        Verb::Delete => "destruction",
        Verb::Await => "waiting",
    }
}

fn identified(id: Option<&str>) -> String {
    id.map(|id| format!(" [id={id}]")).unwrap_or_default()
}
