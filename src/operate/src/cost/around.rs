//! What a resource's cost depends on beside itself: its neighbours, and how it is used.

use infra_engine::model::{Ref, Resource};

use super::book::PriceBook;
use super::fraction::Fraction;
use super::inventory::{Inventory, Item};
use super::line::{Line, Quantity};
use super::money::Money;
use super::usage::{Usage, UsageKey};

/// A resource among the others.
#[derive(Clone, Copy)]
pub struct Around<'a> {
    pub(super) inventory: &'a Inventory,
    pub(super) position: usize,
    pub(super) usage: &'a Usage,
    pub(super) book: &'a PriceBook,
}

impl<'a> Around<'a> {
    fn item(&self) -> &'a Item {
        &self.inventory.items()[self.position]
    }

    /// What is said of the resource's use.
    pub fn used(&self, key: &UsageKey) -> Option<Fraction> {
        let Item { address, kind, .. } = self.item();
        self.usage.get(address, kind, key)
    }

    /// A price of the book, for kinds that choose between several.
    pub fn price(&self, key: &str) -> Option<Money> {
        self.book.price(key)
    }

    /// A line of which only usage tells how much it is.
    pub fn by_usage(&self, what: &str, price: &str, key: &'static UsageKey) -> Line {
        let given = self.used(key);
        Line::of(what, price, Quantity::used(given)).missing(key, given)
    }

    /// The resource that a reference leads to, if it is among these.
    pub fn follow<R: Resource, T>(&self, reference: &Ref<T>) -> Option<R> {
        let position = self.inventory.find(R::SCHEMA.kind, reference.reference(), &reference.value())?;
        self.inventory.items()[position].document.reveal().ok()
    }

    /// The resources of a kind whose reference leads here, each with what is around it.
    pub fn leading_here<R: Resource, T>(&self, reference: impl Fn(&R) -> &Ref<T>) -> Vec<(R, Around<'a>)> {
        let of_kind = self.inventory.items().iter().enumerate().filter(|(_, item)| item.kind == R::SCHEMA.kind);
        let typed = of_kind.filter_map(|(position, item)| Some((item.document.reveal::<R>().ok()?, position)));
        typed
            .filter(|(other, _)| self.is_meant_by(reference(other)))
            .map(|(other, position)| (other, Around { position, ..*self }))
            .collect()
    }

    /// Whether a resource of a kind refers to this one, in a place where it may refer to none.
    pub fn is_referred_to<R: Resource, T>(&self, reference: impl Fn(&R) -> Option<Ref<T>>) -> bool {
        let of_kind = self.inventory.items().iter().filter(|item| item.kind == R::SCHEMA.kind);
        let references = of_kind.filter_map(|item| reference(&item.document.reveal::<R>().ok()?));
        references.into_iter().any(|reference| self.is_meant_by(&reference))
    }

    fn is_meant_by<T>(&self, reference: &Ref<T>) -> bool {
        let here = self.item();
        match reference.reference() {
            Some(reference) => reference.address.to_string() == here.address,
            None => here.known_as.values().any(|known| *known == reference.value()),
        }
    }
}
