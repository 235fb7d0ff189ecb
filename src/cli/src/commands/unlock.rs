//! `infra unlock`: shows who holds the lock, and breaks it for a person who is sure.

use infra_engine::record::{History, Lock, LockError};
use infra_engine::run::away;
use serde_json::json;

use crate::args::{Selection, Unlock};
use crate::carry_out::run_id;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::render::{Level, refusal};
use crate::session::Session;

pub(super) async fn run(arguments: Unlock, session: &Session<'_>) -> Result<Exit, Failure> {
    let blueprint = session.unchecked().await?;
    let cloud = session.connect(&blueprint).await?;
    let (store, owner) = (&*cloud.store, &blueprint.owner);
    let console = session.console;
    let say = |text: String| match console.json() {
        Some(lines) => lines.line(Level::Info, "lock", &text, json!({})),
        None => console.data(&format!("{text}\n")),
    };
    let Some(id) = arguments.id else {
        match Lock::look(store, owner).await? {
            None => say(format!("Nobody holds the lock of {owner}.")),
            Some(holder) => {
                say(format!("The lock of {owner} is held by {holder}."));
                session.console.say("Only if that run is gone for good:");
                session.console.say(&format!("  infra unlock {} --env {}", holder.id, blueprint.name));
            }
        }
        return Ok(Exit::Done);
    };
    if let Some(stop) = away(store, owner, &blueprint.options(&Selection::default())).await? {
        return Err(refusal(&stop, &blueprint.name));
    }
    match Lock::break_open(store, owner, &id).await {
        Ok(None) => say(format!("Nobody holds the lock of {owner}: there is nothing to break.")),
        Ok(Some(holder)) => {
            say(format!("The lock of {owner} is broken. It was held by {holder}."));
            let told = json!({"unlocked": holder.to_string()});
            let history = History::begin(owner, &run_id(), &cloud.identity.arn, "unlock", told);
            if let Err(fault) = history.finish(store).await {
                console.warn(&format!("that the lock was broken could not be written down: {fault}"));
            }
        }
        Err(LockError::Fault(fault)) => return Err(fault.into()),
        Err(LockError::OtherId { holder, given }) => {
            return Err(Failure::new(format!("the lock is not that of run {given}; nothing was changed"))
                .because(format!("it is held by {holder}")));
        }
        Err(other) => return Err(Failure::new(other.to_string())),
    }
    Ok(Exit::Done)
}
