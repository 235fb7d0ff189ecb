//! Cost Explorer: spend that is out of the ordinary, and who is told of it. One file for each kind.
//!
//! What the kinds have in common is in `shared`. Budgets are elsewhere: see [`budgets`](crate::budgets).

mod monitor;
mod shared;
mod subscription;

pub use monitor::{AnomalyMonitor, AnomalyMonitorArn, Watch};
pub use subscription::{Alerts, AnomalySubscription, AnomalySubscriptionArn};
