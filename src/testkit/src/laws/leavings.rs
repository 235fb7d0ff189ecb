//! What leaves the code goes: alone, with what needs it, as the last of its kind, and when the records are lost.

use std::collections::BTreeSet;
use std::sync::Arc;

use infra_engine::graph::Graph;
use infra_engine::model::{Address, Definition};
use infra_engine::plan::{Action, Stop};
use infra_engine::record::{Extent, MemoryStore, delete_records};

use super::ground::Ground;
use super::sample::Sample;
use crate::session::Refusal;

/// Removes every definition in turn, with all that need it, and puts it back.
pub async fn leavings(ground: &mut Ground, sample: &Sample) {
    let law = "leavings";
    ground.apply(law, &sample.definitions).await;
    let graph = Graph::build(sample.definitions.clone()).expect("the definitions of a sample fit together");
    for definition in &sample.definitions {
        let law = format!("{} leaves the code", definition.address);
        let gone = graph.with_dependents([definition.address.clone()]);
        let rest = without(&sample.definitions, &gone);
        let plan = ground.plan(&law, &rest).await;
        let deleted = plan.changes.iter().filter(|change| change.action == Action::Delete);
        let deleted: BTreeSet<Address> = deleted.map(|change| change.address.clone()).collect();
        assert_eq!(deleted, gone, "{law}: exactly that goes");
        assert_eq!(plan.changes.len(), gone.len(), "{law}: nothing else changes: {:#?}", plan.changes);
        ground.apply(&law, &rest).await;
        ground.settled(&law, &rest).await;
        assert_eq!(ground.lives(&law).await.len(), rest.len(), "{law}: the rest is there");
        ground.apply(&law, &sample.definitions).await;
        ground.settled(&law, &sample.definitions).await;
    }
    let law = "everything leaves the code, and the records are lost";
    delete_records(&*ground.session.store, &ground.session.owner, Extent::Everything)
        .await
        .expect("records can be deleted");
    ground.session.store = Arc::new(MemoryStore::default());
    let before = ground.lives(law).await;
    let stopped = ground.session.apply(&[]).await;
    let unproven = |stop: &Stop| matches!(stop, Stop::Unproven { .. });
    assert!(
        matches!(&stopped, Err(Refusal::Stopped(stops)) if stops.iter().all(unproven)),
        "{law}: nothing is deleted that only its tags say is ours: {stopped:#?}"
    );
    assert_eq!(ground.lives(law).await, before, "{law}: nothing has changed");
    ground.session.confirm().await.expect("the records can be written");
    ground.apply(law, &[]).await;
    let left = ground.lives(law).await;
    assert!(left.is_empty(), "{law}: {left:#?}");
    ground.settled(law, &[]).await;
}

fn without(definitions: &[Definition], gone: &BTreeSet<Address>) -> Vec<Definition> {
    definitions.iter().filter(|definition| !gone.contains(&definition.address)).cloned().collect()
}
