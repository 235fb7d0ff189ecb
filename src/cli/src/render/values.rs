//! How a value is shown, and how one value becomes another: on one line where it fits, element by element where not.

use serde_json::Value as Json;
use similar::{ChangeTag, TextDiff};

use super::json_text::laid_out;
use super::report::{Form, Value};
use super::{WIDTH, wrapped_to};

/// A line of a value or of a difference, not yet painted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Line {
    /// How deep it stands.
    pub depth: usize,
    /// What happens to it.
    pub mark: Mark,
    /// What it says; it may go on on lines of its own.
    pub text: String,
}

/// What happens to a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mark {
    /// It is named, and what happens stands in it or below it.
    Name,
    /// It stays, and is shown for orientation.
    Same,
    /// It comes.
    Plus,
    /// It goes.
    Minus,
}

const NESTING: usize = 2;
/// Lines shown around a changed one.
const AROUND: usize = 2;

/// A value on one line: texts plain where that cannot be misread.
pub(super) fn inline(value: &Json) -> String {
    if let Some(output) = reference(value) {
        return known_after(&output);
    }
    match value {
        Json::Null => "(none)".to_owned(),
        Json::String(text) => plain(text),
        Json::Array(items) => format!("[{}]", items.iter().map(inline).collect::<Vec<_>>().join(", ")),
        Json::Object(map) => {
            let entries: Vec<String> = map.iter().map(|(key, value)| format!("{key}: {}", inline(value))).collect();
            format!("{{{}}}", entries.join(", "))
        }
        Json::Bool(_) | Json::Number(_) => value.to_string(),
    }
}

/// A value that only the cloud can give.
pub(super) fn known_after(output: &str) -> String {
    format!("(known after apply: {output})")
}

/// A whole value under its name: what comes with a new resource.
pub(super) fn whole(name: &str, value: &Value, form: Form, depth: usize, mark: Mark) -> Vec<Line> {
    match value {
        Value::Absent => Vec::new(),
        Value::KnownAfterApply(output) => vec![line(depth, mark, format!("{name}: {}", known_after(output)))],
        Value::Known(_) if form == Form::Secret => vec![line(depth, mark, format!("{name}: (secret)"))],
        Value::Known(Json::Null) => Vec::new(),
        Value::Known(Json::Array(items)) if items.is_empty() => Vec::new(),
        Value::Known(Json::Object(map)) if map.is_empty() => Vec::new(),
        Value::Known(value) => written(name, value, form, depth, mark),
    }
}

fn written(name: &str, value: &Json, form: Form, depth: usize, mark: Mark) -> Vec<Line> {
    let short = format!("{name}: {}", inline(value));
    if fits(&short, depth) && !multiline(value) {
        return vec![line(depth, mark, short)];
    }
    let mut lines = vec![line(depth, mark, format!("{name}:"))];
    match value {
        _ if form == Form::Json || form == Form::Text => {
            lines.extend(text_of(value, form).lines().map(|text| line(depth + 1, mark, text.to_owned())));
        }
        Json::Object(map) if reference(value).is_none() => {
            map.iter().for_each(|(key, value)| lines.extend(written(key, value, Form::Plain, depth + 1, mark)));
        }
        Json::Array(items) => lines.extend(items.iter().map(|one| item(depth + 1, mark, one))),
        Json::String(text) if text.contains('\n') => {
            lines.extend(text.lines().map(|text| line(depth + 1, mark, text.to_owned())));
        }
        other => return vec![line(depth, mark, format!("{name}: {}", inline(other)))],
    }
    lines
}

/// What happens to a named value.
pub(super) fn changed(name: &str, before: &Value, after: &Value, form: Form, depth: usize) -> Vec<Line> {
    match (before, after) {
        (Value::Known(Json::Null) | Value::Absent, after) => whole(name, after, form, depth, Mark::Plus),
        (before, Value::Known(Json::Null) | Value::Absent) => whole(name, before, form, depth, Mark::Minus),
        (Value::Known(before), Value::Known(after)) => between(name, before, after, form, depth),
        (before, after) => {
            let text = format!("{name}: {} → {}", side(before), side(after));
            vec![line(depth, Mark::Name, wrapped_to(WIDTH - (depth + 4) * NESTING, &text, 2))]
        }
    }
}

fn between(name: &str, before: &Json, after: &Json, form: Form, depth: usize) -> Vec<Line> {
    if form == Form::Secret {
        return vec![line(depth, Mark::Name, format!("{name}: (secret) → (another secret)"))];
    }
    let short = format!("{name}: {} → {}", inline(before), inline(after));
    let mut below = match (before, after) {
        _ if form == Form::Json => by_lines(&text_of(before, form), &text_of(after, form), depth + 1),
        (Json::String(before), Json::String(after)) if before.contains('\n') || after.contains('\n') => {
            by_lines(before, after, depth + 1)
        }
        (Json::Array(before), Json::Array(after)) if form == Form::Set => by_set(before, after, depth + 1),
        (Json::Array(before), Json::Array(after)) => by_place(before, after, depth + 1),
        (Json::Object(before_map), Json::Object(after_map))
            if reference(before).is_none() && reference(after).is_none() =>
        {
            by_key(before_map, after_map, depth + 1)
        }
        _ if fits(&short, depth) => return vec![line(depth, Mark::Name, short)],
        _ => vec![item(depth + 1, Mark::Minus, before), item(depth + 1, Mark::Plus, after)],
    };
    below.insert(0, line(depth, Mark::Name, format!("{name}:")));
    below
}

fn by_key(before: &serde_json::Map<String, Json>, after: &serde_json::Map<String, Json>, depth: usize) -> Vec<Line> {
    let new = after.keys().filter(|key| !before.contains_key(*key));
    let keys = before.keys().chain(new);
    let side = |value: Option<&Json>| value.map_or(Value::Absent, |value| Value::Known(value.clone()));
    keys.filter(|key| before.get(*key) != after.get(*key))
        .flat_map(|key| changed(key, &side(before.get(key)), &side(after.get(key)), Form::Plain, depth))
        .collect()
}

fn by_set(before: &[Json], after: &[Json], depth: usize) -> Vec<Line> {
    let gone = before.iter().filter(|one| !after.contains(one)).map(|one| item(depth, Mark::Minus, one));
    let new = after.iter().filter(|one| !before.contains(one)).map(|one| item(depth, Mark::Plus, one));
    gone.chain(new).collect()
}

fn by_place(before: &[Json], after: &[Json], depth: usize) -> Vec<Line> {
    let texts = |items: &[Json]| items.iter().map(|item| inline(item).replace('\n', "⏎") + "\n").collect::<String>();
    by_lines(&texts(before), &texts(after), depth)
}

fn by_lines(before: &str, after: &str, depth: usize) -> Vec<Line> {
    let diff = TextDiff::from_lines(before, after);
    let mut lines = Vec::new();
    for (position, group) in diff.grouped_ops(AROUND).iter().enumerate() {
        if position > 0 {
            lines.push(line(depth, Mark::Same, "…".to_owned()));
        }
        let changes: Vec<_> = group.iter().flat_map(|operation| diff.iter_changes(operation)).collect();
        let indent = changes.iter().filter_map(|change| indentation(change.value())).min().unwrap_or(0);
        for change in changes {
            let mark = match change.tag() {
                ChangeTag::Equal => Mark::Same,
                ChangeTag::Insert => Mark::Plus,
                ChangeTag::Delete => Mark::Minus,
            };
            let text = change.value().trim_end_matches(['\n', '\r']);
            lines.push(line(depth, mark, text.get(indent..).unwrap_or_default().to_owned()));
        }
    }
    lines
}

/// How many spaces a line begins with; an empty line says nothing of it.
fn indentation(text: &str) -> Option<usize> {
    (!text.trim().is_empty()).then(|| text.len() - text.trim_start_matches(' ').len())
}

fn text_of(value: &Json, form: Form) -> String {
    match value {
        Json::String(text) if form == Form::Json => match serde_json::from_str::<Json>(text) {
            Ok(parsed) => text_of(&parsed, form),
            Err(_) => text.clone(),
        },
        Json::String(text) => text.clone(),
        other => laid_out(other, WIDTH - 5 * NESTING),
    }
}

fn side(value: &Value) -> String {
    match value {
        Value::Absent => "(none)".to_owned(),
        Value::Known(value) => inline(value),
        Value::KnownAfterApply(output) => known_after(output),
    }
}

/// Quotes only where a text without them would read as something else.
fn plain(text: &str) -> String {
    let bare = !text.is_empty()
        && text.trim() == text
        && !text.contains(['\n', '"'])
        && !matches!(text, "true" | "false" | "null" | "(none)")
        && text.parse::<f64>().is_err();
    if bare { text.to_owned() } else { format!("{text:?}") }
}

fn reference(value: &Json) -> Option<String> {
    infra_engine::model::Reference::in_value(value).map(|reference| reference.to_string())
}

fn multiline(value: &Json) -> bool {
    value.as_str().is_some_and(|text| text.contains('\n'))
}

fn fits(text: &str, depth: usize) -> bool {
    text.chars().count() + (depth + 3) * NESTING <= WIDTH
}

/// One of several, on as many lines as it needs.
fn item(depth: usize, mark: Mark, value: &Json) -> Line {
    line(depth, mark, wrapped_to(WIDTH - (depth + 4) * NESTING, &inline(value), 2))
}

fn line(depth: usize, mark: Mark, text: String) -> Line {
    Line { depth, mark, text }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn shown(before: Json, after: Json, form: Form) -> String {
        let lines = changed("field", &Value::Known(before), &Value::Known(after), form, 0);
        let sign = |mark| match mark {
            Mark::Name => "",
            Mark::Same => "  ",
            Mark::Plus => "+ ",
            Mark::Minus => "- ",
        };
        lines.iter().map(|line| format!("{}{}{}\n", "  ".repeat(line.depth), sign(line.mark), line.text)).collect()
    }

    #[test]
    fn a_plain_value_stays_on_its_line() {
        assert_eq!(shown(json!(14), json!(30), Form::Plain), "field: 14 → 30\n");
        assert_eq!(shown(json!(""), json!("14"), Form::Plain), "field: \"\" → \"14\"\n");
    }

    #[test]
    fn a_set_shows_only_what_comes_and_goes() {
        let (before, after) = (json!(["a", "b", "c"]), json!(["c", "d", "a"]));
        assert_eq!(shown(before, after, Form::Set), "field:\n  - b\n  + d\n");
    }

    #[test]
    fn a_map_shows_only_the_keys_that_differ() {
        let (before, after) =
            (json!({"a": 1, "b": {"x": 1, "y": 2}}), json!({"a": 1, "b": {"x": 3, "y": 2}, "c": "n"}));
        assert_eq!(shown(before, after, Form::Plain), "field:\n  b:\n    x: 1 → 3\n  + c: n\n");
    }

    #[test]
    fn text_and_json_are_compared_line_by_line() {
        let (before, after) = (json!("one\ntwo\nthree\n"), json!("one\n2\nthree\n"));
        assert_eq!(shown(before, after, Form::Text), "field:\n    one\n  - two\n  + 2\n    three\n");
        let (before, after) = (json!({"Action": "a"}), json!({"Action": "b"}));
        let lines = "field:\n  - { \"Action\": \"a\" }\n  + { \"Action\": \"b\" }\n";
        assert_eq!(shown(before, after, Form::Json), lines);
    }

    #[test]
    fn a_secret_is_not_shown_on_either_side() {
        assert_eq!(shown(json!("one"), json!("two"), Form::Secret), "field: (secret) → (another secret)\n");
    }
}
