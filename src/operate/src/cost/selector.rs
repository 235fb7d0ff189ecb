//! Which product of a price file a price is: what matches is one product with one price for its first tier, or nothing is
//! taken at all. A neighbour's price looks like a price.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::money::Money;
use super::offer::Product;

/// Which product of an offer.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Selector {
    /// Its `usagetype`: one of these, whole. Of some services AWS's own files disagree about the region's prefix.
    pub usagetype: Vec<String>,
    /// Its `productFamily`, where the type of usage alone does not tell.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub family: Option<String>,
    /// What else it has, by the names of its attributes.
    #[serde(skip_serializing_if = "BTreeMap::is_empty", default)]
    pub attributes: BTreeMap<String, String>,
}

/// Why a selector gives no price.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unmatched {
    /// Nothing matches.
    #[error("no product matches")]
    None,
    /// Several products match: none of them is taken.
    #[error("{} products match, and one must: {}", .0.len(), .0.join(", "))]
    Several(Vec<String>),
    /// The product has not exactly one price that begins at nought.
    #[error("{sku} has {count} prices that begin at nought, and must have one")]
    Tiers {
        /// AWS's number of the product.
        sku: String,
        /// How many there are.
        count: usize,
    },
    /// The price is not one in dollars.
    #[error("{sku} has the price `{text}`, which is no amount of dollars")]
    Amount {
        /// AWS's number of the product.
        sku: String,
        /// What stands there.
        text: String,
    },
}

impl Selector {
    /// Whether a product is one that is meant.
    pub fn matches(&self, product: &Product) -> bool {
        let Selector { usagetype, family, attributes } = self;
        let has = |name: &str, value: &str| product.attributes.get(name).is_some_and(|has| has == value);
        usagetype.iter().any(|usagetype| has("usagetype", usagetype))
            && family.as_ref().is_none_or(|family| product.family.as_ref() == Some(family))
            && attributes.iter().all(|(name, value)| has(name, value))
    }

    /// The one product that is meant, and its price for the first unit.
    pub fn pick<'a>(&self, products: &'a [Product]) -> Result<(&'a Product, Money), Unmatched> {
        let matching: Vec<&Product> = products.iter().filter(|product| self.matches(product)).collect();
        let product = match matching[..] {
            [product] => product,
            [] => return Err(Unmatched::None),
            _ => return Err(Unmatched::Several(matching.iter().map(|product| product.sku.clone()).collect())),
        };
        let sku = product.sku.clone();
        let first: Vec<_> = product.tiers.iter().filter(|tier| tier.begins_at_nought()).collect();
        let [tier] = first[..] else { return Err(Unmatched::Tiers { sku, count: first.len() }) };
        let usd = tier.usd.parse().map_err(|_| Unmatched::Amount { sku, text: tier.usd.clone() })?;
        Ok((product, usd))
    }
}
