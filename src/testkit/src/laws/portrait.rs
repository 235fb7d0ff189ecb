//! What is live, told without identifiers: two clouds that were led to the same place have the same portrait.

use std::collections::BTreeMap;

use infra_engine::live::Live;
use infra_engine::model::keys;
use serde_json::{Value, json};

/// Live resources by kind and address; each a list, in which nothing should be twice.
pub type Portrait = BTreeMap<String, Vec<Value>>;

/// The portrait of live resources. Digests of what was applied are left out, as they hold identifiers.
pub fn portrait(lives: &[Live]) -> Portrait {
    let mut names: BTreeMap<&str, String> = BTreeMap::new();
    for live in lives {
        names.entry(&live.id).or_insert_with(|| format!("<{} id>", label(live, lives)));
        for (output, value) in &live.outputs {
            names.insert(value, format!("<{} {output}>", label(live, lives)));
        }
    }
    let mut portrait = Portrait::new();
    for live in lives {
        let tags = live.tags.iter().filter(|(key, _)| !key.starts_with(keys::SPEC));
        let tags: BTreeMap<&String, &String> = tags.collect();
        let document = renamed(&live.document.redacted(), &names);
        let told = json!({"document": document, "tags": tags, "state": live.state});
        portrait.entry(label(live, lives)).or_default().push(told);
    }
    portrait
}

/// `kind address`; a child is told by its parent.
fn label(live: &Live, lives: &[Live]) -> String {
    if let Some(address) = live.address() {
        return format!("{} {address}", live.kind);
    }
    let is_parent = |other: &&Live| live.key.as_deref().is_some_and(|key| key.split('/').any(|part| part == other.id));
    let parent = lives.iter().filter(|other| other.kind != live.kind).find(is_parent);
    let retired = if parent.is_some_and(Live::is_retired) { "what was " } else { "" };
    let parent = parent.and_then(Live::address).map_or(live.id.clone(), |address| address.to_string());
    format!("{} of {retired}{parent}", live.kind)
}

/// Identifiers become names; what has no order is put into one, as identifiers gave it theirs.
fn renamed(value: &Value, names: &BTreeMap<&str, String>) -> Value {
    match value {
        Value::String(text) => names.get(text.as_str()).map_or(value.clone(), |name| json!(name)),
        Value::Array(items) => {
            let mut items: Vec<Value> = items.iter().map(|item| renamed(item, names)).collect();
            items.sort_by_key(ToString::to_string);
            Value::Array(items)
        }
        Value::Object(map) => map.iter().map(|(key, inner)| (key.clone(), renamed(inner, names))).collect(),
        plain => plain.clone(),
    }
}
