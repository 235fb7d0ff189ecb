//! `infra policy`: the least IAM policy with which this environment can be planned and applied. It calls nobody.

use infra_aws::store;
use infra_operate::least_policy;

use crate::exit::Exit;
use crate::failure::Failure;
use crate::render::Level;
use crate::session::Session;

pub(super) async fn run(session: &Session<'_>) -> Result<Exit, Failure> {
    let blueprint = session.unchecked().await?;
    let facts = &blueprint.environment.facts;
    let bucket = store::name(&facts.account.to_string(), &facts.region.to_string());
    let policy = least_policy(&blueprint.graph, &blueprint.registry, &bucket);
    match session.console.json() {
        Some(lines) => lines.line(Level::Info, "policy", "the least policy", policy),
        None => session.console.document(&policy),
    }
    Ok(Exit::Done)
}
