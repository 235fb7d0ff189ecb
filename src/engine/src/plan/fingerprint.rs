//! What a plan was computed from, as digests: a saved plan is refused when any of them has moved.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::live::Live;
use crate::model::{Address, Definition, Document, digest};

/// Digests of what was wanted and of what was live.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fingerprint {
    /// Of each definition, by address.
    pub wanted: BTreeMap<Address, String>,
    /// Of each live resource, by `kind id`.
    pub live: BTreeMap<String, String>,
}

/// What has moved between two fingerprints.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Moved {
    /// Definitions that were added, changed or removed in the code.
    pub wanted: Vec<Address>,
    /// Live resources that came, changed or went, as `kind id`.
    pub live: Vec<String>,
}

impl Fingerprint {
    /// The fingerprint of definitions and live resources. Where somebody else moves a value and may do so, as an
    /// autoscaler does all day, `settled` has the document without what was moved, by `kind id`.
    pub fn of(definitions: &[Definition], lives: &[Live], settled: &BTreeMap<String, Document>) -> Fingerprint {
        let wanted = definitions.iter().map(|definition| {
            let Definition { address, schema, document, renamed_from, protected } = definition;
            let text = json!([schema.kind, document.redacted(), renamed_from, protected]);
            (address.clone(), digest(&text))
        });
        let live = lives.iter().map(|live| {
            let Live { kind, id, key: _, document, outputs, tags, state, others: _, awaited: _ } = live;
            let name = name_of(kind, id);
            let document = settled.get(&name).unwrap_or(document);
            (name, digest(&json!([document.redacted(), outputs, tags, state])))
        });
        Fingerprint { wanted: wanted.collect(), live: live.collect() }
    }

    /// What has moved from this fingerprint to a later one.
    pub fn moved(&self, later: &Fingerprint) -> Moved {
        Moved { wanted: differing(&self.wanted, &later.wanted), live: differing(&self.live, &later.live) }
    }
}

/// What a live resource is called in a fingerprint.
pub(super) fn name_of(kind: &str, id: &str) -> String {
    format!("{kind} {id}")
}

impl Moved {
    /// True when nothing has.
    pub fn is_empty(&self) -> bool {
        self.wanted.is_empty() && self.live.is_empty()
    }
}

fn differing<K: Ord + Clone>(before: &BTreeMap<K, String>, after: &BTreeMap<K, String>) -> Vec<K> {
    let gone_or_changed = before.iter().filter(|(key, value)| after.get(*key) != Some(*value)).map(|(key, _)| key);
    let new = after.keys().filter(|key| !before.contains_key(*key));
    let mut keys: Vec<K> = gone_or_changed.chain(new).cloned().collect();
    keys.sort();
    keys
}
