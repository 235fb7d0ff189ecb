//! The packages of the platform, made once for all projects: that takes minutes, and their sources are the same.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use super::program::infra;

/// Gives a project the packages that have been made, so that its commands find them.
pub fn share(project: &Path, environment: &str) {
    static MADE: OnceLock<PathBuf> = OnceLock::new();
    let made = MADE.get_or_init(|| make(environment));
    fs::create_dir_all(project.join(".infra")).unwrap();
    symlink(made, project.join(".infra/packages")).unwrap();
}

/// Makes them where they are kept from one run of the tests to the next, and has the program take them as it takes what
/// was made elsewhere: projects of tests have no sources.
fn make(environment: &str) -> PathBuf {
    let kept = Path::new(env!("CARGO_TARGET_TMPDIR")).join("packages");
    let project = tempfile::tempdir().unwrap();
    for folder in [&kept, &project.path().join("environments"), &project.path().join(".infra")] {
        fs::create_dir_all(folder).unwrap();
    }
    let made = kept.join("made.zip");
    let sources = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    infra_loadtest::package::make(&sources, &made, &|_| ()).unwrap();
    symlink(&kept, project.path().join(".infra/packages")).unwrap();
    fs::write(project.path().join("environments/local.toml"), environment).unwrap();
    let given = format!("loadtest={}", made.display());
    let mut plan = Command::new(infra());
    plan.args(["plan", "--env", "local", "--endpoint", infra_local_cloud::endpoint(), "--package", &given]);
    plan.current_dir(project.path()).stdin(Stdio::null());
    // Whoever the caller is in some cloud is nobody here.
    plan.env("AWS_ACCESS_KEY_ID", "test").env("AWS_SECRET_ACCESS_KEY", "test");
    plan.env_remove("AWS_SESSION_TOKEN").env_remove("AWS_PROFILE");
    let output = plan.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    kept
}
