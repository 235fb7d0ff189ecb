//! The open model: requests begin when they are due, whatever became of those before.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::Semaphore;
use tokio::sync::mpsc::{self, UnboundedReceiver};
use tokio::task::JoinSet;

use super::{Event, Sending, unless_panicked};
use crate::client::Connection;
use crate::schedule::Schedule;

/// The pacer never sleeps longer than this without looking whether the test still runs.
const GLANCE: Duration = Duration::from_millis(50);

/// Begins each request in a task of its own. The connections of those that ended are used again, the latest first.
pub(super) async fn drive(sending: Sending, schedule: Schedule, in_flight: usize) {
    let mut due = pace(schedule, sending.began);
    let places = Arc::new(Semaphore::new(in_flight));
    let idle = Arc::new(Idle::default());
    let mut requests = JoinSet::new();
    while let Some(due) = due.recv().await {
        while let Some(ended) = requests.try_join_next() {
            unless_panicked(ended);
        }
        let Ok(place) = Arc::clone(&places).try_acquire_owned() else {
            sending.tell(Event::NotSent);
            continue;
        };
        sending.tell(Event::Started);
        let (sending, idle) = (sending.clone(), Arc::clone(&idle));
        requests.spawn(async move {
            let mut kept = idle.take();
            // From when it was due: what the generator or the server let it wait belongs to its latency.
            sending.send(&mut kept, due, due).await;
            idle.keep(kept);
            drop(place);
        });
    }
    while let Some(ended) = requests.join_next().await {
        unless_panicked(ended);
    }
}

/// Tells when each request is due, at that moment. A thread of its own, because the runtime's timers count in whole
/// milliseconds, which is longer than a fast server needs for its answer.
fn pace(schedule: Schedule, began: Instant) -> UnboundedReceiver<Duration> {
    let (tell, told) = mpsc::unbounded_channel();
    std::thread::spawn(move || {
        for due in schedule.arrivals() {
            loop {
                let wait = due.saturating_sub(began.elapsed());
                if wait.is_zero() {
                    break;
                }
                std::thread::sleep(wait.min(GLANCE));
                if tell.is_closed() {
                    return;
                }
            }
            if tell.send(due).is_err() {
                return;
            }
        }
    });
    told
}

/// Connections with no request under way.
#[derive(Default)]
struct Idle {
    connections: Mutex<Vec<Connection>>,
}

impl Idle {
    fn take(&self) -> Option<Connection> {
        self.connections.lock().unwrap_or_else(PoisonError::into_inner).pop()
    }

    fn keep(&self, kept: Option<Connection>) {
        if let Some(connection) = kept {
            self.connections.lock().unwrap_or_else(PoisonError::into_inner).push(connection);
        }
    }
}
