//! What a definition said when it was last applied, small enough for a tag: a short digest of each field.
//!
//! It tells who moved. Live differs from the code: if the code still says what was applied, the world moved;
//! otherwise the code did. Secrets leave no trace in it, and a digest of 16 bits gives nothing away.

use std::collections::BTreeMap;
use std::fmt;

use serde_json::{Value, json};

use crate::model::{Document, Mutability, Ownership, Path, Schema, Shape, Tags, digest, redact};

/// The digests of a definition's fields and of its tags, each under a short digest of the field's name: a field that a
/// later version of the program knows spoils nothing of the others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spec(BTreeMap<String, String>);

const VERSION: &str = "2";
const NAME: usize = 4;
const VALUE: usize = 4;

/// The longest value that a tag may have on AWS, and with it the most fields that a kind may have.
pub const LONGEST: usize = 256;

/// Under which name the digest of the tags stands: no field is called so.
const TAGS: &str = "infra:tags";

impl Spec {
    /// The digests of a definition with all its references known, and of the tags that it bears.
    pub fn of(schema: &Schema, document: &Document, tags: &Tags) -> Spec {
        let value = |name: &str| short(&redact(document.field(name).unwrap_or(&Value::Null)), VALUE);
        let fields = names(schema).map(|name| (name_of(name), value(name)));
        Spec(fields.chain([(name_of(TAGS), short(&plain_tags(tags), VALUE))]).collect())
    }

    /// The digests of what a resource has from its first moment on, as far as it is known before anything is made: its name,
    /// and what cannot change.
    pub fn fixed(schema: &Schema, document: &Document) -> Spec {
        let unknown: Vec<String> = document.references().iter().map(|(path, _)| path.root().to_owned()).collect();
        let known = |name: &&str| !unknown.iter().any(|unknown| unknown == name);
        let value = |name: &str| short(&redact(document.field(name).unwrap_or(&Value::Null)), VALUE);
        Spec(fixed(schema).filter(known).map(|name| (name_of(name), value(name))).collect())
    }

    /// True when a live resource has what [`Spec::fixed`] says, as far as the cloud tells it.
    pub fn agrees(&self, schema: &Schema, live: &Document) -> bool {
        let told = |name: &&str| live.field(name).is_some_and(|value| !value.is_null());
        fixed(schema)
            .filter(told)
            .all(|name| self.says(name, &live.field(name).cloned().unwrap_or_default()) != Some(false))
    }

    /// The fields that say something else than when the definition was last applied, as far as that is known.
    pub fn others(&self, schema: &Schema, document: &Document) -> Vec<Path> {
        let unknown: Vec<String> = document.references().iter().map(|(path, _)| path.root().to_owned()).collect();
        let value = |name: &str| document.field(name).cloned().unwrap_or_default();
        let differs = |name: &&str| {
            !unknown.iter().any(|unknown| unknown == name) && self.says(name, &value(name)) == Some(false)
        };
        names(schema).filter(differs).map(Path::field).collect()
    }

    /// True when every field of a kind has a digest of its own, and all of them fit into a tag.
    pub fn fits(schema: &Schema) -> bool {
        let spec = Spec::of(schema, &Document::from_value(json!({})), &Tags::new());
        spec.0.len() == names(schema).count() + 1 && spec.to_string().len() <= LONGEST
    }

    /// The digests that a tag holds.
    pub fn parse(text: &str) -> Option<Spec> {
        let (version, digests) = text.split_once('.')?;
        let whole = digests.is_ascii() && digests.len().is_multiple_of(NAME + VALUE);
        if version != VERSION || !whole {
            return None;
        }
        let pair = |at: usize| {
            let (name, value) = digests[at..at + NAME + VALUE].split_at(NAME);
            (name.to_owned(), value.to_owned())
        };
        Some(Spec((0..digests.len()).step_by(NAME + VALUE).map(pair).collect()))
    }

    /// Whether the field had this value when the definition was last applied; `None` where that cannot be told.
    pub fn says(&self, field: &str, value: &Value) -> Option<bool> {
        Some(*self.0.get(&name_of(field))? == short(&redact(value), VALUE))
    }

    /// Whether the tags were these when the definition was last applied; `None` where that cannot be told.
    pub fn says_tags(&self, tags: &Tags) -> Option<bool> {
        Some(*self.0.get(&name_of(TAGS))? == short(&plain_tags(tags), VALUE))
    }
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

fn fixed(schema: &Schema) -> impl Iterator<Item = &'static str> {
    let fixed = |field: &&crate::model::Field| field.key || field.mutability == Mutability::Replace;
    let open = |field: &&crate::model::Field| field.shape != Shape::Secret;
    schema.fields.iter().filter(fixed).filter(open).map(|field| field.name)
}

fn plain_tags(tags: &Tags) -> Value {
    tags.iter().filter(|(key, _)| !key.starts_with("infra:")).map(|(key, value)| (key.clone(), json!(value))).collect()
}

fn name_of(field: &str) -> String {
    short(&json!(field), NAME)
}

fn short(value: &Value, width: usize) -> String {
    digest(value)[..width].to_owned()
}

impl fmt::Display for Spec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{VERSION}.")?;
        self.0.iter().try_for_each(|(name, value)| write!(f, "{name}{value}"))
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
        assert_eq!((spec.says("size", &json!(1)), spec.says("size", &json!(2))), (Some(true), Some(false)));
        assert_eq!(spec.says("labels", &Value::Null), Some(true));
        assert_eq!(spec.says_tags(&Tags::from([("Name".into(), "a".into())])), Some(true));
        assert_eq!(spec.says_tags(&Tags::new()), Some(false));
    }

    #[test]
    fn a_field_that_was_not_known_then_cannot_be_told_and_spoils_nothing() {
        let spec = Spec::of(&SCHEMA, &document(json!({"name": "a", "size": 1})), &Tags::new());
        assert_eq!((spec.says("colour", &json!("red")), spec.says("size", &json!(1))), (None, Some(true)));
    }

    #[test]
    fn secrets_leave_no_trace() {
        let one = Spec::of(&SCHEMA, &document(json!({"token": {"$secret": "one"}})), &Tags::new());
        let two = Spec::of(&SCHEMA, &document(json!({"token": {"$secret": "two"}})), &Tags::new());
        assert_eq!(one, two);
    }

    #[test]
    fn what_is_not_a_spec_tells_nothing() {
        for text in ["", "2", "1.abcd.0000", "2.abcdefa", "2.äbcdefä"] {
            assert!(Spec::parse(text).is_none(), "{text}");
        }
    }
}
