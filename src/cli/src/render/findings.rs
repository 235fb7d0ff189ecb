//! What the rules say against definitions, all at once, in the order of addresses.

use infra_engine::check::{Finding, Severity, Violation};

use super::paint::Paint;
use super::values::inline;
use super::wrapped;

/// The findings: where, what is wrong, the rule with its code, and what to write instead.
pub fn findings_text(findings: &[Finding], paint: Paint) -> String {
    let mut sorted: Vec<&Finding> = findings.iter().collect();
    sorted.sort_by(|one, other| (&one.address, one.violation.code).cmp(&(&other.address, other.violation.code)));
    sorted.into_iter().map(|finding| finding_text(finding, paint)).collect::<Vec<_>>().join("\n")
}

fn finding_text(finding: &Finding, paint: Paint) -> String {
    let Finding { address, kind, violation } = finding;
    let Violation { code, severity, rule, field, value, wrong, way_out } = violation;
    let word = match severity {
        Severity::Error => paint.red(format!("error[{code}]")),
        Severity::Warning => paint.yellow(format!("warning[{code}]")),
    };
    let field = field.to_string();
    let place = if field.is_empty() { String::new() } else { format!("\n  {field} = {}", shortened(&inline(value))) };
    let rule = wrapped(&format!("  rule: {rule}"), 4);
    let way_out = wrapped(&format!("  {way_out}"), 2);
    let command = paint.cyan(format!("infra explain {code}"));
    format!("{word}: {} ({kind}): {wrong}{place}\n{rule}\n{way_out}\n    {command}\n", paint.bold(address))
}

fn shortened(text: &str) -> String {
    if text.chars().count() <= 60 { text.to_owned() } else { text.chars().take(59).chain(['…']).collect() }
}
