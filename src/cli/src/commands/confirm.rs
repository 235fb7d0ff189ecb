//! `infra confirm`: a person says that what has our tags is ours, where the ledger does not know it: it was lost, or
//! somebody has written the tags. Nothing is changed but the ledger.

use infra_engine::live::Live;
use infra_engine::model::{Address, Entry, Ownership};
use infra_engine::plan::{Proof, confirm, ledger_name};
use infra_engine::record::{History, Kept};
use serde_json::json;

use crate::args::{Confirm, Selection};
use crate::carry_out::{Errand, locked, run_id};
use crate::consent::{Asked, Consent, Purpose, consent};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::render::{RESOURCES, counted};
use crate::session::{Blueprint, Cloud, Session};

pub(super) async fn run(arguments: Confirm, session: &Session<'_>) -> Result<Exit, Failure> {
    let Confirm { what, carrying } = arguments;
    let blueprint = session.unchecked().await?;
    let cloud = session.connect(&blueprint).await?;
    let run = run_id();
    let options = blueprint.options(&Selection::default());
    let errand = Errand { command: "confirm", carrying, options: &options };
    locked(session, &blueprint, &cloud, errand, &run, async |held| {
        under_lock(session, &blueprint, &held.cloud, carrying.yes, &what, &run).await
    })
    .await?
}

async fn under_lock(
    session: &Session<'_>,
    blueprint: &Blueprint,
    cloud: &Cloud,
    yes: bool,
    what: &[String],
    run: &str,
) -> Result<Exit, Failure> {
    let options = blueprint.options(&Selection::default());
    let listener = session.console.listener();
    let (world, mut kept) = session.observe(blueprint, cloud, &options, &*listener).await?;
    drop(listener);
    let confirmed = match what {
        [] => {
            let Kept { ledger, .. } = &mut kept;
            confirm(ledger, &blueprint.registry, &blueprint.owner, &world.lives, run)
        }
        named => {
            named.iter().map(|word| one(blueprint, &mut kept, &world.lives, word, run)).collect::<Result<_, _>>()?
        }
    };
    if confirmed.is_empty() {
        session.console.data("Nothing to confirm: everything with our tags is in the ledger.\n");
        return Ok(Exit::Done);
    }
    for live in &confirmed {
        let address = Proof::new(&blueprint.registry, &kept.ledger).address(live);
        let address = address.map_or_else(String::new, |address| address.to_string());
        session.console.say(&format!("  {address}  {}  {}", live.kind, live.id));
    }
    let count = counted(confirmed.len(), RESOURCES);
    session.console.say(&format!(
        "{count} will be noted as made by {}: later plans may change, replace and delete them.",
        blueprint.owner
    ));
    let asked = Asked {
        purpose: Purpose::Tags,
        deletions: 0,
        yes,
        allow_destroy: None,
        confirm: None,
        somebody: session.console.somebody_is_there(),
        protected: None,
    };
    if let Consent::Ask(word) = consent(&asked)?
        && !session.unless_interrupted(session.console.confirm("Are they ours?", &word)).await?
    {
        return Err(Failure::new("not confirmed; nothing was changed"));
    }
    if kept.ledger.home.is_none() {
        kept.ledger.home.clone_from(&options.home);
    }
    let names: Vec<String> = confirmed.iter().map(|live| format!("{}/{}", live.kind, live.id)).collect();
    kept.write(&*cloud.store, &blueprint.owner).await?;
    let history = History::begin(&blueprint.owner, run, &cloud.identity.arn, "confirm", json!({"confirmed": names}));
    history.finish(&*cloud.store).await?;
    session.console.data(&format!("Confirmed: {count}.\n"));
    Ok(Exit::Done)
}

/// Notes the one live resource that is meant.
fn one<'a>(
    blueprint: &Blueprint,
    kept: &mut Kept,
    lives: &'a [Live],
    word: &str,
    run: &str,
) -> Result<&'a Live, Failure> {
    let tag = blueprint.owner.to_string();
    let is_child = |live: &Live| {
        let kind = blueprint.registry.kind(live.kind);
        kind.is_some_and(|kind| matches!(kind.schema().ownership, Ownership::Parent { .. }))
    };
    let is_it = |live: &&Live| {
        let address = live.address().is_some_and(|address| address.to_string() == word);
        (live.owner() == Some(&tag) || is_child(live)) && (address || format!("{}/{}", live.kind, live.id) == word)
    };
    match lives.iter().filter(is_it).collect::<Vec<_>>()[..] {
        [live] => {
            let unnamed = || Address::new("confirmed", "by-hand").expect("two words make an address");
            let address = live.address().unwrap_or_else(unnamed);
            let retired = live.is_retired().then(|| run.to_owned());
            let name = ledger_name(&blueprint.registry, live);
            kept.ledger.note(Entry { retired, ..Entry::new(live.kind, name, address, run) });
            Ok(live)
        }
        [] => Err(Failure::new(format!("nothing with our tags is `{word}`; nothing was changed"))
            .way_out("to see all that has our tags:")
            .command(format!("infra owned --env {}", blueprint.name))),
        [..] => {
            Err(Failure::new(format!("several live resources are `{word}`: name one as KIND/ID; nothing was changed")))
        }
    }
}
