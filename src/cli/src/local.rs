//! The local cloud: started by the project's own `localstack/up` when an environment says so and nothing answers.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::net::TcpStream;
use tokio::process::Command;

use crate::console::Console;
use crate::failure::Failure;

/// Makes sure that something answers on a port of the loopback address.
pub(crate) async fn ensure(port: u16, root: &Path, console: &Console) -> Result<(), Failure> {
    if answers(port).await {
        return Ok(());
    }
    let Some(up) = script(root) else {
        return Err(Failure::new(format!("nothing answers on http://127.0.0.1:{port}"))
            .because(format!(
                "there is no localstack/up in {} or above it to start the local cloud with",
                root.display()
            ))
            .way_out("start what should answer there, or take `start` off the environment's [local]"));
    };
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

fn script(root: &Path) -> Option<PathBuf> {
    root.ancestors().map(|above| above.join("localstack/up")).find(|up| up.is_file())
}
