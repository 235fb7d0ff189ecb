//! Budgets: to be told is free.

use infra_aws::budgets::Budget;

use super::free;

free!(Budget: "a budget that only tells people costs nothing");
