//! A field changes in one way and is compared in one way.

use std::collections::BTreeSet;

use infra_derive::Resource;
use infra_engine::model::Secret;
use serde::{Deserialize, Serialize};

/// All of them are shown at once.
#[derive(Clone, Serialize, Deserialize, Resource)]
#[resource(kind = "test/contradictions", id = ContradictionsId)]
struct Contradictions {
    /// A name that is not managed.
    #[key]
    #[initial]
    key_and_initial: String,
    /// A key is replaced anyway.
    #[key]
    #[replace]
    key_and_replace: String,
    /// Who is right?
    #[replace]
    #[external("autoscaling")]
    replace_and_external: u32,
    /// Once is enough.
    #[replace]
    #[replace]
    replace_twice: u32,
    /// One of the two.
    #[text]
    #[json]
    text_and_json: String,
    /// A set is a set.
    #[json]
    json_set: BTreeSet<String>,
    /// A secret cannot be a name.
    #[key]
    key_and_secret: Secret,
    /// A secret that could be printed.
    #[secret]
    open_secret: String,
    /// Nobody is named.
    #[external]
    nobody: u32,
    /// Nobody is named either.
    #[external("")]
    empty: u32,
    /// Nothing follows.
    #[replace(true)]
    replace_with_value: u32,
}

fn main() {}
