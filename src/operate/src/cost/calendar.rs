//! How many there are at least and at most, on an average over the calendar of scheduled actions, exactly to the minute.
//!
//! Actions that come back every week are integrated over one week, as are their clocks: the two weeks of a year in which
//! clocks change are like the others. What comes back by days of the month or by months is integrated over a year. What
//! happens once, or between two days, belongs to no ordinary month: that is a [`Season`].

use std::collections::BTreeSet;

use infra_aws::autoscaling::{ScalableTarget, ScheduledAction};
use infra_values::{Cron, Schedule, Unit};

use super::fraction::Fraction;

/// How many there are in an ordinary month, on an average.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Bounds {
    /// At least.
    pub minimum: Fraction,
    /// At most.
    pub maximum: Fraction,
}

/// Days on which other bounds hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Season {
    /// Its first moment: `2027-11-22T00:00:00`.
    pub from: String,
    /// Its last.
    pub to: String,
    /// Its hours.
    pub hours: Fraction,
    /// The bounds that hold meanwhile.
    pub bounds: Bounds,
}

const HOUR: u32 = 60;
const DAY: u32 = 24 * HOUR;
const WEEK: u32 = 7 * DAY;
/// Days of the months of a year that is no leap year.
const MONTHS: [u32; 12] = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/// The bounds of an ordinary month. Where an action's schedule is one that is not understood here, the bounds are the
/// lowest and the highest that anything sets.
pub(super) fn ordinary(target: &ScalableTarget, actions: &[ScheduledAction]) -> Bounds {
    let (first, last) = (target.minimum, target.maximum);
    if target.suspended.schedules {
        return Bounds { minimum: first.into(), maximum: last.max(first).into() };
    }
    let usual: Vec<&ScheduledAction> = actions.iter().filter(|action| comes_back(action)).collect();
    let weekly = usual.iter().all(|action| is_weekly(&action.schedule));
    let span = if weekly { WEEK } else { 365 * DAY };
    let mut moves = Vec::new();
    for action in usual {
        let Some(minutes) = minutes(&action.schedule, span) else { return widest(target, actions) };
        moves.extend(minutes.into_iter().map(|minute| (minute, action.minimum, action.maximum)));
    }
    moves.sort_by_key(|(minute, ..)| *minute);
    integral((first, last), &moves, span)
}

/// The days on which other bounds hold.
pub(super) fn seasons(target: &ScalableTarget, actions: &[ScheduledAction]) -> Vec<Season> {
    if target.suspended.schedules {
        return Vec::new();
    }
    let season = |action: &ScheduledAction| {
        let (from, to) = (action.start?, action.end?);
        let (minimum, maximum) = (action.minimum.unwrap_or(target.minimum), action.maximum.unwrap_or(target.maximum));
        let seconds = to.civil().duration_since(from.civil()).as_secs();
        (seconds > 0).then(|| Season {
            from: from.to_string(),
            to: to.to_string(),
            hours: Fraction::of(seconds.into(), 3600),
            bounds: Bounds { minimum: minimum.into(), maximum: maximum.max(minimum).into() },
        })
    };
    actions.iter().filter_map(season).collect()
}

/// True for what goes on in ordinary months: not between two days, and not once.
fn comes_back(action: &ScheduledAction) -> bool {
    !matches!(action.schedule, Schedule::At(_)) && (action.start.is_none() || action.end.is_none())
}

fn widest(target: &ScalableTarget, actions: &[ScheduledAction]) -> Bounds {
    let minimums = actions.iter().filter_map(|action| action.minimum).chain([target.minimum]);
    let maximums = actions.iter().filter_map(|action| action.maximum).chain([target.maximum]);
    let least = minimums.min().unwrap_or(target.minimum);
    Bounds { minimum: least.into(), maximum: maximums.max().unwrap_or(target.maximum).max(least).into() }
}

type Move = (u32, Option<u32>, Option<u32>);

/// The average of the bounds over a span that comes back: it begins as it ends.
fn integral(first: (u32, u32), moves: &[Move], span: u32) -> Bounds {
    let (mut minimum, mut maximum) = first;
    for (_, least, most) in moves {
        (minimum, maximum) = (least.unwrap_or(minimum), most.unwrap_or(maximum));
    }
    let (mut low, mut high, mut since) = (0_i128, 0_i128, 0);
    let mut pass = |minimum: u32, maximum: u32, minutes: u32| {
        low += i128::from(minimum) * i128::from(minutes);
        high += i128::from(maximum.max(minimum)) * i128::from(minutes);
    };
    for (minute, least, most) in moves {
        pass(minimum, maximum, minute - since);
        (minimum, maximum, since) = (least.unwrap_or(minimum), most.unwrap_or(maximum), *minute);
    }
    pass(minimum, maximum, span - since);
    Bounds { minimum: Fraction::of(low, span.into()), maximum: Fraction::of(high, span.into()) }
}

fn is_weekly(schedule: &Schedule) -> bool {
    match schedule {
        Schedule::Cron(cron) => {
            let fields: Vec<&str> = cron.as_str().split(' ').collect();
            matches!(fields[..], [_, _, "?" | "*", "*", _, "*"])
        }
        Schedule::Rate(_) | Schedule::At(_) => true,
    }
}

/// The minutes of a span, which begins on a Sunday, at which a schedule comes; `None` where it is not understood.
fn minutes(schedule: &Schedule, span: u32) -> Option<Vec<u32>> {
    match schedule {
        Schedule::Cron(cron) => cron_minutes(cron, span),
        Schedule::Rate(rate) => {
            let unit = match rate.unit {
                Unit::Minute => 1,
                Unit::Hour => HOUR,
                Unit::Day => DAY,
            };
            Some((0..span).step_by(rate.every.get().saturating_mul(unit).max(1) as usize).collect())
        }
        Schedule::At(_) => Some(Vec::new()),
    }
}

const MONTH_NAMES: &[&str] = &["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"];
const DAY_NAMES: &[&str] = &["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"];

fn cron_minutes(cron: &Cron, span: u32) -> Option<Vec<u32>> {
    let fields: Vec<&str> = cron.as_str().split(' ').collect();
    let [minute, hour, day, month, weekday, "*"] = fields[..] else { return None };
    let minutes = values(minute, 0..=59, &[])?;
    let hours = values(hour, 0..=23, &[])?;
    let days = days_of_month(day)?;
    let months = values(month, 1..=12, MONTH_NAMES)?;
    let weekdays = values(weekday, 1..=7, DAY_NAMES)?;
    let mut found = Vec::new();
    for number in 0..span / DAY {
        let (month, day, is_last) = day_of_year(number);
        let on_day = days.numbers.contains(&day) || (days.last && is_last);
        let in_month = span == WEEK || (months.contains(&month) && on_day);
        if !in_month || !weekdays.contains(&(number % 7 + 1)) {
            continue;
        }
        for hour in &hours {
            found.extend(minutes.iter().map(|minute| number * DAY + hour * HOUR + minute));
        }
    }
    Some(found)
}

struct Days {
    numbers: BTreeSet<u32>,
    last: bool,
}

fn days_of_month(field: &str) -> Option<Days> {
    match field {
        "L" => Some(Days { numbers: BTreeSet::new(), last: true }),
        field => Some(Days { numbers: values(field, 1..=31, &[])?, last: false }),
    }
}

/// The month, the day in it, and whether it is the month's last, of a day of the year.
fn day_of_year(number: u32) -> (u32, u32, bool) {
    let mut left = number % 365;
    for (month, days) in (1..).zip(MONTHS) {
        if left < days {
            return (month, left + 1, left + 1 == days);
        }
        left -= days;
    }
    (12, 31, true)
}

/// The numbers of a field of cron: lists, ranges and steps of numbers and names. `None` for what only a calendar knows.
fn values(field: &str, within: std::ops::RangeInclusive<u32>, names: &[&str]) -> Option<BTreeSet<u32>> {
    let number = |text: &str| {
        let named = names.iter().position(|name| *name == text).and_then(|at| u32::try_from(at + 1).ok());
        named.or_else(|| text.parse().ok()).filter(|number| within.contains(number))
    };
    let mut found = BTreeSet::new();
    for part in field.split(',') {
        let (range, step) = match part.split_once('/') {
            Some((range, step)) => (range, Some(step.parse::<u32>().ok().filter(|step| *step > 0)?)),
            None => (part, None),
        };
        let (first, last) = match range {
            "*" | "?" => (*within.start(), *within.end()),
            range => match range.split_once('-') {
                Some((first, last)) => (number(first)?, number(last)?),
                None => (number(range)?, if step.is_some() { *within.end() } else { number(range)? }),
            },
        };
        let all: Vec<u32> = if first <= last {
            (first..=last).collect()
        } else {
            (first..=*within.end()).chain(*within.start()..=last).collect()
        };
        found.extend(all.into_iter().step_by(step.unwrap_or(1) as usize));
    }
    Some(found)
}

#[cfg(test)]
mod tests;
