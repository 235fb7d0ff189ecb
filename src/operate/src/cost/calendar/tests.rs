//! The integral against a clock that is looked at every minute.

use infra_aws::autoscaling::Suspended;
use infra_engine::model::Ref;
use infra_values::TimeZone;
use proptest::prelude::*;

use super::*;

fn target(minimum: u32, maximum: u32) -> ScalableTarget {
    ScalableTarget { resource: Ref::known("service/a/b"), minimum, maximum, suspended: Suspended::default() }
}

fn action(schedule: &str, minimum: Option<u32>, maximum: Option<u32>) -> ScheduledAction {
    ScheduledAction {
        target: Ref::known("service/a/b"),
        name: schedule.into(),
        schedule: schedule.parse().unwrap(),
        zone: TimeZone::UTC,
        start: None,
        end: None,
        minimum,
        maximum,
    }
}

fn business_hours(weekend: u32) -> Vec<ScheduledAction> {
    vec![
        action("cron(0 8 ? * MON-FRI *)", Some(4), None),
        action("cron(0 20 ? * MON-FRI *)", Some(2), None),
        action("cron(0 0 ? * SAT *)", Some(weekend), None),
    ]
}

#[test]
fn a_week_of_business_hours_evenings_and_a_weekend_is_counted_by_the_hour() {
    let bounds = ordinary(&target(2, 8), &business_hours(1));
    // 60 hours of four, 52 of two, and 56 of one: the weekend lasts until Monday at eight.
    assert_eq!(bounds.minimum, Fraction::of(60 * 4 + 52 * 2 + 56, 168));
    assert_eq!(bounds.maximum, Fraction::whole(8));
}

#[test]
fn without_a_calendar_the_bounds_are_the_targets_own() {
    let bounds = Bounds { minimum: 2.into(), maximum: 8.into() };
    assert_eq!(ordinary(&target(2, 8), &[]), bounds);
    let mut suspended = target(2, 8);
    suspended.suspended.schedules = true;
    assert_eq!(ordinary(&suspended, &business_hours(1)), bounds);
}

#[test]
fn a_minimum_above_the_maximum_raises_it() {
    let bounds = ordinary(&target(1, 2), &[action("cron(0 0 * * ? *)", Some(5), None)]);
    assert_eq!(bounds, Bounds { minimum: 5.into(), maximum: 5.into() });
}

#[test]
fn days_of_the_month_are_counted_over_a_year() {
    let first = action("cron(0 0 1 * ? *)", Some(10), None);
    let second = action("cron(0 0 2 * ? *)", Some(1), None);
    // Twelve days of ten, and 353 of one.
    assert_eq!(ordinary(&target(1, 10), &[first, second]).minimum, Fraction::of(12 * 10 + 353, 365));
    let last = [action("cron(0 0 L * ? *)", Some(10), None), action("cron(0 0 1 * ? *)", Some(1), None)];
    assert_eq!(ordinary(&target(1, 10), &last).minimum, Fraction::of(12 * 10 + 353, 365));
}

#[test]
fn what_only_a_calendar_knows_is_taken_at_its_widest() {
    let third_friday = action("cron(0 0 ? * 6#3 *)", Some(6), Some(40));
    let bounds = ordinary(&target(2, 8), &[third_friday]);
    assert_eq!(bounds, Bounds { minimum: 2.into(), maximum: 40.into() });
}

#[test]
fn a_season_is_beside_the_ordinary_month_and_what_happens_once_is_in_neither() {
    let mut season = action("rate(5 minutes)", Some(6), Some(24));
    season.start = Some("2027-11-22T00:00:00".parse().unwrap());
    season.end = Some("2027-11-30T00:00:00".parse().unwrap());
    let over = action("at(2027-11-30T00:05:00)", Some(2), Some(8));
    let actions = [season, over];
    assert_eq!(ordinary(&target(2, 8), &actions), Bounds { minimum: 2.into(), maximum: 8.into() });
    let [season] = &seasons(&target(2, 8), &actions)[..] else { panic!("one season") };
    assert_eq!((season.hours, season.bounds.maximum), (Fraction::whole(8 * 24), Fraction::whole(24)));
}

/// The same by walking two weeks minute by minute, of which the second counts.
fn walked(target: &ScalableTarget, actions: &[(BTreeSet<u32>, Option<u32>, Option<u32>)]) -> Bounds {
    let (mut minimum, mut maximum, mut low, mut high) = (target.minimum, target.maximum, 0, 0);
    for minute in 0..2 * WEEK {
        for (minutes, least, most) in actions {
            if minutes.contains(&(minute % WEEK)) {
                (minimum, maximum) = (least.unwrap_or(minimum), most.unwrap_or(maximum));
            }
        }
        if minute >= WEEK {
            low += i128::from(minimum);
            high += i128::from(maximum.max(minimum));
        }
    }
    Bounds { minimum: Fraction::of(low, WEEK.into()), maximum: Fraction::of(high, WEEK.into()) }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn the_integral_is_what_a_clock_sees(
        bounds in (0..20_u32, 0..20_u32),
        drawn in prop::collection::vec(
            (0..60_u32, 0..24_u32, prop::collection::btree_set(1..=7_u32, 1..4), prop::option::of(0..30_u32), prop::option::of(0..30_u32)),
            0..6,
        ),
    ) {
        let target = target(bounds.0, bounds.1);
        let mut actions = Vec::new();
        let mut clock = Vec::new();
        for (minute, hour, days, minimum, maximum) in drawn {
            let listed: Vec<String> = days.iter().map(ToString::to_string).collect();
            actions.push(action(&format!("cron({minute} {hour} ? * {} *)", listed.join(",")), minimum, maximum));
            let minutes = days.iter().map(|day| (day - 1) * DAY + hour * HOUR + minute).collect();
            clock.push((minutes, minimum, maximum));
        }
        prop_assert_eq!(ordinary(&target, &actions), walked(&target, &clock));
    }
}
