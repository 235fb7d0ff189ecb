//! Where definitions are collected: a platform has stacks, a stack has definitions, adding one gives a handle.

use std::cell::RefCell;
use std::marker::PhantomData;
use std::rc::Rc;

use super::address::Address;
use super::announced::Announced;
use super::document::Document;
use super::package::{PACKAGES, Package, Packaged};
use super::reference::{Output, Ref};
use super::resource::Resource;
use super::schema::Schema;

/// One definition with its address, and what was said about it beside its fields.
#[derive(Clone, Debug)]
pub struct Definition {
    /// Its address.
    pub address: Address,
    /// Its kind.
    pub schema: &'static Schema,
    /// What it says.
    pub document: Document,
    /// Addresses that it had before.
    pub renamed_from: Vec<Address>,
    /// True when the live resource is to be protected from deletion.
    pub protected: bool,
}

/// Everything that an environment is to have.
#[derive(Default)]
pub struct Platform {
    collected: Rc<RefCell<Collected>>,
}

#[derive(Default)]
struct Collected {
    definitions: Vec<Definition>,
    packages: Vec<Package>,
    outputs: Vec<Announced>,
    problems: Vec<String>,
}

/// A part of the platform: the first half of its definitions' addresses.
pub struct Stack {
    name: String,
    collected: Rc<RefCell<Collected>>,
}

/// An added definition: refer to its outputs, or say more about it.
pub struct Handle<R> {
    address: Address,
    position: usize,
    collected: Rc<RefCell<Collected>>,
    mark: PhantomData<fn() -> R>,
}

impl Platform {
    /// A platform without stacks.
    pub fn new() -> Platform {
        Platform::default()
    }

    /// The stack of that name.
    pub fn stack(&mut self, name: &str) -> Stack {
        if name == PACKAGES {
            let problem = format!("a stack cannot be called `{name}`: that is where packages are");
            self.collected.borrow_mut().problems.push(problem);
        }
        Stack { name: name.to_owned(), collected: Rc::clone(&self.collected) }
    }

    /// Says how a package is made, for definitions to refer to. It is made when a plan needs it.
    pub fn package(&mut self, package: Package) -> Packaged {
        let mut collected = self.collected.borrow_mut();
        let address = Address::new(PACKAGES, package.name).unwrap_or_else(|error| {
            collected.problems.push(error.to_string());
            Address::new(PACKAGES, "invalid").expect("two words make an address")
        });
        if collected.packages.iter().all(|known| known.name != package.name) {
            collected.packages.push(package);
        }
        Packaged::new(address)
    }

    /// The packages that definitions may refer to.
    pub fn packages(&self) -> Vec<Package> {
        self.collected.borrow().packages.clone()
    }

    /// Announces a value under a name: `platform.output("alb-dns", balancer.output(LoadBalancer::DNS_NAME))`.
    pub fn output<T>(&mut self, name: &str, value: Ref<T>) {
        let mut collected = self.collected.borrow_mut();
        let twice = collected.outputs.iter().any(|output| output.name == name);
        collected.problems.extend(Announced::wrong_name(name));
        collected.problems.extend(twice.then(|| format!("the output `{name}` is announced twice")));
        collected.outputs.push(Announced::of(name, &value));
    }

    /// What is announced, in the order in which it was.
    pub fn outputs(&self) -> Vec<Announced> {
        self.collected.borrow().outputs.clone()
    }

    /// The definitions in the order in which they were added, or what is wrong with how they were added.
    pub fn finish(self) -> Result<Vec<Definition>, Vec<String>> {
        let collected = self.collected.take();
        if collected.problems.is_empty() { Ok(collected.definitions) } else { Err(collected.problems) }
    }
}

impl Stack {
    /// Adds a definition under a name that is unique in the stack.
    pub fn add<R: Resource>(&mut self, name: impl Into<String>, definition: R) -> Handle<R> {
        let mut collected = self.collected.borrow_mut();
        let name = name.into();
        let address = Address::new(&self.name, &name).unwrap_or_else(|error| {
            collected.problems.push(error.to_string());
            Address::new("invalid", format!("definition-{}", collected.definitions.len()))
                .expect("a word and a number make an address")
        });
        match Document::of(&definition) {
            Ok(document) => collected.definitions.push(Definition {
                address: address.clone(),
                schema: R::SCHEMA,
                document,
                renamed_from: Vec::new(),
                protected: false,
            }),
            Err(error) => collected.problems.push(format!("{address}: the definition cannot be written down: {error}")),
        }
        let position = collected.definitions.len().saturating_sub(1);
        Handle { address, position, collected: Rc::clone(&self.collected), mark: PhantomData }
    }
}

impl<R: Resource> Handle<R> {
    /// The identifier that the cloud gives.
    pub fn id(&self) -> Ref<R::Id> {
        Ref::output(self.address.clone(), "id")
    }

    /// Another output: `role.output(Role::ARN)`.
    pub fn output<T>(&self, output: Output<R, T>) -> Ref<T> {
        Ref::output(self.address.clone(), output.name)
    }

    /// Its address.
    pub fn address(&self) -> &Address {
        &self.address
    }

    /// Says that the definition had another address before, `name` or `stack.name`: the live resource keeps standing.
    pub fn renamed_from(self, old: &str) -> Handle<R> {
        let old = if old.contains('.') { old.parse() } else { Address::new(self.address.stack(), old) };
        match old {
            Ok(old) => self.say(|definition| definition.renamed_from.push(old)),
            Err(error) => self.collected.borrow_mut().problems.push(format!("{}: {error}", self.address)),
        }
        self
    }

    /// Protects the live resource: it is not deleted or replaced, not even when its code is removed.
    pub fn protected(self) -> Handle<R> {
        self.protected_when(true)
    }

    /// Protects the live resource where the environment says so.
    pub fn protected_when(self, protected: bool) -> Handle<R> {
        self.say(|definition| definition.protected = protected);
        self
    }

    fn say(&self, say: impl FnOnce(&mut Definition)) {
        if let Some(definition) = self.collected.borrow_mut().definitions.get_mut(self.position) {
            say(definition);
        }
    }
}

impl<R> Clone for Handle<R> {
    fn clone(&self) -> Handle<R> {
        Handle {
            address: self.address.clone(),
            position: self.position,
            collected: Rc::clone(&self.collected),
            mark: PhantomData,
        }
    }
}
