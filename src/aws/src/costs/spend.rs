//! What was spent, as Cost Explorer says. Each request costs a cent, and so does each page: one call here is one request.

use aws_sdk_costexplorer::types::{
    DateInterval, Dimension, Expression, Granularity, GroupDefinition, GroupDefinitionType, MatchOption, TagValues,
};
use infra_engine::live::Fault;

use super::shared::sorted;
use crate::{Aws, Sorted};

/// What a request costs, in dollars.
pub const PRICE_OF_A_REQUEST: &str = "0.01";

/// What is asked of Cost Explorer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    /// The first day: `2026-10-01`.
    pub from: String,
    /// The day after the last one.
    pub to: String,
    /// Whether each day is told by itself, or each month.
    pub daily: bool,
    /// What the spend is divided by first.
    pub by: Division,
    /// Whose spend is asked for, by the tag `Project`; and with it, what bears no such tag.
    pub project: String,
}

/// What spend is divided by, beside the tag `Environment`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Division {
    /// AWS's services.
    Service,
    /// AWS's types of usage.
    UsageType,
    /// A tag.
    Tag(&'static str),
    /// Nothing.
    Nothing,
}

/// A page of an answer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Spend {
    /// The lines of the page.
    pub lines: Vec<SpendLine>,
    /// Where the next page begins, if there is one.
    pub next: Option<String>,
}

/// A line of an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SpendLine {
    /// The first day that it is about.
    pub from: String,
    /// True while AWS may still change it.
    pub estimated: bool,
    /// The environment whose tag it bears; empty where it bears none.
    pub environment: String,
    /// What it was divided by; empty where it bears no such tag.
    pub name: String,
    /// What was billed, in dollars, as AWS writes it.
    pub unblended: String,
    /// The same with what was paid in advance spread over its term, and discounts taken off.
    pub net_amortized: String,
}

const ASK: &str = "ce:GetCostAndUsage";
const ENVIRONMENT: &str = "Environment";
const PROJECT: &str = "Project";
const UNBLENDED: &str = "UnblendedCost";
const NET_AMORTIZED: &str = "NetAmortizedCost";

/// Sends one request, which costs a cent, and gives its page.
pub async fn spend(aws: &Aws, question: &Question, page: Option<String>) -> Result<Spend, Fault> {
    let Question { from, to, daily, by, project } = question;
    let period = DateInterval::builder().start(from).end(to).build().sorted(ASK)?;
    let tag = |key: &str| TagValues::builder().key(key);
    let ours = Expression::builder().tags(tag(PROJECT).values(project).build()).build();
    let nobodys = Expression::builder().tags(tag(PROJECT).match_options(MatchOption::Absent).build()).build();
    let call = aws
        .costexplorer()
        .get_cost_and_usage()
        .time_period(period)
        .granularity(if *daily { Granularity::Daily } else { Granularity::Monthly })
        .metrics(UNBLENDED)
        .metrics(NET_AMORTIZED)
        .filter(Expression::builder().or(ours).or(nobodys).build())
        .set_group_by(Some(groups(*by)))
        .set_next_page_token(page);
    let answer = call.send().await.sorted(ASK).map_err(sorted)?;
    let mut lines = Vec::new();
    for result in answer.results_by_time() {
        let from = result.time_period().map(|period| period.start().to_owned()).unwrap_or_default();
        for group in result.groups() {
            let metric = |name: &str| {
                let amount = group.metrics().and_then(|metrics| metrics.get(name)?.amount());
                amount.unwrap_or("0").to_owned()
            };
            let mut keys = group.keys().iter().rev().map(|key| value_of(key));
            lines.push(SpendLine {
                from: from.clone(),
                estimated: result.estimated(),
                environment: keys.next().unwrap_or_default().to_owned(),
                name: keys.next().unwrap_or_default().to_owned(),
                unblended: metric(UNBLENDED),
                net_amortized: metric(NET_AMORTIZED),
            });
        }
    }
    Ok(Spend { lines, next: answer.next_page_token().map(str::to_owned) })
}

fn groups(by: Division) -> Vec<GroupDefinition> {
    let group = |kind: GroupDefinitionType, key: &str| GroupDefinition::builder().r#type(kind).key(key).build();
    let dimension = |dimension: Dimension| group(GroupDefinitionType::Dimension, dimension.as_str());
    let first = match by {
        Division::Service => Some(dimension(Dimension::Service)),
        Division::UsageType => Some(dimension(Dimension::UsageType)),
        Division::Tag(key) => Some(group(GroupDefinitionType::Tag, key)),
        Division::Nothing => None,
    };
    first.into_iter().chain([group(GroupDefinitionType::Tag, ENVIRONMENT)]).collect()
}

/// The value in `Environment$prod`; a service's name is a value by itself.
fn value_of(key: &str) -> &str {
    key.split_once('$').map_or(key, |(_, value)| value)
}
