//! Steps sorted so that each comes after what it waits for, and numbered anew. Pure.

use std::collections::{BTreeMap, BTreeSet};

use super::{Edge, Step, StepId, Verb};
use crate::model::Address;

/// The steps in an order that can be carried out, and what stands in a circle if there is no such order. Where a soft
/// edge would close a circle, it is dropped.
pub(in crate::plan) fn in_order(mut steps: Vec<Step>) -> (Vec<Step>, Option<Vec<Address>>) {
    let mut circle = None;
    let mut order: Vec<StepId> = Vec::with_capacity(steps.len());
    while order.len() < steps.len() {
        let ready = steps
            .iter()
            .find(|step| !order.contains(&step.id) && step.after.iter().all(|edge| order.contains(&edge.step)));
        match ready.map(|step| step.id) {
            Some(id) => order.push(id),
            None if relax(&mut steps, &order) => {}
            None => {
                let stuck = steps.iter().filter(|step| !order.contains(&step.id));
                let addresses: BTreeSet<Address> = stuck.map(|step| step.address.clone()).collect();
                circle.get_or_insert_with(|| addresses.into_iter().collect());
                break_open(&mut steps, &order);
            }
        }
    }
    let places: BTreeMap<StepId, usize> = order.iter().enumerate().map(|(place, id)| (*id, place)).collect();
    for step in &mut steps {
        step.id = StepId(places[&step.id]);
        for edge in &mut step.after {
            edge.step = StepId(places[&edge.step]);
        }
    }
    steps.sort_by_key(|step| step.id);
    (steps, circle)
}

/// Drops one edge that holds the rest up: one that is not firm if there is one; otherwise one between two deletes. False
/// when there is neither.
///
/// Firm edges close a circle only when live resources refer to each other in one; the cloud then refuses until
/// one has let go, and the delete is repeated. A create in a place that is not free is not.
fn relax(steps: &mut [Step], done: &[StepId]) -> bool {
    let deletes: Vec<bool> = steps.iter().map(|step| step.verb() == Verb::Delete).collect();
    drop_first(steps, done, |_, edge| !edge.firm)
        || drop_first(steps, done, |step, edge| deletes[step.0] && deletes[edge.step.0])
}

/// Drops any edge, of steps that nobody will carry out.
fn break_open(steps: &mut [Step], done: &[StepId]) {
    drop_first(steps, done, |_, _| true);
}

fn drop_first(steps: &mut [Step], done: &[StepId], may_go: impl Fn(StepId, &Edge) -> bool) -> bool {
    for step in steps.iter_mut().filter(|step| !done.contains(&step.id)) {
        let open = step.after.iter().position(|edge| !done.contains(&edge.step) && may_go(step.id, edge));
        if let Some(position) = open {
            step.after.remove(position);
            return true;
        }
    }
    false
}
