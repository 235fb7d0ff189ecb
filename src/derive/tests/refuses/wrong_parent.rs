//! A parent is what a field refers to.

use infra_derive::Resource;
use serde::{Deserialize, Serialize};

/// A rule of a group.
#[derive(Clone, Serialize, Deserialize, Resource)]
#[resource(kind = "ec2/rule", id = RuleId, parent(field = "group", kind = "ec2/security-group"))]
struct Rule {
    /// The port.
    port: u16,
}

/// A rule of nothing.
#[derive(Clone, Serialize, Deserialize, Resource)]
#[resource(kind = "ec2/rule", id = OtherId, parent(field = "port"))]
struct Other {
    /// The port.
    port: u16,
}

fn main() {}
