//! A secret is nowhere: not on the screen, not in a log, not in a file, not in the history.

use std::fs;
use std::path::Path;

use crate::support::{Project, Refusal, SECRET, Treatment};

const TOKEN: &str = "planted-token-8fKq1ZsVb3XyTnEw";

fn files(folder: &Path) -> Vec<std::path::PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
    entries.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}

#[test]
fn the_callers_keys_are_nowhere_however_much_is_said() {
    let mut project = Project::new();
    project.variable("AWS_SESSION_TOKEN", TOKEN);
    project.variable("RUST_LOG", "trace");
    let commands: [&[&str]; 6] = [
        &["plan", "--env", "test", "--verbose", "--out", "a.plan"],
        &["apply", "--env", "test", "--yes", "--verbose"],
        &["plan", "--env", "test", "--json"],
        &["show", "--env", "test"],
        &["history", "--env", "test", "--format", "json"],
        &["drift", "--env", "test", "--verbose"],
    ];
    for command in commands {
        // Each run is searched for the secret key by itself.
        project.run(command).ended(0).not_saying(TOKEN);
    }
    project.proxy.treat(|_| Treatment::Refuse(Refusal { status: 403, code: "SignatureDoesNotMatch", message: "no" }));
    project.run(&["plan", "--env", "test", "--verbose"]).ended(1).not_saying(TOKEN);

    let kept = files(project.folder());
    assert!(kept.len() > 2, "{kept:?}");
    for file in kept {
        let text = String::from_utf8_lossy(&fs::read(&file).unwrap()).into_owned();
        assert!(!text.contains(SECRET) && !text.contains(TOKEN), "{} holds a secret", file.display());
    }
    let bucket = format!("infra-{}-us-east-1", project.client.account);
    let keys = project.client.keys(&bucket);
    assert!(keys.iter().any(|key| key.contains("history/")), "{keys:?}");
    for key in keys {
        let record = project.client.s3("GET", &format!("/{bucket}/{key}"), b"").text();
        assert!(!record.contains(SECRET) && !record.contains(TOKEN), "{key} holds a secret");
    }
}
