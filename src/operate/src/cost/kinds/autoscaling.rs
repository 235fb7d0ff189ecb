//! Application Auto Scaling: it costs nothing itself, and the alarms that it makes cost what alarms cost.

use infra_aws::autoscaling::{
    Predefined, PredictivePolicy, ScalableTarget, ScheduledAction, StepPolicy, TargetTrackingPolicy, Tracked,
};

use super::{Priced, free};
use crate::cost::{Around, Costs, Line, Quantity};

free!(
    PredictivePolicy: "forecasts cost nothing; the tasks that they start do, at their service",
    ScalableTarget: "the tasks cost, at their service",
    ScheduledAction: "the tasks cost, at their service: its floor follows the calendar",
    StepPolicy: "its alarm costs, where that is defined",
);

/// AWS makes one alarm for the way out and one for the way in.
const ALARMS: u32 = 2;

impl Priced for TargetTrackingPolicy {
    fn costs(&self, _: &Around<'_>) -> Costs {
        let quick =
            matches!(self.metric, Tracked::Predefined(Predefined::ServiceCpuQuick | Predefined::ServiceMemoryQuick));
        let price = if quick { "cloudwatch.alarm.quick.month" } else { "cloudwatch.alarm.month" };
        let what = "alarms that AWS makes for the policy";
        Costs::Lines(vec![Line::of(what, price, Quantity::always(ALARMS))])
    }
}
