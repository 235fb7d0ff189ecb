//! Progress in a terminal: a line for each step in flight, with its time; what is done scrolls up.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use indicatif::{MultiProgress, ProgressBar, ProgressStyle};
use infra_engine::event::{Event, Listener};
use infra_engine::model::Address;

use super::paint::Paint;
use super::printable::{one_line, printable};
use super::sentence::{Level, doing, sentence};

/// Live progress on standard error.
pub struct Progress {
    bars: MultiProgress,
    paint: Paint,
    verbose: bool,
    running: Mutex<Running>,
}

#[derive(Default)]
struct Running {
    steps: BTreeMap<(Address, &'static str), ProgressBar>,
    reading: Option<ProgressBar>,
    unread: usize,
    found: usize,
}

impl Progress {
    /// Live progress; with `verbose`, also what is only said to machines.
    pub fn new(paint: Paint, verbose: bool) -> Progress {
        Progress { bars: MultiProgress::new(), paint, verbose, running: Mutex::default() }
    }

    fn line(&self) -> ProgressBar {
        let style = ProgressStyle::with_template("  {spinner} {wide_msg} {elapsed:>4}")
            .unwrap_or_else(|_| ProgressStyle::default_spinner());
        let bar = self.bars.add(ProgressBar::new_spinner().with_style(style));
        bar.enable_steady_tick(Duration::from_millis(120));
        bar
    }

    fn read(&self, event: &Event, running: &mut Running) {
        match event {
            Event::ReadStarted { .. } => running.unread += 1,
            Event::ReadFinished { resources, .. } => {
                running.unread = running.unread.saturating_sub(1);
                running.found += resources;
            }
            Event::ReadSkipped { .. } => running.unread = running.unread.saturating_sub(1),
            _ => return,
        }
        if running.unread == 0 {
            running.reading.take().iter().for_each(ProgressBar::finish_and_clear);
            running.found = 0;
            return;
        }
        let message = format!("Reading... {} found, {} kinds to go", running.found, running.unread);
        running.reading.get_or_insert_with(|| self.line()).set_message(message);
    }

    fn step(&self, event: &Event, running: &mut Running) {
        match event {
            Event::StepStarted { address, kind, verb, id: _ } => {
                let bar = self.line();
                bar.set_message(format!("{address}: {}", doing(*verb)));
                running.steps.insert((address.clone(), kind), bar);
            }
            Event::StepWaiting { address, kind, verb, waiting_for, .. } => {
                if let Some(bar) = running.steps.get(&(address.clone(), *kind)) {
                    bar.set_message(format!("{address}: {}, {}", doing(*verb), line_of(waiting_for)));
                }
            }
            Event::StepRetried { address, kind, verb, fault, .. } => {
                if let Some(bar) = running.steps.get(&(address.clone(), *kind)) {
                    let why = fault.code.as_deref().unwrap_or(&fault.message);
                    bar.set_message(format!("{address}: {}, trying again ({})", doing(*verb), line_of(why)));
                }
            }
            Event::StepFinished { address, kind, .. } | Event::StepFailed { address, kind, .. } => {
                running.steps.remove(&(address.clone(), *kind)).iter().for_each(ProgressBar::finish_and_clear);
            }
            Event::ApplyFinished { .. } => {
                std::mem::take(&mut running.steps).values().for_each(ProgressBar::finish_and_clear);
            }
            _ => {}
        }
    }

    /// What stays on the screen: starts do not, their line is the live one.
    fn keep(&self, event: &Event) {
        let (level, line) = sentence(event);
        let line = match (event, level) {
            (Event::StepStarted { .. } | Event::ApplyFinished { .. }, _) => return,
            (_, Level::Debug) if !self.verbose => return,
            (Event::StepFinished { .. }, _) => format!("  {} {line}", self.paint.green("✓")),
            (_, Level::Debug) => format!("  {}", self.paint.dim(line)),
            (_, Level::Info) => line,
            (_, Level::Warn) => format!("  {} {line}", self.paint.yellow("!")),
            (_, Level::Error) => format!("  {} {line}", self.paint.red("✗")),
        };
        let _ = self.bars.println(printable(&line, self.paint));
    }
}

/// What somebody else said, for a line that is drawn again and again.
fn line_of(text: &str) -> String {
    printable(&one_line(text), Paint::PLAIN).into_owned()
}

impl Listener for Progress {
    fn hear(&self, event: &Event) {
        let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        self.read(event, &mut running);
        self.step(event, &mut running);
        self.keep(event);
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        let _ = self.bars.clear();
    }
}
