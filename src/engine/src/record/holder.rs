//! Who holds a lock: which run, of whom, on which machine, since when and until when.

use std::path::Path;
use std::time::Duration;
use std::{fmt, fs, io};

use jiff::{SignedDuration, Timestamp};
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
    /// Until when, unless it is renewed: by its own clock, which may be wrong. For people to read.
    pub expires: Timestamp,
    /// How long it lasts without being renewed.
    #[serde(default = "a_minute")]
    pub lasts: SignedDuration,
    /// How often it was renewed: no two renewals are the same record.
    #[serde(default)]
    pub renewals: u64,
}

/// What locks lasted before they said it.
fn a_minute() -> SignedDuration {
    SignedDuration::from_mins(1)
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
    /// Whose it is, where that can be told.
    #[serde(default)]
    pub user: Option<u32>,
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
            lasts: SignedDuration::ZERO,
            renewals: 0,
        }
    }

    /// The same holder, once more, from now on for so long.
    pub(super) fn renewed(&self, now: Timestamp, lasts: Duration) -> Holder {
        let lasts = SignedDuration::try_from(lasts).unwrap_or(SignedDuration::MAX);
        let expires = now.checked_add(lasts).unwrap_or(Timestamp::MAX);
        Holder { expires, lasts, renewals: self.renewals + 1, ..self.clone() }
    }

    /// How long the lock lasts without being renewed. What makes no sense lasts for ever: a person has to look.
    pub(super) fn lasts(&self) -> Duration {
        Duration::try_from(self.lasts).unwrap_or(Duration::MAX)
    }

    /// True when its process ran on this machine and is known to be gone.
    pub fn is_dead(&self) -> bool {
        self.process.as_ref().is_some_and(Process::is_dead)
    }
}

impl Process {
    /// This process, on systems that tell enough to know later that it is gone.
    pub fn this() -> Option<Process> {
        let (table, pid) = (Table::of_this_machine()?, std::process::id());
        let started = table.stat(pid).ok().as_deref().and_then(started)?;
        Some(Process { machine: machine()?, pid, started, user: table.user_of("self") })
    }

    /// True when it ran on this machine and certainly does not any more. Of other machines nothing is known.
    pub fn is_dead(&self) -> bool {
        machine().as_ref() == Some(&self.machine)
            && Table::of_this_machine().is_some_and(|table| self.is_dead_in(table))
    }

    /// What cannot be read lives: a table may hide the processes of others.
    fn is_dead_in(&self, table: Table<'_>) -> bool {
        match table.stat(self.pid) {
            Ok(stat) => started(&stat).as_ref() != Some(&self.started),
            Err(error) => error.kind() == io::ErrorKind::NotFound && table.shows(self.user),
        }
    }
}

/// The table of processes: `/proc`.
#[derive(Clone, Copy)]
struct Table<'a>(&'a Path);

impl Table<'_> {
    /// The table, if it counts processes as this one is counted: another container's may be mounted here.
    fn of_this_machine() -> Option<Table<'static>> {
        let pid = fs::read_link("/proc/self").ok()?;
        (pid.to_str()? == std::process::id().to_string()).then_some(Table(Path::new("/proc")))
    }

    fn stat(self, pid: u32) -> io::Result<String> {
        fs::read_to_string(self.0.join(pid.to_string()).join("stat"))
    }

    /// Whether the processes of a user are in it. One's own are; others' where the first process of all is readable and
    /// somebody else's: with `hidepid` it would not be.
    fn shows(self, user: Option<u32>) -> bool {
        let ours = self.user_of("self");
        let first = self.user_of("1").filter(|_| self.stat(1).is_ok());
        ours.is_some() && (user == ours || first.is_some_and(|first| Some(first) != ours))
    }

    #[cfg(unix)]
    fn user_of(self, pid: &str) -> Option<u32> {
        use std::os::unix::fs::MetadataExt;
        Some(fs::metadata(self.0.join(pid)).ok()?.uid())
    }

    #[cfg(not(unix))]
    fn user_of(self, _pid: &str) -> Option<u32> {
        None
    }
}

/// This start of the machine, and the spaces of process and user numbers: two containers do not share them.
fn machine() -> Option<String> {
    let boot = fs::read_to_string("/proc/sys/kernel/random/boot_id").ok()?;
    let processes = fs::read_link("/proc/self/ns/pid").ok()?;
    let users = fs::read_link("/proc/self/ns/user").ok()?;
    Some(format!("{} {} {}", boot.trim(), processes.display(), users.display()))
}

/// When a process was started: the 22nd field, counted behind the name in brackets. A dead one's that nobody has
/// collected yet (`Z`) does not count.
fn started(stat: &str) -> Option<String> {
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
        let Holder { id, who, host, command, process, since, expires, lasts: _, renewals: _ } = self;
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
    use std::path::PathBuf;

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

    /// A table of processes with this process in it, and process 1 of the same user.
    struct Made(PathBuf);

    impl Made {
        fn new(name: &str) -> Made {
            let made = Made(std::env::temp_dir().join(format!("processes-{name}-{}", std::process::id())));
            made.add("self", "7");
            made.add("1", "7");
            made
        }

        fn add(&self, pid: &str, started: &str) {
            fs::create_dir_all(self.0.join(pid)).expect("a test writes what it needs");
            let stat = format!("{pid} (in fra) S {}{started} 0 0", "0 ".repeat(18));
            fs::write(self.0.join(pid).join("stat"), stat).expect("a test writes what it needs");
        }

        /// Whether a process that was started at 5 is dead.
        fn tells_dead(&self, user: Option<u32>) -> bool {
            let process = Process { machine: String::new(), pid: 42, started: "5".into(), user };
            process.is_dead_in(Table(&self.0))
        }

        fn ours(&self) -> u32 {
            Table(&self.0).user_of("self").expect("a test writes what it needs")
        }
    }

    impl Drop for Made {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    #[test]
    fn who_is_in_the_table_lives_unless_the_number_is_another_one_s_by_now() {
        let table = Made::new("lives");
        table.add("42", "5");
        assert!(!table.tells_dead(Some(table.ours())));
        table.add("42", "6");
        assert!(table.tells_dead(Some(table.ours())) && table.tells_dead(None));
    }

    #[test]
    fn who_is_not_in_the_table_is_dead_only_where_the_table_would_show_it() {
        let table = Made::new("hidden");
        let ours = table.ours();
        assert!(table.tells_dead(Some(ours)), "a process of one's own is never hidden");
        assert!(!table.tells_dead(Some(ours + 1)), "all that is in sight is ours: others' may be hidden");
        assert!(!table.tells_dead(None), "whose it was is not known");
        fs::remove_dir_all(table.0.join("self")).unwrap();
        assert!(!table.tells_dead(Some(ours)), "a table without this process tells nothing");
    }

    #[test]
    fn somebody_else_s_first_process_in_sight_means_that_all_are() {
        let table = Made::new("seen");
        let ours = table.ours();
        if std::os::unix::fs::chown(table.0.join("1"), Some(ours + 1), None).is_err() {
            return; // Only the superuser gives files away.
        }
        assert!(table.tells_dead(Some(ours + 2)));
        fs::remove_file(table.0.join("1/stat")).unwrap();
        assert!(!table.tells_dead(Some(ours + 2)), "its folder is there and cannot be read: hidepid=1");
    }

    #[test]
    fn a_process_that_cannot_be_read_lives() {
        let table = Made::new("unreadable");
        // The superuser may read everything; a folder in the place of the file nobody can read.
        fs::create_dir_all(table.0.join("42/stat")).unwrap();
        assert!(!table.tells_dead(Some(table.ours())));
    }

    #[test]
    fn a_lock_of_an_older_program_lasts_a_minute_and_one_that_makes_no_sense_for_ever() {
        let mut written = serde_json::to_value(Holder::this("r", "apply")).unwrap();
        written.as_object_mut().unwrap().remove("lasts");
        let holder: Holder = serde_json::from_value(written.clone()).unwrap();
        assert_eq!(holder.lasts(), Duration::from_secs(60));
        written["lasts"] = "-PT1S".into();
        let holder: Holder = serde_json::from_value(written).unwrap();
        assert_eq!(holder.lasts(), Duration::MAX);
    }
}
