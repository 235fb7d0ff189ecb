//! A second look, at what the first plan makes doubtful: what an index may have told too late, and what has a natural
//! name that nobody could know before its neighbours were found.

use std::collections::{BTreeMap, BTreeSet};

use super::observe::{Observing, World};
use crate::live::{Ask, Fault, Kind, Live, Shared, natural_key};
use crate::model::{Document, Ownership};
use crate::plan::{Action, Plan, Work};

/// Looks at what a plan makes doubtful and that was not looked at yet. True when something turns out to be otherwise:
/// then the plan is to be made anew, and looked at again.
pub async fn look_again(observing: &Observing<'_>, world: &mut World, plan: &Plan) -> Result<bool, Vec<Fault>> {
    let doubts = [late(observing, world, plan).await, hidden(observing, world, plan).await];
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
    for change in &plan.changes {
        let late = observing.registry.kind(change.kind).is_some_and(|kind| kind.is_late());
        if let (true, Some(id)) = (late, &change.id)
            && world.looked.entry(change.kind).or_default().ids.insert(id.clone())
        {
            doubtful.entry(change.kind).or_default().insert(id.clone());
        }
    }
    let mut otherwise = false;
    for (name, ids) in doubtful {
        let Some(kind) = observing.registry.kind(name) else { continue };
        let mut fresh = World { lives: kind.read(&Ask::only(ids.iter().cloned())).await?, ..World::default() };
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
    let mut otherwise = false;
    let shared = Shared::default();
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
            let found = kind.read(&ask).await?;
            let is_known = |live: &Live| world.lives.iter().any(|one| (one.kind, &one.id) == (live.kind, &live.id));
            let new: Vec<Live> = found.into_iter().filter(|live| !is_known(live)).collect();
            otherwise |= !new.is_empty();
            world.lives.extend(new);
        }
    }
    Ok(otherwise)
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
