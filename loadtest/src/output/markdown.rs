//! The result for a pull request.

use std::fmt::Write as _;

use super::words::{self, count, maybe_time, percent};
use crate::history::compare::Comparison;
use crate::result::{Judgement, Outcome, RunResult};

/// The result as Markdown, with a comparison where there is one.
pub fn markdown(result: &RunResult, compared: Option<&Comparison>) -> String {
    let mut out = String::new();
    write(&mut out, result, compared).expect("a text grows without fail");
    out
}

fn write(out: &mut String, result: &RunResult, compared: Option<&Comparison>) -> std::fmt::Result {
    let measured = &result.measured;
    let sign = match result.verdict.outcome {
        Outcome::Passed => "✅",
        Outcome::Failed => "❌",
        Outcome::Incomplete | Outcome::TooFew | Outcome::Interrupted => "⚠️",
    };
    writeln!(out, "### {sign} Load test `{}`: {}\n", code(&result.plan.name), words::outcome(result.verdict.outcome))?;
    writeln!(
        out,
        "{} against `{}`, {:.0} s, {}\n",
        words::load(result),
        code(&result.plan.target),
        result.seconds,
        words::ended_word(result.ended)
    )?;
    for reason in &result.verdict.reasons {
        writeln!(out, "> **Cannot be judged:** {}\n", cell(&reason.to_string()))?;
    }
    if !result.verdict.thresholds.is_empty() {
        writeln!(out, "| threshold | measured | |\n|---|---:|---|")?;
        for judged in &result.verdict.thresholds {
            let sign = match judged.judgement {
                Judgement::Held => "✅",
                Judgement::Crossed => "❌",
                Judgement::TooFew => "⚠️",
            };
            let word = words::judgement(judged.judgement);
            writeln!(out, "| {} | {} | {sign} {word} |", cell(&judged.text), words::measured(judged))?;
        }
        out.push('\n');
    }
    writeln!(out, "| | requests | errors | p50 | p95 | p99 | max |\n|---|---:|---:|---:|---:|---:|---:|")?;
    let mut rows = vec![("all".to_owned(), &measured.whole)];
    let steps = words::steps(result);
    rows.extend(steps.iter().map(|(name, step)| (name.clone(), &step.whole)).filter(|_| steps.len() > 1));
    if result.regions.len() > 1 {
        rows.extend(result.regions.iter().map(|(region, tally)| (region.clone(), tally)));
    }
    for (name, tally) in rows {
        let times = [tally.latency.at(0.5), tally.latency.at(0.95), tally.latency.at(0.99), tally.latency.max()];
        let times: Vec<_> = times.into_iter().map(maybe_time).collect();
        let errors = percent(tally.error_share().unwrap_or(0.0));
        writeln!(out, "| {} | {} | {errors} | {} |", cell(&name), count(tally.finished), times.join(" | "))?;
    }
    if !measured.errors.classes.is_empty() {
        writeln!(out, "\n| error | count | the first |\n|---|---:|---|")?;
        for (class, number) in &measured.errors.classes {
            let why = measured.errors.examples.get(class).map_or("", String::as_str);
            writeln!(out, "| {} | {} | {} |", class.name(), count(*number), cell(why))?;
        }
    }
    if let Some(compared) = compared {
        comparison(out, compared)?;
    }
    Ok(())
}

fn comparison(out: &mut String, compared: &Comparison) -> std::fmt::Result {
    let Comparison { runs, differs, incomplete, rows } = compared;
    let heads: Vec<_> = runs.iter().map(|run| format!("`{}`", code(run))).collect();
    writeln!(out, "\n| against the first | {} |\n|---|{}", heads.join(" | "), "---:|".repeat(runs.len()))?;
    for row in rows {
        let value = |value: &Option<f64>| value.map_or_else(|| "–".to_owned(), |value| format!("{value:.2}"));
        let first = row.values.first().map(value).unwrap_or_default();
        let others = row.values.iter().skip(1).zip(&row.changes);
        let others: Vec<_> = others.map(|(other, change)| format!("{} ({change})", value(other))).collect();
        writeln!(out, "| {} ({}) | {first} | {} |", cell(&row.name), cell(&row.unit), others.join(" | "))?;
    }
    for difference in differs {
        let (part, run) = (&difference.part, &difference.run);
        writeln!(out, "\n> **Not the same test:** {part} of `{}` differs from the first run's", code(run))?;
    }
    for run in incomplete {
        writeln!(out, "\n> **Incomplete:** `{}`", code(run))?;
    }
    Ok(())
}

/// A text in a table's cell: no markup, no mention of anybody, no line of its own.
fn cell(text: &str) -> String {
    text.chars().fold(String::new(), |mut out, c| {
        match c {
            '|' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '\\' | '#' | '~' => out.extend(['\\', c]),
            // Between the two nothing is shown, and nobody is called.
            '@' => out.push_str("@\u{200b}"),
            c if c.is_control() => out.push(' '),
            c => out.push(c),
        }
        out
    })
}

/// A text between backticks.
fn code(text: &str) -> String {
    text.chars().filter(|c| *c != '`' && !c.is_control() && *c != '|').collect()
}
