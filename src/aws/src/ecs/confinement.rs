//! What of its machine a container gets at: capabilities, temporary file systems, limits. Written for ECS and understood
//! again.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_ecs::error::BuildError;
use aws_sdk_ecs::types::{KernelCapabilities, LinuxParameters, Tmpfs as LiveTmpfs, Ulimit as LiveUlimit, UlimitName};
use serde::{Deserialize, Serialize};

use super::container::Container;

/// What a container's processes may do beyond, or short of, what Docker usually lets them: `SYS_PTRACE`, `NET_RAW`, `ALL`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Capabilities {
    /// What they may do beside the usual. Fargate knows `SYS_PTRACE` alone.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub add: BTreeSet<String>,
    /// What of the usual they may not do: `ALL` is everything.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub drop: BTreeSet<String>,
}

/// A file system in the task's memory that goes with the container.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tmpfs {
    /// The MiB that it takes at most, of the task's memory.
    pub size: u32,
    /// How it is mounted: `noexec`, `nosuid`.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub mount_options: BTreeSet<String>,
}

/// How much of something a container may have. `-1` is as much as it wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ulimit {
    /// At which its processes are told, and may ask for more.
    pub soft_limit: i32,
    /// At which that ends.
    pub hard_limit: i32,
}

impl Capabilities {
    /// None of all that Docker usually lets a process do.
    pub fn none() -> Capabilities {
        Capabilities { add: BTreeSet::new(), drop: ["ALL".to_owned()].into() }
    }

    /// True where nothing is said.
    pub(super) fn are_usual(&self) -> bool {
        self.add.is_empty() && self.drop.is_empty()
    }

    fn written(&self) -> Option<KernelCapabilities> {
        let list = |names: &BTreeSet<String>| (!names.is_empty()).then(|| names.iter().cloned().collect());
        let capabilities = KernelCapabilities::builder().set_add(list(&self.add)).set_drop(list(&self.drop));
        (!self.are_usual()).then(|| capabilities.build())
    }

    fn understand(live: &KernelCapabilities) -> Capabilities {
        Capabilities { add: live.add().iter().cloned().collect(), drop: live.drop().iter().cloned().collect() }
    }
}

/// What ECS calls Linux parameters; nothing where a container says nothing of it.
pub(super) fn linux_parameters(container: &Container) -> Result<Option<LinuxParameters>, BuildError> {
    let capabilities = container.capabilities.written();
    let tmpfs = container.tmpfs.iter().map(written).collect::<Result<Vec<_>, _>>()?;
    if capabilities.is_none() && tmpfs.is_empty() && !container.init {
        return Ok(None);
    }
    let parameters = LinuxParameters::builder()
        .set_capabilities(capabilities)
        .set_init_process_enabled(container.init.then_some(true))
        .set_tmpfs((!tmpfs.is_empty()).then_some(tmpfs));
    Ok(Some(parameters.build()))
}

/// A container with what its live Linux parameters say.
pub(super) fn with_linux_parameters(container: Container, live: Option<&LinuxParameters>) -> Container {
    let Some(live) = live else { return container };
    Container {
        init: live.init_process_enabled() == Some(true),
        capabilities: live.capabilities().map(Capabilities::understand).unwrap_or_default(),
        tmpfs: live.tmpfs().iter().map(understand).collect(),
        ..container
    }
}

fn written((path, Tmpfs { size, mount_options }): (&String, &Tmpfs)) -> Result<LiveTmpfs, BuildError> {
    let options = (!mount_options.is_empty()).then(|| mount_options.iter().cloned().collect());
    LiveTmpfs::builder()
        .container_path(path)
        .size(i32::try_from(*size).unwrap_or(i32::MAX))
        .set_mount_options(options)
        .build()
}

fn understand(live: &LiveTmpfs) -> (String, Tmpfs) {
    let mount_options = live.mount_options().iter().cloned().collect();
    let size = u32::try_from(live.size()).unwrap_or_default();
    (live.container_path().to_owned(), Tmpfs { size, mount_options })
}

/// A container's limits as ECS takes them.
pub(super) fn ulimits(limits: &BTreeMap<String, Ulimit>) -> Result<Option<Vec<LiveUlimit>>, BuildError> {
    let one = |(name, Ulimit { soft_limit, hard_limit }): (&String, &Ulimit)| {
        let limit = LiveUlimit::builder().name(UlimitName::from(name.as_str()));
        limit.soft_limit(*soft_limit).hard_limit(*hard_limit).build()
    };
    let limits = limits.iter().map(one).collect::<Result<Vec<_>, _>>()?;
    Ok((!limits.is_empty()).then_some(limits))
}

/// A container's limits as ECS gives them.
pub(super) fn understand_ulimits(live: &[LiveUlimit]) -> BTreeMap<String, Ulimit> {
    let one = |limit: &LiveUlimit| Ulimit { soft_limit: limit.soft_limit(), hard_limit: limit.hard_limit() };
    live.iter().map(|limit| (limit.name().as_str().to_owned(), one(limit))).collect()
}
