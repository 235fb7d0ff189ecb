//! The document has the schema's fields, under their own names.

use infra_derive::Resource;
use serde::{Deserialize, Serialize};

/// A part of a network.
#[derive(Clone, Serialize, Deserialize, Resource)]
#[serde(rename_all = "camelCase")]
#[resource(kind = "ec2/subnet", id = SubnetId)]
struct Subnet {
    /// Where it stands.
    #[serde(rename = "Zone")]
    zone: String,
    /// Its addresses.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    cidr: Option<String>,
}

fn main() {}
