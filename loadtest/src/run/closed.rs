//! The closed model: each user asks, reads the answer, thinks, and asks again.

use std::time::Duration;

use tokio::task::JoinSet;

use super::{Event, Sending, unless_panicked};
use crate::schedule::{Schedule, settling, thinking};

/// A user who had no answer waits at least this long: nobody presses a key faster, and a refused connection costs
/// nothing that would slow the user down.
const AFTER_FAILURE: Duration = Duration::from_millis(100);

/// Lets all users work until the schedule has no more turn for any.
pub(super) async fn drive(sending: Sending, schedule: Schedule, think: Duration) {
    let mut users = JoinSet::new();
    for number in 0..schedule.users() {
        users.spawn(user(number, sending.clone(), schedule.clone(), think));
    }
    drop(sending);
    while let Some(ended) = users.join_next().await {
        unless_panicked(ended);
    }
}

/// One user, with one connection.
async fn user(number: u32, sending: Sending, schedule: Schedule, think: Duration) {
    let mut kept = None;
    let mut wait = settling(think, number);
    for turn in 1.. {
        let Some(due) = schedule.next_turn(number, sending.now() + wait) else { return };
        tokio::time::sleep_until((sending.began + due).into()).await;
        sending.tell(Event::Started);
        // A user's own clock is not that exact: the latency counts from when the request really begins.
        let answered = sending.send(&mut kept, due, sending.now()).await;
        wait = thinking(think, number, turn);
        if !answered {
            wait = wait.max(AFTER_FAILURE);
        }
    }
}
