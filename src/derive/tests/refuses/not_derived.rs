//! Only what derives `Resource` is added to a stack.

use infra_engine::model::Platform;

#[derive(Clone, serde::Serialize, serde::Deserialize)]
struct Subnet {}

fn main() {
    Platform::new().stack("network").add("main", Subnet {});
}
