//! A word that is not known is answered with those that are.

use infra_derive::Resource;
use serde::{Deserialize, Serialize};

/// A slip.
#[derive(Clone, Serialize, Deserialize, Resource)]
#[resource(knd = "ec2/subnet", id = SubnetId)]
struct Slip {}

/// A word from elsewhere.
#[derive(Clone, Serialize, Deserialize, Resource)]
#[resource(kind = "ec2/subnet", id = SubnetId, provider = "aws")]
struct Elsewhere {}

/// A replacement that is not one.
#[derive(Clone, Serialize, Deserialize, Resource)]
#[resource(kind = "ec2/subnet", id = SubnetId, replacement = "create-first")]
struct Replacement {}

/// A parent with a word too many.
#[derive(Clone, Serialize, Deserialize, Resource)]
#[resource(kind = "ec2/rule", id = RuleId, parent(feild = "group", kind = "ec2/security-group"))]
struct Parent {}

fn main() {}
