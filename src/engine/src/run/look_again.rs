//! A second look, at what the first plan makes doubtful: what an index may have told too late, and what has a natural
//! name that nobody could know before its neighbours were found.

use std::collections::{BTreeMap, BTreeSet};

use futures::future::{join_all, try_join_all};

use super::observe::{Observing, World};
use crate::live::{Ask, Fault, Kind, Live, Shared, natural_key};
use crate::model::{Address, Document, Ownership};
use crate::plan::{Action, Plan, Stop, Work};

/// Looks at what a plan makes doubtful and that was not looked at yet. True when something turns out to be otherwise:
/// then the plan is to be made anew, and looked at again.
pub async fn look_again(observing: &Observing<'_>, world: &mut World, plan: &Plan) -> Result<bool, Vec<Fault>> {
    let doubts = [
        late(observing, world, plan).await,
        hidden(observing, world, plan).await,
        Ok(lost(observing, world, plan).await),
    ];
    let mut otherwise = false;
    let mut faults = Vec::new();
    for doubt in doubts {
        match doubt {
            Ok(is) => otherwise |= is,
            Err(fault) => faults.push(fault),
        }
    }
    world.put_in_order();
    if faults.is_empty() { Ok(otherwise) } else { Err(faults) }
}

/// What is read from an index that lags behind is read as it is, before it is changed.
async fn late(observing: &Observing<'_>, world: &mut World, plan: &Plan) -> Result<bool, Fault> {
    let mut doubtful: BTreeMap<&'static str, BTreeSet<String>> = BTreeMap::new();
    let changed = plan.changes.iter().filter_map(|change| Some((change.kind, change.id.as_ref()?)));
    // Of two that claim one address, one may have been told late that it was replaced.
    let claims = plan.stops.iter().filter_map(|stop| match stop {
        Stop::TwoClaims { kind, ids, .. } => Some(ids.iter().map(|id| (*kind, id))),
        _ => None,
    });
    for (kind, id) in changed.chain(claims.flatten()) {
        let late = observing.registry.kind(kind).is_some_and(|kind| kind.is_late());
        if late && world.looked.entry(kind).or_default().ids.insert(id.clone()) {
            doubtful.entry(kind).or_default().insert(id.clone());
        }
    }
    let mut otherwise = false;
    let reads = doubtful.into_iter().filter_map(|(name, ids)| {
        let kind = observing.registry.kind(name)?;
        Some(async move { Ok((name, kind.read(&Ask::only(ids.iter().cloned())).await?, ids)) })
    });
    for (name, lives, ids) in try_join_all(reads).await? {
        let mut fresh = World { lives, ..World::default() };
        fresh.put_in_order();
        let doubted = |live: &Live| live.kind == name && ids.contains(&live.id);
        let (mut old, rest): (Vec<Live>, Vec<Live>) = std::mem::take(&mut world.lives).into_iter().partition(doubted);
        old.sort_by(|left, right| left.id.cmp(&right.id));
        otherwise |= old != fresh.lives;
        world.lives = rest;
        world.lives.extend(fresh.lives);
    }
    Ok(otherwise)
}

/// What is to be made under a name with a reference in it may be there already, and so may children of parents that
/// were found by such a name.
async fn hidden(observing: &Observing<'_>, world: &mut World, plan: &Plan) -> Result<bool, Fault> {
    let shared = Shared::default();
    let mut reads = Vec::new();
    for kind in observing.registry.kinds() {
        let mut ask = observing.ask(&shared);
        let Some(looked) = world.looked.get_mut(kind.schema().kind) else { continue };
        match kind.schema().ownership {
            Ownership::Tags | Ownership::Shared => {
                ask.names = names(kind.as_ref(), plan).filter(|name| looked.names.insert(name.clone())).collect();
            }
            Ownership::Parent { kind: parent, .. } => {
                let parents = world.lives.iter().filter(|live| live.kind == parent).map(|live| live.id.clone());
                ask.parents = parents.filter(|parent| looked.parents.insert(parent.clone())).collect();
            }
        }
        if !ask.names.is_empty() || !ask.parents.is_empty() {
            reads.push(async move { kind.read(&ask).await });
        }
    }
    let found = try_join_all(reads).await?;
    let new: Vec<bool> = found.into_iter().map(|found| add_new(world, found)).collect();
    Ok(new.contains(&true))
}

/// What is to be made may stand already, without the tag that says so: then something of ours still refers to it. What
/// is named where a reference to it stands is looked for. That it cannot be is no proof of anything.
async fn lost(observing: &Observing<'_>, world: &mut World, plan: &Plan) -> bool {
    let created = plan.changes.iter().filter(|change| change.action == Action::Create);
    let mut sought: BTreeMap<&'static str, BTreeSet<String>> = BTreeMap::new();
    for change in created {
        for id in named_in_its_place(observing, world, &change.address) {
            if world.looked.entry(change.kind).or_default().ids.insert(id.clone()) {
                sought.entry(change.kind).or_default().insert(id);
            }
        }
    }
    let reads = sought.into_iter().filter_map(|(name, ids)| {
        let kind = observing.registry.kind(name)?;
        Some(async move { kind.read(&Ask::only(ids)).await.unwrap_or_default() })
    });
    let found = join_all(reads).await;
    let new: Vec<bool> = found.into_iter().map(|found| add_new(world, found)).collect();
    new.contains(&true)
}

/// Adds what is not known yet. True when there is any.
fn add_new(world: &mut World, found: Vec<Live>) -> bool {
    let is_known = |live: &Live| world.lives.iter().any(|one| (one.kind, &one.id) == (live.kind, &live.id));
    let new: Vec<Live> = found.into_iter().filter(|live| !is_known(live)).collect();
    let otherwise = !new.is_empty();
    world.lives.extend(new);
    otherwise
}

/// What live resources of ours name where their definitions refer to the identifier at an address, and what is not live
/// as far as is known.
fn named_in_its_place(observing: &Observing<'_>, world: &World, address: &Address) -> BTreeSet<String> {
    let owner = observing.owner.to_string();
    let mut named = BTreeSet::new();
    for definition in observing.graph.definitions() {
        let references = definition.document.references();
        let fields = references.iter().filter(|(_, to)| to.address == *address && to.output == "id");
        let fields: BTreeSet<&str> = fields.map(|(path, _)| path.root()).collect();
        let is_it = |live: &&Live| live.owner() == Some(&owner) && live.address().as_ref() == Some(&definition.address);
        for live in world.lives.iter().filter(|_| !fields.is_empty()).filter(is_it) {
            let values = fields.iter().filter_map(|field| live.document.field(field));
            let texts: BTreeSet<String> = values.flat_map(texts_of).collect();
            named.extend(texts.into_iter().filter(|text| !world.lives.iter().any(|one| one.id == *text)));
        }
    }
    named
}

fn texts_of(value: &serde_json::Value) -> BTreeSet<String> {
    Document::from_value(value.clone()).texts().into_iter().map(str::to_owned).collect()
}

/// The natural names of what a plan makes of a kind.
fn names(kind: &dyn Kind, plan: &Plan) -> impl Iterator<Item = String> {
    let schema = kind.schema();
    let made = |document: &Document| natural_key(schema, document);
    let new = plan.changes.iter().filter(|change| change.action == Action::Create && change.kind == schema.kind);
    new.filter_map(move |change| {
        plan.steps.iter().filter(|step| step.address == change.address).find_map(|step| match &step.work {
            Work::Create { document, .. } => made(document),
            _ => None,
        })
    })
}
