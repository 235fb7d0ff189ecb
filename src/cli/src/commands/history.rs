//! `infra history`: what earlier runs did.

use infra_engine::record::{History, Run};
use serde_json::{Value, json};

use crate::args::{self, DataFormat};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::render::Level;
use crate::session::Session;

pub(super) async fn run(arguments: args::History, session: &Session<'_>) -> Result<Exit, Failure> {
    let blueprint = session.unchecked().await?;
    let cloud = session.connect(&blueprint).await?;
    let (store, owner, console) = (&*cloud.store, &blueprint.owner, session.console);
    let runs = History::runs(store, owner).await?;
    let Some(id) = arguments.run else {
        match (console.json(), arguments.format) {
            (Some(lines), _) => runs.iter().for_each(|run| {
                lines.line(Level::Info, "run", &format!("{}  {}", run.id, began(run)), json!({ "run": run }));
            }),
            (None, DataFormat::Json) => console.document(&runs),
            (None, DataFormat::Text) if runs.is_empty() => {
                console.data(&format!("Nothing has been applied to {owner} yet.\n"));
            }
            (None, DataFormat::Text) => {
                console.data(&runs.iter().map(|run| format!("{}  {}\n", run.id, began(run))).collect::<String>())
            }
        }
        return Ok(Exit::Done);
    };
    let Some(run) = runs.iter().find(|run| run.id == id) else {
        return Err(Failure::new(format!("there is no run {id} in {owner}"))
            .way_out("to see all runs:")
            .command(format!("infra history --env {}", blueprint.name)));
    };
    let events = History::events(store, run).await?.unwrap_or_default();
    let events: Vec<Value> = events.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
    match (console.json(), arguments.format) {
        (Some(lines), _) => events.iter().for_each(|event| {
            lines.line(Level::Info, "past_event", line(event).trim_end(), json!({ "event": event }));
        }),
        (None, DataFormat::Json) => console.document(&events),
        (None, DataFormat::Text) => console.data(&events.iter().map(line).collect::<String>()),
    }
    Ok(Exit::Done)
}

/// `20261121T012650Z` as people read it.
fn began(run: &Run) -> String {
    let parsed = jiff::civil::DateTime::strptime("%Y%m%dT%H%M%SZ", &run.began);
    parsed.map(|time| time.strftime("%Y-%m-%d %H:%M:%S UTC").to_string()).unwrap_or_else(|_| run.began.clone())
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
