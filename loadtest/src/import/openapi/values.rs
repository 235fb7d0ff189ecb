//! Values of a description: examples, defaults, and the first of those that are allowed.

use std::collections::BTreeMap;

use super::{Api, missing};
use crate::import::draft::Draft;
use crate::import::har::literal;
use crate::import::tree::Node;
use crate::plan::JsonTemplate;
use crate::plan::words::Template;

/// Deeper bodies than this are filled in by hand.
const DEEPEST: usize = 8;

/// The value of a parameter, as a text.
pub(super) fn of_parameter<'n>(api: &Api<'n>, parameter: &'n Node) -> Option<String> {
    let own = example(api, parameter);
    let found = own.or_else(|| {
        parameter.get("schema").and_then(|schema| api.resolved(schema)).and_then(|schema| example(api, schema))
    })?;
    let items: Vec<_> = found.one_or_more().iter().filter_map(Node::text).collect();
    (!items.is_empty()).then(|| items.join(","))
}

/// What a node says of its value: an example, a default, or the first of an enumeration.
fn example<'n>(api: &Api<'n>, node: &'n Node) -> Option<&'n Node> {
    let named = || {
        let first = node.get("examples")?;
        match first.members().first() {
            Some(member) => api.resolved(&member.node)?.get("value"),
            None => first.items().first(),
        }
    };
    let first = |key| node.get(key).and_then(|all: &Node| all.items().first());
    node.get("example")
        .or_else(named)
        .or_else(|| node.get("default"))
        .or_else(|| node.get("const"))
        .or_else(|| first("enum"))
}

/// The JSON of a kind of content: its example, or one made of its schema.
pub(super) fn of_media<'n>(api: &Api<'n>, media: &'n Node, draft: &mut Draft, shown: &str) -> Option<JsonTemplate> {
    match example(api, media) {
        Some(example) => Some(literal(example.to_json())),
        None => media.get("schema").and_then(|schema| body(api, schema, draft, shown)),
    }
}

/// JSON by a schema.
pub(super) fn body<'n>(api: &Api<'n>, schema: &'n Node, draft: &mut Draft, shown: &str) -> Option<JsonTemplate> {
    value(api, schema, draft, shown, "body", 0)
}

fn value<'n>(
    api: &Api<'n>,
    schema: &'n Node,
    draft: &mut Draft,
    shown: &str,
    name: &str,
    depth: usize,
) -> Option<JsonTemplate> {
    let Some(schema) = api.resolved(schema).filter(|_| depth < DEEPEST) else {
        let why = "its schema is in another file, or has no end";
        draft.taking.not(format!("{name} of {shown}"), schema.line, why, "write it in the step");
        return None;
    };
    if let Some(example) = example(api, schema) {
        return Some(literal(example.to_json()));
    }
    let mut parts: Vec<&Node> =
        schema.get("allOf").map_or(&[][..], Node::items).iter().filter_map(|part| api.resolved(part)).collect();
    parts.push(schema);
    for choice in ["oneOf", "anyOf"] {
        parts.extend(
            schema.get(choice).and_then(|choices| choices.items().first()).and_then(|first| api.resolved(first)),
        );
    }
    let properties = parts.iter().flat_map(|part| part.get("properties").map_or(&[][..], Node::members));
    let required: Vec<_> = parts
        .iter()
        .flat_map(|part| part.get("required").map_or(&[][..], Node::items))
        .filter_map(Node::text)
        .collect();
    let mut members = BTreeMap::new();
    for property in properties {
        let known = api.resolved(&property.node).is_some_and(|schema| example(api, schema).is_some());
        let read_only = property.node.text_at("readOnly") == Some("true");
        if !read_only && (known || required.contains(&property.key.as_str())) {
            let made = value(api, &property.node, draft, shown, &property.key, depth + 1);
            members.extend(made.map(|made| (property.key.clone(), made)));
        }
    }
    let is_object = parts.iter().any(|part| part.text_at("type") == Some("object") || part.get("properties").is_some());
    if is_object {
        return Some(JsonTemplate::Object(members));
    }
    match schema.text_at("type") {
        Some("array") => {
            let item = schema.get("items").and_then(|items| value(api, items, draft, shown, name, depth + 1));
            Some(JsonTemplate::List(item.into_iter().collect()))
        }
        Some("boolean") => Some(JsonTemplate::Plain(true.into())),
        _ => Some(JsonTemplate::Text(missing(draft, name, &format!("{name} of {shown}"), schema.line))),
    }
}

/// An object of texts as a form.
pub(super) fn form(json: JsonTemplate) -> Option<BTreeMap<String, Template>> {
    let JsonTemplate::Object(members) = json else { return None };
    let text = |value: JsonTemplate| match value {
        JsonTemplate::Text(text) => text,
        JsonTemplate::Plain(plain) => Template::literal(plain.to_string()),
        JsonTemplate::List(_) | JsonTemplate::Object(_) => Template::literal(""),
    };
    Some(members.into_iter().map(|(name, value)| (name, text(value))).collect())
}
