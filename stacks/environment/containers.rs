//! `[cluster.containers]`: what of its machine the container of a service gets at. A service, or the pool, says in its own
//! `containers` where it needs more.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::Deserialize;

/// What of its machine a container gets at: as little as a service usually needs.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Containers {
    /// Who its processes are, and of which group: a name that the image knows, or a number that it need not know. Empty
    /// is whom the image says, which is often root.
    pub user: String,
    /// Whether nothing of its image can be written over, so that what breaks in cannot stay.
    pub readonly_root_filesystem: bool,
    /// Whether a process takes care of signals and of orphans.
    pub init_process_enabled: bool,
    /// The Linux capabilities that it goes without: `ALL` is all of them.
    pub drop_capabilities: BTreeSet<String>,
    /// Where it can write, in its task's memory: by path, how many MiB. Django puts uploads into `/tmp` before it keeps
    /// them.
    pub tmpfs: BTreeMap<String, u32>,
}

/// Where a container needs more, or less, than `[cluster.containers]` says.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Exceptions {
    /// Who its processes are; empty is whom the image says.
    pub user: Option<String>,
    /// Whether nothing of its image can be written over.
    pub readonly_root_filesystem: Option<bool>,
    /// Whether a process takes care of signals and of orphans.
    pub init_process_enabled: Option<bool>,
    /// The Linux capabilities that it goes without; none is `[]`.
    pub drop_capabilities: Option<BTreeSet<String>>,
    /// Where it can write, and nowhere else.
    pub tmpfs: Option<BTreeMap<String, u32>>,
}

impl Default for Containers {
    fn default() -> Containers {
        Containers {
            user: "1000:1000".into(),
            readonly_root_filesystem: true,
            init_process_enabled: true,
            drop_capabilities: ["ALL".to_owned()].into(),
            tmpfs: [("/tmp".to_owned(), 64)].into(),
        }
    }
}

impl Containers {
    /// The same where these differ.
    pub fn with(&self, exceptions: &Exceptions) -> Containers {
        let Exceptions { user, readonly_root_filesystem, init_process_enabled, drop_capabilities, tmpfs } =
            exceptions.clone();
        let usual = self.clone();
        Containers {
            user: user.unwrap_or(usual.user),
            readonly_root_filesystem: readonly_root_filesystem.unwrap_or(usual.readonly_root_filesystem),
            init_process_enabled: init_process_enabled.unwrap_or(usual.init_process_enabled),
            drop_capabilities: drop_capabilities.unwrap_or(usual.drop_capabilities),
            tmpfs: tmpfs.unwrap_or(usual.tmpfs),
        }
    }
}
