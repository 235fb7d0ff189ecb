//! Repeating what may pass, within a limit, and telling about it.

use std::future::Future;
use std::time::Duration;

use tokio::time::Instant;

use super::pause::Pauses;
use super::step::{Halt, Site};
use crate::event::{Event, FaultText};
use crate::live::{Fault, FaultKind};
use crate::plan::Step;

/// How often a step that waits says so.
const HEARTBEAT: Duration = Duration::from_secs(10);

/// How long an endpoint that has answered before may be silent.
const OUTAGE: Duration = Duration::from_secs(60);

/// How long something that is not seen yet is waited for. What was made a moment ago is seen everywhere within that; what
/// is not was never made, however long a step may take in all.
const NOT_YET: Duration = Duration::from_secs(120);

/// The time that a step has, and what it tells while it passes.
pub(super) struct Attempt<'a> {
    site: &'a Site<'a>,
    step: &'a Step,
    started: Instant,
    limit: Duration,
    pauses: Pauses,
    last_told: Instant,
    silent_since: Option<Instant>,
    missed: Option<Missed>,
}

/// What is not seen yet: which call says so, how, and since when.
struct Missed {
    operation: String,
    code: Option<String>,
    since: Instant,
}

impl<'a> Attempt<'a> {
    pub(super) fn new(site: &'a Site<'a>, step: &'a Step, limit: Duration) -> Attempt<'a> {
        let now = Instant::now();
        let pauses = Pauses::of(&step.address);
        Attempt { site, step, started: now, limit, pauses, last_told: now, silent_since: None, missed: None }
    }

    pub(super) fn elapsed(&self) -> Duration {
        self.started.elapsed()
    }

    /// Repeats a call that may be repeated as often as one likes.
    pub(super) async fn repeat<T, F>(&mut self, call: impl Fn() -> F) -> Result<T, Halt>
    where
        F: Future<Output = Result<T, Fault>>,
    {
        loop {
            match call().await {
                Ok(value) => return Ok(value),
                Err(fault) => self.rest_after(fault).await?,
            }
        }
    }

    /// Pauses after a fault that may pass, or gives it back.
    pub(super) async fn rest_after(&mut self, fault: Fault) -> Result<(), Halt> {
        let passes = match fault.kind {
            FaultKind::Unreachable => self.silent_since.get_or_insert_with(Instant::now).elapsed() < OUTAGE,
            FaultKind::Lost => true,
            _ => fault.may_pass(),
        };
        if fault.kind != FaultKind::Unreachable {
            self.silent_since = None;
        }
        let pause = self.pauses.next();
        if !passes {
            return Err(Halt::Failed(Box::new(fault)));
        }
        let missed = self.missed_since(&fault);
        let given_up = match missed {
            _ if self.elapsed() + pause > self.limit => Some(self.elapsed()),
            Some(since) if since.elapsed() + pause > NOT_YET => Some(since.elapsed()),
            _ => None,
        };
        if let Some(after) = given_up {
            let message = format!("{} (given up after {} s)", fault.message, after.as_secs());
            return Err(Halt::Failed(Box::new(Fault { message, ..fault })));
        }
        let Step { address, kind, .. } = self.step;
        self.site.listener.hear(&Event::StepRetried {
            address: address.clone(),
            kind,
            verb: self.step.verb(),
            fault: FaultText::from(&fault),
            pause,
        });
        if let Some(since) = missed {
            let what = format!("not seen yet by {}: {}", fault.operation, fault.message);
            self.tell(&what, since.elapsed(), NOT_YET);
        }
        self.sleep(pause).await
    }

    /// Since when the same call has missed something without a pause; nothing where it was another failure.
    fn missed_since(&mut self, fault: &Fault) -> Option<Instant> {
        if fault.kind != FaultKind::NotYet {
            self.missed = None;
            return None;
        }
        let same = |missed: &Missed| missed.operation == fault.operation && missed.code == fault.code;
        if !self.missed.as_ref().is_some_and(same) {
            let (operation, code) = (fault.operation.clone(), fault.code.clone());
            self.missed = Some(Missed { operation, code, since: Instant::now() });
        }
        self.missed.as_ref().map(|missed| missed.since)
    }

    /// Pauses because something is not as far yet; fails when the limit is reached.
    pub(super) async fn wait_for(&mut self, what: &str) -> Result<(), Halt> {
        let pause = self.pauses.next();
        self.missed = None;
        if self.elapsed() + pause > self.limit {
            let message = format!("still {what} after {} s; run it again to go on waiting", self.elapsed().as_secs());
            return Err(Halt::Failed(Box::new(Fault::new(FaultKind::Busy, self.step.kind, message))));
        }
        if self.last_told.elapsed() >= HEARTBEAT || self.last_told == self.started {
            self.last_told = Instant::now();
            self.tell(what, self.elapsed(), self.limit);
        }
        self.sleep(pause).await
    }

    fn tell(&self, what: &str, elapsed: Duration, limit: Duration) {
        let Step { address, kind, .. } = self.step;
        self.site.listener.hear(&Event::StepWaiting {
            address: address.clone(),
            kind,
            verb: self.step.verb(),
            waiting_for: what.to_owned(),
            elapsed,
            limit,
        });
    }

    async fn sleep(&self, pause: Duration) -> Result<(), Halt> {
        tokio::select! {
            () = tokio::time::sleep(pause) => Ok(()),
            () = self.site.interrupt.asked() => Err(Halt::Abandoned),
        }
    }
}
