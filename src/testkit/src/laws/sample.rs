//! What laws are tried on: definitions, and other values for their fields.

use std::collections::{BTreeMap, BTreeSet};

use infra_engine::model::{Address, Definition, Document, Field, Mutability, Ownership, Platform, Resource, Shape};
use serde_json::Value;

use crate::session::definitions;

/// Definitions, and how each of their fields may change.
#[derive(Clone)]
pub struct Sample {
    /// What stands at first.
    pub definitions: Vec<Definition>,
    /// Other values.
    pub variants: Vec<Variant>,
    /// Fields, as `kind.field`, that no cloud at hand lets change, and why. They are tested otherwise.
    pub untried: BTreeMap<String, &'static str>,
    /// What cannot be replaced while it stands as it does, because others refer to it: a plan that is asked to says so.
    /// Nothing where nobody has said which that is.
    pub held: Option<BTreeSet<Address>>,
}

/// Other values for fields of one definition: of one field, or of some that only change together.
#[derive(Clone)]
pub struct Variant {
    /// Which definition.
    pub address: Address,
    /// Which fields, and their other values, as a document holds them.
    pub values: Vec<(&'static Field, Value)>,
    /// Why the cloud lets nothing come back from there, if it does not.
    pub no_way_back: Option<&'static str>,
    /// Whether it needs a new resource because of what the living one is.
    pub by_another: bool,
}

impl Sample {
    /// The definitions of these stacks.
    pub fn of(stacks: impl FnOnce(&mut Platform)) -> Sample {
        Sample { definitions: definitions(stacks), variants: Vec::new(), untried: BTreeMap::new(), held: None }
    }

    /// The definitions of these stacks, and what the function gives beside them: references that variants name.
    pub fn with<T>(stacks: impl FnOnce(&mut Platform) -> T) -> (Sample, T) {
        let mut given = None;
        let sample = Sample::of(|platform| given = Some(stacks(platform)));
        (sample, given.expect("the stacks have been built"))
    }

    /// The sample, in which these and no others cannot be replaced on request: others refer to them.
    pub fn held(mut self, addresses: &[&str]) -> Sample {
        let addresses = addresses.iter().map(|address| address.parse().expect("an address of the sample"));
        self.held.get_or_insert_default().extend(addresses);
        self
    }

    /// The sample and another value for a field.
    pub fn vary(self, address: &str, field: &str, value: Value) -> Sample {
        let address: Address = address.parse().expect("the address of a sample's definition is written right");
        let definition = self.definition(&address);
        let field = definition.schema.field(field).unwrap_or_else(|| panic!("{address} has no field `{field}`"));
        let is_secret = field.shape == Shape::Secret;
        let before = definition.document.field(field.name);
        assert!(is_secret || before != Some(&value), "{address}.{} has that value already", field.name);
        self.with_variant(address, vec![(field, value)])
    }

    /// The sample and another value for the one field that `edit` gives another value.
    pub fn change<R: Resource>(self, address: &str, edit: impl FnOnce(&mut R)) -> Sample {
        let sample = self.change_together(address, edit);
        let fields = sample.variants.last().map_or(0, |variant| variant.values.len());
        assert_eq!(fields, 1, "{address}: one field is changed at a time");
        sample
    }

    /// The sample and other values for the fields that `edit` gives other values: they only change together.
    pub fn change_together<R: Resource>(self, address: &str, edit: impl FnOnce(&mut R)) -> Sample {
        let address: Address = address.parse().expect("the address of a sample's definition is written right");
        let before = &self.definition(&address).document;
        let mut definition: R = before.reveal().expect("a definition is changed as what it is");
        edit(&mut definition);
        let after = Document::of(&definition).expect("what a type holds can be written");
        let changed = R::SCHEMA.fields.iter().filter(|field| before.field(field.name) != after.field(field.name));
        let values = changed.map(|field| (field, after.field(field.name).cloned().unwrap_or_default())).collect();
        self.with_variant(address, values)
    }

    /// From the last variant nothing comes back: a new one is made of what the sample says.
    pub fn for_good(mut self, why: &'static str) -> Sample {
        self.variants.last_mut().expect("something varies for good").no_way_back = Some(why);
        self
    }

    /// The last variant needs a new resource, though its fields change in place elsewhere.
    pub fn by_another(mut self) -> Sample {
        self.variants.last_mut().expect("something varies by another one").by_another = true;
        self
    }

    /// A field, as `kind.field`, that no cloud at hand lets change, and why.
    pub fn untried(mut self, field: &str, why: &'static str) -> Sample {
        self.untried.insert(field.to_owned(), why);
        self
    }

    /// The fields of its kinds that no variant changes, as `kind.field`, and those that are said to be untried and are
    /// not. The parent of a child need not change, nor the name of what is shared: under another name it is another one,
    /// and the first stays.
    pub fn unvaried(&self) -> Vec<String> {
        let of_variant = |variant: &Variant| {
            let kind = self.definition(&variant.address).schema.kind;
            variant.values.iter().map(move |(field, _)| format!("{kind}.{}", field.name)).collect::<Vec<_>>()
        };
        let varied: BTreeSet<String> = self.variants.iter().flat_map(of_variant).collect();
        let mut missing = BTreeSet::new();
        for schema in self.definitions.iter().map(|definition| definition.schema) {
            for field in schema.fields {
                let bound = match schema.ownership {
                    Ownership::Tags => false,
                    Ownership::Parent { field: parent, .. } => parent == field.name,
                    Ownership::Shared => field.key,
                };
                if !bound {
                    missing.insert(format!("{}.{}", schema.kind, field.name));
                }
            }
        }
        missing.retain(|field| !varied.contains(field));
        let untried: BTreeSet<String> = self.untried.keys().cloned().collect();
        missing.symmetric_difference(&untried).cloned().collect()
    }

    /// The sample, once it is seen that it changes every field.
    pub fn of_every_field(self) -> Sample {
        assert_eq!(self.unvaried(), Vec::<String>::new(), "every field of every kind varies, or is said to be untried");
        self
    }

    /// One of so many parts of its variants: for several to try at once.
    pub fn part(mut self, number: usize, of: usize) -> Sample {
        let variants = self.variants.into_iter().enumerate().filter(|(place, _)| place % of == number);
        self.variants = variants.map(|(_, variant)| variant).collect();
        self
    }

    /// The kinds of its definitions, in their order.
    pub fn kinds(&self) -> BTreeSet<&'static str> {
        self.definitions.iter().map(|definition| definition.schema.kind).collect()
    }

    /// The definitions with what a variant changes.
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

    fn with_variant(mut self, address: Address, values: Vec<(&'static Field, Value)>) -> Sample {
        self.variants.push(Variant { address, values, no_way_back: None, by_another: false });
        self
    }
}

impl Variant {
    /// A document with the other values.
    pub fn document(&self, document: &Document) -> Document {
        let mut changed = document.value().clone();
        for (field, value) in &self.values {
            changed[field.name] = value.clone();
        }
        Document::from_value(changed)
    }

    /// `stack.name.field`, and what else changes with it.
    pub fn name(&self) -> String {
        let fields: Vec<&str> = self.values.iter().map(|(field, _)| field.name).collect();
        format!("{}.{}", self.address, fields.join("+"))
    }

    /// True when it needs a new resource.
    pub fn replaces(&self) -> bool {
        self.by_another || self.values.iter().any(|(field, _)| field.mutability == Mutability::Replace)
    }

    /// True when such a change is none to the engine.
    pub fn is_unseen(&self) -> bool {
        !self.values.iter().any(|(field, _)| is_seen(field))
    }
}

/// False for what the engine does not compare: a secret, or what is set once, or what belongs to somebody else.
pub(super) fn is_seen(field: &Field) -> bool {
    field.shape != Shape::Secret && !matches!(field.mutability, Mutability::Initial | Mutability::External(_))
}
