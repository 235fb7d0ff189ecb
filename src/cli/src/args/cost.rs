//! What `infra cost` is asked for.

use std::path::PathBuf;
use std::str::FromStr;

use clap::{Args, Subcommand, ValueEnum};

/// `infra cost`
#[derive(Args, Debug)]
#[command(args_conflicts_with_subcommands = true)]
pub struct Cost {
    /// Something else than the sum of list prices.
    #[command(subcommand)]
    pub action: Option<CostAction>,
    /// The sum of list prices.
    #[command(flatten)]
    pub estimate: CostEstimate,
}

/// What the code costs.
#[derive(Args, Debug)]
pub struct CostEstimate {
    /// What is used: how much passes, how much is kept, how many tasks run.
    #[arg(long, value_name = "FILE")]
    pub usage: Option<PathBuf>,
    /// How to print it.
    #[arg(long, value_enum, default_value = "text", conflicts_with = "json")]
    pub format: CostFormat,
}

/// How a cost is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum CostFormat {
    /// For people.
    Text,
    /// For pull requests.
    Markdown,
    /// One page for a browser, with charts.
    Html,
    /// A line for each line of the bill.
    Csv,
    /// One JSON document.
    Json,
    /// As Infracost writes its own, for tools that read those.
    Infracost,
}

/// What else can be asked about cost.
#[derive(Debug, Subcommand)]
pub enum CostAction {
    /// What was really spent, as Cost Explorer says; each question costs a cent.
    Show(CostShow),
    /// What could be committed to, and what that risks.
    Commit(CostCommit),
    /// The price book: what is in it, whether it is true, and how it is written.
    Prices(CostPrices),
    /// Print the JSON Schema of usage files, with the resources of the environment where one is named.
    Schema,
}

/// `infra cost show`
#[derive(Args, Debug)]
pub struct CostShow {
    /// The days before today.
    #[arg(long, value_name = "N", default_value_t = 30, value_parser = clap::value_parser!(u16).range(1..=365))]
    pub days: u16,
    /// A month in place of the last days: `2026-10`.
    #[arg(long, value_name = "YEAR-MONTH", conflicts_with = "days")]
    pub month: Option<Month>,
    /// What it is divided by.
    #[arg(long, value_enum, default_value = "service")]
    pub by: Grouping,
    /// Do not ask whether the question may be paid for.
    #[arg(long, short)]
    pub yes: bool,
}

/// What spend is divided by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Grouping {
    /// By AWS's services.
    Service,
    /// By AWS's types of usage.
    Usage,
    /// By the stacks of the code: by the tag `infra:address`, where bills are divided by it.
    Stack,
    /// By days.
    Day,
}

/// `infra cost commit`
#[derive(Args, Debug)]
pub struct CostCommit {
    /// What is used: with less than the floor in use, less is committed to.
    #[arg(long, value_name = "FILE")]
    pub usage: Option<PathBuf>,
    /// Only commitments for so many years.
    #[arg(long, value_name = "YEARS", value_parser = clap::value_parser!(u8).range(1..=3))]
    pub years: Option<u8>,
}

/// `infra cost prices`
#[derive(Args, Debug)]
pub struct CostPrices {
    /// What to do with the book.
    #[command(subcommand)]
    pub action: Prices,
}

/// What to do with the price book.
#[derive(Debug, Subcommand)]
pub enum Prices {
    /// Print the book: each price with where it was seen, and what has none.
    Show,
    /// Look at the pinned versions of AWS's files again, and compare.
    Verify(PricesFrom),
    /// Take the prices out of AWS's newest files, and write the book.
    Sync(PricesFrom),
}

/// Where prices come from and go to.
#[derive(Args, Debug)]
pub struct PricesFrom {
    /// Only the prices of this offer: `AmazonRDS`.
    #[arg(long, value_name = "OFFER")]
    pub offer: Vec<String>,
    /// Where AWS's price files are.
    #[arg(long, value_name = "URL", default_value = "https://pricing.us-east-1.amazonaws.com")]
    pub from: String,
    /// The book's file; `src/operate/prices/REGION.json` when left out.
    #[arg(long, value_name = "FILE")]
    pub book: Option<PathBuf>,
}

/// A month of a year.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Month {
    /// The year.
    pub year: i16,
    /// The month, from one to twelve.
    pub month: i8,
}

impl FromStr for Month {
    type Err = String;

    fn from_str(text: &str) -> Result<Month, String> {
        let parsed = text.split_once('-').filter(|(year, month)| year.len() == 4 && month.len() == 2);
        let parsed =
            parsed.and_then(|(year, month)| Some(Month { year: year.parse().ok()?, month: month.parse().ok()? }));
        parsed
            .filter(|month| (1..=12).contains(&month.month))
            .ok_or_else(|| format!("`{text}` is no month: write `2026-10`"))
    }
}
