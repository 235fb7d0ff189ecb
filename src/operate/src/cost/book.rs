//! The price book: list prices of a region, each with the product that it was taken from. It is data, compiled in, and
//! written by `infra cost prices sync`.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::{Deserialize, Serialize};

use super::commit::Offered;
use super::money::Money;
use super::selector::Selector;

/// The prices of a region.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PriceBook {
    /// The region.
    pub region: String,
    /// The day on which the book was written: `2026-11-26`.
    pub made: String,
    /// The files that prices were taken from, by AWS's name of the offer.
    pub offers: BTreeMap<String, Offer>,
    /// The prices, by our own name of each.
    pub prices: BTreeMap<String, Price>,
    /// What AWS takes less for, to those who commit themselves.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub commitments: Vec<Offered>,
}

/// A file of AWS's prices, of one version: it stays where it is, and can be looked at again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Offer {
    /// The version, as AWS numbers it.
    pub version: String,
    /// Where the file of this version is.
    pub url: String,
    /// The digest of what was read, in hexadecimal digits.
    pub sha256: String,
}

/// A price, or the place where one would be found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Price {
    /// The file that it is in, by AWS's name of the offer.
    pub offer: String,
    /// Which product of that file.
    pub select: Selector,
    /// What it is the price of one of: `hour`, `GB`, `GB-month`.
    pub unit: String,
    /// The price in dollars; none where nobody has seen it yet.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub usd: Option<Money>,
    /// AWS's number of the product.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub sku: Option<String>,
    /// The version of the offer that it was seen in.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub version: Option<String>,
    /// How it is known.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub evidence: Option<Evidence>,
    /// Where it was seen, in words.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub seen: Option<String>,
    /// The day on which it was seen: `2026-10-08`.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub date: Option<String>,
}

/// How a price is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Evidence {
    /// It was taken out of AWS's own file, of a version whose digest is kept.
    File,
    /// It was read in somebody's extract of that file.
    Cited,
}

/// Why a book cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("the price book cannot be read: {0}")]
pub struct BookError(#[from] serde_json::Error);

/// The books that are compiled in.
static BOOKS: LazyLock<Vec<PriceBook>> = LazyLock::new(|| {
    [include_str!("../../prices/us-east-1.json")]
        .iter()
        .map(|text| PriceBook::read(text).expect("a test reads every book that is compiled in"))
        .collect()
});

impl PriceBook {
    /// The book of a region, if there is one. Prices of one region say nothing about another one's.
    pub fn of(region: &str) -> Option<&'static PriceBook> {
        BOOKS.iter().find(|book| book.region == region)
    }

    /// The regions that there is a book of.
    pub fn regions() -> Vec<&'static str> {
        BOOKS.iter().map(|book| book.region.as_str()).collect()
    }

    /// A book without a price: everything in that region is unknown.
    pub fn empty(region: &str) -> PriceBook {
        PriceBook { region: region.to_owned(), ..PriceBook::default() }
    }

    /// A book from its text.
    pub fn read(text: &str) -> Result<PriceBook, BookError> {
        Ok(serde_json::from_str(text)?)
    }

    /// The book as its file holds it.
    pub fn written(&self) -> String {
        serde_json::to_string_pretty(self).unwrap_or_default() + "\n"
    }

    /// The price of that name, if somebody has seen it.
    pub fn price(&self, key: &str) -> Option<Money> {
        self.prices.get(key)?.usd
    }

    /// True when the price of that name was taken out of AWS's own file.
    pub fn is_verified(&self, key: &str) -> bool {
        self.prices.get(key).is_some_and(|price| price.evidence == Some(Evidence::File))
    }

    /// The oldest day on which one of these prices was seen.
    pub fn oldest<'a>(&'a self, keys: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
        keys.into_iter().filter_map(|key| self.prices.get(key)?.date.as_deref()).min()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_book_that_is_compiled_in_reads_and_writes_itself() {
        for region in PriceBook::regions() {
            let book = PriceBook::of(region).unwrap();
            assert_eq!(&PriceBook::read(&book.written()).unwrap(), book);
        }
    }

    #[test]
    fn a_price_says_where_it_was_seen_and_an_unseen_one_says_nothing() {
        for (key, price) in &PriceBook::of("us-east-1").unwrap().prices {
            let Price { offer, select: _, unit, usd, sku: _, version: _, evidence, seen, date } = price;
            assert!(!offer.is_empty() && !unit.is_empty(), "{key}");
            let says = [evidence.is_some(), seen.is_some(), date.is_some()];
            assert_eq!(says, [usd.is_some(); 3], "{key}");
            assert!(usd.is_none_or(|usd| !usd.is_zero()), "{key}: what costs nothing is no price");
        }
    }

    #[test]
    fn a_region_without_a_book_has_no_price_at_all() {
        assert!(PriceBook::of("eu-central-1").is_none());
        assert_eq!(PriceBook::empty("eu-central-1").price("nat.hour"), None);
    }
}
