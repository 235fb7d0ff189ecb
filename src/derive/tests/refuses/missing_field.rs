//! Every field has a value.

use infra_derive::Resource;
use serde::{Deserialize, Serialize};

/// A part of a network.
#[derive(Clone, Serialize, Deserialize, Resource)]
#[resource(kind = "ec2/subnet", id = SubnetId)]
struct Subnet {
    /// Where it stands.
    #[replace]
    zone: String,
    /// Whether what is started in it is given a public address.
    public_ips: bool,
}

fn main() {
    let _ = Subnet { zone: "us-east-1a".to_owned() };
}
