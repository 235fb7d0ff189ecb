//! What a plan does to the bill, beside each change and in sum.

use infra_operate::cost::{ChangedCost, Difference, Figures, Money};
use serde::{Deserialize, Serialize};

use super::cost::{against, unknown};
use super::paint::Paint;
use super::report::ReportChange;
use super::{WIDTH, wrapped};

/// What a plan does to the bill, and what that is held against.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct PlanCost {
    /// Where.
    pub region: String,
    /// Before, after, and the difference.
    pub difference: Difference,
    /// What may be spent in a month; none where the plan is about a part only, or no budget is declared.
    pub limit: Option<Money>,
    /// The names of prices that nobody has seen and that one of the sides needs.
    pub unknown_prices: Vec<String>,
}

/// How wide a column of dollars is.
const COLUMN: usize = 16;

impl PlanCost {
    /// What a change does to the bill: `cost: $0.00 → $32.85/month (+$32.85)`; nothing where it does nothing.
    pub fn beside(&self, change: &ReportChange) -> Option<String> {
        let ChangedCost { before, after, difference, .. } = self.difference.of(&change.address, &change.kind)?;
        let mut line = format!(
            "cost: {} → {} a month ({})",
            before.expected.short(),
            after.expected.short(),
            difference.expected.short_signed()
        );
        if difference.ceiling != difference.expected {
            line += &format!(", at most {}", difference.ceiling.short_signed());
        }
        Some(line)
    }

    /// What costs otherwise though it does not change itself.
    pub fn beside_the_changes(&self, changes: &[ReportChange]) -> Vec<&ChangedCost> {
        let changes = |cost: &&ChangedCost| {
            changes.iter().any(|change| change.address == cost.address && change.kind == cost.kind)
        };
        self.difference.changes.iter().filter(|cost| !changes(cost)).collect()
    }

    /// True when the plan raises what is expected above what may be spent.
    pub fn exceeds_the_limit(&self) -> bool {
        let Difference { before, after, .. } = &self.difference;
        self.limit.is_some_and(|limit| after.expected.known > limit && after.expected.known > before.expected.known)
    }

    /// What must be known to read the figures right: a sentence each.
    pub fn remarks(&self) -> Vec<String> {
        let mut remarks = Vec::new();
        remarks.extend(self.limit.and_then(|limit| against(self.difference.after, limit)));
        remarks.extend(unknown(&self.unknown_prices, &self.region));
        remarks
            .push("List prices, without usage that nobody has given; `infra cost` says what that would be.".to_owned());
        remarks
    }

    /// The sums for people, below a plan.
    pub fn text(&self, changes: &[ReportChange], paint: Paint) -> String {
        let mut out = format!("{}\n", paint.bold("Cost, in a month of 730 hours:"));
        out += &format!("{}\n", paint.dim(row("", ["before", "after", "difference"].map(str::to_owned))));
        for (name, columns) in self.rows() {
            out += &format!("{}\n", row(&format!("  {name}"), columns));
        }
        let beside = self.beside_the_changes(changes);
        if !beside.is_empty() {
            out += "  of which, of resources that do not change themselves:\n";
        }
        for cost in beside {
            let ChangedCost { address, before, after, difference, .. } = cost;
            let columns = [before.expected.short(), after.expected.short(), difference.expected.short_signed()];
            out += &format!("{}\n", row(&format!("    {address}"), columns));
        }
        for remark in self.remarks() {
            out += &format!("{}\n", wrapped(&format!("  {remark}"), 4));
        }
        out + "\n"
    }

    /// The sums as a table of a pull request: each resource whose cost moves, and all of it.
    pub fn markdown(&self) -> String {
        let mut out = String::from("| expected cost a month | before | after | difference |\n|---|---:|---:|---:|\n");
        for cost in &self.difference.changes {
            let ChangedCost { address, before, after, difference, .. } = cost;
            let (before, after) = (before.expected.short(), after.expected.short());
            out += &format!("| `{address}` | {before} | {after} | {} |\n", difference.expected.short_signed());
        }
        for (name, [before, after, difference]) in self.rows() {
            out += &format!("| **{name}** | {before} | {after} | {difference} |\n");
        }
        self.remarks().iter().for_each(|remark| out += &format!("\n_{remark}_\n"));
        out + "\n"
    }

    /// The same for a page.
    pub fn html(&self) -> String {
        let mut rows = String::new();
        let mut row = |name: &str, cells: [String; 3]| {
            let cells = cells.map(|cell| format!("<td>{}</td>", super::escaped(&cell)));
            rows += &format!("<tr><td>{}</td>{}</tr>\n", super::escaped(name), cells.concat());
        };
        for ChangedCost { address, before, after, difference, .. } in &self.difference.changes {
            row(address, [before.expected.short(), after.expected.short(), difference.expected.short_signed()]);
        }
        self.rows().into_iter().for_each(|(name, cells)| row(name, cells));
        let remarks = self.remarks();
        let remarks = remarks.iter().map(|remark| format!("<p>{}</p>\n", super::escaped(remark)));
        format!(
            "<h2>Cost</h2>\n<table>\n<thead><tr><th>expected cost a month</th><th>before</th><th>after</th>\
             <th>difference</th></tr></thead>\n<tbody>\n{rows}</tbody>\n</table>\n{}",
            remarks.collect::<String>()
        )
    }

    fn rows(&self) -> [(&'static str, [String; 3]); 3] {
        let Difference { before, after, difference, changes: _ } = &self.difference;
        let row = |of: fn(&Figures) -> infra_operate::cost::Sum| {
            [of(before).short(), of(after).short(), of(difference).short_signed()]
        };
        [
            ("floor", row(|figures| figures.floor)),
            ("expected", row(|figures| figures.expected)),
            ("ceiling", row(|figures| figures.ceiling)),
        ]
    }
}

fn row(name: &str, columns: [String; 3]) -> String {
    let width = WIDTH - 3 * COLUMN;
    let columns: String = columns.iter().map(|column| format!("{column:>COLUMN$}")).collect();
    if name.chars().count() < width {
        format!("{name:width$}{columns}")
    } else {
        format!("{name}\n{:width$}{columns}", "")
    }
}
