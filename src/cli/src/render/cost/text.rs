//! For people: stacks, below them what costs something, and what must be known to read it right.

use infra_operate::cost::{Figures, PricedLine, ResourceCost};

use super::CostPage;
use crate::render::paint::Paint;
use crate::render::plural::{RESOURCES, counted};
use crate::render::{WIDTH, wrapped};

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
        for resource in of_stack.filter(|resource| costs_something(resource)) {
            out += &format!("{}\n", figures_row(&format!("  {}", resource.address), resource.figures));
            for line in resource.lines.iter().filter(|line| !line.figures.is_nothing()) {
                out += &format!("{}\n", paint.dim(told(line)));
            }
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

pub(super) fn costs_something(resource: &ResourceCost) -> bool {
    !resource.figures.is_nothing()
}

/// `3 × $0.219 for an hour of …`: how the figure comes about.
fn told(line: &PricedLine) -> String {
    let PricedLine { what, usd, unit, quantity: [floor, expected, ceiling], .. } = line;
    let mut many = floor.clone();
    if expected != floor {
        many += &format!(" … {expected}");
    }
    if ceiling != expected {
        many += &format!(" … {ceiling}");
    }
    let price = usd.map_or("a price that nobody has seen".to_owned(), |usd| format!("${}", usd.exact()));
    let unit = if unit.is_empty() { String::new() } else { format!(" a {unit}") };
    wrapped(&format!("      {what}: {many} × {price}{unit}"), 8)
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
