//! `infra validate`: the environment, the definitions, the graph and the rules. It calls nobody.

use crate::exit::Exit;
use crate::failure::Failure;
use crate::render::{DEFINITIONS, Level, counted};
use crate::session::Session;

pub(super) async fn run(session: &Session<'_>) -> Result<Exit, Failure> {
    let blueprint = session.blueprint().await?;
    let count = blueprint.graph.definitions().len();
    let message = format!("Valid: {} for {}; nothing was called.", counted(count, DEFINITIONS), blueprint.owner);
    match session.console.json() {
        Some(lines) => lines.line(Level::Info, "valid", &message, serde_json::json!({ "definitions": count })),
        None => session.console.data(&format!("{message}\n")),
    }
    Ok(Exit::Done)
}
