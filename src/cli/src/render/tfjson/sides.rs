//! A resource's values as Terraform tells them: what is known, what is not yet, and what nobody may see.

use infra_engine::model::{HIDDEN, Reference};
use serde_json::{Map, Value, json};

use super::super::picture::Side;
use super::names::Named;

/// A resource before or after, in three parallel shapes.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Told {
    /// What is known; null where there is no resource.
    pub value: Value,
    /// `true` where a value will be known later.
    pub unknown: Value,
    /// `true` where a value is a secret.
    pub sensitive: Value,
}

impl Told {
    /// Where there is no resource.
    pub fn nothing() -> Told {
        Told { value: Value::Null, unknown: json!({}), sensitive: Value::Bool(false) }
    }
}

/// Tells a side.
pub(super) fn tell(side: &Side, names: &Named) -> Told {
    let Side { id, definition, outputs, tags } = side;
    let (mut value, mut unknown, mut sensitive) = (Map::new(), Map::new(), Map::new());
    let fields = definition.as_object().into_iter().flatten();
    for (field, inner) in fields {
        let attribute = names.attribute(field).to_owned();
        let (known, later, secret) = part(inner);
        if let Some(known) = known {
            let known = if names.is_text(field) { as_text(known) } else { known };
            value.insert(attribute.clone(), known);
        }
        // A text that is not known in one place is not known at all.
        let later = later.map(|later| if names.is_text(field) { Value::Bool(true) } else { later });
        if names.is_text(field) && later.is_some() {
            value.remove(&attribute);
        }
        unknown.extend(later.map(|later| (attribute.clone(), later)));
        sensitive.extend(secret.map(|secret| (attribute, secret)));
    }
    let id = std::iter::once(("id", id));
    let outputs = outputs.iter().map(|(name, value)| (name.as_str(), value));
    for (name, known) in id.chain(outputs) {
        if value.contains_key(name) {
            continue;
        }
        match known {
            Some(known) => value.insert(name.to_owned(), json!(known)),
            None => unknown.insert(name.to_owned(), Value::Bool(true)),
        };
    }
    if !tags.is_empty() {
        value.insert("tags".to_owned(), json!(tags));
        value.insert("tags_all".to_owned(), json!(tags));
    }
    Told { value: value.into(), unknown: unknown.into(), sensitive: sensitive.into() }
}

type Part = (Option<Value>, Option<Value>, Option<Value>);

/// What is known of a value, what is not, what is secret; each `None` where there is nothing of it.
fn part(value: &Value) -> Part {
    if Reference::in_value(value).is_some() {
        return (None, Some(Value::Bool(true)), None);
    }
    match value {
        Value::String(text) if text == HIDDEN => (Some(value.clone()), None, Some(Value::Bool(true))),
        Value::Object(map) => {
            let (mut known, mut later, mut secret) = (Map::new(), Map::new(), Map::new());
            for (key, inner) in map {
                let (is, will_be, hidden) = part(inner);
                known.extend(is.map(|is| (key.clone(), is)));
                later.extend(will_be.map(|will_be| (key.clone(), will_be)));
                secret.extend(hidden.map(|hidden| (key.clone(), hidden)));
            }
            let some = |map: Map<String, Value>| (!map.is_empty()).then_some(Value::Object(map));
            (Some(known.into()), some(later), some(secret))
        }
        Value::Array(items) => {
            let parts: Vec<Part> = items.iter().map(part).collect();
            let known = parts.iter().map(|(known, _, _)| known.clone().unwrap_or(Value::Null)).collect();
            let mask = |of: fn(&Part) -> &Option<Value>| {
                let masks: Vec<Value> =
                    parts.iter().map(|part| of(part).clone().unwrap_or(Value::Bool(false))).collect();
                parts.iter().any(|part| of(part).is_some()).then_some(Value::Array(masks))
            };
            (Some(Value::Array(known)), mask(|part| &part.1), mask(|part| &part.2))
        }
        plain => (Some(plain.clone()), None, None),
    }
}

/// Documents in JSON are texts to Terraform.
fn as_text(value: Value) -> Value {
    match value {
        Value::Null | Value::String(_) => value,
        other => Value::String(other.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(kind: &str, definition: Value) -> Told {
        tell(&Side { definition, ..Side::default() }, &Named::of(kind))
    }

    #[test]
    fn what_terraform_names_bears_its_name_and_the_rest_keeps_ours() {
        let told = told("ec2/vpc", json!({"cidr": "10.0.0.0/16", "dns_support": true, "other": 1}));
        assert_eq!(told.value, json!({"cidr_block": "10.0.0.0/16", "enable_dns_support": true, "other": 1}));
        assert_eq!(told.unknown, json!({"id": true}));
    }

    #[test]
    fn unknown_and_secret_values_are_masked_where_they_stand() {
        let reference = json!({"$ref": "network.vpc", "output": "id"});
        let told = told("x/y", json!({"list": ["a", reference], "deep": {"token": HIDDEN, "port": 1}}));
        assert_eq!(told.value, json!({"list": ["a", null], "deep": {"token": HIDDEN, "port": 1}}));
        assert_eq!(told.unknown, json!({"list": [false, true], "id": true}));
        assert_eq!(told.sensitive, json!({"deep": {"token": true}}));
    }

    #[test]
    fn a_document_is_a_text_and_unknown_as_a_whole() {
        let known = told("iam/role", json!({"trust": {"Version": "2012-10-17"}}));
        assert_eq!(known.value["assume_role_policy"], json!("{\"Version\":\"2012-10-17\"}"));
        let reference = json!({"$ref": "cluster.logs", "output": "arn"});
        let unknown = told("iam/role", json!({"trust": {"Resource": reference}}));
        assert_eq!(unknown.value, json!({}));
        assert_eq!(unknown.unknown["assume_role_policy"], json!(true));
    }
}
