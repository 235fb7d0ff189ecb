//! Makes what is uploaded to Lambda: builds `bootstrap` and packs it, so that the same source gives the same bytes.
//! It needs no network; `cargo fetch --locked` has what it builds from.
//!
//!     cargo run -p infra-loadtest --bin package [-- --out FILE] [--target TRIPLE]

use std::ffi::OsString;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use clap::{Arg, value_parser};
use infra_loadtest::package::{self, PROGRAM};

const TARGET: &str = "x86_64-unknown-linux-gnu";
/// What separates flags in `CARGO_ENCODED_RUSTFLAGS`: a path may have a space in it.
const SEPARATOR: &str = "\x1f";

fn main() -> ExitCode {
    let given = clap::Command::new("package")
        .about("Builds the load test's Lambda function, and packs it into a zip file that is the same each time")
        .arg(Arg::new("target").long("target").value_name("TRIPLE").default_value(TARGET).help("What it is built for"))
        .arg(
            Arg::new("out")
                .long("out")
                .value_name("FILE")
                .value_parser(value_parser!(PathBuf))
                .help("Where it is written to [default: lambda/loadtest.zip in the target folder]"),
        )
        .get_matches();
    let target = given.get_one::<String>("target").map_or(TARGET, String::as_str);
    match make(target, given.get_one::<PathBuf>("out").cloned()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            drop(writeln!(io::stderr(), "error: {message}"));
            ExitCode::FAILURE
        }
    }
}

fn make(target: &str, out: Option<PathBuf>) -> Result<(), String> {
    let root = workspace()?;
    let folder = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), PathBuf::from).join("lambda");
    build(&root, &folder, target)?;
    let program = folder.join(target).join("release").join(PROGRAM);
    let bytes = std::fs::read(&program).map_err(|error| format!("{} cannot be read: {error}", program.display()))?;
    let made = package::package(&bytes).map_err(|error| format!("{} cannot be packed: {error}", program.display()))?;
    let out = out.unwrap_or_else(|| folder.join("loadtest.zip"));
    std::fs::write(&out, &made.bytes).map_err(|error| format!("{} cannot be written: {error}", out.display()))?;
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

/// Builds the program in a folder of its own: nothing that was built with other flags gets in, and nothing else is
/// built anew because of these.
fn build(root: &Path, folder: &Path, target: &str) -> Result<(), String> {
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo
        .current_dir(root)
        .args(["build", "--frozen", "--release", "--package", "infra-loadtest", "--bin", PROGRAM])
        .args(["--target", target])
        .arg("--target-dir")
        .arg(folder)
        // One unit at a time, so that the work is always divided alike; no symbols, which name what was built where.
        .env("CARGO_PROFILE_RELEASE_CODEGEN_UNITS", "1")
        .env("CARGO_PROFILE_RELEASE_LTO", "thin")
        .env("CARGO_PROFILE_RELEASE_STRIP", "symbols")
        .env("CARGO_INCREMENTAL", "0")
        .env("CARGO_ENCODED_RUSTFLAGS", nameless_paths(root)?)
        .env_remove("RUSTFLAGS");
    let ended = cargo.status().map_err(|error| format!("cargo does not start: {error}"))?;
    match ended.success() {
        true => Ok(()),
        false => Err("the program was not built; if crates are missing: cargo fetch --locked".to_owned()),
    }
}

/// The flags that take this machine's folders out of the program.
fn nameless_paths(root: &Path) -> Result<OsString, String> {
    let home = std::env::var_os("CARGO_HOME").map(PathBuf::from);
    let home = home.or_else(|| std::env::home_dir().map(|home| home.join(".cargo")));
    let home = home.ok_or("neither CARGO_HOME nor HOME is set")?;
    let mut flags = OsString::new();
    for (path, name) in [(root, "=/infra"), (home.as_path(), "=/cargo")] {
        if !flags.is_empty() {
            flags.push(SEPARATOR);
        }
        flags.push("--remap-path-prefix=");
        flags.push(path);
        flags.push(name);
    }
    Ok(flags)
}
