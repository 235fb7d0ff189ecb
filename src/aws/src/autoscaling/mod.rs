//! Application Auto Scaling: how many tasks of a service, or machines of a fleet, there are. One file for each kind.
//!
//! A scalable target says between which bounds; policies and scheduled actions say when, and belong to their target.
//! What they have in common is in `place` (what is scaled) and `policies` (how all three kinds of policies are kept).

mod fights;
mod metric;
mod place;
mod policies;
mod predictive_policy;
mod scalable_target;
mod scheduled_action;
mod step_policy;
mod target_tracking_policy;

pub use crate::cloudwatch::Statistic;
pub use metric::{CustomMetric, Predefined};
pub use place::ScalableResource;
pub use policies::ScalingPolicyArn;
pub use predictive_policy::{Beyond, Load, Mode, PredictivePolicy, PredictivePolicyId};
pub(crate) use scalable_target::bounds_of_fleets;
pub use scalable_target::{ScalableTarget, ScalableTargetArn, ScalableTargetId, Suspended};
pub use scheduled_action::{ScheduledAction, ScheduledActionId};
pub use step_policy::{Adjustment, Aggregation, Step, StepPolicy, StepPolicyId};
pub use target_tracking_policy::{TargetTrackingPolicy, TargetTrackingPolicyId, Tracked};
