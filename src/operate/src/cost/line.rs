//! What a resource is billed for, line by line: a price's name and how much of it, at least, as expected, and at most.

use super::HOURS;
use super::fraction::Fraction;
use super::money::Money;
use super::usage::UsageKey;

/// What a resource costs.
#[derive(Clone, Debug, PartialEq)]
pub enum Costs {
    /// Nothing; the reason is said where it is not plain.
    Free(&'static str),
    /// These lines of the bill.
    Lines(Vec<Line>),
}

/// A line of the bill.
#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    /// What is paid for.
    pub what: String,
    /// The price of one.
    pub price: PriceOf,
    /// How many in a month.
    pub quantity: Quantity,
    /// The usage that it depends on, where that was not given.
    pub missing: Option<&'static UsageKey>,
    /// The days from and to which it is paid, beside all that is paid in any month; `None` in any month.
    pub season: Option<(String, String)>,
}

/// The price of one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PriceOf {
    /// That of this name in the price book.
    Book(String),
    /// This one: it is the definition that says it.
    Said(Money),
}

/// How many in a month.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quantity {
    /// At least.
    pub floor: Fraction,
    /// As expected.
    pub expected: Fraction,
    /// At most.
    pub ceiling: Fraction,
}

impl Quantity {
    /// So many, whatever happens.
    pub fn always(number: impl Into<Fraction>) -> Quantity {
        let number = number.into();
        Quantity { floor: number, expected: number, ceiling: number }
    }

    /// Between two numbers. What is expected is what was given, if anything was, and else the smaller one.
    pub fn between(floor: Fraction, given: Option<Fraction>, ceiling: Fraction) -> Quantity {
        let expected = given.unwrap_or(floor);
        Quantity { floor, expected, ceiling: ceiling.larger(expected) }
    }

    /// As many as were given; nobody knows a maximum.
    pub fn used(given: Option<Fraction>) -> Quantity {
        let expected = given.unwrap_or(Fraction::ZERO);
        Quantity { floor: Fraction::ZERO, expected, ceiling: expected }
    }

    /// So many times as many.
    #[must_use]
    pub fn times(self, factor: impl Into<Fraction>) -> Quantity {
        let factor = factor.into();
        let Quantity { floor, expected, ceiling } = self;
        Quantity { floor: floor * factor, expected: expected * factor, ceiling: ceiling * factor }
    }

    /// So many in every hour of a month.
    #[must_use]
    pub fn hourly(self) -> Quantity {
        self.times(HOURS)
    }

    /// The same less a number of each, and nothing where that is more.
    #[must_use]
    pub fn beyond(self, number: impl Into<Fraction>) -> Quantity {
        let number = number.into();
        let beyond = |quantity: Fraction| (quantity - number).larger(Fraction::ZERO);
        let Quantity { floor, expected, ceiling } = self;
        Quantity { floor: beyond(floor), expected: beyond(expected), ceiling: beyond(ceiling) }
    }
}

impl Line {
    /// A line of the bill at a price of the book.
    pub fn of(what: impl Into<String>, price: impl Into<String>, quantity: Quantity) -> Line {
        Line { what: what.into(), price: PriceOf::Book(price.into()), quantity, missing: None, season: None }
    }

    /// A line at a price of the definition's own.
    pub fn said(what: impl Into<String>, price: Money, quantity: Quantity) -> Line {
        Line { what: what.into(), price: PriceOf::Said(price), quantity, missing: None, season: None }
    }

    /// So many in every hour, whatever happens.
    pub fn hours(what: impl Into<String>, price: impl Into<String>, number: impl Into<Fraction>) -> Line {
        Line::of(what, price, Quantity::always(number).hourly())
    }

    /// The same, missing a usage where that was not given.
    #[must_use]
    pub fn missing(self, key: &'static UsageKey, given: Option<Fraction>) -> Line {
        Line { missing: given.is_none().then_some(key), ..self }
    }
}
