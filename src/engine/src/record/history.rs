//! The history: the events of each apply, one record a run, one event a line.

use std::sync::Mutex;
use std::sync::PoisonError;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::store::{Store, When};
use crate::event::{Event, Listener};
use crate::live::Fault;
use crate::model::Owner;

/// Listens to a run and writes down what it hears.
pub struct History {
    key: String,
    lines: Mutex<Vec<String>>,
}

/// A run of the past.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Run {
    /// Its identifier.
    pub id: String,
    /// When it began.
    pub began: String,
    /// Under which key its events are.
    pub key: String,
}

impl History {
    /// The history of a run that begins now: who, what, in a first line.
    pub fn begin(owner: &Owner, run: &str, who: &str, command: &str) -> History {
        let now = Timestamp::now();
        let name = format!("history/{}-{run}.jsonl", now.strftime("%Y%m%dT%H%M%SZ"));
        let first = json!({"time": now, "type": "run", "run": run, "who": who, "command": command});
        History { key: super::key(owner, &name), lines: Mutex::new(vec![first.to_string()]) }
    }

    /// Writes down what was heard so far.
    pub async fn write(&self, store: &dyn Store) -> Result<(), Fault> {
        let mut text = self.lines.lock().unwrap_or_else(PoisonError::into_inner).join("\n");
        text.push('\n');
        store.put(&self.key, text.into_bytes(), When::Always).await.map(|_| ())
    }

    /// The runs of the past, the oldest first.
    pub async fn runs(store: &dyn Store, owner: &Owner) -> Result<Vec<Run>, Fault> {
        let prefix = super::key(owner, "history/");
        let keys = store.list(&prefix).await?;
        let run = |key: String| {
            let (began, id) = key.strip_prefix(&prefix)?.strip_suffix(".jsonl")?.split_once('-')?;
            let (began, id) = (began.to_owned(), id.to_owned());
            Some(Run { id, began, key })
        };
        Ok(keys.into_iter().filter_map(run).collect())
    }

    /// The events of a run, one a line.
    pub async fn events(store: &dyn Store, run: &Run) -> Result<Option<String>, Fault> {
        let stored = store.get(&run.key).await?;
        Ok(stored.map(|stored| String::from_utf8_lossy(&stored.bytes).into_owned()))
    }
}

impl Listener for History {
    fn hear(&self, event: &Event) {
        let wordy = matches!(event, Event::ReadStarted { .. } | Event::ReadFinished { .. } | Event::StepWaiting { .. });
        let Ok(mut line) = serde_json::to_value(event) else { return };
        if wordy {
            return;
        }
        line["time"] = json!(Timestamp::now());
        self.lines.lock().unwrap_or_else(PoisonError::into_inner).push(line.to_string());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::MemoryStore;

    #[tokio::test]
    async fn what_a_run_did_can_be_read_later() {
        let (store, owner) = (MemoryStore::default(), Owner { project: "p".into(), environment: "e".into() });
        let history = History::begin(&owner, "r1", "somebody", "apply");
        history.hear(&Event::ApplyStarted { run: "r1".into(), steps: 3 });
        history.hear(&Event::ReadStarted { kind: "ec2/vpc" });
        history.write(&store).await.unwrap();
        let runs = History::runs(&store, &owner).await.unwrap();
        assert_eq!(runs.len(), 1);
        assert_eq!(runs[0].id, "r1");
        let events = History::events(&store, &runs[0]).await.unwrap().unwrap();
        let types: Vec<String> = events
            .lines()
            .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap()["type"].as_str().unwrap().to_owned())
            .collect();
        assert_eq!(types, ["run", "apply_started"]);
    }
}
