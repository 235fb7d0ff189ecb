//! The formats that a schema may name, with the parsers that judge them: their own messages are shown.

use std::str::FromStr;

use infra_values::{AccountId, Cidr, Cron, Date, Email, Moment, Name, Region, Schedule, TimeZone, Zone};

/// What a format's parser says of a text; `None` for a format that has none here.
pub(super) fn check(format: &str, text: &str) -> Option<Result<(), String>> {
    let (_, parser) = PARSERS.iter().find(|(name, _)| *name == format)?;
    Some(parser(text))
}

type Parser = fn(&str) -> Result<(), String>;

const PARSERS: &[(&str, Parser)] = &[
    ("account-id", parsed::<AccountId>),
    ("cidr", parsed::<Cidr>),
    ("cron", parsed::<Cron>),
    ("date", parsed::<Date>),
    ("email", parsed::<Email>),
    ("moment", parsed::<Moment>),
    ("name", parsed::<Name>),
    ("region", parsed::<Region>),
    ("schedule", parsed::<Schedule>),
    ("time-zone", parsed::<TimeZone>),
    ("zone", parsed::<Zone>),
];

fn parsed<T: FromStr<Err: std::fmt::Display>>(text: &str) -> Result<(), String> {
    text.parse::<T>().map(|_| ()).map_err(|error| error.to_string())
}
