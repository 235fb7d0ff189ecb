//! A file of AWS's prices, read as it comes: of half a gigabyte only the products that are asked for are kept.

use std::collections::BTreeMap;
use std::fmt;
use std::io::Read;

use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, Visitor};

use super::selector::Selector;

/// A product of an offer, with its prices on demand.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Product {
    /// AWS's number of it.
    pub sku: String,
    /// What sort of product it is.
    pub family: Option<String>,
    /// What it has, by name.
    pub attributes: BTreeMap<String, String>,
    /// Its prices, one for each tier, in no order.
    pub tiers: Vec<Tier>,
}

/// The price of a product from some quantity on.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Tier {
    /// From which quantity on.
    #[serde(rename = "beginRange", default)]
    pub begin: String,
    /// The dollars for one, as AWS writes them.
    #[serde(rename = "pricePerUnit", deserialize_with = "dollars")]
    pub usd: String,
}

impl Tier {
    /// True for the price of the first one.
    pub fn begins_at_nought(&self) -> bool {
        self.begin.parse::<super::Fraction>().is_ok_and(super::Fraction::is_zero)
    }
}

/// Why a file of prices cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("the file of prices cannot be read: {0}")]
pub struct OfferError(#[from] serde_json::Error);

/// The products of an offer's file that one of the selectors means, with their prices on demand.
pub fn read_products(file: impl Read, selectors: &[Selector]) -> Result<Vec<Product>, OfferError> {
    let mut kept = BTreeMap::new();
    let mut deserializer = serde_json::Deserializer::from_reader(file);
    Whole { kept: &mut kept, selectors }.deserialize(&mut deserializer)?;
    deserializer.end()?;
    Ok(kept.into_values().collect())
}

type Kept = BTreeMap<String, Product>;

/// The whole file: `products`, and then `terms`.
struct Whole<'a> {
    kept: &'a mut Kept,
    selectors: &'a [Selector],
}

impl<'de> DeserializeSeed<'de> for Whole<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Whole<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a file of prices")
    }

    fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<(), M::Error> {
        let selectors = self.selectors;
        while let Some(key) = map.next_key::<String>()? {
            match key.as_str() {
                "products" => {
                    let keep = |sku: String, product: WrittenProduct, kept: &mut Kept| {
                        let WrittenProduct { family, attributes } = product;
                        let product = Product { sku: sku.clone(), family, attributes, tiers: Vec::new() };
                        if selectors.iter().any(|selector| selector.matches(&product)) {
                            kept.insert(sku, product);
                        }
                    };
                    map.next_value_seed(Each::<WrittenProduct, _>::new(self.kept, keep))?;
                }
                "terms" => map.next_value_seed(Terms(self.kept))?,
                _ => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(())
    }
}

/// The terms: on demand is what is asked for.
struct Terms<'a>(&'a mut Kept);

impl<'de> DeserializeSeed<'de> for Terms<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Terms<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the terms of prices")
    }

    fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<(), M::Error> {
        while let Some(key) = map.next_key::<String>()? {
            if key != "OnDemand" {
                map.next_value::<IgnoredAny>()?;
                continue;
            }
            let price = |sku: String, terms: BTreeMap<String, WrittenTerm>, kept: &mut Kept| {
                if let Some(product) = kept.get_mut(&sku) {
                    product.tiers.extend(terms.into_values().flat_map(|term| term.dimensions.into_values()));
                }
            };
            map.next_value_seed(Each::<BTreeMap<String, WrittenTerm>, _>::new(self.0, price))?;
        }
        Ok(())
    }
}

/// A map whose values are taken one by one.
struct Each<'a, V, F> {
    kept: &'a mut Kept,
    take: F,
    value: std::marker::PhantomData<V>,
}

impl<'a, V, F> Each<'a, V, F> {
    fn new(kept: &'a mut Kept, take: F) -> Each<'a, V, F> {
        Each { kept, take, value: std::marker::PhantomData }
    }
}

impl<'de, V: Deserialize<'de>, F: Fn(String, V, &mut Kept)> DeserializeSeed<'de> for Each<'_, V, F> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de, V: Deserialize<'de>, F: Fn(String, V, &mut Kept)> Visitor<'de> for Each<'_, V, F> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("products by their numbers")
    }

    fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<(), M::Error> {
        while let Some((sku, value)) = map.next_entry::<String, V>()? {
            (self.take)(sku, value, self.kept);
        }
        Ok(())
    }
}

#[derive(Deserialize)]
struct WrittenProduct {
    #[serde(rename = "productFamily")]
    family: Option<String>,
    #[serde(default)]
    attributes: BTreeMap<String, String>,
}

#[derive(Deserialize)]
struct WrittenTerm {
    #[serde(rename = "priceDimensions", default)]
    dimensions: BTreeMap<String, Tier>,
}

/// `{"USD": "0.0450000000"}`; a price in another currency alone is none.
fn dollars<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let prices = BTreeMap::<String, String>::deserialize(deserializer)?;
    Ok(prices.get("USD").cloned().unwrap_or_default())
}

#[cfg(test)]
mod tests;
