//! One field of a cron expression.

use crate::invalid::Invalid;

/// The days of the week, by name; AWS counts them from 1.
pub const DAYS: [&str; 7] = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"];
const MONTHS: [&str; 12] = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"];

/// What a field may hold.
pub struct Kind {
    name: &'static str,
    least: u16,
    most: u16,
    /// Names for the numbers from the least on.
    names: &'static [&'static str],
    special: Special,
}

/// What only some fields know.
#[derive(Clone, Copy, PartialEq)]
enum Special {
    None,
    /// `?`, `L`, `LW`, `15W`.
    DayOfMonth,
    /// `?`, `L`, `FRIL`, `FRI#2`; no steps.
    DayOfWeek,
}

/// The six fields, in their order.
pub const ALL: [Kind; 6] = [
    Kind { name: "minute", least: 0, most: 59, names: &[], special: Special::None },
    Kind { name: "hour", least: 0, most: 23, names: &[], special: Special::None },
    Kind { name: "day of the month", least: 1, most: 31, names: &[], special: Special::DayOfMonth },
    Kind { name: "month", least: 1, most: 12, names: &MONTHS, special: Special::None },
    Kind { name: "day of the week", least: 1, most: 7, names: &DAYS, special: Special::DayOfWeek },
    Kind { name: "year", least: 1970, most: 2199, names: &[], special: Special::None },
];

impl Kind {
    /// What is wrong with a field, if anything is.
    pub fn problem(&self, field: &str) -> Option<Invalid> {
        if field == "?" && self.special != Special::None {
            return None;
        }
        let items: Vec<&str> = field.split(',').collect();
        let alone = items.len() == 1;
        let wrong = items.iter().find_map(|item| match *item {
            "?" if self.special == Special::None => Some(format!("the {} cannot be `?`", self.name)),
            "?" | "*" if !alone => Some(format!("the {} has `{item}` in a list, where it stands alone", self.name)),
            item if item.contains('#') && !alone => {
                Some(format!("the {} has `{item}` in a list, where it stands alone", self.name))
            }
            item => (!self.admits(item)).then(|| format!("the {} cannot be `{item}`", self.name)),
        });
        wrong.map(|wrong| Invalid::new(wrong).rule(self.rule()))
    }

    /// The same field with each range that runs over the end (`FRI-MON`) cut in two; `None` when there is none.
    pub fn unwrapped(&self, field: &str) -> Option<String> {
        let cut = |item: &str| {
            let (from, to) = item.split_once('-')?;
            let (first, last) = (self.number(from)?, self.number(to)?);
            let up_to_the_end =
                if first == self.most { from.to_owned() } else { format!("{from}-{}", self.end(self.most)) };
            let from_the_start =
                if last == self.least { to.to_owned() } else { format!("{}-{to}", self.end(self.least)) };
            (first > last).then(|| format!("{up_to_the_end},{from_the_start}"))
        };
        let mut any = false;
        let mut whole = |item: &str| match cut(item) {
            Some(cut) => {
                any = true;
                cut
            }
            None => item.to_owned(),
        };
        let items: Vec<String> = field.split(',').map(&mut whole).collect();
        any.then(|| items.join(","))
    }

    fn admits(&self, item: &str) -> bool {
        if let Some((base, step)) = item.split_once('/') {
            let step = number(step).is_some_and(|step| (1..=self.most).contains(&step));
            return self.special != Special::DayOfWeek && step && self.admits_plain(base);
        }
        self.admits_plain(item) || self.admits_special(item)
    }

    fn admits_plain(&self, item: &str) -> bool {
        match item.split_once('-') {
            Some((from, to)) => matches!((self.number(from), self.number(to)), (Some(from), Some(to)) if from <= to),
            None => item == "*" || self.number(item).is_some(),
        }
    }

    fn admits_special(&self, item: &str) -> bool {
        match self.special {
            Special::None => false,
            Special::DayOfMonth => {
                item == "L" || item == "LW" || item.strip_suffix('W').is_some_and(|day| self.number(day).is_some())
            }
            Special::DayOfWeek => match item.split_once('#') {
                Some((day, week)) => {
                    self.number(day).is_some() && number(week).is_some_and(|week| (1..=5).contains(&week))
                }
                None => item == "L" || item.strip_suffix('L').is_some_and(|day| self.number(day).is_some()),
            },
        }
    }

    /// The number of a value, if the field may hold it.
    fn number(&self, value: &str) -> Option<u16> {
        let named = self.names.iter().zip(self.least..).find(|(name, _)| **name == value).map(|(_, number)| number);
        named.or_else(|| number(value)).filter(|number| (self.least..=self.most).contains(number))
    }

    /// How the least or the most is written.
    fn end(&self, number: u16) -> String {
        match self.names.get(usize::from(number - self.least)) {
            Some(name) => (*name).to_owned(),
            None => number.to_string(),
        }
    }

    fn rule(&self) -> String {
        let Kind { name: _, least, most, names, special } = self;
        let numbers = match names {
            [first, .., last] => format!("{least} to {most}, or {first} to {last}"),
            _ => format!("{least} to {most}"),
        };
        match special {
            Special::None => format!("it has {numbers}, `*`, ranges, lists and steps"),
            Special::DayOfMonth => format!("it has {numbers}, `*`, ranges, lists and steps, `?`, `L` and `15W`"),
            Special::DayOfWeek => format!("it has {numbers}, `*`, ranges and lists, `?`, `L`, `FRIL` and `FRI#2`"),
        }
    }
}

fn number(text: &str) -> Option<u16> {
    text.parse().ok().filter(|_| text.bytes().all(|byte| byte.is_ascii_digit()))
}
