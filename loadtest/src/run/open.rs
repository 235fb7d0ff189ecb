//! The open model: iterations begin when they are due, whatever became of those before.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::Semaphore;
use tokio::sync::mpsc::{self, UnboundedReceiver};
use tokio::task::JoinSet;

use super::{Work, unless_panicked};
use crate::client::Idle;
use crate::result::Part;
use crate::scenario::{Event, Turn};
use crate::schedule::Schedule;

/// The pacer never sleeps longer than this without looking whether the test still runs.
const GLANCE: Duration = Duration::from_millis(50);

/// Begins each iteration in a task of its own. The connections of those that ended are used again, the latest first.
pub(super) async fn drive(work: Work, in_flight: usize) {
    let mut due = pace(&work.schedule, work.part, work.sending.began);
    let places = Arc::new(Semaphore::new(in_flight));
    let idle = Idle::default();
    let mut iterations = JoinSet::new();
    while let Some((number, due)) = due.recv().await {
        while let Some(ended) = iterations.try_join_next() {
            unless_panicked(ended);
        }
        let Ok(place) = Arc::clone(&places).try_acquire_owned() else {
            work.sending.tell(Event::NotBegun { scenario: work.scenarios.place(number) });
            continue;
        };
        let (work, idle) = (work.clone(), idle.clone());
        iterations.spawn(async move {
            // From when it was due: what the generator or the server let it wait belongs to its latency. How it ended
            // has been told.
            let _told = work.iterate(Turn { number, user: number }, due, true, idle).await;
            drop(place);
        });
    }
    while let Some(ended) = iterations.join_next().await {
        unless_panicked(ended);
    }
}

/// Tells when each iteration is due, at that moment. A thread of its own, because the runtime's timers count in whole
/// milliseconds, which is longer than a fast server needs for its answer.
fn pace(schedule: &Schedule, part: Part, began: Instant) -> UnboundedReceiver<(u64, Duration)> {
    let (tell, told) = mpsc::unbounded_channel();
    let arrivals = schedule.arrivals_of(part);
    std::thread::spawn(move || {
        for (number, due) in arrivals {
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
            if tell.send((number, due)).is_err() {
                return;
            }
        }
    });
    told
}
