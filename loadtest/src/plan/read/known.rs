//! The names that a plan gives, gathered before anything else is read: what is wrong elsewhere does not make a name
//! unknown, and a name may be used before the line that gives it.

use std::collections::BTreeMap;
use std::ops::Range;

use toml::de::{DeTable, DeValue};

use super::super::toml::{Fields, Notes, nearest};

/// All names of a plan.
#[derive(Debug)]
pub(super) struct Known<'t> {
    notes: &'t Notes,
    pub(super) scenarios: Vec<(&'t str, Range<usize>)>,
    /// Each with its scenario's place.
    pub(super) steps: Vec<(usize, &'t str, Range<usize>)>,
    pub(super) groups: Vec<&'t str>,
    pub(super) metrics: Vec<&'t str>,
    pub(super) variables: Vec<&'t str>,
    /// The columns are known where the plan lists them.
    pub(super) data: BTreeMap<&'t str, Option<Vec<&'t str>>>,
}

impl<'t> Known<'t> {
    pub(super) fn of(file: &Fields<'t, 't>) -> Known<'t> {
        let table = file.table();
        let mut known = Known {
            notes: file.notes(),
            scenarios: Vec::new(),
            steps: Vec::new(),
            groups: Vec::new(),
            metrics: keys(table, "metrics"),
            variables: keys(table, "variables"),
            data: BTreeMap::new(),
        };
        for (place, scenario) in tables(table, "scenario").enumerate() {
            known.scenarios.extend(text(scenario, "name"));
            for step in tables(scenario, "step") {
                known.steps.extend(text(step, "name").map(|(name, at)| (place, name, at)));
                known.groups.extend(text(step, "group").map(|(name, _)| name));
            }
        }
        for name in keys(table, "data") {
            let columns = table
                .get("data")
                .and_then(|data| data.get_ref().as_table()?.get(name)?.get_ref().as_table()?.get("columns"));
            let columns = columns.and_then(|columns| columns.get_ref().as_array());
            let columns =
                columns.map(|columns| columns.iter().filter_map(|column| column.get_ref().as_str()).collect());
            known.data.insert(name, columns);
        }
        known
    }

    /// Notes the names that were given twice.
    pub(super) fn tell_twice(&self) {
        for (place, (name, at)) in self.scenarios.iter().enumerate() {
            if self.scenarios[..place].iter().any(|(earlier, _)| earlier == name) {
                self.notes.wrong(
                    at.clone(),
                    format!("two scenarios are called `{name}`"),
                    "give each a name of its own",
                );
            }
        }
        for (place, (scenario, name, at)) in self.steps.iter().enumerate() {
            if self.steps[..place].iter().any(|(of, earlier, _)| of == scenario && earlier == name) {
                let wrong = format!("two steps of one scenario are called `{name}`");
                self.notes.wrong(at.clone(), wrong, "give each a name of its own");
            }
        }
    }

    pub(super) fn scenario_names(&self) -> Vec<&'t str> {
        self.scenarios.iter().map(|(name, _)| *name).collect()
    }

    pub(super) fn step_names(&self) -> Vec<&'t str> {
        self.steps.iter().map(|(_, name, _)| *name).collect()
    }
}

/// What to say of a name that is not among those that there are.
pub(super) fn among(name: &str, there: &[&str]) -> String {
    match (nearest(name, there.iter().copied()), there) {
        (Some(meant), _) => format!("did you mean `{meant}`?"),
        (None, []) => "there is none at all".to_owned(),
        (None, _) => format!("there are {}", there.join(", ")),
    }
}

/// The tables of a list of tables.
fn tables<'t>(table: &'t DeTable<'t>, key: &str) -> impl Iterator<Item = &'t DeTable<'t>> {
    let list = table.get(key).and_then(|value| value.get_ref().as_array());
    list.into_iter().flat_map(|list| list.iter()).filter_map(|item| item.get_ref().as_table())
}

/// The keys of a table in a table.
pub(super) fn keys<'t>(table: &'t DeTable<'t>, key: &str) -> Vec<&'t str> {
    let inner = table.get(key).and_then(|value| value.get_ref().as_table());
    inner.into_iter().flat_map(|inner| inner.keys()).map(|key| &**key.get_ref()).collect()
}

fn text<'t>(table: &'t DeTable<'t>, key: &str) -> Option<(&'t str, Range<usize>)> {
    let value = table.get(key)?;
    match value.get_ref() {
        DeValue::String(text) => Some((&**text, value.span())),
        _ => None,
    }
}
