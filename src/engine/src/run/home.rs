//! Whether an owner is at home here: asked before the first write, and again while the lock is held.

use crate::live::Fault;
use crate::model::Owner;
use crate::plan::{Options, Stop, other_home};
use crate::record::{Kept, Store};

/// Why nothing of an owner may be written here, if so. It only reads: a place of records that is not there is not made.
pub async fn away(store: &dyn Store, owner: &Owner, options: &Options) -> Result<Option<Stop>, Fault> {
    let kept = Kept::read(store, owner).await?;
    match other_home(&kept.ledger, options) {
        Some(stop) => Ok(Some(stop)),
        None => elsewhere(store, owner, &kept, options).await,
    }
}

/// Without a ledger here, one in another place of the account says where the owner is at home.
pub(super) async fn elsewhere(
    store: &dyn Store,
    owner: &Owner,
    kept: &Kept,
    options: &Options,
) -> Result<Option<Stop>, Fault> {
    if options.take_over {
        return Ok(None);
    }
    let places = kept.elsewhere(store, owner).await?;
    Ok((!places.is_empty()).then_some(Stop::StandsElsewhere { places }))
}
