//! Leave to change things: nothing that changes is sent once the lock is lost, not even the rest of a step.

use std::sync::{Arc, Mutex, PoisonError};

use infra_engine::live::Fault;
use infra_engine::record::Lease;

/// Who is asked before a changing call is sent: nobody, until there is a lease.
#[derive(Clone, Debug, Default)]
pub(crate) struct Guard(Arc<Mutex<Option<Lease>>>);

impl Guard {
    /// From now on it is this lease that is asked.
    pub(crate) fn set(&self, lease: Lease) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(lease);
    }

    /// Whether something may be changed.
    pub(crate) fn may_change(&self) -> Result<(), Fault> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).as_ref().map_or(Ok(()), Lease::may_change)
    }
}
