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
    let home = nobodys_home(folder)?;
    cargo
        .current_dir(root)
        .env_clear()
        .envs(std::env::vars_os().filter(|(name, _)| is_for_cargo(name)))
        .envs(tools()?)
        // What is built brings programs that run while it is: they are nobody in any cloud.
        .env("HOME", &home)
        .env("AWS_CONFIG_FILE", home.join("none"))
        .env("AWS_SHARED_CREDENTIALS_FILE", home.join("none"))
        .env("AWS_EC2_METADATA_DISABLED", "true")
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
        .env("CARGO_TERM_COLOR", "never")
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

/// True for a variable that Cargo and its tools need. Everything else stays with the caller: credentials of any cloud,
/// tokens of whoever runs the build, and what Cargo has said of the program that is running, which would be taken for a
/// change of the surroundings and build anew.
fn is_for_cargo(name: &OsStr) -> bool {
    let name = name.to_string_lossy();
    let plain = [
        "PATH",
        "LANG",
        "LC_ALL",
        "TERM",
        "TMPDIR",
        "LD_LIBRARY_PATH",
        "CC",
        "CXX",
        "AR",
        "CFLAGS",
        "RUSTUP_TOOLCHAIN",
        "RUSTUP_AUTO_INSTALL",
        "SSL_CERT_FILE",
        "SSL_CERT_DIR",
        "HTTP_PROXY",
        "HTTPS_PROXY",
        "NO_PROXY",
        "http_proxy",
        "https_proxy",
        "no_proxy",
    ];
    let settings = ["CARGO_NET_", "CARGO_HTTP_", "CARGO_BUILD_", "CARGO_SOURCE_", "CARGO_TARGET_"];
    plain.contains(&name.as_ref()) || settings.iter().any(|settings| name.starts_with(settings))
}

/// Where Cargo and rustup keep what is theirs: they would look for it in the home folder.
fn tools() -> Result<[(&'static str, PathBuf); 2], String> {
    Ok([("CARGO_HOME", home_of("CARGO_HOME", ".cargo")?), ("RUSTUP_HOME", home_of("RUSTUP_HOME", ".rustup")?)])
}

fn home_of(variable: &str, folder: &str) -> Result<PathBuf, String> {
    let said = std::env::var_os(variable).map(PathBuf::from);
    let found = said.or_else(|| std::env::home_dir().map(|home| home.join(folder)));
    found.ok_or_else(|| format!("neither {variable} nor HOME is set"))
}

/// A home folder with nothing in it.
fn nobodys_home(target: &Path) -> Result<PathBuf, String> {
    let home = target.join("nobody");
    std::fs::create_dir_all(&home).map_err(|error| format!("{}: {error}", home.display()))?;
    Ok(home)
}

/// The flags that take this machine's folders out of the program.
fn nameless_paths(root: &Path) -> Result<OsString, String> {
    let home = home_of("CARGO_HOME", ".cargo")?;
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
    fn what_is_the_callers_is_not_passed_on() {
        for name in [
            "AWS_ACCESS_KEY_ID",
            "AWS_PROFILE",
            "GITHUB_TOKEN",
            "ACTIONS_ID_TOKEN_REQUEST_TOKEN",
            "CARGO_REGISTRY_TOKEN",
            "CARGO_REGISTRIES_PRIVATE_TOKEN",
            "SSH_AUTH_SOCK",
            "CARGO_PKG_NAME",
            "CARGO_MANIFEST_DIR",
            "RUSTFLAGS",
            "HOME",
        ] {
            assert!(!is_for_cargo(OsStr::new(name)), "{name}");
        }
        for name in ["PATH", "HTTPS_PROXY", "CARGO_NET_OFFLINE", "CARGO_BUILD_JOBS", "RUSTUP_TOOLCHAIN"] {
            assert!(is_for_cargo(OsStr::new(name)), "{name}");
        }
    }

    #[test]
    fn a_folder_that_is_not_there_is_named() {
        let wrong = make(Path::new("/nowhere/at/all"), Path::new("/nowhere/it.zip"), &|_| ()).unwrap_err();
        assert!(wrong.starts_with("/nowhere/at/all: "), "{wrong}");
    }
}
