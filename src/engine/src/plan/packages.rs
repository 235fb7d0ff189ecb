//! Which packages must have been made before a plan. Pure.

use std::collections::BTreeSet;

use super::options::{Goal, Options};
use super::selection::Selection;
use crate::graph::Graph;

/// The names of the packages that the chosen definitions refer to. What is to go needs none.
pub fn packages(graph: &Graph, options: &Options) -> BTreeSet<String> {
    if options.goal == Goal::Destroy {
        return BTreeSet::new();
    }
    let selection = Selection::new(graph, options);
    let chosen =
        graph.definitions().iter().filter(|definition| selection.covers(&definition.address, definition.schema.kind));
    let references = chosen.flat_map(|definition| definition.document.references());
    references.filter_map(|(_, reference)| reference.package().map(str::to_owned)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Definition, Document, Owner};
    use crate::testing::SCHEMA;
    use serde_json::json;

    fn definition(address: &str, value: serde_json::Value) -> Definition {
        Definition {
            address: address.parse().unwrap(),
            schema: &SCHEMA,
            document: Document::from_value(value),
            renamed_from: Vec::new(),
            protected: false,
        }
    }

    #[test]
    fn only_what_a_plan_is_about_needs_its_packages() {
        let code = json!({"code": {"$ref": "package.code", "output": "digest"}});
        let definitions = vec![definition("test.function", code), definition("network.vpc", json!({"name": "vpc"}))];
        let graph = Graph::build(definitions).unwrap();
        let owner = Owner { project: "shop".into(), environment: "test".into() };
        let of = |options: &Options| packages(&graph, options).into_iter().collect::<Vec<_>>();

        let all = Options::converge(owner.clone());
        assert_eq!(of(&all), ["code"]);
        assert_eq!(of(&Options { target: vec!["network".into()], ..all.clone() }), [""; 0]);
        assert_eq!(of(&Options { exclude: vec!["test".into()], ..all }), [""; 0]);
        assert_eq!(of(&Options::destroy(owner)), [""; 0]);
    }

    #[test]
    fn a_package_that_has_been_made_is_known_in_the_graph() {
        let code = json!({"code": {"$ref": "package.code", "output": "digest"}});
        let graph = Graph::build(vec![definition("test.function", code)]).unwrap();
        let known = graph.resolved(&|reference| reference.package().map(|name| format!("{name} {}", reference.output)));
        assert_eq!(known.definitions()[0].document.value(), &json!({"code": "code digest"}));
    }
}
