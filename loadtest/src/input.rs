//! From settings to a [`LoadTest`]: everything that is wrong is said at once, with the setting's names, the value, the
//! rule, and what to do. Nothing is asked of the world.

mod parts;
mod problem;

use std::sync::Arc;
use std::time::Duration;

pub use self::problem::{Problem, Problems};

pub(crate) use self::parts::complete;
pub(crate) use self::parts::{FRAMING, duration, phases, target};
use self::parts::{header_lines, method, number};
use crate::plan::words::Between;
use crate::scenario::Single;
use crate::settings::{Name, Settings};
use crate::test::{Load, LoadTest, Phase, Request};

/// No test is longer than this.
pub const LONGEST: Duration = Duration::from_secs(24 * 3600);

const SECOND: Duration = Duration::from_secs(1);
const HOUR: Duration = Duration::from_secs(3600);
const MILLISECOND: Duration = Duration::from_millis(1);

/// The test that the settings say, or all that is wrong with them.
pub fn read(settings: &Settings) -> Result<LoadTest, Problems> {
    let mut found = Found { settings, problems: Vec::new() };

    let address = found.value(Name::TargetUrl, target);
    if settings.get(Name::TargetUrl).is_none() {
        found
            .problems
            .push(Problem::of(Name::TargetUrl, "is not set; say what to ask, as https://staging.example.com/"));
    }
    let method = found.value(Name::Method, method);
    let headers = found.value(Name::Headers, header_lines);
    let body = settings.get(Name::Body).unwrap_or_default().to_owned();
    let timeout = found.value(Name::Timeout, |text| duration(text, MILLISECOND..=HOUR));
    let load = found.load();
    let phases = found.phases();

    let Found { settings: _, problems } = found;
    let (Some(target), Some(method), Some(timeout), Some(load), Some(phases)) =
        (address, method, timeout, load, phases)
    else {
        return Err(Problems(problems));
    };
    if !problems.is_empty() {
        return Err(Problems(problems));
    }
    let request = Request::new(method, target, headers.unwrap_or_default(), body);
    let target = request.shown_target();
    let name = format!("{} {target}", request.method);
    let single = Arc::new(Single::new(&name, request));
    Ok(LoadTest::new(&name, &target, vec![single], load, phases, timeout))
}

/// What is wrong whatever an event may say: everything but that there is no target yet.
pub fn check_without_target(settings: &Settings) -> Result<(), Problems> {
    let mut settings = settings.clone();
    if settings.get(Name::TargetUrl).is_none() {
        settings.set(Name::TargetUrl, "http://localhost/");
    }
    read(&settings).map(drop)
}

struct Found<'s> {
    settings: &'s Settings,
    problems: Vec<Problem>,
}

impl Found<'_> {
    /// One setting's value. None if nothing is said, or if it is wrong: then that is noted.
    fn value<T>(&mut self, name: Name, read: impl FnOnce(&str) -> Result<T, String>) -> Option<T> {
        let text = self.settings.get(name)?;
        match read(text) {
            Ok(value) => Some(value),
            Err(rule) => {
                self.problems.push(Problem::with(name, text, rule));
                None
            }
        }
    }

    /// A rate makes the model open; else there are users.
    fn load(&mut self) -> Option<Load> {
        // All four are looked at, so that nothing wrong waits for the next try.
        let rate = self.value(Name::Rate, |text| number(text, 0.01..=100_000.0));
        let in_flight = self.value(Name::InFlight, |text| number(text, 1..=10_000));
        let users = self.value(Name::Users, |text| number(text, 1..=10_000));
        let think = self.value(Name::Think, |text| duration(text, Duration::ZERO..=HOUR));
        match self.settings.get(Name::Rate) {
            Some(_) => Some(Load::Open { rate: rate?, in_flight: in_flight? }),
            None => Some(Load::Closed { users: users?, think: Between::around(think?) }),
        }
    }

    fn phases(&mut self) -> Option<Vec<Phase>> {
        let said = self.value(Name::Phases, phases);
        let whole = self.value(Name::Duration, |text| duration(text, SECOND..=LONGEST));
        let ramp = self.value(Name::Ramp, |text| duration(text, Duration::ZERO..=LONGEST));
        if self.settings.get(Name::Phases).is_some() {
            return said;
        }
        let (whole, ramp) = (whole?, ramp?);
        if ramp > whole {
            let rule = format!("it is longer than the duration, which is {} s", whole.as_secs_f64());
            self.problems.push(Problem::with(Name::Ramp, self.settings.get(Name::Ramp)?, rule));
            return None;
        }
        let parts = [Phase { length: ramp, from: 0.0, to: 1.0 }, Phase::steady(whole - ramp)];
        Some(parts.into_iter().filter(|phase| !phase.length.is_zero()).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(said: &[(Name, &str)]) -> Settings {
        let mut settings = Settings::default();
        for (name, value) in said {
            settings.set(*name, *value);
        }
        settings
    }

    #[test]
    fn a_target_is_enough() {
        let test = read(&settings(&[(Name::TargetUrl, "https://example.com")])).unwrap();
        assert_eq!(test.load, Load::Closed { users: 100, think: Between::around(SECOND) });
        assert_eq!(test.phases, [Phase::steady(Duration::from_secs(300))]);
        assert_eq!(test.timeout, Duration::from_secs(10));
    }

    #[test]
    fn a_rate_makes_the_model_open() {
        let said = [
            (Name::TargetUrl, "http://localhost:1/"),
            (Name::Rate, "2.5"),
            (Name::Ramp, "10s"),
            (Name::Duration, "1m"),
        ];
        let test = read(&settings(&said)).unwrap();
        assert_eq!(test.load, Load::Open { rate: 2.5, in_flight: 900 });
        let ramp = Phase { length: Duration::from_secs(10), from: 0.0, to: 1.0 };
        assert_eq!(test.phases, [ramp, Phase::steady(Duration::from_secs(50))]);
    }

    #[test]
    fn phases_stand_in_place_of_duration_and_ramp() {
        let said = [(Name::TargetUrl, "http://localhost/"), (Name::Phases, "30s:0-100, 4m:100,500ms:100-0")];
        let phases = read(&settings(&said)).unwrap().phases;
        assert_eq!(phases.iter().map(Phase::to_string).collect::<Vec<_>>(), ["ramp", "steady", "fall"]);
        assert_eq!(phases[2].length, Duration::from_millis(500));
    }

    #[test]
    fn everything_wrong_is_said_at_once() {
        let said = [
            (Name::TargetUrl, "ftp://example.com"),
            (Name::Users, "0"),
            (Name::Think, "soon"),
            (Name::Rate, "fast"),
            (Name::InFlight, "-1"),
            (Name::Ramp, "10m"),
            (Name::Timeout, "2h"),
            (Name::Method, "GE T"),
            (Name::Headers, "Accept"),
        ];
        let problems = read(&settings(&said)).unwrap_err();
        assert_eq!(problems.0.len(), 9, "{problems}");
        let text = problems.to_string();
        assert!(text.contains("users (CONCURRENT_USERS) is `0`: give a number from 1 to 10000"), "{text}");
        assert!(text.contains("ramp (RAMP_TIME) is `10m`: it is longer than the duration, which is 300 s"), "{text}");
    }

    #[test]
    fn no_target_is_a_problem_of_a_test_but_not_of_an_environment() {
        assert!(read(&Settings::default()).unwrap_err().to_string().contains("TARGET_URL"));
        assert!(check_without_target(&Settings::default()).is_ok());
        assert!(check_without_target(&settings(&[(Name::Users, "many")])).is_err());
    }

    #[test]
    fn the_result_shows_no_query_and_messages_no_password() {
        let test = read(&settings(&[(Name::TargetUrl, "https://example.com/a?token=hidden")])).unwrap();
        assert_eq!((test.shown.target.as_str(), test.secure), ("https://example.com/a", true));
        assert!(!format!("{:?}", test.shown).contains("hidden"));
        let problems = read(&settings(&[(Name::TargetUrl, "https://me:hidden@example.com/")])).unwrap_err().to_string();
        assert!(!problems.contains("hidden"), "{problems}");
        let problems = read(&settings(&[(Name::Headers, "authorization hidden")])).unwrap_err().to_string();
        assert!(!problems.contains("hidden"), "{problems}");
    }
}
