//! Where an environment's file is: `environments/NAME.toml`, in the working directory or above it.

use std::path::{Path, PathBuf};

use infra_toml::nearest;

/// The folder that holds the environments of a project.
pub(crate) const FOLDER: &str = "environments";

/// A file that was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// The file.
    pub file: PathBuf,
    /// The project's folder: the one above `environments`, or the one that the file lies in.
    pub root: PathBuf,
    /// The name that it was asked for by; none where it was asked for by its path.
    pub name: Option<String>,
}

/// Why there is no file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FindError {
    /// A path that leads nowhere.
    #[error("there is no file {}", file.display())]
    NoFile {
        /// The path.
        file: PathBuf,
    },
    /// The folder is there, and no such file in it.
    #[error("there is no environment `{name}`: {} has {}{}", folder.display(), listed(known), meant(nearest.as_deref()))]
    Unknown {
        /// What was asked for.
        name: String,
        /// Where it was looked for.
        folder: PathBuf,
        /// The environments that exist.
        known: Vec<String>,
        /// The one that may have been meant.
        nearest: Option<String>,
    },
    /// There is no such folder.
    #[error(
        "there is no folder `{FOLDER}` in {} or above it\n  go to the project's folder, or give a file: --env path/to/{name}.toml",
        from.display()
    )]
    NoFolder {
        /// What was asked for.
        name: String,
        /// Where the search began.
        from: PathBuf,
    },
}

/// Finds `NAME` or `path/to/FILE.toml`.
pub fn find(wanted: &str, from: &Path) -> Result<Found, FindError> {
    if wanted.ends_with(".toml") || wanted.contains(std::path::is_separator) {
        return by_path(from.join(wanted));
    }
    let Some(folder) = environments_folder(from) else {
        return Err(FindError::NoFolder { name: wanted.to_owned(), from: from.to_owned() });
    };
    let file = folder.join(format!("{wanted}.toml"));
    if file.is_file() {
        let root = folder.parent().unwrap_or(from).to_owned();
        return Ok(Found { file, root, name: Some(wanted.to_owned()) });
    }
    let known = names_in(&folder);
    let nearest = nearest(wanted, known.iter().map(String::as_str)).map(str::to_owned);
    let folder = folder.strip_prefix(from).map(Path::to_owned).unwrap_or(folder);
    Err(FindError::Unknown { name: wanted.to_owned(), folder, known, nearest })
}

fn by_path(file: PathBuf) -> Result<Found, FindError> {
    if !file.is_file() {
        return Err(FindError::NoFile { file });
    }
    let folder = file.parent().unwrap_or(Path::new(".")).to_owned();
    let beside = folder.file_name().is_some_and(|name| name == FOLDER);
    let root = if beside { folder.parent().unwrap_or(&folder).to_owned() } else { folder };
    Ok(Found { file, root, name: None })
}

/// The nearest `environments` folder, from a folder upwards.
pub(crate) fn environments_folder(from: &Path) -> Option<PathBuf> {
    from.ancestors().map(|above| above.join(FOLDER)).find(|folder| folder.is_dir())
}

/// The names of the environments in a folder.
pub(crate) fn names_in(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let mut names: Vec<String> = entries
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "toml"))
        .filter_map(|path| Some(path.file_stem()?.to_str()?.to_owned()))
        .collect();
    names.sort();
    names
}

fn listed(names: &[String]) -> String {
    if names.is_empty() { "none".to_owned() } else { names.join(", ") }
}

fn meant(nearest: Option<&str>) -> String {
    nearest.map(|name| format!("\n  did you mean `{name}`?")).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn project(names: &[&str]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(folder.path().join("environments")).unwrap();
        std::fs::create_dir_all(folder.path().join("a/b")).unwrap();
        for name in names {
            std::fs::write(folder.path().join(format!("environments/{name}.toml")), "").unwrap();
        }
        folder
    }

    #[test]
    fn a_name_is_found_from_below() {
        let project = project(&["dev"]);
        let found = find("dev", &project.path().join("a/b")).unwrap();
        assert_eq!(found.file, project.path().join("environments/dev.toml"));
        assert_eq!(found.root, project.path());
    }

    #[test]
    fn a_path_is_taken_as_it_is_and_belongs_to_the_project_around_it() {
        let project = project(&["dev"]);
        let found = find("environments/dev.toml", project.path()).unwrap();
        assert_eq!((found.root.as_path(), found.name), (project.path(), None));
        assert!(matches!(find("other/dev.toml", project.path()), Err(FindError::NoFile { .. })));
    }

    #[test]
    fn an_unknown_name_tells_those_that_exist() {
        let project = project(&["dev", "prod", "staging"]);
        let error = find("pord", project.path()).unwrap_err().to_string();
        assert_eq!(
            error,
            "there is no environment `pord`: environments has dev, prod, staging\n  did you mean `prod`?"
        );
    }
}
