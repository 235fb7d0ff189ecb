//! A small kind for the engine's own tests: a name, a size, labels, a parent.

use serde_json::{Value, json};

use crate::model::{
    Address, Definition, Document, Field, Mutability, OutputField, Ownership, Replacement, Schema, Shape,
};

const fn field(name: &'static str, mutability: Mutability, shape: Shape, key: bool) -> Field {
    Field { name, documentation: "A field.", mutability, shape, key }
}

/// A kind with a natural name.
pub(crate) static SCHEMA: Schema = Schema {
    kind: "test/thing",
    documentation: "A thing.",
    fields: &[
        field("name", Mutability::Replace, Shape::Plain, true),
        field("parent", Mutability::Replace, Shape::Plain, false),
        field("size", Mutability::InPlace, Shape::Plain, false),
        field("labels", Mutability::InPlace, Shape::Set, false),
        field("count", Mutability::External("autoscaling"), Shape::Plain, false),
        field("first", Mutability::Initial, Shape::Plain, false),
        field("token", Mutability::InPlace, Shape::Secret, false),
    ],
    outputs: &[OutputField { name: "arn", documentation: "Its ARN." }],
    after: &[],
    ownership: Ownership::Tags,
    replacement: Replacement::DeleteFirst,
};

/// The address `t.NAME`.
pub(crate) fn address(name: &str) -> Address {
    Address::new("t", name).unwrap()
}

/// A definition of the test kind.
pub(crate) fn definition(name: &str, fields: Value) -> Definition {
    Definition {
        address: address(name),
        schema: &SCHEMA,
        document: Document::from_value(fields),
        renamed_from: Vec::new(),
        protected: false,
    }
}

/// A reference to the identifier of `t.NAME`.
pub(crate) fn reference(name: &str) -> Value {
    json!({"$ref": format!("t.{name}"), "output": "id"})
}
