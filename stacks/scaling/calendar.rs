//! What the calendar says: minimums that move with the hours of the week, and seasons with more to do.
//!
//! A schedule moves the minimum alone and leaves the maximum to the season. A season must hold against the schedules,
//! which go on meanwhile: every few minutes it moves the bounds to its own again. When it is over they are put back.

use std::num::NonZeroU32;

use infra_aws::autoscaling::ScheduledAction;
use infra_engine::model::Stack;
use infra_values::{Rate, Schedule, TimeZone, Unit};

use super::Scaled;
use crate::environment::{Count, Recurring, Scaling, Season};

/// After so many minutes a season moves the bounds to its own again.
const MINUTES: NonZeroU32 = NonZeroU32::new(5).expect("five is not nought");

/// Adds the scheduled actions of a service.
pub(super) fn add(stack: &mut Stack, scaled: &Scaled<'_>) {
    let Scaling { schedules, zone, seasons, .. } = &scaled.environment.scaling;
    let Count { minimum, maximum, .. } = scaled.service.count;

    for (name, Recurring { at, factor }) in schedules {
        let action = ScheduledAction {
            schedule: at.clone().into(),
            zone: *zone,
            minimum: Some(Scaling::times(*factor, minimum)),
            ..action(scaled, name.as_str())
        };
        stack.add(format!("{}-{name}-schedule", scaled.name), action);
    }
    for (name, Season { from, to, factor }) in seasons {
        let season = ScheduledAction {
            start: Some(ScheduledAction::midnight(*from)),
            end: Some(ScheduledAction::midnight(*to)),
            minimum: Some(Scaling::times(*factor, minimum)),
            maximum: Some(Scaling::times(*factor, maximum)),
            ..action(scaled, name.as_str())
        };
        stack.add(format!("{}-{name}-season", scaled.name), season);
        // Once it has happened for the last time.
        let over = format!("{name}-over");
        let back = ScheduledAction {
            schedule: Schedule::At(ScheduledAction::midnight(*to).minutes_later(MINUTES.get())),
            minimum: Some(minimum),
            maximum: Some(maximum),
            ..action(scaled, &over)
        };
        stack.add(format!("{}-{name}-season-over", scaled.name), back);
    }
}

/// An action that happens every few minutes and moves nothing: each says when it does, and what it moves.
fn action(scaled: &Scaled<'_>, name: &str) -> ScheduledAction {
    ScheduledAction {
        target: scaled.target.id(),
        name: scaled.named(name),
        schedule: Schedule::Rate(Rate { every: MINUTES, unit: Unit::Minute }),
        zone: TimeZone::UTC,
        start: None,
        end: None,
        minimum: None,
        maximum: None,
    }
}
