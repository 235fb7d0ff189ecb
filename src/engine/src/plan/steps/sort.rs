//! Steps sorted so that each comes after what it waits for, and numbered anew. Pure.

use std::collections::BTreeSet;

use super::{Edge, Step, StepId, Verb};
use crate::model::Address;

/// The steps in an order that can be carried out, and what stands in a circle if there is no such order. Where a soft
/// edge would close a circle, it is dropped.
pub(in crate::plan) fn in_order(mut steps: Vec<Step>) -> (Vec<Step>, Option<Vec<Address>>) {
    let mut circle = None;
    let mut order: Vec<StepId> = Vec::with_capacity(steps.len());
    let mut done = vec![false; steps.len()];
    while order.len() < steps.len() {
        take_ready(&steps, &mut order, &mut done);
        if order.len() == steps.len() || relax(&mut steps, &done) {
            continue;
        }
        let stuck = steps.iter().filter(|step| !done[step.id.0]);
        let addresses: BTreeSet<Address> = stuck.map(|step| step.address.clone()).collect();
        circle.get_or_insert_with(|| addresses.into_iter().collect());
        break_open(&mut steps, &done);
    }
    let mut places = vec![StepId(0); steps.len()];
    for (place, id) in order.iter().enumerate() {
        places[id.0] = StepId(place);
    }
    for step in &mut steps {
        step.id = places[step.id.0];
        for edge in &mut step.after {
            edge.step = places[edge.step.0];
        }
    }
    steps.sort_by_key(|step| step.id);
    (steps, circle)
}

/// Takes every step for which nothing is left to wait for, always the first of those that are ready.
fn take_ready(steps: &[Step], order: &mut Vec<StepId>, done: &mut [bool]) {
    let mut waits_for = vec![0_usize; steps.len()];
    let mut waiting: Vec<Vec<StepId>> = vec![Vec::new(); steps.len()];
    for step in steps.iter().filter(|step| !done[step.id.0]) {
        for edge in step.after.iter().filter(|edge| !done[edge.step.0]) {
            waits_for[step.id.0] += 1;
            waiting[edge.step.0].push(step.id);
        }
    }
    let free = steps.iter().map(|step| step.id).filter(|id| !done[id.0] && waits_for[id.0] == 0);
    let mut ready: BTreeSet<StepId> = free.collect();
    while let Some(id) = ready.pop_first() {
        order.push(id);
        done[id.0] = true;
        for later in &waiting[id.0] {
            waits_for[later.0] -= 1;
            if waits_for[later.0] == 0 {
                ready.insert(*later);
            }
        }
    }
}

/// Drops one edge that holds the rest up: one that is not firm if there is one; otherwise one between two deletes. False
/// when there is neither.
///
/// Firm edges close a circle only when live resources refer to each other in one; the cloud then refuses until
/// one has let go, and the delete is repeated. A create in a place that is not free is not.
fn relax(steps: &mut [Step], done: &[bool]) -> bool {
    let deletes: Vec<bool> = steps.iter().map(|step| step.verb() == Verb::Delete).collect();
    drop_first(steps, done, |_, edge| !edge.firm)
        || drop_first(steps, done, |step, edge| deletes[step.0] && deletes[edge.step.0])
}

/// Drops any edge, of steps that nobody will carry out.
fn break_open(steps: &mut [Step], done: &[bool]) {
    drop_first(steps, done, |_, _| true);
}

fn drop_first(steps: &mut [Step], done: &[bool], may_go: impl Fn(StepId, &Edge) -> bool) -> bool {
    for step in steps.iter_mut().filter(|step| !done[step.id.0]) {
        let open = step.after.iter().position(|edge| !done[edge.step.0] && may_go(step.id, edge));
        if let Some(position) = open {
            step.after.remove(position);
            return true;
        }
    }
    false
}
