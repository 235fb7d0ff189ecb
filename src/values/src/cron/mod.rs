//! AWS's cron: six fields, of which one of the two day fields is `?`. It is not crontab's.
//!
//! `field` judges one field; here are the expression as a whole and what is proposed to somebody who wrote crontab's.
//! See <https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-scheduled-rule-pattern.html>.

mod field;

use std::fmt;
use std::str::FromStr;

use crate::invalid::Invalid;
use crate::text::written_as_text;

/// A cron expression of six fields (minute, hour, day of the month, month, day of the week, year): `0 8 ? * MON-FRI *`.
///
/// Two are equal when they are written the same but for spaces and the case of names, which is how AWS compares them
/// too: it gives back what it was sent.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Cron(String);

written_as_text!(
    Cron,
    format: "cron",
    pattern: "^\\s*\\S+(\\s+\\S+){5}\\s*$",
    description: "AWS's cron: minute, hour, day of the month, month, day of the week, year; one of the two day fields is `?`. Like `0 8 ? * MON-FRI *`.",
    examples: ["0 8 ? * MON-FRI *", "0 2 * * ? *"]
);

impl Cron {
    /// The expression, as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Cron {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Cron, Invalid> {
        let fields: Vec<String> = text.split_whitespace().map(str::to_ascii_uppercase).collect();
        match problem(text, &fields) {
            None => Ok(Cron(fields.join(" "))),
            Some(invalid) => {
                let near = nearest(text, &fields).filter(|near| problem(text, near).is_none());
                Err(match near {
                    Some(near) => invalid.instead(near.join(" ")),
                    None => invalid,
                })
            }
        }
    }
}

impl fmt::Display for Cron {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

fn problem(text: &str, fields: &[String]) -> Option<Invalid> {
    const RULE: &str = "AWS's cron is minute, hour, day of the month, month, day of the week, year";
    if fields.iter().any(|field| field.contains(['(', ')'])) {
        return Some(Invalid::new(format!("`{text}` has parentheses")).rule("here stand the six fields alone"));
    }
    let [_, _, day_of_month, _, day_of_week, _] = fields else {
        let count = match fields.len() {
            1 => "1 field".to_owned(),
            5 => "5 fields, like crontab".to_owned(),
            count => format!("{count} fields"),
        };
        return Some(Invalid::new(format!("`{text}` has {count}, not 6")).rule(RULE));
    };
    for (kind, field) in field::ALL.iter().zip(fields) {
        if let Some(invalid) = kind.problem(field) {
            return Some(invalid);
        }
    }
    match (day_of_month.as_str(), day_of_week.as_str()) {
        ("?", "?") => Some("has `?` in both day fields"),
        ("?", _) | (_, "?") => None,
        _ => Some("has `?` in neither day field"),
    }
    .map(|wrong| {
        Invalid::new(format!("`{text}` {wrong}"))
            .rule("the day is said by the month or by the week, and the other of the two is `?`")
    })
}

/// What was probably meant; it may still be wrong elsewhere.
fn nearest(text: &str, fields: &[String]) -> Option<Vec<String>> {
    if let Some((_, inner)) = text.trim().strip_suffix(')').and_then(|text| text.split_once('(')) {
        return Some(inner.split_whitespace().map(str::to_ascii_uppercase).collect());
    }
    let mut near = fields.to_vec();
    if near.len() == 5 {
        near[4] = from_crontab(&near[4])?;
        near.push("*".to_owned());
    }
    if near.len() != 6 {
        return None;
    }
    match (near[2].as_str(), near[4].as_str()) {
        ("?", "?") => near[2] = "*".to_owned(),
        (_, "?") | ("?", _) => {}
        (_, "*") => near[4] = "?".to_owned(),
        ("*", _) => near[2] = "?".to_owned(),
        // Both days are said: crontab means either, and AWS has no word for it.
        _ => {}
    }
    for (kind, field) in field::ALL.iter().zip(&mut near) {
        if let Some(unwrapped) = kind.unwrapped(field) {
            *field = unwrapped;
        }
    }
    Some(near)
}

/// Days of the week as crontab counts them, where Sunday is 0 or 7, by their names.
fn from_crontab(days: &str) -> Option<String> {
    if days.contains(['/', '#', 'L']) {
        return None;
    }
    let name = |day: &str| match day.parse::<usize>() {
        Ok(number) => field::DAYS.get(number % 7).filter(|_| number <= 7).map(|name| (*name).to_owned()),
        Err(_) => Some(day.to_owned()),
    };
    let range = |range: &str| Some(range.split('-').map(name).collect::<Option<Vec<_>>>()?.join("-"));
    Some(days.split(',').map(range).collect::<Option<Vec<_>>>()?.join(","))
}

#[cfg(test)]
mod tests;
