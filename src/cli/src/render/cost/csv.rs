//! For spreadsheets: a line for each line of the bill. What is unknown is empty, and never nought.

use infra_operate::cost::{PricedLine, ResourceCost, Sum};

use super::CostPage;

const HEAD: &str = "stack,address,kind,what,price,usd,unit,quantity_floor,quantity_expected,quantity_ceiling,\
                    floor,expected,ceiling,by_usage\n";

/// What the code costs, as comma-separated values.
pub fn cost_csv(page: &CostPage) -> String {
    let resources = page.estimate.resources.iter();
    let lines = resources.flat_map(|resource| resource.lines.iter().map(move |line| row(resource, line)));
    HEAD.to_owned() + &lines.collect::<String>()
}

fn row(resource: &ResourceCost, line: &PricedLine) -> String {
    let PricedLine { what, price, usd, unit, quantity: [least, expected, most], figures, by_usage } = line;
    let amount = |sum: Sum| if sum.unknown > 0 { String::new() } else { sum.known.exact() };
    let cells = [
        resource.stack().to_owned(),
        resource.address.clone(),
        resource.kind.clone(),
        what.clone(),
        price.clone().unwrap_or_default(),
        usd.map(|usd| usd.exact()).unwrap_or_default(),
        unit.clone(),
        least.clone(),
        expected.clone(),
        most.clone(),
        amount(figures.floor),
        amount(figures.expected),
        amount(figures.ceiling),
        by_usage.clone().unwrap_or_default(),
    ];
    cells.map(|cell| quoted(&cell)).join(",") + "\n"
}

/// A cell that a spreadsheet reads as text, whatever stands in it.
fn quoted(cell: &str) -> String {
    let cell = if cell.starts_with(['=', '@', '+']) { format!("'{cell}") } else { cell.to_owned() };
    if cell.contains([',', '"', '\n', '\r']) { format!("\"{}\"", cell.replace('"', "\"\"")) } else { cell }
}
