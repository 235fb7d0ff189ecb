//! Recordings of browsers (HAR 1.2): what a person asked, without what the page itself asked for.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::draft::{self, Draft, Steps, escaped};
use super::tree::{self, Node};
use super::{NoImport, Secrets, urls};
use crate::plan::words::{Between, Statuses, Template};
use crate::plan::{Content, JsonTemplate, Part, Step};

/// Longer pauses are somebody who got a coffee.
const LONGEST_PAUSE: Duration = Duration::from_secs(10);
/// Shorter ones are nobody who reads.
const SHORTEST_PAUSE: Duration = Duration::from_millis(200);

/// Endings of files that a page asks for by itself.
const STATIC: [&str; 19] = [
    ".js", ".mjs", ".css", ".png", ".jpg", ".jpeg", ".gif", ".svg", ".ico", ".webp", ".avif", ".woff", ".woff2",
    ".ttf", ".otf", ".map", ".mp4", ".webm", ".wasm",
];

/// Headers that follow from the request, or that a browser sends of itself.
const NOT_KEPT: [&str; 16] = [
    "host",
    "connection",
    "content-length",
    "transfer-encoding",
    "accept-encoding",
    "upgrade-insecure-requests",
    "dnt",
    "te",
    "pragma",
    "cache-control",
    "if-none-match",
    "if-modified-since",
    "priority",
    "user-agent",
    "origin",
    "keep-alive",
];

/// Reads a recording.
pub(super) fn read(text: &str, draft: &mut Draft) -> Result<(), NoImport> {
    let root = tree::json(text)?;
    let entries = root.at(&["log", "entries"]).ok_or_else(|| NoImport::at(1, "a recording has `log.entries`"))?;
    let mut kept = Vec::new();
    let mut left_out = (0, 0);
    for entry in entries.items() {
        let address = entry.at(&["request", "url"]).and_then(Node::text).unwrap_or_default();
        match urls::split(address) {
            None => draft.taking.not(
                short(address),
                entry.line,
                "only http:// and https:// are asked",
                "test it with a tool of its own",
            ),
            Some(_) if is_static(entry, address) => {
                left_out = (left_out.0 + 1, if left_out.1 == 0 { entry.line } else { left_out.1 });
            }
            Some((base, path)) => kept.push((entry, base, path)),
        }
    }
    if left_out.0 > 0 {
        let element = format!("{} static files", left_out.0);
        draft.taking.not(
            element,
            left_out.1,
            "a network of caches answers for them",
            "add those that your server itself must bear",
        );
    }
    draft.plan.target = urls::commonest(kept.iter().map(|(_, base, _)| *base));
    let shared = shared_headers(&kept, draft);
    let mut steps = Steps::default();
    let mut before: Option<Duration> = None;
    for (entry, base, path) in kept {
        let began = entry.text_at("startedDateTime").and_then(moment);
        let ends = began
            .map(|began| began + Duration::from_secs_f64(entry.number_at("time").unwrap_or(0.0).max(0.0) / 1000.0));
        if let (Some(began), Some(before), Some(last)) = (began, before, steps.steps.last_mut()) {
            let pause = began.saturating_sub(before).min(LONGEST_PAUSE);
            if pause >= SHORTEST_PAUSE {
                last.think =
                    Some(Between::exactly(Duration::from_millis(u64::try_from(pause.as_millis()).unwrap_or_default())));
            }
        }
        before = before.max(ends);
        step(entry, base, path, &shared, draft, &mut steps);
    }
    draft.scenario("recorded", 1, steps);
    Ok(())
}

fn step(
    entry: &Node,
    base: &str,
    path: &str,
    shared: &BTreeSet<(String, String)>,
    draft: &mut Draft,
    steps: &mut Steps,
) {
    let Some(request) = entry.get("request") else { return };
    let method = request.text_at("method").unwrap_or("GET");
    let whole = if draft.plan.target.as_deref() == Some(base) { path.to_owned() } else { format!("{base}{path}") };
    let name = format!("{method} {}", path.split('?').next().unwrap_or(path));
    let made = escaped(&whole).parse().ok().and_then(|path| draft::step(&name, method, path));
    let Some(mut step) = made else {
        return draft.taking.not(short(&name), entry.line, format!("a plan has no method {method}"), "leave it out");
    };
    for (name, value, line) in headers(request) {
        if shared.contains(&(name.clone(), value.clone())) || name == "content-type" {
            continue;
        }
        let value = secret(draft, &name, &value, line);
        step.headers.extend(value.map(|value| (name, value)));
    }
    body(request, &mut step, draft);
    // What came back when it was recorded must come back, where it was good.
    if let Some(status) = entry.at(&["response", "status"]).and_then(Node::number)
        && (100.0..400.0).contains(&status)
        && status != 304.0
    {
        step.expect.status.extend(Statuses::number(status as i64));
    }
    draft.taking.took();
    steps.add(step);
}

fn body(request: &Node, step: &mut Step, draft: &mut Draft) {
    let Some(data) = request.get("postData") else { return };
    let media = data.text_at("mimeType").unwrap_or_default();
    let text = data.text_at("text").unwrap_or_default();
    let essence = media.split(';').next().unwrap_or_default().trim();
    let parameters = data.get("params").map_or(&[][..], Node::items);
    if essence == "multipart/form-data" {
        let parts: BTreeMap<_, _> = parameters.iter().filter_map(|part| self::part(part, step, draft)).collect();
        if parts.is_empty() {
            let why = "what was sent in parts is not in this recording";
            return draft.taking.not(format!("body of {}", step.name), data.line, why, "write it as `multipart`");
        }
        step.content = Some(Content::Multipart(parts));
        return;
    }
    if essence == "application/x-www-form-urlencoded" && !parameters.is_empty() {
        let decoded = |text: &str| {
            let spaces = text.replace('+', " ");
            percent_encoding::percent_decode_str(&spaces).decode_utf8_lossy().into_owned()
        };
        let pair = |pair: &Node| {
            Some((
                decoded(pair.text_at("name")?),
                Template::literal(decoded(pair.text_at("value").unwrap_or_default())),
            ))
        };
        step.content = Some(Content::Form(parameters.iter().filter_map(pair).collect()));
    } else if essence.ends_with("json")
        && let Ok(json) = serde_json::from_str::<serde_json::Value>(text)
    {
        step.content = Some(Content::Json(literal(json)));
        if essence != "application/json" {
            step.headers.insert("content-type".to_owned(), Template::literal(media));
        }
    } else if !text.is_empty() {
        step.content = Some(Content::Body(Template::literal(text)));
        if !media.is_empty() {
            step.headers.insert("content-type".to_owned(), Template::literal(media));
        }
    }
}

/// A field or a file of a form in parts.
fn part(part: &Node, step: &Step, draft: &mut Draft) -> Option<(String, Part)> {
    let name = part.text_at("name")?.to_owned();
    let Some(file) = part.text_at("fileName").filter(|file| !file.is_empty()) else {
        return Some((name, Part::Text(Template::literal(part.text_at("value").unwrap_or_default()))));
    };
    let instead = format!("put {file} into the plan's folder");
    draft.taking.not(
        format!("file {file} of {}", step.name),
        part.line,
        "a recording does not have the file itself",
        instead,
    );
    Some((name, Part::File { file: file.to_owned(), media: part.text_at("contentType").map(str::to_owned) }))
}

/// JSON in which nothing is filled in.
pub(super) fn literal(json: serde_json::Value) -> JsonTemplate {
    match json {
        serde_json::Value::String(text) => JsonTemplate::Text(Template::literal(text)),
        serde_json::Value::Array(items) => JsonTemplate::List(items.into_iter().map(literal).collect()),
        serde_json::Value::Object(members) => {
            JsonTemplate::Object(members.into_iter().map(|(key, value)| (key, literal(value))).collect())
        }
        plain => JsonTemplate::Plain(plain),
    }
}

/// Headers that every request has alike: they are the plan's.
fn shared_headers(kept: &[(&Node, &str, &str)], draft: &mut Draft) -> BTreeSet<(String, String)> {
    let mut counts = BTreeMap::new();
    let mut lines = BTreeMap::new();
    for (name, value, line) in kept.iter().filter_map(|(entry, ..)| entry.get("request")).flat_map(headers) {
        lines.entry(name.clone()).or_insert(line);
        *counts.entry((name, value)).or_insert(0_usize) += 1;
    }
    let all = counts
        .into_iter()
        .filter(|((name, _), count)| kept.len() > 1 && *count == kept.len() && name != "content-type");
    let shared: BTreeSet<_> = all.map(|(header, _)| header).collect();
    for (name, value) in &shared {
        let value = secret(draft, name, value, lines.get(name).copied().unwrap_or(1));
        draft.plan.headers.extend(value.map(|value| (name.clone(), value)));
    }
    shared
}

/// A header's value, unless it is not to be kept.
fn secret(draft: &mut Draft, name: &str, value: &str, line: usize) -> Option<Template> {
    let value = Template::literal(value);
    match name {
        // Each user has cookies of its own, which the answers set.
        "cookie" if draft.secrets == Secrets::Named => {
            if draft.taking.not_taken.iter().any(|not| not.element == "cookies") {
                return None;
            }
            draft.taking.not(
                "cookies",
                line,
                "each user begins without cookies, and keeps those that answers set",
                "record the login too, or import again with --keep-secrets",
            );
            None
        }
        "authorization" | "proxy-authorization" | "x-api-key" | "x-csrf-token" | "x-xsrf-token" | "cookie" => {
            Some(draft.secret(name, value, &format!("header {name}"), line))
        }
        _ => Some(value),
    }
}

/// Headers with their lines, without those that a browser sends of itself.
fn headers(request: &Node) -> Vec<(String, String, usize)> {
    let all = request.get("headers").map_or(&[][..], Node::items).iter();
    let header = |header: &Node| {
        Some((header.text_at("name")?.to_ascii_lowercase(), header.text_at("value")?.to_owned(), header.line))
    };
    let kept = |(name, ..): &(String, String, usize)| {
        !name.starts_with(':') && !name.starts_with("sec-") && !NOT_KEPT.contains(&name.as_str())
    };
    all.filter_map(header).filter(kept).collect()
}

fn is_static(entry: &Node, address: &str) -> bool {
    let path = address.split(['?', '#']).next().unwrap_or(address).to_ascii_lowercase();
    let kind = entry.text_at("_resourceType").unwrap_or_default();
    let media = entry.at(&["response", "content", "mimeType"]).and_then(Node::text).unwrap_or_default();
    let method = entry.at(&["request", "method"]).and_then(Node::text);
    let by_media = media.starts_with("image/")
        || media.starts_with("font/")
        || media.starts_with("video/")
        || media.contains("javascript")
        || media.starts_with("text/css");
    method == Some("GET")
        && (STATIC.iter().any(|ending| path.ends_with(ending))
            || by_media
            || matches!(kind, "image" | "font" | "stylesheet" | "script" | "media"))
}

/// A moment as the time since 1970.
fn moment(text: &str) -> Option<Duration> {
    let at: jiff::Timestamp = text.parse().ok()?;
    u64::try_from(at.as_millisecond()).ok().map(Duration::from_millis)
}

fn short(text: &str) -> String {
    text.chars().take(80).collect()
}
