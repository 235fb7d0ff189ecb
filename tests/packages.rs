//! Packages that were made elsewhere, packages that were kept, and what the programs see that make them.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use crate::support::{Project, SECRET};

const TOKEN: &str = "planted-token-Lw3Zq8";

/// A program that writes down what it is told, and fails.
fn spy(file: &Path) -> String {
    fs::create_dir_all(file.parent().unwrap()).unwrap();
    fs::write(file, "#!/bin/sh\nenv > \"$0.told\"\nexit 1\n").unwrap();
    fs::set_permissions(file, fs::Permissions::from_mode(0o755)).unwrap();
    file.display().to_string()
}

/// What a spy was told: nobody's keys.
#[track_caller]
fn told(spy: &str) -> String {
    let told = fs::read_to_string(format!("{spy}.told")).expect("it was run");
    for key in ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "GITHUB_TOKEN", SECRET, TOKEN] {
        assert!(!told.contains(key), "{key} is passed on:\n{told}");
    }
    told
}

#[test]
fn a_package_that_was_made_elsewhere_is_taken_by_its_digest() {
    let project = Project::of_the_platform_alone();
    let file = project.folder().join("load.zip");
    fs::write(&file, "a package").unwrap();
    let digest = "00".repeat(32);
    let run = project.plan().ended(1).saying("the package loadtest cannot be made");
    run.saying("--package loadtest=FILE");
    let pinned = format!("loadtest=load.zip@sha256:{digest}");
    let run = project.run(&["plan", "--env", "test", "--package", &pinned]).ended(1);
    let run = run.saying("load.zip is not the package loadtest that was meant");
    // It says what it is.
    let is = run.err.split_whitespace().find(|word| word.len() == 64 && *word != digest).expect("its SHA-256");
    let pinned = format!("loadtest=load.zip@sha256:{is}");
    project.run(&["plan", "--env", "test", "--package", &pinned]).ended(0).saying("loadtest.function");
    // What was given is kept, and used as long as it is what was given.
    project.plan().ended(0).saying("loadtest.function");
    fs::write(project.folder().join(".infra/packages/loadtest"), "another package").unwrap();
    project.plan().ended(1).saying("the package loadtest cannot be made");
}

#[test]
fn cargo_is_given_no_keys() {
    let mut project = Project::of_the_platform_alone();
    let manifests = ["Cargo.lock", "Cargo.toml", "rust-toolchain.toml", "loadtest/Cargo.toml", "src/toml/Cargo.toml"];
    for source in manifests.into_iter().chain(["loadtest/src/lib.rs", "src/toml/src/lib.rs"]) {
        let file = project.folder().join(source);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, "").unwrap();
    }
    let cargo = spy(&project.folder().join("tools/cargo"));
    project.variable("CARGO", &cargo);
    project.variable("AWS_SESSION_TOKEN", TOKEN);
    project.variable("GITHUB_TOKEN", TOKEN);
    project.plan().ended(1).saying("cargo could not build `bootstrap`");
    let told = told(&cargo);
    let line = |start: &str| told.lines().find(|line| line.starts_with(start)).unwrap_or_default();
    let home = line("HOME=").trim_start_matches("HOME=");
    assert!(home.ends_with("/nobody") && !Path::new(home).join(".aws").exists(), "{told}");
    assert_eq!(line("AWS_CONFIG_FILE="), format!("AWS_CONFIG_FILE={home}/none"));
    assert_eq!(line("AWS_SHARED_CREDENTIALS_FILE="), format!("AWS_SHARED_CREDENTIALS_FILE={home}/none"));
}

#[test]
fn the_local_cloud_is_started_without_keys_and_for_no_account_of_anybodys() {
    let mut project = Project::new();
    let up = spy(&project.folder().join("localstack/up"));
    project.set("start", "true");
    project.set("endpoint", "\"http://127.0.0.1:1\"");
    project.variable("AWS_SESSION_TOKEN", TOKEN);
    project.variable("GITHUB_TOKEN", TOKEN);
    let run = project.run(&["history", "--env", "test"]).ended(1).saying("the local cloud is not started");
    run.saying(&format!("the environment is in account {}", project.client.account));
    assert!(!Path::new(&format!("{up}.told")).exists());
    project.set("account", "\"000000000000\"");
    project.run(&["history", "--env", "test"]).ended(1).saying("the local cloud does not start");
    assert!(told(&up).contains("AWS_CONFIG_FILE=/dev/null"));
}
