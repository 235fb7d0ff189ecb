//! The scope record: which kinds are in use, so that the last of a kind is still looked for when its code is gone.
//!
//! It is extended before creates and trimmed after deletes, holds nothing else, and is rebuilt by looking everywhere.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::store::{Put, Store, When};
use crate::live::Fault;
use crate::model::Owner;

/// The kinds in use.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Scope {
    version: u32,
    kinds: BTreeSet<String>,
}

const VERSION: u32 = 1;

impl Scope {
    /// The kinds in use.
    pub fn kinds(&self) -> impl Iterator<Item = &str> {
        self.kinds.iter().map(String::as_str)
    }

    /// An owner's record; `None` when there is none, or none that this program can read.
    pub async fn read(store: &dyn Store, owner: &Owner) -> Result<Option<Scope>, Fault> {
        let stored = store.get(&super::key(owner, "scope.json")).await?;
        let scope = stored.and_then(|stored| serde_json::from_slice::<Scope>(&stored.bytes).ok());
        Ok(scope.filter(|scope| scope.version == VERSION))
    }

    /// Adds kinds before the first resource of them is made.
    pub async fn extend(
        store: &dyn Store,
        owner: &Owner,
        kinds: impl IntoIterator<Item = &str>,
    ) -> Result<Scope, Fault> {
        let before = Scope::read(store, owner).await?;
        let mut scope = before.clone().unwrap_or_default();
        scope.version = VERSION;
        scope.kinds.extend(kinds.into_iter().map(str::to_owned));
        if before.as_ref() != Some(&scope) {
            scope.write(store, owner).await?;
        }
        Ok(scope)
    }

    /// Keeps only the kinds of which something is left; what is given must be everything that is.
    pub async fn trim(store: &dyn Store, owner: &Owner, kinds: impl IntoIterator<Item = &str>) -> Result<Scope, Fault> {
        let kinds = kinds.into_iter().map(str::to_owned).collect();
        let scope = Scope { version: VERSION, kinds };
        if Scope::read(store, owner).await?.as_ref() != Some(&scope) {
            scope.write(store, owner).await?;
        }
        Ok(scope)
    }

    /// Only the holder of the lock writes, so the last write is the right one.
    async fn write(&self, store: &dyn Store, owner: &Owner) -> Result<Put, Fault> {
        let bytes = serde_json::to_vec_pretty(self).expect("a scope is a list of texts");
        store.put(&super::key(owner, "scope.json"), bytes, When::Always).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::MemoryStore;

    #[tokio::test]
    async fn it_grows_before_creates_and_shrinks_after_deletes() {
        let (store, owner) = (MemoryStore::default(), Owner { project: "p".into(), environment: "e".into() });
        assert_eq!(Scope::read(&store, &owner).await.unwrap(), None);
        Scope::extend(&store, &owner, ["ec2/vpc"]).await.unwrap();
        Scope::extend(&store, &owner, ["ec2/subnet"]).await.unwrap();
        let scope = Scope::read(&store, &owner).await.unwrap().unwrap();
        assert_eq!(scope.kinds().collect::<Vec<_>>(), ["ec2/subnet", "ec2/vpc"]);
        Scope::trim(&store, &owner, ["ec2/vpc"]).await.unwrap();
        assert_eq!(Scope::read(&store, &owner).await.unwrap().unwrap().kinds().count(), 1);
    }
}
