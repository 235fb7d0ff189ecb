//! A run of the past, told from its history: what it did, what was in flight when it was cut off, and what was left.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use serde_json::Value;

use super::closing::elapsed;

/// What a history tells of a run.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Story {
    /// Who ran it.
    pub who: String,
    /// Which command.
    pub command: String,
    /// When it began.
    pub began: Option<Timestamp>,
    /// How long it took, or until its last word.
    pub took: Option<SignedDuration>,
    /// How it ended.
    pub ended: Ended,
    /// How many resources were added, changed, and destroyed.
    pub counts: Option<[u64; 3]>,
    /// What was done, in that order.
    pub done: Vec<String>,
    /// What failed, and why.
    pub failed: Vec<String>,
    /// What was begun, and of which nothing more is known.
    pub in_flight: Vec<String>,
    /// What was planned and not begun.
    pub left: Vec<String>,
}

/// How a run ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Ended {
    /// All of it was done.
    Complete,
    /// Some of it failed.
    Failed,
    /// Somebody stopped it.
    Interrupted,
    /// It was cut off, or is still at work.
    #[default]
    CutOff,
}

impl Ended {
    /// In a word or two.
    pub fn words(self) -> &'static str {
        match self {
            Ended::Complete => "complete",
            Ended::Failed => "failed",
            Ended::Interrupted => "interrupted",
            Ended::CutOff => "cut off",
        }
    }
}

impl Story {
    /// The story of a run's events. `whole` is true when the run has written all of them.
    pub fn of(events: &[Value], whole: bool) -> Story {
        let mut story = Story { ended: if whole { Ended::Complete } else { Ended::CutOff }, ..Story::default() };
        let mut steps: BTreeMap<(String, String), Standing> = BTreeMap::new();
        let mut last = None;
        for event in events {
            let text = |key: &str| event.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
            let time = text("time").parse::<Timestamp>().ok();
            last = time.or(last);
            let step = (text("verb"), text("address"));
            match text("type").as_str() {
                "run" => {
                    (story.who, story.command, story.began) = (text("who"), text("command"), time);
                    for planned in event.get("steps").and_then(Value::as_array).into_iter().flatten() {
                        let part = |key: &str| planned.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
                        steps.insert((part("verb"), part("address")), Standing::Planned);
                    }
                    let simple = ["released", "confirmed", "unlocked"];
                    story
                        .done
                        .extend(simple.iter().filter_map(|key| Some(format!("{key} {}", plain(event.get(*key)?)))));
                }
                "step_started" => drop(steps.insert(step, Standing::Begun)),
                "step_finished" => {
                    story.done.push(format!("{} {}  {}", step.0, step.1, text("id")));
                    steps.remove(&step);
                }
                "step_failed" => {
                    let why = event.pointer("/fault/message").and_then(Value::as_str).unwrap_or_default();
                    story.failed.push(format!("{} {}  {why}", step.0, step.1));
                    steps.remove(&step);
                }
                "apply_finished" => {
                    let count = |key: &str| event.pointer(&format!("/outcome/{key}")).and_then(Value::as_u64);
                    story.counts = Some(["added", "changed", "destroyed"].map(|key| count(key).unwrap_or_default()));
                    let open = ["failed", "not_started", "abandoned"].iter().any(|key| count(key) > Some(0));
                    let interrupted = event.pointer("/outcome/interrupted") == Some(&Value::Bool(true));
                    story.ended = match (open, interrupted) {
                        (false, _) => Ended::Complete,
                        (true, true) => Ended::Interrupted,
                        (true, false) => Ended::Failed,
                    };
                }
                _ => {}
            }
        }
        story.took = story.began.zip(last).map(|(began, last)| last.duration_since(began));
        for ((verb, address), standing) in steps {
            match standing {
                Standing::Begun => story.in_flight.push(format!("{verb} {address}")),
                Standing::Planned => story.left.push(format!("{verb} {address}")),
            }
        }
        story
    }

    /// `+3 ~1 -0`
    pub fn counted(&self) -> String {
        self.counts.map_or_else(|| "-".to_owned(), |[add, change, destroy]| format!("+{add} ~{change} -{destroy}"))
    }

    /// `1m 12s`
    pub fn time(&self) -> String {
        self.took.and_then(|took| took.try_into().ok()).map_or_else(|| "-".to_owned(), elapsed)
    }

    /// The whole story, for people.
    pub fn text(&self) -> String {
        let Story { who, command, began, ended, done, failed, in_flight, left, .. } = self;
        let began = began.map(|time| time.strftime("%Y-%m-%d %H:%M:%S UTC").to_string()).unwrap_or_default();
        let mut out = format!(
            "infra {command}, by {who}, {began}\n{} after {}  {}\n",
            ended.words(),
            self.time(),
            self.counted()
        );
        let sections =
            [("Done", done), ("Failed", failed), ("In flight when it was cut off", in_flight), ("Not begun", left)];
        for (title, lines) in sections.iter().filter(|(_, lines)| !lines.is_empty()) {
            out += &format!("\n{title}:\n");
            lines.iter().for_each(|line| out += &format!("  {line}\n"));
        }
        if *ended == Ended::CutOff {
            out += "\nThe next apply goes on from there: what was in flight may or may not have been done.\n";
        }
        out
    }
}

enum Standing {
    Planned,
    Begun,
}

fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(items) => items.iter().map(plain).collect::<Vec<_>>().join(", "),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_killed_run_tells_what_was_in_flight_and_what_was_left() {
        let step = |verb: &str, name: &str| json!({"verb": verb, "address": format!("network.{name}"), "kind": "k"});
        let mut events = vec![json!({
            "time": "2026-01-01T00:00:00Z", "type": "run", "run": "r", "who": "me", "command": "apply",
            "steps": [step("create", "vpc"), step("create", "subnet"), step("create", "table")],
        })];
        let heard = |kind: &str, name: &str| json!({"time": "2026-01-01T00:01:12Z", "type": kind, "verb": "create", "address": format!("network.{name}"), "id": "i"});
        events.extend([heard("step_started", "vpc"), heard("step_finished", "vpc"), heard("step_started", "subnet")]);
        let story = Story::of(&events, false);
        assert_eq!(story.done, ["create network.vpc  i"]);
        assert_eq!(story.in_flight, ["create network.subnet"]);
        assert_eq!(story.left, ["create network.table"]);
        assert_eq!((story.ended, story.time().as_str()), (Ended::CutOff, "1m12s"));
    }
}
