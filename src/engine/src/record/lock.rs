//! One apply at a time: a lock by conditional write, kept alive by a heartbeat, free when it expires.

use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio::time::Instant;

use super::holder::Holder;
use super::store::{Put, Store, Version, When};
use crate::event::{Event, Listener};
use crate::live::Fault;
use crate::model::Owner;
use crate::run::Interrupt;

/// How long a lock lasts without renewal, and how often it is renewed.
#[derive(Clone, Copy, Debug)]
pub struct Timing {
    /// How long it lasts without renewal.
    pub lasts: Duration,
    /// How often it is renewed.
    pub renewed: Duration,
    /// How often it is looked at while somebody else holds it.
    pub looked_at: Duration,
}

impl Timing {
    /// A minute, renewed four times in it.
    pub const USUAL: Timing =
        Timing { lasts: Duration::from_secs(60), renewed: Duration::from_secs(15), looked_at: Duration::from_secs(1) };
}

/// A lock that is held. Release it on every way out; a killed program's lock expires.
pub struct Lock {
    store: Arc<dyn Store>,
    key: String,
    holder: Holder,
    stop: Option<oneshot::Sender<()>>,
    heartbeat: JoinHandle<Option<Version>>,
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
    /// Takes an owner's lock, waiting for at most `patience`.
    pub async fn take(
        store: Arc<dyn Store>,
        owner: &Owner,
        holder: Holder,
        patience: Duration,
        timing: Timing,
        listener: Arc<dyn Listener>,
        interrupt: Interrupt,
    ) -> Result<Lock, LockError> {
        let key = super::key(owner, "lock");
        let deadline = Instant::now() + patience;
        let mut told = None;
        loop {
            let when = match read(&*store, &key).await? {
                None => When::Absent,
                Some((other, version)) if other.is_gone(Timestamp::now()) => When::Is(version),
                Some((other, _)) if Instant::now() >= deadline => return Err(LockError::Held(Box::new(other))),
                Some((other, _)) => {
                    if told.as_ref() != Some(&other.id) {
                        told = Some(other.id.clone());
                        let expires = other.expires.to_string();
                        listener.hear(&Event::LockAwaited { holder: other.to_string(), expires });
                    }
                    tokio::select! {
                        () = tokio::time::sleep(timing.looked_at) => continue,
                        () = interrupt.asked() => return Err(LockError::Interrupted),
                    }
                }
            };
            let holder = renewed(&holder, timing);
            // A lost answer leaves a lock of our own: the next look finds our own identifier.
            let put = match store.put(&key, bytes(&holder), when).await {
                Ok(put) => put,
                Err(fault) => match read(&*store, &key).await? {
                    Some((found, version)) if found.id == holder.id => Put::Done(version),
                    _ => return Err(fault.into()),
                },
            };
            if let Put::Done(version) = put {
                listener.hear(&Event::LockTaken { id: holder.id.clone() });
                return Ok(Lock::held(store, key, holder, version, timing, listener, interrupt));
            }
        }
    }

    fn held(
        store: Arc<dyn Store>,
        key: String,
        holder: Holder,
        version: Version,
        timing: Timing,
        listener: Arc<dyn Listener>,
        interrupt: Interrupt,
    ) -> Lock {
        let (stop, stopped) = oneshot::channel();
        let heart = Heart { store: Arc::clone(&store), key: key.clone(), holder: holder.clone(), timing };
        let heartbeat = tokio::spawn(heart.beat(version, stopped, listener, interrupt));
        Lock { store, key, holder, stop: Some(stop), heartbeat }
    }

    /// Who holds it: us.
    pub fn holder(&self) -> &Holder {
        &self.holder
    }

    /// Gives the lock back. Whoever has taken it over meanwhile keeps it.
    pub async fn release(mut self) -> Result<(), Fault> {
        if let Some(stop) = self.stop.take() {
            // Nobody listens any more when the heartbeat has ended by itself.
            let _ = stop.send(());
        }
        let version = (&mut self.heartbeat).await.ok().flatten();
        match version {
            Some(version) => self.store.delete(&self.key, &version).await,
            None => Ok(()),
        }
    }

    /// Who holds an owner's lock, if somebody does.
    pub async fn look(store: &dyn Store, owner: &Owner) -> Result<Option<Holder>, Fault> {
        Ok(read(store, &super::key(owner, "lock")).await?.map(|(holder, _)| holder))
    }

    /// Breaks a lock that somebody holds, if it is the one that is meant.
    pub async fn break_open(store: &dyn Store, owner: &Owner, id: &str) -> Result<Option<Holder>, LockError> {
        let key = super::key(owner, "lock");
        match read(store, &key).await? {
            None => Ok(None),
            Some((holder, _)) if holder.id != id => {
                Err(LockError::OtherId { holder: Box::new(holder), given: id.to_owned() })
            }
            Some((holder, version)) => {
                store.delete(&key, &version).await?;
                Ok(Some(holder))
            }
        }
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        self.heartbeat.abort();
    }
}

/// Keeps a lock alive.
struct Heart {
    store: Arc<dyn Store>,
    key: String,
    holder: Holder,
    timing: Timing,
}

impl Heart {
    /// Renews the lock until it is told to stop; gives the version that is held then, or `None` when it was lost.
    async fn beat(
        self,
        mut version: Version,
        mut stopped: oneshot::Receiver<()>,
        listener: Arc<dyn Listener>,
        interrupt: Interrupt,
    ) -> Option<Version> {
        let mut alive_until = Instant::now() + self.timing.lasts;
        loop {
            tokio::select! {
                _ = &mut stopped => return Some(version),
                () = tokio::time::sleep(self.timing.renewed) => {}
            }
            let why = match self.renew(&version).await {
                Ok(Some(next)) => {
                    version = next;
                    alive_until = Instant::now() + self.timing.lasts;
                    continue;
                }
                Ok(None) => "somebody has broken it or taken it over".to_owned(),
                Err(_) if Instant::now() < alive_until => continue,
                Err(fault) => format!("it could not be renewed: {fault}"),
            };
            listener.hear(&Event::LockLost { why });
            interrupt.ask();
            return None;
        }
    }

    async fn renew(&self, version: &Version) -> Result<Option<Version>, Fault> {
        let holder = renewed(&self.holder, self.timing);
        match self.store.put(&self.key, bytes(&holder), When::Is(version.clone())).await? {
            Put::Done(version) => Ok(Some(version)),
            Put::Conflict => match read(&*self.store, &self.key).await? {
                // An earlier renewal went through, and only its answer was lost.
                Some((found, version)) if found.id == self.holder.id => Ok(Some(version)),
                _ => Ok(None),
            },
        }
    }
}

fn renewed(holder: &Holder, timing: Timing) -> Holder {
    let lasts = SignedDuration::try_from(timing.lasts).unwrap_or(SignedDuration::from_mins(1));
    let expires = Timestamp::now().checked_add(lasts).unwrap_or(Timestamp::MAX);
    Holder { expires, ..holder.clone() }
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
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::MemoryStore;

    const QUICK: Timing = Timing {
        lasts: Duration::from_millis(200),
        renewed: Duration::from_millis(40),
        looked_at: Duration::from_millis(10),
    };

    struct Silent;

    impl Listener for Silent {
        fn hear(&self, _: &Event) {}
    }

    fn owner() -> Owner {
        Owner { project: "p".into(), environment: "e".into() }
    }

    /// A holder on another machine: only time can tell that it is gone.
    fn stranger(id: &str) -> Holder {
        Holder { process: None, ..Holder::this(id, "apply") }
    }

    async fn take(store: &Arc<MemoryStore>, id: &str, patience: u64) -> Result<Lock, LockError> {
        let store: Arc<dyn Store> = Arc::<MemoryStore>::clone(store);
        let patience = Duration::from_millis(patience);
        Lock::take(store, &owner(), stranger(id), patience, QUICK, Arc::new(Silent), Interrupt::new()).await
    }

    #[tokio::test]
    async fn one_holds_it_and_the_other_is_told_who() {
        let store = Arc::new(MemoryStore::default());
        let lock = take(&store, "one", 0).await.unwrap();
        let Err(LockError::Held(holder)) = take(&store, "two", 0).await else { panic!("two hold the lock") };
        assert_eq!(holder.id, "one");
        lock.release().await.unwrap();
        assert!(Lock::look(&*store, &owner()).await.unwrap().is_none());
        take(&store, "two", 0).await.unwrap().release().await.unwrap();
    }

    #[tokio::test]
    async fn a_heartbeat_keeps_it_and_without_one_it_expires() {
        let store = Arc::new(MemoryStore::default());
        let lock = take(&store, "one", 0).await.unwrap();
        tokio::time::sleep(QUICK.lasts * 2).await;
        assert!(take(&store, "two", 0).await.is_err(), "the heartbeat keeps it alive");
        drop(lock);
        let lock = take(&store, "two", 1000).await.unwrap();
        assert_eq!(lock.holder().id, "two");
    }

    #[tokio::test]
    async fn of_many_that_start_together_one_is_at_work() {
        let store = Arc::new(MemoryStore::default());
        let names = ["a", "b", "c", "d", "e", "f", "g", "h"];
        let taken = futures::future::join_all(names.map(|name| take(&store, name, 0))).await;
        assert_eq!(taken.iter().filter(|lock| lock.is_ok()).count(), 1);
    }

    #[tokio::test]
    async fn only_the_lock_that_is_meant_is_broken() {
        let store = Arc::new(MemoryStore::default());
        let lock = take(&store, "one", 0).await.unwrap();
        assert!(matches!(Lock::break_open(&*store, &owner(), "two").await, Err(LockError::OtherId { .. })));
        assert_eq!(Lock::break_open(&*store, &owner(), "one").await.unwrap().unwrap().id, "one");
        let next = take(&store, "two", 0).await.unwrap();
        lock.release().await.unwrap();
        assert_eq!(Lock::look(&*store, &owner()).await.unwrap().unwrap().id, "two", "the next one's stays");
        next.release().await.unwrap();
    }
}
