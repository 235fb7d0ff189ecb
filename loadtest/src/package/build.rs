//! Builds `bootstrap` and packs it, so that the same source gives the same bytes.

use std::ffi::{OsStr, OsString};
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::{PROGRAM, Package, package};

/// What the program is built for when nothing else is said: the target that every Rust on Linux has.
pub const TARGET: &str = "x86_64-unknown-linux-gnu";

/// What separates flags in `CARGO_ENCODED_RUSTFLAGS`: a path may have a space in it.
const SEPARATOR: &str = "\x1f";

/// Builds the program of the workspace in a folder, and writes its package to a file.
pub fn make(workspace: &Path, file: &Path, tell: &dyn Fn(&str)) -> Result<(), String> {
    make_for(TARGET, workspace, file, tell).map(drop)
}

/// The same for another target.
pub fn make_for(target: &str, workspace: &Path, file: &Path, tell: &dyn Fn(&str)) -> Result<Package, String> {
    let root = workspace.canonicalize().map_err(|error| format!("{}: {error}", workspace.display()))?;
    let folder = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), PathBuf::from).join("lambda");
    build(&root, &folder, target, tell)?;
    let program = folder.join(target).join("release").join(PROGRAM);
    let bytes = std::fs::read(&program).map_err(|error| format!("{} cannot be read: {error}", program.display()))?;
    let made = package(&bytes).map_err(|error| format!("{} cannot be packed: {error}", program.display()))?;
    std::fs::write(file, &made.bytes).map_err(|error| format!("{} cannot be written: {error}", file.display()))?;
    Ok(made)
}

/// Builds the program in a folder of its own: nothing that was built with other flags gets in, and nothing else is
/// built anew because of these.
fn build(root: &Path, folder: &Path, target: &str, tell: &dyn Fn(&str)) -> Result<(), String> {
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    // What Cargo says of a program that it runs would be taken for a change of the surroundings, and build anew.
    for (name, _) in std::env::vars_os().filter(|(name, _)| is_of_the_caller(name)) {
        cargo.env_remove(name);
    }
    cargo
        .current_dir(root)
        .args(["build", "--locked", "--release", "--package", "infra-loadtest", "--bin", PROGRAM])
        .args(["--target", target])
        .arg("--target-dir")
        .arg(folder)
        // One unit at a time, so that the work is always divided alike; no symbols, which name what was built where.
        .env("CARGO_PROFILE_RELEASE_CODEGEN_UNITS", "1")
        .env("CARGO_PROFILE_RELEASE_LTO", "thin")
        .env("CARGO_PROFILE_RELEASE_STRIP", "symbols")
        .env("CARGO_INCREMENTAL", "0")
        .env("CARGO_ENCODED_RUSTFLAGS", nameless_paths(root)?)
        .env_remove("RUSTFLAGS")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped());
    let mut running = cargo.spawn().map_err(|error| format!("cargo does not start: {error}"))?;
    if let Some(lines) = running.stderr.take() {
        BufReader::new(lines).lines().map_while(Result::ok).for_each(|line| tell(line.trim()));
    }
    let ended = running.wait().map_err(|error| format!("cargo cannot be waited for: {error}"))?;
    match ended.success() {
        true => Ok(()),
        false => Err(format!("cargo could not build `{PROGRAM}` for {target}")),
    }
}

/// True for a variable that Cargo has set for the program that is running, and for no other.
fn is_of_the_caller(name: &OsStr) -> bool {
    let name = name.to_string_lossy();
    let only =
        ["CARGO_BIN_NAME", "CARGO_CRATE_NAME", "CARGO_MANIFEST_DIR", "CARGO_MANIFEST_PATH", "CARGO_PRIMARY_PACKAGE"];
    name.starts_with("CARGO_PKG_") || only.contains(&name.as_ref())
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cargo_says_of_the_caller_is_not_passed_on() {
        for name in ["CARGO_PKG_NAME", "CARGO_MANIFEST_DIR"] {
            assert!(is_of_the_caller(OsStr::new(name)), "{name}");
        }
        for name in ["CARGO", "CARGO_HOME", "CARGO_TARGET_DIR", "PATH", "CARGO_NET_OFFLINE"] {
            assert!(!is_of_the_caller(OsStr::new(name)), "{name}");
        }
    }

    #[test]
    fn a_folder_that_is_not_there_is_named() {
        let wrong = make(Path::new("/nowhere/at/all"), Path::new("/nowhere/it.zip"), &|_| ()).unwrap_err();
        assert!(wrong.starts_with("/nowhere/at/all: "), "{wrong}");
    }
}
