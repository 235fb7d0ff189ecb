//! What this program has changed a moment ago. A role: what starts with it waits until it is seen everywhere. A database:
//! what it was sent a moment ago is waited for.
//!
//! A task that starts with a role that ECS does not see yet stops at once, and three such tasks end a service's first
//! deployment: <https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot.html#troubleshoot_general_eventual-consistency>
//! (read 2026-11-26). A call that is refused may be repeated; a deployment that has been given up may not.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use infra_engine::live::{Fault, FaultKind};

/// How long nothing is started with a role that was changed.
const REST: Duration = Duration::from_secs(10);

/// When something was changed, by its name: of roles, or of databases.
#[derive(Debug, Default)]
pub(crate) struct Fresh(Mutex<BTreeMap<String, Instant>>);

impl Fresh {
    /// Remembers that it is changed now.
    pub(crate) fn touch(&self, name: &str) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(name.to_owned(), Instant::now());
    }

    /// True for what was changed within so long.
    pub(crate) fn is_within(&self, name: &str, long: Duration) -> bool {
        let changed = self.0.lock().unwrap_or_else(PoisonError::into_inner).get(name).copied();
        changed.is_some_and(|changed| changed.elapsed() < long)
    }

    /// Refuses, for a while, what would start with a role that was changed a moment ago.
    pub(crate) fn rested(&self, arn: &str, operation: &str) -> Result<(), Fault> {
        self.rested_at(arn, operation, Instant::now())
    }

    fn rested_at(&self, arn: &str, operation: &str, now: Instant) -> Result<(), Fault> {
        let name = arn.rsplit('/').next().unwrap_or_default();
        let changed = self.0.lock().unwrap_or_else(PoisonError::into_inner).get(name).copied();
        match changed.filter(|changed| now.saturating_duration_since(*changed) < REST) {
            Some(_) => {
                let message = format!("the role {name} was changed a moment ago, and may not be seen everywhere yet");
                Err(Fault::new(FaultKind::NotYet, operation, message))
            }
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_role_rests_after_it_was_changed() {
        let fresh = Fresh::default();
        fresh.touch("shop-web-execution");
        let rested = |arn: &str, after: Duration| fresh.rested_at(arn, "ecs:Test", Instant::now() + after).is_ok();
        let arn = "arn:aws:iam::1:role/shop-web-execution";
        assert!(!rested(arn, Duration::ZERO) && rested(arn, REST));
        assert!(rested("arn:aws:iam::1:role/other", Duration::ZERO));
        assert_eq!(fresh.rested(arn, "ecs:Test").unwrap_err().kind, FaultKind::NotYet);
    }
}
