//! From definitions to a graph: references checked, everything in an order that respects them.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use super::edge::Edge;
use super::nearest::nearest;
use crate::model::{Address, Definition, Reference, Schema};

/// Definitions in an order in which everything comes after what it needs.
#[derive(Clone, Debug, Default)]
pub struct Graph {
    definitions: Vec<Definition>,
    edges: Vec<Edge>,
    /// Where a definition stands among them, by its address.
    places: BTreeMap<Address, usize>,
    /// Where the one stands that was at an address before it was renamed.
    renamed: BTreeMap<Address, usize>,
    /// The edges that begin at an address, and those that end there.
    from: BTreeMap<Address, Vec<usize>>,
    to: BTreeMap<Address, Vec<usize>>,
}

/// Something that is wrong with the definitions as a whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum GraphProblem {
    /// Two definitions have one address.
    Duplicate {
        /// The address.
        address: Address,
        /// The kinds of the two.
        kinds: (&'static str, &'static str),
    },
    /// A definition refers to one that is not there, or to an output that it does not have.
    Dangling {
        /// The definition.
        address: Address,
        /// The field.
        field: String,
        /// What it refers to.
        reference: Reference,
        /// The nearest that is there.
        nearest: Option<String>,
    },
    /// Definitions need each other in a circle.
    Cycle {
        /// The edges around the circle.
        edges: Vec<Edge>,
    },
    /// A definition says that it had the address of another one that is still there, or that two say they had.
    RenameClash {
        /// The definition.
        address: Address,
        /// The old address.
        from: Address,
    },
}

impl Graph {
    /// Joins definitions, or tells all that is wrong with them.
    pub fn build(definitions: Vec<Definition>) -> Result<Graph, Vec<GraphProblem>> {
        let mut problems = duplicates(&definitions);
        problems.extend(rename_clashes(&definitions));
        let (edges, dangling) = edges(&definitions);
        problems.extend(dangling);
        match sorted(&definitions, &edges) {
            Ok(order) if problems.is_empty() => Ok(Graph::of(order, edges)),
            Ok(_) => Err(problems),
            Err(edges) => {
                problems.push(GraphProblem::Cycle { edges });
                Err(problems)
            }
        }
    }

    fn of(definitions: Vec<Definition>, edges: Vec<Edge>) -> Graph {
        let placed = || definitions.iter().enumerate();
        let places = placed().map(|(place, one)| (one.address.clone(), place)).collect();
        let former = |(place, one): (usize, &Definition)| {
            one.renamed_from.iter().map(|from| (from.clone(), place)).collect::<Vec<_>>()
        };
        let renamed = placed().flat_map(former).collect();
        let mut graph = Graph { definitions, edges, places, renamed, from: BTreeMap::new(), to: BTreeMap::new() };
        for (index, Edge { from, to, .. }) in graph.edges.iter().enumerate() {
            graph.from.entry(from.clone()).or_default().push(index);
            graph.to.entry(to.clone()).or_default().push(index);
        }
        graph
    }

    /// The same with references filled in that are known before any plan: to packages that have been made.
    pub fn resolved(&self, known: &dyn Fn(&Reference) -> Option<String>) -> Graph {
        let mut resolved = self.clone();
        for definition in &mut resolved.definitions {
            definition.document = definition.document.resolve(known);
        }
        resolved
    }

    /// The definitions; each comes after what it needs.
    pub fn definitions(&self) -> &[Definition] {
        &self.definitions
    }

    /// Who needs whom, and why.
    pub fn edges(&self) -> impl Iterator<Item = &Edge> {
        self.edges.iter()
    }

    /// What a definition needs directly.
    pub fn needs<'a>(&'a self, address: &'a Address) -> impl Iterator<Item = &'a Edge> {
        self.at(&self.from, address)
    }

    fn at<'a>(
        &'a self,
        index: &'a BTreeMap<Address, Vec<usize>>,
        address: &Address,
    ) -> impl Iterator<Item = &'a Edge> + use<'a> {
        index.get(address).into_iter().flatten().map(|edge| &self.edges[*edge])
    }

    /// The definition at an address.
    pub fn definition(&self, address: &Address) -> Option<&Definition> {
        self.places.get(address).map(|place| &self.definitions[*place])
    }

    /// The definition that was at an address before it was renamed.
    pub fn renamed_from(&self, address: &Address) -> Option<&Definition> {
        self.renamed.get(address).map(|place| &self.definitions[*place])
    }

    /// The addresses given, and all that they need.
    pub fn with_needs(&self, addresses: impl IntoIterator<Item = Address>) -> BTreeSet<Address> {
        self.reach(addresses, |address| self.at(&self.from, address).map(|edge| &edge.to).collect())
    }

    /// The addresses given, and all that need them.
    pub fn with_dependents(&self, addresses: impl IntoIterator<Item = Address>) -> BTreeSet<Address> {
        self.reach(addresses, |address| self.at(&self.to, address).map(|edge| &edge.from).collect())
    }

    fn reach<'a>(
        &self,
        addresses: impl IntoIterator<Item = Address>,
        next: impl Fn(&Address) -> Vec<&'a Address>,
    ) -> BTreeSet<Address> {
        let mut reached: BTreeSet<Address> = addresses.into_iter().collect();
        let mut open: Vec<Address> = reached.iter().cloned().collect();
        while let Some(address) = open.pop() {
            for other in next(&address) {
                if reached.insert(other.clone()) {
                    open.push(other.clone());
                }
            }
        }
        reached
    }
}

fn duplicates(definitions: &[Definition]) -> Vec<GraphProblem> {
    let mut seen: BTreeMap<&Address, &'static str> = BTreeMap::new();
    let mut problems = Vec::new();
    for definition in definitions {
        if let Some(earlier) = seen.insert(&definition.address, definition.schema.kind) {
            let kinds = (earlier, definition.schema.kind);
            problems.push(GraphProblem::Duplicate { address: definition.address.clone(), kinds });
        }
    }
    problems
}

fn rename_clashes(definitions: &[Definition]) -> Vec<GraphProblem> {
    let mut taken: BTreeSet<&Address> = definitions.iter().map(|definition| &definition.address).collect();
    let mut problems = Vec::new();
    for definition in definitions {
        for from in &definition.renamed_from {
            if !taken.insert(from) {
                problems.push(GraphProblem::RenameClash { address: definition.address.clone(), from: from.clone() });
            }
        }
    }
    problems
}

fn edges(definitions: &[Definition]) -> (Vec<Edge>, Vec<GraphProblem>) {
    let mut of_kind: BTreeMap<&str, Vec<&Address>> = BTreeMap::new();
    for definition in definitions {
        of_kind.entry(definition.schema.kind).or_default().push(&definition.address);
    }
    let schemas: BTreeMap<&Address, &Schema> = definitions.iter().map(|d| (&d.address, d.schema)).collect();
    let mut edges = BTreeSet::new();
    let mut problems = Vec::new();
    for definition in definitions {
        for (path, reference) in definition.document.references() {
            match schemas.get(&reference.address) {
                // It is made before the plan, and needs nothing that a plan is about.
                None if reference.package().is_some() => {}
                Some(schema) if has_output(schema, &reference.output) => {
                    edges.insert(Edge {
                        from: definition.address.clone(),
                        to: reference.address.clone(),
                        why: format!("{path} is its {}", reference.output),
                    });
                }
                _ => problems.push(GraphProblem::Dangling {
                    address: definition.address.clone(),
                    field: path.to_string(),
                    nearest: nearest_output(&schemas, &reference),
                    reference,
                }),
            }
        }
        for kind in definition.schema.after {
            for other in of_kind.get(kind).into_iter().flatten() {
                edges.insert(Edge {
                    from: definition.address.clone(),
                    to: (*other).clone(),
                    why: format!("a {} comes after every {kind}", definition.schema.kind),
                });
            }
        }
    }
    (edges.into_iter().collect(), problems)
}

fn has_output(schema: &Schema, output: &str) -> bool {
    output == "id" || schema.outputs.iter().any(|known| known.name == output)
}

fn nearest_output(schemas: &BTreeMap<&Address, &Schema>, reference: &Reference) -> Option<String> {
    match schemas.get(&reference.address) {
        Some(schema) => {
            let outputs = schema.outputs.iter().map(|output| output.name).chain(["id"]);
            nearest(&reference.output, outputs).map(|output| format!("{}.{output}", reference.address))
        }
        None => {
            let addresses: Vec<String> = schemas.keys().map(ToString::to_string).collect();
            nearest(&reference.address.to_string(), addresses.iter().map(String::as_str)).map(str::to_owned)
        }
    }
}

/// The definitions sorted so that each comes after what it needs; among equals, as they were added. Or a circle.
fn sorted(definitions: &[Definition], edges: &[Edge]) -> Result<Vec<Definition>, Vec<Edge>> {
    let mut waiting: Vec<&Definition> = definitions.iter().collect();
    let mut done: BTreeSet<&Address> = BTreeSet::new();
    let mut order = Vec::with_capacity(definitions.len());
    let mut needs: BTreeMap<&Address, Vec<&Address>> = BTreeMap::new();
    for edge in edges {
        needs.entry(&edge.from).or_default().push(&edge.to);
    }
    while !waiting.is_empty() {
        let before = waiting.len();
        let mut left = Vec::new();
        for definition in waiting {
            let open = needs.get(&definition.address).is_some_and(|needs| needs.iter().any(|to| !done.contains(to)));
            if open {
                left.push(definition);
            } else {
                done.insert(&definition.address);
                order.push(definition.clone());
            }
        }
        if left.len() == before {
            return Err(cycle(&left, edges));
        }
        waiting = left;
    }
    Ok(order)
}

/// One circle among definitions of which each needs another of them.
fn cycle(stuck: &[&Definition], edges: &[Edge]) -> Vec<Edge> {
    let names: BTreeSet<&Address> = stuck.iter().map(|definition| &definition.address).collect();
    let next = |address: &Address| edges.iter().find(|edge| edge.from == *address && names.contains(&edge.to));
    let mut path: Vec<Edge> = Vec::new();
    let mut at = &stuck[0].address;
    while let Some(edge) = next(at) {
        if let Some(start) = path.iter().position(|earlier| earlier.from == edge.from) {
            return path.split_off(start);
        }
        path.push(edge.clone());
        at = &edge.to;
    }
    path
}

impl fmt::Display for GraphProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            GraphProblem::Duplicate { address, kinds: (first, second) } => write!(
                f,
                "{address}: two definitions have this address (a {first} and a {second}); give one of them another name"
            ),
            GraphProblem::Dangling { address, field, reference, nearest } => {
                write!(f, "{address}: `{field}` refers to {reference}, which is not defined")?;
                match nearest {
                    Some(nearest) => write!(f, "; did you mean {nearest}?"),
                    None => write!(f, "; add that definition, or refer to one that is there"),
                }
            }
            GraphProblem::Cycle { edges } => {
                write!(f, "these definitions need each other in a circle, so none can be made first:")?;
                for edge in edges {
                    write!(f, "\n  {} needs {} ({})", edge.from, edge.to, edge.why)?;
                }
                write!(f, "\nbreak the circle, for instance by a definition of its own for the part that refers back")
            }
            GraphProblem::RenameClash { address, from } => write!(
                f,
                "{address}: it cannot be renamed from {from}, because another definition has that address or was renamed from it"
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::model::Document;
    use crate::testing::{SCHEMA, definition, reference};

    fn define(name: &str, fields: Value) -> Definition {
        definition(name, fields)
    }

    #[test]
    fn definitions_come_after_what_they_need_whatever_their_order() {
        let subnet = define("subnet", json!({"name": "s", "parent": reference("vpc")}));
        let vpc = define("vpc", json!({"name": "v"}));
        let graph = Graph::build(vec![subnet, vpc]).unwrap();
        let names: Vec<&str> = graph.definitions().iter().map(|d| d.address.name()).collect();
        assert_eq!(names, ["vpc", "subnet"]);
        let edge = graph.edges().next().unwrap();
        assert_eq!(edge.why, "parent is its id");
    }

    #[test]
    fn every_problem_is_told_at_once() {
        let problems = Graph::build(vec![
            define("a", json!({"name": "a", "parent": reference("b")})),
            define("b", json!({"name": "b", "parent": reference("a")})),
            define("c", json!({"name": "c", "parent": reference("bb")})),
            define("c", json!({"name": "c"})),
        ])
        .unwrap_err();
        let texts: Vec<String> = problems.iter().map(ToString::to_string).collect();
        assert_eq!(problems.len(), 3, "{texts:#?}");
        assert!(texts[0].contains("t.c: two definitions"), "{}", texts[0]);
        assert!(texts[1].contains("did you mean"), "{}", texts[1]);
        assert!(texts[2].contains("t.a needs t.b (parent is its id)"), "{}", texts[2]);
    }

    #[test]
    fn an_output_that_a_kind_does_not_have_is_dangling() {
        let wrong = Definition {
            document: Document::from_value(json!({"name": "x", "parent": {"$ref": "t.a", "output": "armm"}})),
            ..define("x", json!({}))
        };
        let problems = Graph::build(vec![define("a", json!({"name": "a"})), wrong]).unwrap_err();
        assert!(problems[0].to_string().ends_with("did you mean t.a.arn?"), "{}", problems[0]);
        assert_eq!(SCHEMA.outputs.len(), 1);
    }
}
