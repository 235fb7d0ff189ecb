//! JMeter's test plans: thread groups, HTTP samplers, and all around them that needs no code.
//!
//! An element is followed by a `hashTree` with what belongs to it. What configures stands for all samplers of its tree
//! and below, wherever it stands in it; so a tree is looked through twice: for what holds in it, then for what it does.

mod after;
mod assertion;
mod config;
mod control;
mod element;
mod group;
mod sampler;
mod scope;
mod text;

use super::draft::Draft;
use super::{NoImport, xml};
use element::Item;
use scope::Scope;
use text::Words;

/// Reads a plan.
pub(super) fn read(text: &str, draft: &mut Draft) -> Result<(), NoImport> {
    let root = xml::xml(text)?;
    if root.tag != "jmeterTestPlan" {
        return Err(NoImport::at(root.line, format!("a JMeter plan begins with <jmeterTestPlan>, not <{}>", root.tag)));
    }
    let items = root.child("hashTree").map(element::items).unwrap_or_default();
    let mut reading = Reading { draft, words: Words::default(), groups: Vec::new(), redirects: None };
    // Columns and counters have to be known before the first text is read that uses them.
    reading.names(&items);
    reading.tree(&items, &Scope::default());
    reading.finish();
    Ok(())
}

/// A plan being read.
struct Reading<'d> {
    draft: &'d mut Draft,
    words: Words,
    groups: Vec<group::Group>,
    /// The first sampler that would follow redirects, and how many there are.
    redirects: Option<(usize, usize)>,
}

impl Reading<'_> {
    /// What stands outside of thread groups, and the groups.
    fn tree(&mut self, items: &[Item<'_>], outer: &Scope) {
        let scope = self.scope(items, outer);
        for item in items {
            if !self.is_enabled(item) {
                continue;
            }
            match item.kind() {
                "TestPlan" => {
                    self.test_plan(item);
                    self.tree(&item.inner, &scope);
                }
                kind if group::is_group(kind) => self.group(item, &scope),
                kind if scope::configures(kind) => {}
                _ => self.other(item),
            }
        }
    }

    /// Whether an element counts; one that was switched off is named.
    fn is_enabled(&mut self, item: &Item<'_>) -> bool {
        let enabled = item.element.attribute("enabled") != "false";
        if !enabled {
            self.draft.taking.disabled(item.shown(), item.line());
        }
        enabled
    }

    fn test_plan(&mut self, item: &Item<'_>) {
        if let Some(arguments) = item.inner_property("TestPlan.user_defined_variables") {
            self.variables(arguments);
        }
        if item.is_true("TestPlan.serialize_threadgroups") {
            let instead = "all scenarios run side by side; make a plan of each to run them one after the other";
            self.not(item, "thread groups one after the other", instead);
        }
        if !item.text("TestPlan.comments").trim().is_empty() {
            self.draft.plan.about = Some(item.text("TestPlan.comments").trim().to_owned());
        }
        self.draft.taking.took();
    }

    fn not(&mut self, item: &Item<'_>, why: &str, instead: &str) {
        self.draft.taking.not(item.shown(), item.line(), why, instead);
    }

    /// What is neither taken nor configures anything.
    fn other(&mut self, item: &Item<'_>) {
        let kind = item.kind();
        if is_listener(kind) {
            // The report has what these show.
            return self.draft.taking.took();
        }
        let (why, instead) = reason(kind);
        self.not(item, why, instead);
        if !item.inner.is_empty() {
            for inner in &item.inner {
                self.other(inner);
            }
        }
    }

    fn finish(&mut self) {
        self.load();
        if let Some((line, count)) = self.redirects {
            self.draft.taking.not(
                format!("HTTPSampler.follow_redirects of {count} samplers"),
                line,
                "redirects are not followed: each is an answer of its own, and counts as one",
                "ask the last address itself, or add a step for it",
            );
        }
    }
}

/// Elements that only show or write down what comes back.
fn is_listener(kind: &str) -> bool {
    let names = [
        "ResultCollector",
        "Summariser",
        "BackendListener",
        "DebugPostProcessor",
        "ResultSaver",
        "kg.apc.jmeter.vizualizers",
    ];
    names.iter().any(|name| kind.starts_with(name)) || kind.contains("Visualizer") || kind.contains("vizualizers")
}

/// Why an element is not taken, and what to do.
fn reason(kind: &str) -> (&'static str, &'static str) {
    match kind {
        kind if sampler::is_sampler(kind) || control::is_controller(kind) => {
            ("it stands below a sampler or below something that is not taken", "move it beside that, and import again")
        }
        kind if kind.starts_with("JSR223") || kind.starts_with("BeanShell") || kind.starts_with("BSF") => (
            "it is a script, and needs code",
            "write the scenario as a Rust `Scenario`, or take the value with a step's `take`",
        ),
        "CacheManager" => ("a plan has no browser's cache", "leave out the steps that a cache would answer"),
        "AuthManager" => {
            ("passwords are not written into a plan", "set `headers.authorization` of the plan to `${secret:…}`")
        }
        "XPathExtractor" | "XPath2Extractor" | "HtmlExtractor" => {
            ("values are taken by JSON paths and regular expressions", "write it as `take.NAME = { regex = … }`")
        }
        "XPathAssertion" | "XPath2Assertion" | "XMLAssertion" | "SizeAssertion" | "HTMLAssertion"
        | "MD5HexAssertion" | "XMLSchemaAssertion" | "CompareAssertion" => {
            ("a plan cannot expect that", "use `expect` with a status, a text, an expression or a JSON path")
        }
        "DNSCacheManager" | "KeystoreConfig" => {
            ("a plan does not say how connections are made", "nothing, if the target needs it not")
        }
        "JDBCSampler"
        | "JDBCDataSource"
        | "TCPSampler"
        | "FTPSampler"
        | "SmtpSampler"
        | "MailReaderSampler"
        | "LDAPSampler"
        | "JMSSampler"
        | "PublisherSampler"
        | "SubscriberSampler"
        | "AjpSampler"
        | "BoltSampler"
        | "SystemSampler"
        | "JavaSampler"
        | "JUnitSampler"
        | "eu.luminis.jmeter.wssampler.RequestResponseWebSocketSampler" => {
            ("only HTTP is asked", "test it with a tool of its own")
        }
        "DebugSampler" | "TestAction" => ("it asks nothing", "nothing"),
        _ => ("a plan has nothing like it", "see what it does, and say it in the plan's own words"),
    }
}
