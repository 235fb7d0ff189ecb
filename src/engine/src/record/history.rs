//! The history: the events of each run, one a line.
//!
//! A run writes part after part while it goes, so that one that is killed has told its story, and the whole at its end.
//! Nothing that was written is written again or deleted: who may add to a history need not be able to change it.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use futures::future::try_join_all;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::store::{Put, Store, When};
use crate::event::{Event, Listener};
use crate::live::Fault;
use crate::model::Owner;

/// Listens to a run and writes down what it hears.
pub struct History {
    key: String,
    lines: Mutex<Lines>,
}

#[derive(Default)]
struct Lines {
    heard: Vec<String>,
    /// How many of them stand in parts, and how many parts there are.
    written: usize,
    parts: usize,
}

/// A run of the past, or one that is at work.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Run {
    /// Its identifier.
    pub id: String,
    /// When it began.
    pub began: String,
    /// Under which key its events are.
    pub key: String,
    /// True when it has written all of its history: it was not killed, and is not at work any more.
    pub ended: bool,
    /// How many parts it has written.
    #[serde(skip)]
    parts: usize,
}

const END: &str = ".jsonl";

impl Run {
    /// A run whose events were copied to another place.
    pub fn copied(id: &str, began: &str, key: &str, ended: bool) -> Run {
        Run { id: id.to_owned(), began: began.to_owned(), key: key.to_owned(), ended, parts: 0 }
    }
}

impl History {
    /// The history of a run that begins now: who, what, in a first line, with what else is to be known of it.
    pub fn begin(owner: &Owner, run: &str, who: &str, command: &str, more: Value) -> History {
        let now = Timestamp::now();
        let mut first = json!({"time": now, "type": "run", "run": run, "who": who, "command": command});
        if let (Some(first), Value::Object(more)) = (first.as_object_mut(), more) {
            first.extend(more);
        }
        let key = super::key(owner, &format!("history/{}-{run}", now.strftime("%Y%m%dT%H%M%SZ")));
        History { key, lines: Mutex::new(Lines { heard: vec![first.to_string()], ..Lines::default() }) }
    }

    /// Writes down what was heard since the last time, as a part of its own. One writes at a time.
    pub async fn write(&self, store: &dyn Store) -> Result<(), Fault> {
        let (text, number, until) = {
            let lines = self.lines();
            (text(&lines.heard[lines.written..]), lines.parts, lines.heard.len())
        };
        if text.is_empty() {
            return Ok(());
        }
        // A part that is there already is this one, whose answer was lost: a run's parts are nobody else's.
        store.put(&part(&self.key, number), text.into_bytes(), When::Absent).await?;
        let mut lines = self.lines();
        (lines.written, lines.parts) = (until, number + 1);
        Ok(())
    }

    /// Writes the whole, at the end.
    pub async fn finish(&self, store: &dyn Store) -> Result<(), Fault> {
        let text = text(&self.lines().heard);
        match store.put(&format!("{}{END}", self.key), text.into_bytes(), When::Absent).await? {
            Put::Done(_) | Put::Conflict => Ok(()),
        }
    }

    /// The runs of an owner, the oldest first.
    pub async fn runs(store: &dyn Store, owner: &Owner) -> Result<Vec<Run>, Fault> {
        let prefix = super::key(owner, "history/");
        let mut runs: BTreeMap<String, Run> = BTreeMap::new();
        for key in store.list(&prefix).await? {
            let Some(name) = key.strip_prefix(&prefix).and_then(|name| name.strip_suffix(END)) else { continue };
            let (name, is_part) = match name.split_once('/') {
                Some((name, _)) => (name, true),
                None => (name, false),
            };
            let Some((began, id)) = name.split_once('-') else { continue };
            let run = runs.entry(name.to_owned()).or_insert_with(|| Run {
                id: id.to_owned(),
                began: began.to_owned(),
                key: format!("{prefix}{name}"),
                ended: false,
                parts: 0,
            });
            match is_part {
                true => run.parts += 1,
                false => run.ended = true,
            }
        }
        Ok(runs.into_values().collect())
    }

    /// The events of a run, one a line: the whole where there is one, otherwise its parts.
    pub async fn events(store: &dyn Store, run: &Run) -> Result<Option<String>, Fault> {
        if run.ended
            && let Some(stored) = store.get(&format!("{}{END}", run.key)).await?
        {
            return Ok(Some(String::from_utf8_lossy(&stored.bytes).into_owned()));
        }
        let keys: Vec<String> = (0..run.parts).map(|number| part(&run.key, number)).collect();
        let parts = try_join_all(keys.iter().map(|key| store.get(key))).await?;
        let texts = parts.into_iter().flatten().map(|part| String::from_utf8_lossy(&part.bytes).into_owned());
        let text: String = texts.collect();
        Ok((!text.is_empty()).then_some(text))
    }

    fn lines(&self) -> MutexGuard<'_, Lines> {
        self.lines.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn part(key: &str, number: usize) -> String {
    format!("{key}/{number:04}{END}")
}

fn text(lines: &[String]) -> String {
    lines.iter().flat_map(|line| [line.as_str(), "\n"]).collect()
}

impl Listener for History {
    fn hear(&self, event: &Event) {
        let wordy = matches!(event, Event::ReadStarted { .. } | Event::ReadFinished { .. } | Event::StepWaiting { .. });
        let Ok(mut line) = serde_json::to_value(event) else { return };
        if wordy {
            return;
        }
        line["time"] = json!(Timestamp::now());
        self.lines().heard.push(line.to_string());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::MemoryStore;

    async fn types(store: &MemoryStore, run: &Run) -> Vec<String> {
        let events = History::events(store, run).await.unwrap().unwrap();
        let of = |line: &str| serde_json::from_str::<Value>(line).unwrap()["type"].as_str().unwrap().to_owned();
        events.lines().map(of).collect()
    }

    #[tokio::test]
    async fn what_a_run_does_can_be_read_while_it_does_it_and_later() {
        let (store, owner) = (MemoryStore::default(), Owner { project: "p".into(), environment: "e".into() });
        let history = History::begin(&owner, "r1", "somebody", "apply", json!({"account": "1"}));
        history.write(&store).await.unwrap();
        history.hear(&Event::ApplyStarted { run: "r1".into(), steps: 3 });
        history.hear(&Event::ReadStarted { kind: "ec2/vpc" });
        history.write(&store).await.unwrap();
        history.write(&store).await.unwrap();
        let runs = History::runs(&store, &owner).await.unwrap();
        assert_eq!((runs.len(), runs[0].id.as_str(), runs[0].ended), (1, "r1", false));
        assert_eq!(types(&store, &runs[0]).await, ["run", "apply_started"]);
        history.hear(&Event::Interrupted { in_flight: 0 });
        history.finish(&store).await.unwrap();
        let runs = History::runs(&store, &owner).await.unwrap();
        assert_eq!((runs.len(), runs[0].ended), (1, true));
        assert_eq!(types(&store, &runs[0]).await, ["run", "apply_started", "interrupted"]);
    }
}
