//! The local cloud for tests: started by the first process that needs it, shared by all, ended when nobody does.
//!
//! It runs `localstack/up` on a free port and never touches a cloud that somebody else has started. Tests that must not
//! meet each other take an account each: a key of twelve digits is one, see [`account`].

use std::collections::hash_map::RandomState;
use std::fs::{self, File};
use std::hash::{BuildHasher, DefaultHasher, Hash, Hasher};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;
use std::time::Duration;

/// The variable that names a cloud which is there already; then none is started.
pub const ENDPOINT: &str = "INFRA_TEST_ENDPOINT";

/// A cloud that this process uses. While the file is open and locked, nobody ends it.
struct Shared {
    endpoint: String,
    _in_use: Option<File>,
}

/// The address of the local cloud, started if it has to be.
///
/// # Panics
///
/// When it does not start: the message is what `localstack/up` said.
pub fn endpoint() -> &'static str {
    static SHARED: OnceLock<Shared> = OnceLock::new();
    &SHARED.get_or_init(shared).endpoint
}

/// The Python that the local cloud runs in: boto3 is there too.
///
/// # Panics
///
/// When it cannot be installed: the message is what `localstack/up` said.
pub fn python() -> &'static Path {
    static PYTHON: OnceLock<PathBuf> = OnceLock::new();
    PYTHON.get_or_init(|| {
        let up = Path::new(env!("CARGO_MANIFEST_DIR")).join("up");
        let output = Command::new(up).arg("--python").stdin(Stdio::null()).output();
        match output {
            Ok(output) if output.status.success() => String::from_utf8_lossy(&output.stdout).trim().into(),
            other => panic!("the local cloud's Python is not there: {other:?}"),
        }
    })
}

/// An account that nobody else uses: twelve digits, to be given as the access key.
pub fn account() -> String {
    let number = RandomState::new().hash_one(std::process::id());
    format!("{:012}", 100_000_000_000 + number % 899_999_999_999)
}

fn shared() -> Shared {
    if let Ok(endpoint) = std::env::var(ENDPOINT) {
        return Shared { endpoint, _in_use: None };
    }
    start().unwrap_or_else(|trouble| panic!("the local cloud does not start: {trouble}"))
}

fn start() -> std::io::Result<Shared> {
    let home = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folder = meeting_place().join(format!("{:016x}", version(home)?));
    let mut builder = fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.recursive(true).create(&folder)?;
    // Shared by all who use it; whoever wants to end it needs it alone.
    let in_use = File::create(folder.join("in-use"))?;
    in_use.lock_shared()?;
    // One starts it, the others wait until it has.
    let starting = File::create(folder.join("starting"))?;
    starting.lock()?;
    let noted = folder.join("endpoint");
    let endpoint = match fs::read_to_string(&noted).ok().filter(|endpoint| is_healthy(endpoint)) {
        Some(endpoint) => endpoint,
        None => {
            let endpoint = up(home)?;
            fs::write(&noted, &endpoint)?;
            end_when_unused(home, &endpoint, &folder)?;
            endpoint
        }
    };
    Ok(Shared { endpoint, _in_use: Some(in_use) })
}

/// Where a user's processes meet. Not in the folder for temporary files: there somebody else could be before them, and say
/// where the cloud is.
fn meeting_place() -> PathBuf {
    let set = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let cache = set("XDG_CACHE_HOME").or_else(|| Some(std::env::home_dir()?.join(".cache")));
    let cache = set("INFRA_CACHE").or_else(|| Some(cache?.join("infra")));
    cache.unwrap_or_else(std::env::temp_dir).join("local-cloud/tests")
}

/// What the local cloud is made of: after a change, tests want a new one.
fn version(home: &Path) -> std::io::Result<u64> {
    let mut files: Vec<PathBuf> = fs::read_dir(home)?.map(|entry| Ok(entry?.path())).collect::<std::io::Result<_>>()?;
    files.retain(|file| file.is_file());
    files.sort();
    let mut hasher = DefaultHasher::new();
    for file in files {
        file.hash(&mut hasher);
        file.metadata()?.modified()?.hash(&mut hasher);
    }
    Ok(hasher.finish())
}

fn up(home: &Path) -> std::io::Result<String> {
    let output = Command::new(home.join("up")).args(["--port", "0"]).stdin(Stdio::null()).output()?;
    let said = String::from_utf8_lossy(&output.stdout);
    let address = said.lines().find_map(|line| line.split_once("is up: http://localhost:"));
    match address {
        Some((_, port)) if output.status.success() => Ok(format!("http://127.0.0.1:{}", port.trim())),
        _ => Err(std::io::Error::other(format!("{said}{}", String::from_utf8_lossy(&output.stderr)))),
    }
}

/// Leaves somebody behind who ends it a while after the last process that uses it has gone.
fn end_when_unused(home: &Path, endpoint: &str, folder: &Path) -> std::io::Result<()> {
    let port = endpoint.rsplit(':').next().unwrap_or_default();
    let mut watch = Command::new(home.join("end-when-unused"));
    watch.args(["--port", port]).arg("--folder").arg(folder);
    watch.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    // A Ctrl-C that ends the tests must not end the one that cleans up after them.
    #[cfg(unix)]
    std::os::unix::process::CommandExt::process_group(&mut watch, 0);
    watch.spawn().map(drop)
}

fn is_healthy(endpoint: &str) -> bool {
    let ask = || -> std::io::Result<String> {
        let mut stream = TcpStream::connect(endpoint.trim_start_matches("http://"))?;
        stream.set_read_timeout(Some(Duration::from_secs(10)))?;
        stream.write_all(b"GET /_infra/health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        Ok(answer)
    };
    ask().is_ok_and(|answer| answer.contains("infra-local-cloud") && !answer.contains("not answering"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_has_twelve_digits_and_is_nobody_elses() {
        let (one, other) = (account(), account());
        assert!(one.len() == 12 && one.bytes().all(|byte| byte.is_ascii_digit()), "{one}");
        assert_ne!(one, other);
    }

    #[test]
    fn the_tests_that_are_written_in_python_hold() {
        let home = Path::new(env!("CARGO_MANIFEST_DIR"));
        let mut tests = Command::new(python());
        tests.args(["-B", "-m", "unittest", "discover", "-p", "test_*.py", "-s"]).arg(home).stdin(Stdio::null());
        // They start clouds of their own, with the switches as they are by default.
        tests.env_remove("INFRA_LOCAL_CLOUD_MODELS").env_remove("INFRA_LOCAL_CLOUD_RATES");
        let output = tests.output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{}{said}", String::from_utf8_lossy(&output.stdout));
        // Nothing found would be fine to Python.
        let number = said.rsplit_once("\nRan ").and_then(|(_, rest)| rest.split(' ').next()?.parse::<usize>().ok());
        assert!(number > Some(70), "{said}");
    }

    #[test]
    fn what_was_started_once_is_shared() {
        let (first, second) = (shared(), shared());
        assert_eq!(first.endpoint, second.endpoint);
        assert!(is_healthy(&first.endpoint));
    }
}
