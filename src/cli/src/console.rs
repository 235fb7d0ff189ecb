//! Where the program speaks: standard output is data, standard error is talk; with `--json` all of it is lines of JSON.
//!
//! Whatever is said leaves through here as text that can only be read, see [`printable`].

use std::io::{IsTerminal, Write};
use std::sync::Arc;

use infra_engine::event::Listener;
use jiff::Timestamp;
use serde::Serialize;
use serde_json::json;

use crate::failure::Failure;
use crate::render::{JsonLines, Level, Paint, PlainLines, Progress, printable, printable_json};

/// Where the program speaks.
pub(crate) struct Console {
    json: Option<Arc<JsonLines>>,
    /// Colour for standard output.
    pub paint: Paint,
    /// Colour for standard error.
    pub talk: Paint,
    verbose: bool,
}

impl Console {
    /// The console of this process.
    pub fn new(json: bool, no_color: bool, verbose: bool) -> Console {
        let lines = || Arc::new(JsonLines::new(Box::new(std::io::stdout()), Timestamp::now));
        Console {
            json: json.then(lines),
            paint: Paint::for_stream(&std::io::stdout(), no_color),
            talk: Paint::for_stream(&std::io::stderr(), no_color),
            verbose,
        }
    }

    /// The stream of JSON lines, where one was asked for.
    pub fn json(&self) -> Option<&JsonLines> {
        self.json.as_deref()
    }

    /// Data, for whoever reads standard output. A reader that has gone away is no reason to stop.
    pub fn data(&self, text: &str) {
        if self.json.is_none() {
            let mut out = std::io::stdout().lock();
            let _ = out.write_all(printable(text, self.paint).as_bytes());
            let _ = out.flush();
        }
    }

    /// One JSON document on standard output.
    pub fn document(&self, document: &impl Serialize) {
        let text = serde_json::to_string_pretty(document).unwrap_or_default() + "\n";
        let mut out = std::io::stdout().lock();
        let _ = out.write_all(printable_json(&text).as_bytes());
        let _ = out.flush();
    }

    /// Talk, for people.
    pub fn say(&self, text: &str) {
        match &self.json {
            Some(lines) => lines.line(Level::Info, "log", text.trim_end(), json!({})),
            None => self.talk(text),
        }
    }

    /// Talk that people should not miss.
    pub fn warn(&self, text: &str) {
        match &self.json {
            Some(lines) => lines.line(Level::Warn, "diagnostic", text.trim_end(), json!({"severity": "warning"})),
            None => self.talk(&format!("{}: {text}", self.talk.yellow("warning"))),
        }
    }

    /// Why the command ends.
    pub fn failure(&self, failure: &Failure) {
        let Failure { exit: _, wrong, because, way_out, command, page } = failure;
        match &self.json {
            Some(_) if wrong.is_empty() && page.is_none() => {}
            Some(lines) => lines.line(
                Level::Error,
                "diagnostic",
                wrong,
                json!({
                    "severity": "error", "summary": wrong, "detail": because, "page": page,
                    "way_out": way_out, "command": command,
                }),
            ),
            None => {
                let text = failure.text(self.talk);
                if !text.is_empty() {
                    self.talk(text.trim_end());
                }
            }
        }
    }

    /// Who tells of what happens: lines of JSON, live progress, or plain lines.
    pub fn listener(&self) -> Arc<dyn Listener> {
        match &self.json {
            Some(lines) => Arc::clone(lines) as Arc<dyn Listener>,
            None if std::io::stderr().is_terminal() => Arc::new(Progress::new(self.talk, self.verbose)),
            None => Arc::new(PlainLines::new(Box::new(std::io::stderr()), self.verbose)),
        }
    }

    /// True when somebody is there to answer.
    pub fn somebody_is_there(&self) -> bool {
        self.json.is_none() && std::io::stdin().is_terminal() && std::io::stderr().is_terminal()
    }

    /// Asks on the terminal; only the expected word will do.
    pub async fn confirm(&self, question: &str, expected: &str) -> bool {
        let prompt = format!("{} Only `{expected}` will be accepted: ", self.talk.bold(question));
        let prompt = printable(&prompt, self.talk).into_owned();
        let asked = tokio::task::spawn_blocking(move || {
            // Nothing is held while the answer is awaited: whoever is interrupted meanwhile wants to speak.
            let _ = std::io::stderr().write_all(prompt.as_bytes());
            let mut answer = String::new();
            std::io::stdin().read_line(&mut answer).map(|_| answer)
        });
        matches!(asked.await, Ok(Ok(answer)) if answer.trim() == expected)
    }

    fn talk(&self, text: &str) {
        let mut out = std::io::stderr().lock();
        let _ = out.write_all(printable(text, self.talk).as_bytes());
        if !text.ends_with('\n') {
            let _ = out.write_all(b"\n");
        }
        let _ = out.flush();
    }
}
