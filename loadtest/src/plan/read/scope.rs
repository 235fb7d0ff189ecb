//! Which names a template may use where it stands.

use toml::de::DeValue;

use super::super::toml::Item;
use super::super::words::{Condition, FUNCTIONS, Reference, Template};
use super::known::{Known, among, keys};

/// The names that are known at one place of a plan.
#[derive(Clone, Debug)]
pub(super) struct Scope<'t> {
    known: &'t Known<'t>,
    variables: Vec<&'t str>,
    /// What later steps of the scenario take: who, and what.
    later: Vec<(&'t str, &'t str)>,
}

impl<'t> Scope<'t> {
    /// Where nothing has been taken yet.
    pub(super) fn new(known: &'t Known<'t>) -> Scope<'t> {
        Scope { known, variables: known.variables.clone(), later: Vec::new() }
    }

    /// Where the plan's variables themselves are made.
    pub(super) fn beginning(known: &'t Known<'t>) -> Scope<'t> {
        Scope { known, variables: Vec::new(), later: Vec::new() }
    }

    /// At the beginning of a scenario with these steps.
    pub(super) fn of_scenario(&self, steps: &Item<'t, 't>) -> Scope<'t> {
        let mut later = Vec::new();
        let list = steps.value().as_array().into_iter().flat_map(|list| list.iter());
        for step in list.filter_map(|step| step.get_ref().as_table()) {
            let name = step.get("name").and_then(|name| name.get_ref().as_str()).unwrap_or("without a name");
            later.extend(keys(step, "take").into_iter().map(|taken| (name, taken)));
        }
        Scope { later, ..self.clone() }
    }

    /// After a step that takes something.
    pub(super) fn taken(&mut self, names: impl IntoIterator<Item = &'t str>) {
        self.variables.extend(names);
    }

    /// Reads a template, and notes what it uses that is not known here.
    pub(super) fn template(&self, item: &Item<'t, 't>) -> Option<Template> {
        let template = item.word()?;
        self.good(item, &template, false).then_some(template)
    }

    /// The same for one that may also be written as a number, or as true or false.
    pub(super) fn value(&self, item: &Item<'t, 't>) -> Option<Template> {
        let template = match item.value() {
            DeValue::Boolean(yes) => Template::literal(yes.to_string()),
            _ => item.number_or_word()?,
        };
        self.good(item, &template, false).then_some(template)
    }

    /// Reads a condition. It may look at what is not there yet: that is empty.
    pub(super) fn condition(&self, item: &Item<'t, 't>) -> Option<Condition> {
        let condition: Condition = item.word()?;
        let good: Vec<bool> =
            condition.templates().into_iter().map(|template| self.good(item, template, true)).collect();
        good.into_iter().all(|good| good).then_some(condition)
    }

    fn good(&self, item: &Item<'t, 't>, template: &Template, early: bool) -> bool {
        let good: Vec<bool> = template.references().map(|reference| self.knows(item, reference, early)).collect();
        good.into_iter().all(|good| good)
    }

    fn knows(&self, item: &Item<'t, 't>, reference: &Reference, early: bool) -> bool {
        match reference {
            Reference::Variable(name) => self.knows_variable(item, name, early),
            Reference::Column { data, column } => self.knows_column(item, data, column),
            Reference::Secret(_) | Reference::Random { .. } | Reference::Uuid | Reference::Now(_) => true,
            Reference::Counter | Reference::User => true,
        }
    }

    fn knows_variable(&self, item: &Item<'t, 't>, name: &str, early: bool) -> bool {
        let taker = self.later.iter().find(|(_, taken)| *taken == name);
        if self.variables.contains(&name) || (early && taker.is_some()) {
            return true;
        }
        let (wrong, help) = match taker {
            Some((step, _)) => (
                format!("`${{{name}}}` is not known yet"),
                format!("step `{step}` takes it; write this step after that one"),
            ),
            None if self.known.data.contains_key(name) => {
                (format!("`${{{name}}}` is a file of rows"), format!("name a column, as ${{{name}.id}}"))
            }
            None => {
                let there: Vec<&str> = self.variables.iter().chain(&FUNCTIONS).copied().collect();
                (format!("`${{{name}}}` is not known: no earlier step takes it"), among(name, &there))
            }
        };
        item.wrong(wrong, help);
        false
    }

    fn knows_column(&self, item: &Item<'t, 't>, data: &str, column: &str) -> bool {
        match self.known.data.get(data) {
            None => {
                let there: Vec<&str> = self.known.data.keys().copied().collect();
                item.wrong(format!("`${{{data}.{column}}}`: there is no `[data.{data}]`"), among(data, &there));
                false
            }
            Some(Some(columns)) if !columns.contains(&column) => {
                item.wrong(format!("`${{{data}.{column}}}`: the file has no such column"), among(column, columns));
                false
            }
            Some(_) => true,
        }
    }
}
