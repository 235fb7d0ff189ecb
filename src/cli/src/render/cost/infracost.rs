//! As Infracost writes its own: amounts are texts, what is unknown has no amount, and usage says that it is usage.

use infra_operate::cost::{Figures, PricedLine, ResourceCost, Sum};
use serde_json::{Value, json};

use super::CostPage;

/// The version of the form.
const VERSION: &str = "0.2";
/// The hours of a month.
const HOURS: i128 = infra_operate::cost::HOURS as i128;

/// What the code is expected to cost, as Infracost writes it. `time` is when it was written.
pub fn cost_infracost(page: &CostPage, time: &str) -> Value {
    let CostPage { owner, estimate, .. } = page;
    let (free, billed): (Vec<&ResourceCost>, Vec<&ResourceCost>) =
        estimate.resources.iter().partition(|resource| resource.free.is_some());
    let monthly = amount(estimate.total.expected);
    let hourly = hourly(estimate.total.expected);
    let usage: Figures = estimate
        .resources
        .iter()
        .flat_map(|resource| &resource.lines)
        .filter(|line| line.quantity[0] == "0")
        .map(|line| line.figures)
        .sum();
    let breakdown = json!({
        "resources": billed.iter().map(|resource| self::resource(resource)).collect::<Vec<_>>(),
        "freeResources": free.iter().map(|resource| json!({
            "name": resource.address, "resourceType": resource.kind, "metadata": {},
        })).collect::<Vec<_>>(),
        "totalHourlyCost": hourly,
        "totalMonthlyCost": monthly,
        "totalMonthlyUsageCost": amount(usage.expected),
    });
    let unsupported = estimate.resources.iter().filter(|resource| resource.unknown.is_some()).count();
    let summary = json!({
        "totalDetectedResources": estimate.resources.len(),
        "totalSupportedResources": estimate.resources.len() - unsupported,
        "totalUnsupportedResources": unsupported,
        "totalUsageBasedResources": billed.iter().filter(|resource| resource.lines.iter().any(is_usage)).count(),
        "totalNoPriceResources": free.len(),
        "unsupportedResourceCounts": {},
        "noPriceResourceCounts": {},
    });
    json!({
        "version": VERSION,
        "currency": "USD",
        "projects": [{
            "name": owner,
            "metadata": { "type": "infra" },
            "pastBreakdown": null,
            "breakdown": breakdown,
            "diff": null,
            "summary": summary,
        }],
        "totalHourlyCost": hourly,
        "totalMonthlyCost": monthly,
        "totalMonthlyUsageCost": amount(usage.expected),
        "timeGenerated": time,
        "summary": summary,
    })
}

fn resource(resource: &ResourceCost) -> Value {
    json!({
        "name": resource.address,
        "resourceType": resource.kind,
        "metadata": {},
        "hourlyCost": hourly(resource.figures.expected),
        "monthlyCost": amount(resource.figures.expected),
        "costComponents": resource.lines.iter().map(component).collect::<Vec<_>>(),
    })
}

fn component(line: &PricedLine) -> Value {
    let PricedLine { what, price: _, usd, unit, quantity: [_, expected, _], figures, by_usage: _ } = line;
    json!({
        "name": what,
        "unit": unit,
        "hourlyQuantity": null,
        "monthlyQuantity": expected,
        "price": usd.map_or("0".to_owned(), |usd| usd.exact()),
        "hourlyCost": hourly(figures.expected),
        "monthlyCost": amount(figures.expected),
        "usageBased": is_usage(line),
        "priceNotFound": usd.is_none(),
    })
}

/// True for what nothing is paid of unless something is used.
fn is_usage(line: &PricedLine) -> bool {
    line.quantity[0] == "0"
}

fn amount(sum: Sum) -> Value {
    if sum.unknown > 0 && sum.known.is_zero() { Value::Null } else { sum.known.exact().into() }
}

fn hourly(sum: Sum) -> Value {
    let hour = infra_operate::cost::Fraction::of(1, HOURS);
    if sum.unknown > 0 && sum.known.is_zero() { Value::Null } else { sum.known.times(hour).exact().into() }
}
