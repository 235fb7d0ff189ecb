//! The ledger of an owner: what its runs have made, and where. Pure; `record` reads and writes it.
//!
//! It is no state file: what exists is what the cloud says exists, and a plan needs no ledger. It proves what a tag
//! only claims. Anybody who may tag can say that a resource is ours; only what the ledger knows as made by us, or what a
//! person has confirmed, is ever deleted or replaced. It also holds what a child cannot bear, because it has no tags.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::address::Address;

/// What an owner's runs have made, and where.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Ledger {
    /// The form in which it is written.
    pub format: u32,
    /// Which program made it, and where.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub home: Option<Home>,
    /// The kinds that something of ours is of, those that this program does not know among them.
    #[serde(default)]
    pub kinds: BTreeSet<String>,
    /// Kinds that could not be read when they might have been in use.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub doubtful: BTreeSet<String>,
    /// What was made, by `kind id`.
    #[serde(default)]
    made: BTreeMap<String, Entry>,
    /// What was about to be made, by `kind address`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    intended: BTreeMap<String, Intention>,
    /// What a later program has written, and this one does not know.
    #[serde(flatten)]
    rest: Map<String, Value>,
}

/// A resource that was about to be made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Intention {
    /// The run that was about to make it.
    pub run: String,
    /// Digests of what it has from its first moment on: whatever else bears its address is not it.
    pub fixed: String,
}

/// Which program makes an owner's resources, and where.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Home {
    /// The program's name.
    pub program: String,
    /// The account.
    pub account: String,
    /// The region.
    pub region: String,
}

/// Something that was made, or that a person has confirmed to be ours.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    /// Its kind.
    pub kind: String,
    /// The cloud's identifier.
    pub id: String,
    /// Its definition's address.
    pub address: Address,
    /// The run that made it.
    pub run: String,
    /// What it is on, for a child: it is looked for there, although nothing of ours may stand there any more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<String>,
    /// True when the code has said that it is not to be deleted.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub protected: bool,
    /// The run that marked it as replaced.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retired: Option<String>,
    /// The digests of what was last applied, for what cannot bear them itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub spec: Option<String>,
    /// What the code has said of the data in it: what happens to it on deletion.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub data: Map<String, Value>,
    /// What a later program has written, and this one does not know.
    #[serde(flatten)]
    pub rest: Map<String, Value>,
}

/// The form in which this program writes ledgers.
pub const FORMAT: u32 = 1;

impl Entry {
    /// Something that a run has made.
    pub fn new(kind: impl Into<String>, id: impl Into<String>, address: Address, run: impl Into<String>) -> Entry {
        let (kind, id, run) = (kind.into(), id.into(), run.into());
        let (data, rest) = (Map::new(), Map::new());
        Entry { kind, id, address, run, parent: None, protected: false, retired: None, spec: None, data, rest }
    }
}

impl Ledger {
    /// What is known of a resource.
    pub fn entry(&self, kind: &str, id: &str) -> Option<&Entry> {
        self.made.get(&key(kind, id))
    }

    /// What is known of a resource, to be changed.
    pub fn entry_mut(&mut self, kind: &str, id: &str) -> Option<&mut Entry> {
        self.made.get_mut(&key(kind, id))
    }

    /// Everything that was made, by kind and identifier.
    pub fn entries(&self) -> impl Iterator<Item = &Entry> {
        self.made.values()
    }

    /// What was about to be made at an address.
    pub fn intended(&self, kind: &str, address: &Address) -> Option<&Intention> {
        self.intended.get(&key(kind, &address.to_string()))
    }

    /// True when a run of ours has marked it as replaced, or was about to.
    pub fn has_retired(&self, kind: &str, id: &str) -> bool {
        self.entry(kind, id).is_some_and(|entry| entry.retired.is_some())
    }

    /// Notes that a resource is about to be made.
    pub fn intend(&mut self, kind: &str, address: &Address, intention: Intention) {
        self.kinds.insert(kind.to_owned());
        self.intended.insert(key(kind, &address.to_string()), intention);
    }

    /// Forgets that a resource was about to be made: it certainly was not.
    pub fn intend_no_more(&mut self, kind: &str, address: &Address) {
        self.intended.remove(&key(kind, &address.to_string()));
    }

    /// Notes what was made. What a later program has written of it stays.
    pub fn note(&mut self, entry: Entry) {
        self.kinds.insert(entry.kind.clone());
        self.intended.remove(&key(&entry.kind, &entry.address.to_string()));
        let place = key(&entry.kind, &entry.id);
        let rest = self.made.remove(&place).map(|earlier| earlier.rest).unwrap_or_default();
        self.made.insert(place, Entry { rest, ..entry });
    }

    /// Forgets what is gone, or is ours no more.
    pub fn forget(&mut self, kind: &str, id: &str) {
        self.made.remove(&key(kind, id));
    }

    /// Forgets what was about to be made.
    pub fn intend_nothing(&mut self) {
        self.intended.clear();
    }

    /// Keeps only the entries for which this holds.
    pub fn retain(&mut self, keep: impl Fn(&Entry) -> bool) {
        self.made.retain(|_, entry| keep(entry));
    }
}

fn key(kind: &str, name: &str) -> String {
    format!("{kind} {name}")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn address(text: &str) -> Address {
        text.parse().unwrap()
    }

    #[test]
    fn it_proves_what_was_made_and_what_was_about_to_be() {
        let mut ledger = Ledger::default();
        let intended = |ledger: &Ledger, name: &str| ledger.intended("ec2/vpc", &address(name)).is_some();
        assert!(!intended(&ledger, "network.vpc"));
        let intention = Intention { run: "r1".into(), fixed: String::new() };
        ledger.intend("ec2/vpc", &address("network.vpc"), intention.clone());
        assert!(intended(&ledger, "network.vpc") && !intended(&ledger, "network.other"));
        ledger.intend_no_more("ec2/vpc", &address("network.vpc"));
        assert!(!intended(&ledger, "network.vpc"));
        ledger.intend("ec2/vpc", &address("network.vpc"), intention);
        ledger.note(Entry::new("ec2/vpc", "vpc-1", address("network.vpc"), "r1"));
        assert!(ledger.entry("ec2/vpc", "vpc-1").is_some());
        assert!(!intended(&ledger, "network.vpc"), "the intention is fulfilled");
        ledger.forget("ec2/vpc", "vpc-1");
        assert!(ledger.entry("ec2/vpc", "vpc-1").is_none());
    }

    #[test]
    fn what_a_later_program_has_written_stays() {
        let later = json!({
            "format": 1, "kinds": ["sqs/queue"], "colour": "blue",
            "made": {"sqs/queue q": {"kind": "sqs/queue", "id": "q", "address": "a.b", "run": "r", "size": 3}},
        });
        let mut ledger: Ledger = serde_json::from_value(later).unwrap();
        ledger.note(Entry::new("sqs/queue", "q", address("a.b"), "r2"));
        let written = serde_json::to_value(&ledger).unwrap();
        assert_eq!((&written["colour"], &written["made"]["sqs/queue q"]["size"]), (&json!("blue"), &json!(3)));
        assert_eq!(written["kinds"], json!(["sqs/queue"]));
    }
}
