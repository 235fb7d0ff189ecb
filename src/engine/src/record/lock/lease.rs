//! Leave to change things, for as long as the lock is certainly ours. It ends by itself, and once ended it stays ended.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures::FutureExt;
use futures::future::BoxFuture;

use super::clock::{Clock, Moment};
use crate::live::{Fault, FaultKind};
use crate::record::store::{Deleted, Put, Store, Stored, Version, When};

/// Leave to change things, asked for before every call that changes something. Cheap to copy and to ask.
///
/// It is counted from before the lock was written, and is shorter than the lock lasts: what began just before its end is
/// over before anybody else can have the lock.
#[derive(Clone, Debug)]
pub struct Lease {
    clock: Arc<dyn Clock>,
    state: Arc<Mutex<State>>,
}

#[derive(Debug)]
enum State {
    /// From a moment on, for so long.
    Runs { from: Moment, lasts: Duration },
    /// Over, and why.
    Over(String),
}

impl Lease {
    pub(super) fn new(clock: Arc<dyn Clock>, from: Moment, lasts: Duration) -> Lease {
        Lease { clock, state: Arc::new(Mutex::new(State::Runs { from, lasts })) }
    }

    /// Whether something may still be changed. Once it has said no, it never says yes again.
    pub fn may_change(&self) -> Result<(), Fault> {
        let mut state = self.state();
        if let State::Runs { from, lasts } = &*state
            && self.clock.now().longest_since(*from) >= *lasts
        {
            *state =
                State::Over("it was not renewed in time: this machine slept, or the records did not answer".into());
        }
        match &*state {
            State::Runs { .. } => Ok(()),
            State::Over(why) => {
                let message = format!("the lock is not ours any more, so nothing is changed: {why}");
                Err(Fault::new(FaultKind::LockLost, "the lock", message))
            }
        }
    }

    /// How much of it is left.
    pub(super) fn left(&self) -> Duration {
        match &*self.state() {
            State::Runs { from, lasts } => lasts.saturating_sub(self.clock.now().longest_since(*from)),
            State::Over(_) => Duration::ZERO,
        }
    }

    /// It runs from this moment on, unless it is over.
    pub(super) fn renew(&self, begun: Moment) {
        if let State::Runs { from, .. } = &mut *self.state() {
            *from = begun;
        }
    }

    /// Ends it. The first reason is the one that is told.
    pub(super) fn end(&self, why: &str) {
        let mut state = self.state();
        if let State::Runs { .. } = &*state {
            *state = State::Over(why.to_owned());
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Records that the holder of a lock alone writes: the lease is asked before every write.
pub(super) struct Guarded {
    pub(super) store: Arc<dyn Store>,
    pub(super) lease: Lease,
}

impl Store for Guarded {
    fn place(&self) -> String {
        self.store.place()
    }

    fn get<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Result<Option<Stored>, Fault>> {
        self.store.get(key)
    }

    fn put<'a>(&'a self, key: &'a str, bytes: Vec<u8>, when: When) -> BoxFuture<'a, Result<Put, Fault>> {
        async move {
            self.lease.may_change()?;
            self.store.put(key, bytes, when).await
        }
        .boxed()
    }

    fn delete<'a>(&'a self, key: &'a str, version: &'a Version) -> BoxFuture<'a, Result<Deleted, Fault>> {
        async move {
            self.lease.may_change()?;
            self.store.delete(key, version).await
        }
        .boxed()
    }

    fn list<'a>(&'a self, prefix: &'a str) -> BoxFuture<'a, Result<Vec<String>, Fault>> {
        self.store.list(prefix)
    }

    fn sweep<'a>(&'a self, prefix: &'a str) -> BoxFuture<'a, Result<(), Fault>> {
        async move {
            self.lease.may_change()?;
            self.store.sweep(prefix).await
        }
        .boxed()
    }
}
