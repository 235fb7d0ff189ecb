//! One apply at a time: a lock by conditional write, kept alive by a heartbeat, free when nobody renews it any more.
//!
//! AWS takes no word of ours on who may change what, so the lock must fence by time alone. Its holder stops by itself
//! before it may be taken from it ([`Lease`]), and who waits for it believes in no clock but its own: a lock is free when
//! it has been *seen* unchanged for as long as its record says that it lasts. No two machines' clocks are compared.

mod clock;
mod heart;
mod lease;
#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio::time::{Instant, timeout};

use self::clock::{Clock, Machine, Moment};
use self::heart::Heart;
use self::lease::Guarded;
use super::holder::Holder;
use super::store::{Deleted, Put, Store, Version, When};
use crate::event::{Event, Listener};
use crate::live::{Fault, FaultKind};
use crate::model::Owner;
use crate::run::Interrupt;

pub use lease::Lease;

/// How long a lock lasts without renewal, and how often it is renewed.
#[derive(Clone, Copy, Debug)]
pub struct Timing {
    /// How long it lasts without renewal: who waits has to see it unchanged for so long.
    pub lasts: Duration,
    /// How much earlier its holder stops, so that calls under way come to an end before somebody else begins.
    pub margin: Duration,
    /// How often it is renewed.
    pub renewed: Duration,
    /// How often it is looked at while somebody else holds it.
    pub looked_at: Duration,
}

impl Timing {
    /// A minute and a half, renewed six times in it; its holder stops 25 seconds before its end.
    pub const USUAL: Timing = Timing {
        lasts: Duration::from_secs(90),
        margin: Duration::from_secs(25),
        renewed: Duration::from_secs(15),
        looked_at: Duration::from_secs(1),
    };
}

/// A lock that is held. Release it on every way out; a killed program's lock expires.
pub struct Lock {
    store: Arc<dyn Store>,
    key: String,
    holder: Holder,
    lease: Lease,
    stop: Option<oneshot::Sender<()>>,
    heartbeat: JoinHandle<()>,
}

/// Why a lock was not had.
#[derive(Debug, thiserror::Error)]
pub enum LockError {
    /// Somebody else holds it.
    #[error("somebody else is at work: {0}")]
    Held(Box<Holder>),
    /// It bears another identifier than the one that was given.
    #[error("the lock is held by run {}, not by run {given}", .holder.id)]
    OtherId {
        /// Who holds it.
        holder: Box<Holder>,
        /// What was given.
        given: String,
    },
    /// The record could not be read or written.
    #[error(transparent)]
    Fault(#[from] Fault),
    /// Somebody asked to stop while we waited.
    #[error("interrupted while waiting for the lock")]
    Interrupted,
}

impl Lock {
    /// Takes an owner's lock, waiting for at most `patience`; a little longer for one that seems to be left over.
    pub async fn take(
        store: Arc<dyn Store>,
        owner: &Owner,
        holder: Holder,
        patience: Duration,
        timing: Timing,
        listener: Arc<dyn Listener>,
        interrupt: Interrupt,
    ) -> Result<Lock, LockError> {
        let (key, clock) = (super::key(owner, "lock"), Arc::new(Machine));
        Taking { store, key, holder, patience, timing, clock, listener, interrupt }.take().await
    }

    /// Whether a record is a lock, by its key: it is written far more often than any other.
    pub fn is_key(key: &str) -> bool {
        key.ends_with("/lock")
    }

    /// Who holds it: us.
    pub fn holder(&self) -> &Holder {
        &self.holder
    }

    /// Leave to change things while the lock is ours, to be asked before every change.
    pub fn lease(&self) -> Lease {
        self.lease.clone()
    }

    /// The records, in which only the holder of this lock can write: a write after its end is refused.
    pub fn records(&self) -> Arc<dyn Store> {
        Arc::new(Guarded { store: Arc::clone(&self.store), lease: self.lease() })
    }

    /// Gives the lock back. Somebody who has taken it over meanwhile keeps it.
    pub async fn release(mut self) -> Result<(), Fault> {
        self.lease.end("it was given back");
        if let Some(stop) = self.stop.take() {
            // Nobody listens any more when the heartbeat has ended by itself.
            let _ = stop.send(());
        }
        let giving_back = async {
            // It has panicked, or has ended: either way it renews nothing any more.
            let _ = (&mut self.heartbeat).await;
            remove(&*self.store, &self.key, &self.holder.id).await
        };
        match timeout(GIVING_BACK, giving_back).await {
            Ok(Ok(_) | Err(LockError::OtherId { .. } | LockError::Held(_) | LockError::Interrupted)) => Ok(()),
            Ok(Err(LockError::Fault(fault))) => Err(fault),
            Err(_) => Err(Fault::new(FaultKind::Lost, "giving the lock back", "no answer came in time")),
        }
    }

    /// Who holds an owner's lock, if somebody does.
    pub async fn look(store: &dyn Store, owner: &Owner) -> Result<Option<Holder>, Fault> {
        Ok(read(store, &super::key(owner, "lock")).await?.map(|(holder, _)| holder))
    }

    /// Breaks a lock that somebody holds, if it is the one that is meant; gives whose it was.
    pub async fn break_open(store: &dyn Store, owner: &Owner, id: &str) -> Result<Option<Holder>, LockError> {
        remove(store, &super::key(owner, "lock"), id).await
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        self.lease.end("it was given back");
        self.heartbeat.abort();
    }
}

/// How long giving a lock back may take; after that it is left to expire.
const GIVING_BACK: Duration = Duration::from_secs(15);

/// How often the deletion of a lock that is renewed at the same time is tried.
const TRIES: usize = 5;

/// Deletes a lock of this identifier, whichever of its renewals is in force; gives whose it was.
async fn remove(store: &dyn Store, key: &str, id: &str) -> Result<Option<Holder>, LockError> {
    let mut before = None;
    for _ in 0..TRIES {
        match read(store, key).await? {
            None => return Ok(before),
            Some((holder, _)) if holder.id != id => {
                return Err(LockError::OtherId { holder: Box::new(holder), given: id.to_owned() });
            }
            Some((holder, version)) => match store.delete(key, &version).await? {
                Deleted::Done => return Ok(Some(holder)),
                // Renewed since it was read, or something else is under way: nothing was deleted.
                Deleted::Conflict => before = Some(holder),
            },
        }
    }
    let message =
        format!("it was renewed each time that it was to be deleted, {TRIES} times; the lock stands. Try again");
    Err(Fault::new(FaultKind::Busy, "deleting the lock", message).into())
}

/// Somebody who wants a lock.
struct Taking {
    store: Arc<dyn Store>,
    key: String,
    holder: Holder,
    patience: Duration,
    timing: Timing,
    clock: Arc<dyn Clock>,
    listener: Arc<dyn Listener>,
    interrupt: Interrupt,
}

impl Taking {
    async fn take(self) -> Result<Lock, LockError> {
        let deadline = Instant::now() + self.patience;
        let (mut sight, mut told, mut written) = (Sight::default(), None, None);
        loop {
            let when = match read(&*self.store, &self.key).await? {
                None => When::Absent,
                Some((found, version)) if found.id == self.holder.id => match written {
                    // Written, though the answer said otherwise.
                    Some(begun) => return Ok(self.held(found, version, begun)),
                    None => return Err(LockError::Held(Box::new(found))),
                },
                Some((other, version)) => {
                    let now = self.clock.now();
                    if other.is_dead() || sight.unchanged(&version, now) >= other.lasts() {
                        When::Is(version)
                    } else if Instant::now() >= deadline && (sight.is_alive || other.expires > now.wall) {
                        return Err(LockError::Held(Box::new(other)));
                    } else {
                        self.wait(other, &mut told).await?;
                        continue;
                    }
                }
            };
            let begun = self.clock.now();
            let holder = self.holder.renewed(begun.wall, self.timing.lasts);
            match self.store.put(&self.key, bytes(&holder), when).await {
                Ok(Put::Done(version)) => return Ok(self.held(holder, version, begun)),
                Ok(Put::Conflict) => written = Some(begun),
                // A lost answer may leave a lock of our own.
                Err(fault) => match read(&*self.store, &self.key).await? {
                    Some((found, version)) if found.id == holder.id => return Ok(self.held(found, version, begun)),
                    _ => return Err(fault.into()),
                },
            }
        }
    }

    /// Waits a little, and says for whom when that was not said yet.
    async fn wait(&self, other: Holder, told: &mut Option<String>) -> Result<(), LockError> {
        if told.as_ref() != Some(&other.id) {
            *told = Some(other.id.clone());
            let expires = other.expires.to_string();
            self.listener.hear(&Event::LockAwaited { holder: other.to_string(), expires });
        }
        tokio::select! {
            () = tokio::time::sleep(self.timing.looked_at) => Ok(()),
            () = self.interrupt.asked() => Err(LockError::Interrupted),
        }
    }

    /// The lock is ours since before it was written.
    fn held(self, holder: Holder, version: Version, begun: Moment) -> Lock {
        let Taking { store, key, timing, clock, listener, interrupt, .. } = self;
        listener.hear(&Event::LockTaken { id: holder.id.clone() });
        let lease = Lease::new(Arc::clone(&clock), begun, timing.lasts.saturating_sub(timing.margin));
        let (stop, stopped) = oneshot::channel();
        let heart = Heart {
            store: Arc::clone(&store),
            key: key.clone(),
            holder: holder.clone(),
            timing,
            clock,
            lease: lease.clone(),
            listener,
            interrupt,
        };
        let heartbeat = tokio::spawn(heart.beat(version, stopped));
        Lock { store, key, holder, lease, stop: Some(stop), heartbeat }
    }
}

/// What somebody who waits has seen of a lock.
#[derive(Default)]
struct Sight {
    seen: Option<(Version, Moment)>,
    /// True when it has changed under our eyes: its holder is at work, whatever the clocks say.
    is_alive: bool,
}

impl Sight {
    /// For how long it has been seen unchanged. It counts from when the answer came: the write was before.
    fn unchanged(&mut self, version: &Version, now: Moment) -> Duration {
        match &self.seen {
            Some((seen, since)) if seen == version => now.since(*since),
            before => {
                self.is_alive |= before.is_some();
                self.seen = Some((version.clone(), now));
                Duration::ZERO
            }
        }
    }
}

fn bytes(holder: &Holder) -> Vec<u8> {
    serde_json::to_vec_pretty(holder).expect("a holder is a map of texts")
}

async fn read(store: &dyn Store, key: &str) -> Result<Option<(Holder, Version)>, Fault> {
    let Some(stored) = store.get(key).await? else { return Ok(None) };
    let holder = serde_json::from_slice(&stored.bytes).unwrap_or_else(|_| unreadable());
    Ok(Some((holder, stored.version)))
}

/// A lock that this program cannot read is held by somebody unknown, for ever: a person has to look.
fn unreadable() -> Holder {
    Holder {
        id: "unreadable".to_owned(),
        who: "unknown".to_owned(),
        host: "unknown".to_owned(),
        command: "unknown".to_owned(),
        process: None,
        since: Timestamp::UNIX_EPOCH,
        expires: Timestamp::MAX,
        lasts: SignedDuration::MAX,
        renewals: 0,
    }
}
