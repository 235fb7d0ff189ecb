//! New values that were asked for: whether they can be made, who hands them over, and what changes with them. Pure.

use std::collections::BTreeSet;

use serde_json::Value;

use super::change::{Cause, FieldChange, Side};
use super::options::Options;
use super::selection::selects;
use crate::graph::Graph;
use crate::live::{HandOver, Live, Registry};
use crate::model::{Address, Definition, Document, HIDDEN, Path, Reference, Shape};

/// Whether a new value was asked for, and why it cannot be made. A stack's name asks for those in it that can.
pub(super) fn asked(
    definition: &Definition,
    live: &Live,
    registry: &Registry,
    options: &Options,
) -> Option<Result<(), String>> {
    let Definition { address, schema, .. } = definition;
    let kind = registry.kind(schema.kind).filter(|_| selects(&options.rotate, address, schema.kind))?;
    let by_name = options.rotate.contains(&address.to_string());
    match kind.rotates() {
        Some(_) => Some(kind.cannot_rotate(live).map_or(Ok(()), Err)),
        None => by_name.then(|| Err(format!("a {} has no value that could be made anew", schema.kind))),
    }
}

/// Who hands a new value over: what sends it on, if anything does.
pub(super) fn hand_over(rotated: &Address, graph: &Graph, registry: &Registry) -> HandOver {
    let sent = |definition: &Definition| sends(definition, registry).any(|(_, address)| address == *rotated);
    if graph.definitions().iter().any(sent) { HandOver::WhenSent } else { HandOver::AtOnce }
}

/// The fields that send on a value, each with whose it is.
pub(super) fn sends<'a>(
    definition: &'a Definition,
    registry: &Registry,
) -> impl Iterator<Item = (&'static str, Address)> + use<'a> {
    let fields = registry.kind(definition.schema.kind).map(|kind| kind.sends()).unwrap_or_default();
    fields.iter().filter_map(|field| Some((*field, reference_in(definition.document.field(field)?)?.address)))
}

/// Everything that is given a value by its version, and everything that needs such a one.
pub(super) fn users(graph: &Graph, registry: &Registry, secret: &Address) -> BTreeSet<Address> {
    let renews = |definition: &Definition| registry.kind(definition.schema.kind).map(|kind| kind.renews());
    let definitions = graph.definitions();
    let renewed =
        definitions.iter().find(|definition| definition.address == *secret).and_then(renews).unwrap_or_default();
    let mut users = BTreeSet::new();
    for definition in definitions {
        let is_renewed =
            |reference: &Reference| reference.address == *secret && renewed.contains(&reference.output.as_str());
        let given = definition.document.references().iter().any(|(_, reference)| is_renewed(reference));
        if given || graph.needs(&definition.address).any(|edge| users.contains(&edge.to)) {
            users.insert(definition.address.clone());
        }
    }
    users
}

/// The reference that a field is, or has in one of its parts.
fn reference_in(value: &Value) -> Option<Reference> {
    let part = || value.as_object()?.values().find_map(Reference::in_value);
    Reference::in_value(value).or_else(part)
}

/// What a field says that refers to something, by itself or in one of its parts.
fn text_in(value: &Value) -> Option<&str> {
    let part = || value.as_object()?.values().find_map(Value::as_str);
    value.as_str().or_else(part)
}

/// The value itself, of which nothing is shown.
pub(super) fn of_value(field: &'static str) -> FieldChange {
    let side = || Side::Value(Value::from(HIDDEN));
    let (before, after) = (side(), side());
    FieldChange { path: Path::field(field), before, after, cause: Cause::Code, replaces: false, shape: Shape::Secret }
}

/// What sends a value on that is made anew: the same reference, and another value behind it.
pub(super) fn of_sender(field: &'static str, rotated: &Address, document: &Document) -> FieldChange {
    let value = document.field(field).and_then(text_in).unwrap_or_default().to_owned();
    let after = Side::Value(Value::from(format!("{value} (its new value)")));
    let (path, cause) = (Path::field(field), Cause::Follows(rotated.clone()));
    FieldChange { path, before: Side::Value(value.into()), after, cause, replaces: false, shape: Shape::Plain }
}
