//! The program as a process: what it says, how it ends, how long it takes, and signals to it.

use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use serde_json::Value;

/// The secret key that every run is given: it must be nowhere.
pub const SECRET: &str = "planted-secret-zQ7rT2xW9kLmN4pV";

/// Nothing in a test takes longer than this, except by mistake.
const LONGEST: Duration = Duration::from_secs(300);

/// A run that is over.
#[derive(Debug)]
pub struct Run {
    /// The exit code; `None` when a signal has ended it.
    pub code: Option<i32>,
    /// Standard output.
    pub out: String,
    /// Standard error.
    pub err: String,
    /// How long it took.
    pub took: Duration,
}

/// A run that goes on.
pub struct Running {
    child: Child,
    started: Instant,
    said: String,
    out: Option<JoinHandle<String>>,
    err: Option<JoinHandle<String>>,
}

/// The program of the platform.
pub fn infra() -> PathBuf {
    // Another build of it, where one is to be examined.
    std::env::var_os("INFRA_TEST_PROGRAM").map_or_else(|| env!("CARGO_BIN_EXE_infra").into(), PathBuf::from)
}

/// Starts a program in a folder, with nothing of the caller's environment but what it needs to run at all.
pub fn start(program: &Path, folder: &Path, variables: &[(String, String)], arguments: &[&str]) -> Running {
    let mut command = Command::new(program);
    command.args(arguments).current_dir(folder).env_clear();
    command.env("PATH", std::env::var_os("PATH").unwrap_or_default()).env("HOME", folder);
    command.envs(variables.iter().map(|(name, value)| (name, value)));
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap_or_else(|error| panic!("{}: {error}", program.display()));
    let (out, err) = (child.stdout.take().unwrap(), child.stderr.take().unwrap());
    let said = format!("infra {}", arguments.join(" "));
    Running { child, started: Instant::now(), said, out: Some(collect(out)), err: Some(collect(err)) }
}

fn collect(mut stream: impl Read + Send + 'static) -> JoinHandle<String> {
    thread::spawn(move || {
        let mut bytes = Vec::new();
        let _ = stream.read_to_end(&mut bytes);
        String::from_utf8_lossy(&bytes).into_owned()
    })
}

impl Running {
    /// Its process.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Sends it a signal: `INT`.
    pub fn signal(&self, name: &str) {
        let sent = Command::new("kill").args([&format!("-{name}"), &self.id().to_string()]).status();
        assert!(sent.is_ok_and(|status| status.success()), "{name} is sent");
    }

    /// Waits for its end.
    pub fn finish(mut self) -> Run {
        let status = self.wait();
        let took = self.started.elapsed();
        let text = |stream: &mut Option<JoinHandle<String>>| stream.take().map(|all| all.join().unwrap()).unwrap();
        let (out, err) = (text(&mut self.out), text(&mut self.err));
        let run = Run { code: status.code(), out, err, took };
        run.check_is_fit_for_people(&self.said);
        run
    }

    fn wait(&mut self) -> ExitStatus {
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status;
            }
            if self.started.elapsed() > LONGEST {
                let _ = self.child.kill();
                let err = self.err.take().map(|all| all.join().unwrap());
                panic!("`{}` does not end: {}", self.said, err.unwrap_or_default());
            }
            thread::sleep(Duration::from_millis(5));
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Run {
    /// The same run, which must have ended with this code.
    #[track_caller]
    pub fn ended(self, code: i32) -> Run {
        assert_eq!(self.code, Some(code), "{self}");
        self
    }

    /// The same run, which must have said this somewhere.
    #[track_caller]
    pub fn saying(self, text: &str) -> Run {
        assert!(self.said(text), "it should say {text:?}\n{self}");
        self
    }

    /// The same run, which must not have said this anywhere.
    #[track_caller]
    pub fn not_saying(self, text: &str) -> Run {
        assert!(!self.said(text), "it should not say {text:?}\n{self}");
        self
    }

    /// True when it said this somewhere, wherever its lines were folded.
    pub fn said(&self, text: &str) -> bool {
        let unfolded = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
        [&self.out, &self.err].into_iter().any(|all| all.contains(text) || unfolded(all).contains(text))
    }

    /// What `--json` has written: every line is an object.
    #[track_caller]
    pub fn lines(&self) -> Vec<Value> {
        let parse = |line: &str| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}\n{self}"));
        self.out.lines().map(parse).collect()
    }

    /// No panic, no dump of what is inside, and no secret: whatever else it says.
    #[track_caller]
    fn check_is_fit_for_people(&self, command: &str) {
        let mut leaks = vec![SECRET, "panicked", "RUST_BACKTRACE"];
        // Who traces asks for what is inside.
        if !self.err.contains("TRACE") && !self.err.contains(": aws_runtime") {
            leaks.extend(["SdkError", "DispatchFailure", "ServiceError(", "Unhandled(", "Some(\""]);
        }
        for leak in leaks {
            assert!(!self.out.contains(leak) && !self.err.contains(leak), "`{command}` says {leak:?}\n{self}");
        }
    }
}

impl std::fmt::Display for Run {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Run { code, out, err, took } = self;
        write!(f, "exit code {code:?} after {took:?}\n--- standard output\n{out}--- standard error\n{err}---")
    }
}
