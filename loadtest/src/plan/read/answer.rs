//! Reads what is looked at in answers.

use toml::de::DeValue;

use super::super::taking::{PICKS, SOURCES};
use super::super::toml::{Fields, Item};
use super::super::words::Statuses;
use super::super::{Metric, Pick, Source, Take};
use super::known::{Known, among};
use super::scope::Scope;
use super::shown;

/// Reads what is kept of an answer.
pub(super) fn take<'t>(item: &Item<'t, 't>, scope: &Scope<'t>) -> Option<Take> {
    let fields = item.fields()?;
    let source = source(&fields);
    let pick = fields.get("pick").map_or(Some(Pick::default()), |item| item.choice(&PICKS));
    let default = fields.get("default").map_or(Some(None), |item| scope.value(&item).map(Some));
    fields.finish();
    Some(Take { source: source?, pick: pick?, default: default? })
}

/// Reads a metric.
pub(super) fn metric<'t>(item: &Item<'t, 't>, known: &Known<'t>) -> Option<Metric> {
    let fields = item.fields()?;
    let source = source(&fields);
    let step = fields.need("step", "say which step's answers have it: `step = \"cart\"`").and_then(|item| {
        let (name, there) = (item.text()?, known.step_names());
        if there.contains(&name) {
            return Some(name.to_owned());
        }
        item.wrong(format!("there is no step `{name}`"), among(name, &there));
        None
    });
    let unit = fields.get("unit").map_or(Some(None), |item| shown(&item).map(Some));
    fields.finish();
    Some(Metric { source: source?, step: step?, unit: unit? })
}

fn source(fields: &Fields<'_, '_>) -> Option<Source> {
    match fields.need_one(&SOURCES, "say where it is: `json = \"$.token\"`")? {
        ("json", item) => item.word().map(Source::Json),
        ("regex", item) => item.word().map(Source::Regex),
        ("header", item) => {
            let name = item.text()?;
            if hyper::header::HeaderName::from_bytes(name.as_bytes()).is_err() {
                item.wrong(format!("`{name}` is no header's name"), "write it as \"x-request-id\"");
                return None;
            }
            Some(Source::Header(name.to_owned()))
        }
        (_, item) => shown(&item).map(Source::Cookie),
    }
}

/// Reads the statuses that are good: one, or a list.
pub(super) fn statuses(item: &Item<'_, '_>) -> Option<Vec<Statuses>> {
    if item.value().as_array().is_none() {
        return status(item).map(|status| vec![status]);
    }
    let all: Vec<_> = item.list()?.iter().map(status).collect();
    all.into_iter().collect()
}

fn status(item: &Item<'_, '_>) -> Option<Statuses> {
    let status = match item.value() {
        DeValue::Integer(number) => number.as_str().parse().ok().and_then(Statuses::number),
        DeValue::String(text) => Statuses::word(text),
        _ => None,
    };
    if status.is_none() {
        item.wrong("it is no status", "write a number as 201, or all of a hundred as \"2xx\"");
    }
    status
}
