//! A definition is a struct with named fields.

use infra_derive::Resource;
use serde::{Deserialize, Serialize};

/// An enum.
#[derive(Clone, Serialize, Deserialize, Resource)]
#[resource(kind = "ec2/subnet", id = SubnetId)]
enum Enum {
    A,
}

/// A tuple.
#[derive(Clone, Serialize, Deserialize, Resource)]
#[resource(kind = "ec2/subnet", id = SubnetId)]
struct Tuple(String);

/// A unit.
#[derive(Clone, Serialize, Deserialize, Resource)]
#[resource(kind = "ec2/subnet", id = SubnetId)]
struct Unit;

/// A struct for any type.
#[derive(Clone, Serialize, Deserialize, Resource)]
#[resource(kind = "ec2/subnet", id = SubnetId)]
struct Generic<T> {
    /// Anything.
    any: T,
}

fn main() {}
