//! What a request sends.

use std::borrow::Cow;
use std::collections::BTreeMap;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Serialize;

use super::words::Template;

/// What a request sends, in one of four forms.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Content {
    /// JSON, with the header that says so.
    Json(JsonTemplate),
    /// The fields of a form, with the header that says so.
    Form(BTreeMap<String, Template>),
    /// A text, as it is; its header is said by the step.
    Body(Template),
    /// The fields and files of a form, with the header that says so.
    Multipart(BTreeMap<String, Part>),
}

/// The keys of [`Content`].
pub(crate) const CONTENTS: [&str; 4] = ["json", "form", "body", "multipart"];

/// JSON whose texts are templates. A text that is one place and nothing else becomes what is filled in: a number that
/// was taken from JSON stays a number.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
pub enum JsonTemplate {
    /// A text.
    Text(Template),
    /// A number, or true or false.
    Plain(serde_json::Value),
    /// A list.
    List(Vec<JsonTemplate>),
    /// An object.
    Object(BTreeMap<String, JsonTemplate>),
}

impl JsonTemplate {
    /// Every template in it.
    pub fn templates(&self) -> Vec<&Template> {
        match self {
            JsonTemplate::Text(text) => vec![text],
            JsonTemplate::Plain(_) => Vec::new(),
            JsonTemplate::List(items) => items.iter().flat_map(JsonTemplate::templates).collect(),
            JsonTemplate::Object(members) => members.values().flat_map(JsonTemplate::templates).collect(),
        }
    }

    /// It with every template in place of what `fill` makes of it.
    pub fn filled<E>(&self, fill: &impl Fn(&Template) -> Result<serde_json::Value, E>) -> Result<serde_json::Value, E> {
        Ok(match self {
            JsonTemplate::Text(text) => fill(text)?,
            JsonTemplate::Plain(value) => value.clone(),
            JsonTemplate::List(items) => {
                serde_json::Value::Array(items.iter().map(|item| item.filled(fill)).collect::<Result<_, E>>()?)
            }
            JsonTemplate::Object(members) => {
                let filled = members.iter().map(|(name, value)| Ok((name.clone(), value.filled(fill)?)));
                serde_json::Value::Object(filled.collect::<Result<_, E>>()?)
            }
        })
    }
}

impl JsonSchema for JsonTemplate {
    fn schema_name() -> Cow<'static, str> {
        "JsonTemplate".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "description": "JSON; in its texts `${…}` is filled in." })
    }
}

/// A field of a form with several parts.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
#[serde(untagged)]
pub enum Part {
    /// A text.
    Text(Template),
    /// A file.
    File {
        /// Which, from the plan's folder.
        file: String,
        /// Its media type: `application/octet-stream`, unless said otherwise.
        #[serde(default, rename = "type", skip_serializing_if = "Option::is_none")]
        media: Option<String>,
    },
}
