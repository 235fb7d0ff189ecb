//! Field by field, guided by the schema: which values differ, at which path.

use serde_json::Value;

use super::json::same_json;
use crate::model::{Document, Field, Mutability, Path, Reference, Schema, Segment, Shape, redact};
use crate::plan::Side;

/// A value that differs.
#[derive(Clone, Debug, PartialEq)]
pub struct Difference {
    /// Where.
    pub path: Path,
    /// What is live.
    pub before: Side,
    /// What is wanted.
    pub after: Side,
    /// What is wanted, as long as it is not known.
    pub awaits: Option<Reference>,
    /// How it is best shown.
    pub shape: Shape,
    /// How the field may change.
    pub mutability: Mutability,
}

/// Every value in which `wanted` differs from `live`, in the order of the schema's fields.
///
/// Fields that are set once, and secrets, never differ. Fields with an owner elsewhere are given, for the caller to judge.
pub fn differences(schema: &Schema, live: &Document, wanted: &Document) -> Vec<Difference> {
    let mut found = Vec::new();
    for field in schema.fields {
        if field.shape == Shape::Secret || field.mutability == Mutability::Initial {
            continue;
        }
        let path = Path::field(field.name);
        let (before, after) = (live.field(field.name), wanted.field(field.name));
        compare(field, &path, before.unwrap_or(&Value::Null), after.unwrap_or(&Value::Null), &mut found);
    }
    found
}

/// Every field of a document that appears or goes as a whole.
pub fn fields_of(schema: &Schema, document: &Document, appears: bool) -> Vec<Difference> {
    let mut found = Vec::new();
    for field in schema.fields {
        let value = match field.shape {
            Shape::Secret => document.field(field.name).map(redact),
            _ => document.field(field.name).cloned(),
        };
        let Some(value) = value.filter(|value| !is_empty(value)) else { continue };
        let side = side(&value);
        let awaits = Reference::in_value(&value);
        let (before, after) = if appears { (Side::Absent, side) } else { (side, Side::Absent) };
        let path = Path::field(field.name);
        found.push(Difference { path, before, after, awaits, shape: field.shape, mutability: field.mutability });
    }
    found
}

fn compare(field: &Field, path: &Path, before: &Value, after: &Value, found: &mut Vec<Difference>) {
    let same = match field.shape {
        Shape::Json => same_json(before, after),
        Shape::Set => same_set(before, after),
        _ => before == after,
    };
    if same || (is_empty(before) && is_empty(after)) {
        return;
    }
    if let (Value::Object(old), Value::Object(new)) = (before, after)
        && !is_marked(before)
        && !is_marked(after)
        && field.shape != Shape::Json
    {
        let mut keys: Vec<&String> = old.keys().chain(new.keys().filter(|key| !old.contains_key(*key))).collect();
        keys.sort();
        for key in keys {
            let (old, new) = (old.get(key).unwrap_or(&Value::Null), new.get(key).unwrap_or(&Value::Null));
            compare(field, &path.key(key), old, new, found);
        }
        return;
    }
    found.push(Difference {
        path: path.clone(),
        before: side(before),
        after: side(after),
        awaits: first_reference(after),
        shape: field.shape,
        mutability: field.mutability,
    });
}

/// A reference or a secret: a map that is one value.
fn is_marked(value: &Value) -> bool {
    value.as_object().is_some_and(|map| map.keys().any(|key| key.starts_with('$')))
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Array(items) => items.is_empty(),
        Value::Object(map) => map.is_empty(),
        _ => false,
    }
}

fn same_set(before: &Value, after: &Value) -> bool {
    match (before, after) {
        (Value::Array(left), Value::Array(right)) => {
            left.len() == right.len()
                && left.iter().all(|item| right.contains(item))
                && right.iter().all(|item| left.contains(item))
        }
        _ => before == after,
    }
}

fn side(value: &Value) -> Side {
    match (value, Reference::in_value(value)) {
        (Value::Null, _) => Side::Absent,
        (_, Some(reference)) => Side::Unknown(reference.to_string()),
        _ => Side::Value(told(&redact(value))),
    }
}

/// A value in which references are written as people read them.
fn told(value: &Value) -> Value {
    match (Reference::in_value(value), value) {
        (Some(reference), _) => Value::String(format!("(known after apply: {reference})")),
        (None, Value::Object(map)) => map.iter().map(|(key, inner)| (key.clone(), told(inner))).collect(),
        (None, Value::Array(items)) => items.iter().map(told).collect(),
        (None, plain) => plain.clone(),
    }
}

fn first_reference(value: &Value) -> Option<Reference> {
    Document::from_value(value.clone()).references().into_iter().next().map(|(_, reference)| reference)
}

impl Difference {
    /// True when the path runs through a list: then it shows a part of a field.
    pub fn is_partial(&self) -> bool {
        self.path.0.iter().any(|segment| matches!(segment, Segment::Index(_)))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::testing::{SCHEMA, reference};

    fn check_differences(live: Value, wanted: Value, expected: &[&str]) {
        let found = differences(&SCHEMA, &Document::from_value(live), &Document::from_value(wanted));
        let paths: Vec<String> = found.iter().map(|difference| difference.path.to_string()).collect();
        assert_eq!(paths, expected);
    }

    #[test]
    fn equal_documents_do_not_differ() {
        check_differences(json!({"name": "a", "size": 1}), json!({"name": "a", "size": 1}), &[]);
    }

    #[test]
    fn sets_have_no_order_and_nothing_is_nothing() {
        check_differences(json!({"labels": ["a", "b"]}), json!({"labels": ["b", "a"]}), &[]);
        check_differences(json!({"labels": []}), json!({}), &[]);
        check_differences(json!({"labels": ["a"]}), json!({"labels": ["b"]}), &["labels"]);
    }

    #[test]
    fn maps_differ_key_by_key() {
        let live = json!({"size": {"x": 1, "y": {"z": 2}}});
        let wanted = json!({"size": {"x": 1, "y": {"z": 3}, "new": true}});
        check_differences(live, wanted, &["size.new", "size.y.z"]);
    }

    #[test]
    fn what_is_set_once_and_what_is_secret_never_differs() {
        let live = json!({"first": 1, "token": null});
        let wanted = json!({"first": 2, "token": {"$secret": "planted-canary"}});
        check_differences(live, wanted, &[]);
    }

    #[test]
    fn an_unknown_reference_differs_from_anything() {
        let live = Document::from_value(json!({"parent": "p-1"}));
        let wanted = Document::from_value(json!({"parent": reference("p")}));
        let found = differences(&SCHEMA, &live, &wanted);
        assert_eq!(found[0].after, Side::Unknown("t.p.id".into()));
        assert_eq!(found[0].awaits.as_ref().unwrap().address.to_string(), "t.p");
    }

    #[test]
    fn a_secret_is_hidden_where_a_resource_is_shown_whole() {
        let document = Document::from_value(json!({"name": "a", "token": {"$secret": "planted-canary"}}));
        let shown = format!("{:?}", fields_of(&SCHEMA, &document, true));
        assert!(shown.contains("name") && !shown.contains("planted"), "{shown}");
    }
}
