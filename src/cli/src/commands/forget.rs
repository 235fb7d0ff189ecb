//! `infra forget`: a live resource is released and stays as it is; only our tags go.

use infra_engine::live::{Live, Retag};
use infra_engine::model::{Entry, Ledger, Ownership, keys};
use infra_engine::plan::{Proof, ledger_name};
use infra_engine::record::History;
use serde_json::json;

use crate::args::{Forget, Selection};
use crate::carry_out::{Errand, locked, run_id};
use crate::consent::{Asked, Consent, Purpose, consent};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::session::{Blueprint, Cloud, Session};

use super::owned::Mine;

pub(super) async fn run(arguments: Forget, session: &Session<'_>) -> Result<Exit, Failure> {
    let Forget { what, carrying } = arguments;
    let blueprint = session.unchecked().await?;
    let cloud = session.connect(&blueprint).await?;
    let run = run_id();
    let options = blueprint.options(&Selection::default());
    let errand = Errand { command: "forget", carrying, options: &options };
    locked(session, &blueprint, &cloud, errand, &run, async |held| {
        forget(session, &blueprint, &held.cloud, carrying.yes, &what, &run).await
    })
    .await?
}

async fn forget(
    session: &Session<'_>,
    blueprint: &Blueprint,
    cloud: &Cloud,
    yes: bool,
    what: &str,
    run: &str,
) -> Result<Exit, Failure> {
    let listener = session.console.listener();
    let (world, mut kept) =
        session.observe(blueprint, cloud, &blueprint.options(&Selection::default()), &*listener).await?;
    drop(listener);
    let live = find(blueprint, &kept.ledger, &world.lives, what)?;
    let in_code = live.address().is_some_and(|address| blueprint.graph.definition(&address).is_some());
    let named = live.key.is_some();
    let after = match (in_code, named) {
        (false, _) => "",
        (true, true) => "; it is in the code, so the next plan will find it unowned",
        (true, false) => "; it is in the code, so the next plan will create another one: take it out of the code first",
    };
    session.console.say(&format!("{} {} will be released and stays as it is{after}.", live.kind, live.id));
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
        && !session.unless_interrupted(session.console.confirm("Release it?", &word)).await?
    {
        return Err(Failure::new("not confirmed; nothing was changed"));
    }
    let remove = live.tags.keys().filter(|key| is_ours(key)).cloned().collect();
    let Some(kind) = blueprint.registry.kind(live.kind) else { return Err(Failure::new("its kind is not known")) };
    kind.retag(live, &Retag { set: Default::default(), remove }).await?;
    kept.ledger.forget(live.kind, ledger_name(&blueprint.registry, live));
    // What is on it and has no tags of its own goes with it.
    kept.ledger.retain(|entry| !is_child(blueprint, entry, live));
    kept.write(&*cloud.store, &blueprint.owner).await?;
    let released = json!({"released": format!("{}/{}", live.kind, live.id)});
    let history = History::begin(&blueprint.owner, run, &cloud.identity.arn, "forget", released);
    history.finish(&*cloud.store).await?;
    session
        .console
        .data(&format!("Released {} {}; it was left unchanged and is no longer managed.\n", live.kind, live.id));
    Ok(Exit::Done)
}

/// True for what we have made on a resource, of a kind that belongs to its kind.
fn is_child(blueprint: &Blueprint, entry: &Entry, parent: &Live) -> bool {
    let ownership = blueprint.registry.kind(&entry.kind).map(|kind| kind.schema().ownership);
    let on_its_kind = matches!(ownership, Some(Ownership::Parent { kind, .. }) if kind == parent.kind);
    on_its_kind && entry.parent.as_ref() == Some(&parent.id)
}

/// True for the tags that say whose it is and what was applied to it, its children's included: these and no others. What
/// else begins alike is not ours, and what a kind notes of a resource is true of it whoever owns it.
fn is_ours(key: &str) -> bool {
    let ours = [keys::OWNER, keys::ADDRESS, keys::SPEC, keys::PROTECT, keys::RETIRED];
    ours.contains(&key) || key.strip_prefix(keys::SPEC).is_some_and(|rest| rest.starts_with(':'))
}

/// The one live resource that is meant.
fn find<'a>(blueprint: &Blueprint, ledger: &Ledger, lives: &'a [Live], what: &str) -> Result<&'a Live, Failure> {
    let proof = Proof::new(&blueprint.registry, ledger);
    let is = |live: &&Live| {
        let address = proof.address(live).is_some_and(|address| address.to_string() == what);
        proof.is_of(live, &blueprint.owner) && (address || format!("{}/{}", live.kind, live.id) == what)
    };
    let found: Vec<&Live> = lives.iter().filter(is).collect();
    match found[..] {
        [live] => Ok(live),
        [] => {
            let mine = Mine { blueprint, ledger, lives };
            Err(mine.meant(Failure::new(format!("nothing of ours is `{what}`; nothing was changed")), what))
        }
        _ => {
            let failure = Failure::new(format!("several live resources say that they are {what}; nothing was changed"));
            let each =
                found.iter().map(|live| format!("infra forget {}/{} --env {}", live.kind, live.id, blueprint.name));
            Err(each.fold(failure, Failure::because))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_tags_that_are_ours_go() {
        for ours in ["infra:owner", "infra:spec", "infra:spec:route", "infra:spec:route:0a1b", "infra:protect"] {
            assert!(is_ours(ours), "{ours}");
        }
        for others in ["infra:ownership", "infra:specification", "infra:spec-2", "infra:recipe", "Name", ""] {
            assert!(!is_ours(others), "{others}");
        }
    }
}
