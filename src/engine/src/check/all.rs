//! Every rule over every definition. Pure.

use std::collections::BTreeMap;

use super::rule::{Finding, RuleText, Severity, Violation};
use super::surroundings::Surroundings;
use crate::graph::Graph;
use crate::live::{Registry, natural_key};
use crate::model::{Address, Definition};

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
    for definition in definitions {
        let Some(kind) = registry.kind(definition.schema.kind) else { continue };
        let around = Surroundings::new(definitions, &definition.address);
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
        let Some(key) = natural_key(definition.schema, &definition.document) else { continue };
        let Some(earlier) = bearers.insert((definition.schema.kind, key.clone()), &definition.address) else {
            continue;
        };
        let field = definition.schema.fields.iter().find(|field| field.key).map_or("name", |field| field.name);
        let wrong = format!("{earlier} has the same name");
        let violation = Violation {
            code: UNIQUE_NAMES.code,
            severity: UNIQUE_NAMES.severity,
            rule: UNIQUE_NAMES.says.to_owned(),
            ..Violation::of(field, key, wrong, "give one of them another name")
        };
        findings.push(Finding { address: definition.address.clone(), kind: definition.schema.kind, violation });
    }
    findings
}
