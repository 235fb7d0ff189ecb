//! What a platform costs: exact sums of list prices, and what of it is not known.
//!
//! Prices are in the [`PriceBook`], each with the product of AWS's price files that it was taken from. What a kind costs
//! is in `kinds`, one file a service; [`Estimate`] adds it up, [`Difference`] holds two of them against each other. A price
//! that nobody has seen is unknown and never nought. All of this is pure: asking AWS is `infra_aws`'s, and telling is the
//! CLI's.

mod around;
mod book;
mod calendar;
mod commit;
mod difference;
mod estimate;
mod figures;
mod fraction;
mod inventory;
mod kinds;
mod limit;
mod line;
mod money;
mod offer;
mod selector;
mod usage;

pub use around::Around;
pub use book::{BookError, Evidence, Offer, Price, PriceBook};
pub use commit::{Commitment, Hours, Offered, Worst, commitments};
pub use difference::{ChangedCost, Difference};
pub use estimate::{Estimate, PricedLine, ResourceCost, Season, StackCost};
pub use figures::{Figures, Sum};
pub use fraction::{Fraction, FractionError};
pub use inventory::{Inventory, Item};
pub use kinds::{Priced, costs_of_kinds};
pub use limit::limit;
pub use line::{Costs, Line, PriceOf, Quantity};
pub use money::{Money, MoneyError};
pub use offer::{OfferError, Product, read_products};
pub use selector::{Selector, Unmatched};
pub use usage::{Usage, UsageError, UsageKey};

#[cfg(test)]
mod tests;

/// The hours of a month, as AWS counts them where it names a price for a month.
pub const HOURS: u32 = 730;
