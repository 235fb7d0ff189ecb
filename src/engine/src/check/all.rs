//! Every rule over every definition. Pure.

use std::collections::BTreeMap;
use std::rc::Rc;

use super::rule::{Finding, RuleText, Severity, Violation};
use super::surroundings::{Neighbours, Surroundings};
use crate::graph::Graph;
use crate::live::{Registry, natural_key};
use crate::model::{Address, Definition, Reference};

/// The rules that hold for every kind.
pub const COMMON_RULES: &[RuleText] = &[UNIQUE_NAMES];

const UNIQUE_NAMES: RuleText = RuleText {
    code: "E01",
    says: "two definitions of one kind have different natural names",
    source: "AWS tells resources of a kind apart by their names",
    severity: Severity::Error,
};

/// What the rules say against the definitions, in the order of addresses.
pub fn check(graph: &Graph, registry: &Registry) -> Vec<Finding> {
    let definitions = graph.definitions();
    let mut findings = same_names(definitions);
    let neighbours = Rc::new(Neighbours::of(definitions));
    for definition in definitions {
        let Some(kind) = registry.kind(definition.schema.kind) else { continue };
        let around = Surroundings::among(&neighbours, &definition.address);
        for violation in kind.check(&definition.document, &around) {
            findings.push(Finding { address: definition.address.clone(), kind: definition.schema.kind, violation });
        }
    }
    findings.sort_by(|left, right| (&left.address, left.violation.code).cmp(&(&right.address, right.violation.code)));
    findings
}

fn same_names(definitions: &[Definition]) -> Vec<Finding> {
    let mut bearers: BTreeMap<(&str, String), &Address> = BTreeMap::new();
    let mut findings = Vec::new();
    for definition in definitions {
        let Some(key) = name_in_code(definition) else { continue };
        let Some(earlier) = bearers.insert((definition.schema.kind, key.clone()), &definition.address) else {
            continue;
        };
        let keys: Vec<&str> =
            definition.schema.fields.iter().filter(|field| field.key).map(|field| field.name).collect();
        let field = keys.first().copied().unwrap_or("name");
        let refers =
            |name: &&str| definition.document.field(name).is_some_and(|one| Reference::in_value(one).is_some());
        let (wrong, way_out) = match keys.iter().all(refers) {
            true => (format!("{earlier} defines the same one"), "say all of it in one of the two"),
            false => (format!("{earlier} has the same name"), "give one of them another name"),
        };
        let violation = Violation {
            code: UNIQUE_NAMES.code,
            severity: UNIQUE_NAMES.severity,
            rule: UNIQUE_NAMES.says.to_owned(),
            ..Violation::of(field, key, wrong, way_out)
        };
        findings.push(Finding { address: definition.address.clone(), kind: definition.schema.kind, violation });
    }
    findings
}

/// The natural name as the code has it: two that refer to the same thing there have one name, whatever it will be.
fn name_in_code(definition: &Definition) -> Option<String> {
    let named = definition.document.resolve(&|reference: &Reference| Some(reference.to_string()));
    natural_key(definition.schema, &named)
}
