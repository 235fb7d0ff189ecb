//! What a scenario of a script does, request by request.

use std::time::Duration;

use super::answer;
use super::text::Words;
use crate::import::draft::{self, Draft, Steps};
use crate::import::levels::time;
use crate::import::tree::{Node, Value};
use crate::plan::words::{Between, Template};
use crate::plan::{Content, Part, Step};

/// Reads a flow into steps.
pub(super) fn read(flow: &[Node], draft: &mut Draft, words: &Words, steps: &mut Steps, scenario: &str) {
    for node in flow {
        let Some(first) = node.members().first() else {
            draft.taking.not(format!("flow of {scenario}"), node.line, "it is no request", "see what it does");
            continue;
        };
        match first.key.to_ascii_lowercase().as_str() {
            method @ ("get" | "post" | "put" | "patch" | "delete" | "head" | "options") => {
                request(method, &first.node, draft, words, steps);
            }
            "think" => think(&first.node, draft, steps),
            "log" => draft.taking.took(),
            "loop" => repeated(node, &first.node, draft, words, steps, scenario),
            "parallel" => {
                draft.taking.not(
                    format!("parallel in {scenario}"),
                    first.line,
                    "a user does one thing at a time",
                    "its requests stand one after the other",
                );
                read(first.node.items(), draft, words, steps, scenario);
            }
            "function" => draft.taking.not(
                format!("function {} in {scenario}", first.node.text().unwrap_or_default()),
                first.line,
                "it is JavaScript, and needs code",
                "write the scenario as a Rust `Scenario`",
            ),
            other => draft.taking.not(
                format!("{other} in {scenario}"),
                first.line,
                "only HTTP is asked",
                "test it with a tool of its own",
            ),
        }
    }
}

fn think(node: &Node, draft: &mut Draft, steps: &mut Steps) {
    let length = node.text().and_then(time);
    match (length, steps.steps.last_mut()) {
        (Some(length), Some(step)) => {
            // Two in a row are waited for one after the other.
            let before = step.think.map_or(Duration::ZERO, |think| think.to);
            step.think = Some(Between::exactly(before + length));
            draft.taking.took();
        }
        (Some(_), None) => draft.taking.not(
            "think",
            node.line,
            "a user waits after a request, and this is before the first",
            "nothing: the first request begins when it is due",
        ),
        (None, _) => draft.taking.not(
            "think",
            node.line,
            "it is no time that is known before the run",
            "set `think` of the step, as 1s..3s",
        ),
    }
}

fn repeated(node: &Node, inner: &Node, draft: &mut Draft, words: &Words, steps: &mut Steps, scenario: &str) {
    let from = steps.len();
    read(inner.items(), draft, words, steps, scenario);
    let inside = steps.len() - from;
    for member in node.members().iter().filter(|member| matches!(member.key.as_str(), "over" | "whileTrue")) {
        draft.taking.not(
            format!("loop {} in {scenario}", member.key),
            member.line,
            "steps are repeated a known number of times",
            "its steps stand once; set `repeat`, or write them again",
        );
    }
    let count = node.number_at("count");
    match count {
        Some(count) if inside == 1 && (1.0..=10_000.0).contains(&count) => {
            steps.steps[from].repeat = count as u32;
            draft.taking.took();
        }
        _ if inside == 0 => {}
        Some(_) => draft.taking.not(
            format!("loop in {scenario}"),
            node.line,
            "one step is repeated, and this loop has several",
            "its steps stand once; set `repeat` of each, or write them again",
        ),
        None => {}
    }
}

fn request(method: &str, node: &Node, draft: &mut Draft, words: &Words, steps: &mut Steps) {
    let address = node.text_at("url").or(node.text_at("uri")).or(node.text()).unwrap_or("/");
    let shown = node.text_at("name").map_or_else(|| format!("{} {address}", method.to_uppercase()), str::to_owned);
    let path = match address {
        whole if whole.starts_with("http") || whole.starts_with("{{") || whole.starts_with('/') => whole.to_owned(),
        relative => format!("/{relative}"),
    };
    let path = words.template(&path, draft, &shown, node.line);
    let Some(mut step) = draft::step(&shown, method, path) else { return };
    for member in node.members() {
        part(&mut step, &member.key, &member.node, member.line, draft, words);
    }
    draft.taking.took();
    steps.add(step);
}

fn part(step: &mut Step, key: &str, node: &Node, line: usize, draft: &mut Draft, words: &Words) {
    let element = step.name.clone();
    match key {
        "url" | "uri" | "name" => {}
        "headers" => {
            for (name, value) in words.pairs(node, draft, &element) {
                let kept = match name.to_ascii_lowercase().as_str() {
                    "authorization" | "cookie" | "x-api-key" => {
                        draft.secret(&name, value, &format!("header {name} of {element}"), line)
                    }
                    _ => value,
                };
                step.headers.insert(name.to_ascii_lowercase(), kept);
            }
        }
        "qs" => step.query = words.pairs(node, draft, &element),
        "json" => step.content = Some(Content::Json(words.json(node, draft, &element))),
        "body" => {
            step.content = Some(match node.text() {
                Some(text) => Content::Body(words.template(text, draft, &element, line)),
                None => Content::Json(words.json(node, draft, &element)),
            });
        }
        "form" => step.content = Some(Content::Form(words.pairs(node, draft, &element))),
        "formData" => {
            let parts = node.members().iter().map(|member| {
                let file = member.node.text_at("fromFile");
                let part = file.map(|file| Part::File {
                    file: file.to_owned(),
                    media: member.node.text_at("contentType").map(str::to_owned),
                });
                let text = member.node.text_at("value").or(member.node.text()).unwrap_or_default();
                (
                    member.key.clone(),
                    part.unwrap_or_else(|| Part::Text(words.template(text, draft, &element, member.line))),
                )
            });
            step.content = Some(Content::Multipart(parts.collect()));
        }
        "cookie" => {
            let pairs: Vec<_> =
                words.pairs(node, draft, &element).iter().map(|(name, value)| format!("{name}={value}")).collect();
            let value = pairs.join("; ").parse().unwrap_or_else(|_| Template::literal(""));
            let kept = draft.secret("cookie", value, &format!("cookie of {element}"), line);
            step.headers.insert("cookie".to_owned(), kept);
        }
        "capture" => node.one_or_more().iter().for_each(|capture| answer::capture(step, capture, draft, words)),
        "expect" => node
            .one_or_more()
            .iter()
            .flat_map(Node::members)
            .for_each(|member| answer::expect(step, &member.key, &member.node, draft, words)),
        "ifTrue" => match answer::condition(node.text().unwrap_or_default(), words) {
            Some(condition) => step.when = Some(condition),
            None => draft.taking.not(
                format!("ifTrue of {element}"),
                line,
                "its condition must be computed",
                "the step is always taken; set `when`, as `${x} == y`",
            ),
        },
        "auth" => draft.taking.not(
            format!("auth of {element}"),
            line,
            "passwords are not written into a plan",
            "set `headers.authorization` to `${secret:…}`",
        ),
        "beforeRequest" | "afterResponse" => draft.taking.not(
            format!("{key} of {element}"),
            line,
            "it is JavaScript, and needs code",
            "write the scenario as a Rust `Scenario`",
        ),
        "followRedirect" if node.value == Value::Bool(false) => {}
        other => {
            draft.taking.not(format!("{other} of {element}"), line, "a step has nothing like it", "see what it does")
        }
    }
}
