//! What becomes of an environment's records when nothing of it is left.

use infra_engine::record::{Cleared, History, delete_records};

use crate::args::Selection;
use crate::failure::Failure;
use crate::files::write_whole;
use crate::saved::{history_folder, last_plan};
use crate::session::{Blueprint, Cloud, Session};

/// Copies the history to this machine and deletes the records, all but the lock, if nothing of ours is left.
/// Says whether all of them are gone. Only for the holder of the lock.
pub(crate) async fn clear(session: &Session<'_>, blueprint: &Blueprint, cloud: &Cloud) -> Result<bool, Failure> {
    let Blueprint { owner, environment, .. } = blueprint;
    let (store, name) = (&*cloud.store, environment.facts.name.to_string());
    let listener = session.console.listener();
    let (world, kept) =
        session.observe(blueprint, cloud, &blueprint.options(&Selection::default()), &*listener).await?;
    drop(listener);
    let tag = owner.to_string();
    let unknown = kept.ledger.kinds.iter().any(|kind| blueprint.registry.kind(kind).is_none());
    if unknown || !world.is_complete() || world.lives.iter().any(|live| live.owner() == Some(&tag)) {
        return Ok(false);
    }
    let folder = history_folder(&environment.root, &name);
    for run in History::runs(store, owner).await? {
        let events = History::events(store, &run).await?.unwrap_or_default();
        let file = folder.join(format!("{}-{}.jsonl", run.began, run.id));
        write_whole(&file, events.as_bytes()).map_err(|error| {
            Failure::new(format!("the history cannot be copied to {}; it stays in {}", file.display(), store.place()))
                .because(error.to_string())
        })?;
    }
    let deleted = delete_records(store, owner).await?;
    let _ = std::fs::remove_file(last_plan(&environment.root, &name));
    let stays = match deleted {
        Cleared::All => String::new(),
        Cleared::AllButHistory => format!(", and in {}: these credentials may not delete it", store.place()),
    };
    session.console.say(&format!("Nothing of {owner} is left. Its history is in {}{stays}", folder.display()));
    Ok(deleted == Cleared::All)
}
