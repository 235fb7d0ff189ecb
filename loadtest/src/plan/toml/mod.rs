//! Reads TOML with places: whatever is wrong is noted at its line, and reading goes on, so that everything is told at
//! once. It looks as the problems of environment files do.

mod fields;
mod item;

use std::cell::RefCell;
use std::ops::Range;

pub use self::fields::Fields;
pub use self::item::Item;
pub use infra_toml::{Problem, Problems, nearest};

/// What is wrong, as far as it was found.
#[derive(Debug, Default)]
pub struct Notes {
    problems: RefCell<Vec<Problem>>,
}

impl Notes {
    /// Notes one more.
    pub fn add(&self, problem: Problem) {
        self.problems.borrow_mut().push(problem);
    }

    /// Notes something wrong at a place, with what to do.
    pub fn wrong(&self, at: Range<usize>, wrong: impl Into<String>, help: impl Into<String>) {
        self.add(Problem::at(at, wrong).help(help));
    }

    /// Adds a line of help to the one that was noted last.
    pub fn help_last(&self, help: impl Into<String>) {
        let mut problems = self.problems.borrow_mut();
        if let Some(last) = problems.pop() {
            problems.push(last.help(help));
        }
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.problems.borrow().len()
    }

    /// All of them.
    pub fn into_problems(self) -> Vec<Problem> {
        self.problems.into_inner()
    }
}

/// Reads a text with `read`, which notes what is wrong; or tells everything that is.
pub fn read<T>(text: &str, file: &str, read: impl FnOnce(Fields<'_, '_>) -> Option<T>) -> Result<T, Problems> {
    let (tree, problems) = infra_toml::parse(text);
    if !problems.is_empty() {
        return Err(Problems::new(file, text, problems));
    }
    let notes = Notes::default();
    let value = read(Fields::new(&notes, tree.get_ref(), 0..0, String::new()));
    match (value, notes.into_problems()) {
        (Some(value), problems) if problems.is_empty() => Ok(value),
        (None, problems) if problems.is_empty() => {
            Err(Problems::new(file, text, vec![Problem::at(0..0, "it is no plan, and nothing says why")]))
        }
        (_, problems) => Err(Problems::new(file, text, problems)),
    }
}
