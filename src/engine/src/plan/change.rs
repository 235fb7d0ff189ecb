//! The nouns of a plan: what changes, from what to what, and why.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::Serialize;
use serde_json::Value;

use super::fingerprint::Fingerprint;
use super::steps::Step;
use crate::check::Violation;
use crate::live::{Awaited, Live};
use crate::model::{Address, Owner, Path, Replacement, Shape};

/// Everything that is to be done, and everything that was found on the way.
#[derive(Clone, Debug, Serialize)]
pub struct Plan {
    /// Whose plan it is.
    pub owner: Owner,
    /// What changes, in the order of addresses.
    pub changes: Vec<Change>,
    /// How many definitions stand as they should.
    pub unchanged: usize,
    /// Why nothing may be applied; empty in a plan that can be.
    pub stops: Vec<Stop>,
    /// What a reader should know.
    pub notes: Vec<Note>,
    /// The changes taken apart, in an order that can be carried out.
    #[serde(skip)]
    pub steps: Vec<Step>,
    /// The live resources that keep standing, by address: what the steps may refer to.
    #[serde(skip)]
    pub known: BTreeMap<Address, Live>,
    /// The addresses of the definitions that are protected.
    #[serde(skip)]
    pub protected: BTreeSet<Address>,
    /// What the plan was computed from.
    pub fingerprint: Fingerprint,
}

/// What becomes of one resource.
#[derive(Clone, Debug, Serialize)]
pub struct Change {
    /// Its definition's address; for what has none any more, the one that its tag tells.
    pub address: Address,
    /// Its kind.
    pub kind: &'static str,
    /// The cloud's identifier, if it exists.
    pub id: Option<String>,
    /// What is done.
    pub action: Action,
    /// Why, the most important reason first.
    pub reasons: Vec<Reason>,
    /// Its fields that differ; of a new one or one that goes, all of them.
    pub fields: Vec<FieldChange>,
    /// Its tags that differ. The tags of ownership are listed only where they change on a living resource.
    pub tags: Vec<TagChange>,
}

/// What is done with a resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// It is made.
    Create,
    /// It is changed where it stands; perhaps only its tags are.
    Update,
    /// A new one takes its place.
    Replace(Replacement),
    /// It is deleted.
    Delete,
}

impl Action {
    /// True for a replacement whose successor stands before it goes.
    pub fn creates_first(self) -> bool {
        matches!(self, Action::Replace(Replacement::CreateFirst | Replacement::Revision))
    }
}

/// Why a resource changes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// It is in the code and not live.
    New,
    /// The code says something else than when it was last applied.
    ChangedInCode,
    /// The code says the same as when it was last applied: the world has moved.
    Drifted,
    /// It differs from the code, and what was last applied is not known.
    Differs,
    /// It was made by us, and somebody has deleted it.
    DeletedOutside(String),
    /// It was marked as replaced, and nothing came of its replacement.
    TakenBack,
    /// It had that address before.
    RenamedFrom(Address),
    /// It becomes ours.
    Adopted,
    /// The code says from now on that it is protected.
    Protected,
    /// The code says no more that it is protected.
    Unprotected,
    /// That field cannot be changed on a living resource.
    CannotChange(Path),
    /// Something that it refers to is new, or another one.
    DependencyNew(Address),
    /// Its replacement was asked for.
    Requested,
    /// Its replacement was asked for, and its kind is written over in its place.
    WrittenOver,
    /// A new value was asked for.
    Rotated,
    /// It sends on a value that is made anew.
    SendsRotated(Address),
    /// It stands there broken; the cloud says why.
    Failed(String),
    /// It is ours, and no longer in the code.
    NotInCode,
    /// It belongs to something that goes, and cannot stay without it.
    GoesWith(Address),
    /// It was replaced, and is still there.
    Retired,
    /// Everything is to go.
    Destroyed,
}

/// How one value of a definition changes.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct FieldChange {
    /// Where: `ingress`, `policies.logs`.
    pub path: Path,
    /// What is live.
    pub before: Side,
    /// What is wanted.
    pub after: Side,
    /// Who moved.
    pub cause: Cause,
    /// True when it can only be changed by a new resource.
    pub replaces: bool,
    /// How it is best shown.
    pub shape: Shape,
}

/// A value before or after.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Side {
    /// There is none.
    Absent,
    /// This one; secrets are hidden in it.
    Value(Value),
    /// It will be known when that output is.
    Unknown(String),
}

/// Who moved, when live and wanted differ.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Cause {
    /// The code did.
    Code,
    /// The world did.
    Drift,
    /// One of the two did: what was last applied is not known.
    Unknown,
    /// It follows from what happens to that definition.
    Follows(Address),
}

/// How one tag changes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TagChange {
    /// Its key.
    pub key: String,
    /// What is live.
    pub before: Option<String>,
    /// What is wanted.
    pub after: Option<String>,
    /// Who moved.
    pub cause: Cause,
}

/// Why nothing may be applied.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "stop", rename_all = "snake_case")]
pub enum Stop {
    /// Something of the wanted name is there, and it is not ours.
    Foreign {
        /// The definition.
        address: Address,
        /// Its kind.
        kind: &'static str,
        /// The live resource.
        id: String,
        /// Its owner by its tag, if it has one.
        owner: Option<String>,
    },
    /// Two live resources bear the same address.
    TwoClaims {
        /// The address.
        address: Address,
        /// Their kind.
        kind: &'static str,
        /// The live resources.
        ids: Vec<String>,
    },
    /// It would be deleted or replaced, and is protected.
    Protected {
        /// Its address.
        address: Address,
        /// Its kind.
        kind: &'static str,
        /// The live resource.
        id: String,
        /// True when a new one would take its place.
        replaced: bool,
    },
    /// A command names an address that is neither in the code nor live.
    UnknownAddress {
        /// As it was given.
        address: String,
        /// The nearest that exists.
        nearest: Option<String>,
    },
    /// A new value was asked for, and cannot be made.
    CannotRotate {
        /// The definition.
        address: Address,
        /// Its kind.
        kind: &'static str,
        /// Why not.
        why: String,
    },
    /// The cloud would refuse this change of what stands.
    Refused {
        /// The definition.
        address: Address,
        /// Its kind.
        kind: &'static str,
        /// The rule, and what is wrong.
        violation: Box<Violation>,
    },
    /// It holds data and has failed: a new one in its place would lose what it holds.
    FailedWithData {
        /// The definition.
        address: Address,
        /// Its kind.
        kind: &'static str,
        /// The live resource.
        id: String,
        /// What the cloud says.
        why: String,
    },
    /// The code has changed, and what stands cannot be read: what would have to change cannot be told.
    Unreadable {
        /// The definition.
        address: Address,
        /// Its kind.
        kind: &'static str,
        /// The live resource.
        id: String,
        /// The fields that say something else than when they were last applied.
        fields: Vec<Path>,
        /// What of it is not understood.
        why: String,
    },
    /// There is nothing to adopt for a definition.
    NothingToAdopt {
        /// The definition.
        address: Address,
        /// Its kind.
        kind: &'static str,
        /// The identifier that was given.
        id: Option<String>,
    },
    /// Another one was to be adopted than the one that a definition has already.
    HasAnother {
        /// The definition.
        address: Address,
        /// Its kind.
        kind: &'static str,
        /// The live resource that it has.
        id: String,
        /// The one that was to be adopted.
        given: String,
    },
    /// We have made it, it stands, and it does not say any more that it is ours.
    LostTag {
        /// The definition.
        address: Address,
        /// Its kind.
        kind: &'static str,
        /// The live resource.
        id: String,
        /// What of ours refers to it.
        holds: Vec<Address>,
        /// What says that it is this definition's, and is not ours.
        instead: Option<String>,
        /// Whether it is still defined.
        in_code: bool,
    },
    /// It would be deleted or replaced, it says that it is ours, and nothing proves that we have made it.
    Unproven {
        /// Its address.
        address: Address,
        /// Its kind.
        kind: &'static str,
        /// The live resource.
        id: String,
        /// True when a new one would take its place.
        replaced: bool,
    },
    /// It would have to go before its successor comes, and cannot as long as others refer to it.
    StillReferred {
        /// The definition.
        address: Address,
        /// Its kind.
        kind: &'static str,
        /// The live resource.
        id: String,
        /// What refers to it.
        by: Vec<Address>,
        /// The field with which another one could stand beside it, if there is one.
        name: Option<&'static str>,
    },
    /// Another program has made what this owner has.
    OtherProgram {
        /// The program that made it.
        made_by: String,
        /// This program.
        program: String,
    },
    /// Nearly all that is ours would go, and nearly all that is wanted is new.
    OtherPlatform {
        /// How many resources would go.
        leave: usize,
        /// How many would come.
        come: usize,
    },
    /// This owner has resources in other regions of the account, and none here.
    StandsElsewhere {
        /// The regions.
        places: Vec<String>,
    },
    /// Everything is to go, and there is more than this program knows.
    UnknownKinds {
        /// The kinds.
        kinds: Vec<String>,
    },
    /// No order of its steps is right: each would have to come before another.
    NoOrder {
        /// What waits for each other.
        addresses: Vec<Address>,
    },
}

/// What a reader of the plan should know.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "note", rename_all = "snake_case")]
pub enum Note {
    /// A value differs, and its owner may do that.
    OwnedElsewhere {
        /// The definition.
        address: Address,
        /// The field.
        path: Path,
        /// The owner.
        owner: String,
        /// What is live.
        live: Value,
        /// What the code would set.
        wanted: Value,
    },
    /// It is no longer in the code, and is kept because it is protected.
    KeptProtected {
        /// Its address.
        address: Address,
        /// Its kind.
        kind: &'static str,
        /// The live resource.
        id: String,
    },
    /// It stays, and can be deleted from now on.
    LosesProtection {
        /// The definition.
        address: Address,
        /// Its kind.
        kind: &'static str,
        /// The live resource.
        id: String,
    },
    /// It would be deleted or replaced, and stays because the whole account shares it.
    KeptShared {
        /// The definition.
        address: Address,
        /// Its kind.
        kind: &'static str,
        /// The live resource.
        id: String,
    },
    /// The whole account shares it, and it is no longer what this environment last made it: another one may want it
    /// otherwise.
    SharedDiffers {
        /// The definition.
        address: Address,
        /// Its kind.
        kind: &'static str,
        /// The live resource.
        id: String,
        /// What differs from the code.
        fields: Vec<Path>,
    },
    /// It happens once, and its time is past: it is not made any more.
    Over {
        /// The definition.
        address: Address,
    },
    /// A create and a delete look like one rename.
    LikelyRename {
        /// What would be deleted.
        from: Address,
        /// What would be created.
        to: Address,
    },
    /// It is still being made or changed by an earlier run: apply waits for it.
    StillPending {
        /// Its address.
        address: Address,
        /// What it is doing.
        doing: String,
    },
    /// It is ours, and cannot be put in this program's words: it stays as it is.
    Unreadable {
        /// The definition.
        address: Address,
        /// Its kind.
        kind: &'static str,
        /// The live resource.
        id: String,
        /// Why it cannot be read.
        why: String,
    },
    /// Everything that fits was to be taken over, and this fits nothing: it bears our tags, and is nobody's.
    Unclaimed {
        /// Its kind.
        kind: &'static str,
        /// The live resource.
        id: String,
    },
    /// Somebody else's, on something of ours: it stays as it is.
    Stranger {
        /// Its kind.
        kind: &'static str,
        /// The live resource.
        id: String,
        /// What it belongs to.
        parent: Address,
    },
    /// It says that it is a definition's, whose resource is another one that we have made: it is left alone.
    Pretender {
        /// The definition.
        address: Address,
        /// Its kind.
        kind: &'static str,
        /// What pretends.
        id: String,
    },
    /// What it has been given is not in force before somebody does what this program leaves to people.
    NotInForce {
        /// The definition.
        address: Address,
        /// Its kind.
        kind: &'static str,
        /// The live resource.
        id: String,
        /// What, and how it comes to count.
        awaited: Awaited,
    },
    /// Others have added something to it, which stays.
    AddedByOthers {
        /// The definition.
        address: Address,
        /// Its kind.
        kind: &'static str,
        /// The live resource.
        id: String,
        /// What they have added.
        what: Vec<String>,
    },
    /// Of this owner there is more than this program knows.
    UnknownKinds {
        /// The kinds.
        kinds: Vec<String>,
    },
    /// They say that they are ours, and nothing proves that we have made them: they are not deleted or replaced.
    Unproven {
        /// How many.
        count: usize,
        /// Some of them.
        some: Vec<String>,
    },
    /// It stays, and refers to something that goes.
    Dangling {
        /// What stays.
        address: Address,
        /// Its kind.
        kind: &'static str,
        /// What goes.
        refers_to: Address,
    },
    /// It was replaced, and stays because something still refers to it.
    StillUsed {
        /// Its address.
        address: Address,
        /// Its kind.
        kind: &'static str,
        /// The live resource.
        id: String,
        /// What refers to it.
        by: Address,
    },
    /// It was found by its natural name under an address that is no longer in the code: it is taken as renamed.
    FoundByName {
        /// Its new address.
        address: Address,
        /// Its old address.
        from: Address,
    },
}

/// How many resources a plan adds, changes and destroys. A replaced one is both added and destroyed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// Resources that are made.
    pub add: usize,
    /// Resources that change where they stand.
    pub change: usize,
    /// Resources that go.
    pub destroy: usize,
}

impl Plan {
    /// True when there is nothing to do.
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty()
    }

    /// How many resources it adds, changes and destroys.
    pub fn counts(&self) -> Counts {
        let mut counts = Counts::default();
        for change in &self.changes {
            match change.action {
                Action::Create => counts.add += 1,
                Action::Update => counts.change += 1,
                Action::Delete => counts.destroy += 1,
                Action::Replace(_) => {
                    counts.add += 1;
                    counts.destroy += 1;
                }
            }
        }
        counts
    }
}

impl Change {
    /// True when at least one difference came from outside.
    pub fn has_drift(&self) -> bool {
        self.reasons.iter().any(|reason| matches!(reason, Reason::Drifted | Reason::DeletedOutside(_)))
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Reason::New => f.write_str("new in the code"),
            Reason::ChangedInCode => f.write_str("changed in the code"),
            Reason::Drifted => f.write_str("changed outside (drift)"),
            Reason::Differs => f.write_str("differs from the code"),
            Reason::DeletedOutside(id) => write!(f, "{id} was deleted outside (drift)"),
            Reason::TakenBack => f.write_str("was to be replaced, and is taken back"),
            Reason::RenamedFrom(address) => write!(f, "renamed from {address}"),
            Reason::Adopted => f.write_str("adopted"),
            Reason::Protected => f.write_str("protected in the code: it cannot be deleted from now on"),
            Reason::Unprotected => f.write_str("no longer protected in the code: it can be deleted from now on"),
            Reason::CannotChange(path) => write!(f, "{path} cannot be changed in place"),
            Reason::DependencyNew(address) => write!(f, "follows {address}, which is new"),
            Reason::Requested => f.write_str("replacement requested"),
            Reason::WrittenOver => f.write_str("replacement requested: it is written again in its place"),
            Reason::SendsRotated(address) => write!(f, "{address} is given a new value"),
            Reason::Rotated => f.write_str("rotate: a new value was asked for"),
            Reason::Failed(why) => write!(f, "it failed: {why}"),
            Reason::NotInCode => f.write_str("no longer in the code"),
            Reason::GoesWith(address) => write!(f, "belongs to {address}, which goes"),
            Reason::Retired => f.write_str("left over from a replacement"),
            Reason::Destroyed => f.write_str("destroy"),
        }
    }
}
