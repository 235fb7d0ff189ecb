//! A kind is `service/kind`, and there is one.

use infra_derive::Resource;
use serde::{Deserialize, Serialize};

/// No words at all.
#[derive(Clone, Serialize, Deserialize, Resource)]
struct Nothing {}

/// No kind.
#[derive(Clone, Serialize, Deserialize, Resource)]
#[resource(id = SubnetId)]
struct NoKind {}

/// No identifier.
#[derive(Clone, Serialize, Deserialize, Resource)]
#[resource(kind = "ec2/subnet")]
struct NoIdentifier {}

/// Half a kind.
#[derive(Clone, Serialize, Deserialize, Resource)]
#[resource(kind = "subnet", id = SubnetId)]
struct HalfAKind {}

/// Another case.
#[derive(Clone, Serialize, Deserialize, Resource)]
#[resource(kind = "EC2/Subnet", id = SubnetId, after = ["ec2_vpc"])]
struct AnotherCase {}

/// A kind that is said twice.
#[derive(Clone, Serialize, Deserialize, Resource)]
#[resource(kind = "ec2/subnet", id = SubnetId)]
#[resource(kind = "ec2/vpc")]
struct Twice {}

fn main() {}
