//! Work under an owner's lock: taken before it, given back on every way out.

use std::sync::Arc;
use std::time::Duration;

use super::interrupt::Interrupt;
use crate::event::Listener;
use crate::live::Fault;
use crate::model::Owner;
use crate::record::{Holder, Lock, LockError, Store, Timing};

/// Which lock, for whom, and for how long it is waited for.
pub struct Locking<'a> {
    /// Where the records are.
    pub store: &'a Arc<dyn Store>,
    /// Whose lock.
    pub owner: &'a Owner,
    /// Who takes it.
    pub holder: Holder,
    /// How long it is waited for.
    pub patience: Duration,
    /// How long it lasts.
    pub timing: Timing,
    /// Who wants to know.
    pub listener: Arc<dyn Listener>,
    /// Who may ask to stop.
    pub interrupt: &'a Interrupt,
}

/// What came of the work, and why the lock could not be given back, if it could not: it expires then.
pub async fn locked<T>(
    locking: Locking<'_>,
    work: impl AsyncFnOnce(&Lock) -> T,
) -> Result<(T, Option<Fault>), LockError> {
    let Locking { store, owner, holder, patience, timing, listener, interrupt } = locking;
    let lock = Lock::take(Arc::clone(store), owner, holder, patience, timing, listener, interrupt.clone()).await?;
    let done = work(&lock).await;
    Ok((done, lock.release().await.err()))
}
