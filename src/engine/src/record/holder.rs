//! Who holds a lock: which run, of whom, on which machine, since when and until when.

use std::fmt;
use std::fs;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// Who holds a lock.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Holder {
    /// The run; `infra unlock` takes it.
    pub id: String,
    /// The user.
    pub who: String,
    /// The machine.
    pub host: String,
    /// What it does: `apply`.
    pub command: String,
    /// Which process it is, where that can be told.
    pub process: Option<Process>,
    /// Since when.
    pub since: Timestamp,
    /// Until when, unless it is renewed.
    pub expires: Timestamp,
}

/// A process, told apart from every other one on every machine.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Process {
    /// This start of this machine, and the space in which `pid` counts.
    pub machine: String,
    /// The process.
    pub pid: u32,
    /// When it was started, in the machine's own count.
    pub started: String,
}

impl Holder {
    /// This process as the holder of a lock.
    pub fn this(id: impl Into<String>, command: impl Into<String>) -> Holder {
        let now = Timestamp::now();
        let who = ["USER", "LOGNAME", "USERNAME"].iter().find_map(|name| std::env::var(name).ok());
        Holder {
            id: id.into(),
            who: who.unwrap_or_else(|| "unknown".to_owned()),
            host: host(),
            command: command.into(),
            process: Process::this(),
            since: now,
            expires: now,
        }
    }

    /// True when it held the lock only until now, or its process is known to be gone.
    pub fn is_gone(&self, now: Timestamp) -> bool {
        self.expires <= now || self.process.as_ref().is_some_and(Process::is_dead)
    }
}

impl Process {
    /// This process, on systems that tell enough to know later that it is gone.
    pub fn this() -> Option<Process> {
        let pid = std::process::id();
        Some(Process { machine: machine()?, pid, started: started(pid)? })
    }

    /// True when it ran on this machine and does not any more. Of other machines nothing is known.
    pub fn is_dead(&self) -> bool {
        machine().as_ref() == Some(&self.machine) && started(self.pid).as_ref() != Some(&self.started)
    }
}

/// This start of the machine, and the space of process numbers: two containers do not share it.
fn machine() -> Option<String> {
    let boot = fs::read_to_string("/proc/sys/kernel/random/boot_id").ok()?;
    let space = fs::read_link("/proc/self/ns/pid").ok()?;
    Some(format!("{} {}", boot.trim(), space.display()))
}

/// When a process was started: the 22nd field, counted behind the name in brackets. A dead one's that nobody has
/// collected yet (`Z`) does not count.
fn started(pid: u32) -> Option<String> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let (_, rest) = stat.rsplit_once(')')?;
    let mut fields = rest.split_whitespace();
    let alive = fields.next().is_some_and(|state| !matches!(state, "Z" | "X"));
    let started = fields.nth(18)?.to_owned();
    alive.then_some(started)
}

fn host() -> String {
    let file = fs::read_to_string("/proc/sys/kernel/hostname").ok();
    let name = file.or_else(|| std::env::var("HOSTNAME").ok()).or_else(|| std::env::var("COMPUTERNAME").ok());
    name.map_or_else(|| "unknown".to_owned(), |name| name.trim().to_owned())
}

impl fmt::Display for Holder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Holder { id, who, host, command, process, since, expires } = self;
        let pid = process.as_ref().map(|process| format!(" (process {})", process.pid)).unwrap_or_default();
        write!(
            f,
            "{who}@{host}{pid}, `{command}`, run {id}, since {}, until {} unless renewed",
            since.strftime("%Y-%m-%d %H:%M:%S UTC"),
            expires.strftime("%H:%M:%S UTC")
        )
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn this_process_lives_and_a_finished_child_does_not() {
        let this = Process::this().unwrap();
        assert!(!this.is_dead());
        let mut child = std::process::Command::new("true").spawn().unwrap();
        let pid = child.id();
        child.wait().unwrap();
        assert!(Process { pid, ..this.clone() }.is_dead());
        assert!(!Process { machine: "another".into(), pid, ..this }.is_dead(), "nothing is known of other machines");
    }
}
