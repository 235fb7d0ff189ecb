//! What is shared has a name, and no parent.

use infra_derive::Resource;
use serde::{Deserialize, Serialize};

/// A switch without a name.
#[derive(Clone, Serialize, Deserialize, Resource)]
#[resource(kind = "costs/switch", id = SwitchId, shared)]
struct Switch {
    /// Whether it is on.
    #[replace]
    on: bool,
}

/// A switch of somebody's.
#[derive(Clone, Serialize, Deserialize, Resource)]
#[resource(kind = "costs/switch", id = OtherId, parent(field = "group", kind = "ec2/security-group"), shared)]
struct Other {
    /// Whose it is.
    #[key]
    group: String,
}

fn main() {}
