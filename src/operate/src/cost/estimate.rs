//! What resources cost, line by line: with the prices of a book, each resource, each stack, and all of it.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::around::Around;
use super::book::PriceBook;
use super::figures::{Figures, Sum};
use super::inventory::Inventory;
use super::kinds::costs_of;
use super::line::{Costs, Line, PriceOf, Quantity};
use super::money::Money;
use super::usage::Usage;

/// What resources cost in a month of 730 hours, at list prices.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Estimate {
    /// Where.
    pub region: String,
    /// All of it.
    pub total: Figures,
    /// Each stack.
    pub stacks: Vec<StackCost>,
    /// Each resource, in the order in which they were given.
    pub resources: Vec<ResourceCost>,
    /// What seasons add to an ordinary month, each for all of its days.
    pub seasons: Vec<Season>,
    /// The names of prices that are needed and that nobody has seen.
    pub unknown_prices: Vec<String>,
    /// How many of the prices that were used were not taken out of AWS's own files by this program.
    pub unverified: usize,
    /// The oldest day on which a price that was used was seen.
    pub oldest: Option<String>,
}

/// What a stack costs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StackCost {
    /// Its name.
    pub stack: String,
    /// What its resources cost.
    pub figures: Figures,
}

/// What a resource costs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ResourceCost {
    /// Its address.
    pub address: String,
    /// Its kind.
    pub kind: String,
    /// What all of its lines cost.
    pub figures: Figures,
    /// Why it costs nothing, where it does.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub free: Option<String>,
    /// Why nothing can be said of it, where that is so.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub unknown: Option<String>,
    /// What it is billed for.
    pub lines: Vec<PricedLine>,
}

/// A line of the bill with its price.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PricedLine {
    /// What is paid for.
    pub what: String,
    /// The name of its price in the book; none where the definition says the price.
    pub price: Option<String>,
    /// What one costs; none where nobody has seen it.
    pub usd: Option<Money>,
    /// What it is one of.
    pub unit: String,
    /// How many at least, as expected, and at most.
    pub quantity: [String; 3],
    /// What it costs.
    pub figures: Figures,
    /// The key of the usage file that would tell how much it is.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub by_usage: Option<String>,
}

/// What a season adds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Season {
    /// Its first moment.
    pub from: String,
    /// Its last.
    pub to: String,
    /// What it adds, for all of its days.
    pub figures: Figures,
}

impl Estimate {
    /// What these resources cost, used like this.
    pub fn of(inventory: &Inventory, usage: &Usage, book: &PriceBook) -> Estimate {
        let mut estimate = Estimate { region: book.region.clone(), ..Estimate::default() };
        let (mut used, mut unknown) = (BTreeSet::new(), BTreeSet::new());
        let mut seasons: BTreeMap<(String, String), Figures> = BTreeMap::new();
        for (position, item) in inventory.items().iter().enumerate() {
            let around = Around { inventory, position, usage, book };
            let mut resource = ResourceCost {
                address: item.address.clone(),
                kind: item.kind.clone(),
                figures: Figures::default(),
                free: None,
                unknown: None,
                lines: Vec::new(),
            };
            match costs_of(&item.kind, &item.document, &around) {
                Ok(Costs::Free(why)) => resource.free = Some(why.to_owned()),
                Ok(Costs::Lines(lines)) => {
                    for line in lines {
                        let figures = priced(&line, book);
                        if let PriceOf::Book(key) = &line.price
                            && line.quantity != Quantity::always(0)
                        {
                            if book.price(key).is_some() { &mut used } else { &mut unknown }.insert(key.clone());
                        }
                        match line.season {
                            Some(season) => *seasons.entry(season).or_default() += figures,
                            None => {
                                resource.figures += figures;
                                resource.lines.push(PricedLine::of(&line, figures, book));
                            }
                        }
                    }
                }
                Err(why) => {
                    let sum = Sum::of(None);
                    resource.figures = Figures { floor: sum, expected: sum, ceiling: sum };
                    resource.unknown = Some(why);
                }
            }
            estimate.resources.push(resource);
        }
        estimate.add_up();
        estimate.seasons = seasons.into_iter().map(|((from, to), figures)| Season { from, to, figures }).collect();
        estimate.unverified = used.iter().filter(|key| !book.is_verified(key)).count();
        estimate.oldest = book.oldest(used.iter().map(String::as_str)).map(str::to_owned);
        estimate.unknown_prices = unknown.into_iter().collect();
        estimate
    }

    fn add_up(&mut self) {
        let mut stacks: BTreeMap<&str, Figures> = BTreeMap::new();
        for resource in &self.resources {
            *stacks.entry(resource.stack()).or_default() += resource.figures;
            self.total += resource.figures;
        }
        self.stacks =
            stacks.into_iter().map(|(stack, figures)| StackCost { stack: stack.to_owned(), figures }).collect();
    }

    /// The resource at an address.
    pub fn resource(&self, address: &str) -> Option<&ResourceCost> {
        self.resources.iter().find(|resource| resource.address == address)
    }

    /// The lines of which only usage tells how much they are, and it was not told: each with its resource.
    pub fn by_usage(&self) -> impl Iterator<Item = (&ResourceCost, &PricedLine)> {
        self.resources.iter().flat_map(|resource| {
            let missing = resource.lines.iter().filter(|line| line.by_usage.is_some());
            missing.map(move |line| (resource, line))
        })
    }
}

impl ResourceCost {
    /// The stack that it is in.
    pub fn stack(&self) -> &str {
        self.address.split('.').next().unwrap_or_default()
    }
}

impl PricedLine {
    fn of(line: &Line, figures: Figures, book: &PriceBook) -> PricedLine {
        let (key, usd, unit) = match &line.price {
            PriceOf::Book(key) => {
                let unit = book.prices.get(key).map_or("", |price| price.unit.as_str());
                (Some(key.clone()), book.price(key), unit.to_owned())
            }
            PriceOf::Said(usd) => (None, Some(*usd), String::new()),
        };
        let Quantity { floor, expected, ceiling } = line.quantity;
        PricedLine {
            what: line.what.clone(),
            price: key,
            usd,
            unit,
            quantity: [floor, expected, ceiling].map(|quantity| quantity.to_string()),
            figures,
            by_usage: line.missing.map(|key| key.name.to_owned()),
        }
    }
}

/// What a line costs. Nothing of it costs nothing, whatever one of it costs; more of it costs what is known of the price.
fn priced(line: &Line, book: &PriceBook) -> Figures {
    let price = match &line.price {
        PriceOf::Book(key) => book.price(key),
        PriceOf::Said(usd) => Some(*usd),
    };
    let sum = |quantity: super::Fraction| match quantity.is_zero() {
        true => Sum::default(),
        false => Sum::of(price.map(|price| price.times(quantity))),
    };
    let Quantity { floor, expected, ceiling } = line.quantity;
    Figures { floor: sum(floor), expected: sum(expected), ceiling: sum(ceiling) }
}
