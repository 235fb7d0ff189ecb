//! What a plan needs from outside: rows, files and secrets. Everything that is missing is told at once, at the line of
//! the plan that needs it, before anything is asked.

mod csv;
mod secret;

use std::collections::BTreeMap;
use std::sync::Arc;

use hyper::body::Bytes;

pub use self::secret::Secret;

use crate::plan::toml::{Problem, Problems, nearest};
use crate::plan::words::Reference;
use crate::plan::{Content, Data, Model, Order, Part as FormPart, Plan};
use crate::scenario::Ranks;
use crate::schedule::Schedule;

/// What a plan needs from outside.
#[derive(Clone, Debug, Default)]
pub struct Materials {
    /// The rows of data files, by the data's name.
    pub rows: BTreeMap<String, Arc<Rows>>,
    /// Files that are sent, by their names.
    pub files: BTreeMap<String, Bytes>,
    /// Secrets, by their names.
    pub secrets: BTreeMap<String, Secret>,
}

/// The rows of a data file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rows {
    /// The columns' names.
    pub columns: Vec<String>,
    /// The rows; each has a value for each column.
    pub rows: Vec<Vec<String>>,
}

/// Where a plan's text is, for messages.
#[derive(Clone, Copy, Debug)]
pub struct Source<'s> {
    /// What the file is called.
    pub file: &'s str,
    /// What it holds.
    pub text: &'s str,
}

/// Gets everything that a plan needs. `file` reads a file from the plan's folder, `secret` a variable of the environment.
pub fn gather(
    plan: &Plan,
    source: Source<'_>,
    file: impl Fn(&str) -> Result<Vec<u8>, String>,
    secret: impl Fn(&str) -> Option<String>,
) -> Result<Materials, Problems> {
    let mut found = Gathering { source, problems: Vec::new() };
    let mut materials = Materials::default();
    for (name, data) in &plan.data {
        let rows = file(&data.file).and_then(|bytes| rows(&bytes, data));
        match rows {
            Ok(rows) => {
                found.check_columns(plan, name, data, &rows);
                found.check_enough(plan, name, data, &rows);
                materials.rows.insert(name.clone(), Arc::new(rows));
            }
            Err(why) => {
                found.wrong(&data.file, format!("`data.{name}`: {}: {why}", data.file), "files lie beside the plan")
            }
        }
    }
    for name in files_sent(plan) {
        match file(name) {
            Ok(bytes) => drop(materials.files.insert(name.to_owned(), bytes.into())),
            Err(why) => found.wrong(name, format!("{name}: {why}"), "files lie beside the plan"),
        }
    }
    for (_, template) in plan.templates() {
        for reference in template.references() {
            let Reference::Secret(name) = reference else { continue };
            if materials.secrets.contains_key(name) {
                continue;
            }
            match secret(name) {
                Some(value) => drop(materials.secrets.insert(name.clone(), Secret::new(value))),
                None => {
                    let help = format!("set the environment variable {name}; its value is never shown");
                    found.wrong(&format!("secret:{name}"), format!("`${{secret:{name}}}` is not set"), &help);
                }
            }
        }
    }
    let Gathering { source, problems } = found;
    if problems.is_empty() { Ok(materials) } else { Err(Problems::new(source.file, source.text, problems)) }
}

struct Gathering<'s> {
    source: Source<'s>,
    problems: Vec<Problem>,
}

impl Gathering<'_> {
    /// Notes something wrong where the plan first says a word.
    fn wrong(&mut self, word: &str, wrong: String, help: &str) {
        let start = self.source.text.find(word).unwrap_or(0);
        self.problems.push(Problem::at(start..start + word.len(), wrong).help(help));
    }

    fn check_columns(&mut self, plan: &Plan, name: &str, data: &Data, rows: &Rows) {
        for (_, template) in plan.templates() {
            for reference in template.references() {
                let Reference::Column { data: of, column } = reference else { continue };
                if of == name && !rows.columns.contains(column) {
                    let help = match nearest(column, rows.columns.iter().map(String::as_str)) {
                        Some(meant) => format!("did you mean `{meant}`?"),
                        None => format!("it has {}", rows.columns.join(", ")),
                    };
                    let wrong = format!("`${{{reference}}}`: {} has no such column", data.file);
                    self.wrong(&reference.to_string(), wrong, &help);
                }
            }
        }
    }

    /// In the open model it is known before the run how many rows it takes.
    fn check_enough(&mut self, plan: &Plan, name: &str, data: &Data, rows: &Rows) {
        let (Order::EachOnce, Model::Open { rate, .. }) = (data.order, plan.load.model) else { return };
        let all = Schedule::new(&plan.load.phases.0, rate).requests();
        let needed = ranks(plan, name).of(all);
        if needed > rows.rows.len() as u64 {
            let wrong = format!(
                "`data.{name}`: {} has {} rows, and the run takes {needed}, each once",
                data.file,
                rows.rows.len()
            );
            self.wrong(&data.file, wrong, "give it more rows, a smaller load, or `order = \"round\"`");
        }
    }
}

/// Which iterations take rows of a data file: those of the scenarios that use it.
pub(crate) fn ranks(plan: &Plan, data: &str) -> Ranks {
    let templates = plan.templates();
    let uses = |scenario: usize| {
        templates.iter().filter(|(of, _)| of.is_none_or(|of| of == scenario)).any(|(_, template)| {
            template.references().any(|reference| matches!(reference, Reference::Column { data: of, .. } if of == data))
        })
    };
    let weights: Vec<u32> = plan.scenario.iter().map(|scenario| scenario.weight).collect();
    Ranks::new(&weights, uses)
}

fn files_sent(plan: &Plan) -> Vec<&str> {
    let steps = plan.scenario.iter().flat_map(|scenario| &scenario.step);
    let parts = steps.filter_map(|step| match &step.content {
        Some(Content::Multipart(parts)) => Some(parts.values()),
        _ => None,
    });
    let mut files: Vec<_> = parts
        .flatten()
        .filter_map(|part| match part {
            FormPart::File { file, media: _ } => Some(file.as_str()),
            FormPart::Text(_) => None,
        })
        .collect();
    files.sort_unstable();
    files.dedup();
    files
}

fn rows(bytes: &[u8], data: &Data) -> Result<Rows, String> {
    let text = std::str::from_utf8(bytes).map_err(|_| "it is not UTF-8".to_owned())?;
    let mut rows = csv::rows(text)?;
    let columns = if data.columns.is_empty() {
        if rows.is_empty() {
            return Err("it is empty; its first row has the columns' names".to_owned());
        }
        rows.remove(0)
    } else {
        data.columns.clone()
    };
    if rows.is_empty() {
        return Err("it has no row".to_owned());
    }
    if let Some((place, row)) = rows.iter().enumerate().find(|(_, row)| row.len() != columns.len()) {
        return Err(format!("row {} has {} values, and there are {} columns", place + 1, row.len(), columns.len()));
    }
    Ok(Rows { columns, rows })
}

#[cfg(test)]
mod tests;
