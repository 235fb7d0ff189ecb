//! When something happens: by AWS's cron, at a rate, or once.

use std::fmt;
use std::num::NonZeroU32;
use std::str::FromStr;

use jiff::SignedDuration;
use jiff::civil::DateTime;

use crate::cron::Cron;
use crate::date::Date;
use crate::invalid::Invalid;
use crate::text::written_as_text;
use crate::time_zone::TimeZone;

/// A schedule, as AWS writes it: `cron(0 8 ? * MON-FRI *)`, `rate(5 minutes)` or `at(2026-11-27T00:00:00)`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Schedule {
    /// At the times that a cron expression names.
    Cron(Cron),
    /// Again and again, after that long.
    Rate(Rate),
    /// Once.
    At(Moment),
}

/// How often: every 5 minutes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Rate {
    /// How many units pass.
    pub every: NonZeroU32,
    /// What is counted.
    pub unit: Unit,
}

/// What a rate counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Unit {
    /// Minutes.
    Minute,
    /// Hours.
    Hour,
    /// Days.
    Day,
}

/// A day and a time, to the second: `2026-11-27T00:00:00`. In which time zone, whoever uses it says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Moment(DateTime);

written_as_text!(
    Schedule,
    format: "schedule",
    pattern: "^(cron|rate|at)\\(.+\\)$",
    description: "A schedule: `cron(0 8 ? * MON-FRI *)`, `rate(5 minutes)` or `at(2026-11-27T00:00:00)`.",
    examples: ["cron(0 8 ? * MON-FRI *)", "rate(1 hour)", "at(2026-11-27T00:00:00)"]
);

written_as_text!(
    Moment,
    format: "moment",
    pattern: "^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}$",
    description: "A day and a time, like `2026-11-27T08:00:00`.",
    examples: ["2026-11-27T08:00:00"]
);

const RULE: &str = "a schedule is `cron(…)`, `rate(5 minutes)` or `at(2026-11-27T00:00:00)`";

impl Moment {
    /// The moment in jiff's calendar, to count with.
    pub fn civil(self) -> DateTime {
        self.0
    }

    /// So many minutes later; at the end of all calendars, the last moment.
    pub fn minutes_later(self, minutes: u32) -> Moment {
        Moment(self.0.saturating_add(SignedDuration::from_mins(minutes.into())))
    }
}

impl Moment {
    /// The moment in a time zone, in seconds since 1970 began in UTC. One that a clock skips or shows twice is taken as
    /// clocks do: the later one of a gap, the earlier one of a fold.
    pub fn unix_seconds(self, zone: TimeZone) -> i64 {
        zone.rules().to_timestamp(self.0).map_or(i64::MAX, jiff::Timestamp::as_second)
    }
}

impl From<Date> for Moment {
    /// The beginning of the day.
    fn from(date: Date) -> Moment {
        Moment(date.civil().to_datetime(jiff::civil::Time::midnight()))
    }
}

impl From<Cron> for Schedule {
    fn from(cron: Cron) -> Schedule {
        Schedule::Cron(cron)
    }
}

impl FromStr for Schedule {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Schedule, Invalid> {
        match text.split_once('(').and_then(|(word, rest)| Some((word, rest.strip_suffix(')')?))) {
            Some(("cron", inner)) => inner.parse().map(Schedule::Cron).map_err(within("cron")),
            Some(("rate", inner)) => inner.parse().map(Schedule::Rate).map_err(within("rate")),
            Some(("at", inner)) => inner.parse().map(Schedule::At).map_err(within("at")),
            _ => {
                let bare = [bare::<Cron>(text, "cron"), bare::<Rate>(text, "rate"), bare::<Moment>(text, "at")];
                Err(Invalid::new(format!("`{text}` is not a schedule"))
                    .rule(RULE)
                    .instead(bare.into_iter().flatten().next()))
            }
        }
    }
}

/// What a text would be if it only lacked its word.
fn bare<T: FromStr + fmt::Display>(text: &str, word: &str) -> Option<String> {
    text.parse::<T>().ok().map(|value| format!("{word}({value})"))
}

/// Puts what an inner parser proposes back into its word.
fn within(word: &'static str) -> impl Fn(Invalid) -> Invalid {
    move |invalid| {
        let instead = invalid.suggestion().map(|instead| format!("{word}({instead})"));
        invalid.instead(instead)
    }
}

impl FromStr for Rate {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Rate, Invalid> {
        const RULE: &str = "it is a number from 1 and `minutes`, `hours` or `days`, like `5 minutes` or `1 hour`";
        let refuse = || Invalid::new(format!("`{text}` is not a rate")).rule(RULE);
        let (number, word) = text.split_once(' ').ok_or_else(refuse)?;
        let plain = number.bytes().all(|byte| byte.is_ascii_digit()) && !number.starts_with('0');
        let every = number.parse().ok().filter(|_| plain).ok_or_else(refuse)?;
        let unit = match word.trim().strip_suffix('s').unwrap_or(word.trim()) {
            "minute" => Unit::Minute,
            "hour" => Unit::Hour,
            "day" => Unit::Day,
            _ => return Err(refuse()),
        };
        let rate = Rate { every, unit };
        if rate.to_string() == text {
            return Ok(rate);
        }
        Err(Invalid::new(format!("`{text}` is not a rate"))
            .rule("AWS wants one space, the singular for 1 and the plural for more")
            .instead(rate.to_string()))
    }
}

impl FromStr for Moment {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Moment, Invalid> {
        let shape: String = text.chars().map(|c| if c.is_ascii_digit() { '0' } else { c }).collect();
        if shape == "0000-00-00T00:00:00" {
            return text
                .parse()
                .ok()
                .filter(|moment: &DateTime| moment.to_string() == text)
                .map(Moment)
                .ok_or_else(|| Invalid::new(format!("`{text}` is in no calendar and on no clock")));
        }
        // A day alone begins at midnight; a zone is said elsewhere.
        let near = match text.parse::<Date>() {
            Ok(date) => Some(Moment::from(date).to_string()),
            Err(_) => text.strip_suffix('Z').and_then(|local| local.parse::<Moment>().ok()).map(|at| at.to_string()),
        };
        Err(Invalid::new(format!("`{text}` is not a moment"))
            .rule("a moment is a day and a time without a time zone, like `2026-11-27T08:00:00`")
            .instead(near))
    }
}

impl fmt::Display for Schedule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Schedule::Cron(cron) => write!(f, "cron({cron})"),
            Schedule::Rate(rate) => write!(f, "rate({rate})"),
            Schedule::At(moment) => write!(f, "at({moment})"),
        }
    }
}

impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Rate { every, unit } = self;
        let plural = if every.get() == 1 { "" } else { "s" };
        write!(f, "{every} {unit}{plural}")
    }
}

impl fmt::Display for Unit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Unit::Minute => "minute",
            Unit::Hour => "hour",
            Unit::Day => "day",
        })
    }
}

impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::text::laws::{check_examples, check_refused, check_written};

    #[test]
    fn each_sort_of_schedule_has_one_text() {
        check_written::<Schedule>("cron(0  8 ? * mon-fri *)", "cron(0 8 ? * MON-FRI *)");
        for text in ["rate(1 minute)", "rate(2 hours)", "rate(365 days)", "at(2026-11-27T08:30:00)"] {
            check_written::<Schedule>(text, text);
        }
        check_examples::<Schedule>();
        check_examples::<Moment>();
    }

    #[test]
    fn minutes_go_on_over_midnight() {
        let moment: Moment = "2026-12-31T23:57:00".parse().unwrap();
        assert_eq!(moment.minutes_later(5).to_string(), "2027-01-01T00:02:00");
        let last: Moment = "9999-12-31T23:59:59".parse().unwrap();
        assert!(last.minutes_later(5) >= last);
    }

    #[test]
    fn a_rate_agrees_with_its_number() {
        let rule = "AWS wants one space, the singular for 1 and the plural for more";
        check_refused::<Schedule>("rate(1 hours)", &format!("`1 hours` is not a rate: {rule}; write `rate(1 hour)`"));
        check_refused::<Schedule>("rate(2 hour)", &format!("`2 hour` is not a rate: {rule}; write `rate(2 hours)`"));
        check_refused::<Schedule>(
            "rate(2  hours)",
            &format!("`2  hours` is not a rate: {rule}; write `rate(2 hours)`"),
        );
        let rule = "it is a number from 1 and `minutes`, `hours` or `days`, like `5 minutes` or `1 hour`";
        for text in ["0 minutes", "-1 minutes", "+1 minute", "01 minute", "5 weeks", "5", "minutes", "5 minutess"] {
            check_refused::<Schedule>(&format!("rate({text})"), &format!("`{text}` is not a rate: {rule}"));
        }
    }

    #[test]
    fn a_moment_is_a_day_and_a_time() {
        let rule = "a moment is a day and a time without a time zone, like `2026-11-27T08:00:00`";
        check_refused::<Schedule>(
            "at(2026-11-27)",
            &format!("`2026-11-27` is not a moment: {rule}; write `at(2026-11-27T00:00:00)`"),
        );
        check_refused::<Moment>(
            "2026-11-27T08:00:00Z",
            &format!("`2026-11-27T08:00:00Z` is not a moment: {rule}; write `2026-11-27T08:00:00`"),
        );
        for text in ["2026-02-30T00:00:00", "2026-11-27T25:00:00", "2026-11-27T23:59:60"] {
            check_refused::<Moment>(text, &format!("`{text}` is in no calendar and on no clock"));
        }
    }

    #[test]
    fn a_schedule_without_its_word_is_told_which_one() {
        for (text, instead) in [
            ("0 8 ? * MON-FRI *", "cron(0 8 ? * MON-FRI *)"),
            ("5 minutes", "rate(5 minutes)"),
            ("2026-11-27T08:00:00", "at(2026-11-27T08:00:00)"),
        ] {
            check_refused::<Schedule>(text, &format!("`{text}` is not a schedule: {RULE}; write `{instead}`"));
        }
        for text in ["", "hourly", "cron(0 8 ? * MON-FRI *", "CRON(0 8 ? * * *)", "every(5 minutes)"] {
            check_refused::<Schedule>(text, &format!("`{text}` is not a schedule: {RULE}"));
        }
    }

    proptest! {
        #[test]
        fn the_text_of_a_rate_gives_the_rate(every in 1..=u32::MAX, unit in 0..3_usize) {
            let rate = Rate {
                every: NonZeroU32::new(every).unwrap(),
                unit: [Unit::Minute, Unit::Hour, Unit::Day][unit],
            };
            prop_assert_eq!(rate.to_string().parse::<Rate>(), Ok(rate));
            let schedule = Schedule::Rate(rate);
            prop_assert_eq!(schedule.to_string().parse::<Schedule>(), Ok(schedule));
        }

        #[test]
        fn no_text_makes_the_parser_panic(text in "(cron|rate|at)?[(]?[0-9a-zTZ: *?-]{0,20}[)]?") {
            let _ = text.parse::<Schedule>();
        }
    }
}
