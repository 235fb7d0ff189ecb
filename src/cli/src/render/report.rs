//! A plan as it is told: plain, owned values that are shown, saved, and read back as they are. It holds no secrets.

use infra_engine::model::{Replacement, Shape};
use infra_engine::plan::{self, Action, Cause, Change, FieldChange, Plan, Side, TagChange};
use serde::{Deserialize, Serialize};

use super::advice;
use super::plan_cost::PlanCost;

/// A plan as it is told.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// `project/environment`.
    pub owner: String,
    /// How many resources are added, changed and destroyed.
    pub counts: Counts,
    /// How many definitions stand as they should.
    pub unchanged: usize,
    /// What changes.
    pub changes: Vec<ReportChange>,
    /// Why nothing may be applied.
    pub stops: Vec<Advice>,
    /// What a reader should know.
    pub notes: Vec<Advice>,
    /// What it does to the bill, where that was asked for.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub cost: Option<PlanCost>,
}

/// How many resources are added, changed and destroyed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// Resources that are made.
    pub add: usize,
    /// Resources that change where they stand.
    pub change: usize,
    /// Resources that go.
    pub destroy: usize,
}

/// What becomes of one resource.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ReportChange {
    /// Its address.
    pub address: String,
    /// Its kind.
    pub kind: String,
    /// The cloud's identifier, if it exists.
    pub id: Option<String>,
    /// What is done.
    pub action: Act,
    /// Why, in words, the most important reason first.
    pub reasons: Vec<String>,
    /// Its fields that differ.
    pub fields: Vec<ReportField>,
    /// Its tags that differ.
    pub tags: Vec<ReportTag>,
}

/// What is done with a resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Act {
    /// It is made.
    Create,
    /// It is changed where it stands.
    Update,
    /// A new one is made, then the old one goes.
    ReplaceCreateFirst,
    /// A new revision is made, then the old one is put away.
    Revise,
    /// The old one goes, then a new one is made.
    ReplaceDestroyFirst,
    /// It is deleted.
    Delete,
}

/// How one field changes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ReportField {
    /// Where in the definition.
    pub path: String,
    /// What is live.
    pub before: Value,
    /// What is wanted.
    pub after: Value,
    /// Who moved.
    pub cause: Who,
    /// True when it can only be changed by a new resource.
    pub replaces: bool,
    /// How it is best shown.
    pub shape: Form,
}

/// A value before or after.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Value {
    /// There is none.
    Absent,
    /// This one.
    Known(serde_json::Value),
    /// It will be known when that output is.
    KnownAfterApply(String),
}

/// Who moved, when live and wanted differ.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Who {
    /// The code did.
    Code,
    /// The world did.
    Drift,
    /// One of the two: what was last applied is not known.
    Unknown,
    /// It follows from what happens to that definition.
    Follows(String),
}

/// How a field is best shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Form {
    /// As it is.
    Plain,
    /// A list without an order.
    Set,
    /// Text of several lines.
    Text,
    /// JSON.
    Json,
    /// Never.
    Secret,
}

/// How one tag changes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReportTag {
    /// Its key.
    pub key: String,
    /// What is live.
    pub before: Option<String>,
    /// What is wanted.
    pub after: Option<String>,
    /// Who moved.
    pub cause: Who,
}

/// Something to know, with what to do about it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Advice {
    /// What it is about, in a word that does not change: `foreign`, `protected`.
    pub about: String,
    /// Which definition.
    pub address: String,
    /// What is so.
    pub says: String,
    /// What to do.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub way_out: Option<String>,
    /// The command that does it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub command: Option<String>,
}

impl Report {
    /// A plan, told. `environment` is what `--env` was given, for the commands in it.
    pub fn of(plan: &Plan, environment: &str) -> Report {
        let Plan { owner, changes, unchanged, stops, notes, steps: _, known: _, protected: _, fingerprint: _ } = plan;
        let plan::Counts { add, change, destroy } = plan.counts();
        Report {
            owner: owner.to_string(),
            counts: Counts { add, change, destroy },
            unchanged: *unchanged,
            changes: changes.iter().map(ReportChange::of).collect(),
            stops: once(stops.iter().map(|stop| advice::of_stop(stop, environment))),
            notes: once(notes.iter().map(|note| advice::of_note(note, environment))),
            cost: None,
        }
    }

    /// How many changes delete something: what is destroyed and what is replaced. An old revision is only put away.
    pub fn deletions(&self) -> usize {
        self.changes.iter().filter(|change| change.action.destroys()).count()
    }
}

/// What two flags say of one address is told once.
fn once(all: impl Iterator<Item = Advice>) -> Vec<Advice> {
    let mut told: Vec<Advice> = Vec::new();
    for advice in all {
        if !told.contains(&advice) {
            told.push(advice);
        }
    }
    told
}

impl ReportChange {
    /// A change, told.
    pub fn of(change: &Change) -> ReportChange {
        let Change { address, kind, id, action, reasons, fields, tags } = change;
        ReportChange {
            address: address.to_string(),
            kind: (*kind).to_owned(),
            id: id.clone(),
            action: Act::of(*action),
            reasons: reasons.iter().map(ToString::to_string).collect(),
            fields: fields.iter().map(ReportField::of).collect(),
            tags: tags.iter().map(ReportTag::of).collect(),
        }
    }
}

impl Act {
    /// An action, told.
    pub fn of(action: Action) -> Act {
        match action {
            Action::Create => Act::Create,
            Action::Update => Act::Update,
            Action::Replace(Replacement::CreateFirst) => Act::ReplaceCreateFirst,
            Action::Replace(Replacement::Revision) => Act::Revise,
            Action::Replace(Replacement::DeleteFirst) => Act::ReplaceDestroyFirst,
            Action::Delete => Act::Delete,
        }
    }

    /// The sign before a resource.
    pub fn sign(self) -> &'static str {
        match self {
            Act::Create => "+",
            Act::Update => "~",
            Act::ReplaceCreateFirst => "+/-",
            Act::Revise => "+~",
            Act::ReplaceDestroyFirst => "-/+",
            Act::Delete => "-",
        }
    }

    /// What the sign means.
    pub fn meaning(self) -> &'static str {
        match self {
            Act::Create => "create",
            Act::Update => "change in place",
            Act::ReplaceCreateFirst => "create the new one, then destroy the old one",
            Act::Revise => "make a new revision, then put the old one away",
            Act::ReplaceDestroyFirst => "destroy the old one, then create the new one",
            Act::Delete => "destroy",
        }
    }

    /// True when a living resource goes, and what it holds with it.
    pub fn destroys(self) -> bool {
        matches!(self, Act::ReplaceCreateFirst | Act::ReplaceDestroyFirst | Act::Delete)
    }

    /// All of them, the harmless first.
    pub const ALL: [Act; 6] =
        [Act::Create, Act::Update, Act::Revise, Act::ReplaceCreateFirst, Act::ReplaceDestroyFirst, Act::Delete];
}

impl ReportField {
    fn of(field: &FieldChange) -> ReportField {
        let FieldChange { path, before, after, cause, replaces, shape } = field;
        ReportField {
            path: path.to_string(),
            before: Value::of(before),
            after: Value::of(after),
            cause: Who::of(cause),
            replaces: *replaces,
            shape: Form::of(*shape),
        }
    }
}

impl Value {
    fn of(side: &Side) -> Value {
        match side {
            Side::Absent => Value::Absent,
            Side::Value(value) => Value::Known(infra_engine::model::redact(value)),
            Side::Unknown(output) => Value::KnownAfterApply(output.clone()),
        }
    }
}

impl Who {
    fn of(cause: &Cause) -> Who {
        match cause {
            Cause::Code => Who::Code,
            Cause::Drift => Who::Drift,
            Cause::Unknown => Who::Unknown,
            Cause::Follows(address) => Who::Follows(address.to_string()),
        }
    }
}

impl Form {
    /// How a field of that shape is shown.
    pub fn of(shape: Shape) -> Form {
        match shape {
            Shape::Plain => Form::Plain,
            Shape::Set => Form::Set,
            Shape::Text => Form::Text,
            Shape::Json => Form::Json,
            Shape::Secret => Form::Secret,
        }
    }
}

impl ReportTag {
    fn of(tag: &TagChange) -> ReportTag {
        let TagChange { key, before, after, cause } = tag;
        let cause = Who::of(cause);
        ReportTag { key: key.clone(), before: before.clone(), after: after.clone(), cause }
    }
}
