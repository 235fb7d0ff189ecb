//! The local cloud: started by the project's own `localstack/up` when an environment says so and nothing answers.
//!
//! It is a program that is run because of a file, so it is only ever the project's, for no account of anybody's, and
//! without the caller's credentials.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::net::TcpStream;
use tokio::process::Command;

use crate::console::Console;
use crate::environment::{FOLDER as ENVIRONMENTS, Loaded};
use crate::failure::Failure;

/// The account of the local cloud.
const ACCOUNT: &str = "000000000000";

/// Makes sure that something answers on a port of the loopback address.
pub(crate) async fn ensure(port: u16, environment: &Loaded<()>, console: &Console) -> Result<(), Failure> {
    if answers(port).await {
        return Ok(());
    }
    let up = startable(environment).map_err(|why| {
        Failure::new(format!("nothing answers on http://127.0.0.1:{port}, and the local cloud is not started"))
            .because(why)
            .way_out("start what should answer there, or take `start` off the environment's [local]")
    })?;
    console.say(&format!("Nothing answers on port {port}: starting the local cloud..."));
    start(&up, port, console).await.map_err(|error| {
        Failure::new("the local cloud does not start")
            .because(error)
            .way_out("start it by hand to see more:")
            .command(format!("{} --port {port}", up.display()))
    })
}

async fn start(up: &Path, port: u16, console: &Console) -> Result<(), String> {
    let mut child = Command::new(up)
        .args(["--port", &port.to_string()])
        .env_clear()
        .envs(std::env::vars_os().filter(|(name, _)| is_nobodys_key(&name.to_string_lossy())))
        // No shared configuration, whatever is in the home folder.
        .envs(["AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"].map(|name| (name, "/dev/null")))
        .env("AWS_EC2_METADATA_DISABLED", "true")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|error| format!("{}: {error}", up.display()))?;
    let (out, error) = (child.stdout.take(), child.stderr.take());
    let tell = async |stream: Option<BufReader<_>>| relay(stream, console).await;
    let last = tokio::join!(relay(out.map(BufReader::new), console), tell(error.map(BufReader::new)));
    let status = child.wait().await.map_err(|error| error.to_string())?;
    match status.success() {
        true => Ok(()),
        false => Err(last.1.or(last.0).unwrap_or_else(|| format!("it ended with {status}"))),
    }
}

/// Passes lines on, and keeps the last one.
async fn relay<R: tokio::io::AsyncRead + Unpin>(stream: Option<BufReader<R>>, console: &Console) -> Option<String> {
    let mut lines = stream?.lines();
    let mut last = None;
    while let Ok(Some(line)) = lines.next_line().await {
        console.say(&format!("  {line}"));
        last = Some(line);
    }
    last
}

async fn answers(port: u16) -> bool {
    let address = SocketAddr::from(([127, 0, 0, 1], port));
    let connected = tokio::time::timeout(Duration::from_secs(1), TcpStream::connect(address)).await;
    matches!(connected, Ok(Ok(_)))
}

/// The script that starts it, if it may be run.
fn startable(environment: &Loaded<()>) -> Result<PathBuf, String> {
    let Loaded { facts, file, root, value: () } = environment;
    if facts.account.to_string() != ACCOUNT {
        return Err(format!("the environment is in account {}, and the local cloud is {ACCOUNT}", facts.account));
    }
    // A file that somebody pointed at has no project around it.
    if file.parent() != Some(&root.join(ENVIRONMENTS)) {
        return Err(format!("{} is in no project: its folder is not called `{ENVIRONMENTS}`", file.display()));
    }
    let folder = root.join("localstack");
    let up = folder.join("up");
    if !up.is_file() {
        return Err(format!("there is no localstack/up in {}", root.display()));
    }
    [root, &folder, &up].into_iter().try_for_each(|path| is_ours_alone(path))?;
    Ok(up)
}

/// Refuses what somebody else could have put there.
#[cfg(unix)]
fn is_ours_alone(path: &Path) -> Result<(), String> {
    use std::os::unix::fs::MetadataExt;
    let shown = path.display();
    let found = std::fs::metadata(path).map_err(|error| format!("{shown}: {error}"))?;
    let user = rustix::process::geteuid().as_raw();
    if found.uid() != user {
        return Err(format!("{shown} belongs to user {}, and it is user {user} who would run it", found.uid()));
    }
    match found.mode() & 0o002 {
        0 => Ok(()),
        _ => Err(format!("everybody may write to {shown}: chmod o-w {shown}")),
    }
}

#[cfg(not(unix))]
fn is_ours_alone(_: &Path) -> Result<(), String> {
    Ok(())
}

/// True for a variable that opens nothing to whoever reads it.
fn is_nobodys_key(name: &str) -> bool {
    let name = name.to_ascii_uppercase();
    let words = ["TOKEN", "SECRET", "PASSWORD", "CREDENTIAL"];
    !name.starts_with("AWS_") && !name.ends_with("_KEY") && !words.iter().any(|word| name.contains(word))
}

#[cfg(all(test, unix))]
mod tests {
    use std::fs::{self, Permissions};
    use std::os::unix::fs::PermissionsExt;

    use super::*;
    use crate::environment::Facts;

    /// A project with a script, and its environment of that account in that folder.
    fn project(root: &Path, account: &str, folder: &str) -> Loaded<()> {
        fs::create_dir_all(root.join("localstack")).expect("a test writes what it needs");
        fs::write(root.join("localstack/up"), "#!/bin/sh\n").expect("a test writes what it needs");
        let facts = Facts {
            project: "shop".parse().expect("a test writes what it needs"),
            name: "local".parse().expect("a test writes what it needs"),
            account: account.parse().expect("a test writes what it needs"),
            region: "eu-central-1".parse().expect("a test writes what it needs"),
            profile: None,
            endpoint: None,
            endpoints: Default::default(),
            records: None,
            start_local: true,
            protected: false,
        };
        Loaded { value: (), facts, file: root.join(folder).join("local.toml"), root: root.to_owned() }
    }

    #[test]
    fn only_the_projects_own_script_is_run_and_only_for_the_local_cloud() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        assert_eq!(startable(&project(root, ACCOUNT, "environments")), Ok(root.join("localstack/up")));
        let refused = |account, folder| startable(&project(root, account, folder)).unwrap_err();
        assert!(refused("111111111111", "environments").contains("111111111111"));
        assert!(refused(ACCOUNT, "elsewhere").contains("is in no project"));
        // Not of a folder above.
        let below = root.join("below");
        let nested = Loaded {
            root: below.clone(),
            file: below.join("environments/local.toml"),
            ..project(root, ACCOUNT, "environments")
        };
        assert!(startable(&nested).unwrap_err().contains("there is no localstack/up in"));
    }

    #[test]
    fn what_everybody_may_write_is_not_run() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        let environment = project(root, ACCOUNT, "environments");
        for path in [root.join("localstack/up"), root.join("localstack"), root.to_owned()] {
            let before = fs::metadata(&path).unwrap().permissions();
            fs::set_permissions(&path, Permissions::from_mode(0o777)).unwrap();
            let said = startable(&environment).unwrap_err();
            assert!(said.starts_with(&format!("everybody may write to {}", path.display())), "{said}");
            fs::set_permissions(&path, before).unwrap();
        }
        assert!(startable(&environment).is_ok());
    }

    #[test]
    fn no_key_is_passed_on() {
        for key in ["AWS_PROFILE", "AWS_SESSION_TOKEN", "GITHUB_TOKEN", "NPM_SECRET", "API_KEY", "Db_Password"] {
            assert!(!is_nobodys_key(key), "{key}");
        }
        for plain in ["PATH", "HOME", "INFRA_CACHE", "XDG_CACHE_HOME", "HTTPS_PROXY", "PIP_INDEX_URL"] {
            assert!(is_nobodys_key(plain), "{plain}");
        }
    }
}
