//! What a script takes of answers and expects of them, and whether it asks at all.

use super::text::Words;
use crate::import::draft::{self, Draft, word};
use crate::import::tree::Node;
use crate::plan::words::{Condition, Statuses, Template};
use crate::plan::{ExpectJson, Pick, Source, Step, Take};

pub(super) fn capture(step: &mut Step, node: &Node, draft: &mut Draft, words: &Words) {
    let element = step.name.clone();
    let name = word(node.text_at("as").unwrap_or_default());
    let source = if let Some(path) = node.text_at("json") {
        path.parse().map(Source::Json)
    } else if let Some(expression) = node.text_at("regexp") {
        expression.parse().map(Source::Regex)
    } else if let Some(header) = node.text_at("header") {
        Ok(Source::Header(header.to_owned()))
    } else if let Some(cookie) = node.text_at("cookie") {
        Ok(Source::Cookie(cookie.to_owned()))
    } else {
        Err("only JSON paths, expressions, headers and cookies are taken of answers".to_owned())
    };
    let group = node.number_at("group").is_none_or(|group| group == 1.0);
    match source {
        Ok(source) if group && !name.is_empty() => {
            // Artillery goes on where nothing was found, unless it was said to be strict.
            let default =
                (node.text_at("strict") == Some("false")).then(|| words.template("", draft, &element, node.line));
            step.take.insert(name, Take { source, pick: Pick::First, default });
            draft.taking.took();
        }
        Ok(_) => draft.taking.not(
            format!("capture of {element}"),
            node.line,
            "only the first group is taken, under a name",
            "put the group first in the expression",
        ),
        Err(why) => {
            draft.taking.not(format!("capture of {element}"), node.line, why, "write it as `take.NAME = { regex = … }`")
        }
    }
}

pub(super) fn expect(step: &mut Step, key: &str, node: &Node, draft: &mut Draft, words: &Words) {
    let element = step.name.clone();
    match key {
        "statusCode" => {
            let found: Option<Vec<_>> =
                node.one_or_more().iter().map(|code| Statuses::number(code.text()?.parse().ok()?)).collect();
            match found {
                Some(found) => step.expect.status.extend(found),
                None => {
                    return draft.taking.not(
                        format!("expect.statusCode of {element}"),
                        node.line,
                        "it is no status that is known before the run",
                        "set `expect.status`",
                    );
                }
            }
        }
        "contentType" => {
            let text = node.text().unwrap_or_default();
            let value = if text == "json" { "application/json" } else { text };
            step.expect.headers.insert("content-type".to_owned(), Template::literal(value));
        }
        "hasHeader" => {
            step.expect.headers.insert(node.text().unwrap_or_default().to_ascii_lowercase(), Template::literal(""));
        }
        "headerEquals" if node.items().len() == 2 => {
            let text = |place: usize| node.items()[place].text().unwrap_or_default();
            let value = words.template(text(1), draft, &element, node.line);
            step.expect.headers.insert(text(0).to_ascii_lowercase(), value);
        }
        "hasProperty" => match format!("$.{}", node.text().unwrap_or_default()).parse() {
            Ok(path) => step.expect.json.push(ExpectJson { path, is: None }),
            Err(why) => {
                return draft.taking.not(
                    format!("expect.hasProperty of {element}"),
                    node.line,
                    why,
                    "set `expect.json`",
                );
            }
        },
        "matchesRegexp" => match node.text().unwrap_or_default().parse() {
            Ok(pattern) => step.expect.regex = Some(pattern),
            Err(why) => {
                return draft.taking.not(
                    format!("expect.matchesRegexp of {element}"),
                    node.line,
                    why,
                    "set `expect.regex`",
                );
            }
        },
        other => {
            return draft.taking.not(
                format!("expect.{other} of {element}"),
                node.line,
                "a plan cannot expect that",
                "use `expect` with a status, a text, an expression or a JSON path",
            );
        }
    }
    draft.taking.took();
}

/// `x`, `!x`, `x == y`, with names as Artillery writes them.
pub(super) fn condition(text: &str, words: &Words) -> Option<Condition> {
    let name = |side: &str| {
        let side = side.trim();
        let plain = !side.is_empty() && side.chars().all(|c| c.is_alphanumeric() || c == '_');
        let value = side.trim_matches(['"', '\'']);
        if value != side || value.parse::<f64>().is_ok() || matches!(value, "true" | "false") {
            Some(value.to_owned())
        } else {
            plain.then(|| words.columns.get(side).cloned().unwrap_or_else(|| draft::variable(side)))
        }
    };
    for operator in ["==", "!="] {
        if let Some((left, right)) = text.split_once(operator) {
            return format!(
                "{} {operator} {}",
                name(left.trim_end_matches('='))?,
                name(right.trim_start_matches('='))?
            )
            .parse()
            .ok();
        }
    }
    match text.trim().strip_prefix('!') {
        Some(negated) => format!("!{}", name(negated)?).parse().ok(),
        None => name(text)?.parse().ok(),
    }
}
