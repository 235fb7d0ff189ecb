//! Progress in a pipe: plain lines, and a sign of life every ten seconds for what takes long.

use std::collections::BTreeMap;
use std::io::Write;
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use infra_engine::event::{Event, Listener};
use infra_engine::model::Address;
use infra_engine::plan::Verb;

use super::closing::elapsed;
use super::paint::Paint;
use super::printable::printable;
use super::sentence::{Level, doing, sentence};

/// How often something that takes long says that it is still at it.
const HEARTBEAT: Duration = Duration::from_secs(10);

/// Writes a line for each event that people want to know of.
pub struct PlainLines {
    talk: Arc<Mutex<Talk>>,
    stop: Option<Sender<()>>,
    heart: Option<JoinHandle<()>>,
}

struct Talk {
    out: Box<dyn Write + Send>,
    least: Level,
    running: BTreeMap<(Address, &'static str), Running>,
}

struct Running {
    verb: Verb,
    since: Instant,
    told: Duration,
    waiting_for: Option<String>,
}

impl PlainLines {
    /// Lines to a stream; with `verbose`, also what is only said to machines.
    pub fn new(out: Box<dyn Write + Send>, verbose: bool) -> PlainLines {
        let least = if verbose { Level::Debug } else { Level::Info };
        let talk = Arc::new(Mutex::new(Talk { out, least, running: BTreeMap::new() }));
        let (stop, stopped) = channel();
        let beating = Arc::clone(&talk);
        let heart = std::thread::spawn(move || {
            while stopped.recv_timeout(Duration::from_millis(500)) == Err(RecvTimeoutError::Timeout) {
                beating.lock().unwrap_or_else(PoisonError::into_inner).beat(Instant::now());
            }
        });
        PlainLines { talk, stop: Some(stop), heart: Some(heart) }
    }
}

impl Listener for PlainLines {
    fn hear(&self, event: &Event) {
        self.talk.lock().unwrap_or_else(PoisonError::into_inner).hear(event, Instant::now());
    }
}

impl Drop for PlainLines {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(heart) = self.heart.take() {
            let _ = heart.join();
        }
    }
}

impl Talk {
    fn hear(&mut self, event: &Event, now: Instant) {
        match event {
            Event::StepStarted { address, kind, verb, id: _ } => {
                let running = Running { verb: *verb, since: now, told: Duration::ZERO, waiting_for: None };
                self.running.insert((address.clone(), kind), running);
            }
            Event::StepWaiting { address, kind, waiting_for, .. } => {
                if let Some(running) = self.running.get_mut(&(address.clone(), *kind)) {
                    running.waiting_for = Some(waiting_for.clone());
                }
            }
            Event::StepFinished { address, kind, .. } | Event::StepFailed { address, kind, .. } => {
                self.running.remove(&(address.clone(), *kind));
            }
            _ => {}
        }
        let (level, line) = sentence(event);
        let loud = level != Level::Debug || self.least == Level::Debug;
        if loud && !matches!(event, Event::ApplyFinished { .. }) {
            self.say(&line);
        }
    }

    fn beat(&mut self, now: Instant) {
        let mut lines = Vec::new();
        for ((address, _), running) in &mut self.running {
            let at_it = now.saturating_duration_since(running.since);
            if at_it < running.told + HEARTBEAT {
                continue;
            }
            running.told = Duration::from_secs(at_it.as_secs() / 10 * 10);
            let waiting = running.waiting_for.as_ref().map(|what| format!(", {what}")).unwrap_or_default();
            let doing = doing(running.verb).to_lowercase();
            lines.push(format!("{address}: Still {doing}... [{} elapsed{waiting}]", elapsed(running.told)));
        }
        lines.iter().for_each(|line| self.say(line));
    }

    /// A reader that has gone away is no reason to stop.
    fn say(&mut self, line: &str) {
        let _ = writeln!(self.out, "{}", printable(line, Paint::PLAIN));
        let _ = self.out.flush();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Clone, Default)]
    struct Shared(Arc<Mutex<Vec<u8>>>);

    impl Write for Shared {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_long_step_says_every_ten_seconds_that_it_is_at_it() {
        let out = Shared::default();
        let mut talk = Talk { out: Box::new(out.clone()), least: Level::Info, running: BTreeMap::new() };
        let start = Instant::now();
        let address: Address = "network.nat".parse().unwrap();
        let (kind, verb) = ("ec2/nat-gateway", Verb::Create);
        talk.hear(&Event::StepStarted { address: address.clone(), kind, verb, id: None }, start);
        for seconds in [5, 9, 10, 11, 19, 21] {
            talk.beat(start + Duration::from_secs(seconds));
        }
        let elapsed = Duration::from_secs(22);
        talk.hear(&Event::StepFinished { address, kind, verb, id: "nat-1".into(), elapsed }, start + elapsed);
        talk.beat(start + Duration::from_secs(60));
        let said = String::from_utf8(out.0.lock().unwrap().clone()).unwrap();
        assert_eq!(
            said,
            "network.nat: Creating...\n\
             network.nat: Still creating... [10s elapsed]\n\
             network.nat: Still creating... [20s elapsed]\n\
             network.nat: Creation complete after 22s [id=nat-1]\n"
        );
    }
}
