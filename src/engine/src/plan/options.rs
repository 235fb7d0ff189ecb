//! What a plan is asked for, beside the definitions.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::model::{Address, Home, Owner, Tags, UnixTime};

/// What a plan is asked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Options {
    /// Whose resources.
    pub owner: Owner,
    /// Tags for every resource that can bear tags, beside those of ownership.
    pub common_tags: Tags,
    /// Where it is to lead.
    pub goal: Goal,
    /// Only these addresses (or whole stacks, or kinds) and what they need; all when empty.
    pub target: Vec<String>,
    /// Not these addresses (or whole stacks), and not what needs them.
    pub exclude: Vec<String>,
    /// These are replaced even if nothing differs.
    pub replace: Vec<String>,
    /// The values of these are made anew.
    #[serde(default)]
    pub rotate: Vec<String>,
    /// Live resources that become ours: by address, with the identifier where there is no natural name.
    pub adopt: BTreeMap<Address, Option<String>>,
    /// The other owner from whom they may be taken; without it only what is nobody's is taken over.
    #[serde(default)]
    pub adopt_from: Option<Owner>,
    /// Which program this is, and where it works: what the ledger says of that must be the same.
    #[serde(default)]
    pub home: Option<Home>,
    /// This program takes the place of another one, or of another platform of this name.
    #[serde(default)]
    pub take_over: bool,
    /// Delete everything that this program knows, though there is more.
    #[serde(default)]
    pub leave_unknown: bool,
    /// Take over everything that has no owner and bears a wanted name; of kinds without names, what bears the tags that
    /// ours bear and is like what is wanted.
    pub adopt_named: bool,
    /// What time it is: what happens once is not wanted any more when it is past.
    #[serde(default)]
    pub now: UnixTime,
}

/// Where a plan is to lead.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Goal {
    /// What is live is what the code says.
    Converge,
    /// Nothing of ours is live.
    Destroy,
}

impl Options {
    /// The tags that tell what may be taken over where it has no name; none where nothing is.
    pub fn bearing(&self) -> &Tags {
        if self.adopt_named { &self.common_tags } else { const { &Tags::new() } }
    }

    /// A plan of everything for an owner.
    pub fn converge(owner: Owner) -> Options {
        Options {
            owner,
            common_tags: Tags::new(),
            goal: Goal::Converge,
            target: Vec::new(),
            exclude: Vec::new(),
            replace: Vec::new(),
            rotate: Vec::new(),
            adopt: BTreeMap::new(),
            adopt_from: None,
            home: None,
            take_over: false,
            leave_unknown: false,
            adopt_named: false,
            now: UnixTime::default(),
        }
    }

    /// A plan that leaves nothing of an owner's.
    pub fn destroy(owner: Owner) -> Options {
        Options { goal: Goal::Destroy, ..Options::converge(owner) }
    }
}
