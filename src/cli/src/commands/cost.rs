//! `infra cost`: what the code costs at list prices. It calls nobody; what it asks for beside that is in files of its own.

mod commit;
mod prices;
mod show;

use std::path::Path;

use infra_engine::graph::Graph;
use infra_operate::cost::{Estimate, Inventory, Item, PriceBook, Usage, limit};
use jiff::Timestamp;
use serde_json::json;

use crate::args::{Cost, CostAction, CostEstimate, CostFormat};
use crate::environment::{parse_usage, usage_schema};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::render::{
    CostPage, Level, PROBLEMS, Picture, PlanCost, Side, cost_csv, cost_html, cost_infracost, cost_json, cost_markdown,
    cost_text, counted,
};
use crate::session::{Blueprint, Session};

pub(super) async fn run(arguments: Cost, session: &Session<'_>) -> Result<Exit, Failure> {
    match arguments.action {
        None => estimate(&arguments.estimate, session).await,
        Some(CostAction::Show(arguments)) => show::run(&arguments, session).await,
        Some(CostAction::Commit(arguments)) => commit::run(&arguments, session).await,
        Some(CostAction::Prices(arguments)) => prices::run(&arguments, session).await,
        Some(CostAction::Schema) => schema(session).await,
    }
}

async fn estimate(arguments: &CostEstimate, session: &Session<'_>) -> Result<Exit, Failure> {
    let blueprint = session.blueprint().await?;
    let page = page(&blueprint, arguments.usage.as_deref(), session)?;
    let console = session.console;
    let now = Timestamp::now();
    match (console.json(), arguments.format) {
        (Some(lines), _) => {
            let message = format!("Cost: floor {}", page.estimate.total.floor);
            lines.line(Level::Info, "cost", &message, json!({ "cost": cost_json(&page) }));
        }
        (None, CostFormat::Text) => console.data(&cost_text(&page, console.paint)),
        (None, CostFormat::Markdown) => console.data(&cost_markdown(&page)),
        (None, CostFormat::Html) => {
            let foot = format!("Made at {}, of {}", now.strftime("%Y-%m-%d %H:%M:%S UTC"), blueprint.name);
            console.data(&cost_html(&page, &foot));
        }
        (None, CostFormat::Csv) => console.data(&cost_csv(&page)),
        (None, CostFormat::Json) => console.document(&cost_json(&page)),
        (None, CostFormat::Infracost) => console.document(&cost_infracost(&page, &now.to_string())),
    }
    Ok(Exit::Done)
}

/// What the code costs, and what it is held against.
fn page(blueprint: &Blueprint, usage: Option<&Path>, session: &Session<'_>) -> Result<CostPage, Failure> {
    let inventory = Inventory::of_graph(&blueprint.graph);
    let usage = usage_of(usage, &blueprint.graph, session)?;
    let estimate = Estimate::of(&inventory, &usage, &book(blueprint));
    let date = estimate.oldest.as_ref().and_then(|date| date.parse::<jiff::civil::Date>().ok());
    let today = Timestamp::now().to_zoned(jiff::tz::TimeZone::UTC).date();
    let days = date.and_then(|date| Some(i64::from(date.until((jiff::Unit::Day, today)).ok()?.get_days())));
    Ok(CostPage { owner: blueprint.owner.to_string(), limit: limit(&inventory), days, estimate })
}

/// The prices of the environment's region; where there are none, none.
fn book(blueprint: &Blueprint) -> PriceBook {
    let region = blueprint.environment.facts.region.as_str();
    PriceBook::of(region).cloned().unwrap_or_else(|| PriceBook::empty(region))
}

/// What a usage file says of the resources of the code.
fn usage_of(file: Option<&Path>, graph: &Graph, session: &Session<'_>) -> Result<Usage, Failure> {
    let Some(file) = file else { return Ok(Usage::default()) };
    let text = std::fs::read_to_string(session.folder.join(file))
        .map_err(|error| Failure::new(format!("{}: it cannot be read", file.display())).because(error.to_string()))?;
    let resources = resources(graph);
    let schema = usage_schema(Some(resources.iter().map(|(address, kind)| (address.as_str(), *kind))));
    parse_usage(&text, &file.display().to_string(), &schema).map_err(|problems| {
        let count = counted(problems.count(), PROBLEMS);
        Failure::new(format!("the usage file has {count}; nothing was called")).page(problems.to_string())
    })
}

fn resources(graph: &Graph) -> Vec<(String, &'static str)> {
    let each = graph.definitions().iter();
    each.map(|definition| (definition.address.to_string(), definition.schema.kind)).collect()
}

/// The schema of usage files: of an environment's own, where one is named.
async fn schema(session: &Session<'_>) -> Result<Exit, Failure> {
    if session.common.env.is_none() {
        session.console.document(&usage_schema(None::<std::iter::Empty<(&str, &str)>>));
        return Ok(Exit::Done);
    }
    let blueprint = session.unchecked().await?;
    let resources = resources(&blueprint.graph);
    session.console.document(&usage_schema(Some(resources.iter().map(|(address, kind)| (address.as_str(), *kind)))));
    Ok(Exit::Done)
}

/// What a plan does to the bill. Against the budget it is held only when it is about everything.
pub(super) fn of_plan(
    blueprint: &Blueprint,
    picture: &Picture,
    usage: Option<&Path>,
    whole: bool,
    session: &Session<'_>,
) -> Result<PlanCost, Failure> {
    let usage = usage_of(usage, &blueprint.graph, session)?;
    let book = book(blueprint);
    let side = |of: fn(&crate::render::Pictured) -> Option<&Side>| {
        let items = picture
            .resources
            .iter()
            .filter_map(|resource| Some(item(&resource.address, &resource.kind, of(resource)?)));
        Inventory::new(items.collect())
    };
    let (before, after) = (side(|resource| resource.before.as_ref()), side(|resource| resource.after.as_ref()));
    let declared = limit(&Inventory::of_graph(&blueprint.graph));
    let [before, after] = [before, after].map(|inventory| Estimate::of(&inventory, &usage, &book));
    let mut unknown_prices = [before.unknown_prices.clone(), after.unknown_prices.clone()].concat();
    unknown_prices.sort();
    unknown_prices.dedup();
    Ok(PlanCost {
        region: book.region.clone(),
        difference: infra_operate::cost::Difference::between(&before, &after),
        limit: declared.filter(|_| whole),
        unknown_prices,
    })
}

fn item(address: &str, kind: &str, side: &Side) -> Item {
    let outputs = side.outputs.iter().filter_map(|(name, value)| Some((name.clone(), value.clone()?)));
    Item {
        address: address.to_owned(),
        kind: kind.to_owned(),
        document: infra_engine::model::Document::from_value(side.definition.clone()),
        known_as: outputs.chain(side.id.clone().map(|id| ("id".to_owned(), id))).collect(),
    }
}
