//! Makes a plan of what other tools were told: JMeter, Artillery, k6, HAR, OpenAPI, curl, and lists of addresses.
//!
//! What a plan cannot say is named, with its line and with what to do instead; nothing is dropped without a word. What is
//! made is read as any other plan. No scripts are run and no files are read.

mod artillery;
mod curl;
mod draft;
mod har;
mod jmx;
mod k6;
mod levels;
mod openapi;
mod taking;
mod tree;
mod urls;
mod xml;

use std::fmt;
use std::str::FromStr;

pub use taking::{Disabled, Imported, NoImport, NotTaken};

/// What kind of source it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// A JMeter test plan.
    Jmx,
    /// An Artillery script.
    Artillery,
    /// The options of a k6 script, in JSON or in the script itself.
    K6,
    /// A recording of a browser.
    Har,
    /// An OpenAPI or Swagger description.
    OpenApi,
    /// Command lines of curl.
    Curl,
    /// Addresses, one a line.
    UrlList,
}

impl Format {
    /// All of their names.
    pub const NAMES: [&str; 7] = ["jmx", "artillery", "k6", "har", "openapi", "curl", "url-list"];
    const ALL: [Format; 7] =
        [Format::Jmx, Format::Artillery, Format::K6, Format::Har, Format::OpenApi, Format::Curl, Format::UrlList];

    /// What a text seems to be. None if it could be several or is nothing known.
    pub fn of(text: &str) -> Option<Format> {
        let start = text.trim_start_matches('\u{feff}').trim_start();
        let lines = || start.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
        if start.starts_with('<') {
            return start.contains("<jmeterTestPlan").then_some(Format::Jmx);
        }
        if lines().any(|line| line.starts_with("curl ")) && lines().next()?.starts_with("curl") {
            return Some(Format::Curl);
        }
        if lines().next()?.starts_with("http") && lines().all(|line| urls::is_address(line)) {
            return Some(Format::UrlList);
        }
        if let Some(read) = tree::script(start, "options")
            && read.is_ok()
        {
            return Some(Format::K6);
        }
        let data = if start.starts_with('{') { tree::json(start) } else { tree::yaml(start) }.ok()?;
        let has = |key| data.get(key).is_some();
        if data.at(&["log", "entries"]).is_some() {
            Some(Format::Har)
        } else if has("openapi") || has("swagger") {
            Some(Format::OpenApi)
        } else if k6::is_options(&data) {
            Some(Format::K6)
        } else if has("config") || data.get("scenarios").is_some_and(|scenarios| !scenarios.items().is_empty()) {
            Some(Format::Artillery)
        } else {
            None
        }
    }
}

impl FromStr for Format {
    type Err = String;

    fn from_str(text: &str) -> Result<Format, String> {
        let place = Format::NAMES.iter().position(|name| *name == text);
        place.map(|place| Format::ALL[place]).ok_or_else(|| format!("there are {}", Format::NAMES.join(", ")))
    }
}

impl fmt::Display for Format {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let place = Format::ALL.iter().position(|format| format == self).unwrap_or_default();
        out.write_str(Format::NAMES[place])
    }
}

/// What becomes of cookies and of headers that say who asks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Secrets {
    /// They are not written into the plan: each becomes a `${secret:…}`.
    #[default]
    Named,
    /// They are written into the plan as they are.
    Kept,
}

/// Makes a plan of a text. `name` is what the plan is called.
pub fn import(text: &str, format: Option<Format>, name: &str, secrets: Secrets) -> Result<Imported, NoImport> {
    let format = format.or_else(|| Format::of(text)).ok_or(NoImport::Unknown)?;
    let mut draft = draft::Draft::new(name, secrets);
    match format {
        Format::Jmx => jmx::read(text, &mut draft)?,
        Format::Artillery => artillery::read(text, &mut draft)?,
        Format::K6 => k6::read(text, &mut draft)?,
        Format::Har => har::read(text, &mut draft)?,
        Format::OpenApi => openapi::read(text, &mut draft)?,
        Format::Curl => curl::read(text, &mut draft)?,
        Format::UrlList => urls::read(text, &mut draft)?,
    }
    draft.done()
}

#[cfg(test)]
mod tests;
