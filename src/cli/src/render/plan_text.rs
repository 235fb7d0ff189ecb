//! A plan for people: what changes, why, what stands in the way, and the closing line.

use super::closing::plan_closing;
use super::paint::Paint;
use super::plan_cost::PlanCost;
use super::plural::Plural;
use super::plural::counted;
use super::printable::one_line;
use super::report::{Act, Advice, Report, ReportChange, ReportField, ReportTag, Value, Who};
use super::values::{self, Line, Mark};
use super::wrapped;

/// The reason of what has no other.
const NEW: &str = "new in the code";

/// How far the columns of addresses may be pushed to the right by a long one.
const WIDEST_ADDRESS: usize = 36;

/// A plan, its closing line included.
pub fn plan_text(report: &Report, paint: Paint) -> String {
    let mut out = String::new();
    if !report.changes.is_empty() {
        out += &format!("Plan for {}:\n\n", paint.bold(&report.owner));
        out += &changes_text(&report.changes, report.cost.as_ref(), paint);
        out += &legend(&report.changes, paint);
    }
    out += &report.cost.as_ref().map(|cost| cost.text(&report.changes, paint)).unwrap_or_default();
    out += &notes_text(&report.notes, paint);
    out += &stops_text(&report.stops, paint);
    if report.stops.is_empty() || !report.changes.is_empty() {
        out += &format!("{}\n", paint.bold(plan_closing(report)));
    }
    out
}

/// The changes, one after the other.
pub fn changes_text(changes: &[ReportChange], cost: Option<&PlanCost>, paint: Paint) -> String {
    let width = changes.iter().map(|change| change.address.len()).max().unwrap_or(0).min(WIDEST_ADDRESS);
    let beside = |change: &ReportChange| {
        let line = cost.and_then(|cost| cost.beside(change));
        line.map(|line| format!("{}\n", paint.cyan(wrapped(&format!("      {line}"), 8)))).unwrap_or_default()
    };
    changes.iter().map(|change| change_text(change, width, paint) + &beside(change) + "\n").collect()
}

fn change_text(change: &ReportChange, width: usize, paint: Paint) -> String {
    let ReportChange { address, kind, id, action, reasons, fields, tags } = change;
    let sign = signed(*action, paint);
    let padding = " ".repeat(width.saturating_sub(address.len()));
    let mut out = format!("{sign} {}{padding}  {kind}", paint.bold(address));
    if let Some(id) = id {
        let length = 6 + address.len().max(width) + 2 + kind.len() + 2 + id.chars().count() + 5;
        let before = if length > super::WIDTH { "\n      " } else { "  " };
        out += &format!("{before}{}", paint.dim(format!("[id={}]", one_line(id))));
    }
    out.push('\n');
    for line in why(*action, reasons) {
        let line = wrapped(&format!("      {line}"), 8);
        out += &format!("{}\n", paint.dim(line));
    }
    if *action == Act::Delete {
        return out;
    }
    let names = fields.iter().map(|field| field.path.len()).max().unwrap_or(0);
    let mixed = fields.iter().any(|field| field.cause != fields[0].cause);
    for field in fields {
        let lines = match action {
            Act::Create => values::whole(&field.path, &field.after, field.shape, 0, Mark::Name),
            _ => values::changed(&field.path, &field.before, &field.after, field.shape, 0),
        };
        let label = label(field, *action, mixed);
        for (position, line) in lines.iter().enumerate() {
            let label = label.as_deref().filter(|_| position == 0);
            out += &field_line(&aligned(line, &field.path, names, position), *action, label, paint);
        }
    }
    out += &tags_text(tags, *action, paint);
    out
}

/// Values of a resource stand below each other.
fn aligned(line: &Line, name: &str, names: usize, position: usize) -> Line {
    let value = line.text.strip_prefix(name).and_then(|rest| rest.strip_prefix(": "));
    match value {
        Some(value) if position == 0 && names <= 24 => {
            let text = format!("{name}:{}{value}", " ".repeat(names - name.len() + 1));
            Line { text, ..line.clone() }
        }
        _ => line.clone(),
    }
}

/// A line of a field, with the sign of what happens to it; of a new resource everything is new.
fn field_line(line: &Line, action: Act, label: Option<&str>, paint: Paint) -> String {
    let Line { depth, mark, text } = line;
    let indent = "  ".repeat(*depth + 3);
    let hanging = if action == Act::Create { 0 } else { 2 };
    let text = &text.replace('\n', &format!("\n{indent}{}", " ".repeat(hanging)));
    let shown = match mark {
        Mark::Name if action == Act::Create => text.clone(),
        Mark::Name => format!("{} {text}", paint.yellow("~")),
        Mark::Same => format!("  {}", paint.dim(text)),
        Mark::Plus => paint.green(format!("+ {text}")),
        Mark::Minus => paint.red(format!("- {text}")),
    };
    let Some(label) = label else { return format!("{indent}{}\n", shown.trim_end()) };
    let beside = indent.len() + text.chars().count() + label.chars().count() + 6 <= super::WIDTH;
    let label = paint.dim(format!("({label})"));
    if beside { format!("{indent}{shown}  {label}\n") } else { format!("{indent}{shown}\n{indent}    {label}\n") }
}

/// What a field's line says beside its values: only what the lines above it do not say already.
fn label(field: &ReportField, action: Act, mixed: bool) -> Option<String> {
    if action == Act::Create {
        return None;
    }
    let mut says = Vec::new();
    match &field.cause {
        Who::Drift => says.push(match (&field.before, &field.after) {
            (Value::Known(is), Value::Known(was)) if is_short(is) && is_short(was) => {
                format!("drifted: was {}, is {}", values::inline(was), values::inline(is))
            }
            _ => "drifted".to_owned(),
        }),
        Who::Code if mixed => says.push("changed in the code".to_owned()),
        Who::Code => {}
        Who::Unknown => says.push("last applied value unknown".to_owned()),
        Who::Follows(address) => says.push(format!("follows {address}")),
    }
    if field.replaces {
        says.push("forces replacement".to_owned());
    }
    (!says.is_empty()).then(|| says.join("; "))
}

fn is_short(value: &serde_json::Value) -> bool {
    !value.is_array() && !value.is_object() && values::inline(value).chars().count() <= 16
}

/// Why a resource changes: a replacement's reasons belong to one sentence.
fn why(action: Act, reasons: &[String]) -> Vec<String> {
    // That something new is new is told by its sign.
    let told = |reason: &&String| action != Act::Create || *reason != NEW;
    let reasons = reasons.iter().filter(told).map(String::as_str).collect::<Vec<_>>().join("; ");
    match action {
        _ if reasons.is_empty() => Vec::new(),
        Act::Create | Act::Update | Act::Delete => vec![reasons],
        Act::ReplaceCreateFirst => vec![format!("must be replaced: {reasons}"), "the new one comes first".into()],
        Act::Revise => vec![format!("a new revision: {reasons}")],
        Act::ReplaceDestroyFirst => vec![format!("must be replaced: {reasons}"), "the old one goes first".into()],
    }
}

fn tags_text(tags: &[ReportTag], action: Act, paint: Paint) -> String {
    if tags.is_empty() {
        return String::new();
    }
    if action == Act::Create {
        let all: Vec<String> = tags
            .iter()
            .filter_map(|tag| Some(one_line(&format!("{}={}", tag.key, tag.after.as_ref()?)).into_owned()))
            .collect();
        return listed("tags: ", &all, paint);
    }
    let mut out = format!("      {} tags:\n", paint.yellow("~"));
    for ReportTag { key, before, after, cause } in tags {
        let side = |side: &Option<String>| side.as_deref().map(|text| one_line(text).into_owned());
        let (key, before, after) = (one_line(key), side(before), side(after));
        let drifted = if *cause == Who::Drift { paint.dim("  (drifted)") } else { String::new() };
        out += &match (&before, &after) {
            (Some(before), Some(after)) => {
                format!("        {} {key}: {before} → {after}{drifted}\n", paint.yellow("~"))
            }
            (None, Some(after)) => format!("        {}\n", paint.green(format!("+ {key}: {after}")) + &drifted),
            (Some(before), None) => format!("        {}\n", paint.red(format!("- {key}: {before}")) + &drifted),
            (None, None) => String::new(),
        };
    }
    out
}

fn listed(first: &str, words: &[String], paint: Paint) -> String {
    let (mut lines, mut line) = (Vec::new(), String::from(first));
    for (position, word) in words.iter().enumerate() {
        let comma = if position + 1 < words.len() { ", " } else { "" };
        if line.chars().count() + word.chars().count() + 6 > super::WIDTH && line.trim() != first.trim() {
            lines.push(std::mem::replace(&mut line, " ".repeat(first.len())));
        }
        line += &format!("{word}{comma}");
    }
    lines.push(line);
    lines.iter().map(|line| format!("      {}\n", paint.dim(line.trim_end()))).collect()
}

fn signed(action: Act, paint: Paint) -> String {
    let sign = format!("{:>5}", action.sign());
    match action {
        Act::Create => paint.green(sign),
        Act::Update | Act::Revise => paint.yellow(sign),
        Act::ReplaceCreateFirst | Act::ReplaceDestroyFirst | Act::Delete => paint.red(sign),
    }
}

fn legend(changes: &[ReportChange], paint: Paint) -> String {
    let used = Act::ALL.iter().filter(|act| changes.iter().any(|change| change.action == **act));
    let lines: String = used.map(|act| format!("{} {}\n", signed(*act, paint), act.meaning())).collect();
    format!("{lines}\n")
}

fn notes_text(notes: &[Advice], paint: Paint) -> String {
    if notes.is_empty() {
        return String::new();
    }
    let dim = |advice: &Advice| advice.about == "owned_elsewhere";
    let each = |advice: &Advice| advice_text("note", advice, if dim(advice) { Tone::Dim } else { Tone::Plain }, paint);
    notes.iter().map(each).collect::<String>() + "\n"
}

fn stops_text(stops: &[Advice], paint: Paint) -> String {
    if stops.is_empty() {
        return String::new();
    }
    let each: String = stops.iter().map(|advice| advice_text("stop", advice, Tone::Bad, paint)).collect();
    let count = counted(stops.len(), Plural("reason stands", "reasons stand"));
    format!("{each}\n{}\n", paint.red(format!("This plan cannot be applied: {count} in the way.")))
}

pub(super) enum Tone {
    Dim,
    Plain,
    Bad,
}

pub(super) fn advice_text(word: &str, advice: &Advice, tone: Tone, paint: Paint) -> String {
    let Advice { about: _, address: _, says, way_out, command } = advice;
    let sentence = wrapped(&format!("{word}: {}", one_line(says)), 2);
    let rest = sentence.strip_prefix(word).unwrap_or_default();
    let mut out = match tone {
        Tone::Dim => format!("{}\n", paint.dim(&sentence)),
        Tone::Plain => format!("{}{rest}\n", paint.cyan(word)),
        Tone::Bad => format!("{}{rest}\n", paint.red(word)),
    };
    out += &way_out.as_ref().map(|way_out| wrapped(&format!("  {way_out}"), 2) + "\n").unwrap_or_default();
    out += &command.as_ref().map(|command| format!("    {}\n", paint.cyan(command))).unwrap_or_default();
    out
}

#[cfg(test)]
mod tests;
