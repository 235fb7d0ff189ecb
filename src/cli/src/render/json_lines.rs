//! `--json`: one object a line on standard output, for events, planned changes, summaries and problems alike.

use std::io::Write;
use std::sync::{Mutex, PoisonError};

use infra_engine::event::{Event, Listener};
use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Map, Value, json};

use super::printable::printable_json;
use super::report::{Advice, Report};
use super::sentence::{Level, sentence};

/// What is wrong, and what to do.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub struct Diagnostic<'a> {
    /// What is wrong.
    pub summary: &'a str,
    /// Why, a line each.
    pub detail: &'a [String],
    /// All of it as people read it, where that is more than a sentence.
    pub page: Option<&'a str>,
    /// What to do.
    pub way_out: Option<&'a str>,
    /// The command that does it.
    pub command: Option<&'a str>,
    /// What sort of thing it is, of what stops a plan: `protected`.
    pub about: Option<&'a str>,
    /// Which definition it is about, where it is about one.
    pub address: Option<&'a str>,
}

/// Writes a JSON object a line.
pub struct JsonLines {
    out: Mutex<Box<dyn Write + Send>>,
    clock: fn() -> Timestamp,
}

impl JsonLines {
    /// Lines to a stream, with the time of a clock.
    pub fn new(out: Box<dyn Write + Send>, clock: fn() -> Timestamp) -> JsonLines {
        JsonLines { out: Mutex::new(out), clock }
    }

    /// A plan: a line for each change, note and stop, and one with the numbers.
    pub fn plan(&self, report: &Report) {
        for change in &report.changes {
            let message = format!("{}: Plan to {}", change.address, change.action.meaning());
            let mut body = json!({ "change": change });
            if let Some(cost) = report.cost.as_ref().and_then(|cost| cost.difference.of(&change.address, &change.kind))
            {
                body["cost"] = json!(cost);
            }
            self.line(Level::Info, "planned_change", &message, body);
        }
        if let Some(cost) = &report.cost {
            let difference = cost.difference.difference.expected.short_signed();
            let message = format!("Cost: {difference} a month is expected");
            self.line(
                Level::Info,
                "cost",
                &message,
                json!({ "cost": cost, "exceeds_limit": cost.exceeds_the_limit() }),
            );
        }
        for note in &report.notes {
            self.line(Level::Info, "note", &note.says, json!({ "note": note }));
        }
        for Advice { about, address, says, way_out, command } in &report.stops {
            let diagnostic = Diagnostic {
                summary: says,
                way_out: way_out.as_deref(),
                command: command.as_deref(),
                about: Some(about),
                address: Some(address.as_str()).filter(|address| !address.is_empty()),
                ..Diagnostic::default()
            };
            self.diagnostic(Level::Error, says, &diagnostic);
        }
        // How many would change is no result of a plan that nobody can carry out.
        if report.stops.is_empty() {
            let message = super::closing::plan_closing(report);
            let changes = json!({ "changes": report.counts, "unchanged": report.unchanged, "operation": "plan" });
            self.line(Level::Info, "change_summary", &message, changes);
        }
    }

    /// Something that is wrong, or should not be missed: whatever says so, in one shape.
    pub fn diagnostic(&self, level: Level, message: &str, diagnostic: &Diagnostic<'_>) {
        let severity = if level == Level::Error { "error" } else { "warning" };
        let mut body = serde_json::to_value(diagnostic).unwrap_or_default();
        body["severity"] = severity.into();
        self.line(level, "diagnostic", message, body);
    }

    /// Any other line: its type, what it says, and what belongs to it.
    pub fn line(&self, level: Level, kind: &str, message: &str, body: impl Serialize) {
        let mut line = Map::new();
        line.insert("@level".into(), level.word().into());
        line.insert("@message".into(), message.into());
        line.insert("@timestamp".into(), format!("{:.3}", (self.clock)()).into());
        line.insert("type".into(), kind.into());
        if let Ok(Value::Object(body)) = serde_json::to_value(body) {
            body.into_iter().filter(|(key, _)| key != "type").for_each(|(key, value)| {
                line.insert(key, value);
            });
        }
        let mut out = self.out.lock().unwrap_or_else(PoisonError::into_inner);
        // A reader that has gone away is no reason to stop.
        let _ = writeln!(out, "{}", printable_json(&Value::Object(line).to_string()));
        let _ = out.flush();
    }
}

impl Listener for JsonLines {
    fn hear(&self, event: &Event) {
        let (level, message) = sentence(event);
        let body = serde_json::to_value(event).unwrap_or_default();
        let kind = body.get("type").and_then(Value::as_str).unwrap_or("event").to_owned();
        self.line(level, &kind, &message, body);
    }
}
