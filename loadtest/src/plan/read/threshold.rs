//! Reads a threshold, and whether what it asks for can be measured.

use super::super::toml::{Fields, Item};
use super::super::words::{Limit, MEASURES, Measure, PhaseChoice, Phases, Statistic};
use super::super::{Bound, Threshold};
use super::known::{Known, among};
use super::some_time;

/// Reads a threshold of a plan with these names and phases.
pub(super) fn threshold<'t>(item: &Item<'t, 't>, known: &Known<'t>, phases: Option<&Phases>) -> Option<Threshold> {
    let fields = item.fields()?;
    let metric =
        fields.need("metric", "say what is measured: `metric = \"latency\"`").and_then(|item| measure(&item, known));
    let at = fields.need("at", "say what is made of it: `at = \"p95\"`");
    let at = at.and_then(|item| item.word().map(|statistic: Statistic| (item, statistic)));
    let bound = fields.need_one(&["under", "over"], "say what must hold: `under = \"500ms\"`");
    let bound = bound.and_then(|(side, item)| {
        let limit = item.number_or_word()?;
        Some((item, if side == "under" { Bound::Under(limit) } else { Bound::Over(limit) }))
    });
    let scenario = name(&fields, "scenario", &known.scenario_names());
    let step = name(&fields, "step", &known.step_names());
    let group = name(&fields, "group", &known.groups);
    let phase = fields.get("phase").map_or(Some(None), |item| phase(&item, phases).map(Some));
    let abort_after = fields.get("abort_after").map_or(Some(None), |item| some_time(&item).map(Some));
    let narrowed = narrowing(&fields, metric.as_ref());
    fields.finish();
    let (metric, (at_item, at), (bound_item, bound)) = (metric?, at?, bound?);
    let fits = fits(&metric, (&at_item, at), (&bound_item, bound));
    let (scenario, step, group, phase, abort_after) = (scenario?, step?, group?, phase?, abort_after?);
    (fits && narrowed).then_some(Threshold { metric, at, bound, scenario, step, group, phase, abort_after })
}

fn measure(item: &Item<'_, '_>, known: &Known<'_>) -> Option<Measure> {
    let measure: Measure = item.word()?;
    if let Measure::Own(name) = &measure
        && !known.metrics.contains(&name.as_str())
    {
        let there: Vec<&str> = MEASURES.iter().chain(&known.metrics).copied().collect();
        item.wrong(format!("there is no metric `{name}`"), among(name, &there));
        return None;
    }
    Some(measure)
}

fn name(fields: &Fields<'_, '_>, key: &'static str, there: &[&str]) -> Option<Option<String>> {
    let Some(item) = fields.get(key) else { return Some(None) };
    let name = item.text()?;
    if there.contains(&name) {
        return Some(Some(name.to_owned()));
    }
    item.wrong(format!("there is no {key} `{name}`"), among(name, there));
    None
}

fn phase(item: &Item<'_, '_>, phases: Option<&Phases>) -> Option<PhaseChoice> {
    let choice: PhaseChoice = item.number_or_word()?;
    let Some(Phases(phases)) = phases else { return Some(choice) };
    if phases.iter().enumerate().any(|(place, phase)| choice.takes(place, phase.from, phase.to)) {
        return Some(choice);
    }
    item.wrong(format!("the load has no phase `{choice}`"), format!("its phases are {}", Phases(phases.clone())));
    None
}

/// Whether what is measured can be told apart by what the threshold names.
fn narrowing(fields: &Fields<'_, '_>, metric: Option<&Measure>) -> bool {
    let refused: &[&str] = match metric {
        Some(Measure::Lateness) => &["scenario", "step", "group", "phase"],
        Some(Measure::Own(_)) => &["scenario", "step", "group"],
        Some(Measure::Iterations) => &["step", "group", "phase"],
        _ if fields.has("step") => &["group"],
        _ => &[],
    };
    let wrong: Vec<_> = refused.iter().filter(|key| fields.has(key)).collect();
    for key in &wrong {
        let what = metric.map(Measure::to_string).unwrap_or_default();
        fields.notes().wrong(
            fields.at(),
            format!("`{what}` is not measured by `{key}` here"),
            format!("take `{key}` out"),
        );
    }
    wrong.is_empty()
}

/// Whether such a statistic can be made of such a measure, and held against such a limit.
fn fits(
    metric: &Measure,
    (at_item, at): (&Item<'_, '_>, Statistic),
    (bound_item, bound): (&Item<'_, '_>, Bound),
) -> bool {
    let counted = matches!(metric, Measure::Errors | Measure::Requests | Measure::Iterations);
    let makes_sense = match at {
        Statistic::Count => !matches!(metric, Measure::Latency | Measure::Lateness),
        Statistic::Rate => counted,
        Statistic::Percentile(_) | Statistic::Mean | Statistic::Min | Statistic::Max => !counted,
    };
    if !makes_sense {
        let could = if counted { "`rate` and `count`" } else { "p50 to p99.99, `mean`, `min` and `max`" };
        at_item.wrong(format!("there is no {at} of `{metric}`"), format!("of `{metric}` there are {could}"));
        return false;
    }
    let wanted = match (metric, at) {
        (Measure::Latency | Measure::Lateness, _) => Limit::Time(super::TIMEOUT).kind(),
        (Measure::Errors, Statistic::Rate) => Limit::Share(0.0).kind(),
        _ => Limit::Number(0.0).kind(),
    };
    let limit = bound.limit();
    if limit.kind() != wanted {
        let example = match wanted {
            "a time" => "write it as \"500ms\"",
            "a share" => "write it as \"1%\"",
            _ => "write a number, as 100",
        };
        bound_item.wrong(format!("{at} of `{metric}` is {wanted}, not {}", limit.kind()), example);
    }
    limit.kind() == wanted
}
