//! Carries out a test: sends what is due, when it is due, and counts what comes back.
//!
//! It ends by itself: with the schedule, when the last request has its answer or has been given up, or at once when
//! it is told to stop. Nothing of it goes on in the background afterwards.

mod closed;
mod open;

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use tokio::sync::mpsc::{self, UnboundedSender};
use tokio::task::{JoinError, JoinSet};

use crate::client::{Client, Connection};
use crate::report::{Ended, Report};
use crate::sample::Sample;
use crate::schedule::Schedule;
use crate::statistics::Statistics;
use crate::test::{Load, LoadTest};

/// Carries out a test, until its end or until `stop` says how it is to end.
pub async fn run(test: &LoadTest, client: Client, stop: impl Future<Output = Ended>) -> Report {
    let schedule = test.schedule();
    let mut counted = Statistics::new(test.phases.len());
    let (tell, mut told) = mpsc::unbounded_channel();
    let (began_at, began) = (SystemTime::now(), Instant::now());
    let sending = Sending { client: Arc::new(client), tell, began };

    let mut driver = JoinSet::new();
    match test.load {
        Load::Open { rate: _, in_flight } => driver.spawn(open::drive(sending, schedule.clone(), in_flight)),
        Load::Closed { users: _, think } => driver.spawn(closed::drive(sending, schedule.clone(), think)),
    };

    let mut stop = pin!(stop);
    let ended = loop {
        tokio::select! {
            biased;
            ended = &mut stop => break ended,
            event = told.recv() => match event {
                Some(event) => count(event, &schedule, &mut counted),
                None => break Ended::Complete,
            },
        }
    };
    let took = began.elapsed();
    driver.abort_all();
    while let Ok(event) = told.try_recv() {
        count(event, &schedule, &mut counted);
    }
    while let Some(ended) = driver.join_next().await {
        unless_panicked(ended);
    }
    Report::of(test, &counted, began_at, took, ended)
}

fn count(event: Event, schedule: &Schedule, counted: &mut Statistics) {
    match event {
        Event::Started => counted.started += 1,
        Event::NotSent => counted.not_sent += 1,
        Event::Finished(sample) => counted.count(schedule.phase(sample.due), &sample),
    }
}

/// What happens in a test.
enum Event {
    Started,
    NotSent,
    Finished(Sample),
}

/// Sends requests and tells of them.
#[derive(Clone)]
struct Sending {
    client: Arc<Client>,
    tell: UnboundedSender<Event>,
    began: Instant,
}

impl Sending {
    fn now(&self) -> Duration {
        self.began.elapsed()
    }

    /// Nobody listens any more once the test was stopped; then there is nothing to tell.
    fn tell(&self, event: Event) {
        drop(self.tell.send(event));
    }

    /// Sends a request whose latency counts from `from`, and says whether there was an answer.
    async fn send(&self, kept: &mut Option<Connection>, due: Duration, from: Duration) -> bool {
        let late = self.now().saturating_sub(due);
        let answer = self.client.send(kept).await;
        let latency = self.now().saturating_sub(from);
        let answered = matches!(answer.outcome, crate::sample::Outcome::Answered { status: _ });
        self.tell(Event::Finished(Sample { due, late, latency, received: answer.received, outcome: answer.outcome }));
        answered
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
