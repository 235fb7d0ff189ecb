//! Work under an owner's lock: taken before it, where the owner is at home, and given back on every way out.

use std::sync::Arc;
use std::time::Duration;

use super::home::away;
use super::interrupt::Interrupt;
use crate::event::Listener;
use crate::live::Fault;
use crate::model::Owner;
use crate::plan::{Options, Stop};
use crate::record::{Holder, Lock, LockError, Store, Timing};

/// Which lock, for whom, and for how long it is waited for.
pub struct Locking<'a> {
    /// Where the records are.
    pub store: &'a Arc<dyn Store>,
    /// Whose lock.
    pub owner: &'a Owner,
    /// What is asked for: where the owner is to be at home, and whether another's place may be taken.
    pub options: &'a Options,
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

/// Why there was no work.
#[derive(Debug, thiserror::Error)]
pub enum NotLocked {
    /// The lock was not to be had.
    #[error(transparent)]
    Lock(#[from] LockError),
    /// The owner is at home somewhere else: here nothing was written.
    #[error("this owner is at home somewhere else")]
    Away(Box<Stop>),
}

impl From<Fault> for NotLocked {
    fn from(fault: Fault) -> NotLocked {
        LockError::from(fault).into()
    }
}

/// What came of the work, and why the lock could not be given back, if it could not: it expires then.
pub async fn locked<T>(
    locking: Locking<'_>,
    work: impl AsyncFnOnce(&Lock) -> T,
) -> Result<(T, Option<Fault>), NotLocked> {
    let Locking { store, owner, options, holder, patience, timing, listener, interrupt } = locking;
    // The lock is written: not where a mistyped region or account would be given records by that.
    if let Some(stop) = away(&**store, owner, options).await? {
        return Err(NotLocked::Away(Box::new(stop)));
    }
    let lock = Lock::take(Arc::clone(store), owner, holder, patience, timing, listener, interrupt.clone()).await?;
    // Somebody may have come to be at home elsewhere while the lock was waited for.
    let done = match away(&**store, owner, options).await {
        Ok(None) => Ok(work(&lock).await),
        Ok(Some(stop)) => Err(NotLocked::Away(Box::new(stop))),
        Err(fault) => Err(NotLocked::from(fault)),
    };
    let not_released = lock.release().await.err();
    Ok((done?, not_released))
}
