//! What is changed outside is seen, is said to be changed outside, and is put right.

use std::collections::BTreeSet;
use std::time::Duration;

use infra_engine::live::{FaultKind, Retag, State};
use infra_engine::model::{Address, Ownership, Tags};
use infra_engine::plan::{Cause, Note, Plan, Reason};

use super::changes::{of, resolved};
use super::ground::Ground;
use super::sample::{Sample, Variant, is_seen};

/// How often what is being changed is looked at, and how long the pause between two looks becomes.
const LOOKS: usize = 40;
const LONGEST: Duration = Duration::from_secs(5);

/// Every field that changes in place is changed by the kind's own update, once, and every name tag by its own retag.
pub async fn drift(ground: &Ground, sample: &Sample) {
    let law = "drift";
    ground.apply(law, &sample.definitions).await;
    let mut tried = BTreeSet::new();
    for variant in &sample.variants {
        let kind = sample.definition(&variant.address).schema.kind;
        let fields: Vec<&str> = variant.values.iter().map(|(field, _)| field.name).collect();
        if variant.replaces() || variant.is_unseen() || !tried.insert((kind, fields)) {
            continue;
        }
        let law = format!("{} is changed outside", variant.name());
        outside(ground, &law, sample, variant).await;
        let plan = ground.plan(&law, &sample.definitions).await;
        if sample.definition(&variant.address).schema.ownership == Ownership::Shared {
            left_alone(&law, &plan, sample, &variant.address);
            let mut options = ground.session.converge();
            options.replace.push(variant.address.to_string());
            let put_right = ground.session.apply_with(&sample.definitions, &options).await;
            put_right.unwrap_or_else(|refusal| panic!("{law}: {refusal:?}"));
            ground.settled(&law, &sample.definitions).await;
            continue;
        }
        only_drift(&law, &plan, sample, &variant.address);
        if variant.no_way_back.is_some() {
            ground.clear(&law, &sample.definitions).await;
        }
        ground.apply(&law, &sample.definitions).await;
        ground.settled(&law, &sample.definitions).await;
    }
    for definition in &sample.definitions {
        if definition.schema.ownership != Ownership::Tags {
            continue;
        }
        let law = format!("{}: its tags are changed outside", definition.address);
        let lives = ground.lives_of(&law, &sample.definitions).await;
        let live = of(&lives, &sample.definitions, &definition.address);
        let kind = ground.session.registry.kind(live.kind).expect("what is live is of a kind that the registry knows");
        let retag = Retag { set: Tags::from([("Name".to_owned(), "somebody else".to_owned())]), remove: Vec::new() };
        kind.retag(live, &retag).await.unwrap_or_else(|fault| panic!("{law}: {fault}"));
        let plan = ground.plan(&law, &sample.definitions).await;
        only_drift(&law, &plan, sample, &definition.address);
        ground.apply(&law, &sample.definitions).await;
        ground.settled(&law, &sample.definitions).await;
    }
    ground.clear(law, &sample.definitions).await;
}

fn only_drift(law: &str, plan: &Plan, sample: &Sample, address: &Address) {
    let [change] = plan.changes.as_slice() else { panic!("{law}: one thing drifted: {:#?}", plan.changes) };
    assert_eq!(change.address, *address, "{law}");
    assert_eq!(plan.unchanged, sample.definitions.len() - 1, "{law}: everything else stands");
    let reasons = change.reasons.iter().filter(|reason| !matches!(reason, Reason::CannotChange(_)));
    assert_eq!(reasons.collect::<Vec<_>>(), [&Reason::Drifted], "{law}: {change:#?}");
    let mut causes = change.fields.iter().map(|field| &field.cause).chain(change.tags.iter().map(|tag| &tag.cause));
    assert!(causes.all(|cause| *cause == Cause::Drift), "{law}: {change:#?}");
}

/// What the whole account shares is left as somebody else has set it, and the plan says so.
fn left_alone(law: &str, plan: &Plan, sample: &Sample, address: &Address) {
    assert!(plan.changes.is_empty(), "{law}: {:#?}", plan.changes);
    assert_eq!(plan.unchanged, sample.definitions.len(), "{law}: everything stands");
    let said = |note: &Note| matches!(note, Note::SharedDiffers { address: of, .. } if of == address);
    assert!(plan.notes.iter().any(said), "{law}: {:#?}", plan.notes);
}

/// Changes it by the kind's own update, until nothing is left to change: some kinds take one change at a time.
async fn outside(ground: &Ground, law: &str, sample: &Sample, variant: &Variant) {
    let mut pause = Duration::from_millis(50);
    for _ in 0..LOOKS {
        let lives = ground.lives_of(law, &sample.definitions).await;
        let live = of(&lives, &sample.definitions, &variant.address);
        let kind = ground.session.registry.kind(live.kind).expect("what is live is of a kind that the registry knows");
        let there = variant.document(&sample.definition(&variant.address).document);
        let there = kind.canonical(&resolved(&there, &lives, &sample.definitions));
        if !matches!(live.state, State::Pending(_)) {
            let mut seen = variant.values.iter().filter(|(field, _)| is_seen(field));
            if seen.all(|(field, _)| live.document.field(field.name) == there.field(field.name)) {
                return;
            }
            match kind.update(live, &there).await {
                Err(fault) if fault.kind != FaultKind::Busy => panic!("{law}: {fault}"),
                Ok(()) | Err(_) => {}
            }
        }
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(LONGEST);
    }
    panic!("{law}: it does not come to rest");
}
