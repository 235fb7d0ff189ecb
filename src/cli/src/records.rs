//! What becomes of an environment's records when nothing of it is left.

use infra_engine::live::Live;
use infra_engine::plan::Proof;
use infra_engine::record::{Cleared, Extent, History, delete_records};

use crate::args::Selection;
use crate::failure::Failure;
use crate::files::write_whole;
use crate::saved::{forget_last_plan, history_folder};
use crate::session::{Blueprint, Cloud, Session};

/// Deletes the records, all but the lock, if nothing of ours is left: the history only where it was asked for, and then a
/// copy of it stays on this machine. Says whether what they have left behind may be swept away. Only for the holder of
/// the lock.
pub(crate) async fn clear(
    session: &Session<'_>,
    blueprint: &Blueprint,
    cloud: &Cloud,
    extent: Extent,
) -> Result<bool, Failure> {
    let Blueprint { owner, environment, .. } = blueprint;
    let (store, name) = (&*cloud.store, environment.facts.name.to_string());
    let listener = session.console.listener();
    let (world, kept) =
        session.observe(blueprint, cloud, &blueprint.options(&Selection::default()), &*listener).await?;
    drop(listener);
    let unknown = kept.ledger.kinds.iter().any(|kind| blueprint.registry.kind(kind).is_none());
    let proof = Proof::new(&blueprint.registry, &kept.ledger);
    let ours = |live: &Live| proof.is_of(live, owner);
    if unknown || !world.is_complete() || world.lives.iter().any(ours) {
        return Ok(false);
    }
    let folder = history_folder(&environment.root, &name);
    let goes = extent == Extent::Everything;
    for run in History::runs(store, owner).await?.into_iter().filter(|_| goes) {
        let events = History::events(store, &run).await?.unwrap_or_default();
        let file = folder.join(format!("{}-{}.jsonl", run.began, run.id));
        write_whole(&file, events.as_bytes()).map_err(|error| {
            Failure::new(format!("the history cannot be copied to {}; it stays in {}", file.display(), store.place()))
                .because(error.to_string())
        })?;
    }
    let deleted = delete_records(store, owner, extent).await?;
    forget_last_plan(environment);
    let (place, talk) = (store.place(), session.console.talk);
    session.console.say(&match deleted {
        Cleared::All => format!("Nothing of {owner} is left. A copy of its history is in {}", folder.display()),
        Cleared::AllButHistory => {
            let purge = talk.cyan(format!("infra destroy --env {} --purge-history", blueprint.name));
            format!("Nothing of {owner} is left but its history, in {place}. To delete that too:\n  {purge}")
        }
        Cleared::HistoryRefused => format!(
            "Nothing of {owner} is left but its history, in {place}: these credentials may not delete it. A copy is in {}",
            folder.display()
        ),
    });
    Ok(deleted != Cleared::HistoryRefused)
}
