//! What has been changed outside of the code, read the other way round than a plan: what was, and what is.

use serde::Serialize;

use super::paint::Paint;
use super::plan_text::{Tone, advice_text};
use super::plural::{Plural, RESOURCES, counted};
use super::printable::one_line;
use super::report::{Advice, Report, ReportChange, ReportField, ReportTag, Who};
use super::values::{Mark, changed};

/// How the reason ends for which something is made that somebody has deleted.
const DELETED_OUTSIDE: &str = "was deleted outside (drift)";

/// What of a plan's stops and notes tells that somebody has changed something outside, though no field of the code differs.
const OUTSIDE: [&str; 8] = [
    "added_by_others",
    "failed_with_data",
    "lost_tag",
    "pretender",
    "shared_differs",
    "stranger",
    "two_claims",
    "unreadable",
];

/// What was changed outside.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Drift {
    /// The resources that have drifted, with nothing but their drift.
    pub changes: Vec<ReportChange>,
    /// What else somebody has done, and what to do about it.
    pub outside: Vec<Advice>,
}

impl Drift {
    /// What a plan knows of it.
    pub fn of(report: &Report) -> Drift {
        let is_outside = |advice: &&Advice| OUTSIDE.contains(&advice.about.as_str());
        let outside = report.stops.iter().chain(&report.notes).filter(is_outside).cloned().collect();
        Drift { changes: changes(report), outside }
    }

    /// True when nothing was changed outside.
    pub fn is_none(&self) -> bool {
        self.changes.is_empty() && self.outside.is_empty()
    }
}

fn changes(report: &Report) -> Vec<ReportChange> {
    let only_drift = |change: &ReportChange| ReportChange {
        fields: change.fields.iter().filter(|field| field.cause == Who::Drift).cloned().collect(),
        tags: change.tags.iter().filter(|tag| tag.cause == Who::Drift).cloned().collect(),
        ..change.clone()
    };
    // What was deleted outside has nothing left that could differ: the whole of it has drifted.
    let is_gone = |change: &&ReportChange| change.reasons.iter().any(|reason| reason.ends_with(DELETED_OUTSIDE));
    let drifted = report.changes.iter().map(|change| match is_gone(&change) {
        true => ReportChange { fields: Vec::new(), tags: Vec::new(), ..change.clone() },
        false => only_drift(change),
    });
    drifted
        .filter(|change| {
            is_gone(&change) || (change.id.is_some() && !(change.fields.is_empty() && change.tags.is_empty()))
        })
        .collect()
}

/// The drift, its closing line included.
pub fn drift_text(drift: &Drift, paint: Paint) -> String {
    let advice = drift.outside.iter().map(|advice| advice_text("outside", advice, Tone::Plain, paint));
    let advice = advice.map(|text| text + "\n").collect::<String>();
    changed_text(&drift.changes, paint) + &advice + &format!("{}\n", paint.bold(drift_closing(drift)))
}

/// The resources that have drifted.
pub(super) fn changed_text(drifted: &[ReportChange], paint: Paint) -> String {
    let mut out = String::new();
    for ReportChange { address, kind, id, fields, tags, reasons, .. } in drifted {
        let Some(id) = id.as_deref().map(one_line) else {
            out += &format!("  {} {}  {kind}\n", paint.red("-"), paint.bold(address));
            out += &format!("      {}\n\n", reasons.join("; "));
            continue;
        };
        out +=
            &format!("  {} {}  {kind}  {}\n", paint.yellow("~"), paint.bold(address), paint.dim(format!("[id={id}]")));
        for ReportField { path, before: is, after: was, shape, .. } in fields {
            for line in changed(path, was, is, *shape, 0) {
                let text = match line.mark {
                    Mark::Name => line.text,
                    Mark::Same => format!("  {}", paint.dim(line.text)),
                    Mark::Plus => paint.green(format!("+ {}", line.text)),
                    Mark::Minus => paint.red(format!("- {}", line.text)),
                };
                out += &format!("      {}{text}\n", "  ".repeat(line.depth));
            }
        }
        for ReportTag { key, before: is, after: was, .. } in tags {
            let side = |value: &Option<String>| one_line(value.as_deref().unwrap_or("(none)")).into_owned();
            out += &format!("      tag {}: {} → {}\n", one_line(key), side(was), side(is));
        }
        out.push('\n');
    }
    out
}

/// `No drift.` and a sentence, or how much has drifted.
pub fn drift_closing(drift: &Drift) -> String {
    let changed = match drift.changes.len() {
        0 => None,
        count => Some(format!("{} changed outside of the code", counted(count, RESOURCES))),
    };
    let more = match drift.outside.len() {
        0 => None,
        count => Some(format!("{} above", counted(count, Plural("more finding", "more findings")))),
    };
    match (changed, more) {
        (None, None) => "No drift. Nothing has been changed outside of the code.".to_owned(),
        (None, Some(_)) => format!("Drift: {} above.", counted(drift.outside.len(), Plural("finding", "findings"))),
        (Some(changed), None) => format!("Drift: {changed}."),
        (Some(changed), Some(more)) => format!("Drift: {changed}, and {more}."),
    }
}
