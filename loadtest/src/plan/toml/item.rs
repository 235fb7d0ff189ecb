//! One value of the file, which is asked to be of a type.

use std::fmt::Display;
use std::ops::{Range, RangeInclusive};
use std::str::FromStr;

use toml::Spanned;
use toml::de::DeValue;

use super::fields::Fields;
use super::{Notes, Problem, nearest};
use infra_toml::described;

/// A value of the file, and the path to it.
#[derive(Clone, Debug)]
pub struct Item<'n, 't> {
    notes: &'n Notes,
    value: &'t Spanned<DeValue<'t>>,
    name: String,
}

impl<'n, 't> Item<'n, 't> {
    pub(super) fn new(notes: &'n Notes, value: &'t Spanned<DeValue<'t>>, name: String) -> Item<'n, 't> {
        Item { notes, value, name }
    }

    /// Where it is.
    pub fn at(&self) -> Range<usize> {
        self.value.span()
    }

    /// The value itself.
    pub fn value(&self) -> &'t DeValue<'t> {
        self.value.get_ref()
    }

    /// Notes that it is wrong, and what to do.
    pub fn wrong(&self, wrong: impl Display, help: impl Into<String>) {
        self.notes.wrong(self.at(), format!("`{}`: {wrong}", self.name), help);
    }

    /// It as a text.
    pub fn text(&self) -> Option<&'t str> {
        if let DeValue::String(text) = self.value() {
            return Some(text);
        }
        self.is_not("a text in quotes", Some(number_text(self.value())));
        None
    }

    /// It as a text that is read.
    pub fn word<T: FromStr<Err = String>>(&self) -> Option<T> {
        self.read(self.text()?)
    }

    /// It as a number or a text that is read.
    pub fn number_or_word<T: FromStr<Err = String>>(&self) -> Option<T> {
        match number_text(self.value()) {
            text if text.is_empty() => self.word(),
            text => self.read(&text),
        }
    }

    fn read<T: FromStr<Err = String>>(&self, text: &str) -> Option<T> {
        match text.parse() {
            Ok(value) => Some(value),
            Err(rule) => {
                self.notes.add(Problem::at(self.at(), format!("`{}`: {rule}", self.name)));
                None
            }
        }
    }

    /// It as one of some words.
    pub fn choice<T: Copy>(&self, words: &[(&str, T)]) -> Option<T> {
        let said = self.text()?;
        if let Some((_, value)) = words.iter().find(|(word, _)| *word == said) {
            return Some(*value);
        }
        let choices: Vec<_> = words.iter().map(|(word, _)| format!("\"{word}\"")).collect();
        let wrong = format!("`{}` is the text \"{said}\": it must be {}", self.name, choices.join(" or "));
        let problem = Problem::at(self.at(), wrong);
        self.notes.add(match nearest(said, words.iter().map(|(word, _)| *word)) {
            Some(meant) => problem.help(format!("did you mean \"{meant}\"?")),
            None => problem,
        });
        None
    }

    /// It as a number within limits.
    pub fn number<N>(&self, limits: RangeInclusive<N>) -> Option<N>
    where
        N: FromStr + PartialOrd + Display,
    {
        let text = number_text(self.value());
        if text.is_empty() {
            let quoted = self.value().as_str().filter(|text| text.parse::<f64>().is_ok());
            self.is_not("a number", None);
            self.notes.help_last(match quoted {
                Some(text) => format!("write it without quotes: {text}"),
                None => format!("give a number from {} to {}", limits.start(), limits.end()),
            });
            return None;
        }
        let number = text.parse().ok().filter(|number| limits.contains(number));
        if number.is_none() {
            let (least, most) = (limits.start(), limits.end());
            let wrong = format!("`{}` is {text}: it must be {least} to {most}", self.name);
            self.notes.add(Problem::at(self.at(), wrong));
        }
        number
    }

    /// It as a table.
    pub fn fields(&self) -> Option<Fields<'n, 't>> {
        if let DeValue::Table(table) = self.value() {
            return Some(Fields::new(self.notes, table, self.at(), self.name.clone()));
        }
        self.is_not("a table", None);
        self.notes.help_last("write it as a table: { key = \"value\" }");
        None
    }

    /// It as a list.
    pub fn list(&self) -> Option<Vec<Item<'n, 't>>> {
        if let DeValue::Array(items) = self.value() {
            let item = |(place, item)| Item::new(self.notes, item, format!("{}[{place}]", self.name));
            return Some(items.iter().enumerate().map(item).collect());
        }
        self.is_not("a list", None);
        self.notes.help_last("write it in brackets, or as tables: [[…]]");
        None
    }

    fn is_not(&self, wanted: &str, in_quotes: Option<String>) {
        let problem = Problem::at(self.at(), format!("`{}` is {wanted}, not {}", self.name, described(self.value())));
        self.notes.add(match in_quotes.filter(|text| !text.is_empty()) {
            Some(text) => problem.help(format!("write it in quotes: \"{text}\"")),
            None => problem,
        });
    }
}

/// A number as it is written; empty if it is none.
fn number_text(value: &DeValue<'_>) -> String {
    let text = value.as_integer().map(|number| number.as_str()).or(value.as_float().map(|number| number.as_str()));
    text.unwrap_or_default().replace('_', "")
}
