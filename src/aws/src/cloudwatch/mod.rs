//! CloudWatch: alarms and dashboards. One file for each kind.
//!
//! What they look at is in `metric` (a metric, and what is made of its values); the metrics that AWS keeps by itself
//! are in [`metrics`]. Scaling policies follow the same metrics: see [`autoscaling`](crate::autoscaling).

mod alarm;
mod dashboard;
mod metric;
pub mod metrics;
mod tags;

pub use alarm::{Action, Alarm, AlarmArn, AlarmName, Condition, Evaluation, Math, Missing, Term, Watched};
pub use dashboard::{
    AlarmStates, Axis, Body, Content, Dashboard, DashboardArn, DashboardName, Graph, Line, Mark, Place, Shown, View,
    Widget,
};
pub use metric::{Measure, Metric, Statistic, Summary};
