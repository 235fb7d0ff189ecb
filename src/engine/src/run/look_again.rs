//! A second look, at what the first plan makes doubtful: what an index may have told too late, and what has a natural
//! name that nobody could know before its neighbours were found.

use std::collections::{BTreeMap, BTreeSet};

use futures::future::{join_all, try_join_all};

use super::observe::{Observing, World, read_patiently};
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
        Some(async move { Ok((name, read_patiently(kind.as_ref(), &Ask::only(ids.iter().cloned())).await?, ids)) })
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
            reads.push(async move { read_patiently(kind.as_ref(), &ask).await });
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
    let mut named = named_in_their_places(observing, world);
    for change in created {
        for id in named.remove(&change.address).unwrap_or_default() {
            if world.looked.entry(change.kind).or_default().ids.insert(id.clone()) {
                sought.entry(change.kind).or_default().insert(id);
            }
        }
    }
    let reads = sought.into_iter().filter_map(|(name, ids)| {
        let kind = observing.registry.kind(name)?;
        Some(async move { read_patiently(kind.as_ref(), &Ask::only(ids)).await.unwrap_or_default() })
    });
    let found = join_all(reads).await;
    let new: Vec<bool> = found.into_iter().map(|found| add_new(world, found)).collect();
    new.contains(&true)
}

/// Adds what is not known yet. True when there is any.
fn add_new(world: &mut World, found: Vec<Live>) -> bool {
    let known: BTreeSet<(&str, &str)> = world.lives.iter().map(|live| (live.kind, live.id.as_str())).collect();
    let new: Vec<Live> = found.into_iter().filter(|live| !known.contains(&(live.kind, live.id.as_str()))).collect();
    let otherwise = !new.is_empty();
    world.lives.extend(new);
    otherwise
}

/// What live resources of ours name where their definitions refer to the identifier at an address, and what is not live
/// as far as is known; by that address.
fn named_in_their_places(observing: &Observing<'_>, world: &World) -> BTreeMap<Address, BTreeSet<String>> {
    let owner = observing.owner.to_string();
    let known: BTreeSet<&str> = world.lives.iter().map(|live| live.id.as_str()).collect();
    let mut standing: BTreeMap<Address, Vec<&Live>> = BTreeMap::new();
    for live in world.lives.iter().filter(|live| live.owner() == Some(&owner)) {
        if let Some(address) = live.address() {
            standing.entry(address).or_default().push(live);
        }
    }
    let mut named: BTreeMap<Address, BTreeSet<String>> = BTreeMap::new();
    for definition in observing.graph.definitions() {
        let lives = standing.get(&definition.address).into_iter().flatten();
        let references = definition.document.references();
        let fields: Vec<(&str, &Address)> = references
            .iter()
            .filter(|(_, to)| to.output == "id")
            .map(|(path, to)| (path.root(), &to.address))
            .collect();
        for (live, (field, address)) in lives.flat_map(|live| fields.iter().map(move |field| (live, *field))) {
            let texts = live.document.field(field).map(texts_of).unwrap_or_default();
            let unknown = texts.into_iter().filter(|text| !known.contains(text.as_str()));
            named.entry(address.clone()).or_default().extend(unknown);
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
