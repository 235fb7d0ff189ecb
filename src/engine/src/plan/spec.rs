//! What a definition said when it was last applied, small enough for a tag: a short digest of each field.
//!
//! It tells who moved. Live differs from the code: if the code still says what was applied, the world moved;
//! otherwise the code did. Secrets leave no trace in it, and a digest of 16 bits gives nothing away.

use std::fmt;

use serde_json::{Value, json};

use crate::model::{Document, Mutability, Ownership, Schema, Shape, Tags, digest, keys, redact};

/// The digests of a definition's fields and of its tags.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spec {
    /// Which fields they are digests of: another version of the program may know others.
    fields: String,
    digests: Vec<String>,
}

const VERSION: &str = "1";
const WIDTH: usize = 4;

impl Spec {
    /// The digests of a definition with all its references known, and of the tags that it bears.
    pub fn of(schema: &Schema, document: &Document, tags: &Tags) -> Spec {
        let digests = names(schema)
            .map(|name| short(&redact(document.field(name).unwrap_or(&Value::Null))))
            .chain([short(&plain_tags(tags))])
            .collect();
        Spec { fields: fields_digest(schema), digests }
    }

    /// The digests that a tag holds.
    pub fn parse(text: &str) -> Option<Spec> {
        let (version, rest) = text.split_once('.')?;
        let (fields, digests) = rest.split_once('.')?;
        let whole = digests.is_ascii() && digests.len().is_multiple_of(WIDTH);
        if version != VERSION || !whole {
            return None;
        }
        let digests = (0..digests.len()).step_by(WIDTH).map(|at| digests[at..at + WIDTH].to_owned()).collect();
        Some(Spec { fields: fields.to_owned(), digests })
    }

    /// True when the field had this value when the definition was last applied. False also when that cannot be told.
    pub fn says(&self, schema: &Schema, field: &str, value: &Value) -> bool {
        let position = names(schema).position(|name| name == field);
        self.holds(schema, position, &redact(value))
    }

    /// True when the tags were these when the definition was last applied.
    pub fn says_tags(&self, schema: &Schema, tags: &Tags) -> bool {
        self.holds(schema, Some(names(schema).count()), &plain_tags(tags))
    }

    fn holds(&self, schema: &Schema, position: Option<usize>, value: &Value) -> bool {
        let digest = position.and_then(|position| self.digests.get(position));
        self.fields == fields_digest(schema) && digest == Some(&short(value))
    }
}

/// The key under which a parent bears the digests of a child that cannot bear tags itself.
pub fn child_spec_key(schema: &Schema, key: &str) -> String {
    let name = schema.kind.rsplit('/').next().unwrap_or(schema.kind);
    let keys = schema.fields.iter().filter(|field| field.key).count();
    if keys > 1 { format!("{}:{name}:{}", keys::SPEC, short(&json!(key))) } else { format!("{}:{name}", keys::SPEC) }
}

/// The field of a child's document that names its parent, and the parent's kind.
pub(super) fn parent_of(schema: &Schema) -> Option<(&'static str, &'static str)> {
    match schema.ownership {
        Ownership::Parent { field, kind } => Some((field, kind)),
        Ownership::Tags | Ownership::Shared => None,
    }
}

fn names(schema: &Schema) -> impl Iterator<Item = &'static str> {
    let told = |field: &&crate::model::Field| field.shape != Shape::Secret && field.mutability != Mutability::Initial;
    schema.fields.iter().filter(told).map(|field| field.name)
}

fn fields_digest(schema: &Schema) -> String {
    short(&json!(names(schema).collect::<Vec<_>>()))
}

fn plain_tags(tags: &Tags) -> Value {
    tags.iter().filter(|(key, _)| !key.starts_with("infra:")).map(|(key, value)| (key.clone(), json!(value))).collect()
}

fn short(value: &Value) -> String {
    digest(value)[..WIDTH].to_owned()
}

impl fmt::Display for Spec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{VERSION}.{}.{}", self.fields, self.digests.concat())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::SCHEMA;

    fn document(value: Value) -> Document {
        Document::from_value(value)
    }

    #[test]
    fn it_tells_field_by_field_what_was_applied() {
        let tags = Tags::from([("Name".into(), "a".into()), ("infra:owner".into(), "p/e".into())]);
        let spec = Spec::of(&SCHEMA, &document(json!({"name": "a", "size": 1})), &tags);
        let spec = Spec::parse(&spec.to_string()).unwrap();
        assert!(spec.says(&SCHEMA, "size", &json!(1)) && !spec.says(&SCHEMA, "size", &json!(2)));
        assert!(spec.says(&SCHEMA, "labels", &Value::Null));
        assert!(spec.says_tags(&SCHEMA, &Tags::from([("Name".into(), "a".into())])));
        assert!(!spec.says_tags(&SCHEMA, &Tags::new()));
    }

    #[test]
    fn secrets_leave_no_trace() {
        let one = Spec::of(&SCHEMA, &document(json!({"token": {"$secret": "one"}})), &Tags::new());
        let two = Spec::of(&SCHEMA, &document(json!({"token": {"$secret": "two"}})), &Tags::new());
        assert_eq!(one, two);
    }

    #[test]
    fn what_is_not_a_spec_tells_nothing() {
        for text in ["", "1", "2.abcd.0000", "1.abcd.000", "1.abcd.äää"] {
            assert!(Spec::parse(text).is_none(), "{text}");
        }
    }
}
