//! A subnet stands where a security group belongs.

use infra_derive::Resource;
use infra_engine::model::{Platform, Ref};
use serde::{Deserialize, Serialize};

/// A part of a network.
#[derive(Clone, Serialize, Deserialize, Resource)]
#[resource(kind = "ec2/subnet", id = SubnetId)]
struct Subnet {}

/// What may speak to whom.
#[derive(Clone, Serialize, Deserialize, Resource)]
#[resource(kind = "ec2/security-group", id = SecurityGroupId)]
struct SecurityGroup {}

/// A machine.
#[derive(Clone, Serialize, Deserialize, Resource)]
#[resource(kind = "ec2/instance", id = InstanceId)]
struct Instance {
    /// Who may speak to it.
    group: Ref<SecurityGroupId>,
}

fn main() {
    let mut stack = Platform::new().stack("network");
    let subnet = stack.add("main", Subnet {});
    stack.add("machine", Instance { group: subnet.id() });
}
