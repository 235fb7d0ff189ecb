//! Controllers: groups, loops and conditions, as far as a plan has them.

use super::Reading;
use super::element::Item;
use super::sampler::is_sampler;
use super::scope::{Scope, configures};
use crate::import::draft::Steps;
use crate::plan::words::Condition;

/// Whether it says when and how often what is below it is done.
pub(super) fn is_controller(kind: &str) -> bool {
    kind.ends_with("Controller") || matches!(kind, "InterleaveControl" | "RandomOrderController" | "RunTime")
}

impl Reading<'_> {
    /// What a thread group or a controller does.
    pub(super) fn walk(&mut self, items: &[Item<'_>], outer: &Scope, steps: &mut Steps) {
        let scope = self.scope(items, outer);
        for item in items {
            if !self.is_enabled(item) {
                continue;
            }
            match item.kind() {
                kind if configures(kind) => {}
                kind if is_sampler(kind) => self.sampler(item, &scope, steps),
                kind if is_controller(kind) => {
                    self.controller(item, &scope, steps);
                }
                _ => self.other(item),
            }
        }
    }

    fn controller(&mut self, item: &Item<'_>, scope: &Scope, steps: &mut Steps) {
        let from = steps.len();
        self.walk(&item.inner, scope, steps);
        let inside = steps.len() - from;
        match item.kind() {
            "TransactionController" => {
                for step in &mut steps.steps[from..] {
                    step.group = Some(item.name().to_owned()).filter(|name| !name.is_empty());
                }
            }
            "GenericController" | "RecordingController" | "CriticalSectionController" => {}
            "LoopController" => match self.words.number(item.text("LoopController.loops")) {
                Some(1.0) => {}
                Some(times)
                    if inside == 1
                        && (2.0..=10_000.0).contains(&times)
                        && !item.is_true("LoopController.continue_forever") =>
                {
                    steps.steps[from].repeat = times as u32;
                }
                _ if inside == 0 => {}
                _ => {
                    let why = "one step is repeated, a known number of times";
                    return self.not(item, why, "its steps stand once; set `repeat` of each, or write them again");
                }
            },
            "IfController" => match self.condition(item.text("IfController.condition")) {
                Some(condition) => {
                    for step in &mut steps.steps[from..] {
                        if step.when.is_some() {
                            let why = "a step has one condition, and this one stands inside another";
                            self.draft.taking.not(item.shown(), item.line(), why, "the inner one holds");
                        } else {
                            step.when = Some(condition.clone());
                        }
                    }
                }
                None => {
                    let why = format!("its condition must be computed: {}", item.text("IfController.condition"));
                    return self.not(item, &why, "its steps are always taken; set `when` of each, as `${x} == y`");
                }
            },
            _ => {
                return self.not(
                    item,
                    "a plan has no such controller",
                    "its steps stand once each, one after the other",
                );
            }
        }
        self.draft.taking.took();
    }

    /// `"${x}" == "y"`, with or without quotes, and inside of `${__jexl3(…)}` or `${__groovy(…)}`.
    fn condition(&self, text: &str) -> Option<Condition> {
        let mut text = text.trim();
        for function in ["${__jexl3(", "${__jexl2(", "${__groovy(", "${__javaScript("] {
            if let Some(inner) = text.strip_prefix(function) {
                text = inner
                    .trim_end()
                    .strip_suffix('}')?
                    .trim_end()
                    .strip_suffix(')')?
                    .trim()
                    .trim_end_matches(',')
                    .trim();
            }
        }
        let simple = |side: &str| {
            let side = side.trim().trim_matches(['"', '\'']).trim();
            let inner = side.strip_prefix("${").and_then(|side| side.strip_suffix('}'));
            match inner {
                Some(name) if name.starts_with("__") => None,
                Some(name) => {
                    Some(self.words.columns.get(name).cloned().unwrap_or_else(|| crate::import::draft::variable(name)))
                }
                None if side.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | ' ' | '/')) => {
                    Some(side.to_owned())
                }
                None => None,
            }
        };
        let text = &text.replace("===", "==").replace("!==", "!=");
        for operator in ["==", "!="] {
            if let Some((left, right)) = text.split_once(operator) {
                let (left, right) = (simple(left)?, simple(right)?);
                let (left, right) = if left.contains("${") { (left, right) } else { (right, left) };
                return format!("{left} {operator} {right}").parse().ok();
            }
        }
        simple(text).filter(|text| text.starts_with("${"))?.parse().ok()
    }
}
