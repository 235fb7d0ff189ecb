//! What a run writes down as it goes: in the ledger what it makes, in the history what it does.
//!
//! Whatever is about to be done stands in the history before it is done, so that a killed run tells its story; and what
//! is about to be made stands in the ledger, so that nothing that is live is ever nobody's.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures::lock::Mutex as Turn;
use tokio::time::Instant;

use crate::event::{Event, Listener};
use crate::live::{FIRST_PAUSE, Fault, FaultKind, Live, Registry};
use crate::model::{Address, Entry, Ledger, Owner};
use crate::plan::{Verb, ledger_name};
use crate::record::{History, Kept, Store};

/// How long the ledger may be behind what was made: what was about to be made stands in it already.
const BEHIND: Duration = Duration::from_secs(2);

/// How often the ledger is tried to be written.
const WRITES: u32 = 6;

/// What a run writes down.
pub struct Journal<'a> {
    store: &'a dyn Store,
    /// Where the history is written, also when the lock is lost: that is part of the story.
    story: &'a dyn Store,
    owner: &'a Owner,
    run: String,
    history: History,
    kept: Mutex<Kept>,
    changed: AtomicBool,
    /// Who has the turn writes; when it did so last.
    turn: Turn<Option<Instant>>,
    trouble: Mutex<Option<Fault>>,
    begun: Mutex<BTreeSet<(Verb, Address)>>,
}

impl<'a> Journal<'a> {
    /// The journal of a run that begins now.
    pub fn begin(
        (store, story): (&'a dyn Store, &'a dyn Store),
        owner: &'a Owner,
        run: &str,
        kept: Kept,
        history: History,
    ) -> Journal<'a> {
        let (kept, changed, turn) = (Mutex::new(kept), AtomicBool::new(true), Turn::new(None));
        let (trouble, begun) = (Mutex::default(), Mutex::default());
        Journal { store, story, owner, run: run.to_owned(), history, kept, changed, turn, trouble, begun }
    }

    /// Changes the ledger. It is written by [`Journal::write`], or soon by [`Journal::commit`].
    pub(super) fn ledger<T>(&self, change: impl FnOnce(&mut Ledger) -> T) -> T {
        self.changed.store(true, Ordering::Release);
        change(&mut self.kept().ledger)
    }

    /// Notes that this run has made something.
    pub(super) fn made(&self, mut entry: Entry) {
        entry.run.clone_from(&self.run);
        self.ledger(|ledger| ledger.note(entry));
    }

    /// Notes that nothing was made of what was about to be.
    pub(super) fn not_made(&self, kind: &str, address: &Address) {
        self.ledger(|ledger| ledger.intend_no_more(kind, address));
    }

    /// Notes that something is gone.
    pub(super) fn gone(&self, registry: &Registry, live: &Live) {
        self.ledger(|ledger| ledger.forget(live.kind, ledger_name(registry, live)));
    }

    /// Notes that a mark of being replaced was taken away again.
    pub(super) fn taken_back(&self, kind: &str, name: &str) {
        if self.entry(kind, name).is_some_and(|entry| entry.retired.is_some()) {
            self.ledger(|ledger| ledger.entry_mut(kind, name).map(|entry| entry.retired.take()));
        }
    }

    /// What was begun so far.
    pub(super) fn begun(&self) -> BTreeSet<(Verb, Address)> {
        self.begun.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The run that writes.
    pub(super) fn run(&self) -> &str {
        &self.run
    }

    /// The ledger's entry of something, if it has one.
    pub(super) fn entry(&self, kind: &str, name: &str) -> Option<Entry> {
        self.kept().ledger.entry(kind, name).cloned()
    }

    /// Makes sure that what was heard so far stands in the history. A history that cannot be written holds nothing up:
    /// it is told at the end.
    pub(super) async fn commit(&self) {
        let mut last = self.turn.lock().await;
        if let Err(fault) = self.history.write(self.story).await {
            self.trouble().get_or_insert(fault);
        }
        if last.is_none_or(|last| last.elapsed() >= BEHIND)
            && let Err(fault) = self.write_ledger(&mut last).await
        {
            self.trouble().get_or_insert(fault);
        }
    }

    /// Makes sure that the ledger stands as it is now. What may pass is tried again.
    pub(super) async fn write(&self) -> Result<(), Fault> {
        let mut last = self.turn.lock().await;
        let mut pause = FIRST_PAUSE;
        for _ in 1..WRITES {
            match self.write_ledger(&mut last).await {
                Err(fault) if fault.may_pass() || fault.kind == FaultKind::Lost => {
                    tokio::time::sleep(pause).await;
                    pause *= 2;
                }
                answer => return answer,
            }
        }
        self.write_ledger(&mut last).await
    }

    /// Writes everything, for the last time, and tells what could not be written.
    pub(super) async fn finish(self) -> Option<Fault> {
        let written = match self.history.finish(self.story).await {
            Ok(()) => self.write().await,
            Err(fault) => Err(fault),
        };
        written.err().or(self.trouble.into_inner().unwrap_or_else(PoisonError::into_inner))
    }

    async fn write_ledger(&self, last: &mut Option<Instant>) -> Result<(), Fault> {
        if !self.changed.swap(false, Ordering::AcqRel) {
            return Ok(());
        }
        let mut writing = self.kept().clone();
        let written = writing.write(self.store, self.owner).await;
        if written.is_err() {
            self.changed.store(true, Ordering::Release);
        }
        self.kept().take_version(writing);
        *last = Some(Instant::now());
        written
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn trouble(&self) -> MutexGuard<'_, Option<Fault>> {
        self.trouble.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Listener for Journal<'_> {
    fn hear(&self, event: &Event) {
        if let Event::StepStarted { address, verb, .. } = event {
            self.begun.lock().unwrap_or_else(PoisonError::into_inner).insert((*verb, address.clone()));
        }
        self.history.hear(event);
    }
}

/// The entry of a resource that stands at an address.
pub(super) fn entry(kind: &str, name: &str, address: &Address) -> Entry {
    Entry::new(kind, name, address.clone(), "")
}
