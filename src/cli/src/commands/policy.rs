//! `infra policy`: the least IAM policy with which this environment can be planned and applied. It calls nobody.

use infra_aws::store;
use infra_operate::{Home, LONGEST, least_policies};
use serde_json::json;

use crate::exit::Exit;
use crate::failure::Failure;
use crate::render::Level;
use crate::session::Session;

pub(super) async fn run(session: &Session<'_>) -> Result<Exit, Failure> {
    let blueprint = session.unchecked().await?;
    let facts = &blueprint.environment.facts;
    let (account, region) = (facts.account.to_string(), facts.region.to_string());
    let bucket = facts.records.clone().unwrap_or_else(|| store::name(&account, &region));
    let home = Home { project: &blueprint.owner.project, account: &account, region: &region, bucket: &bucket };
    let policies = least_policies(&blueprint.graph, &blueprint.registry, &home);
    let console = session.console;
    match (console.json(), &policies[..]) {
        (Some(lines), policies) => {
            for policy in policies {
                lines.line(Level::Info, "policy", "the least policy", json!({ "policy": policy }));
            }
        }
        (None, [policy]) => console.document(policy),
        (None, several) => {
            console.document(&several);
            console.say(&format!(
                "A managed policy has {LONGEST} characters at most: this is a list of {} that belong together. \
                 Attach all of them to one role.",
                several.len()
            ));
        }
    }
    Ok(Exit::Done)
}
