//! The reference is made of the comments, so there are comments.

use infra_derive::Resource;
use serde::{Deserialize, Serialize};

#[derive(Clone, Serialize, Deserialize, Resource)]
#[resource(kind = "ec2/subnet", id = SubnetId)]
#[resource(outputs(ARN: new SubnetArn))]
struct Subnet {
    zone: String,
    ///
    public_ips: bool,
}

#[derive(Clone, Serialize, Deserialize, Resource)]
#[resource(kind = "ec2/vpc", id = VpcId)]
struct Vpc {
    dns: bool,
}

fn main() {}
