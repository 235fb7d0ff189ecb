//! What the code costs, told: for people, for pull requests, for a browser, for spreadsheets and for programs.

mod chart;
mod csv;
mod html;
mod infracost;
mod markdown;
mod text;

use std::collections::BTreeMap;

use infra_operate::cost::{Estimate, Figures, Money, Season};
use serde::{Deserialize, Serialize};
use serde_json::Value;

pub use csv::cost_csv;
pub use html::cost_html;
pub use infracost::cost_infracost;
pub use markdown::cost_markdown;
pub use text::cost_text;

use super::plural::{Plural, counted};

/// What the code costs, and what it is held against.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CostPage {
    /// `project/environment`.
    pub owner: String,
    /// What may be spent in a month, where the code declares a budget.
    pub limit: Option<Money>,
    /// How many days ago the oldest price that was used was seen.
    pub days: Option<i64>,
    /// What everything costs.
    pub estimate: Estimate,
}

/// How many days old a price may be before it is warned of.
const OLD: i64 = 180;

/// One JSON document: amounts as texts, so that no reader makes floats of them.
pub fn cost_json(page: &CostPage) -> Value {
    serde_json::to_value(page).unwrap_or_default()
}

impl CostPage {
    /// What must be known to read the figures right: a sentence each.
    pub fn remarks(&self) -> Vec<String> {
        let CostPage { owner: _, limit, days, estimate } = self;
        let mut remarks = Vec::new();
        remarks.extend(limit.and_then(|limit| against(estimate.total, limit)));
        remarks.extend(estimate.seasons.iter().map(season));
        remarks.extend(unknown(&estimate.unknown_prices, &estimate.region));
        remarks.extend(unreadable(estimate));
        remarks.extend(by_usage(estimate));
        remarks.push("What is expected is the floor, wherever no usage is given.".to_owned());
        remarks.push("List prices, without your discounts, taxes and free allowances.".to_owned());
        if estimate.unverified > 0 {
            let count = counted(estimate.unverified, Plural("price is", "prices are"));
            remarks.push(format!(
                "Unverified: {count} from others' extracts of AWS's files; `infra cost prices sync` takes them from the files themselves."
            ));
        }
        if let Some((date, days)) = estimate.oldest.as_ref().zip(*days) {
            let old = if days > OLD { ": that is long ago" } else { "" };
            remarks.push(format!(
                "The oldest price was seen on {date}, {} ago{old}.",
                counted(usize::try_from(days).unwrap_or(0), Plural("day", "days"))
            ));
        }
        remarks
    }
}

/// The figures against what may be spent.
pub(super) fn against(total: Figures, limit: Money) -> Option<String> {
    let share = |sum: infra_operate::cost::Sum| {
        let least = if sum.unknown > 0 { "at least " } else { "" };
        Some(format!("{least}{} ({} %)", sum.known, sum.known.percent_of(limit)?))
    };
    let (floor, expected, ceiling) = (share(total.floor)?, share(total.expected)?, share(total.ceiling)?);
    Some(format!("Of a limit of {limit}: floor {floor}, expected {expected}, ceiling {ceiling}."))
}

fn season(season: &Season) -> String {
    let Season { from, to, figures } = season;
    let day = |moment: &str| moment.split('T').next().unwrap_or_default().to_owned();
    let (floor, ceiling) = (figures.floor, figures.ceiling);
    format!("From {} to {}: {} more at least, and {} more at most.", day(from), day(to), floor.short(), ceiling.short())
}

/// What is not known because nobody has seen its price.
pub(super) fn unknown(prices: &[String], region: &str) -> Option<String> {
    let all = prices.join(", ");
    match (prices.is_empty(), infra_operate::cost::PriceBook::of(region).is_none()) {
        (true, _) => None,
        (false, true) => Some(format!(
            "There is no price book of {region}, and prices of other regions say nothing: every price is unknown ({all})."
        )),
        (false, false) => Some(format!("Unknown, because nobody has seen the price: {all}.")),
    }
}

fn unreadable(estimate: &Estimate) -> Vec<String> {
    let each = estimate.resources.iter().filter_map(|resource| Some((resource, resource.unknown.as_ref()?)));
    each.map(|(resource, why)| format!("Unknown: {}: {why}.", resource.address)).collect()
}

/// What only usage tells, and nobody has told: by kind and key, with how many resources wait for it.
fn by_usage(estimate: &Estimate) -> Vec<String> {
    let mut keys: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    for (resource, line) in estimate.by_usage() {
        *keys.entry((&resource.kind, line.by_usage.as_deref().unwrap_or_default())).or_default() += 1;
    }
    if keys.is_empty() {
        return Vec::new();
    }
    let mut kinds: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for ((kind, key), _) in keys {
        kinds.entry(kind).or_default().push(format!("`{key}`"));
    }
    let all: Vec<String> = kinds.iter().map(|(kind, keys)| format!("{kind}: {}", keys.join(", "))).collect();
    vec![format!("By usage, and not in these figures until a usage file says: {}.", all.join("; "))]
}
