//! Budgets: limits of what may be spent, and who is told when they are neared.
//!
//! What is counted is in `filter`, and when somebody is told is in `trigger`.

mod budget;
mod filter;
mod trigger;

pub use crate::sns::TopicArn;
pub use budget::{Audience, Budget, BudgetArn, BudgetName, Period};
pub use filter::Filter;
pub use trigger::{Comparison, Spend, Threshold, Trigger, TriggerError};
