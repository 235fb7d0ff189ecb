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

use crate::live::Fault;
use crate::model::Owner;

/// Deletes every record of an owner but the lock, which its holder gives back. [`Store::sweep`] comes after that.
pub async fn delete_records(store: &dyn Store, owner: &Owner) -> Result<(), Fault> {
    let lock = key(owner, "lock");
    for key in store.list(&prefix(owner)).await? {
        if let Some(stored) = store.get(&key).await?.filter(|_| key != lock) {
            store.delete(&key, &stored.version).await?;
        }
    }
    Ok(())
}

/// The key of an owner's record of that name.
fn key(owner: &Owner, name: &str) -> String {
    format!("{}{name}", prefix(owner))
}

/// The prefix of all records of an owner.
pub fn prefix(owner: &Owner) -> String {
    format!("{}/{}/", owner.project, owner.environment)
}
