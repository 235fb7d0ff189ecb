//! One page for a browser: bars for the stacks and for what costs most, and every line of the bill.

use infra_operate::cost::{Figures, ResourceCost};

use super::CostPage;
use super::chart::bars;
use super::text::costs_something;
use crate::render::{escaped, page};

const STYLE: &str = include_str!("cost.css");
/// How many resources have a bar.
const DEAREST: usize = 15;

/// What the code costs, as a page; `foot` says when and of what it was made.
pub fn cost_html(cost: &CostPage, foot: &str) -> String {
    let CostPage { owner, estimate, .. } = cost;
    let total = estimate.total;
    let mut body = format!(
        "<style>\n{STYLE}</style>\n<h1>{}</h1>\n<p class=\"closing\">Floor {}, expected {}, ceiling {}.</p>\n",
        escaped(owner),
        total.floor,
        total.expected,
        total.ceiling
    );
    for remark in cost.remarks() {
        body += &format!("<p>{}</p>\n", escaped(&remark));
    }
    let named = |name: &str, figures: Figures| (name.to_owned(), figures);
    let stacks: Vec<_> = estimate.stacks.iter().map(|stack| named(&stack.stack, stack.figures)).collect();
    body += &bars("Each stack: floor, expected, ceiling", &stacks);
    let mut dearest: Vec<&ResourceCost> = estimate.resources.iter().filter(|each| costs_something(each)).collect();
    dearest.sort_by_key(|resource| std::cmp::Reverse(resource.figures.ceiling.known));
    let first: Vec<_> = dearest.iter().take(DEAREST).map(|each| named(&each.address, each.figures)).collect();
    body += &bars("What costs most", &first);
    body += "<table>\n<thead><tr><th>resource</th><th>what is paid for</th><th>floor</th><th>expected</th>\
             <th>ceiling</th></tr></thead>\n<tbody>\n";
    for resource in dearest {
        body += &row(&resource.address, "", resource.figures, "whole");
        for line in resource.lines.iter().filter(|line| !line.figures.is_nothing()) {
            body += &row("", &line.what, line.figures, "part");
        }
    }
    body += &row("total", "", total, "whole");
    body += "</tbody>\n</table>\n";
    page(&format!("Cost of {owner}"), &body, foot)
}

fn row(name: &str, what: &str, figures: Figures, class: &str) -> String {
    let [floor, expected, ceiling] = [figures.floor, figures.expected, figures.ceiling].map(|sum| sum.short());
    format!(
        "<tr class=\"{class}\"><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td></tr>\n",
        escaped(name),
        escaped(what),
        escaped(&floor),
        escaped(&expected),
        escaped(&ceiling)
    )
}
