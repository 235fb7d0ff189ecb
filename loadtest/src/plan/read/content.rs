//! Reads what a request sends.

use serde_json::{Number, Value};
use toml::de::DeValue;

use super::super::toml::Item;
use super::super::{Content, JsonTemplate, Part};
use super::scope::Scope;
use super::shown;
use super::step::values;

/// Reads what is sent, in the form whose key it stands under.
pub(super) fn content<'t>(form: &str, item: &Item<'t, 't>, scope: &Scope<'t>) -> Option<Content> {
    match form {
        "json" => json(item, scope).map(Content::Json),
        "form" => values(item, scope).map(Content::Form),
        "multipart" => {
            let parts =
                item.fields()?.all().into_iter().map(|(name, _, item)| Some((name.to_owned(), part(&item, scope)?)));
            parts.collect::<Vec<_>>().into_iter().collect::<Option<_>>().map(Content::Multipart)
        }
        _ => scope.template(item).map(Content::Body),
    }
}

fn json<'t>(item: &Item<'t, 't>, scope: &Scope<'t>) -> Option<JsonTemplate> {
    match item.value() {
        DeValue::String(_) => scope.template(item).map(JsonTemplate::Text),
        DeValue::Boolean(yes) => Some(JsonTemplate::Plain(Value::Bool(*yes))),
        DeValue::Integer(_) => item.number(i64::MIN..=i64::MAX).map(|number| JsonTemplate::Plain(number.into())),
        DeValue::Float(_) => {
            let number = item.number(f64::MIN..=f64::MAX).and_then(Number::from_f64);
            number.map(|number| JsonTemplate::Plain(Value::Number(number)))
        }
        DeValue::Datetime(date) => {
            item.wrong("JSON has no dates", format!("write it in quotes: \"{date}\""));
            None
        }
        DeValue::Array(_) => {
            let items: Vec<_> = item.list()?.iter().map(|item| json(item, scope)).collect();
            items.into_iter().collect::<Option<_>>().map(JsonTemplate::List)
        }
        DeValue::Table(_) => {
            let members =
                item.fields()?.all().into_iter().map(|(name, _, item)| Some((name.to_owned(), json(&item, scope)?)));
            members.collect::<Vec<_>>().into_iter().collect::<Option<_>>().map(JsonTemplate::Object)
        }
    }
}

fn part<'t>(item: &Item<'t, 't>, scope: &Scope<'t>) -> Option<Part> {
    if item.value().as_table().is_none() {
        return scope.value(item).map(Part::Text);
    }
    let fields = item.fields()?;
    let file = fields.need("file", "say which: `file = \"photo.jpg\"`").and_then(|item| shown(&item));
    let media = fields.get("type").map_or(Some(None), |item| shown(&item).map(Some));
    fields.finish();
    Some(Part::File { file: file?, media: media? })
}
