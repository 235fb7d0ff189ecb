//! Cost Explorer and reports of usage: what bills are divided by, spend that is out of the ordinary, and who is told of it. One file for each
//! kind.
//!
//! What the kinds have in common is in `shared`. Budgets are elsewhere: see [`budgets`](crate::budgets).

mod allocation_tag;
mod monitor;
mod shared;
mod spend;
mod subscription;
mod usage_report;

pub use allocation_tag::{Activation, AllocationTag, AllocationTagKey};
pub use monitor::{AnomalyMonitor, AnomalyMonitorArn, Watch};
pub use spend::{Division, PRICE_OF_A_REQUEST, Question, Spend, SpendLine, spend};
pub use subscription::{Alerts, AnomalySubscription, AnomalySubscriptionArn};
pub use usage_report::{Companion, Detail, Grain, Layout, UsageReport, UsageReportName, Versions};
