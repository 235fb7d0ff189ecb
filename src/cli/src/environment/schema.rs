//! A TOML tree against a type's JSON Schema: every problem at its place, with what was expected and the nearest word.
//!
//! It knows the part of JSON Schema that is made of Rust types. What it cannot judge it lets pass: the type's own
//! reader has the last word.

use std::ops::Range;

use schemars::generate::SchemaSettings;
use serde_json::{Map, Value};
use toml::de::{DeTable, DeValue};

use super::formats;
use infra_toml::{Problem, Table, described, nearest};

/// The JSON Schema of an environment's type, as editors read it.
pub fn json_schema<E: schemars::JsonSchema>() -> Value {
    SchemaSettings::draft07().into_generator().into_root_schema_for::<E>().to_value()
}

/// Everything that is wrong with a tree.
///
/// `name` is what the environment must be called, where that is known.
pub(super) fn check(tree: &Table<'_>, schema: &Value, name: Option<&str>) -> Vec<Problem> {
    let checker = Checker { root: schema, name };
    let mut problems = Vec::new();
    checker.table(tree.get_ref(), 0..0, schema, FILE, &mut problems);
    problems
}

/// What the table around all others is called.
const FILE: &str = "the file";

struct Checker<'s> {
    root: &'s Value,
    name: Option<&'s str>,
}

impl<'s> Checker<'s> {
    /// The schema that a schema stands for: through `$ref`, and through `allOf` of one.
    fn meant(&self, schema: &'s Value) -> &'s Value {
        let target =
            schema.get("$ref").and_then(Value::as_str).and_then(|text| self.root.pointer(text.strip_prefix('#')?));
        let only = schema.get("allOf").and_then(Value::as_array).filter(|all| all.len() == 1).map(|all| &all[0]);
        match target.or(only) {
            Some(next) => self.meant(next),
            None => schema,
        }
    }

    /// The forms that a value may have, without the absence that an `Option` stands for.
    fn forms(&self, schema: &'s Value) -> Vec<&'s Value> {
        let schema = self.meant(schema);
        match schema.get("anyOf").or_else(|| schema.get("oneOf")).and_then(Value::as_array) {
            Some(forms) => forms.iter().flat_map(|form| self.forms(form)).collect(),
            None if types(schema).iter().eq(&["null"]) => Vec::new(),
            None => vec![schema],
        }
    }

    fn value(&self, value: &DeValue<'_>, at: Range<usize>, schema: &'s Value, name: &str, found: &mut Vec<Problem>) {
        let forms = self.forms(schema);
        if let [form] = forms[..] {
            return self.form(value, at, form, name, found);
        }
        let words: Vec<&Value> = forms.iter().flat_map(|form| words(form)).collect();
        let of_its_type = |form: &Value| types(form).contains(&type_of(value));
        let tables = || forms.iter().filter(|form| self::words(form).is_empty());
        if !words.is_empty() && !tables().any(|form| of_its_type(form)) {
            let others = tables().map(|form| table_in_words(form));
            return one_of(value, at, &words, name, others.collect(), found);
        }
        let tries: Vec<Vec<Problem>> = forms
            .iter()
            .map(|form| {
                let mut problems = Vec::new();
                self.form(value, at.clone(), form, name, &mut problems);
                problems
            })
            .collect();
        if tries.iter().any(Vec::is_empty) || forms.is_empty() {
            return;
        }
        // The form that fits best is the one that was meant: its problems are the ones to read.
        let best = forms.iter().zip(tries).min_by_key(|(form, problems)| (!of_its_type(form), problems.len()));
        found.extend(best.map(|(_, problems)| problems).unwrap_or_default());
    }

    fn form(&self, value: &DeValue<'_>, at: Range<usize>, schema: &'s Value, name: &str, found: &mut Vec<Problem>) {
        let words = words(schema);
        if !words.is_empty() {
            return one_of(value, at, &words, name, Vec::new(), found);
        }
        let types = types(schema);
        let fits = types.is_empty()
            || types.contains(&type_of(value))
            || (types.contains(&"number") && type_of(value) == "integer");
        if !fits {
            let expected = types.iter().filter(|word| **word != "null").map(|word| in_words(word)).collect::<Vec<_>>();
            let problem = Problem::at(at, format!("`{name}` is {}, not {}", expected.join(" or "), described(value)));
            return found.push(about(way_to(value, &types, problem), schema));
        }
        match value {
            DeValue::Table(table) => self.table(table, at, schema, name, found),
            DeValue::Array(items) => {
                let count = items.len() as f64;
                let limits = (number(schema, "minItems"), number(schema, "maxItems"));
                if let Some(says) = outside(count, limits.0, limits.1) {
                    let noun = if items.len() == 1 { "entry" } else { "entries" };
                    let problem = Problem::at(at, format!("`{name}` has {} {noun}: it must have {says}", items.len()));
                    found.push(about(problem, schema));
                }
                for (index, item) in items.iter().enumerate() {
                    let before = items[..index].iter().filter_map(|earlier| earlier.get_ref().as_str());
                    if is_a_set(schema) && before.into_iter().any(|text| item.get_ref().as_str() == Some(text)) {
                        let wrong = format!("`{name}` has {} twice", described(item.get_ref()));
                        found.push(Problem::at(item.span(), wrong).help("write it once".to_owned()));
                    }
                    if let Some(of) = schema.get("items") {
                        self.value(item.get_ref(), item.span(), of, &format!("{name}[{index}]"), found);
                    }
                }
            }
            DeValue::String(text) => {
                if let Some(Err(message)) = format_of(schema).and_then(|format| formats::check(format, text)) {
                    found.push(about(Problem::at(at, format!("`{name}`: {message}")), schema));
                }
            }
            DeValue::Integer(_) | DeValue::Float(_) => {
                let text =
                    value.as_integer().map(|number| number.as_str()).or(value.as_float().map(|number| number.as_str()));
                let number_is = text.and_then(|text| text.replace('_', "").parse::<f64>().ok());
                let (least, most) = limits(schema);
                if number_is.is_some_and(|number| !number.is_finite()) {
                    let wrong =
                        format!("`{name}` is {}: it must be a number that has an end", text.unwrap_or_default());
                    found.push(about(Problem::at(at, wrong), schema));
                } else if let Some(says) = number_is.and_then(|number| outside(number, least, most)) {
                    let shown = text.unwrap_or_default();
                    found.push(about(Problem::at(at, format!("`{name}` is {shown}: it must be {says}")), schema));
                }
            }
            DeValue::Boolean(_) | DeValue::Datetime(_) => {}
        }
    }

    fn table(&self, table: &DeTable<'_>, at: Range<usize>, schema: &'s Value, name: &str, found: &mut Vec<Problem>) {
        let none = Map::new();
        let known = schema.get("properties").and_then(Value::as_object).unwrap_or(&none);
        for (key, value) in table {
            let key_text: &str = key.get_ref();
            let inner = if name == FILE { key_text.to_owned() } else { format!("{name}.{key_text}") };
            let others = others(schema);
            if let Some(of) = known.get(key_text) {
                self.value(value.get_ref(), value.span(), of, &inner, found);
            } else if let Some(of) = others.filter(|others| others.is_object()) {
                let names = schema.get("propertyNames").and_then(format_of).or_else(|| self.format_of_keys(schema));
                if let Some(Err(message)) = names.and_then(|format| formats::check(format, key_text)) {
                    found.push(Problem::at(key.span(), message));
                }
                self.value(value.get_ref(), value.span(), of, &inner, found);
            } else if others == Some(&Value::Bool(false)) {
                found.push(unknown_key(key_text, key.span(), known, name));
            }
        }
        for required in schema.get("required").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str)
        {
            if !table.contains_key(required) {
                let problem = Problem::at(at.clone(), format!("{} has no `{required}`", quoted(name)));
                found.push(match known.get(required) {
                    Some(of) => about(problem, self.described(of)).help(self.to_write(name, required, of)),
                    None => problem,
                });
            }
        }
    }

    /// The format of a map's keys. A map says the pattern alone; whose pattern that is, is found among the definitions.
    fn format_of_keys(&self, schema: &'s Value) -> Option<&'s str> {
        let pattern = schema.get("patternProperties")?.as_object()?.keys().next()?;
        let definitions = self.root.get("definitions")?.as_object()?.values();
        definitions.filter(|of| of.get("pattern").and_then(Value::as_str) == Some(pattern)).find_map(format_of)
    }

    /// The schema that says what a value is for: the field's own words come before those of its type.
    fn described(&self, schema: &'s Value) -> &'s Value {
        if schema.get("description").is_some() { schema } else { self.meant(schema) }
    }

    /// How a missing value is written.
    fn to_write(&self, table: &str, key: &str, schema: &'s Value) -> String {
        let forms = self.forms(schema);
        let words: Vec<&Value> = forms.iter().flat_map(|form| words(form)).collect();
        let kind = forms.first().and_then(|form| types(form).first().copied());
        let example = forms.first().and_then(|form| form.get("examples")?.get(0));
        match kind {
            _ if table == FILE && key == "name" && self.name.is_some() => {
                format!("add it: `name = {:?}`", self.name.unwrap_or_default())
            }
            _ if !words.is_empty() => format!("add `{key} = …`: {}", listed(&words)),
            Some("object") if table == FILE => format!("add a table `[{key}]`"),
            Some("object") => format!("add a table `[{table}.{key}]`"),
            _ if example.is_some() => format!("add it: `{key} = {}`", example.unwrap_or(&Value::Null)),
            Some(kind) => format!("add `{key} = …`: {}", in_words(kind)),
            None => format!("add `{key} = …`"),
        }
    }
}

fn unknown_key(key: &str, at: Range<usize>, known: &Map<String, Value>, table: &str) -> Problem {
    let problem = Problem::at(at, format!("{} knows no key `{key}`", quoted(table)));
    match nearest(key, known.keys().map(String::as_str)) {
        Some(meant) => problem.help(format!("did you mean `{meant}`?")),
        None => problem.help(format!("it knows {}", known.keys().cloned().collect::<Vec<_>>().join(", "))),
    }
}

/// The schema of the keys that a table does not list. A map whose keys have a form of their own says it by that form's
/// pattern.
fn others(schema: &Value) -> Option<&Value> {
    let patterns = schema.get("patternProperties").and_then(Value::as_object);
    patterns.and_then(|patterns| patterns.values().next()).or_else(|| schema.get("additionalProperties"))
}

/// The words of an enumeration.
fn words(schema: &Value) -> Vec<&Value> {
    let listed = schema.get("enum").and_then(Value::as_array).into_iter().flatten();
    listed.chain(schema.get("const")).filter(|word| !word.is_null()).collect()
}

/// One of the words, or one of the `others`, which are more than a word.
fn one_of(
    value: &DeValue<'_>,
    at: Range<usize>,
    words: &[&Value],
    name: &str,
    others: Vec<String>,
    found: &mut Vec<Problem>,
) {
    let said = value.as_str();
    let number = value.as_integer().and_then(|number| number.as_str().replace('_', "").parse::<i64>().ok());
    let is = |word: &&Value| said.is_some_and(|said| *word == said) || number.is_some_and(|number| **word == number);
    if words.iter().any(is) {
        return;
    }
    let choices: Vec<String> = words.iter().map(|word| word.to_string()).chain(others).collect();
    let problem = Problem::at(at, format!("`{name}` is {}: it must be {}", described(value), either(&choices)));
    let meant = said.and_then(|said| nearest(said, words.iter().filter_map(|word| word.as_str())));
    found.push(match meant {
        Some(meant) => problem.help(format!("did you mean \"{meant}\"?")),
        None => problem,
    });
}

/// A table as it is written, with the keys that it must have.
fn table_in_words(schema: &Value) -> String {
    let keys = schema.get("required").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str);
    format!("{{ {} }}", keys.map(|key| format!("{key} = …")).collect::<Vec<_>>().join(", "))
}

fn listed(words: &[&Value]) -> String {
    either(&words.iter().map(|word| word.to_string()).collect::<Vec<_>>())
}

fn either(choices: &[String]) -> String {
    match choices.split_last() {
        Some((last, [])) => last.clone(),
        Some((last, first)) => format!("{} or {last}", first.join(", ")),
        None => "nothing".to_owned(),
    }
}

/// Adds the first sentence of a schema's description.
fn about(problem: Problem, schema: &Value) -> Problem {
    match schema.get("description").and_then(Value::as_str).and_then(|text| text.lines().next()) {
        Some(line) => problem.help(line.to_owned()),
        None => problem,
    }
}

/// Quotes are what is most often too many or missing.
fn way_to(value: &DeValue<'_>, types: &[&str], problem: Problem) -> Problem {
    match value {
        DeValue::String(text) if !types.contains(&"string") => {
            let plain = text.parse::<f64>().is_ok() || text.parse::<bool>().is_ok();
            if plain { problem.help(format!("write it without quotes: {text}")) } else { problem }
        }
        DeValue::Integer(number) if types.contains(&"string") => {
            problem.help(format!("write it in quotes: \"{}\"", number.as_str()))
        }
        DeValue::Datetime(date) if types.contains(&"string") => problem.help(format!("write it in quotes: \"{date}\"")),
        DeValue::String(text) if types.contains(&"array") => {
            problem.help(format!("write it in brackets: [\"{text}\"]"))
        }
        _ => problem,
    }
}

fn types(schema: &Value) -> Vec<&str> {
    match schema.get("type") {
        Some(Value::String(one)) => vec![one],
        Some(Value::Array(several)) => several.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    }
}

fn type_of(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "string",
        DeValue::Datetime(_) => "datetime",
        DeValue::Integer(_) => "integer",
        DeValue::Float(_) => "number",
        DeValue::Boolean(_) => "boolean",
        DeValue::Array(_) => "array",
        DeValue::Table(_) => "object",
    }
}

fn in_words(kind: &str) -> &'static str {
    match kind {
        "string" => "a text in quotes",
        "integer" => "a whole number",
        "number" => "a number",
        "boolean" => "true or false",
        "array" => "a list",
        "object" => "a table",
        _ => "another value",
    }
}

/// Whether a list's entries are all different.
fn is_a_set(schema: &Value) -> bool {
    schema.get("uniqueItems") == Some(&Value::Bool(true))
}

fn format_of(schema: &Value) -> Option<&str> {
    schema.get("format").and_then(Value::as_str)
}

fn number(schema: &Value, key: &str) -> Option<f64> {
    schema.get(key).and_then(Value::as_f64)
}

/// The limits of a number: those that are written, within those of its Rust type.
fn limits(schema: &Value) -> (Option<f64>, Option<f64>) {
    let (least, most) = match format_of(schema) {
        Some("uint8") => (Some(0.0), Some(f64::from(u8::MAX))),
        Some("uint16") => (Some(0.0), Some(f64::from(u16::MAX))),
        Some("uint32") => (Some(0.0), Some(f64::from(u32::MAX))),
        Some("uint64" | "uint") => (Some(0.0), None),
        Some("int32") => (Some(f64::from(i32::MIN)), Some(f64::from(i32::MAX))),
        _ => (None, None),
    };
    (number(schema, "minimum").or(least), number(schema, "maximum").or(most))
}

/// What must hold, if a number is outside its limits.
fn outside(number: f64, least: Option<f64>, most: Option<f64>) -> Option<String> {
    let fits = least.is_none_or(|least| number >= least) && most.is_none_or(|most| number <= most);
    (!fits).then(|| match (least, most) {
        (Some(least), Some(most)) if least == most => format!("exactly {least}"),
        (Some(least), Some(most)) => format!("{least} to {most}"),
        (Some(least), None) => format!("{least} or more"),
        (None, Some(most)) => format!("{most} or less"),
        (None, None) => String::new(),
    })
}

fn quoted(name: &str) -> String {
    if name == FILE { name.to_owned() } else { format!("`{name}`") }
}
