//! A plan for a pull request: what is destroyed first, each change folded, never longer than the host takes.

use super::closing::plan_closing;
use super::paint::Paint;
use super::plan_cost::PlanCost;
use super::plan_text::changes_text;
use super::plural::{RESOURCES, counted};
use super::printable::one_line;
use super::report::{Act, Advice, Report, ReportChange};

/// A plan in Markdown of at most so many bytes; whole changes are left out rather than cut.
pub fn plan_markdown(report: &Report, most: usize) -> String {
    let mut head = format!("## {}: {}\n\n", report.owner, plan_closing(report).trim_end_matches('.'));
    for stop in &report.stops {
        head += &advice("Cannot be applied", stop);
    }
    for note in &report.notes {
        head += &advice("Note", note);
    }
    let mut changes: Vec<&ReportChange> = report.changes.iter().collect();
    changes.sort_by_key(|change| rank(change.action));
    head += &report.cost.as_ref().map(PlanCost::markdown).unwrap_or_default();
    if let Some(table) = table(&changes) {
        head += &table;
    }
    let mut out = head;
    for (position, change) in changes.iter().enumerate() {
        let section = section(change, report.cost.as_ref());
        let left = changes.len() - position;
        let farewell =
            format!("\n_{} more: too long for this page; `infra plan` shows all._\n", counted(left, RESOURCES));
        if out.len() + section.len() + farewell.len() > most {
            out += &farewell;
            break;
        }
        out += &section;
    }
    shortened(out, most)
}

/// What is hard to bring back is read first.
pub(super) fn rank(action: Act) -> usize {
    match action {
        Act::Delete => 0,
        Act::ReplaceDestroyFirst => 1,
        Act::ReplaceCreateFirst => 2,
        Act::Revise => 3,
        Act::Update => 4,
        Act::Create => 5,
    }
}

fn table(changes: &[&ReportChange]) -> Option<String> {
    let destroyed: Vec<&&ReportChange> = changes.iter().filter(|change| change.action.destroys()).collect();
    if destroyed.is_empty() {
        return None;
    }
    let mut out = String::from("| destroyed or replaced | kind | id | why |\n|---|---|---|---|\n");
    for change in destroyed {
        let id = one_line(change.id.as_deref().unwrap_or(""));
        out += &format!("| `{}` | {} | `{id}` | {} |\n", change.address, change.kind, cell(&change.reasons.join("; ")));
    }
    Some(out + "\n")
}

fn section(change: &ReportChange, cost: Option<&PlanCost>) -> String {
    let sign = change.action.sign();
    let body = changes_text(std::slice::from_ref(change), cost, Paint::PLAIN);
    let fence = "`".repeat(3.max(longest_run(&body) + 1));
    format!(
        "<details><summary><code>{sign}</code> <b>{}</b> ({}): {}</summary>\n\n{fence}diff\n{}{fence}\n\n</details>\n",
        change.address,
        change.kind,
        change.action.meaning(),
        as_diff(&body),
    )
}

/// Signs go to the first column, where a `diff` block colours them.
fn as_diff(body: &str) -> String {
    let line = |line: &str| {
        let rest = line.trim_start();
        let indent = " ".repeat(line.len() - rest.len());
        match rest.split_at_checked(2) {
            Some(("+ ", rest)) => format!("+ {indent}{rest}\n"),
            Some(("- ", rest)) => format!("- {indent}{rest}\n"),
            Some(("~ ", rest)) => format!("! {indent}{rest}\n"),
            _ => format!("{line}\n"),
        }
    };
    body.trim_end().lines().map(line).collect()
}

fn advice(title: &str, advice: &Advice) -> String {
    let Advice { about: _, address: _, says, way_out, command } = advice;
    let mut out = format!("> **{title}**: {}", one_line(says));
    out += &way_out.as_ref().map(|way_out| format!("  \n> {way_out}")).unwrap_or_default();
    out += &command.as_ref().map(|command| format!("  \n> `{command}`")).unwrap_or_default();
    out + "\n\n"
}

fn cell(text: &str) -> String {
    text.replace('|', "\\|").replace('\n', " ")
}

fn longest_run(text: &str) -> usize {
    text.split(|c| c != '`').map(str::len).max().unwrap_or(0)
}

/// The last resort, for a head that is too long by itself.
fn shortened(text: String, most: usize) -> String {
    match text.char_indices().map(|(at, c)| at + c.len_utf8()).take_while(|end| *end <= most).last() {
        Some(end) if text.len() > most => text[..end].to_owned(),
        None => String::new(),
        Some(_) => text,
    }
}
