//! What holds for every schedule.

use proptest::prelude::*;

use super::*;

/// How far numbers may be off that were added up in floating point.
const SLACK: f64 = 1e-3;

fn seconds(seconds: f64) -> Duration {
    Duration::from_secs_f64(seconds)
}

fn any_phases() -> impl Strategy<Value = Vec<Phase>> {
    let share = prop_oneof![Just(0.0), Just(1.0), 0.0..3.0];
    let phase = (0.001..120.0, share.clone(), share, any::<bool>()).prop_map(|(length, from, to, steady)| Phase {
        length: seconds(length),
        from,
        to: if steady { from } else { to },
    });
    prop::collection::vec(phase, 1..6)
}

/// The area under the load up to a moment, by another way than the code's: many thin slices.
fn area_until(phases: &[Phase], full: f64, until: Duration) -> f64 {
    let (mut begins, mut area) = (0.0, 0.0);
    for phase in phases {
        let length = phase.length.as_secs_f64();
        let inside = (until.as_secs_f64() - begins).clamp(0.0, length);
        let slices = 1000;
        for slice in 0..slices {
            let at = (f64::from(slice) + 0.5) / f64::from(slices) * inside;
            area += (phase.from + (phase.to - phase.from) * at / length) * full * inside / f64::from(slices);
        }
        begins += length;
    }
    area
}

proptest! {
    #[test]
    fn arrivals_come_in_order_and_before_the_end(phases in any_phases(), full in 0.01..200.0) {
        let schedule = Schedule::new(&phases, full);
        let arrivals: Vec<_> = schedule.arrivals().collect();
        prop_assert!(arrivals.is_sorted());
        prop_assert_eq!(arrivals.len() as u64, schedule.requests());
        if let Some(last) = arrivals.last() {
            prop_assert!(*last <= schedule.length() + Duration::from_nanos(10));
        }
    }

    /// Exactly the same times, to the last bit, and every number once.
    #[test]
    fn all_workers_together_are_the_schedule_of_one(phases in any_phases(), full in 0.01..200.0, of in 1_u32..98) {
        let schedule = Schedule::new(&phases, full);
        let mut together: Vec<_> = (0..of).flat_map(|worker| schedule.arrivals_of(Part { worker, of })).collect();
        together.sort_unstable();
        let (numbers, times): (Vec<u64>, Vec<Duration>) = together.into_iter().unzip();
        prop_assert_eq!(times, schedule.arrivals().collect::<Vec<_>>());
        prop_assert_eq!(numbers, (0..schedule.requests()).collect::<Vec<_>>());
    }

    #[test]
    fn at_every_moment_as_many_have_begun_as_the_load_says(phases in any_phases(), full in 0.01..200.0, part in 0.0..=1.0) {
        let schedule = Schedule::new(&phases, full);
        let moment = schedule.length().mul_f64(part);
        let begun = schedule.arrivals().take_while(|arrival| *arrival <= moment).count() as f64;
        let wanted = area_until(&phases, full, moment);
        prop_assert!((begun - wanted).abs() <= 0.5 + SLACK * (1.0 + wanted), "{} begun, {} wanted", begun, wanted);
    }

    #[test]
    fn a_turn_is_never_in_the_past_and_the_load_needs_it(phases in any_phases(), users in 1_u32..50, part in 0.0..1.1) {
        let schedule = Schedule::new(&phases, f64::from(users));
        let now = schedule.length().mul_f64(part);
        for user in 0..users {
            if let Some(turn) = schedule.next_turn(user, now) {
                prop_assert!(turn >= now);
                // A little later, because the turn may be the very moment at which the load gets there.
                let level = schedule.level(turn).max(schedule.level(turn + Duration::from_nanos(10)));
                prop_assert!(level >= f64::from(user) + 0.5 - SLACK, "user {} at a level of {}", user, level);
            }
        }
    }

    #[test]
    fn at_every_moment_as_many_users_are_at_work_as_the_load_says(phases in any_phases(), users in 1_u32..50, part in 0.0..0.999) {
        let schedule = Schedule::new(&phases, f64::from(users));
        let now = schedule.length().mul_f64(part);
        let at_work = (0..users * 3).filter(|user| schedule.next_turn(*user, now) == Some(now)).count() as f64;
        prop_assert!((at_work - schedule.level(now)).abs() <= 0.5 + SLACK, "{} at {}", at_work, schedule.level(now));
    }

    #[test]
    fn nobody_has_a_turn_after_the_end(phases in any_phases(), user in 0_u32..50) {
        let schedule = Schedule::new(&phases, 50.0);
        prop_assert_eq!(schedule.next_turn(user, schedule.length() + Duration::from_nanos(10)), None);
    }

    #[test]
    fn users_think_about_as_long_as_they_should(average in 1_u64..10_000, user in 0_u32..10_000, turn in 0_u64..1_000_000) {
        let average = Duration::from_millis(average);
        let thought = thinking(Between::around(average), user, turn);
        prop_assert!(thought >= average / 2 && thought <= average * 3 / 2);
        prop_assert!(settling(Between::around(average), user) <= average);
    }
}

#[test]
fn a_steady_rate_is_evenly_spaced() {
    let schedule = Schedule::new(&[Phase::steady(seconds(1.0))], 4.0);
    assert_eq!(schedule.arrivals().collect::<Vec<_>>(), [0.125, 0.375, 0.625, 0.875].map(seconds));
}

#[test]
fn a_moment_is_in_the_phase_that_begins_with_it() {
    let schedule = Schedule::new(&[Phase::steady(seconds(1.0)), Phase::steady(seconds(2.0))], 1.0);
    assert_eq!([0.0, 0.9, 1.0, 2.9, 3.0, 9.0].map(|at| schedule.phase(seconds(at))), [0, 0, 1, 1, 1, 1]);
}

#[test]
fn users_come_one_by_one_in_a_ramp_and_go_in_a_fall() {
    let ramp = Phase { length: seconds(10.0), from: 0.0, to: 1.0 };
    let fall = Phase { length: seconds(10.0), from: 1.0, to: 0.0 };
    let schedule = Schedule::new(&[ramp, fall], 10.0);
    assert_eq!(schedule.next_turn(0, Duration::ZERO), Some(seconds(0.5)));
    assert_eq!(schedule.next_turn(9, Duration::ZERO), Some(seconds(9.5)));
    assert_eq!(schedule.next_turn(9, seconds(11.0)), None);
    assert_eq!(schedule.next_turn(0, seconds(19.0)), Some(seconds(19.0)));
}

#[test]
fn users_think_the_average_on_average() {
    let thought: Duration = (0..10_000).map(|turn| thinking(Between::around(seconds(1.0)), 7, turn)).sum();
    assert!((thought.as_secs_f64() / 10_000.0 - 1.0).abs() < 0.01, "{thought:?}");
}
