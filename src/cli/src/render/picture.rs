//! A plan's resources whole, before and after, changed or not: what tools that read Terraform's plans are given.
//!
//! A [`Report`](super::Report) tells people what differs; a rule of somebody's wants to see the whole resource. Like a
//! report it is plain, saved, read back as it is, and holds no secrets.

use std::collections::BTreeMap;

use infra_engine::live::{Live, Registry};
use infra_engine::model::{Address, Document, Tags, keys};
use infra_engine::plan::{Action, Cause, Change, Plan, Reason, Work};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::report::Act;

/// A plan's resources.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Picture {
    /// Where they are.
    pub region: String,
    /// Each of them, in the order of addresses.
    pub resources: Vec<Pictured>,
}

/// One resource.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Pictured {
    /// Its address.
    pub address: String,
    /// The address that it had before.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub renamed_from: Option<String>,
    /// Its kind.
    pub kind: String,
    /// What is done; `None` when nothing is.
    pub action: Option<Act>,
    /// Why it is replaced or goes.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub because: Option<Because>,
    /// True when it becomes ours.
    #[serde(skip_serializing_if = "is_false", default)]
    pub adopted: bool,
    /// True for what was replaced and is still there: its address belongs to its successor.
    #[serde(skip_serializing_if = "is_false", default)]
    pub retired: bool,
    /// What is live.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub before: Option<Side>,
    /// What will be.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub after: Option<Side>,
    /// What it was before the world moved, where it has.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub undrifted: Option<Side>,
    /// The fields that force a new resource.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub replaces: Vec<String>,
}

/// A resource as it is at one time.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Side {
    /// The cloud's identifier, once there is one.
    pub id: Option<String>,
    /// Its definition; a reference that is not known yet stands in it as such.
    pub definition: Value,
    /// Outputs by name; `None` until the cloud has given them.
    pub outputs: BTreeMap<String, Option<String>>,
    /// Its tags.
    pub tags: Tags,
}

/// Why a resource is replaced or goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Because {
    /// A field cannot be changed on a living resource.
    CannotUpdate,
    /// It stands there broken.
    Broken,
    /// Somebody asked for it.
    Requested,
    /// It is not in the code any more.
    NotInCode,
}

impl Picture {
    /// The resources of a plan.
    pub fn of(plan: &Plan, registry: &Registry, region: &str) -> Picture {
        let mut resources: Vec<Pictured> =
            plan.changes.iter().map(|change| Pictured::of(change, plan, registry)).collect();
        let changes = |live: &Live| {
            plan.changes.iter().any(|change| change.kind == live.kind && change.id.as_ref() == Some(&live.id))
        };
        let standing = plan.known.iter().filter(|(_, live)| !changes(live));
        resources.extend(standing.map(|(address, live)| Pictured::standing(address.to_string(), live)));
        resources.sort_by(|one, other| (&one.address, &one.kind).cmp(&(&other.address, &other.kind)));
        Picture { region: region.to_owned(), resources }
    }

    /// The same for a file: without what programs are told, which is nobody's secret by its type and may be one all the
    /// same.
    pub fn kept(mut self) -> Picture {
        for Pictured { before, after, undrifted, .. } in &mut self.resources {
            [before, after, undrifted].into_iter().flatten().for_each(|side| conceal(&mut side.definition));
        }
        self
    }

    /// Live resources by themselves.
    pub fn of_lives(lives: &[(Option<Address>, &Live)], region: &str) -> Picture {
        let name = |address: &Option<Address>, live: &Live| match address {
            Some(address) => address.to_string(),
            None => format!("{}.{}", live.kind.replace('/', "-"), live.id),
        };
        let resources = lives.iter().map(|(address, live)| Pictured::standing(name(address, live), live)).collect();
        Picture { region: region.to_owned(), resources }
    }
}

/// The fields that hold what programs are told.
const TOLD: [&str; 2] = ["environment", "user_data"];

fn conceal(value: &mut Value) {
    match value {
        Value::Object(map) => map.iter_mut().for_each(|(key, value)| match TOLD.contains(&key.as_str()) {
            true => conceal_texts(value),
            false => conceal(value),
        }),
        Value::Array(items) => items.iter_mut().for_each(conceal),
        _ => {}
    }
}

fn conceal_texts(value: &mut Value) {
    match value {
        Value::Object(map) if map.contains_key("$ref") => {}
        Value::Object(map) => map.values_mut().for_each(conceal_texts),
        Value::Array(items) => items.iter_mut().for_each(conceal_texts),
        Value::String(text) => *text = "(not kept)".to_owned(),
        _ => {}
    }
}

impl Pictured {
    fn of(change: &Change, plan: &Plan, registry: &Registry) -> Pictured {
        let (before, wanted) = works(change, plan);
        let undrifted = before.and_then(|live| undrifted(change, live, wanted?.0));
        let after = wanted.map(|(document, tags)| match (before, Act::of(change.action)) {
            (Some(live), Act::Update) => updated(change, live, document),
            _ => made(change.kind, document, tags, registry),
        });
        // What is only rotated, or waited for, is what it was.
        let after = after.or_else(|| before.filter(|_| change.action == Action::Update).map(Side::of_live));
        let renamed_from = change.reasons.iter().find_map(|reason| match reason {
            Reason::RenamedFrom(address) => Some(address.to_string()),
            _ => None,
        });
        Pictured {
            address: change.address.to_string(),
            renamed_from,
            kind: change.kind.to_owned(),
            action: Some(Act::of(change.action)),
            because: because(change),
            adopted: change.reasons.contains(&Reason::Adopted),
            retired: change.reasons.contains(&Reason::Retired),
            before: before.map(Side::of_live),
            after,
            undrifted,
            replaces: roots(change.fields.iter().filter(|field| field.replaces).map(|field| field.path.root())),
        }
    }

    fn standing(address: String, live: &Live) -> Pictured {
        let side = Side::of_live(live);
        Pictured {
            address,
            renamed_from: None,
            kind: live.kind.to_owned(),
            action: None,
            because: None,
            adopted: false,
            retired: false,
            before: Some(side.clone()),
            after: Some(side),
            undrifted: None,
            replaces: Vec::new(),
        }
    }
}

impl Side {
    fn of_live(live: &Live) -> Side {
        Side {
            id: Some(live.id.clone()),
            definition: live.document.redacted(),
            outputs: live.outputs.iter().map(|(name, value)| (name.clone(), Some(value.clone()))).collect(),
            tags: told(&live.tags),
        }
    }
}

/// What a change's steps work on: the live resource, and what it is to be with its tags.
fn works<'a>(change: &Change, plan: &'a Plan) -> (Option<&'a Live>, Option<(&'a Document, &'a Tags)>) {
    let (mut live, mut wanted) = (None, None);
    let of_change =
        plan.steps.iter().filter(|step| step.address == change.address && step.kind == change.kind).filter(|step| {
            // A leftover has its successor's address: it is told apart by its identifier.
            step.live().is_none_or(|live| change.id.as_ref() == Some(&live.id))
        });
    for step in of_change {
        match &step.work {
            Work::Create { document, tags, .. } => wanted = Some((document, tags)),
            Work::Update { live: now, document, tags, fields: _, over: _ } => {
                (live, wanted) = (Some(&**now), Some((document, tags)));
            }
            Work::Rotate { live: now, .. }
            | Work::Retire { live: now }
            | Work::Delete { live: now }
            | Work::Await { live: now } => live = Some(&**now),
        }
    }
    match change.action {
        Action::Delete => (live, None),
        _ => (live, wanted),
    }
}

/// What is live, with nothing changed but what the plan says.
fn updated(change: &Change, live: &Live, document: &Document) -> Side {
    let fields = roots(change.fields.iter().map(|field| field.path.root()));
    let mut side = with_fields(live, document, &fields);
    for tag in change.tags.iter().filter(|tag| !tag.key.starts_with(keys::SPEC)) {
        match &tag.after {
            Some(value) => side.tags.insert(tag.key.clone(), value.clone()),
            None => side.tags.remove(&tag.key),
        };
    }
    side
}

/// What a drifted resource was: the code has not moved there, so it is what the code says.
fn undrifted(change: &Change, live: &Live, document: &Document) -> Option<Side> {
    let fields = roots(change.fields.iter().filter(|field| field.cause == Cause::Drift).map(|field| field.path.root()));
    let mut tags = change.tags.iter().filter(|tag| tag.cause == Cause::Drift).peekable();
    if fields.is_empty() && tags.peek().is_none() {
        return None;
    }
    let mut side = with_fields(live, document, &fields);
    for tag in tags {
        match &tag.after {
            Some(value) => side.tags.insert(tag.key.clone(), value.clone()),
            None => side.tags.remove(&tag.key),
        };
    }
    Some(side)
}

fn with_fields(live: &Live, document: &Document, fields: &[String]) -> Side {
    let mut side = Side::of_live(live);
    let wanted = document.redacted();
    if let Value::Object(definition) = &mut side.definition {
        for field in fields {
            definition.insert(field.clone(), wanted.get(field).cloned().unwrap_or(Value::Null));
        }
    }
    side
}

fn made(kind: &str, document: &Document, tags: &Tags, registry: &Registry) -> Side {
    let outputs = registry.kind(kind).map(|kind| kind.schema().outputs).unwrap_or_default();
    Side {
        id: None,
        definition: document.redacted(),
        outputs: outputs.iter().map(|output| (output.name.to_owned(), None)).collect(),
        tags: told(tags),
    }
}

/// Tags without the digests of what was applied: they say nothing to a reader, and move with everything else.
fn told(tags: &Tags) -> Tags {
    let told = tags.iter().filter(|(key, _)| !key.starts_with(keys::SPEC));
    told.map(|(key, value)| (key.clone(), value.clone())).collect()
}

fn because(change: &Change) -> Option<Because> {
    change.reasons.iter().find_map(|reason| match reason {
        Reason::CannotChange(_) | Reason::DependencyNew(_)
            if matches!(change.action, Action::Replace(_) | Action::Delete) =>
        {
            Some(Because::CannotUpdate)
        }
        Reason::Failed(_) => Some(Because::Broken),
        Reason::Requested => Some(Because::Requested),
        Reason::NotInCode | Reason::Retired => Some(Because::NotInCode),
        _ => None,
    })
}

fn roots<'a>(fields: impl Iterator<Item = &'a str>) -> Vec<String> {
    let mut roots: Vec<String> = fields.map(str::to_owned).collect();
    roots.dedup();
    roots
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands over a reference")]
fn is_false(value: &bool) -> bool {
    !value
}
