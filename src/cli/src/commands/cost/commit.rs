//! `infra cost commit`: what is used in every hour, what AWS would take less for, and what that risks. It calls nobody.

use std::collections::BTreeMap;

use infra_operate::cost::{Commitment, Fraction, HOURS, Hours, Money, Offered, PriceBook, commitments};
use serde_json::json;

use crate::args::CostCommit;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::render::{Level, wrapped};
use crate::session::Session;

pub(super) async fn run(arguments: &CostCommit, session: &Session<'_>) -> Result<Exit, Failure> {
    let blueprint = session.blueprint().await?;
    let page = super::page(&blueprint, arguments.usage.as_deref(), session)?;
    let book = super::book(&blueprint);
    // What the code has at least, it has in every hour: what the calendar moves is left out.
    let mut always: BTreeMap<String, Fraction> = BTreeMap::new();
    for line in page.estimate.resources.iter().flat_map(|resource| &resource.lines) {
        let [floor, expected, ceiling] = &line.quantity;
        if let Some(key) = &line.price
            && floor == expected
            && expected == ceiling
        {
            let hourly = floor.parse::<Fraction>().unwrap_or(Fraction::ZERO) * Fraction::of(1, HOURS.into());
            let sum = always.get(key).copied().unwrap_or(Fraction::ZERO) + hourly;
            always.insert(key.clone(), sum);
        }
    }
    let offers: Vec<Offered> = book
        .commitments
        .iter()
        .filter(|offer| arguments.years.is_none_or(|years| offer.years == u32::from(years)))
        .cloned()
        .collect();
    let used = |key: &str| Some((book.price(key)?, Hours::always(*always.get(key)?)));
    let found = commitments(&offers, used);
    let without = without_an_offer(&always, &book);
    let console = session.console;
    if let Some(lines) = console.json() {
        let message = format!("{} commitments are worth a look", found.len());
        lines.line(Level::Info, "commitments", &message, json!({ "commitments": found, "without_offer": without }));
        return Ok(Exit::Done);
    }
    let mut out = format!("Commitments for what {} uses in every hour, at list prices:\n\n", blueprint.owner);
    found.iter().for_each(|commitment| out += &told(commitment));
    if found.is_empty() {
        out += "Of nothing that is used in every hour an offer is in the price book.\n\n";
    }
    if !without.is_empty() {
        let all = without.join(", ");
        out += &format!("{}\n\n", wrapped(&format!("Used in every hour, and no offer seen for it: {all}."), 2));
    }
    out += &wrapped(
        "First make sizes right, then commit: a commitment outlives the machine that it was made for. Only what runs in every \
         hour is counted, never the mean; what the calendar moves is not. Buy in thirds, months apart.",
        2,
    );
    console.data(&format!("{out}\n"));
    Ok(Exit::Done)
}

/// What runs in every hour by the hour, and has no offer in the book.
fn without_an_offer(always: &BTreeMap<String, Fraction>, book: &PriceBook) -> Vec<String> {
    let committable = |key: &str| {
        ["rds.postgres.db.", "elasticache.", "fargate."].iter().any(|service| key.starts_with(service))
            && key.ends_with(".hour")
    };
    let offered = |key: &str| book.commitments.iter().any(|offer| offer.price == key);
    always.keys().filter(|key| committable(key) && !offered(key)).cloned().collect()
}

fn told(commitment: &Commitment) -> String {
    let Commitment { offered, count, on_demand, committed, saved, break_even_percent, break_even_month, worst } =
        commitment;
    let years = if offered.years == 1 { "one year".to_owned() } else { format!("{} years", offered.years) };
    let mut out = format!("{count} × {}, {years}\n", offered.what);
    out += &format!("  {on_demand} → {committed} a month: {saved} saved while all of it is used\n");
    out += &format!("  worth it when used in {break_even_percent} of 100 hours or more\n");
    if let Some(month) = break_even_month {
        out += &format!("  what is paid in advance is back after {month} months\n");
    }
    let ends: Vec<String> = worst
        .iter()
        .map(|worst| {
            let comes_to = if worst.saved < Money::ZERO { "lost" } else { "saved" };
            let amount = if worst.saved < Money::ZERO { -worst.saved } else { worst.saved };
            format!("after {} months: {amount} {comes_to}", worst.after_months)
        })
        .collect();
    out += &format!("{}\n", wrapped(&format!("  if nothing is used any more {}", ends.join(", ")), 4));
    out += &format!("{}\n\n", wrapped(&format!("  seen on {}: {}", offered.date, offered.seen), 4));
    out
}
