//! For a pull request: the stacks, and each resource folded.

use infra_operate::cost::Figures;

use super::CostPage;
use super::text::costs_something;

/// What the code costs, in Markdown.
pub fn cost_markdown(page: &CostPage) -> String {
    let CostPage { owner, estimate, .. } = page;
    let head = "| | floor | expected | ceiling |\n|---|---:|---:|---:|\n";
    let mut out = format!("## {owner}: floor {}, ceiling {}\n\n", estimate.total.floor, estimate.total.ceiling);
    out += head;
    for stack in &estimate.stacks {
        out += &row(&stack.stack, stack.figures);
    }
    out += &row("**total**", estimate.total);
    out += &format!("\n<details><summary>Each resource</summary>\n\n{head}");
    for resource in estimate.resources.iter().filter(|resource| costs_something(resource)) {
        out += &row(&format!("`{}`", resource.address), resource.figures);
    }
    out += "\n</details>\n\n";
    for remark in page.remarks() {
        out += &format!("- {remark}\n");
    }
    out
}

fn row(name: &str, figures: Figures) -> String {
    let [floor, expected, ceiling] = [figures.floor, figures.expected, figures.ceiling].map(|sum| sum.short());
    format!("| {name} | {floor} | {expected} | {ceiling} |\n")
}
