//! Where a value is in JSON: the paths of RFC 9535 without filters.
//!
//! `$` is the whole, `.name` and `['name']` a member, `[0]` and `[-1]` an element, `[1:3]` some of them, `*` all, and `..`
//! before any of these looks at every depth.

use std::fmt;
use std::str::FromStr;

use serde_json::Value;

/// A path, and the text that it was written as.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JsonPath {
    text: String,
    segments: Vec<Segment>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Segment {
    /// Whether every depth is looked at.
    deep: bool,
    selectors: Vec<Selector>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Selector {
    Name(String),
    All,
    Index(i64),
    Slice { from: Option<i64>, to: Option<i64>, step: i64 },
}

impl JsonPath {
    /// The values that it leads to, in the document's order.
    pub fn find<'v>(&self, document: &'v Value) -> Vec<&'v Value> {
        self.segments.iter().fold(vec![document], |nodes, segment| {
            let mut found = Vec::new();
            for node in nodes {
                if segment.deep { below(node, segment, &mut found) } else { select(node, segment, &mut found) }
            }
            found
        })
    }
}

fn select<'v>(node: &'v Value, segment: &Segment, found: &mut Vec<&'v Value>) {
    for selector in &segment.selectors {
        match (selector, node) {
            (Selector::Name(name), Value::Object(members)) => found.extend(members.get(name)),
            (Selector::All, Value::Object(members)) => found.extend(members.values()),
            (Selector::All, Value::Array(elements)) => found.extend(elements),
            (Selector::Index(index), Value::Array(elements)) => {
                found.extend(place(*index, elements.len()).and_then(|place| elements.get(place)));
            }
            (Selector::Slice { from, to, step }, Value::Array(elements)) => slice(elements, *from, *to, *step, found),
            _ => {}
        }
    }
}

fn below<'v>(node: &'v Value, segment: &Segment, found: &mut Vec<&'v Value>) {
    select(node, segment, found);
    match node {
        Value::Object(members) => members.values().for_each(|value| below(value, segment, found)),
        Value::Array(elements) => elements.iter().for_each(|value| below(value, segment, found)),
        _ => {}
    }
}

/// An index that may be counted from the end.
fn place(index: i64, length: usize) -> Option<usize> {
    let length = i64::try_from(length).ok()?;
    usize::try_from(if index < 0 { length.checked_add(index)? } else { index }).ok()
}

fn slice<'v>(elements: &'v [Value], from: Option<i64>, to: Option<i64>, step: i64, found: &mut Vec<&'v Value>) {
    let length = i64::try_from(elements.len()).unwrap_or(i64::MAX);
    let counted = |index: i64| if index < 0 { length.saturating_add(index) } else { index };
    if step > 0 {
        let (mut at, to) =
            (counted(from.unwrap_or(0)).clamp(0, length), counted(to.unwrap_or(length)).clamp(0, length));
        while at < to {
            found.extend(place(at, elements.len()).and_then(|place| elements.get(place)));
            at = at.saturating_add(step);
        }
    } else if step < 0 {
        let mut at = from.map_or(length - 1, counted).clamp(-1, length - 1);
        let to = to.map_or(-1, counted).clamp(-1, length - 1);
        while at > to {
            found.extend(place(at, elements.len()).and_then(|place| elements.get(place)));
            at = at.saturating_add(step);
        }
    }
}

impl FromStr for JsonPath {
    type Err = String;

    fn from_str(text: &str) -> Result<JsonPath, String> {
        let wrong = |rest: &str| format!("it cannot be read from `{rest}` on; write a path as $.items[0].id");
        let mut rest = text.trim().strip_prefix('$').ok_or("a path begins with `$`, as $.items[0].id")?;
        let mut segments = Vec::new();
        while !rest.is_empty() {
            let (deep, after) = rest.strip_prefix("..").map_or((false, rest), |after| (true, after));
            let (selectors, left) = match after.strip_prefix('[') {
                Some(inner) => bracketed(inner).ok_or_else(|| wrong(after))?,
                None => {
                    let name = if deep { Some(after) } else { after.strip_prefix('.') };
                    let (selector, left) = name.and_then(dotted).ok_or_else(|| wrong(rest))?;
                    (vec![selector], left)
                }
            };
            segments.push(Segment { deep, selectors });
            rest = left;
        }
        Ok(JsonPath { text: text.trim().to_owned(), segments })
    }
}

fn dotted(text: &str) -> Option<(Selector, &str)> {
    if let Some(left) = text.strip_prefix('*') {
        return Some((Selector::All, left));
    }
    let end = text.find(|c: char| !(c.is_alphanumeric() || c == '_' || c == '-')).unwrap_or(text.len());
    (end > 0).then(|| (Selector::Name(text[..end].to_owned()), &text[end..]))
}

/// What stands between brackets, separated by commas, and what follows them.
fn bracketed(text: &str) -> Option<(Vec<Selector>, &str)> {
    let (mut selectors, mut rest) = (Vec::new(), text);
    loop {
        rest = rest.trim_start();
        let (selector, left) = match rest.chars().next()? {
            quote @ ('\'' | '"') => {
                let (name, left) = quoted(&rest[1..], quote)?;
                (Selector::Name(name), left)
            }
            '*' => (Selector::All, &rest[1..]),
            _ => {
                let end = rest.find([',', ']'])?;
                (numbers(&rest[..end])?, &rest[end..])
            }
        };
        selectors.push(selector);
        rest = left.trim_start();
        match rest.strip_prefix(',') {
            Some(left) => rest = left,
            None => return Some((selectors, rest.strip_prefix(']')?)),
        }
    }
}

fn quoted(text: &str, quote: char) -> Option<(String, &str)> {
    let (mut name, mut escaped) = (String::new(), false);
    for (place, c) in text.char_indices() {
        match c {
            c if escaped => {
                name.push(c);
                escaped = false;
            }
            '\\' => escaped = true,
            c if c == quote => return Some((name, &text[place + 1..])),
            c => name.push(c),
        }
    }
    None
}

fn numbers(text: &str) -> Option<Selector> {
    let parts: Vec<Option<i64>> = text
        .split(':')
        .map(str::trim)
        .map(|part| if part.is_empty() { Some(None) } else { part.parse().ok().map(Some) })
        .collect::<Option<_>>()?;
    match parts[..] {
        [Some(index)] => Some(Selector::Index(index)),
        [from, to] => Some(Selector::Slice { from, to, step: 1 }),
        [from, to, step] => Some(Selector::Slice { from, to, step: step.unwrap_or(1) }),
        _ => None,
    }
}

impl fmt::Display for JsonPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn found(path: &str) -> String {
        let store = json!({
            "items": [{"id": 1, "tags": ["a"]}, {"id": 2, "tags": ["b", "c"]}, {"id": 3, "tags": []}],
            "total": 12.5, "odd name": {"id": 9}, "none": null,
        });
        let found: Vec<String> =
            path.parse::<JsonPath>().unwrap().find(&store).iter().map(ToString::to_string).collect();
        found.join(" ")
    }

    #[test]
    fn paths_lead_to_what_the_standard_says() {
        for (path, values) in [
            ("$.total", "12.5"),
            ("$['odd name'].id", "9"),
            ("$[\"total\"]", "12.5"),
            ("$.items[0].id", "1"),
            ("$.items[-1].id", "3"),
            ("$.items[7].id", ""),
            ("$.items[*].id", "1 2 3"),
            ("$.items[1:].id", "2 3"),
            ("$.items[:-1].id", "1 2"),
            ("$.items[::2].id", "1 3"),
            ("$.items[::-1].id", "3 2 1"),
            ("$.items[0,2].id", "1 3"),
            ("$..id", "1 2 3 9"),
            ("$..tags[0]", "\"a\" \"b\""),
            ("$.items.*.tags.*", "\"a\" \"b\" \"c\""),
            ("$.none", "null"),
            ("$.missing.id", ""),
        ] {
            assert_eq!(found(path), values, "{path}");
        }
        assert!(found("$").starts_with('{'));
    }

    #[test]
    fn what_is_no_path_is_refused() {
        for path in ["", "items", "$.", "$..", "$[", "$[]", "$['a", "$[a]", "$.a b", "$[1:2:3:4]", "$[?@.id > 1]", "$x"]
        {
            assert!(path.parse::<JsonPath>().is_err(), "{path}");
        }
    }
}
