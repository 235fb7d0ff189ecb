//! What an apply leaves behind when it did not end well: what failed and why, what was not started and why, and how
//! to go on.

use std::sync::{Mutex, PoisonError};

use infra_engine::event::{Event, FaultText, Listener, Outcome};

use super::paint::Paint;
use super::plural::{STEPS, counted};
use super::sentence::fault_line;

/// Listens to an apply and keeps what went wrong.
#[derive(Default)]
pub struct Troubles {
    heard: Mutex<Heard>,
}

#[derive(Default)]
struct Heard {
    failed: Vec<(String, FaultText)>,
    skipped: Vec<(String, String)>,
}

impl Listener for Troubles {
    fn hear(&self, event: &Event) {
        let mut heard = self.heard.lock().unwrap_or_else(PoisonError::into_inner);
        match event {
            Event::StepFailed { address, kind, fault, verb: _ } => {
                heard.failed.push((format!("{address} ({kind})"), fault.clone()));
            }
            Event::StepSkipped { address, kind, because, verb: _ } => {
                heard.skipped.push((format!("{address} ({kind})"), because.clone()));
            }
            _ => {}
        }
    }
}

impl Troubles {
    /// The summary; `again` is the command that continues.
    pub fn text(&self, outcome: &Outcome, again: &str, paint: Paint) -> String {
        let heard = self.heard.lock().unwrap_or_else(PoisonError::into_inner);
        let mut out = String::from("\n");
        for (what, fault) in &heard.failed {
            out += &format!("{}: {}\n  {}\n", paint.red("failed"), paint.bold(what), fault_line(fault));
            out += &fault.request.as_ref().map(|request| format!("  request {request}\n")).unwrap_or_default();
            out += &fault.way_out.map(|way_out| format!("  {way_out}\n")).unwrap_or_default();
        }
        for (what, because) in &heard.skipped {
            out += &format!("{}: {what}: {because}\n", paint.yellow("not done"));
        }
        let left = outcome.failed + outcome.not_started + outcome.abandoned;
        out += &format!(
            "\nWhat was done stays, {} left. To go on from here:\n  {}\n",
            counted(left, STEPS),
            paint.cyan(again)
        );
        out
    }
}
