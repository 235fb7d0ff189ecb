//! What may be spent: the budget that the platform itself declares.

use infra_aws::budgets::{Budget, Period};
use infra_engine::model::Resource;

use super::inventory::Inventory;
use super::money::Money;

/// The smallest budget for a month that is declared among these resources.
pub fn limit(inventory: &Inventory) -> Option<Money> {
    let budgets = inventory.items().iter().filter(|item| item.kind == Budget::SCHEMA.kind);
    let monthly = budgets
        .filter_map(|item| item.document.reveal::<Budget>().ok())
        .filter(|budget| budget.period == Period::Monthly);
    monthly.filter_map(|budget| budget.limit.to_string().parse().ok()).min()
}
