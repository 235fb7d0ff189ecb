//! Files of ours on this machine: nobody else reads them, and nobody else chooses where they land.

use std::fs::{DirBuilder, OpenOptions};
use std::io::{Error, Write};
use std::path::{Path, PathBuf};

/// The folder of a project that holds what is kept on this machine.
const FOLDER: &str = ".infra";

/// The folder of a project's plans, history and packages.
pub(crate) fn folder(root: &Path) -> PathBuf {
    root.join(FOLDER)
}

/// Writes a file beside its place and moves it there: a reader sees either all of it or nothing. What stood there is
/// replaced, a link too, and never written through.
pub(crate) fn write_whole(file: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let parent = parent(file);
    make_folders(parent)?;
    let beside = beside(file)?;
    let written = create(&beside).and_then(|mut out| {
        out.write_all(bytes)?;
        out.sync_all()
    });
    let moved = written.and_then(|()| std::fs::rename(&beside, file));
    if moved.is_err() {
        // What stays behind is in nobody's way; why it failed is what counts.
        let _ = std::fs::remove_file(&beside);
    }
    moved
}

/// A name beside a file that nobody can guess.
pub(crate) fn beside(file: &Path) -> std::io::Result<PathBuf> {
    let mut bytes = [0; 8];
    getrandom::fill(&mut bytes).map_err(|error| Error::other(error.to_string()))?;
    let name: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    Ok(parent(file).join(format!(".{name}.tmp")))
}

/// Makes the folders of a file that are not there. Those of ours are for nobody else.
pub(crate) fn make_folders(folder: &Path) -> std::io::Result<()> {
    let Some(infra) = folder.ancestors().find(|above| above.ends_with(FOLDER)) else {
        return std::fs::create_dir_all(folder);
    };
    private(infra)?;
    private(folder)?;
    let ignore = infra.join(".gitignore");
    if !ignore.exists() {
        create(&ignore)?.write_all(b"*\n")?;
    }
    Ok(())
}

fn parent(file: &Path) -> &Path {
    file.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// A new file. It is not there yet, not even as a link to somewhere.
fn create(file: &Path) -> std::io::Result<std::fs::File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(file)
}

/// A folder that only its owner may enter, made where it is not there, with what is above it.
fn private(folder: &Path) -> std::io::Result<()> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mut permissions = std::fs::metadata(folder)?.permissions();
        // An earlier infra made it for everybody to look into. What is somebody else's stays as it is.
        if permissions.mode() & 0o077 != 0 {
            permissions.set_mode(0o700);
            let _ = std::fs::set_permissions(folder, permissions);
        }
    }
    Ok(())
}

#[cfg(all(test, unix))]
mod tests {
    use std::fs;
    use std::os::unix::fs::{PermissionsExt, symlink};

    use super::*;

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).expect("the file is there").permissions().mode() & 0o777
    }

    #[test]
    fn what_is_ours_is_for_nobody_else() {
        let project = tempfile::tempdir().unwrap();
        let infra = folder(project.path());
        fs::create_dir(&infra).unwrap();
        fs::set_permissions(&infra, fs::Permissions::from_mode(0o755)).unwrap();
        let file = infra.join("plans/dev.json");
        write_whole(&file, b"one").unwrap();
        write_whole(&file, b"two").unwrap();
        assert_eq!(fs::read_to_string(&file).unwrap(), "two");
        let modes = [&infra, &infra.join("plans"), &file, &infra.join(".gitignore")].map(|path| mode(path));
        assert_eq!(modes, [0o700, 0o700, 0o600, 0o600]);
        assert_eq!(fs::read_dir(infra.join("plans")).unwrap().count(), 1, "nothing is left beside it");
    }

    #[test]
    fn a_link_that_lies_in_wait_is_replaced_and_not_followed() {
        let folder = tempfile::tempdir().unwrap();
        let (victim, out) = (folder.path().join("victim"), folder.path().join("plan.json"));
        fs::write(&victim, "mine").unwrap();
        symlink(&victim, &out).unwrap();
        write_whole(&out, b"a plan").unwrap();
        assert_eq!(fs::read_to_string(&victim).unwrap(), "mine");
        assert_eq!((fs::read_to_string(&out).unwrap().as_str(), mode(&out)), ("a plan", 0o600));
        assert!(fs::symlink_metadata(&out).unwrap().is_file());
    }

    #[test]
    fn a_file_that_is_there_is_not_taken_for_a_new_one() {
        let folder = tempfile::tempdir().unwrap();
        let there = folder.path().join("there");
        symlink(folder.path().join("nowhere"), &there).unwrap();
        assert_eq!(create(&there).unwrap_err().kind(), std::io::ErrorKind::AlreadyExists);
        assert_ne!(beside(&there).unwrap(), beside(&there).unwrap());
    }
}
