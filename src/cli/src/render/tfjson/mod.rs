//! A plan as Terraform writes its own (`terraform show -json`), for tools that read those: OPA and conftest, Checkov,
//! Infracost, the bots of pull requests.
//!
//! A stack is a module and a kind is a Terraform type ([`names`]). Values that Terraform calls by another name bear its
//! name; what it has no name for keeps ours. Secrets are masked, where Terraform prints them.

mod names;
mod sides;

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::picture::{Because, Picture, Pictured, Side};
use super::report::{Act, Report};
use names::Named;
use sides::{Told, tell};

/// The version of the form, as Terraform counts.
const FORMAT: &str = "1.2";

/// The version of the form of what is live.
const STATE_FORMAT: &str = "1.0";

/// Readers ask that a version is there, and some that it is not an old one.
const TERRAFORM: &str = "1.9.0";

const PROVIDER: &str = "hashicorp/aws";

/// A plan.
pub fn plan_tfjson(report: &Report, picture: &Picture, made: Timestamp) -> Value {
    let changes: Vec<Value> = picture.resources.iter().map(change).collect();
    let mut document = frame(picture, made);
    document.insert("resource_changes".into(), changes.into());
    document.insert("applyable".into(), (report.stops.is_empty() && !report.changes.is_empty()).into());
    document.insert(
        "infra".into(),
        json!({ "version": env!("CARGO_PKG_VERSION"), "owner": report.owner, "stops": report.stops, "notes": report.notes }),
    );
    document.into()
}

/// What has drifted, and nothing that is to be done about it: the plan that Terraform makes with `-refresh-only`.
pub fn drift_tfjson(picture: &Picture, made: Timestamp) -> Value {
    let mut document = frame(picture, made);
    document.insert("resource_changes".into(), json!([]));
    document.insert("applyable".into(), false.into());
    document.into()
}

/// What is live, as Terraform writes its state.
pub fn live_tfjson(picture: &Picture) -> Value {
    let befores = picture.resources.iter().filter_map(|resource| Some((resource, resource.before.as_ref()?)));
    json!({
        "format_version": STATE_FORMAT,
        "terraform_version": TERRAFORM,
        "values": { "outputs": {}, "root_module": root_module(befores) },
    })
}

/// What every plan has.
fn frame(picture: &Picture, made: Timestamp) -> Map<String, Value> {
    let resources = &picture.resources;
    // Readers join by address: of two at one address, the one that stays is told.
    let present = resources.iter().filter(|resource| !resource.retired);
    let afters = present.clone().filter_map(|resource| Some((resource, resource.after.as_ref()?)));
    let befores = present.filter_map(|resource| Some((resource, resource.before.as_ref()?)));
    let drift: Vec<Value> = resources.iter().filter_map(drift).collect();
    let Value::Object(frame) = json!({
        "format_version": FORMAT,
        "terraform_version": TERRAFORM,
        "planned_values": { "outputs": {}, "root_module": root_module(afters) },
        "resource_drift": drift,
        "resource_changes": [],
        "output_changes": {},
        "prior_state": {
            "format_version": STATE_FORMAT,
            "terraform_version": TERRAFORM,
            "values": { "outputs": {}, "root_module": root_module(befores) },
        },
        "configuration": configuration(picture),
        "relevant_attributes": [],
        "checks": [],
        "timestamp": made.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
        "complete": true,
        "errored": false,
    }) else {
        return Map::new();
    };
    frame
}

fn change(resource: &Pictured) -> Value {
    let place = Place::of(resource);
    let (before, after) = (side(resource, resource.before.as_ref()), side(resource, resource.after.as_ref()));
    let names = Named::of(&resource.kind);
    let mut change = json!({
        "actions": actions(resource.action),
        "before": before.value,
        "after": after.value,
        "after_unknown": after.unknown,
        "before_sensitive": before.sensitive,
        "after_sensitive": after.sensitive,
    });
    if !resource.replaces.is_empty() {
        let paths: Vec<Value> = resource.replaces.iter().map(|field| json!([names.attribute(field)])).collect();
        change["replace_paths"] = paths.into();
    }
    if let (true, Some(before)) = (resource.adopted, &resource.before) {
        change["importing"] = json!({ "id": before.id });
    }
    let mut told = place.head();
    if let Some(old) = &resource.renamed_from {
        told["previous_address"] = Place::at(old, &resource.kind).address.into();
    }
    if let (true, Some(id)) = (resource.retired, resource.before.as_ref().and_then(|side| side.id.as_ref())) {
        told["deposed"] = id.as_str().into();
    }
    if let Some(reason) = resource.because.and_then(|because| reason(because, resource.action)) {
        told["action_reason"] = reason.into();
    }
    told["change"] = change;
    told
}

/// What the world has done to a resource.
fn drift(resource: &Pictured) -> Option<Value> {
    let (was, is) = (side(resource, Some(resource.undrifted.as_ref()?)), side(resource, resource.before.as_ref()));
    let mut told = Place::of(resource).head();
    told["change"] = json!({
        "actions": ["update"],
        "before": was.value,
        "after": is.value,
        "after_unknown": {},
        "before_sensitive": was.sensitive,
        "after_sensitive": is.sensitive,
    });
    Some(told)
}

fn side(resource: &Pictured, side: Option<&Side>) -> Told {
    side.map_or_else(Told::nothing, |side| tell(side, &Named::of(&resource.kind)))
}

fn actions(action: Option<Act>) -> &'static [&'static str] {
    match action {
        None => &["no-op"],
        Some(Act::Create) => &["create"],
        Some(Act::Update) => &["update"],
        Some(Act::ReplaceCreateFirst | Act::Revise) => &["create", "delete"],
        Some(Act::ReplaceDestroyFirst) => &["delete", "create"],
        Some(Act::Delete) => &["delete"],
    }
}

fn reason(because: Because, action: Option<Act>) -> Option<&'static str> {
    match (because, action) {
        (Because::NotInCode, Some(Act::Delete)) => Some("delete_because_no_resource_config"),
        (Because::CannotUpdate, _) => Some("replace_because_cannot_update"),
        (Because::Broken, _) => Some("replace_because_tainted"),
        (Because::Requested, _) => Some("replace_by_request"),
        (Because::NotInCode, _) => None,
    }
}

/// The modules and the resources in them.
fn root_module<'a>(resources: impl Iterator<Item = (&'a Pictured, &'a Side)>) -> Value {
    let mut modules: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    for (resource, side) in resources {
        let place = Place::of(resource);
        let Told { value, sensitive, unknown: _ } = tell(side, &Named::of(&resource.kind));
        let told = json!({
            "address": place.address,
            "mode": "managed",
            "type": place.of_type,
            "name": place.name,
            "provider_name": PROVIDER,
            "schema_version": 0,
            "values": value,
            "sensitive_values": sensitive,
        });
        modules.entry(place.module).or_default().push(told);
    }
    let modules: Vec<Value> =
        modules.into_iter().map(|(address, resources)| json!({ "address": address, "resources": resources })).collect();
    json!({ "resources": [], "child_modules": modules })
}

/// The provider with its region, and which resources there are: readers join them by type and name.
fn configuration(picture: &Picture) -> Value {
    let mut calls: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    for resource in picture.resources.iter().filter(|resource| resource.after.is_some()) {
        let Place { stack, of_type, name, .. } = Place::of(resource);
        let told = json!({
            "address": format!("{of_type}.{name}"),
            "mode": "managed",
            "type": of_type,
            "name": name,
            "provider_config_key": "aws",
            "expressions": {},
            "schema_version": 0,
        });
        calls.entry(stack).or_default().push(told);
    }
    let calls: Map<String, Value> = calls
        .into_iter()
        .map(|(stack, resources)| {
            let source = format!("./stacks/{stack}");
            (stack, json!({ "source": source, "module": { "resources": resources } }))
        })
        .collect();
    json!({
        "provider_config": {
            "aws": {
                "name": "aws",
                "full_name": PROVIDER,
                "expressions": { "region": { "constant_value": picture.region } },
            },
        },
        "root_module": { "resources": [], "module_calls": calls },
    })
}

/// Where a resource is in Terraform's words.
struct Place {
    stack: String,
    module: String,
    of_type: String,
    name: String,
    address: String,
}

impl Place {
    fn of(resource: &Pictured) -> Place {
        Place::at(&resource.address, &resource.kind)
    }

    fn at(address: &str, kind: &str) -> Place {
        let (stack, name) = address.split_once('.').unwrap_or(("", address));
        let of_type = Named::of(kind).of_type;
        let module = format!("module.{stack}");
        let address = format!("{module}.{of_type}.{name}");
        Place { stack: stack.to_owned(), module, of_type, name: name.to_owned(), address }
    }

    fn head(&self) -> Value {
        let Place { stack: _, module, of_type, name, address } = self;
        json!({
            "address": address,
            "module_address": module,
            "mode": "managed",
            "type": of_type,
            "name": name,
            "provider_name": PROVIDER,
        })
    }
}

#[cfg(test)]
mod tests;
