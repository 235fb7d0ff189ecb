//! Artillery's scripts: phases, scenarios and their flows, payload files, and limits; all but its JavaScript.

mod answer;
mod config;
mod flow;
mod text;

use super::NoImport;
use super::draft::{Draft, Steps};
use super::tree::{self, Node};
use text::Words;

/// Reads a script, in YAML or JSON.
pub(super) fn read(text: &str, draft: &mut Draft) -> Result<(), NoImport> {
    let root = if text.trim_start().starts_with('{') { tree::json(text) } else { tree::yaml(text) }?;
    let mut words = Words::default();
    for member in root.members() {
        match member.key.as_str() {
            "config" => config::read(&member.node, draft, &mut words),
            "scenarios" | "before" | "after" => {}
            other => draft.taking.not(other, member.line, "a plan has nothing like it", "see what it does"),
        }
    }
    for hook in ["before", "after"] {
        if let Some(node) = root.get(hook) {
            let instead = "run what prepares and cleans up beside the test, or make it steps of a scenario";
            draft.taking.not(hook, node.line, "nothing is done once before or after a test", instead);
        }
    }
    for (number, scenario) in root.get("scenarios").map_or(&[][..], Node::items).iter().enumerate() {
        self::scenario(scenario, number + 1, draft, &words);
    }
    Ok(())
}

fn scenario(node: &Node, number: usize, draft: &mut Draft, words: &Words) {
    let name = node.text_at("name").map_or_else(|| format!("scenario {number}"), str::to_owned);
    let element = format!("scenario \"{name}\"");
    if let Some(engine) = node.text_at("engine").filter(|engine| *engine != "http") {
        let why = format!("its engine is {engine}, and only HTTP is asked");
        return draft.taking.not(element, node.line, why, "test it with a tool of its own");
    }
    for member in node.members() {
        match member.key.as_str() {
            "name" | "engine" | "flow" | "weight" => {}
            "beforeScenario" | "afterScenario" | "beforeRequest" | "afterResponse" => {
                let instead = "write the scenario as a Rust `Scenario`";
                draft.taking.not(
                    format!("{} of {element}", member.key),
                    member.line,
                    "it is a function, and needs code",
                    instead,
                );
            }
            other => draft.taking.not(
                format!("{other} of {element}"),
                member.line,
                "a scenario has nothing like it",
                "see what it does",
            ),
        }
    }
    let mut steps = Steps::default();
    flow::read(node.get("flow").map_or(&[][..], Node::items), draft, words, &mut steps, &element);
    let weight = node.number_at("weight").unwrap_or(1.0);
    if weight.fract() != 0.0 || !(1.0..=1000.0).contains(&weight) {
        draft.taking.not(
            format!("weight of {element}"),
            node.line,
            "a weight is a whole number from 1 to 1000",
            "the nearest was put",
        );
    }
    draft.scenario(&name, weight.round().clamp(1.0, 1000.0) as u32, steps);
    draft.taking.took();
}
