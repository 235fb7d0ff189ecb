//! What holds for all samplers of a tree: defaults, headers, timers, assertions, extractors.

use std::collections::BTreeMap;
use std::time::Duration;

use super::Reading;
use super::element::{Item, arguments, collection, text};
use crate::plan::words::{Between, Template};
use crate::plan::{Expect, Take};

/// What holds in a tree.
#[derive(Clone, Debug, Default)]
pub(super) struct Scope {
    pub(super) protocol: String,
    pub(super) domain: String,
    pub(super) port: String,
    pub(super) path: String,
    /// Parameters of every request.
    pub(super) query: BTreeMap<String, Template>,
    pub(super) headers: BTreeMap<String, Template>,
    pub(super) think: Option<Between>,
    pub(super) expect: Expect,
    pub(super) take: BTreeMap<String, Take>,
}

/// Whether an element configures what stands beside and below it.
pub(super) fn configures(kind: &str) -> bool {
    matches!(
        kind,
        "ConfigTestElement"
            | "HeaderManager"
            | "CookieManager"
            | "Arguments"
            | "CSVDataSet"
            | "CounterConfig"
            | "RandomVariableConfig"
    ) || is_timer(kind)
        || super::assertion::is_assertion(kind)
        || super::after::is_extractor(kind)
}

fn is_timer(kind: &str) -> bool {
    matches!(
        kind,
        "ConstantTimer"
            | "UniformRandomTimer"
            | "GaussianRandomTimer"
            | "PoissonRandomTimer"
            | "ConstantThroughputTimer"
            | "PreciseThroughputTimer"
    )
}

impl Reading<'_> {
    /// What holds in a tree with these elements.
    pub(super) fn scope(&mut self, items: &[Item<'_>], outer: &Scope) -> Scope {
        let mut scope = outer.clone();
        for item in items.iter().filter(|item| configures(item.kind())) {
            // Those that are switched off are named when the tree is walked.
            if item.element.attribute("enabled") == "false" {
                continue;
            }
            match item.kind() {
                "ConfigTestElement" => self.defaults(item, &mut scope),
                "HeaderManager" => self.headers(item, &mut scope.headers),
                "CookieManager" => self.cookies(item, &mut scope.headers),
                "Arguments" => {
                    self.variables(item.element);
                    self.draft.taking.took();
                }
                "CSVDataSet" | "CounterConfig" | "RandomVariableConfig" => self.config(item),
                kind if is_timer(kind) => self.timer(item, &mut scope),
                kind if super::assertion::is_assertion(kind) => self.assertion(item, &mut scope.expect),
                _ => self.extractor(item, &mut scope.take),
            }
        }
        scope
    }

    fn defaults(&mut self, item: &Item<'_>, scope: &mut Scope) {
        if item.element.attribute("guiclass") != "HttpDefaultsGui" && item.text("HTTPSampler.domain").is_empty() {
            return self.not(
                item,
                "only defaults of HTTP are known",
                "see what it does, and say it in the plan's own words",
            );
        }
        for (name, place) in [
            ("HTTPSampler.protocol", &mut scope.protocol),
            ("HTTPSampler.domain", &mut scope.domain),
            ("HTTPSampler.port", &mut scope.port),
            ("HTTPSampler.path", &mut scope.path),
        ] {
            if !item.text(name).trim().is_empty() {
                *place = item.text(name).trim().to_owned();
            }
        }
        if let Some(arguments_of) = item.inner_property("HTTPsampler.Arguments") {
            for (name, value, argument) in arguments(arguments_of) {
                if !name.is_empty() {
                    let value = self.words.template(value, self.draft, &item.shown(), argument.line);
                    scope.query.insert(name.to_owned(), value);
                }
            }
        }
        if let Some(limit) = self.words.number(item.text("HTTPSampler.response_timeout")).filter(|limit| *limit > 0.0) {
            self.draft.plan.timeout.0 = Duration::from_secs_f64(limit / 1000.0);
        }
        if item.is_true("HTTPSampler.image_parser") {
            self.not(item, "what a page embeds is not asked for", "add a step for each that matters");
        }
        self.draft.taking.took();
    }

    fn headers(&mut self, item: &Item<'_>, headers: &mut BTreeMap<String, Template>) {
        for header in collection(item.element, "HeaderManager.headers") {
            let (name, value) = (text(header, "Header.name").trim(), text(header, "Header.value"));
            if name.is_empty() || matches!(name.to_ascii_lowercase().as_str(), "host" | "content-length" | "connection")
            {
                continue;
            }
            let written = self.words.template(value.trim(), self.draft, &item.shown(), header.line);
            let kept = match name.to_ascii_lowercase().as_str() {
                "authorization" | "proxy-authorization" | "cookie" | "x-api-key" => {
                    self.draft.secret(name, written, &format!("header {name} of {}", item.shown()), header.line)
                }
                _ => written,
            };
            headers.insert(name.to_ascii_lowercase(), kept);
        }
        self.draft.taking.took();
    }

    /// Cookies are kept for each user anyway; those that are given beforehand are a header.
    fn cookies(&mut self, item: &Item<'_>, headers: &mut BTreeMap<String, Template>) {
        let given = collection(item.element, "CookieManager.cookies");
        let cookies: Vec<_> = given
            .iter()
            .map(|cookie| format!("{}={}", cookie.attribute("name"), text(cookie, "Cookie.value")))
            .collect();
        if !cookies.is_empty() {
            let written = self.words.template(&cookies.join("; "), self.draft, &item.shown(), item.line());
            let kept = self.draft.secret("cookie", written, &format!("cookies of {}", item.shown()), item.line());
            headers.insert("cookie".to_owned(), kept);
        }
        self.draft.taking.took();
    }

    fn timer(&mut self, item: &Item<'_>, scope: &mut Scope) {
        let seconds = |milliseconds: f64| Duration::from_secs_f64((milliseconds / 1000.0).clamp(0.0, 3600.0));
        let of = |name: &str| self.words.number(item.text(name));
        let (delay, range) = (of("ConstantTimer.delay"), of("RandomTimer.range"));
        match (item.kind(), delay, range) {
            ("ConstantTimer", Some(delay), _) => scope.think = Some(Between::exactly(seconds(delay))),
            ("UniformRandomTimer", Some(delay), Some(range)) => {
                scope.think = Some(Between { from: seconds(delay), to: seconds(delay + range) });
            }
            ("GaussianRandomTimer" | "PoissonRandomTimer", Some(delay), Some(range)) => {
                let think = Between { from: seconds(delay - 2.0 * range), to: seconds(delay + 2.0 * range) };
                self.not(item, "users think evenly between two times", &format!("`think = \"{think}\"` was put"));
                scope.think = Some(think);
            }
            ("ConstantThroughputTimer" | "PreciseThroughputTimer", ..) => return self.throughput(item),
            _ => return self.not(item, "its time is not known before the run", "set `think` of the steps"),
        }
        self.draft.taking.took();
    }
}
