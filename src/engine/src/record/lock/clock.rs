//! Time as a lock needs it: it goes on while the machine sleeps, and it is an argument, so that tests can turn it.

use std::fmt;
use std::time::Duration;

use jiff::Timestamp;

/// Tells what time it is.
pub(super) trait Clock: fmt::Debug + Send + Sync {
    /// This moment.
    fn now(&self) -> Moment;
}

/// The clocks of this machine.
#[derive(Debug)]
pub(super) struct Machine;

/// A moment, by two clocks: each may be wrong in its own way.
#[derive(Clone, Copy, Debug)]
pub(super) struct Moment {
    /// Since the machine was started; it goes on while the machine sleeps, and nobody can set it.
    pub(super) running: Duration,
    /// By the calendar; it goes on while the machine is frozen as a whole, and anybody may set it.
    pub(super) wall: Timestamp,
}

impl Moment {
    /// How much time may have passed since then: by the clock that has gone further. For who must stop in time.
    pub(super) fn longest_since(self, earlier: Moment) -> Duration {
        let by_calendar = Duration::try_from(self.wall.duration_since(earlier.wall)).unwrap_or_default();
        self.since(earlier).max(by_calendar)
    }

    /// How much time has passed since then, whatever anybody did to the calendar. For who must wait long enough.
    pub(super) fn since(self, earlier: Moment) -> Duration {
        self.running.saturating_sub(earlier.running)
    }
}

impl Clock for Machine {
    fn now(&self) -> Moment {
        Moment { running: running(), wall: Timestamp::now() }
    }
}

#[cfg(any(target_os = "linux", target_os = "android"))]
fn running() -> Duration {
    since_start(rustix::time::ClockId::Boottime)
}

/// Of Apple's clocks it is this one that goes on during sleep.
#[cfg(target_vendor = "apple")]
fn running() -> Duration {
    since_start(rustix::time::ClockId::Monotonic)
}

#[cfg(any(target_os = "linux", target_os = "android", target_vendor = "apple"))]
fn since_start(clock: rustix::time::ClockId) -> Duration {
    Duration::try_from(rustix::time::clock_gettime(clock)).unwrap_or_default()
}

/// Elsewhere sleep is noticed by the calendar alone.
#[cfg(not(any(target_os = "linux", target_os = "android", target_vendor = "apple")))]
fn running() -> Duration {
    static START: std::sync::OnceLock<std::time::Instant> = std::sync::OnceLock::new();
    START.get_or_init(std::time::Instant::now).elapsed()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_machine_s_clock_runs_and_either_clock_alone_tells_that_time_has_passed() {
        let before = Machine.now();
        std::thread::sleep(Duration::from_millis(20));
        let after = Machine.now();
        assert!(after.since(before) >= Duration::from_millis(20), "{before:?} {after:?}");
        let (minute, none) = (Duration::from_secs(60), Duration::ZERO);
        let asleep = Moment { running: before.running + minute, ..before };
        let set_forward = Moment { wall: before.wall + minute, ..before };
        let set_back = Moment { wall: before.wall - minute, ..before };
        assert_eq!((asleep.longest_since(before), asleep.since(before)), (minute, minute));
        assert_eq!((set_forward.longest_since(before), set_forward.since(before)), (minute, none));
        assert_eq!((set_back.longest_since(before), set_back.since(before)), (none, none));
    }
}
