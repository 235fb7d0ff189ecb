//! A fault of the program itself: people read what happened and what to report, never a dump.

use std::io::Write;
use std::panic::PanicHookInfo;

use crate::exit::Exit;
use crate::render::{Paint, printable};

/// Installs the message. The process ends at once: a half-broken program must not go on changing things.
pub(crate) fn install() {
    std::panic::set_hook(Box::new(|info| {
        let _ = std::io::stderr().write_all(printable(&message(info), Paint::PLAIN).as_bytes());
        std::process::exit(i32::from(Exit::Failed.code()));
    }));
}

fn message(info: &PanicHookInfo<'_>) -> String {
    let what = info.payload_as_str().unwrap_or("no message");
    let place = info.location().map(|place| format!("{}:{}", place.file(), place.line())).unwrap_or_default();
    format!(
        "\nerror: this is a fault in infra itself, not in what you did: {what}\n  \
         What was applied so far stays, and no state is lost: run `infra plan` to see where things stand.\n  \
         If an apply was at work, its lock expires by itself; `infra unlock` shows it.\n  \
         Please report this line: infra {} at {place}\n",
        env!("CARGO_PKG_VERSION")
    )
}
