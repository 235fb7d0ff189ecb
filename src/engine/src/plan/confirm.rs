//! A person confirms what only a tag has claimed: that resources are ours. Pure.

use super::proof::{Proof, name};
use crate::live::{Live, Registry};
use crate::model::{Entry, Ledger, Owner};

/// Notes in the ledger everything of these that says that it is the owner's and is not proven, and gives what was noted.
/// What a tag says of having been replaced is confirmed with it.
pub fn confirm<'a>(
    ledger: &mut Ledger,
    registry: &Registry,
    owner: &Owner,
    lives: impl IntoIterator<Item = &'a Live>,
    run: &str,
) -> Vec<&'a Live> {
    let owner = owner.to_string();
    let mut confirmed = Vec::new();
    for live in lives {
        let (Some(address), true) = (live.address(), live.owner() == Some(&owner)) else { continue };
        if Proof::new(registry, ledger).entry(live).is_some() {
            continue;
        }
        let retired = live.is_retired().then(|| run.to_owned());
        ledger.note(Entry { retired, ..Entry::new(live.kind, name(registry, live), address, run) });
        confirmed.push(live);
    }
    confirmed
}
