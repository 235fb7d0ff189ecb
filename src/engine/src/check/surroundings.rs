//! What stands around a definition: rules that need more than one definition look here.

use crate::model::{Address, Definition, Ref, Resource};

/// The definitions around the one that is being checked.
pub struct Surroundings<'a> {
    definitions: &'a [Definition],
    address: &'a Address,
}

impl<'a> Surroundings<'a> {
    /// The surroundings of the definition at `address`.
    pub fn new(definitions: &'a [Definition], address: &'a Address) -> Surroundings<'a> {
        Surroundings { definitions, address }
    }

    /// The address of the definition that is being checked.
    pub fn address(&self) -> &Address {
        self.address
    }

    /// The definition that a reference points to, if it is in the code and of type `R`.
    pub fn of<R: Resource<Id = T>, T>(&self, reference: &Ref<T>) -> Option<R> {
        let wanted = reference.value();
        self.all::<R>().find(|(address, _)| format!("{address}.id") == wanted).map(|(_, definition)| definition)
    }

    /// Every definition of type `R`, with its address; the one that is being checked included.
    pub fn all<R: Resource>(&self) -> impl Iterator<Item = (&'a Address, R)> + use<'a, R> {
        let definitions = self.definitions;
        definitions
            .iter()
            .filter(|definition| definition.schema.kind == R::SCHEMA.kind)
            .filter_map(|definition| Some((&definition.address, definition.document.reveal().ok()?)))
    }

    /// Every other definition of type `R`, with its address.
    pub fn others<R: Resource>(&self) -> impl Iterator<Item = (&'a Address, R)> + use<'a, R> {
        let this = self.address;
        self.all::<R>().filter(move |(address, _)| *address != this)
    }
}
