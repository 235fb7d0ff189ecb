//! Tags, and the few of them by which ownership is written on a resource.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A resource's tags.
pub type Tags = BTreeMap<String, String>;

/// The tags of ownership.
pub mod keys {
    /// Whose it is: `project/environment`.
    pub const OWNER: &str = "infra:owner";
    /// Which definition it is: `stack.name`.
    pub const ADDRESS: &str = "infra:address";
    /// What the definition said when it was last applied, as digests field by field.
    pub const SPEC: &str = "infra:spec";
    /// There when the resource is protected from deletion.
    pub const PROTECT: &str = "infra:protect";
    /// There when the resource has been replaced and is about to go.
    pub const RETIRED: &str = "infra:retired";
    /// There until what making it needs beside its first call is done.
    pub const UNFINISHED: &str = "infra:unfinished";
}

/// `project/environment`: who owns a resource.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Owner {
    /// The project's name.
    pub project: String,
    /// The environment's name.
    pub environment: String,
}

impl fmt::Display for Owner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.project, self.environment)
    }
}

impl FromStr for Owner {
    type Err = ();

    fn from_str(text: &str) -> Result<Owner, ()> {
        let (project, environment) = text.split_once('/').ok_or(())?;
        Ok(Owner { project: project.to_owned(), environment: environment.to_owned() })
    }
}
