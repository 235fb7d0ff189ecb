//! What has been changed outside of the code, read the other way round than a plan: what was, and what is.

use super::paint::Paint;
use super::plural::{RESOURCES, counted};
use super::report::{Report, ReportChange, ReportField, ReportTag, Who};
use super::values::{Mark, changed};

/// How the reason ends for which something is made that somebody has deleted.
const DELETED_OUTSIDE: &str = "was deleted outside (drift)";

/// The resources that have drifted, with nothing but their drift.
pub fn drift_of(report: &Report) -> Vec<ReportChange> {
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
pub fn drift_text(drifted: &[ReportChange], paint: Paint) -> String {
    let mut out = String::new();
    for ReportChange { address, kind, id, fields, tags, reasons, .. } in drifted {
        let Some(id) = id.as_deref() else {
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
            let side = |value: &Option<String>| value.clone().unwrap_or_else(|| "(none)".to_owned());
            out += &format!("      tag {key}: {} → {}\n", side(was), side(is));
        }
        out.push('\n');
    }
    out + &format!("{}\n", paint.bold(drift_closing(drifted)))
}

/// `No drift.` and a sentence, or how much has drifted.
pub fn drift_closing(drifted: &[ReportChange]) -> String {
    match drifted.len() {
        0 => "No drift. Nothing has been changed outside of the code.".to_owned(),
        count => format!("Drift: {} changed outside of the code.", counted(count, RESOURCES)),
    }
}
