//! The closed model: each user goes through a scenario, thinks, and begins again.

use std::time::Duration;

use tokio::task::JoinSet;

use super::{Work, unless_panicked};
use crate::client::Idle;
use crate::plan::words::Between;
use crate::scenario::{Stopped, Turn};
use crate::schedule::{settling, thinking};
use crate::split;

/// A user whose scenario broke off waits at least this long: nobody presses a key faster, and a refused connection
/// costs nothing that would slow the user down.
const AFTER_FAILURE: Duration = Duration::from_millis(100);

/// Lets this part's users work until the schedule has no more turn for any.
pub(super) async fn drive(work: Work, think: Between) {
    let mut users = JoinSet::new();
    for number in split::share(u64::from(work.schedule.users()), work.part) {
        // Below the number of all users, which is one.
        users.spawn(user(number as u32, work.clone(), think));
    }
    drop(work);
    while let Some(ended) = users.join_next().await {
        unless_panicked(ended);
    }
}

/// One user, with connections of its own.
async fn user(number: u32, work: Work, think: Between) {
    let (idle, all) = (Idle::default(), u64::from(work.schedule.users()));
    let mut wait = settling(think, number);
    for turn in 0.. {
        let Some(due) = work.schedule.next_turn(number, work.sending.now() + wait) else { return };
        tokio::time::sleep_until((work.sending.began + due).into()).await;
        let user = u64::from(number);
        // A user's own clock is not that exact: the latency counts from when the request really begins.
        let ended = work.iterate(Turn { number: turn * all + user, user }, due, false, idle.clone()).await;
        wait = thinking(think, number, turn + 1);
        match ended {
            Ok(()) => {}
            Err(Stopped::BrokenOff) => wait = wait.max(AFTER_FAILURE),
            Err(Stopped::WithoutRow) => return,
        }
    }
}
