//! What laws are tried on: definitions, and other values for their fields.

use std::collections::BTreeSet;

use infra_engine::model::{Address, Definition, Document, Field, Mutability, Ownership, Platform, Resource, Shape};
use serde_json::Value;

use crate::session::definitions;

/// Definitions, and how each of their fields may change.
#[derive(Clone)]
pub struct Sample {
    /// What stands at first.
    pub definitions: Vec<Definition>,
    /// Other values, one field each.
    pub variants: Vec<Variant>,
}

/// Another value for one field of one definition.
#[derive(Clone)]
pub struct Variant {
    /// Which definition.
    pub address: Address,
    /// Which field.
    pub field: &'static Field,
    /// Its other value, as a document holds it.
    pub value: Value,
}

impl Sample {
    /// The definitions of these stacks.
    pub fn of(stacks: impl FnOnce(&mut Platform)) -> Sample {
        Sample { definitions: definitions(stacks), variants: Vec::new() }
    }

    /// The definitions of these stacks, and what the function gives beside them: references that variants name.
    pub fn with<T>(stacks: impl FnOnce(&mut Platform) -> T) -> (Sample, T) {
        let mut given = None;
        let sample = Sample::of(|platform| given = Some(stacks(platform)));
        (sample, given.expect("the stacks have been built"))
    }

    /// The sample and another value for a field.
    pub fn vary(mut self, address: &str, field: &str, value: Value) -> Sample {
        let address: Address = address.parse().expect("the address of a sample's definition is written right");
        let schema = self.definition(&address).schema;
        let field = schema.field(field).unwrap_or_else(|| panic!("{address} has no field `{field}`"));
        let is_secret = field.shape == Shape::Secret;
        let before = self.definition(&address).document.field(field.name);
        assert!(is_secret || before != Some(&value), "{address}.{} has that value already", field.name);
        self.variants.push(Variant { address, field, value });
        self
    }

    /// The sample and another value for the one field that `edit` gives another value.
    pub fn change<R: Resource>(self, address: &str, edit: impl FnOnce(&mut R)) -> Sample {
        let address_of: Address = address.parse().expect("the address of a sample's definition is written right");
        let before = &self.definition(&address_of).document;
        let mut definition: R = before.reveal().expect("a definition is changed as what it is");
        edit(&mut definition);
        let after = Document::of(&definition).expect("what a type holds can be written");
        let fields = R::SCHEMA.fields.iter().filter(|field| before.field(field.name) != after.field(field.name));
        let [field] = fields.collect::<Vec<_>>()[..] else { panic!("{address}: one field is changed at a time") };
        let value = after.field(field.name).cloned().unwrap_or_default();
        self.vary(address, field.name, value)
    }

    /// The fields of its kinds that no variant changes, as `kind.field`. The parent of a child need not change, nor the
    /// name of what is shared: under another name it is another one, and the first stays.
    pub fn unvaried(&self) -> Vec<String> {
        let varied: BTreeSet<(&str, &str)> = self.variants.iter().map(|v| (self.kind(v), v.field.name)).collect();
        let mut missing = BTreeSet::new();
        for schema in self.definitions.iter().map(|definition| definition.schema) {
            for field in schema.fields {
                let bound = match schema.ownership {
                    Ownership::Tags => false,
                    Ownership::Parent { field: parent, .. } => parent == field.name,
                    Ownership::Shared => field.key,
                };
                if !bound && !varied.contains(&(schema.kind, field.name)) {
                    missing.insert(format!("{}.{}", schema.kind, field.name));
                }
            }
        }
        missing.into_iter().collect()
    }

    /// The definitions with one field changed.
    pub fn changed(&self, variant: &Variant) -> Vec<Definition> {
        let change = |definition: &Definition| {
            let mut definition = definition.clone();
            if definition.address == variant.address {
                definition.document = variant.document(&definition.document);
            }
            definition
        };
        self.definitions.iter().map(change).collect()
    }

    pub(super) fn definition(&self, address: &Address) -> &Definition {
        let found = self.definitions.iter().find(|definition| definition.address == *address);
        found.unwrap_or_else(|| panic!("the sample has no {address}"))
    }

    fn kind(&self, variant: &Variant) -> &'static str {
        self.definition(&variant.address).schema.kind
    }
}

impl Variant {
    /// A document with this field's other value.
    pub fn document(&self, document: &Document) -> Document {
        let mut value = document.value().clone();
        value[self.field.name] = self.value.clone();
        Document::from_value(value)
    }

    /// True when such a change is none to the engine: a secret, or what is set once, or what belongs to somebody else.
    pub fn is_unseen(&self) -> bool {
        self.field.shape == Shape::Secret
            || matches!(self.field.mutability, Mutability::Initial | Mutability::External(_))
    }
}
