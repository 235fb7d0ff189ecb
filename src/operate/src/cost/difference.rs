//! What a plan does to the bill: before, after and the difference, of each resource and of all of it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::estimate::{Estimate, PricedLine, ResourceCost};
use super::figures::Figures;

/// What a plan does to the bill.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Difference {
    /// What everything that the plan looks at costs before it.
    pub before: Figures,
    /// What it costs after it.
    pub after: Figures,
    /// After less before.
    pub difference: Figures,
    /// Each resource whose cost moves, also where it does not change itself: a service costs more when its minimum rises.
    pub changes: Vec<ChangedCost>,
}

/// What becomes of a resource's cost.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChangedCost {
    /// Its address.
    pub address: String,
    /// Its kind.
    pub kind: String,
    /// What it costs before.
    pub before: Figures,
    /// What it costs after.
    pub after: Figures,
    /// After less before.
    pub difference: Figures,
}

impl Difference {
    /// What lies between two estimates.
    pub fn between(before: &Estimate, after: &Estimate) -> Difference {
        let mut sides: BTreeMap<(&str, &str), [Vec<&ResourceCost>; 2]> = BTreeMap::new();
        for (side, estimate) in [before, after].into_iter().enumerate() {
            for resource in &estimate.resources {
                sides.entry((&resource.address, &resource.kind)).or_default()[side].push(resource);
            }
        }
        let change = |((address, kind), [before, after]): ((&str, &str), [Vec<&ResourceCost>; 2])| {
            let difference = less(&after, &before)?;
            Some(ChangedCost {
                address: address.to_owned(),
                kind: kind.to_owned(),
                before: before.iter().map(|resource| resource.figures).sum(),
                after: after.iter().map(|resource| resource.figures).sum(),
                difference,
            })
        };
        let changes: Vec<ChangedCost> = sides.into_iter().filter_map(change).collect();
        Difference {
            before: before.total,
            after: after.total,
            difference: changes.iter().map(|change| change.difference).sum(),
            changes,
        }
    }

    /// What becomes of the cost of the resource at an address, if it moves.
    pub fn of(&self, address: &str, kind: &str) -> Option<&ChangedCost> {
        self.changes.iter().find(|change| change.address == address && change.kind == kind)
    }
}

/// What is more of some resources than of others; `None` where they are billed for the same. An unknown line that both
/// have is no difference; one that either has alone makes the difference unknown by that much.
fn less(after: &[&ResourceCost], before: &[&ResourceCost]) -> Option<Figures> {
    let mut left: Vec<&PricedLine> = before.iter().flat_map(|resource| &resource.lines).collect();
    let mut more: Vec<&PricedLine> = Vec::new();
    for line in after.iter().flat_map(|resource| &resource.lines) {
        match left.iter().position(|earlier| *earlier == line) {
            Some(position) => drop(left.swap_remove(position)),
            None => more.push(line),
        }
    }
    let unreadable = after.iter().chain(before).filter(|resource| resource.unknown.is_some());
    let unreadable: Figures = unreadable.map(|resource| resource.figures).sum();
    if left.is_empty() && more.is_empty() && unreadable.is_nothing() {
        return None;
    }
    let added: Figures = more.into_iter().map(|line| line.figures).sum();
    let gone: Figures = left.into_iter().map(|line| line.figures).sum();
    Some(added.less(gone) + unreadable)
}
