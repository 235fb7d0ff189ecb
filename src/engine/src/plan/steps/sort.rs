//! Steps sorted so that each comes after what it waits for, and numbered anew. Pure.

use std::collections::BTreeMap;

use super::{Edge, Step, StepId, Verb};

/// The steps in an order that can be carried out. Where an order that is only kind would close a circle, it is dropped.
pub(in crate::plan) fn in_order(mut steps: Vec<Step>) -> Vec<Step> {
    let mut order: Vec<StepId> = Vec::with_capacity(steps.len());
    while order.len() < steps.len() {
        let ready = steps
            .iter()
            .find(|step| !order.contains(&step.id) && step.after.iter().all(|edge| order.contains(&edge.step)));
        match ready.map(|step| step.id) {
            Some(id) => order.push(id),
            None => relax(&mut steps, &order),
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
    steps
}

/// Drops one edge that holds the rest up: one that is not firm if there is one; otherwise one between two deletes.
///
/// Firm edges close a circle only when live resources refer to each other in one; the cloud then refuses until
/// one has let go, and the delete is repeated. A create in a place that is not free is not.
fn relax(steps: &mut [Step], done: &[StepId]) {
    let deletes: Vec<bool> = steps.iter().map(|step| step.verb() == Verb::Delete).collect();
    let soft = |_: &Step, edge: &Edge| !edge.firm;
    let repeated = |step: &Step, edge: &Edge| deletes[step.id.0] && deletes[edge.step.0];
    let any = |_: &Step, _: &Edge| true;
    for sort in [&soft as &dyn Fn(&Step, &Edge) -> bool, &repeated, &any] {
        for step in steps.iter_mut().filter(|step| !done.contains(&step.id)) {
            let open = step.after.iter().position(|edge| !done.contains(&edge.step) && sort(step, edge));
            if let Some(position) = open {
                step.after.remove(position);
                return;
            }
        }
    }
}
