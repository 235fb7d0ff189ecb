//! A plan carried out with everything that is written down around it: what is about to be made before the first call,
//! what was made and done after the last one. The program and the laws run this, and nothing beside it.

use std::collections::BTreeSet;

use serde_json::json;

use super::apply::{Applying, apply};
use super::interrupt::Interrupt;
use super::journal::{Journal, entry};
use super::observe::World;
use super::survey::Surveyed;
use crate::event::{Event, Listener, Outcome};
use crate::graph::Graph;
use crate::live::{Fault, Live, Registry};
use crate::model::{Address, Entry, Intention, Ledger, Ownership, Tags};
use crate::plan::{Action, Change, Goal, Options, Plan, Proof, Reason, Spec, Step, Verb, Work, ledger_name};
use crate::record::{History, Lease, Store};

/// What carrying out a plan needs.
#[derive(Clone, Copy)]
pub struct Performing<'a> {
    /// The kinds.
    pub registry: &'a Registry,
    /// Where the ledger is written, while the lock is held.
    pub store: &'a dyn Store,
    /// Where the history is written, also when the lock is lost.
    pub story: &'a dyn Store,
    /// What is wanted.
    pub graph: &'a Graph,
    /// What was asked for.
    pub options: &'a Options,
    /// Who wants to know how it goes.
    pub listener: &'a dyn Listener,
    /// Who may ask to stop.
    pub interrupt: &'a Interrupt,
    /// How many steps go on side by side.
    pub parallelism: usize,
    /// This run: different from every other.
    pub run: &'a str,
    /// Who runs it, for the history.
    pub who: &'a str,
    /// The command, for the history.
    pub command: &'a str,
    /// Leave to change things, where a lock is held.
    pub lease: Option<&'a Lease>,
}

/// What became of it.
#[derive(Clone, Debug)]
pub struct Performed {
    /// In numbers of resources.
    pub outcome: Outcome,
    /// What could not be written down.
    pub unwritten: Option<Fault>,
}

/// Carries a plan out. `plan` is what was agreed to: the surveyed one, or a part of it.
pub async fn perform(surveyed: Surveyed, plan: &Plan, performing: &Performing<'_>) -> Result<Performed, Fault> {
    let Performing { registry, store, options, listener, interrupt, parallelism, run, who, command, .. } = *performing;
    let lease = performing.lease.cloned();
    let Surveyed { kept, world, .. } = surveyed;
    let owner = &plan.owner;
    let had_ledger = kept.exists();
    let history = History::begin(owner, run, who, command, story(plan, options));
    let journal = Journal::begin((store, performing.story), owner, run, kept, history);
    let proven = proven(registry, &journal, plan);
    journal.ledger(|ledger| {
        if options.take_over || ledger.home.is_none() {
            ledger.home.clone_from(&options.home);
        }
        if !had_ledger {
            ledger.doubtful.extend(world.unread.iter().map(|kind| (*kind).to_owned()));
        }
        let ours = world.lives.iter().filter(|live| live.owner() == Some(&owner.to_string()));
        ledger.kinds.extend(ours.map(|live| live.kind.to_owned()));
        came_about(ledger, registry, &world);
        for known in &proven {
            ledger.note(known.clone());
        }
        for change in &plan.changes {
            moves_along(ledger, change);
        }
        for step in &plan.steps {
            about_to(ledger, registry, run, step);
        }
        said_by_code(ledger, registry, performing.graph);
    });
    journal.write().await?;
    let outcome = {
        let both = Both { one: listener, other: &journal };
        apply(plan, &Applying { registry, parallelism, listener: &both, interrupt, journal: &journal, lease }).await
    };
    let begun = journal.begun();
    journal.ledger(|ledger| match outcome.is_complete() {
        true => {
            after_all(ledger, registry, run, plan, &world);
            if options.goal == Goal::Destroy {
                // It stays, and this environment says nothing of it any more.
                ledger.retain(|entry| !is_shared(registry, &entry.kind));
            }
        }
        false => after_some(ledger, registry, plan, &begun),
    });
    Ok(Performed { outcome, unwritten: journal.finish().await })
}

/// What a history tells of a plan, so that one who reads it later sees what was left.
fn story(plan: &Plan, options: &Options) -> serde_json::Value {
    let steps: Vec<_> = plan
        .steps
        .iter()
        .map(|step| json!({"address": step.address, "kind": step.kind, "verb": step.verb()}))
        .collect();
    json!({"goal": options.goal, "counts": plan.counts(), "steps": steps})
}

/// What an earlier run was about to make, and was cut off before it could say that it had.
fn came_about(ledger: &mut Ledger, registry: &Registry, world: &World) {
    for live in &world.lives {
        let Some(address) = live.address() else { continue };
        let proof = Proof::new(registry, ledger);
        if proof.entry(live).is_none() && proof.was_intended(live) {
            ledger.note(Entry::new(live.kind, &live.id, address, "resumed"));
        }
    }
}

/// What is renamed is known at its new address, before its tag says so.
fn moves_along(ledger: &mut Ledger, change: &Change) {
    let renamed = change.reasons.iter().any(|reason| matches!(reason, Reason::RenamedFrom(_)));
    let Some(id) = change.id.as_deref().filter(|_| renamed) else { return };
    if let Some(entry) = ledger.entry_mut(change.kind, id) {
        entry.address = change.address.clone();
    }
}

/// Notes a step before anything is called.
fn about_to(ledger: &mut Ledger, registry: &Registry, run: &str, step: &Step) {
    let tagged = |kind| registry.kind(kind).is_some_and(|kind| kind.schema().ownership == Ownership::Tags);
    ledger.kinds.insert(step.kind.to_owned());
    match &step.work {
        Work::Create { document, .. } if tagged(step.kind) => {
            let fixed = registry.kind(step.kind).map(|kind| Spec::fixed(kind.schema(), document).to_string());
            let intention = Intention { run: run.to_owned(), fixed: fixed.unwrap_or_default() };
            ledger.intend(step.kind, &step.address, intention);
        }
        Work::Retire { live } | Work::Delete { live } => {
            if let Some(entry) = ledger.entry_mut(live.kind, ledger_name(registry, live)) {
                entry.retired.get_or_insert_with(|| run.to_owned());
            }
        }
        Work::Create { .. } | Work::Update { .. } | Work::Rotate { .. } | Work::Await { .. } => {}
    }
}

/// What becomes ours because a person has said so, children that stand as the code says on parents that are ours, and
/// what the account shares and is as the code says.
fn proven(registry: &Registry, journal: &Journal<'_>, plan: &Plan) -> Vec<Entry> {
    let adopted = plan.changes.iter().filter(|change| change.reasons.contains(&Reason::Adopted));
    let adopted = adopted.filter_map(|change| Some(entry(change.kind, change.id.as_deref()?, &change.address)));
    let children = plan.known.iter().filter_map(|(address, live)| {
        let schema = registry.kind(live.kind)?.schema();
        let name = ledger_name(registry, live);
        if journal.entry(live.kind, name).is_some() {
            return None;
        }
        match schema.ownership {
            Ownership::Tags => None,
            Ownership::Parent { field, kind } => {
                let parent = live.document.field(field)?.as_str()?;
                journal.entry(kind, parent).map(|_| entry(live.kind, name, address))
            }
            Ownership::Shared => {
                let spec = Spec::of(schema, &live.document, &Tags::new()).to_string();
                Some(Entry { spec: Some(spec), ..entry(live.kind, name, address) })
            }
        }
    });
    let entries = adopted.chain(children);
    entries.map(|entry| Entry { run: journal.run().to_owned(), ..entry }).collect()
}

/// What the code says of what was made: whether it is protected, and what happens to its data.
fn said_by_code(ledger: &mut Ledger, registry: &Registry, graph: &Graph) {
    let mut said = Vec::new();
    for entry in ledger.entries() {
        let definition = graph.definition(&entry.address).filter(|definition| definition.schema.kind == entry.kind);
        let (Some(definition), Some(kind)) = (definition, registry.kind(&entry.kind)) else { continue };
        let field = |name: &str| Some((name.to_owned(), definition.document.field(name)?.clone()));
        let data = kind.keeps().iter().filter_map(|(name, _)| field(name)).collect();
        said.push((entry.kind.clone(), entry.id.clone(), definition.protected, data));
    }
    for (kind, id, protected, data) in said {
        if let Some(entry) = ledger.entry_mut(&kind, &id) {
            (entry.protected, entry.data) = (protected, data);
        }
    }
}

/// Everything was done: what is gone is forgotten, and so are the kinds of which nothing is left.
fn after_all(ledger: &mut Ledger, registry: &Registry, run: &str, plan: &Plan, world: &World) {
    ledger.intend_nothing();
    let gone = |step: &&Step| step.verb() == Verb::Delete;
    let gone: BTreeSet<(&str, &str)> =
        plan.steps.iter().filter(gone).filter_map(Step::live).map(|live| (live.kind, live.id.as_str())).collect();
    let stays = |live: &&Live| !gone.contains(&(live.kind, live.id.as_str()));
    let standing: BTreeSet<(&str, &str)> =
        world.lives.iter().filter(stays).map(|live| (live.kind, ledger_name(registry, live))).collect();
    let unseen =
        |kind: &str| registry.kind(kind).is_none() || world.left_out.contains(kind) || world.unread.contains(&kind);
    ledger.retain(|entry| {
        unseen(&entry.kind) || entry.run == run || standing.contains(&(entry.kind.as_str(), entry.id.as_str()))
    });
    let owner = plan.owner.to_string();
    let ours = world.lives.iter().filter(stays).filter(|live| live.owner() == Some(&owner));
    let mut kinds: BTreeSet<String> = ours.map(|live| live.kind.to_owned()).collect();
    kinds.extend(ledger.entries().map(|entry| entry.kind.clone()));
    kinds.extend(ledger.kinds.iter().filter(|kind| unseen(kind)).cloned());
    let made = plan.changes.iter().filter(|change| change.action != Action::Delete);
    kinds.extend(made.map(|change| change.kind.to_owned()));
    ledger.kinds = kinds;
    if world.is_complete() {
        ledger.doubtful.clear();
    }
    for (kind, name) in standing {
        if let Some(entry) = ledger.entry_mut(kind, name) {
            entry.retired = None;
        }
    }
}

fn is_shared(registry: &Registry, kind: &str) -> bool {
    registry.kind(kind).is_some_and(|kind| kind.schema().ownership == Ownership::Shared)
}

/// Not everything was done. What was about to be made may have been made: it stays noted until a run does everything. What
/// nobody has begun to retire or to delete is what it was.
fn after_some(ledger: &mut Ledger, registry: &Registry, plan: &Plan, begun: &BTreeSet<(Verb, Address)>) {
    let goes = |step: &&Step| matches!(step.verb(), Verb::Retire | Verb::Delete);
    let mut untouched = BTreeSet::new();
    for step in plan.steps.iter().filter(goes) {
        let Some(live) = step.live() else { continue };
        let name = (live.kind, ledger_name(registry, live).to_owned());
        let touched = [Verb::Retire, Verb::Delete].map(|verb| begun.contains(&(verb, step.address.clone())));
        if touched == [false, false] {
            untouched.insert(name);
        }
    }
    for step in plan.steps.iter().filter(|step| step.verb() == Verb::Create) {
        if !begun.contains(&(Verb::Create, step.address.clone())) {
            ledger.intend_no_more(step.kind, &step.address);
        }
    }
    for (kind, name) in untouched {
        if let Some(entry) = ledger.entry_mut(kind, &name) {
            entry.retired = None;
        }
    }
}

/// Two listeners.
struct Both<'a> {
    one: &'a dyn Listener,
    other: &'a dyn Listener,
}

impl Listener for Both<'_> {
    fn hear(&self, event: &Event) {
        self.one.hear(event);
        self.other.hear(event);
    }
}
