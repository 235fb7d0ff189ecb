//! Looking at what is live: kinds side by side, children after their parents.

use futures::future::join_all;
use std::collections::{BTreeMap, BTreeSet};
use tokio::time::Instant;

use crate::event::{Event, FaultText, Listener};
use crate::graph::Graph;
use crate::live::{Ask, Fault, Kind, Live, Registry, Shared, State, natural_key};
use crate::model::{Address, Owner, Ownership, Tags};
use crate::record::Scope;

/// What to look for, and on whose behalf.
pub struct Observing<'a> {
    /// The kinds that can be read.
    pub registry: &'a Registry,
    /// Whose resources.
    pub owner: &'a Owner,
    /// What is wanted: its kinds are read, and everything that bears a wanted name.
    pub graph: &'a Graph,
    /// Live resources that are to become ours, by identifier where they have no natural name.
    pub adopt: &'a BTreeMap<Address, Option<String>>,
    /// Everything that bears all of these tags and has no owner is looked for as well; nothing when there are none.
    pub bearing: &'a Tags,
    /// The kinds in use; without it every kind is looked through.
    pub scope: Option<&'a Scope>,
    /// Who wants to know how it goes.
    pub listener: &'a dyn Listener,
}

impl Observing<'_> {
    /// Asks for what is ours, or may become ours.
    pub(super) fn ask(&self, shared: &Shared) -> Ask {
        let (owner, bearing, shared) = (Some(self.owner.clone()), self.bearing.clone(), shared.clone());
        Ask { owner, bearing, shared, ..Ask::default() }
    }
}

/// What was found.
#[derive(Clone, Debug, Default)]
pub struct World {
    /// The live resources that are ours or bear a wanted name.
    pub lives: Vec<Live>,
    /// Kinds that the code does not use and that could not be looked through for leftovers.
    pub unread: Vec<&'static str>,
    /// What was looked for, by kind: what a plan makes doubtful is looked for once.
    pub(super) looked: BTreeMap<&'static str, Looked>,
}

/// What was looked for of one kind.
#[derive(Clone, Debug, Default)]
pub(super) struct Looked {
    /// By natural name.
    pub(super) names: BTreeSet<String>,
    /// As children of these.
    pub(super) parents: BTreeSet<String>,
    /// By identifier.
    pub(super) ids: BTreeSet<String>,
}

impl World {
    /// True when everything was looked through that had to be.
    pub fn is_complete(&self) -> bool {
        self.unread.is_empty()
    }

    /// Each live resource once, in an order that does not depend on who answered first.
    pub(super) fn put_in_order(&mut self) {
        self.lives.retain(|live| live.state != State::Leaving);
        self.lives.sort_by(|left, right| (left.kind, &left.id).cmp(&(right.kind, &right.id)));
        self.lives.dedup_by(|left, right| (left.kind, &left.id) == (right.kind, &right.id));
    }
}

/// Everything live that is ours or bears a wanted name; or all that stood in the way of finding out.
pub async fn observe(observing: &Observing<'_>) -> Result<World, Vec<Fault>> {
    let (required, optional) = kinds_to_read(observing);
    let shared = Shared::default();
    let mut world = World::default();
    let mut faults = Vec::new();
    let mut open: Vec<&dyn Kind> = kinds(observing.registry, required.iter().chain(&optional));
    let mut read: BTreeSet<&str> = BTreeSet::new();
    while !open.is_empty() {
        let (now, later): (Vec<_>, Vec<_>) = open.into_iter().partition(|kind| match kind.schema().ownership {
            Ownership::Tags | Ownership::Shared => true,
            Ownership::Parent { kind: parent, .. } => read.contains(parent),
        });
        if now.is_empty() {
            break;
        }
        let lives = &world.lives;
        let answers = join_all(now.iter().map(|kind| read_kind(observing, *kind, lives, &shared))).await;
        for (kind, answer) in now.iter().zip(answers) {
            let name = kind.schema().kind;
            read.insert(name);
            match answer {
                Ok((found, looked)) => {
                    world.lives.extend(found);
                    world.looked.insert(name, looked);
                }
                Err(fault) if required.contains(name) => faults.push(fault),
                Err(fault) => {
                    world.unread.push(name);
                    observing.listener.hear(&Event::ReadSkipped { kind: name, fault: FaultText::from(&fault) });
                }
            }
        }
        open = later;
    }
    if !faults.is_empty() {
        return Err(faults);
    }
    world.put_in_order();
    Ok(world)
}

/// The kinds that must be read, and those that are looked through because nobody knows what is in use.
fn kinds_to_read(observing: &Observing<'_>) -> (BTreeSet<&'static str>, BTreeSet<&'static str>) {
    let registry = observing.registry;
    let definitions = observing.graph.definitions().iter().map(|definition| definition.schema.kind);
    let recorded = observing.scope.into_iter().flat_map(|scope| scope.kinds());
    let recorded = recorded.filter_map(|name| Some(registry.kind(name)?.schema().kind));
    let mut required: BTreeSet<&'static str> = definitions.chain(recorded).collect();
    let all = registry.kinds().map(|kind| kind.schema());
    // A parent's tags tell whose its children are, and a parent that is ours may have children to look for.
    for schema in all.clone().chain(all.clone()) {
        if let Ownership::Parent { kind: parent, .. } = schema.ownership {
            if required.contains(schema.kind) {
                required.insert(parent);
            } else if required.contains(parent) {
                required.insert(schema.kind);
            }
        }
    }
    let optional = match observing.scope {
        Some(_) => BTreeSet::new(),
        None => all.map(|schema| schema.kind).filter(|kind| !required.contains(kind)).collect(),
    };
    (required, optional)
}

fn kinds<'a>(registry: &'a Registry, names: impl Iterator<Item = &'a &'static str>) -> Vec<&'a dyn Kind> {
    names.filter_map(|name| Some(registry.kind(name)?.as_ref())).collect()
}

async fn read_kind(
    observing: &Observing<'_>,
    kind: &dyn Kind,
    lives: &[Live],
    shared: &Shared,
) -> Result<(Vec<Live>, Looked), Fault> {
    let schema = kind.schema();
    let started = Instant::now();
    observing.listener.hear(&Event::ReadStarted { kind: schema.kind });
    let wanted = observing.graph.definitions().iter().filter(|definition| definition.schema.kind == schema.kind);
    let mut ask = observing.ask(shared);
    match schema.ownership {
        Ownership::Tags | Ownership::Shared => {
            ask.names = wanted.clone().filter_map(|definition| natural_key(schema, &definition.document)).collect();
        }
        Ownership::Parent { kind: parent, .. } => {
            ask.parents = lives.iter().filter(|live| live.kind == parent).map(|live| live.id.clone()).collect();
        }
    }
    let adopted: BTreeSet<String> =
        wanted.filter_map(|definition| observing.adopt.get(&definition.address)?.clone()).collect();
    let nothing_to_find = match schema.ownership {
        Ownership::Tags => false,
        Ownership::Parent { .. } => ask.parents.is_empty(),
        Ownership::Shared => ask.names.is_empty(),
    };
    let mut found = if nothing_to_find { Vec::new() } else { kind.read(&ask).await? };
    if !adopted.is_empty() {
        found.extend(kind.read(&Ask::only(adopted)).await?);
    }
    let (resources, elapsed) = (found.len(), started.elapsed());
    observing.listener.hear(&Event::ReadFinished { kind: schema.kind, resources, elapsed });
    Ok((found, Looked { names: ask.names, parents: ask.parents, ids: BTreeSet::new() }))
}
