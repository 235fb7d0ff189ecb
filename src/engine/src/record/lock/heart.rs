//! The heartbeat: keeps a lock alive, and notices when it is lost.

use std::sync::Arc;

use tokio::sync::oneshot;
use tokio::time::{sleep, timeout};

use super::clock::{Clock, Moment};
use super::lease::Lease;
use super::{Timing, bytes, read};
use crate::event::{Event, Listener};
use crate::live::{Fault, FaultKind};
use crate::record::holder::Holder;
use crate::record::store::{Put, Store, Version, When};
use crate::run::Interrupt;

/// Keeps a lock alive.
pub(super) struct Heart {
    pub(super) store: Arc<dyn Store>,
    pub(super) key: String,
    pub(super) holder: Holder,
    pub(super) timing: Timing,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) lease: Lease,
    pub(super) listener: Arc<dyn Listener>,
    pub(super) interrupt: Interrupt,
}

impl Heart {
    /// Renews the lock until it is told to stop, even in the middle of a renewal, or until the lock is lost.
    pub(super) async fn beat(mut self, version: Version, stopped: oneshot::Receiver<()>) {
        tokio::select! {
            why = self.keep(version) => {
                self.lease.end(&why);
                self.listener.hear(&Event::LockLost { why });
                self.interrupt.lose();
            }
            _ = stopped => {}
        }
    }

    /// Renews the lock for as long as that succeeds in time; gives the reason why it did not.
    async fn keep(&mut self, mut version: Version) -> String {
        let (mut tried, mut pause) = (self.clock.now(), self.timing.renewed);
        let mut trouble = None;
        loop {
            // In small steps by the machine's own clock: a sleeper notices soon after it wakes up.
            sleep(self.timing.looked_at.min(pause)).await;
            if self.lease.left().is_zero() {
                return match trouble {
                    Some(fault) => format!("it could not be renewed in time: {fault}"),
                    None => "it was not renewed in time: this machine slept, or stood still".to_owned(),
                };
            }
            if self.clock.now().since(tried) < pause {
                continue;
            }
            tried = self.clock.now();
            // One that hangs leaves time for another.
            match timeout(self.lease.left().min(self.timing.renewed), self.renew(&mut version)).await {
                Ok(Ok(Some(begun))) => {
                    self.lease.renew(begun);
                    (pause, trouble) = (self.timing.renewed, None);
                    continue;
                }
                Ok(Ok(None)) => return "somebody has broken it or taken it over".to_owned(),
                Ok(Err(fault)) => trouble = Some(fault),
                Err(_) => trouble = Some(Fault::new(FaultKind::Lost, "renewing the lock", "no answer came in time")),
            }
            pause = self.timing.renewed / 5;
        }
    }

    /// Writes the lock anew; gives the moment before the write that is in force now. `None`: it is not ours any more.
    async fn renew(&mut self, version: &mut Version) -> Result<Option<Moment>, Fault> {
        loop {
            let begun = self.clock.now();
            self.holder = self.holder.renewed(begun.wall, self.timing.lasts);
            if let Put::Done(next) = self.store.put(&self.key, bytes(&self.holder), When::Is(version.clone())).await? {
                *version = next;
                return Ok(Some(begun));
            }
            match read(&*self.store, &self.key).await? {
                // This very one was written, and only the answer said otherwise.
                Some((found, next)) if found == self.holder => {
                    *version = next;
                    return Ok(Some(begun));
                }
                // An earlier one was written whose answer was lost: this one goes over it.
                Some((found, next)) if found.id == self.holder.id && next != *version => *version = next,
                Some((found, _)) if found.id == self.holder.id => {
                    let message = "something else is at work on the record";
                    return Err(Fault::new(FaultKind::Busy, "renewing the lock", message));
                }
                _ => return Ok(None),
            }
        }
    }
}
