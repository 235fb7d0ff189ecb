//! The part of a script that says how much is asked, and what must hold.

use std::time::Duration;

use super::text::Words;
use crate::import::draft::{Draft, unique, word};
use crate::import::levels::{Level, bound, milliseconds, schedule, threshold, time};
use crate::import::tree::{Node, Value};
use crate::plan::words::{Limit, Measure, Statistic};
use crate::plan::{Bound, Data, LoadPlan, Model, Order};

/// Reads `config`.
pub(super) fn read(config: &Node, draft: &mut Draft, words: &mut Words) {
    for member in config.members() {
        let node = &member.node;
        match member.key.as_str() {
            "target" => target(node, draft, words),
            "phases" => phases(node, draft),
            "http" => http(node, draft),
            "payload" => node.one_or_more().iter().for_each(|payload| self::payload(payload, draft, words)),
            "variables" => variables(node, draft, words),
            "defaults" => defaults(node, draft, words),
            "ensure" => ensure(node, draft),
            "plugins" => plugins(node, draft),
            "processor" => draft.taking.not(
                "config.processor",
                member.line,
                "it is JavaScript, and needs code",
                "write what it does as a Rust `Scenario`",
            ),
            "environments" => draft.taking.not(
                "config.environments",
                member.line,
                "a plan is of one environment",
                "say another address with --target, and make a plan of each other difference",
            ),
            "tls" => draft.taking.not(
                "config.tls",
                member.line,
                "certificates are always checked",
                "put the authority's certificate where the system looks for it",
            ),
            other => draft.taking.not(
                format!("config.{other}"),
                member.line,
                "a plan has nothing like it",
                "see what it does",
            ),
        }
    }
}

fn target(node: &Node, draft: &mut Draft, words: &Words) {
    let text = node.text().unwrap_or_default();
    let fixed = words.template(text, draft, "config.target", node.line);
    match fixed.plain() {
        Some(address) if address.starts_with("http://") || address.starts_with("https://") => {
            draft.plan.target = Some(address.trim_end_matches('/').to_owned());
            draft.taking.took();
        }
        _ => draft.taking.not(
            "config.target",
            node.line,
            "it is no address that is known before the run",
            "say it with --target",
        ),
    }
}

fn seconds(node: &Node) -> Option<Duration> {
    time(node.text()?)
}

fn phases(node: &Node, draft: &mut Draft) {
    let mut levels = Vec::new();
    let mut most = None;
    for phase in node.items() {
        let element = phase.text_at("name").map_or_else(|| "phase".to_owned(), |name| format!("phase \"{name}\""));
        if let Some(pause) = phase.get("pause").and_then(seconds) {
            levels.push(Level { length: pause, from: 0.0, to: 0.0 });
            draft.taking.took();
            continue;
        }
        let length = phase.get("duration").and_then(seconds);
        let from = phase.number_at("arrivalRate");
        let counted = phase.number_at("arrivalCount").zip(length).map(|(count, length)| count / length.as_secs_f64());
        match (length, from.or(counted), phase.get("rampTo").map(Node::number)) {
            (Some(length), Some(from), None) => levels.push(Level { length, from, to: from }),
            (Some(length), from, Some(Some(to))) => levels.push(Level { length, from: from.unwrap_or(0.0), to }),
            _ => {
                draft.taking.not(
                    element,
                    phase.line,
                    "its length or its rate is not known before the run",
                    "add it to `load.phases`",
                );
                continue;
            }
        }
        if let Some(users) = phase.number_at("maxVusers") {
            most = Some(most.map_or(users, |most: f64| most.max(users)));
        }
        draft.taking.took();
    }
    if let Some((rate, phases)) = schedule(&levels) {
        let in_flight = most.map_or(crate::plan::IN_FLIGHT, |most| most.clamp(1.0, 900.0) as u32);
        draft.plan.load = LoadPlan { model: Model::Open { rate, in_flight }, phases };
    }
}

fn http(node: &Node, draft: &mut Draft) {
    for member in node.members() {
        match member.key.as_str() {
            "timeout" => match seconds(&member.node) {
                Some(limit) => {
                    draft.plan.timeout.0 = limit;
                    draft.taking.took();
                }
                None => {
                    draft.taking.not("config.http.timeout", member.line, "it is no time", "set `timeout` of the plan")
                }
            },
            // Cookies are kept for each user, and there is a connection for each anyway.
            "cookieJarOptions" | "pool" | "maxSockets" => draft.taking.took(),
            other => draft.taking.not(
                format!("config.http.{other}"),
                member.line,
                "a plan does not say how connections are made",
                "see what it does",
            ),
        }
    }
}

fn payload(node: &Node, draft: &mut Draft, words: &mut Words) {
    let Some(path) = node.text_at("path") else {
        return draft.taking.not("config.payload", node.line, "it has no path", "add the file under [data]");
    };
    let stem = path.rsplit(['/', '\\']).next().unwrap_or(path);
    let mut used = draft.plan.data.keys().cloned().collect();
    let name = unique(&mut used, &word(stem.rsplit_once('.').map_or(stem, |(stem, _)| stem)), "data");
    let columns: Vec<_> =
        node.get("fields").map_or(&[][..], Node::items).iter().filter_map(Node::text).map(str::to_owned).collect();
    for column in &columns {
        words.columns.insert(column.clone(), format!("${{{name}.{column}}}"));
    }
    let element = format!("payload {path}");
    let header = node.text_at("skipHeader") == Some("true");
    if header {
        let why = "the first row is left out, so that the columns' names are read from it";
        draft.taking.not(element.clone(), node.line, why, "see that the first row has the names that the plan uses");
    }
    if node.text_at("delimiter").is_some_and(|separator| separator != ",") {
        draft.taking.not(
            element.clone(),
            node.line,
            "values of a row are separated by commas",
            format!("write {path} again with commas"),
        );
    }
    if let Some(all) = node.text_at("name") {
        let instead = format!("write `${{{name}.COLUMN}}` where {all} is used");
        draft.taking.not(element, node.line, "an iteration has one row, not all of them", instead);
    }
    let order = if node.text_at("order") == Some("sequence") { Order::Round } else { Order::Random };
    draft
        .plan
        .data
        .insert(name, Data { file: path.to_owned(), columns: if header { Vec::new() } else { columns }, order });
    draft.taking.took();
}

fn variables(node: &Node, draft: &mut Draft, words: &Words) {
    for member in node.members() {
        let values = member.node.one_or_more();
        if values.len() > 1 {
            let why = format!("a variable has one value, and this has {}", values.len());
            let instead = "the first was put; write them into a file under [data] with `order = \"random\"`";
            draft.taking.not(format!("config.variables.{}", member.key), member.line, why, instead);
        }
        if let Some(text) = values.first().and_then(Node::text) {
            let value = words.template(text, draft, &format!("config.variables.{}", member.key), member.line);
            draft.variable(&member.key, value, member.line);
            draft.taking.took();
        }
    }
}

fn defaults(node: &Node, draft: &mut Draft, words: &Words) {
    if let Some(headers) = node.get("headers") {
        for (name, value) in words.pairs(headers, draft, "config.defaults.headers") {
            let kept = match name.to_ascii_lowercase().as_str() {
                "authorization" | "cookie" | "x-api-key" => {
                    draft.secret(&name, value, &format!("header {name}"), headers.line)
                }
                _ => value,
            };
            draft.plan.headers.insert(name.to_ascii_lowercase(), kept);
        }
        draft.taking.took();
    }
}

fn plugins(node: &Node, draft: &mut Draft) {
    for member in node.members() {
        match member.key.as_str() {
            "ensure" => ensure(&member.node, draft),
            // Steps expect by themselves, and the report has each of them.
            "expect" | "metrics-by-endpoint" => draft.taking.took(),
            other => {
                draft.taking.not(format!("plugin {other}"), member.line, "a plan has no plugins", "see what it does")
            }
        }
    }
}

/// What must hold: `thresholds`, `conditions`, and the short names of old.
fn ensure(node: &Node, draft: &mut Draft) {
    for member in node.members() {
        match member.key.as_str() {
            "thresholds" => {
                for limit in member.node.items().iter().flat_map(Node::members) {
                    put(draft, &limit.key, &format!("< {}", limit.node.text().unwrap_or_default()), limit.line);
                }
            }
            "conditions" => {
                for condition in member.node.items() {
                    let expression = condition.text_at("expression").or(condition.text()).unwrap_or_default();
                    for part in expression.split(" and ") {
                        let place = part.find(['<', '>']).unwrap_or(part.len());
                        put(draft, part[..place].trim(), &part[place..], condition.line);
                    }
                }
            }
            "maxErrorRate" => match member.node.number().filter(|percent| (0.0..=100.0).contains(percent)) {
                Some(percent) => {
                    let limit = Bound::Under(Limit::Share(percent / 100.0));
                    draft.plan.threshold.push(threshold(Measure::Errors, Statistic::Rate, limit));
                    draft.taking.took();
                }
                None => {
                    draft.taking.not("ensure.maxErrorRate", member.line, "it is no percentage", "write a [[threshold]]")
                }
            },
            _ if matches!(member.node.value, Value::Number(_)) => {
                let limit = format!("< {}", member.node.text().unwrap_or_default());
                put(draft, &format!("http.response_time.{}", member.key), &limit, member.line);
            }
            other => draft.taking.not(
                format!("ensure.{other}"),
                member.line,
                "it is not understood",
                "write a [[threshold]]",
            ),
        }
    }
}

fn put(draft: &mut Draft, metric: &str, limit: &str, line: usize) {
    let found = metric.strip_prefix("http.response_time.").and_then(|statistic| {
        let at: Statistic = if statistic == "p999" { "p99.9" } else { statistic }.parse().ok()?;
        Some((Measure::Latency, at, bound(limit, milliseconds)?))
    });
    match found {
        Some((measure, at, bound)) => {
            draft.plan.threshold.push(threshold(measure, at, bound));
            draft.taking.took();
        }
        None => {
            let why = "of these only limits of `http.response_time` are known";
            draft.taking.not(format!("ensure {metric} {}", limit.trim()), line, why, "write a [[threshold]] for it");
        }
    }
}
