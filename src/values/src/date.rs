//! Days, without a time and without a time zone.

use std::fmt;
use std::str::FromStr;

use crate::invalid::Invalid;
use crate::text::written_as_text;

/// A day: `2026-11-27`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Date(jiff::civil::Date);

written_as_text!(
    Date,
    format: "date",
    pattern: "^[0-9]{4}-[0-9]{2}-[0-9]{2}$",
    description: "A day, like `2026-11-27`: year, month and day, in quotes.",
    examples: ["2026-11-27"]
);

impl Date {
    /// The day in jiff's calendar, to count with.
    pub fn civil(self) -> jiff::civil::Date {
        self.0
    }
}

impl FromStr for Date {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Date, Invalid> {
        const RULE: &str = "a day is written like `2026-11-27`: year, month, day";
        let Some((year, month, day)) = numbers(text) else {
            return Err(Invalid::new(format!("`{text}` is not a day")).rule(RULE));
        };
        jiff::civil::Date::new(year, month, day).map(Date).map_err(|_| {
            // Of a month that exists, the last day was meant.
            let last =
                jiff::civil::Date::new(year, month, 1).ok().filter(|_| day > 0).map(|first| first.last_of_month());
            Invalid::new(format!("`{text}` is not in the calendar")).instead(last.map(|last| last.to_string()))
        })
    }
}

/// The numbers of `YYYY-MM-DD`, in exactly that form.
fn numbers(text: &str) -> Option<(i16, i8, i8)> {
    let digits = |part: &str, count| part.len() == count && part.bytes().all(|byte| byte.is_ascii_digit());
    match text.split('-').collect::<Vec<_>>().as_slice() {
        [year, month, day] if digits(year, 4) && digits(month, 2) && digits(day, 2) => {
            Some((year.parse().ok()?, month.parse().ok()?, day.parse().ok()?))
        }
        _ => None,
    }
}

impl fmt::Display for Date {
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
    fn days_of_the_calendar_are_accepted() {
        for text in ["2026-11-27", "2028-02-29", "0000-01-01", "9999-12-31"] {
            check_written::<Date>(text, text);
        }
        assert!("2026-11-27".parse::<Date>().unwrap() < "2026-12-01".parse().unwrap());
        check_examples::<Date>();
    }

    #[test]
    fn what_is_not_in_the_calendar_is_refused() {
        check_refused::<Date>("2026-02-29", "`2026-02-29` is not in the calendar; write `2026-02-28`");
        check_refused::<Date>("2026-13-01", "`2026-13-01` is not in the calendar");
        check_refused::<Date>("2026-01-00", "`2026-01-00` is not in the calendar");
        for text in ["27.11.2026", "2026-11-27T00:00:00", "26-11-27", "2026-1-1", "", "-2026-11-27", "+026-11-27"] {
            let message = format!("`{text}` is not a day: a day is written like `2026-11-27`: year, month, day");
            check_refused::<Date>(text, &message);
        }
    }

    proptest! {
        #[test]
        fn the_text_of_a_day_gives_the_day(year in 0..=9999_i16, month in 1..=12_i8, day in 1..=28_i8) {
            let date = Date(jiff::civil::Date::constant(year, month, day));
            prop_assert_eq!(date.to_string().parse::<Date>(), Ok(date));
        }
    }
}
