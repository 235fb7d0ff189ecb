//! What is wrong with the definitions themselves, before anything is read.

use infra_engine::check::check;
use infra_engine::graph::Graph;
use infra_engine::model::Definition;
use infra_testkit::cloud::ModelCloud;
use infra_testkit::cloud::kinds::{Gate, Network, Rules};
use infra_testkit::session::definitions;

/// A gate with so many sets of rules.
fn gate_with_rules(sets: usize) -> Vec<Definition> {
    definitions(|platform| {
        let stack = &mut platform.stack("edge");
        let network = stack.add("network", Network { range: "10.0.0.0/16".into(), peer: None, names: false });
        let gate = Gate { name: "gate".into(), network: network.id(), segments: [].into(), sign: None, width: 0 };
        let gate = stack.add("gate", gate);
        for number in 0..sets {
            stack.add(format!("rules-{number}"), Rules { gate: gate.id(), ports: [80].into(), callers: [].into() });
        }
    })
}

fn codes(sets: usize) -> Vec<(String, &'static str)> {
    let registry = ModelCloud::new().registry();
    let graph = Graph::build(gate_with_rules(sets)).expect("nothing dangles");
    let findings = check(&graph, &registry).into_iter();
    findings.map(|finding| (finding.address.to_string(), finding.violation.code)).collect()
}

#[test]
fn two_definitions_of_one_thing_are_refused_although_only_references_name_it() {
    assert_eq!(codes(1), []);
    assert_eq!(codes(2), [("edge.rules-1".to_owned(), "E01")]);
}
