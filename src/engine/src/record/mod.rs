//! What is written down beside the cloud's own tags: who is at work, what was made, what was done.
//!
//! Nothing here is needed to plan. A [`Store`] keeps small records with conditional writes; the lock, the ledger and
//! the history are built on it.

mod history;
mod holder;
mod ledger;
mod lock;
mod memory;
mod store;

pub use history::{History, Run};
pub use holder::{Holder, Process};
pub use ledger::Kept;
pub use lock::{Lease, Lock, LockError, Timing};
pub use memory::MemoryStore;
pub use store::{Deleted, Put, Store, Stored, Version, When};

use crate::live::{Fault, FaultKind};
use crate::model::Owner;

/// How much of the records of an owner goes that nothing is left of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extent {
    /// All of them.
    Everything,
    /// All but the history: what was done can be read for as long as its place stands.
    AllButHistory,
}

/// What became of the records of an owner that nothing is left of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cleared {
    /// All of them are gone.
    All,
    /// The history stays, as it was to.
    AllButHistory,
    /// The history stays: who works here may add to it, and not take it away.
    HistoryRefused,
}

/// Deletes the records of an owner but the lock, which its holder gives back. [`Store::sweep`] comes after that.
pub async fn delete_records(store: &dyn Store, owner: &Owner, extent: Extent) -> Result<Cleared, Fault> {
    let (lock, history) = (key(owner, "lock"), key(owner, "history/"));
    let mut deleted = match extent {
        Extent::Everything => Cleared::All,
        Extent::AllButHistory => Cleared::AllButHistory,
    };
    let goes = |key: &String| extent == Extent::Everything || !key.starts_with(&history);
    for key in store.list(&prefix(owner)).await?.into_iter().filter(goes) {
        if let Some(stored) = store.get(&key).await?.filter(|_| key != lock) {
            match store.delete(&key, &stored.version).await {
                Err(fault) if fault.kind == FaultKind::Denied && key.starts_with(&history) => {
                    deleted = Cleared::HistoryRefused;
                }
                other => {
                    other?;
                }
            }
        }
    }
    Ok(deleted)
}

/// The key of an owner's record of that name.
fn key(owner: &Owner, name: &str) -> String {
    format!("{}{name}", prefix(owner))
}

/// The prefix of all records of an owner.
pub fn prefix(owner: &Owner) -> String {
    format!("{}/{}/", owner.project, owner.environment)
}
