//! Looking at what is live: kinds side by side, children after their parents.

use futures::future::join_all;
use std::collections::{BTreeMap, BTreeSet};
use tokio::time::Instant;

use crate::event::{Event, FaultText, Listener};
use crate::graph::Graph;
use crate::live::{Ask, FIRST_PAUSE, Fault, FaultKind, Kind, Live, Registry, Shared, State, natural_key};
use crate::model::{Address, Ledger, Owner, Ownership, Schema, Tags};
use crate::plan::{Options, selected};

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
    /// What was made, and which kinds are in use; without it every kind is looked through.
    pub ledger: Option<&'a Ledger>,
    /// What the plan is about: the rest is read only where it may refer to that.
    pub selected: &'a Selected,
    /// Who wants to know how it goes.
    pub listener: &'a dyn Listener,
}

/// The kinds that a plan is about, where it is not about all of them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Selected {
    /// These must be read; all of them where there is nothing.
    required: Option<BTreeSet<&'static str>>,
    /// These may refer to what changes: they are read if they can be.
    near: BTreeSet<&'static str>,
}

impl Selected {
    /// What a plan is about that is asked for with these options.
    pub fn of(graph: &Graph, options: &Options) -> Selected {
        let about = selected(graph, options);
        if about.is_none() {
            return Selected::default();
        }
        let kinds = |addresses: &BTreeSet<Address>| {
            let definitions = graph.definitions().iter().filter(|definition| addresses.contains(&definition.address));
            definitions.map(|definition| definition.schema.kind).collect::<BTreeSet<_>>()
        };
        let about = about.unwrap_or_default();
        let required = kinds(&graph.with_needs(about.iter().cloned()));
        let near = kinds(&graph.with_dependents(about));
        Selected { required: Some(required), near }
    }
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
    /// Kinds that could not be looked through, and had to be only for what is left over or refers to what changes.
    pub unread: Vec<&'static str>,
    /// Kinds that were not looked at, because the plan is not about them.
    pub left_out: BTreeSet<&'static str>,
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
        self.unread.is_empty() && self.left_out.is_empty()
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
    let in_use = in_use(observing).into_iter().filter(|kind| !required.contains(kind) && !optional.contains(kind));
    let mut world = World { left_out: in_use.collect(), ..World::default() };
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

/// The kinds that the code or the ledger names, with their parents and children: a parent's tags tell whose its children
/// are, and a parent that is ours may have children to look for.
fn in_use(observing: &Observing<'_>) -> BTreeSet<&'static str> {
    let registry = observing.registry;
    let definitions = observing.graph.definitions().iter().map(|definition| definition.schema.kind);
    let recorded = observing.ledger.into_iter().flat_map(|ledger| &ledger.kinds);
    let recorded = recorded.filter_map(|name| Some(registry.kind(name)?.schema().kind));
    with_family(registry, definitions.chain(recorded).collect())
}

fn with_family(registry: &Registry, mut kinds: BTreeSet<&'static str>) -> BTreeSet<&'static str> {
    loop {
        let before = kinds.len();
        for schema in registry.kinds().map(|kind| kind.schema()) {
            if let Ownership::Parent { kind: parent, .. } = schema.ownership {
                if kinds.contains(schema.kind) {
                    kinds.insert(parent);
                } else if kinds.contains(parent) {
                    kinds.insert(schema.kind);
                }
            }
        }
        if kinds.len() == before {
            return kinds;
        }
    }
}

/// The kinds that must be read, and those that are looked through if they can be: because nobody knows what is in use, or
/// because they may refer to what changes.
fn kinds_to_read(observing: &Observing<'_>) -> (BTreeSet<&'static str>, BTreeSet<&'static str>) {
    let (registry, in_use) = (observing.registry, in_use(observing));
    if let Some(required) = &observing.selected.required {
        let required = with_family(registry, required.clone());
        let near = with_family(registry, observing.selected.near.clone());
        return (required.clone(), near.difference(&required).copied().collect());
    }
    let all = registry.kinds().map(|kind| kind.schema().kind);
    let doubtful = |kind: &&'static str| observing.ledger.is_none_or(|ledger| ledger.doubtful.contains(*kind));
    let optional = all.filter(doubtful).filter(|kind| !in_use.contains(kind)).collect();
    (in_use, optional)
}

fn kinds<'a>(registry: &'a Registry, names: impl Iterator<Item = &'a &'static str>) -> Vec<&'a dyn Kind> {
    names.filter_map(|name| Some(registry.kind(name)?.as_ref())).collect()
}

/// How often a read is repeated that was throttled, or whose answer was lost.
const READS: u32 = 4;

pub(super) async fn read_patiently(kind: &dyn Kind, ask: &Ask) -> Result<Vec<Live>, Fault> {
    let mut pause = FIRST_PAUSE;
    for _ in 1..READS {
        match kind.read(ask).await {
            Err(fault) if matches!(fault.kind, FaultKind::Throttled | FaultKind::Lost) => {
                tokio::time::sleep(pause).await;
                pause *= 3;
            }
            answer => return answer,
        }
    }
    kind.read(ask).await
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
        Ownership::Parent { kind: parent, field } => {
            let parents = lives.iter().filter(|live| live.kind == parent).map(|live| live.id.clone());
            // A parent that the code names itself may be somebody else's, and is not among those.
            let named = wanted.clone().filter_map(|definition| definition.document.field(field)?.as_str());
            ask.parents = parents.chain(named.map(str::to_owned)).collect();
        }
    }
    let adopted: BTreeSet<String> =
        wanted.filter_map(|definition| observing.adopt.get(&definition.address)?.clone()).collect();
    let nothing_to_find = match schema.ownership {
        Ownership::Tags => false,
        Ownership::Parent { .. } => ask.parents.is_empty(),
        Ownership::Shared => ask.names.is_empty(),
    };
    let mut found = if nothing_to_find { Vec::new() } else { read_patiently(kind, &ask).await? };
    let foreign = elsewhere(observing, schema, &ask);
    if !foreign.is_empty() {
        // Some of them may be gone, with what was on them.
        let children = read_patiently(kind, &Ask { parents: foreign, ..observing.ask(shared) }).await;
        found
            .extend(children.or_else(|fault| if fault.kind == FaultKind::Gone { Ok(Vec::new()) } else { Err(fault) })?);
    }
    let sought = adopted.into_iter().chain(missing(observing, schema, &found)).collect::<BTreeSet<_>>();
    if !sought.is_empty() {
        found.extend(read_patiently(kind, &Ask::only(sought.clone())).await?);
    }
    let (resources, elapsed) = (found.len(), started.elapsed());
    observing.listener.hear(&Event::ReadFinished { kind: schema.kind, resources, elapsed });
    Ok((found, Looked { names: ask.names, parents: ask.parents, ids: sought }))
}

/// Parents that are not ours, as far as the ledger knows that we have made children on them.
fn elsewhere(observing: &Observing<'_>, schema: &Schema, asked: &Ask) -> BTreeSet<String> {
    let (Ownership::Parent { kind: parent, .. }, Some(ledger)) = (schema.ownership, observing.ledger) else {
        return BTreeSet::new();
    };
    let of_kind = ledger.entries().filter(|entry| entry.kind == schema.kind).filter_map(|entry| entry.parent.as_ref());
    let ours = |id: &str| ledger.entry(parent, id).is_some();
    of_kind.filter(|id| !asked.parents.contains(*id) && !ours(id)).cloned().collect()
}

/// What the ledger says was made, and did not say of itself that it is ours: it has lost its tag, or it is gone.
fn missing(observing: &Observing<'_>, schema: &Schema, found: &[Live]) -> BTreeSet<String> {
    let entries = observing.ledger.into_iter().flat_map(Ledger::entries);
    let of_kind = entries.filter(|entry| schema.ownership == Ownership::Tags && entry.kind == schema.kind);
    let missing = of_kind.filter(|entry| !found.iter().any(|live| live.id == entry.id));
    missing.map(|entry| entry.id.clone()).collect()
}
