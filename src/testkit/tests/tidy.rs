//! The house rules that no compiler keeps: which crate may know which, what the engine may not touch, how files begin.
//!
//! Each test tells every breach at once, with its file and line.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// The crates of the program, and which others each may depend on, tests aside.
const LAYERS: &[(&str, &[&str])] = &[
    ("infra-toml", &[]),
    ("infra-values", &[]),
    ("infra-derive", &["infra-values"]),
    ("infra-engine", &[]),
    ("infra-testkit", &["infra-engine", "infra-derive", "infra-values"]),
    ("infra-aws", &["infra-engine", "infra-derive", "infra-values"]),
    ("infra-operate", &["infra-aws", "infra-engine", "infra-derive", "infra-values"]),
    ("infra-cli", &["infra-operate", "infra-aws", "infra-engine", "infra-derive", "infra-toml", "infra-values"]),
];

/// What knows a cloud, and what knows a terminal.
const CLOUD: &[&str] = &["aws-", "hyper", "reqwest"];
const TERMINAL: &[&str] = &["clap", "indicatif", "crossterm", "console"];

#[test]
fn crates_know_only_what_lies_below_them() {
    let mut breaches = Vec::new();
    for (name, needs) in crates() {
        let allowed = LAYERS.iter().find(|(layer, _)| *layer == name);
        for need in needs {
            let ours = LAYERS.iter().any(|(layer, _)| *layer == need);
            let knows = |words: &[&str]| words.iter().any(|word| need.starts_with(word));
            let may = match allowed {
                Some((_, below)) if ours => below.contains(&&*need),
                Some((layer, _)) if knows(CLOUD) => matches!(*layer, "infra-aws" | "infra-operate"),
                Some((layer, _)) if knows(TERMINAL) => *layer == "infra-cli",
                _ => true,
            };
            if !may {
                breaches.push(format!("{name} depends on {need}"));
            }
        }
    }
    assert_eq!(breaches, Vec::<String>::new());
}

#[test]
fn only_the_edges_of_the_engine_have_effects() {
    let effects =
        ["Instant::now", "SystemTime", "Timestamp::now", "std::env", "std::fs", "std::net", "tokio::", "getrandom"];
    let pure = |file: &&Source| {
        file.path.starts_with("src/engine/src/")
            && !file.path.starts_with("src/engine/src/run/")
            && !file.path.starts_with("src/engine/src/record/")
    };
    check(sources().iter().filter(pure), |line| {
        effects.iter().find(|effect| line.contains(**effect)).map(ToString::to_string)
    });
}

#[test]
fn nothing_is_left_to_do_and_nothing_belongs_to_one_machine() {
    let words = [
        ["to", "do!("].concat(),
        ["unimple", "mented!("].concat(),
        ["d", "bg!("].concat(),
        ["#[al", "low("].concat(),
        ["#![al", "low("].concat(),
        ["/ho", "me/"].concat(),
        ["/ro", "ot/"].concat(),
        ["/wo", "rk/"].concat(),
        ["/Us", "ers/"].concat(),
        ["crates", ".io"].concat(),
        ["index.crates", "."].concat(),
        ["py", "pi.org"].concat(),
        ["npm", "js.org"].concat(),
    ];
    check(&sources(), |line| words.iter().find(|word| line.contains(word.as_str())).cloned());
}

#[test]
fn a_file_says_what_it_is_for_and_has_one_idea() {
    let mut breaches = Vec::new();
    for Source { path, text } in sources() {
        if !text.starts_with("//!") {
            breaches.push(format!("{path} does not begin with `//!`"));
        }
        let lines = text.lines().count();
        if lines > 700 {
            breaches.push(format!("{path} has {lines} lines: look for the second idea in it"));
        }
    }
    assert_eq!(breaches, Vec::<String>::new());
}

#[test]
fn the_map_names_every_room() {
    let map = root().join("docs/architecture.md");
    let Ok(map) = fs::read_to_string(map) else { return };
    let rooms = fs::read_dir(root().join("src")).unwrap().map(|room| room.unwrap().file_name().into_string().unwrap());
    let missing: Vec<String> = rooms.filter(|room| !map.contains(&format!("src/{room}"))).collect();
    assert_eq!(missing, Vec::<String>::new(), "docs/architecture.md does not name these folders of src");
}

struct Source {
    path: String,
    text: String,
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// Every Rust file of the workspace.
fn sources() -> Vec<Source> {
    let mut sources = Vec::new();
    let mut open: Vec<PathBuf> =
        ["src", "stacks", "tests", "loadtest", "benches"].map(|folder| root().join(folder)).into();
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(folder).into_iter().flatten() {
            let path = entry.expect("the workspace can be read").path();
            if path.is_dir() {
                open.push(path);
            } else if path.extension().is_some_and(|end| end == "rs") {
                let text = fs::read_to_string(&path).expect("the workspace can be read");
                let path =
                    path.strip_prefix(root()).expect("the workspace can be read").to_string_lossy().replace('\\', "/");
                sources.push(Source { path, text });
            }
        }
    }
    sources.sort_by(|left, right| left.path.cmp(&right.path));
    sources
}

/// Every line in which something is found, as `file:line: what`. Tests at the end of a file are not the program.
fn check<'a>(sources: impl IntoIterator<Item = &'a Source>, find: impl Fn(&str) -> Option<String>) {
    let mut breaches = BTreeSet::new();
    for Source { path, text } in sources {
        let program = text.split("\n#[cfg(test)]\nmod tests {").next().unwrap_or_default();
        for (number, line) in program.lines().enumerate() {
            breaches.extend(find(line).map(|found| format!("{path}:{}: {found}", number + 1)));
        }
    }
    assert_eq!(breaches, BTreeSet::new());
}

/// The crates of `src`, each with what its program (not its tests) depends on.
fn crates() -> Vec<(String, Vec<String>)> {
    let mut crates = Vec::new();
    for folder in fs::read_dir(root().join("src")).expect("the workspace can be read") {
        let manifest = folder.expect("the workspace can be read").path().join("Cargo.toml");
        let Ok(text) = fs::read_to_string(manifest) else { continue };
        let manifest: toml::Table = text.parse().expect("the workspace can be read");
        let name = manifest["package"]["name"].as_str().expect("the workspace can be read").to_owned();
        let needs = manifest.get("dependencies").and_then(|needs| needs.as_table());
        crates.push((name, needs.into_iter().flat_map(|needs| needs.keys().cloned()).collect()));
    }
    assert!(crates.len() >= LAYERS.len(), "every crate is found");
    crates
}
