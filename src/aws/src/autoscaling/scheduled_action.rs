//! A scheduled action: when the bounds of a scalable target move, and where to.

use std::num::NonZeroU32;
use std::sync::Arc;

use aws_sdk_applicationautoscaling::primitives::DateTime;
use aws_sdk_applicationautoscaling::types::{ScalableTargetAction, ScheduledAction as Live, ServiceNamespace};
use infra_derive::Resource;
use infra_engine::check::{Rule, Severity, Surroundings, Violation};
use infra_engine::live::{Ask, Behaviour, Fault, FaultKind, Found, GoneIsFine, Order, Retag, State};
use infra_engine::model::{Ref, Tags, UnixTime};
use infra_values::{Date, Moment, Rate, Schedule, TimeZone, Unit};
use serde::{Deserialize, Serialize};

use super::fights;
use super::place::{Place, sorted, sorted_on_target, sorted_reading, with_tried};
use super::policies::name_fits;
use super::scalable_target::ScalableTargetId;
use crate::pages::each;
use crate::{Aws, Sorted};

/// A scheduled action: when the bounds of a scalable target move, and where to.
///
/// ```
/// use infra_aws::autoscaling::ScheduledAction;
/// use infra_derive::cron;
/// use infra_engine::model::Ref;
/// use infra_values::TimeZone;
///
/// let action = ScheduledAction {
///     target: Ref::known("service/shop/shop-web"),
///     name: "shop-web-business-hours".into(),
///     schedule: cron!("0 8 ? * MON-FRI *").into(),
///     zone: TimeZone::UTC,
///     start: None,
///     end: None,
///     minimum: Some(4),
///     maximum: Some(10),
/// };
/// ```
///
/// One that happens once, or not after an end, is gone when its time is past. It is not made any more then, and can be
/// taken out of the code.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Resource)]
#[resource(kind = "autoscaling/scheduled-action", id = ScheduledActionId)]
#[resource(parent(field = "target", kind = "autoscaling/scalable-target"))]
pub struct ScheduledAction {
    /// Whose bounds move.
    #[key]
    pub target: Ref<ScalableTargetId>,
    /// Its name, unique among the target's actions.
    #[key]
    pub name: String,
    /// When.
    pub schedule: Schedule,
    /// In which zone the schedule is meant.
    pub zone: TimeZone,
    /// Not before, in UTC.
    pub start: Option<Moment>,
    /// Not after, in UTC.
    pub end: Option<Moment>,
    /// Then so many at least; without a number the minimum stays.
    pub minimum: Option<u32>,
    /// Then so many at most; without a number the maximum stays.
    pub maximum: Option<u32>,
}

const DESCRIBE: &str = "application-autoscaling:DescribeScheduledActions";

impl Behaviour for ScheduledAction {
    type Cloud = Aws;

    const WRITES_OVER: bool = true;

    const ACTIONS: &'static [&'static str] = with_tried!(
        ["application-autoscaling:DeleteScheduledAction", DESCRIBE, "application-autoscaling:PutScheduledAction",],
        []
    );

    fn rules() -> &'static [Rule<ScheduledAction>] {
        RULES
    }

    /// AWS takes no action whose time is past.
    fn is_over(wanted: &ScheduledAction, now: UnixTime) -> bool {
        let once = match wanted.schedule {
            Schedule::At(moment) => Some(moment.unix_seconds(wanted.zone)),
            Schedule::Cron(_) | Schedule::Rate(_) => None,
        };
        let end = wanted.end.map(|end| end.unix_seconds(TimeZone::UTC));
        once.into_iter().chain(end).any(|last| UnixTime(last) < now)
    }

    async fn read(aws: &Aws, ask: &Ask) -> Result<Vec<Found<ScheduledAction>>, Fault> {
        let ids = ask.only.iter().chain(&ask.names);
        let named = ids.filter_map(|id| Place::and_name(id).map(|(place, _)| place));
        let mut places: Vec<Place> = ask.parents.iter().filter_map(|target| Place::of(target)).chain(named).collect();
        places.sort();
        places.dedup();
        if !ask.only.is_empty() {
            let live = each(places, async |place: Place| of_place(aws, place).await).await?;
            let found = live.iter().flatten().map(understand);
            return Ok(found.filter(|found| ask.only.contains(&found.id)).collect());
        }
        let mut found = Vec::new();
        for namespace in Place::namespaces(&places) {
            let actions = of_service(aws, ask, &namespace).await?;
            let asked =
                actions.iter().filter(|action| places.iter().any(|place| place.resource == action.resource_id()));
            found.extend(asked.map(understand));
        }
        Ok(found)
    }

    async fn create(aws: &Aws, order: &Order<ScheduledAction>) -> Result<String, Fault> {
        put(aws, &order.definition).await?;
        Ok(format!("{}/{}", order.definition.target.value(), order.definition.name))
    }

    /// What is not sent stays as it was: an action that loses a bound or a date is made anew.
    async fn update(aws: &Aws, found: &Found<ScheduledAction>, wanted: &ScheduledAction) -> Result<(), Fault> {
        let live = &found.definition;
        let loses = (live.start.is_some() && wanted.start.is_none())
            || (live.end.is_some() && wanted.end.is_none())
            || (live.minimum.is_some() && wanted.minimum.is_none())
            || (live.maximum.is_some() && wanted.maximum.is_none());
        if loses {
            delete(aws, &found.id).await?;
        }
        put(aws, wanted).await
    }

    /// It has no tags: it is ours when its target is.
    async fn retag(_: &Aws, _: &Found<ScheduledAction>, _: &Retag) -> Result<(), Fault> {
        Ok(())
    }

    async fn delete(aws: &Aws, found: &Found<ScheduledAction>) -> Result<(), Fault> {
        delete(aws, &found.id).await
    }
}

/// The actions of all targets of a service: in one look they are read once, for the targets whose bounds they move too.
pub(super) async fn of_service(aws: &Aws, ask: &Ask, namespace: &ServiceNamespace) -> Result<Arc<Vec<Live>>, Fault> {
    let read = async {
        let call = aws.autoscaling().describe_scheduled_actions().service_namespace(namespace.clone());
        call.into_paginator().items().send().try_collect().await.sorted(DESCRIBE).map_err(sorted_reading)
    };
    ask.shared.once(&format!("scheduled actions of {}", namespace.as_str()), read).await
}

/// The actions of one target.
pub(super) async fn of_place(aws: &Aws, place: Place) -> Result<Vec<Live>, Fault> {
    let Place { namespace, dimension, resource } = place;
    let call = aws.autoscaling().describe_scheduled_actions().service_namespace(namespace);
    let pages = call.scalable_dimension(dimension).resource_id(resource).into_paginator().items().send();
    pages.try_collect().await.sorted(DESCRIBE).map_err(sorted_reading)
}

async fn put(aws: &Aws, action: &ScheduledAction) -> Result<(), Fault> {
    let operation = "application-autoscaling:PutScheduledAction";
    let ScheduledAction { target, name, schedule, zone, start, end, minimum, maximum } = action;
    let Place { namespace, dimension, resource } = Place::for_call(&target.value(), operation)?;
    let number = |number: &Option<u32>| number.map(|number| i32::try_from(number).unwrap_or(i32::MAX));
    let bounds =
        ScalableTargetAction::builder().set_min_capacity(number(minimum)).set_max_capacity(number(maximum)).build();
    let call = aws
        .autoscaling()
        .put_scheduled_action()
        .service_namespace(namespace)
        .scalable_dimension(dimension)
        .resource_id(resource)
        .scheduled_action_name(name)
        .schedule(schedule.to_string())
        // A rate has no time of day, and is refused with a zone.
        .set_timezone((!matches!(schedule, Schedule::Rate(_))).then(|| zone.to_string()))
        .set_start_time(start.map(instant))
        .set_end_time(end.map(instant))
        .scalable_target_action(bounds);
    call.send().await.sorted(operation).map_err(sorted_on_target).map(drop)
}

async fn delete(aws: &Aws, id: &str) -> Result<(), Fault> {
    let operation = "application-autoscaling:DeleteScheduledAction";
    let Some((Place { namespace, dimension, resource }, name)) = Place::and_name(id) else {
        return Err(Fault::new(FaultKind::Broken, operation, format!("`{id}` is no scheduled action's identifier")));
    };
    let call = aws.autoscaling().delete_scheduled_action().scheduled_action_name(name).service_namespace(namespace);
    let call = call.scalable_dimension(dimension).resource_id(resource);
    call.send().await.sorted(operation).map_err(sorted).map(drop).gone_is_fine()
}

/// The definition that would have produced a live one, or one that stands in for it.
fn understand(action: &Live) -> Found<ScheduledAction> {
    let id = format!("{}/{}", action.resource_id(), action.scheduled_action_name());
    match definition(action) {
        Ok(definition) => Found::ready(id, definition, Tags::new()),
        Err(wrong) => {
            let stand_in = ScheduledAction {
                target: Ref::known(action.resource_id()),
                name: action.scheduled_action_name().to_owned(),
                schedule: Schedule::Rate(Rate { every: NonZeroU32::MIN, unit: Unit::Day }),
                zone: TimeZone::UTC,
                start: None,
                end: None,
                minimum: None,
                maximum: None,
            };
            let why = format!("the scheduled action {id}: {wrong}");
            Found::ready(id, stand_in, Tags::new()).in_state(State::Unreadable(why))
        }
    }
}

fn definition(action: &Live) -> Result<ScheduledAction, String> {
    let bounds = action.scalable_target_action();
    let unsigned = |number: Option<i32>| number.and_then(|number| u32::try_from(number).ok());
    let schedule: Result<Schedule, _> = action.schedule().parse();
    let zone: Result<TimeZone, _> = match action.timezone().filter(|zone| !zone.is_empty()) {
        Some(zone) => zone.parse(),
        None => Ok(TimeZone::UTC),
    };
    Ok(ScheduledAction {
        target: Ref::known(action.resource_id()),
        name: action.scheduled_action_name().to_owned(),
        schedule: schedule.map_err(|invalid| invalid.to_string())?,
        zone: zone.map_err(|invalid| invalid.to_string())?,
        start: action.start_time().map(moment).transpose()?,
        end: action.end_time().map(moment).transpose()?,
        minimum: unsigned(bounds.and_then(ScalableTargetAction::min_capacity)),
        maximum: unsigned(bounds.and_then(ScalableTargetAction::max_capacity)),
    })
}

/// A moment of UTC as the seconds that the API counts.
fn instant(moment: Moment) -> DateTime {
    let written = format!("{moment}Z");
    DateTime::from_str(&written, aws_smithy_types::date_time::Format::DateTime)
        .expect("a moment and its zone are a date and time")
}

fn moment(instant: &DateTime) -> Result<Moment, String> {
    let whole = DateTime::from_secs(instant.secs());
    let written = whole.fmt(aws_smithy_types::date_time::Format::DateTime).map_err(|error| error.to_string())?;
    written.trim_end_matches('Z').parse::<Moment>().map_err(|invalid| invalid.to_string())
}

static RULES: &[Rule<ScheduledAction>] = &[
    Rule {
        code: "V157",
        says: "an action's name has 1 to 256 characters, none of them `:`, `/` or `|`",
        source: "Application Auto Scaling API model: PutScheduledAction",
        severity: Severity::Error,
        check: |action, _| name_fits(&action.name).into_iter().collect(),
    },
    Rule {
        code: "V75",
        says: "an action starts before it ends, and a rate has no time zone",
        source: "Application Auto Scaling API model: PutScheduledAction",
        severity: Severity::Error,
        check: times_fit,
    },
    Rule {
        code: "V76",
        says: "an action moves a bound, and the minimum is not above the maximum",
        source: "Application Auto Scaling API model: ScalableTargetAction",
        severity: Severity::Error,
        check: bounds_fit,
    },
    fights::ONE_IS_NONE_THEN,
];

fn times_fit(action: &ScheduledAction, _: &Surroundings<'_>) -> Vec<Violation> {
    let ScheduledAction { schedule, zone, start, end, .. } = action;
    let mut violations = Vec::new();
    if let (Some(start), Some(end)) = (start, end)
        && start >= end
    {
        violations.push(Violation::of("end", end, format!("it is not after {start}"), "write a later one"));
    }
    if matches!(schedule, Schedule::Rate(_)) && *zone != TimeZone::UTC {
        violations.push(Violation::of("zone", zone, "a rate is the same everywhere", "write `TimeZone::UTC`"));
    }
    violations
}

fn bounds_fit(action: &ScheduledAction, _: &Surroundings<'_>) -> Vec<Violation> {
    match (action.minimum, action.maximum) {
        (None, None) => vec![Violation::of("minimum", (), "neither bound moves", "write one of them, or both")],
        (Some(minimum), Some(maximum)) if minimum > maximum => {
            let wrong = format!("it is above the maximum, {maximum}");
            vec![Violation::of("minimum", minimum, wrong, "write the smaller number here")]
        }
        _ => Vec::new(),
    }
}

impl ScheduledAction {
    /// The beginning of a day, for [`ScheduledAction::start`] and [`ScheduledAction::end`].
    pub fn midnight(date: Date) -> Moment {
        Moment::from(date)
    }
}

#[cfg(test)]
mod tests {
    use infra_engine::model::Address;

    use super::*;

    fn action() -> ScheduledAction {
        ScheduledAction {
            target: Ref::known("service/shop/web"),
            name: "morning".into(),
            schedule: "cron(0 8 ? * MON-FRI *)".parse().unwrap(),
            zone: TimeZone::UTC,
            start: Some("2026-11-27T00:00:00".parse().unwrap()),
            end: None,
            minimum: Some(4),
            maximum: None,
        }
    }

    #[test]
    fn moments_survive_the_way_and_back() {
        let start = action().start.unwrap();
        assert_eq!(instant(start).secs(), 1_795_737_600);
        assert_eq!(moment(&instant(start)), Ok(start));
    }

    #[test]
    fn what_happens_once_is_over_when_its_time_in_its_zone_is_past() {
        let over = |change: &dyn Fn(&mut ScheduledAction), now: &str| {
            let mut changed = action();
            change(&mut changed);
            let now: Moment = now.parse().unwrap();
            ScheduledAction::is_over(&changed, UnixTime(now.unix_seconds(TimeZone::UTC)))
        };
        let once = |action: &mut ScheduledAction| {
            action.schedule = "at(2026-11-27T08:00:00)".parse().unwrap();
            action.zone = "Europe/Berlin".parse().unwrap();
        };
        assert!(!over(&once, "2026-11-27T07:00:00"), "it is eight in Berlin just now");
        assert!(over(&once, "2026-11-27T07:00:01"));
        let ending = |action: &mut ScheduledAction| action.end = Some("2026-12-01T00:00:00".parse().unwrap());
        assert!(!over(&ending, "2026-11-30T23:59:59") && over(&ending, "2026-12-01T00:00:01"));
        assert!(!over(&|_| {}, "2036-01-01T00:00:00"), "what has no end is never over");
    }

    fn codes(change: impl FnOnce(&mut ScheduledAction)) -> Vec<&'static str> {
        let mut changed = action();
        change(&mut changed);
        let address = Address::new("scaling", "web").unwrap();
        let around = Surroundings::new(&[], &address);
        RULES.iter().flat_map(|rule| rule.violations(&changed, &around)).map(|violation| violation.code).collect()
    }

    #[test]
    fn rules_hold_on_both_sides() {
        assert_eq!(codes(|_| {}), Vec::<&str>::new());
        assert_eq!(codes(|action| action.maximum = Some(4)), Vec::<&str>::new());
        assert_eq!(codes(|action| action.maximum = Some(3)), ["V76"]);
        assert_eq!(codes(|action| action.minimum = None), ["V76"]);
        assert_eq!(codes(|action| action.end = action.start), ["V75"]);
        assert_eq!(codes(|action| action.end = Some("2026-12-01T00:00:00".parse().unwrap())), Vec::<&str>::new());
        let rate = |action: &mut ScheduledAction| action.schedule = "rate(1 hour)".parse().unwrap();
        assert_eq!(codes(rate), Vec::<&str>::new());
        assert_eq!(codes(|action| (rate(action), action.zone = "Europe/Berlin".parse().unwrap()).1), ["V75"]);
        assert_eq!(codes(|action| action.name = "a/b".into()), ["V157"]);
    }
}
