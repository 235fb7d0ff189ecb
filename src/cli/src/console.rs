//! Where the program speaks: standard output is data, standard error is talk; with `--json` all of it is lines of JSON.
//!
//! Whatever is said leaves through here as text that can only be read, see [`printable`].

use std::io::{ErrorKind, IsTerminal, Write};
use std::sync::{Arc, Mutex, PoisonError};

use infra_engine::event::Listener;
use jiff::Timestamp;
use serde::Serialize;
use serde_json::json;

use crate::failure::Failure;
use crate::render::{Diagnostic, JsonLines, Level, Paint, PlainLines, Progress, printable, printable_json};

/// Where the program speaks.
pub(crate) struct Console {
    json: Option<Arc<JsonLines>>,
    unwritten: Unwritten,
    /// Colour for standard output.
    pub paint: Paint,
    /// Colour for standard error.
    pub talk: Paint,
    verbose: bool,
}

impl Console {
    /// The console of this process.
    pub fn new(json: bool, no_color: bool, verbose: bool) -> Console {
        let unwritten = Unwritten::default();
        let lines = || Arc::new(JsonLines::new(Box::new(Out(unwritten.clone())), Timestamp::now));
        Console {
            json: json.then(lines),
            unwritten,
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
            self.out(printable(text, self.paint).as_bytes());
        }
    }

    /// Everything that was to be on standard output is there. A reader that has gone away wants no more of it.
    pub fn written(&self) -> Result<(), Failure> {
        match &*self.unwritten.lock().unwrap_or_else(PoisonError::into_inner) {
            Some(why) => Err(Failure::new(format!("cannot write to standard output: {why}"))),
            None => Ok(()),
        }
    }

    fn out(&self, bytes: &[u8]) {
        let mut out = Out(self.unwritten.clone());
        // What cannot be written is noted, and told at the end.
        let _ = out.write_all(bytes).and_then(|()| out.flush());
    }

    /// One JSON document on standard output.
    pub fn document(&self, document: &impl Serialize) {
        let text = serde_json::to_string_pretty(document).unwrap_or_default() + "\n";
        self.out(printable_json(&text).as_bytes());
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
            Some(lines) => {
                let text = text.trim_end();
                lines.diagnostic(Level::Warn, text, &Diagnostic { summary: text, ..Diagnostic::default() });
            }
            None => self.talk(&format!("{}: {text}", self.talk.yellow("warning"))),
        }
    }

    /// Why the command ends, where standard output cannot say it.
    pub fn failure_of_output(&self, failure: &Failure) {
        self.talk(failure.text(self.talk).trim_end());
    }

    /// Why the command ends.
    pub fn failure(&self, failure: &Failure) {
        let Failure { exit: _, wrong, because, way_out, command, page } = failure;
        match &self.json {
            Some(_) if wrong.is_empty() && page.is_none() => {}
            Some(lines) => {
                let (page, way_out, command) = (page.as_deref(), way_out.as_deref(), command.as_deref());
                let detail = because.as_slice();
                let diagnostic = Diagnostic { summary: wrong, detail, page, way_out, command, ..Diagnostic::default() };
                lines.diagnostic(Level::Error, wrong, &diagnostic);
            }
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

/// Why something could not be written, once that has happened.
type Unwritten = Arc<Mutex<Option<String>>>;

/// Standard output, which remembers what could not be written.
struct Out(Unwritten);

impl Out {
    fn noted<T>(&self, written: std::io::Result<T>) -> std::io::Result<T> {
        if let Err(error) = &written
            && error.kind() != ErrorKind::BrokenPipe
        {
            self.0.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert_with(|| reason(error));
        }
        written
    }
}

impl Write for Out {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.noted(std::io::stdout().write(bytes))
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.noted(std::io::stdout().flush())
    }
}

/// `No space left on device`, without the number that only programmers know.
fn reason(error: &std::io::Error) -> String {
    let text = error.to_string();
    text.split(" (os error").next().unwrap_or(&text).to_owned()
}
