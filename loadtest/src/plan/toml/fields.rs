//! A table whose keys are asked for one by one: what nobody asks for is a mistake in writing.

use std::cell::RefCell;
use std::ops::Range;

use toml::de::DeTable;

use super::item::Item;
use super::{Notes, Problem, nearest};

/// A table of the file. [`finish`](Fields::finish) notes the keys that are unknown.
#[derive(Debug)]
pub struct Fields<'n, 't> {
    notes: &'n Notes,
    table: &'t DeTable<'t>,
    at: Range<usize>,
    name: String,
    asked: RefCell<Vec<&'static str>>,
}

impl<'n, 't> Fields<'n, 't> {
    /// A table, its place, and the path to it; the file's own has none.
    pub(super) fn new(notes: &'n Notes, table: &'t DeTable<'t>, at: Range<usize>, name: String) -> Fields<'n, 't> {
        Fields { notes, table, at, name, asked: RefCell::default() }
    }

    /// Where what is wrong is noted.
    pub fn notes(&self) -> &'n Notes {
        self.notes
    }

    /// The table itself.
    pub fn table(&self) -> &'t DeTable<'t> {
        self.table
    }

    /// Where the table is.
    pub fn at(&self) -> Range<usize> {
        self.at.clone()
    }

    /// A key's value, if it is there.
    pub fn get(&self, key: &'static str) -> Option<Item<'n, 't>> {
        self.asked.borrow_mut().push(key);
        self.table.get(key).map(|value| Item::new(self.notes, value, self.inner(key)))
    }

    /// A key's value, which must be there.
    pub fn need(&self, key: &'static str, help: &str) -> Option<Item<'n, 't>> {
        let value = self.get(key);
        if value.is_none() {
            self.notes.wrong(self.at(), format!("{} has no `{key}`", self.shown()), help);
        }
        value
    }

    /// The only one of some keys that is there. None if there is none; more than one is a mistake.
    pub fn only(&self, keys: &[&'static str]) -> Option<(&'static str, Item<'n, 't>)> {
        let mut there: Vec<_> = keys.iter().filter_map(|key| Some((*key, self.get(key)?))).collect();
        there.sort_by_key(|(_, item)| item.at().start);
        if let [(first, _), rest @ ..] = there.as_slice() {
            for (key, item) in rest {
                let wrong = format!("{} has `{first}` and `{key}`", self.shown());
                self.notes.wrong(item.at(), wrong, format!("only one of {} can be there", listed(keys)));
            }
        }
        there.into_iter().next()
    }

    /// The only one of some keys, one of which must be there.
    pub fn need_one(&self, keys: &[&'static str], help: &str) -> Option<(&'static str, Item<'n, 't>)> {
        let one = self.only(keys);
        if one.is_none() {
            self.notes.wrong(self.at(), format!("{} has none of {}", self.shown(), listed(keys)), help);
        }
        one
    }

    /// Whether a key is there.
    pub fn has(&self, key: &str) -> bool {
        self.table.contains_key(key)
    }

    /// Every key with its place and its value, where the keys are names that the writer chose.
    pub fn all(&self) -> Vec<(&'t str, Range<usize>, Item<'n, 't>)> {
        let one =
            |(key, value): (&'t toml::Spanned<toml::de::DeString<'t>>, &'t toml::Spanned<toml::de::DeValue<'t>>)| {
                let text: &'t str = key.get_ref();
                (text, key.span(), Item::new(self.notes, value, self.inner(text)))
            };
        let mut all: Vec<_> = self.table.iter().map(one).collect();
        all.sort_by_key(|(_, at, _)| at.start);
        // All have been asked for.
        self.asked.borrow_mut().clear();
        all
    }

    /// Notes the keys that nobody asked for.
    pub fn finish(self) {
        let asked = self.asked.borrow();
        for (key, _) in self.table.iter().filter(|(key, _)| !asked.iter().any(|asked| asked == key.get_ref())) {
            let problem = Problem::at(key.span(), format!("{} knows no key `{}`", self.shown(), key.get_ref()));
            self.notes.add(match nearest(key.get_ref(), asked.iter().copied()) {
                Some(meant) => problem.help(format!("did you mean `{meant}`?")),
                None => problem.help(format!("it knows {}", asked.join(", "))),
            });
        }
    }

    fn inner(&self, key: &str) -> String {
        if self.name.is_empty() { key.to_owned() } else { format!("{}.{key}", self.name) }
    }

    fn shown(&self) -> String {
        if self.name.is_empty() { "the file".to_owned() } else { format!("`{}`", self.name) }
    }
}

/// Words as a list in a sentence.
fn listed(words: &[&str]) -> String {
    words.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ")
}
