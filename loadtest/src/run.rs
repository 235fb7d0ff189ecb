//! Carries out a test, or one worker's part of it: begins what is due, when it is due, and counts what comes back.
//!
//! It ends by itself: with the schedule, when the last iteration is through or has had its time, or at once when it is
//! told to stop.
//! Nothing of it goes on in the background afterwards.

mod closed;
mod count;
mod open;

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use jiff::Timestamp;
use tokio::sync::mpsc;
use tokio::task::{JoinError, JoinSet};

use self::count::Counting;
use crate::client::{Client, Idle};
use crate::cookies::Jar;
use crate::result::{Aborts, Ended, FORMAT, Measured, Part, WorkerResult};
use crate::scenario::{Deal, Event, Sending, Stopped, Turn, User};
use crate::test::{Load, LoadTest};

/// How often a run is looked at from outside, and thresholds by itself.
const LOOK: Duration = Duration::from_secs(1);

/// How long scenarios that began in time may go on after the schedule and one timeout. Those that are under way even
/// then, because their users think for long, are abandoned.
const GRACE: Duration = Duration::from_secs(10);

/// Carries out one part of a test, until its end or until `stop` says how it is to end. Every second `look` is given
/// what was counted until then, and how long the run has taken.
///
/// A threshold with `abort_after` ends a run that is whole; of a part of one, the whole's results decide.
pub async fn run(
    test: &LoadTest,
    client: Client,
    part: Part,
    stop: impl Future<Output = Ended>,
    mut look: impl FnMut(&Measured, Duration),
) -> WorkerResult {
    let schedule = test.schedule();
    let mut counting = Counting::new(test, &schedule);
    let mut aborts = Aborts::new(if part == Part::WHOLE { &test.shown.thresholds } else { &[] });
    let (tell, mut told) = mpsc::unbounded_channel();
    let (began_at, began) = (SystemTime::now(), Instant::now());
    let sending = Sending { client: Arc::new(client), tell, began, seed: seed(began_at) };

    let latest = tokio::time::Instant::from_std(began) + schedule.length() + test.timeout + GRACE;
    let mut driver = JoinSet::new();
    let work = Work { sending, scenarios: test.scenarios.clone(), schedule, part };
    match test.load {
        Load::Open { rate: _, in_flight } => driver.spawn(open::drive(work, in_flight)),
        Load::Closed { users: _, think } => driver.spawn(closed::drive(work, think)),
    };

    let mut stop = pin!(stop);
    let mut seconds = tokio::time::interval_at(tokio::time::Instant::from_std(began) + LOOK, LOOK);
    let ended = loop {
        tokio::select! {
            biased;
            ended = &mut stop => break ended,
            () = tokio::time::sleep_until(latest) => break Ended::Complete,
            _ = seconds.tick() => {
                look(counting.measured(), began.elapsed());
                if aborts.look(&test.shown.phases, counting.measured(), began.elapsed()) {
                    break Ended::Aborted;
                }
            }
            event = told.recv() => match event {
                Some(event) => counting.count(event),
                None => break Ended::Complete,
            },
        }
    };
    let took = began.elapsed();
    driver.abort_all();
    while let Ok(event) = told.try_recv() {
        counting.count(event);
    }
    while let Some(ended) = driver.join_next().await {
        unless_panicked(ended);
    }
    WorkerResult {
        format: FORMAT,
        plan: test.shown.clone(),
        part,
        region: None,
        version: env!("CARGO_PKG_VERSION").to_owned(),
        started_at: Timestamp::try_from(began_at).map(|at| format!("{at:.3}")).unwrap_or_default(),
        // Milliseconds are enough in seconds.
        seconds: (took.as_secs_f64() * 1000.0).round() / 1000.0,
        ended,
        measured: counting.into_measured(),
    }
}

/// What makes chance another in each run.
fn seed(now: SystemTime) -> u64 {
    let since = now.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    since.as_secs() ^ u64::from(since.subsec_nanos()).rotate_left(32) ^ u64::from(std::process::id()).rotate_left(48)
}

/// What a driver works with.
#[derive(Clone)]
struct Work {
    sending: Sending,
    scenarios: Deal,
    schedule: crate::schedule::Schedule,
    part: Part,
}

impl Work {
    /// Goes through the iteration with a number, and says how it ended.
    async fn iterate(&self, turn: Turn, due: Duration, from_due: bool, idle: Idle) -> Result<(), Stopped> {
        let scenario = self.scenarios.place(turn.number);
        let sending = self.sending.clone();
        let cookies = Jar::default();
        let mut user = User { sending, turn, scenario, due: Some(due), from_due, idle, cookies, chances: 0 };
        self.sending.tell(Event::Begun { scenario });
        let begun = self.sending.now();
        let ended = self.scenarios.scenarios()[scenario].go(&mut user).await;
        let how = ended.map(|()| self.sending.now().saturating_sub(begun));
        self.sending.tell(Event::Ended { scenario, how });
        ended
    }
}

/// A task that was stopped has ended well; one that panicked takes its caller with it.
fn unless_panicked(ended: Result<(), JoinError>) {
    if let Err(error) = ended
        && let Ok(panic) = error.try_into_panic()
    {
        std::panic::resume_unwind(panic);
    }
}
