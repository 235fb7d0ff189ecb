//! HTTP samplers as steps.

use std::collections::BTreeMap;

use super::Reading;
use super::element::{Item, arguments, collection, text};
use super::scope::Scope;
use crate::import::draft::{self, Steps};
use crate::import::xml::Element;
use crate::plan::words::Template;
use crate::plan::{Content, Part};

/// Whether it asks by HTTP.
pub(super) fn is_sampler(kind: &str) -> bool {
    matches!(kind, "HTTPSamplerProxy" | "HTTPSampler" | "HTTPSampler2")
}

impl Reading<'_> {
    /// A sampler with what belongs to it.
    pub(super) fn sampler(&mut self, item: &Item<'_>, outer: &Scope, steps: &mut Steps) {
        let scope = self.scope(&item.inner, outer);
        for inner in &item.inner {
            if self.is_enabled(inner) && !super::scope::configures(inner.kind()) {
                self.other(inner);
            }
        }
        let method = match item.text("HTTPSampler.method").trim() {
            "" => "GET",
            method => method,
        };
        let path = self.path(item, &scope);
        let name = if item.name().is_empty() { item.text("HTTPSampler.path") } else { item.name() };
        let Some(mut step) = draft::step(name, method, path) else {
            let why = format!("a plan has no method {method}");
            return self.not(item, &why, "ask with another method, or leave it out");
        };
        step.headers = scope.headers.clone();
        step.query = scope.query.clone();
        step.think = scope.think;
        step.expect = scope.expect.clone();
        step.take = scope.take.clone();
        let mut query = BTreeMap::new();
        step.content = self.content(item, method, &mut query);
        step.query.extend(query);
        if item.is_true("HTTPSampler.follow_redirects") || item.is_true("HTTPSampler.auto_redirects") {
            let (_, count) = self.redirects.get_or_insert((item.line(), 0));
            *count += 1;
        }
        if item.is_true("HTTPSampler.image_parser") {
            self.not(item, "what a page embeds is not asked for", "add a step for each that matters");
        }
        self.draft.taking.took();
        steps.add(step);
    }

    /// The path, or the whole address where it is not the plan's target.
    fn path(&mut self, item: &Item<'_>, scope: &Scope) -> Template {
        let own = |name: &str, default: &str| match item.text(name).trim() {
            "" => default.to_owned(),
            text => text.to_owned(),
        };
        let domain = own("HTTPSampler.domain", &scope.domain);
        let port = own("HTTPSampler.port", &scope.port);
        let protocol = own("HTTPSampler.protocol", &scope.protocol).to_ascii_lowercase();
        let path = own("HTTPSampler.path", &scope.path);
        let element = item.shown();
        if path.starts_with("http://") || path.starts_with("https://") {
            return self.words.template(&path, self.draft, &element, item.line());
        }
        let path = if path.starts_with('/') { path } else { format!("/{path}") };
        let mut template = |text: &str| self.words.template(text, self.draft, &element, item.line());
        if domain.is_empty() {
            return template(&path);
        }
        let protocol = if protocol.is_empty() { "http".to_owned() } else { protocol };
        let port = if port.is_empty() || port == "0" { String::new() } else { format!(":{port}") };
        let base = self.words.fixed(&format!("{protocol}://{domain}{port}"));
        // The target is an address that is known; the first that is becomes the plan's.
        if base.contains("${") {
            return self.words.template(&format!("{base}{path}"), self.draft, &element, item.line());
        }
        let target = self.draft.plan.target.get_or_insert_with(|| base.clone());
        let path = if *target == base { path } else { format!("{base}{path}") };
        self.words.template(&path, self.draft, &element, item.line())
    }

    /// What is sent; parameters of methods without a body go behind the path.
    fn content(&mut self, item: &Item<'_>, method: &str, query: &mut BTreeMap<String, Template>) -> Option<Content> {
        let given = item.inner_property("HTTPsampler.Arguments").map(arguments).unwrap_or_default();
        let element = item.shown();
        let template = |reading: &mut Self, value: &str, argument: &Element| {
            reading.words.template(value, reading.draft, &element, argument.line)
        };
        let files = item.inner_property("HTTPsampler.Files");
        let files = files.map_or(&[][..], |files| collection(files, "HTTPFileArgs.files"));
        let files: Vec<_> = files.iter().filter(|file| !text(file, "File.path").trim().is_empty()).collect();
        let has_body = matches!(method.to_ascii_uppercase().as_str(), "POST" | "PUT" | "PATCH" | "DELETE");
        if item.is_true("HTTPSampler.postBodyRaw") || (has_body && given.len() == 1 && given[0].0.is_empty()) {
            let body: Vec<_> =
                given.iter().map(|(_, value, argument)| template(self, value, argument).to_string()).collect();
            return body.concat().parse().ok().filter(|body: &Template| !body.pieces().is_empty()).map(Content::Body);
        }
        if !files.is_empty() || (item.is_true("HTTPSampler.DO_MULTIPART_POST") && has_body) {
            let texts = given
                .iter()
                .map(|(name, value, argument)| ((*name).to_owned(), Part::Text(template(self, value, argument))));
            let mut parts: BTreeMap<_, _> = texts.collect();
            for file in files {
                let media = text(file, "File.mimetype").trim();
                let name = text(file, "File.paramname").trim();
                if name.is_empty() {
                    self.not(item, "a body is not read from a file alone", "put the file's text into `body`");
                    continue;
                }
                let part = Part::File {
                    file: self.words.fixed(text(file, "File.path").trim()),
                    media: (!media.is_empty()).then(|| media.to_owned()),
                };
                parts.insert(name.to_owned(), part);
            }
            return (!parts.is_empty()).then_some(Content::Multipart(parts));
        }
        let fields = given.iter().filter(|(name, ..)| !name.is_empty());
        let fields: BTreeMap<_, _> =
            fields.map(|(name, value, argument)| ((*name).to_owned(), template(self, value, argument))).collect();
        if has_body && !fields.is_empty() {
            return Some(Content::Form(fields));
        }
        query.extend(fields);
        None
    }
}
