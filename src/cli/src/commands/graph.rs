//! `infra graph`: what needs what, and why. It calls nobody.

use infra_engine::graph::Graph;
use serde_json::json;

use crate::args::{self, GraphFormat};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::render::Level;
use crate::session::Session;

pub(super) async fn run(arguments: args::Graph, session: &Session<'_>) -> Result<Exit, Failure> {
    let blueprint = session.unchecked().await?;
    let (console, graph) = (session.console, &blueprint.graph);
    match (console.json(), arguments.format) {
        (Some(lines), _) => lines.line(Level::Info, "graph", "the graph", document(graph)),
        (None, GraphFormat::Json) => console.document(&document(graph)),
        (None, GraphFormat::Dot) => console.data(&dot(graph)),
        (None, GraphFormat::Text) => console.data(&text(graph)),
    }
    Ok(Exit::Done)
}

fn text(graph: &Graph) -> String {
    let mut out = String::new();
    for definition in graph.definitions() {
        out += &format!("{}  {}\n", definition.address, definition.schema.kind);
        for edge in graph.needs(&definition.address) {
            out += &format!("  needs {}: {}\n", edge.to, edge.why);
        }
    }
    out
}

fn dot(graph: &Graph) -> String {
    let mut out = String::from("digraph infra {\n  rankdir = LR;\n  node [shape = box];\n");
    for definition in graph.definitions() {
        let address = definition.address.to_string();
        out += &format!("  {address:?} [label = {:?}];\n", format!("{address}\n{}", definition.schema.kind));
    }
    for edge in graph.edges() {
        out += &format!("  {:?} -> {:?} [label = {:?}];\n", edge.from.to_string(), edge.to.to_string(), edge.why);
    }
    out + "}\n"
}

fn document(graph: &Graph) -> serde_json::Value {
    let node = |definition: &infra_engine::model::Definition| json!({ "address": definition.address, "kind": definition.schema.kind });
    let nodes: Vec<_> = graph.definitions().iter().map(node).collect();
    let edges: Vec<_> = graph.edges().map(|edge| json!({"from": edge.from, "to": edge.to, "why": edge.why})).collect();
    json!({ "nodes": nodes, "edges": edges })
}
