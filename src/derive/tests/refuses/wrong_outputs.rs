//! An output is a constant with a mark.

use infra_derive::Resource;
use serde::{Deserialize, Serialize};

/// Not a constant's name.
#[derive(Clone, Serialize, Deserialize, Resource)]
#[resource(kind = "iam/role", id = RoleName)]
#[resource(outputs(
    /// Its Amazon Resource Name.
    arn: new RoleArn,
))]
struct Lower {}

/// Not a new name.
#[derive(Clone, Serialize, Deserialize, Resource)]
#[resource(kind = "iam/role", id = OtherName)]
#[resource(outputs(
    /// Its Amazon Resource Name.
    ARN: new marks::RoleArn,
))]
struct Elsewhere {}

fn main() {}
