//! Ctrl-C and being told to end: the first one politely, the second one at once, and never more than ten seconds.

use std::io::Write;
use std::time::Duration;

use infra_engine::run::Interrupt;
use tokio::signal::unix::{SignalKind, signal};

use crate::exit::Exit;

/// What the machine gives a process before it kills it; the engine needs less.
const LONGEST: Duration = Duration::from_millis(9_500);

/// Listens for signals from now on.
pub(crate) fn listen(interrupt: &Interrupt) {
    let interrupt = interrupt.clone();
    let (Ok(mut ctrl_c), Ok(mut end)) = (signal(SignalKind::interrupt()), signal(SignalKind::terminate())) else {
        return;
    };
    tokio::spawn(async move {
        tokio::select! { _ = ctrl_c.recv() => {}, _ = end.recv() => {} }
        interrupt.ask();
        tokio::select! {
            _ = ctrl_c.recv() => {}
            _ = end.recv() => {}
            () = tokio::time::sleep(LONGEST) => {}
        }
        let _ = writeln!(
            std::io::stderr(),
            "\nLeft at once. What was in flight may or may not have been done: the same command goes on from there, and \
             `infra history` tells what was begun."
        );
        // A lock that is left behind names this process: the next run sees that it is gone.
        std::process::exit(i32::from(Exit::Interrupted.code()));
    });
}
