//! Environment files: found, checked whole, and read into the program's own type. Nothing here calls a cloud.
//!
//! The type belongs to the program; this crate asks it only for [`Facts`]. A file is checked against the type's own
//! JSON Schema first, because a schema can name every problem at once where serde stops at the first.

mod find;
mod formats;
mod schema;
mod usage;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use infra_values::{AccountId, Name, Region};
use schemars::JsonSchema;
use serde::de::DeserializeOwned;

pub(crate) use find::{FOLDER, environments_folder, names_in};
pub use find::{FindError, Found, find};
pub(crate) use infra_toml::nearest;
pub use infra_toml::{Problem, Problems};
pub use schema::json_schema;
pub use usage::{parse_usage, usage_schema};

/// The program's own type of environments: read from TOML, described by a schema, and asked for a few facts.
pub trait Environment: DeserializeOwned + JsonSchema {
    /// What the commands must know of it.
    fn facts(&self) -> Facts;

    /// What is wrong with it beyond what each value shows alone: `zones` that lie in another region.
    fn conflicts(&self) -> Vec<Conflict> {
        Vec::new()
    }
}

/// What the commands must know of an environment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Facts {
    /// The project's name: the first half of the owner of everything.
    pub project: Name,
    /// The environment's name: the second half.
    pub name: Name,
    /// The only account that may answer.
    pub account: AccountId,
    /// Where everything stands.
    pub region: Region,
    /// The profile of credentials, if not the caller's own.
    pub profile: Option<String>,
    /// Where every service answers, if not at AWS.
    pub endpoint: Option<String>,
    /// Where single services answer, if not at AWS.
    pub endpoints: BTreeMap<String, String>,
    /// The bucket of the records, if not the usual one: `infra-ACCOUNT-REGION`.
    pub records: Option<String>,
    /// Start the local cloud of the project when nothing answers at `endpoint`.
    pub start_local: bool,
    /// What is deleted here is hard to bring back: ask for more than a `yes`.
    pub protected: bool,
}

/// Two values that do not go together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Conflict {
    /// Which value to show, as keys joined by dots: `network.zones`.
    pub at: String,
    /// What is wrong.
    pub wrong: String,
    /// What to write instead.
    pub way_out: String,
}

/// An environment file that holds what it should.
#[derive(Clone, Debug)]
pub struct Loaded<E> {
    /// The program's value.
    pub value: E,
    /// What the commands must know of it.
    pub facts: Facts,
    /// The file.
    pub file: PathBuf,
    /// The folder that the project's own files lie in: plans, history, the local cloud.
    pub root: PathBuf,
}

/// Why there is no environment.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// There is no such file.
    #[error(transparent)]
    Find(#[from] FindError),
    /// It cannot be read.
    #[error("{}: it cannot be read: {source}", file.display())]
    Unreadable {
        /// The file.
        file: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// What it holds is wrong.
    #[error(transparent)]
    Wrong(#[from] Problems),
}

/// Loads `NAME` or `path/to/FILE.toml`, looked for from a folder upwards.
pub fn load<E: Environment>(wanted: &str, from: &Path) -> Result<Loaded<E>, LoadError> {
    let Found { file, root, name } = find(wanted, from)?;
    let text = std::fs::read_to_string(&file).map_err(|source| LoadError::Unreadable { file: file.clone(), source })?;
    let shown = file.strip_prefix(from).unwrap_or(&file);
    let value: E = parse(&text, &shown.display().to_string(), name.as_deref())?;
    Ok(Loaded { facts: value.facts(), value, file, root })
}

/// Reads an environment from a file's text, or tells everything that is wrong with it.
/// `name` is what the environment must be called, where it was asked for by name.
pub fn parse<E: Environment>(text: &str, file: &str, name: Option<&str>) -> Result<E, Problems> {
    let wrong = |problems| Problems::new(file, text, problems);
    let (tree, mut problems) = infra_toml::parse(text);
    if problems.is_empty() {
        problems = schema::check(&tree, &json_schema::<E>(), name);
    }
    if !problems.is_empty() {
        return Err(wrong(problems));
    }
    let value = toml::Deserializer::parse(text)
        .and_then(E::deserialize)
        .map_err(|error| wrong(vec![Problem::of_toml(&error)]))?;
    let mut conflicts = value.conflicts();
    conflicts.extend(misnamed(&value.facts(), name));
    if conflicts.is_empty() {
        return Ok(value);
    }
    let locate = |conflict: Conflict| {
        let Conflict { at, wrong, way_out } = conflict;
        Problem::at(infra_toml::locate(&tree, &at), wrong).help(way_out)
    };
    Err(wrong(conflicts.into_iter().map(locate).collect()))
}

/// A copied file that still bears its first name would change the environment that it was copied from.
fn misnamed(facts: &Facts, name: Option<&str>) -> Option<Conflict> {
    let (wanted, said) = (name?, facts.name.to_string());
    (wanted != said).then(|| Conflict {
        at: "name".into(),
        wrong: format!("this file is the environment `{wanted}`, and calls itself `{said}`"),
        way_out: format!("write `name = \"{wanted}\"`; with another name it would change what belongs to `{said}`"),
    })
}

#[cfg(test)]
mod tests;
