//! `infra history`: what earlier runs did, and what one that was cut off had in flight. Where AWS has none any more, what
//! was kept on this machine is told.

use std::collections::BTreeMap;
use std::path::Path;

use futures::future::try_join_all;
use infra_engine::record::{History, Run};
use serde_json::{Value, json};

use crate::args::{self, DataFormat};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::render::{Level, Story};
use crate::saved::history_folder;
use crate::session::Session;

/// How many runs are told of, the latest: each is a record to be read.
const LATEST: usize = 25;

pub(super) async fn run(arguments: args::History, session: &Session<'_>) -> Result<Exit, Failure> {
    let blueprint = session.unchecked().await?;
    let cloud = session.connect(&blueprint).await?;
    let (store, owner, console) = (&*cloud.store, &blueprint.owner, session.console);
    let mut runs = History::runs(store, owner).await?;
    let (root, name) = (&blueprint.environment.root, blueprint.environment.facts.name.as_str());
    let here = if runs.is_empty() { Copies::read(&history_folder(root, name)) } else { Copies::default() };
    if !here.runs.is_empty() {
        runs.clone_from(&here.runs);
        console
            .say(&format!("{} has no history of {owner} any more: this is the copy on this machine.", store.place()));
    }
    let here = &here;
    let told = |run: Run| async move {
        let events = match here.events.get(&run.key) {
            Some(events) => events.clone(),
            None => History::events(store, &run).await?.unwrap_or_default(),
        };
        let events: Vec<Value> = events.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
        let story = Story::of(&events, run.ended);
        Ok::<_, Failure>((run, story, events))
    };
    let Some(id) = arguments.run else {
        let latest: Vec<Run> = runs.iter().rev().take(LATEST).rev().cloned().collect();
        let stories = try_join_all(latest.into_iter().map(told)).await?;
        let rows =
            || stories.iter().map(|(run, story, _)| json!({ "run": run.id, "story": story })).collect::<Vec<_>>();
        match (console.json(), arguments.format) {
            (Some(lines), _) => stories.iter().for_each(|(run, story, _)| {
                lines.line(Level::Info, "run", &row(run, story), json!({ "run": run, "story": story }));
            }),
            (None, DataFormat::Json) => console.document(&rows()),
            (None, DataFormat::Text) if stories.is_empty() => {
                console.data(&format!("Nothing has been applied to {owner} yet.\n"));
            }
            (None, DataFormat::Text) => {
                let lines: String = stories.iter().map(|(run, story, _)| format!("{}\n", row(run, story))).collect();
                console.data(&lines);
                let earlier = runs.len().saturating_sub(LATEST);
                if earlier > 0 {
                    console.say(&format!("and {earlier} earlier runs"));
                }
            }
        }
        return Ok(Exit::Done);
    };
    let run = match runs.iter().filter(|run| run.id.starts_with(&id)).collect::<Vec<_>>()[..] {
        [run] => run.clone(),
        [] => {
            return Err(Failure::new(format!("there is no run {id} in {owner}"))
                .way_out("to see all runs:")
                .command(format!("infra history --env {}", blueprint.name)));
        }
        ref several => {
            let failure = Failure::new(format!("several runs begin with {id}"));
            return Err(several.iter().fold(failure, |failure, run| failure.because(run.id.clone())));
        }
    };
    let (_, story, events) = told(run).await?;
    match (console.json(), arguments.format) {
        (Some(lines), _) => events.iter().for_each(|event| {
            lines.line(Level::Info, "past_event", line(event).trim_end(), json!({ "event": event }));
        }),
        (None, DataFormat::Json) => console.document(&json!({ "story": story, "events": events })),
        (None, DataFormat::Text) => console.data(&story.text()),
    }
    Ok(Exit::Done)
}

/// Runs whose history was copied to this machine before it was deleted, and their events by their keys.
#[derive(Default)]
struct Copies {
    runs: Vec<Run>,
    events: BTreeMap<String, String>,
}

impl Copies {
    /// What is in a folder; what cannot be read is not told.
    fn read(folder: &Path) -> Copies {
        let mut copies = Copies::default();
        let files = std::fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
        for file in files.filter(|file| file.extension().is_some_and(|end| end == "jsonl")) {
            let name = file.file_stem().and_then(|name| name.to_str()).and_then(|name| name.split_once('-'));
            let (Some((began, id)), Ok(events)) = (name, std::fs::read_to_string(&file)) else { continue };
            // What takes no steps is written down when it is done.
            let ended = events.contains("\"apply_finished\"") || !events.contains("\"steps\":[");
            let run = Run::copied(id, began, &file.display().to_string(), ended);
            copies.events.insert(run.key.clone(), events);
            copies.runs.push(run);
        }
        copies.runs.sort_by(|one, other| one.began.cmp(&other.began));
        copies
    }
}

/// A run on a line: which, when, what, how much, how long, how it ended, who.
fn row(run: &Run, story: &Story) -> String {
    let who = story.who.rsplit('/').next().unwrap_or_default();
    format!(
        "{}  {}  {:<8} {:<14} {:>7}  {:<11} {who}",
        run.id,
        began(run),
        // Where its calls went is told when the run is asked for.
        story.command.split(' ').next().unwrap_or_default(),
        story.counted(),
        story.time(),
        story.ended.words(),
    )
    .trim_end()
    .to_owned()
}

/// `20261121T012650Z` as people read it.
fn began(run: &Run) -> String {
    let parsed = jiff::civil::DateTime::strptime("%Y%m%dT%H%M%SZ", &run.began);
    parsed.map(|time| time.strftime("%Y-%m-%d %H:%M").to_string()).unwrap_or_else(|_| run.began.clone())
}

/// An event on a line: when, what, and all that belongs to it.
fn line(event: &Value) -> String {
    let text = |key: &str| event.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
    let time = text("time").parse::<jiff::Timestamp>().map(|time| time.strftime("%H:%M:%S").to_string());
    let rest = event.as_object().into_iter().flatten().filter(|(key, _)| !matches!(key.as_str(), "time" | "type"));
    let rest: Vec<String> = rest
        .filter(|(_, value)| !value.is_null())
        .map(|(key, value)| value.as_str().map_or_else(|| format!("{key}={value}"), |text| format!("{key}={text}")))
        .collect();
    format!("{}  {:<14}  {}\n", time.unwrap_or_else(|_| text("time")), text("type"), rest.join(" "))
}
