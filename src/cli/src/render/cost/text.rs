//! For people: stacks, below them what costs something, and what must be known to read it right.

use std::collections::BTreeMap;

use infra_operate::cost::{Figures, Money, PricedLine, ResourceCost};

use super::CostPage;
use crate::render::paint::Paint;
use crate::render::plural::{RESOURCES, counted};
use crate::render::{WIDTH, wrapped};

/// How many small ones of a kind have a line each.
const FEW: usize = 3;
/// How wide a column of dollars is.
const COLUMN: usize = 13;

/// What the code costs, for people.
pub fn cost_text(page: &CostPage, paint: Paint) -> String {
    let CostPage { owner, estimate, .. } = page;
    let mut out =
        format!("Cost of {}, in a month of 730 hours, at list prices of {}:\n\n", paint.bold(owner), estimate.region);
    out += &paint.dim(row("", ["floor", "expected", "ceiling"].map(str::to_owned)));
    out.push('\n');
    for stack in &estimate.stacks {
        out += &format!("{}\n", paint.bold(figures_row(&stack.stack, stack.figures)));
        let of_stack = estimate.resources.iter().filter(|resource| resource.stack() == stack.stack);
        let (small, own): (Vec<_>, Vec<_>) =
            of_stack.filter(|each| costs_something(each)).partition(|each| is_small(each));
        let mut kinds: BTreeMap<&str, Vec<&ResourceCost>> = BTreeMap::new();
        small.into_iter().for_each(|each| kinds.entry(&each.kind).or_default().push(each));
        let (folded, few): (Vec<_>, Vec<_>) = kinds.into_iter().partition(|(_, each)| each.len() > FEW);
        for resource in own.into_iter().chain(few.into_iter().flat_map(|(_, each)| each)) {
            out += &format!("{}\n", figures_row(&format!("  {}", resource.address), resource.figures));
            for line in resource.lines.iter().filter(|line| !line.figures.is_nothing()) {
                out += &format!("{}\n", paint.dim(told(line)));
            }
        }
        for (kind, each) in folded {
            let sum: Figures = each.iter().map(|resource| resource.figures).sum();
            out += &format!("{}\n", figures_row(&format!("  {} of the kind {kind}", each.len()), sum));
        }
    }
    out += &format!("{}\n\n", paint.bold(figures_row("total", estimate.total)));
    let free = estimate.resources.iter().filter(|resource| !costs_something(resource)).count();
    if free > 0 {
        out += &format!("{} more cost nothing, or only by usage.\n", counted(free, RESOURCES));
    }
    for remark in page.remarks() {
        out += &format!("{}\n", wrapped(&remark, 2));
    }
    let total = estimate.total;
    let closing = format!("floor {}, expected {}, ceiling {}.", total.floor, total.expected, total.ceiling);
    out += &format!("\n{}\n", paint.bold(wrapped(&format!("Cost: {closing}"), 2)));
    out
}

/// True for what is told with others of its kind: it costs less than a dollar, or nobody knows.
fn is_small(resource: &ResourceCost) -> bool {
    resource.figures.ceiling.known < Money::dollars(1)
}

pub(super) fn costs_something(resource: &ResourceCost) -> bool {
    !resource.figures.is_nothing()
}

/// `3 × $0.219 for an hour of …`: how the figure comes about.
fn told(line: &PricedLine) -> String {
    let PricedLine { what, price, usd, unit, quantity: [floor, expected, ceiling], .. } = line;
    let mut many = floor.clone();
    if expected != floor {
        many += &format!(" … {expected}");
    }
    if ceiling != expected {
        many += &format!(" … {ceiling}");
    }
    let price = match (usd, price) {
        (Some(_), None) => " dollars".to_owned(),
        (Some(usd), Some(_)) => format!(" × {}/{unit}", usd.as_price()),
        (None, _) => " × a price that nobody has seen".to_owned(),
    };
    wrapped(&format!("      {what}: {many}{price}"), 8)
}

fn figures_row(name: &str, figures: Figures) -> String {
    row(name, [figures.floor, figures.expected, figures.ceiling].map(|sum| sum.short()))
}

/// A name and three columns; a name that is too long has a line of its own.
fn row(name: &str, columns: [String; 3]) -> String {
    let width = WIDTH - 3 * COLUMN;
    let columns: String = columns.iter().map(|column| format!("{column:>COLUMN$}")).collect();
    if name.chars().count() < width {
        format!("{name:width$}{columns}")
    } else {
        format!("{name}\n{:width$}{columns}", "")
    }
}
