//! A role's name stands where its ARN belongs, and an output is asked of the wrong kind.

use infra_derive::Resource;
use infra_engine::model::{Platform, Ref};
use serde::{Deserialize, Serialize};

/// What a program may do.
#[derive(Clone, Serialize, Deserialize, Resource)]
#[resource(kind = "iam/role", id = RoleName)]
#[resource(outputs(
    /// Its Amazon Resource Name.
    ARN: new RoleArn,
))]
struct Role {}

/// A program that runs when it is called.
#[derive(Clone, Serialize, Deserialize, Resource)]
#[resource(kind = "lambda/function", id = FunctionName)]
struct Function {
    /// What it may do.
    role: Ref<RoleArn>,
}

fn main() {
    let mut stack = Platform::new().stack("loadtest");
    let role = stack.add("role", Role {});
    let function = stack.add("function", Function { role: role.id() });
    function.output(Role::ARN);
}
