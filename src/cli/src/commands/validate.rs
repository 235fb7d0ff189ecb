//! `infra validate`: the environment, the definitions, the graph and the rules. It calls nobody.

use infra_engine::model::UnixTime;
use jiff::Timestamp;

use crate::exit::Exit;
use crate::failure::Failure;
use crate::render::{DEFINITIONS, Level, counted};
use crate::session::{Blueprint, Session};

pub(super) async fn run(session: &Session<'_>) -> Result<Exit, Failure> {
    let blueprint = session.blueprint().await?;
    let past = past(&blueprint, UnixTime(Timestamp::now().as_second()));
    if !past.is_empty() {
        let all = past.join(", ");
        session.console.warn(&format!(
            "the time of these is past, and AWS takes none of them any more: {all}\n  take them out of the code"
        ));
    }
    let count = blueprint.graph.definitions().len();
    let message = format!("Valid: {} for {}; nothing was called.", counted(count, DEFINITIONS), blueprint.owner);
    match session.console.json() {
        Some(lines) => lines.line(Level::Info, "valid", &message, serde_json::json!({ "definitions": count })),
        None => session.console.data(&format!("{message}\n")),
    }
    Ok(Exit::Done)
}

/// What happens once, and has had its time.
fn past(blueprint: &Blueprint, now: UnixTime) -> Vec<String> {
    let definitions = blueprint.graph.definitions().iter();
    let over = definitions.filter(|definition| {
        let kind = blueprint.registry.kind(definition.schema.kind);
        kind.is_some_and(|kind| kind.is_over(&definition.document, now))
    });
    over.map(|definition| definition.address.to_string()).collect()
}
