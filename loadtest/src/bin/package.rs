//! Makes what is uploaded to Lambda: builds `bootstrap` and packs it, so that the same source gives the same bytes.
//! Once Cargo has what it builds from, it needs no network.
//!
//!     cargo run -p infra-loadtest --bin package -- --out FILE [--target TRIPLE]

use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Arg, value_parser};
use infra_loadtest::package::{TARGET, make_for};

fn main() -> ExitCode {
    let given = clap::Command::new("package")
        .about("Builds the load test's Lambda function, and packs it into a zip file that is the same each time")
        .arg(Arg::new("target").long("target").value_name("TRIPLE").default_value(TARGET).help("What it is built for"))
        .arg(
            Arg::new("out")
                .long("out")
                .value_name("FILE")
                .value_parser(value_parser!(PathBuf))
                .required(true)
                .help("Where it is written to"),
        )
        .get_matches();
    let target = given.get_one::<String>("target").map_or(TARGET, String::as_str);
    let out = given.get_one::<PathBuf>("out").map_or(Path::new(""), PathBuf::as_path);
    match make(target, out) {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            say(&format!("error: {message}"));
            ExitCode::FAILURE
        }
    }
}

fn make(target: &str, out: &Path) -> Result<(), String> {
    let made = make_for(target, &workspace()?, out, &say)?;
    let told = writeln!(
        io::stdout(),
        "{}\nbytes       {}\nsha256      {}\nCodeSha256  {}",
        out.display(),
        made.bytes.len(),
        made.sha256,
        made.code_sha256
    );
    told.map_err(|error| format!("the hash cannot be told: {error}"))
}

/// The folder of the workspace: Cargo says where the package is that it runs.
fn workspace() -> Result<PathBuf, String> {
    let package = std::env::var_os("CARGO_MANIFEST_DIR").map(PathBuf::from);
    let root = package.as_deref().and_then(Path::parent).map(Path::to_path_buf);
    root.ok_or_else(|| "run it with Cargo: cargo run -p infra-loadtest --bin package".to_owned())
}

/// A line for people.
fn say(line: &str) {
    drop(writeln!(io::stderr(), "{line}"));
}
