//! The least IAM policy with which a platform can be planned and applied.
//!
//! The actions are those that each kind lists beside its calls: all of them for the kinds in use, and the reading ones of
//! every kind, because what is left over is looked for everywhere once the record of kinds is lost. What they may be
//! done to is said by name where IAM takes names ([`places`]); elsewhere by region.

mod parts;
mod places;

use std::collections::{BTreeMap, BTreeSet};

use infra_aws::{index, store};
use infra_engine::graph::Graph;
use infra_engine::live::{Kind, Registry};
use serde_json::{Value, json};

use places::{Names, Reach};

pub use parts::LONGEST;
pub use places::Home;

/// Policy documents, each short enough for a managed policy. One is enough for most environments.
pub fn least_policies(graph: &Graph, registry: &Registry, home: &Home<'_>) -> Vec<Value> {
    parts::parts(statements(graph, registry, home))
}

fn statements(graph: &Graph, registry: &Registry, home: &Home<'_>) -> Vec<Value> {
    let names = Names::of(graph, registry, home);
    let mut reaches: BTreeMap<Reach, BTreeSet<&'static str>> = BTreeMap::new();
    for action in actions(graph, registry) {
        reaches.entry(names.reach(action)).or_default().insert(action);
    }
    let mut statements: Vec<Value> = reaches.iter().map(|(reach, actions)| reach.statement(actions, home)).collect();
    let bucket = format!("arn:{}:s3:::{}", home.partition(), home.bucket);
    let records = [bucket.clone(), format!("{bucket}/*")];
    statements.push(json!({ "Sid": "records", "Effect": "Allow", "Action": store::ACTIONS, "Resource": records }));
    statements
}

/// Everything that is called.
fn actions(graph: &Graph, registry: &Registry) -> BTreeSet<&'static str> {
    let in_use: BTreeSet<&str> = graph.definitions().iter().map(|definition| definition.schema.kind).collect();
    let needed = |kind: &dyn Kind| -> Vec<&'static str> {
        let used = in_use.contains(kind.schema().kind);
        kind.actions().iter().copied().filter(|action| used || only_looks(action)).collect()
    };
    registry.kinds().flat_map(|kind| needed(&**kind)).chain([index::ACTION]).collect()
}

/// True for what changes nothing and gives no secret away.
fn only_looks(action: &str) -> bool {
    let name = action.split_once(':').map_or(action, |(_, name)| name);
    let looks = ["List", "Describe", "Get", "View"].iter().any(|verb| name.starts_with(verb));
    looks && !matches!(action, "secretsmanager:GetSecretValue" | "s3:GetObject")
}

#[cfg(test)]
mod tests;
