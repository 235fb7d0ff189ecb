//! Which engine a cache runs, in which version, on which machines.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::parameter_group::Family;
use crate::sizes::is_size;

/// The engine and its version, to the minor one: `redis 7.1`, `valkey 8.0`. AWS chooses the patch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Engine {
    /// Redis, of a major and a minor version.
    Redis(u8, u8),
    /// Valkey, of a major and a minor version.
    Valkey(u8, u8),
}

impl Engine {
    /// The engine's name alone.
    pub fn name(self) -> &'static str {
        match self {
            Engine::Redis(..) => "redis",
            Engine::Valkey(..) => "valkey",
        }
    }

    /// The version alone: `7.1`.
    pub(super) fn version(self) -> String {
        let (Engine::Redis(major, minor) | Engine::Valkey(major, minor)) = self;
        format!("{major}.{minor}")
    }

    /// True when the other one is the same engine of the same major version, in a newer minor one.
    pub(super) fn is_older_minor_of(self, other: Engine) -> bool {
        match (self, other) {
            (Engine::Redis(major, minor), Engine::Redis(live, newer))
            | (Engine::Valkey(major, minor), Engine::Valkey(live, newer)) => major == live && minor < newer,
            _ => false,
        }
    }

    /// What ElastiCache says of a live node: `redis`, `7.1.0`.
    pub(super) fn of(name: &str, version: &str) -> Option<Engine> {
        let mut parts = version.split('.').map(str::parse::<u8>);
        let (major, minor) = (parts.next()?.ok()?, parts.next()?.ok()?);
        match name {
            "redis" => Some(Engine::Redis(major, minor)),
            "valkey" => Some(Engine::Valkey(major, minor)),
            _ => None,
        }
    }

    /// The family that its parameter group has, if this program knows it.
    pub fn family(self) -> Option<Family> {
        match self {
            Engine::Redis(5, _) => Some(Family::Redis5),
            Engine::Redis(6, _) => Some(Family::Redis6),
            Engine::Redis(7, _) => Some(Family::Redis7),
            Engine::Valkey(7, _) => Some(Family::Valkey7),
            Engine::Valkey(8, _) => Some(Family::Valkey8),
            _ => None,
        }
    }
}

impl fmt::Display for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.name(), self.version())
    }
}

/// A text that names no engine.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not an engine and its version: write it like `redis 7.1`")]
pub struct EngineError(String);

impl FromStr for Engine {
    type Err = EngineError;

    fn from_str(text: &str) -> Result<Engine, EngineError> {
        let engine = text.split_once(' ').and_then(|(name, version)| Engine::of(name, version));
        engine.filter(|engine| engine.to_string() == text).ok_or_else(|| EngineError(text.to_owned()))
    }
}

impl TryFrom<String> for Engine {
    type Error = EngineError;

    fn try_from(text: String) -> Result<Engine, EngineError> {
        text.parse()
    }
}

impl From<Engine> for String {
    fn from(engine: Engine) -> String {
        engine.to_string()
    }
}

/// The machine that a node runs on: `cache.r7g.large`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct NodeType(String);

/// A text that names no machine of ElastiCache's.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a node type: it is written like `cache.r7g.large`")]
pub struct NodeTypeError(String);

impl NodeType {
    /// As ElastiCache writes it.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// True for those that keep data on disks beside their memory.
    pub(super) fn is_tiered(&self) -> bool {
        self.0.split('.').nth(1).is_some_and(|family| family.ends_with("gd"))
    }
}

impl FromStr for NodeType {
    type Err = NodeTypeError;

    fn from_str(text: &str) -> Result<NodeType, NodeTypeError> {
        let parts: Vec<&str> = text.split('.').collect();
        let plain =
            |part: &&str| !part.is_empty() && part.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit());
        match parts[..] {
            ["cache", family, size] if plain(&family) && is_size(size) => Ok(NodeType(text.to_owned())),
            _ => Err(NodeTypeError(text.to_owned())),
        }
    }
}

impl TryFrom<String> for NodeType {
    type Error = NodeTypeError;

    fn try_from(text: String) -> Result<NodeType, NodeTypeError> {
        text.parse()
    }
}

impl From<NodeType> for String {
    fn from(node: NodeType) -> String {
        node.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_engine_is_its_name_and_two_numbers() {
        assert_eq!("redis 7.1".parse(), Ok(Engine::Redis(7, 1)));
        assert_eq!(Engine::of("redis", "7.1.0"), Some(Engine::Redis(7, 1)));
        assert_eq!(Engine::of("valkey", "8.0"), Some(Engine::Valkey(8, 0)));
        assert_eq!(Engine::of("memcached", "1.6.22"), None);
        assert!(Engine::Valkey(7, 2).is_older_minor_of(Engine::Valkey(7, 3)));
        for other in [Engine::Valkey(7, 2), Engine::Valkey(7, 1), Engine::Valkey(8, 0), Engine::Redis(7, 3)] {
            assert!(!Engine::Valkey(7, 2).is_older_minor_of(other), "{other}");
        }
        for odd in ["redis", "redis 7", "redis 7.1.0", "redis 7.x", "redis7.1", "Redis 7.1", "memcached 1.6"] {
            assert!(odd.parse::<Engine>().is_err(), "{odd}");
        }
    }

    #[test]
    fn a_node_type_is_of_elasticache() {
        assert_eq!("cache.r7g.large".parse::<NodeType>().unwrap().as_str(), "cache.r7g.large");
        assert!("cache.r6gd.xlarge".parse::<NodeType>().unwrap().is_tiered());
        assert!(!"cache.r7g.large".parse::<NodeType>().unwrap().is_tiered());
        for odd in ["r7g.large", "db.r7g.large", "cache.r7g", "cache..large", "cache.r7g.Large", "cache.r7g.large.x"] {
            assert!(odd.parse::<NodeType>().is_err(), "{odd}");
        }
    }
}
