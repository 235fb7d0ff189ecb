//! Looking at what is live: kinds side by side, children after their parents.

use futures::future::join_all;
use std::collections::{BTreeMap, BTreeSet};
use tokio::time::Instant;

use crate::event::{Event, FaultText, Listener};
use crate::graph::Graph;
use crate::live::{Ask, Fault, Kind, Live, Registry, Shared, State, natural_key};
use crate::model::{Address, Owner, Ownership};
use crate::plan::Plan;
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
    /// The kinds in use; without it every kind is looked through.
    pub scope: Option<&'a Scope>,
    /// Who wants to know how it goes.
    pub listener: &'a dyn Listener,
}

/// What was found.
#[derive(Clone, Debug, Default)]
pub struct World {
    /// The live resources that are ours or bear a wanted name.
    pub lives: Vec<Live>,
    /// Kinds that the code does not use and that could not be looked through for leftovers.
    pub unread: Vec<&'static str>,
}

impl World {
    /// True when everything was looked through that had to be.
    pub fn is_complete(&self) -> bool {
        self.unread.is_empty()
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
                Ok(found) => world.lives.extend(found),
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
    world.lives.retain(|live| live.state != State::Leaving);
    world.lives.sort_by(|left, right| (left.kind, &left.id).cmp(&(right.kind, &right.id)));
    world.lives.dedup_by(|left, right| (left.kind, &left.id) == (right.kind, &right.id));
    Ok(world)
}

/// Looks again at what a plan would change, where the first look may have been at what was a while ago. True when
/// something turns out to be otherwise; then the plan is to be made anew.
pub async fn look_again(registry: &Registry, world: &mut World, plan: &Plan) -> Result<bool, Vec<Fault>> {
    let mut doubtful: BTreeMap<&'static str, BTreeSet<String>> = BTreeMap::new();
    for change in &plan.changes {
        let indexed = registry.kind(change.kind).is_some_and(|kind| kind.is_indexed());
        if let (true, Some(id)) = (indexed, &change.id) {
            doubtful.entry(change.kind).or_default().insert(id.clone());
        }
    }
    let mut moved = false;
    for (name, ids) in doubtful {
        let Some(kind) = registry.kind(name) else { continue };
        let mut fresh = kind.read(&Ask::only(ids.iter().cloned())).await.map_err(|fault| vec![fault])?;
        fresh.retain(|live| live.state != State::Leaving);
        fresh.sort_by(|left, right| left.id.cmp(&right.id));
        let doubted = |live: &Live| live.kind == name && ids.contains(&live.id);
        let (old, rest): (Vec<Live>, Vec<Live>) = std::mem::take(&mut world.lives).into_iter().partition(doubted);
        moved |= old != fresh;
        world.lives = rest;
        world.lives.extend(fresh);
    }
    world.lives.sort_by(|left, right| (left.kind, &left.id).cmp(&(right.kind, &right.id)));
    Ok(moved)
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
) -> Result<Vec<Live>, Fault> {
    let schema = kind.schema();
    let started = Instant::now();
    observing.listener.hear(&Event::ReadStarted { kind: schema.kind });
    let wanted = observing.graph.definitions().iter().filter(|definition| definition.schema.kind == schema.kind);
    let mut ask = Ask { owner: Some(observing.owner.clone()), shared: shared.clone(), ..Ask::default() };
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
    Ok(found)
}
