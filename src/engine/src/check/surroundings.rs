//! What stands around a definition: rules that need more than one definition look here.

use std::any::Any;
use std::cell::OnceCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use crate::model::{Address, Definition, Ref, Resource};

/// All definitions, by kind and by address; each gets its type once, when somebody looks.
pub struct Neighbours<'a> {
    kinds: BTreeMap<&'static str, OfKind<'a>>,
    /// Where each is, by the text of a reference to its identifier.
    places: BTreeMap<String, (&'static str, usize)>,
}

struct OfKind<'a> {
    definitions: Vec<&'a Definition>,
    /// A `Vec<Option<R>>`, one for each definition.
    typed: OnceCell<Box<dyn Any>>,
}

impl<'a> Neighbours<'a> {
    /// These.
    pub fn of(definitions: &'a [Definition]) -> Neighbours<'a> {
        let mut neighbours = Neighbours { kinds: BTreeMap::new(), places: BTreeMap::new() };
        for definition in definitions {
            let kind = definition.schema.kind;
            let empty = || OfKind { definitions: Vec::new(), typed: OnceCell::new() };
            let of_kind = neighbours.kinds.entry(kind).or_insert_with(empty);
            neighbours.places.insert(format!("{}.id", definition.address), (kind, of_kind.definitions.len()));
            of_kind.definitions.push(definition);
        }
        neighbours
    }

    /// The definitions of type `R`, with their types.
    fn all<R: Resource>(&self) -> impl Iterator<Item = (&'a Address, &R)> {
        let of_kind = self.kinds.get(R::SCHEMA.kind);
        let pairs = of_kind.into_iter().flat_map(|of_kind| of_kind.definitions.iter().zip(of_kind.typed::<R>()));
        pairs.filter_map(|(definition, typed)| Some((&definition.address, typed.as_ref()?)))
    }

    fn at<R: Resource>(&self, reference: &str) -> Option<&R> {
        let (kind, index) = self.places.get(reference)?;
        let of_kind = self.kinds.get(kind).filter(|_| *kind == R::SCHEMA.kind)?;
        of_kind.typed::<R>().get(*index)?.as_ref()
    }
}

impl OfKind<'_> {
    fn typed<R: Resource>(&self) -> &[Option<R>] {
        let reveal = |definition: &&Definition| definition.document.reveal::<R>().ok();
        let typed = self.typed.get_or_init(|| Box::new(self.definitions.iter().map(reveal).collect::<Vec<_>>()));
        typed.downcast_ref::<Vec<Option<R>>>().map(Vec::as_slice).unwrap_or_default()
    }
}

/// The definitions around the one that is being checked.
pub struct Surroundings<'a> {
    neighbours: Rc<Neighbours<'a>>,
    address: &'a Address,
}

impl<'a> Surroundings<'a> {
    /// The surroundings of the definition at `address`.
    pub fn new(definitions: &'a [Definition], address: &'a Address) -> Surroundings<'a> {
        Surroundings::among(&Rc::new(Neighbours::of(definitions)), address)
    }

    /// The same, among neighbours that others look at, too.
    pub fn among(neighbours: &Rc<Neighbours<'a>>, address: &'a Address) -> Surroundings<'a> {
        Surroundings { neighbours: Rc::clone(neighbours), address }
    }

    /// The address of the definition that is being checked.
    pub fn address(&self) -> &Address {
        self.address
    }

    /// The definition that a reference points to, if it is in the code and of type `R`.
    pub fn of<R: Resource<Id = T>, T>(&self, reference: &Ref<T>) -> Option<&R> {
        self.neighbours.at(&reference.value())
    }

    /// Every definition of type `R`, with its address; the one that is being checked included.
    pub fn all<R: Resource>(&self) -> impl Iterator<Item = (&'a Address, &R)> {
        self.neighbours.all()
    }

    /// Every other definition of type `R`, with its address.
    pub fn others<R: Resource>(&self) -> impl Iterator<Item = (&'a Address, &R)> {
        let this = self.address;
        self.all::<R>().filter(move |(address, _)| *address != this)
    }
}
