//! A TOML text as a tree in which every key and value knows its place.

use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::problem::Problem;

/// A table with places.
pub type Table<'i> = Spanned<DeTable<'i>>;

/// The tree of a text, as far as it can be read, and what is wrong with its syntax.
pub fn parse(text: &str) -> (Table<'_>, Vec<Problem>) {
    let (tree, errors) = DeTable::parse_recoverable(text);
    (tree, errors.iter().map(Problem::of_toml).collect())
}

/// The place of a value, given as keys joined by dots; the nearest table around it where it is not there.
pub fn locate(tree: &Table<'_>, path: &str) -> Range<usize> {
    let (mut place, mut table) = (tree.span(), Some(tree.get_ref()));
    for key in path.split('.') {
        let Some(value) = table.and_then(|table| table.get(key)) else { break };
        place = value.span();
        table = value.get_ref().as_table();
    }
    place
}

/// What a value is, in words.
pub fn described(value: &DeValue<'_>) -> String {
    match value {
        DeValue::String(text) => format!("the text \"{text}\""),
        DeValue::Integer(number) => format!("the number {}", number.as_str()),
        DeValue::Float(number) => format!("the number {}", number.as_str()),
        DeValue::Boolean(yes) => format!("`{yes}`"),
        DeValue::Datetime(date) => format!("the date {date}"),
        DeValue::Array(_) => "a list".to_owned(),
        DeValue::Table(_) => "a table".to_owned(),
    }
}
