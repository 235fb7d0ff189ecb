//! The successor stands before its predecessor goes: in the run that replaces, in every later one, and after the code has
//! gone back.

use std::collections::BTreeSet;

use infra_engine::live::{FaultKind, Live, State};
use infra_engine::model::{Definition, Ownership, Replacement};
use infra_engine::plan::{Action, Options, Plan, Reason, Stop};

use super::changes::of;
use super::ground::{Ground, troubles};
use super::sample::Sample;
use crate::session::Refusal;
use crate::weather::{Blow, Call, Forecast, Moment};

/// The create of every replacement is refused in two runs in a row: the predecessor stands throughout, and one calm run
/// does what was wanted.
pub async fn refused_twice(fresh: impl Fn() -> Ground, sample: &Sample) {
    let mut tried = 0;
    for variant in &sample.variants {
        let law = format!("{}: its successor is refused twice", variant.name());
        let ground = fresh();
        ground.apply(&law, &sample.definitions).await;
        let changed = sample.changed(variant);
        let plan = ground.plan(&law, &changed).await;
        let replaced = replaced(&plan, |order| order != Replacement::DeleteFirst);
        let addresses: BTreeSet<String> = replaced.iter().map(|(address, _)| address.clone()).collect();
        if replaced.is_empty() || !plan.stops.is_empty() {
            ground.clear(&law, &sample.definitions).await;
            continue;
        }
        tried += 1;
        ground.weather.set(Forecast { refused: addresses, ..Forecast::default() });
        for run in ["first", "second"] {
            let refused = ground.session.apply(&changed).await;
            let refused = refused.unwrap_or_else(|refusal| panic!("{law}: the {run} run stops: {refusal:#?}"));
            assert!(!refused.outcome.is_complete(), "{law}: the {run} run cannot have done all");
            let lives = ground.lives(&law).await;
            for (address, id) in &replaced {
                assert!(
                    stands(&lives, id),
                    "{law}: {address} is gone after the {run} run, and nothing is in its place"
                );
            }
        }
        ground.weather.clear();
        ground.session.heard();
        ground.apply(&law, &changed).await;
        ground.settled(&law, &changed).await;
        ground.clear(&law, &changed).await;
    }
    assert!(tried > 0, "something in the sample is replaced by a successor that can stand beside it");
}

/// Every definition is replaced by request, though nothing differs, and everything stands as before; of those that are
/// held the plan says why they cannot be, and nothing is touched. What is written over in its place is
/// never gone, also when that is refused. Says how many were.
pub async fn replaced_on_request(ground: &Ground, sample: &Sample) -> usize {
    let mut written_over = 0;
    ground.apply("replaced on request", &sample.definitions).await;
    let (mut replaced, mut held) = (0, BTreeSet::new());
    for definition in sample.definitions.iter().filter(|one| one.schema.ownership != Ownership::Shared) {
        let law = format!("{} is replaced on request", definition.address);
        let before = ground.lives(&law).await;
        let options = Options { replace: vec![definition.address.to_string()], ..ground.session.converge() };
        ground.weather.clear();
        ground.session.heard();
        match ground.session.apply_with(&sample.definitions, &options).await {
            Ok(applied) => {
                let told = ground.session.heard();
                assert!(applied.outcome.is_complete(), "{law}: it was not done whole: {:#?}", troubles(&told));
                let calls = ground.weather.calls();
                if let Some(number) = calls.iter().position(Call::writes_over) {
                    assert!(!calls.iter().any(Call::deletes), "{law}: it is never gone: {calls:#?}");
                    refused_in_its_place(ground, sample, &options, number).await;
                    written_over += 1;
                }
                let own = applied.plan.changes.iter().find(|change| change.address == definition.address);
                let is = own.is_some_and(|change| {
                    change.reasons.iter().any(|reason| matches!(reason, Reason::Requested | Reason::WrittenOver))
                });
                assert!(is, "{law}: it was not: {:#?}", applied.plan.changes);
                replaced += 1;
            }
            Err(Refusal::Stopped(stops)) => {
                let may = |stop: &Stop| matches!(stop, Stop::StillReferred { .. } | Stop::Protected { .. });
                assert!(stops.iter().all(may), "{law}: {stops:#?}");
                assert_eq!(ground.lives(&law).await, before, "{law}: a stopped plan touches nothing");
                held.insert(definition.address.clone());
            }
            Err(refusal) => panic!("{law}: {refusal:#?}"),
        }
        ground.settled(&law, &sample.definitions).await;
    }
    if let Some(named) = &sample.held {
        assert_eq!(held, *named, "those that are not replaced on request are the ones that are named");
    }
    assert!(replaced > 0, "something was replaced");
    ground.clear("replaced on request", &sample.definitions).await;
    written_over
}

/// What is written over in its place, and refused there, stands as it was.
async fn refused_in_its_place(ground: &Ground, sample: &Sample, options: &Options, number: usize) {
    let law = format!("{} is not written over, as that is refused", options.replace.join(", "));
    let before = ground.lives(&law).await;
    ground.weather.set(Forecast::once(number, Moment::Before, Blow::Fault(FaultKind::Refused)));
    let refused = ground.session.apply_with(&sample.definitions, options).await;
    let refused = refused.unwrap_or_else(|refusal| panic!("{law}: the run stops: {refusal:#?}"));
    assert!(!refused.outcome.is_complete(), "{law}: it cannot have done all");
    let changed: Vec<Call> = ground.weather.changes();
    assert!(!changed.iter().any(Call::deletes), "{law}: nothing goes: {changed:#?}");
    ground.weather.clear();
    ground.session.heard();
    assert_eq!(ground.lives(&law).await, before, "{law}: it stands as it was");
}

/// The program dies right before a successor is made, and the code goes back: what stood stands, and is taken back.
pub async fn taken_back(fresh: impl Fn() -> Ground, sample: &Sample) {
    for variant in &sample.variants {
        let law = format!("{}: the code goes back after a death", variant.name());
        let ground = fresh();
        ground.apply(&law, &sample.definitions).await;
        let before =
            of(&ground.lives_of(&law, &sample.definitions).await, &sample.definitions, &variant.address).clone();
        let changed = sample.changed(variant);
        ground.weather.clear();
        let plan = ground.session.plan(&changed).await;
        let plan = plan.unwrap_or_else(|refusal| panic!("{law}: there is no plan: {refusal:#?}"));
        let own = |(address, _): &(String, String)| *address == variant.address.to_string();
        let first = replaced(&plan, |order| order == Replacement::CreateFirst);
        if !first.iter().any(own) || !plan.stops.is_empty() {
            ground.clear(&law, &sample.definitions).await;
            continue;
        }
        let number = dies_at(&ground, &changed, &variant.address.to_string()).await;
        if let Some(number) = number {
            let again = fresh();
            again.apply(&law, &sample.definitions).await;
            again.weather.set(Forecast::once(number, Moment::Before, Blow::Death));
            let survived = again.weather.survive(again.session.apply(&changed)).await;
            assert!(survived.is_none(), "{law}: it dies");
            again.session.bury().await;
            again.weather.clear();
            let plan = again.plan(&law, &sample.definitions).await;
            let deletes =
                |change: &&infra_engine::plan::Change| matches!(change.action, Action::Delete | Action::Replace(_));
            let own = plan.changes.iter().filter(|change| change.address == variant.address);
            assert_eq!(own.clone().filter(deletes).count(), 0, "{law}: the original stays: {:#?}", plan.changes);
            assert!(
                own.clone().all(|change| change.reasons.contains(&Reason::TakenBack)),
                "{law}: {:#?}",
                plan.changes
            );
            again.apply(&law, &sample.definitions).await;
            let lives = again.settled(&law, &sample.definitions).await;
            let key = &of(&lives, &sample.definitions, &variant.address).key;
            assert_eq!(*key, before.key, "{law}: it is what it was");
            again.clear(&law, &sample.definitions).await;
        }
        ground.clear(&law, &changed).await;
    }
}

/// The number of the call that makes the successor, in a run that is carried out whole.
async fn dies_at(ground: &Ground, changed: &[Definition], address: &str) -> Option<usize> {
    ground.weather.clear();
    ground.apply("calm weather", changed).await;
    ground.weather.calls().iter().position(|call: &Call| call.makes(address))
}

/// What a plan replaces, in an order of which this holds: addresses and identifiers.
fn replaced(plan: &Plan, holds: impl Fn(Replacement) -> bool) -> Vec<(String, String)> {
    let replaced = plan.changes.iter().filter(|change| match change.action {
        Action::Replace(order) => holds(order),
        Action::Create | Action::Update | Action::Delete => false,
    });
    replaced.filter_map(|change| Some((change.address.to_string(), change.id.clone()?))).collect()
}

fn stands(lives: &[Live], id: &str) -> bool {
    lives.iter().any(|live| live.id == id && live.state != State::Leaving)
}
