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

use crate::failure::Failure;
use crate::render::elapsed;
use crate::saved::write_whole;
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

/// A package as it is to be: the one that was kept, or a new one where there is none or a source has changed.
async fn ready(session: &Session<'_>, blueprint: &Blueprint, package: &Package) -> Result<Made, Failure> {
    let file = blueprint.environment.root.join(".infra/packages").join(package.name);
    let not_made = |why: String| {
        Failure::new(format!("the package {} cannot be made; nothing was called", package.name))
            .because(why)
            .way_out("its sources and Cargo must be on this machine; --exclude makes a plan without what needs it")
    };
    let sources = sources(package).map_err(not_made)?;
    let note = file.with_extension("sources");
    let kept = std::fs::read_to_string(&note).is_ok_and(|noted| noted == sources);
    let bytes = match std::fs::read(&file) {
        Ok(bytes) if kept => bytes,
        found => {
            let why = if found.is_ok() { "its sources have changed" } else { "it has not been made here yet" };
            session.console.say(&format!("Making the package {}, which takes minutes: {why}...", package.name));
            let started = Instant::now();
            let bytes = session.unless_interrupted(make(session, *package, &file)).await?.map_err(not_made)?;
            let (megabytes, took) = (bytes.len() as f64 / f64::from(1 << 20), elapsed(started.elapsed()));
            session.console.say(&format!("Made the package {}: {megabytes:.1} MiB in {took}.", package.name));
            // The note last: whoever is stopped in between makes it again.
            for (file, content) in [(&file, bytes.as_slice()), (&note, sources.as_bytes())] {
                write_whole(file, content).map_err(|error| not_made(format!("{}: {error}", file.display())))?;
            }
            bytes
        }
    };
    // From the project's folder the name is the same on every machine, and a saved plan is as true there as here.
    let file = file.strip_prefix(&session.folder).unwrap_or(&file).display().to_string();
    Ok(Made { digest: CodeHash::of(&bytes).to_string(), file })
}

/// Makes a package, and passes on what is told meanwhile.
async fn make(session: &Session<'_>, package: Package, file: &Path) -> Result<Vec<u8>, String> {
    let beside = file.with_extension(format!("{}.new", std::process::id()));
    let folder = file.parent().unwrap_or(Path::new("."));
    std::fs::create_dir_all(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    let (lines, mut told) = unbounded_channel::<String>();
    let target = beside.clone();
    let making = tokio::task::spawn_blocking(move || {
        // Nobody listens any more when the command has been interrupted.
        (package.make)(Path::new(package.folder), &target, &|line| drop(lines.send(line.to_owned())))
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
fn sources(package: &Package) -> Result<String, String> {
    let folder = Path::new(package.folder);
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
    Ok(hasher.finalize().iter().map(|byte| format!("{byte:02x}")).collect())
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

    fn package(folder: &Path) -> Package {
        let folder: &'static str = Box::leak(folder.display().to_string().into_boxed_str());
        Package { name: "code", folder, sources: &["one", "more"], make: |_, _, _| Ok(()) }
    }

    #[test]
    fn a_changed_a_new_and_a_renamed_source_are_seen() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        let package = package(folder.path());
        std::fs::create_dir_all(path("more/below")).unwrap();
        std::fs::write(path("one"), "1").unwrap();
        std::fs::write(path("more/below/two"), "2").unwrap();
        let mut seen = vec![sources(&package).unwrap()];
        assert_eq!(seen[0], sources(&package).unwrap());
        let mut changed = |change: &dyn Fn() -> std::io::Result<()>| {
            change().unwrap();
            let now = sources(&package).unwrap();
            assert!(!seen.contains(&now));
            seen.push(now);
        };
        changed(&|| std::fs::write(path("one"), "changed"));
        changed(&|| std::fs::write(path("more/new"), ""));
        changed(&|| std::fs::rename(path("more/new"), path("more/renamed")));
        std::fs::write(path("elsewhere"), "").unwrap();
        assert_eq!(seen.last(), Some(&sources(&package).unwrap()), "what it is not made of does not count");
    }

    #[test]
    fn a_source_that_is_not_there_is_named() {
        let said = sources(&package(Path::new("/nowhere"))).unwrap_err();
        assert!(said.starts_with("/nowhere/more: "), "{said}");
    }
}
