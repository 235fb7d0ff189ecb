//! Packages: made of their sources before the first plan that needs them, and kept until one of the sources changes.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Instant;

use infra_aws::lambda::CodeHash;
use infra_engine::graph::Graph;
use infra_engine::model::{DIGEST, FILE, Package};
use infra_engine::plan::Options;
use sha2::{Digest, Sha256};
use tokio::sync::mpsc::unbounded_channel;

use crate::args::GivenPackage;
use crate::failure::Failure;
use crate::files::{beside, folder, make_folders, write_whole};
use crate::render::elapsed;
use crate::session::{Blueprint, Session};

/// A package that has been made.
struct Made {
    digest: String,
    file: String,
}

/// The graph with everything filled in that is known of the packages that a plan needs. What is missing is made.
pub(crate) async fn made(session: &Session<'_>, blueprint: &Blueprint, options: &Options) -> Result<Graph, Failure> {
    let mut known = BTreeMap::new();
    for name in infra_engine::plan::packages(&blueprint.graph, options) {
        let package = blueprint.packages.iter().find(|package| package.name == name);
        let package = package.ok_or_else(|| Failure::new(format!("the stacks have no package `{name}`")))?;
        known.insert(name, ready(session, blueprint, package).await?);
    }
    Ok(blueprint.graph.resolved(&|reference| {
        let made: &Made = known.get(reference.package()?)?;
        match reference.output.as_str() {
            DIGEST => Some(made.digest.clone()),
            FILE => Some(made.file.clone()),
            _ => None,
        }
    }))
}

/// A package as it is to be: what was given, or what was kept of the same sources, or a new one.
async fn ready(session: &Session<'_>, blueprint: &Blueprint, package: &Package) -> Result<Made, Failure> {
    let root = &blueprint.environment.root;
    let file = folder(root).join("packages").join(package.name);
    let not_made = |why: String| {
        Failure::new(format!("the package {} cannot be made; nothing was called", package.name))
            .because(why)
            .way_out(format!(
                "its sources must be in the project's folder, and Cargo on this machine; or give what was made elsewhere: \
                 --package {}=FILE. --exclude makes a plan without what needs it",
                package.name
            ))
    };
    let keep = |origin: &str, bytes: &[u8]| keep(&file, origin, bytes).map_err(not_made);
    let given = session.common.package.iter().rfind(|given| given.name == package.name);
    let (found, why) = match kept(&file) {
        Kept::Whole { origin, bytes } => (Some((origin, bytes)), "its sources have changed"),
        Kept::Spoiled => (None, "what is kept of it is not what was made"),
        Kept::Nothing => (None, "it has not been made here yet"),
    };
    let bytes = match (given, sources(package, root)) {
        (Some(given), _) => {
            let bytes = taken(given, &session.folder)?;
            keep(GIVEN, &bytes)?;
            bytes
        }
        (None, Ok(sources)) => match found {
            Some((origin, bytes)) if origin == sources => bytes,
            _ => {
                let say = |text: String| session.console.say(&text);
                say(format!("Making the package {}, which takes minutes: {why}...", package.name));
                let started = Instant::now();
                let making = make(session, *package, root, &file);
                let bytes = session.unless_interrupted(making).await?.map_err(not_made)?;
                let (megabytes, took) = (bytes.len() as f64 / f64::from(1 << 20), elapsed(started.elapsed()));
                say(format!("Made the package {}: {megabytes:.1} MiB in {took}.", package.name));
                keep(&sources, &bytes)?;
                bytes
            }
        },
        // Where there are no sources, they cannot have changed.
        (None, Err(_)) if found.is_some() => found.map(|(_, bytes)| bytes).unwrap_or_default(),
        (None, Err(missing)) => return Err(not_made(missing)),
    };
    // From the project's folder the name is the same on every machine, and a saved plan is as true there as here.
    let file = file.strip_prefix(&session.folder).unwrap_or(&file).display().to_string();
    Ok(Made { digest: CodeHash::of(&bytes).to_string(), file })
}

/// What a package was made of that was not made here.
const GIVEN: &str = "given";

/// What is kept of a package.
enum Kept {
    /// It, and what it was made of.
    Whole { origin: String, bytes: Vec<u8> },
    /// Something that is not what was kept.
    Spoiled,
    /// Nothing.
    Nothing,
}

/// What is kept, if it is what was: its note has its own digest beside that of its sources.
fn kept(file: &Path) -> Kept {
    let (Ok(bytes), Ok(note)) = (std::fs::read(file), std::fs::read_to_string(note(file))) else {
        return Kept::Nothing;
    };
    match note.trim_end().split_once(' ') {
        Some((origin, digest)) if digest == hexadecimal(&bytes) => Kept::Whole { origin: origin.to_owned(), bytes },
        _ => Kept::Spoiled,
    }
}

/// Keeps a package. The note last: whoever is stopped in between makes it again.
fn keep(file: &Path, origin: &str, bytes: &[u8]) -> Result<(), String> {
    let note = (note(file), format!("{origin} {}\n", hexadecimal(bytes)).into_bytes());
    for (file, content) in [(file.to_owned(), bytes), (note.0, &note.1)] {
        // What is the same already may be somebody else's to write.
        if std::fs::read(&file).is_ok_and(|there| there == content) {
            continue;
        }
        write_whole(&file, content).map_err(|error| format!("{}: {error}", file.display()))?;
    }
    Ok(())
}

fn note(file: &Path) -> PathBuf {
    file.with_extension("note")
}

/// A package that was made elsewhere, if it is the one that was meant.
fn taken(given: &GivenPackage, from: &Path) -> Result<Vec<u8>, Failure> {
    let GivenPackage { name, file, sha256 } = given;
    let shown = file.display();
    let bytes = std::fs::read(from.join(file)).map_err(|error| {
        Failure::new(format!("the package {name} cannot be read from {shown}; nothing was called"))
            .because(error.to_string())
    })?;
    let is = hexadecimal(&bytes);
    match sha256.as_ref().filter(|wanted| **wanted != is) {
        Some(wanted) => {
            Err(Failure::new(format!("{shown} is not the package {name} that was meant; nothing was called"))
                .because(format!("its SHA-256 is {is}"))
                .because(format!("it was to be     {wanted}")))
        }
        None => Ok(bytes),
    }
}

/// Makes a package, and passes on what is told meanwhile.
async fn make(session: &Session<'_>, package: Package, root: &Path, file: &Path) -> Result<Vec<u8>, String> {
    let folder = file.parent().unwrap_or(Path::new("."));
    let not_there = |error: std::io::Error| format!("{}: {error}", folder.display());
    make_folders(folder).map_err(not_there)?;
    let beside = beside(file).map_err(not_there)?;
    let (lines, mut told) = unbounded_channel::<String>();
    let (from, target) = (root.join(package.folder), beside.clone());
    let making = tokio::task::spawn_blocking(move || {
        // Nobody listens any more when the command has been interrupted.
        (package.make)(&from, &target, &|line| drop(lines.send(line.to_owned())))
    });
    while let Some(line) = told.recv().await {
        session.console.say(&format!("  {line}"));
    }
    making.await.map_err(|error| error.to_string())??;
    let bytes = std::fs::read(&beside).map_err(|error| format!("{}: {error}", beside.display()));
    // A file that stays behind is in nobody's way.
    let _ = std::fs::remove_file(&beside);
    bytes
}

/// A digest of everything that a package is made of.
fn sources(package: &Package, root: &Path) -> Result<String, String> {
    let folder = &root.join(package.folder);
    let not_read = |file: &Path| {
        let file = file.display().to_string();
        move |error: std::io::Error| format!("{file}: {error}")
    };
    let mut files = Vec::new();
    for source in package.sources {
        let source = folder.join(source);
        collect(&source, &mut files).map_err(not_read(&source))?;
    }
    files.sort();
    let mut hasher = Sha256::new();
    for file in files {
        let content = std::fs::read(&file).map_err(not_read(&file))?;
        let name = file.strip_prefix(folder).unwrap_or(&file).to_string_lossy().into_owned();
        for part in [name.as_bytes(), content.as_slice()] {
            hasher.update(part.len().to_le_bytes());
            hasher.update(part);
        }
    }
    Ok(digits(hasher))
}

fn hexadecimal(bytes: &[u8]) -> String {
    digits(Sha256::new_with_prefix(bytes))
}

fn digits(hasher: Sha256) -> String {
    hasher.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The files at a path: itself, or all below it.
fn collect(path: &Path, files: &mut Vec<PathBuf>) -> std::io::Result<()> {
    if !path.is_dir() {
        files.push(path.to_owned());
        return Ok(());
    }
    for entry in std::fs::read_dir(path)? {
        collect(&entry?.path(), files)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const PACKAGE: Package =
        Package { name: "code", folder: "below", sources: &["one", "more"], make: |_, _, _| Ok(()) };

    #[test]
    fn a_changed_a_new_and_a_renamed_source_are_seen() {
        let root = tempfile::tempdir().unwrap();
        let path = |name: &str| root.path().join("below").join(name);
        let now = || sources(&PACKAGE, root.path()).unwrap();
        std::fs::create_dir_all(path("more/below")).unwrap();
        std::fs::write(path("one"), "1").unwrap();
        std::fs::write(path("more/below/two"), "2").unwrap();
        let mut seen = vec![now()];
        assert_eq!(seen[0], now());
        let mut changed = |change: &dyn Fn() -> std::io::Result<()>| {
            change().unwrap();
            let after = now();
            assert!(!seen.contains(&after));
            seen.push(after);
        };
        changed(&|| std::fs::write(path("one"), "changed"));
        changed(&|| std::fs::write(path("more/new"), ""));
        changed(&|| std::fs::rename(path("more/new"), path("more/renamed")));
        std::fs::write(path("elsewhere"), "").unwrap();
        assert_eq!(seen.last(), Some(&now()), "what it is not made of does not count");
    }

    #[test]
    fn a_source_that_is_not_there_is_named() {
        let said = sources(&PACKAGE, Path::new("/nowhere")).unwrap_err();
        assert!(said.starts_with("/nowhere/below/") && said.contains(": "), "{said}");
    }

    #[test]
    fn what_is_kept_is_believed_only_as_long_as_it_is_what_was_kept() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("code");
        assert!(matches!(kept(&file), Kept::Nothing));
        keep(&file, "sources", b"the package").unwrap();
        let Kept::Whole { origin, bytes } = kept(&file) else { panic!("it is whole") };
        assert_eq!((origin.as_str(), bytes.as_slice()), ("sources", &b"the package"[..]));
        std::fs::write(&file, "another package").unwrap();
        assert!(matches!(kept(&file), Kept::Spoiled));
        keep(&file, "sources", b"the package").unwrap();
        std::fs::write(note(&file), "sources").unwrap();
        assert!(matches!(kept(&file), Kept::Spoiled), "a note without a digest vouches for nothing");
    }

    #[test]
    fn what_was_made_elsewhere_is_the_one_that_was_meant_or_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("a.zip"), "the package").unwrap();
        let given = |sha256: Option<&str>| GivenPackage {
            name: "code".into(),
            file: "a.zip".into(),
            sha256: sha256.map(str::to_owned),
        };
        let digest = hexadecimal(b"the package");
        assert_eq!(taken(&given(None), folder.path()).unwrap(), b"the package");
        assert!(taken(&given(Some(&digest)), folder.path()).is_ok());
        let refused = taken(&given(Some(&hexadecimal(b"another"))), folder.path()).unwrap_err();
        assert_eq!(refused.because[0], format!("its SHA-256 is {digest}"));
        assert!(taken(&given(None), Path::new("/nowhere")).unwrap_err().wrong.contains("cannot be read"));
    }
}
