//! The ledger as a record: read whole, written only over the version that was read.

use super::store::{Put, Store, Version, When};
use crate::live::{Fault, FaultKind};
use crate::model::{FORMAT, Ledger, Owner};

/// An owner's ledger, and which version of it was read.
#[derive(Clone, Debug, Default)]
pub struct Kept {
    /// What it says; nothing where there is none.
    pub ledger: Ledger,
    version: Option<Version>,
    /// What was written last, when nobody knows whether it was.
    unsure: Option<Vec<u8>>,
}

impl Kept {
    /// An owner's ledger. One that this program cannot read is a fault, never an empty one.
    pub async fn read(store: &dyn Store, owner: &Owner) -> Result<Kept, Fault> {
        let key = key(owner);
        let Some(stored) = store.get(&key).await? else { return Ok(Kept::default()) };
        let ledger: Ledger = serde_json::from_slice(&stored.bytes).map_err(|error| {
            let message = format!("{key} in {} is not a ledger that this program can read: {error}", store.place());
            Fault::new(FaultKind::Refused, "reading the ledger", message)
        })?;
        if ledger.format > FORMAT {
            let message = format!(
                "{key} in {} was written by a newer version of infra: use that version for this environment",
                store.place()
            );
            return Err(Fault::new(FaultKind::Refused, "reading the ledger", message));
        }
        Ok(Kept { ledger, version: Some(stored.version), unsure: None })
    }

    /// The other places in which this owner has a ledger, where there is none here: a mistyped region is told by that.
    pub async fn elsewhere(&self, store: &dyn Store, owner: &Owner) -> Result<Vec<String>, Fault> {
        if self.exists() { Ok(Vec::new()) } else { store.elsewhere(&key(owner)).await }
    }

    /// Takes over which version was written, and nothing else: what it says may have changed meanwhile.
    pub fn take_version(&mut self, written: Kept) {
        (self.version, self.unsure) = (written.version, written.unsure);
    }

    /// True when there is such a record.
    pub fn exists(&self) -> bool {
        self.version.is_some()
    }

    /// Writes what it says now over the version that was read. Somebody else's write in between is a fault: whoever
    /// has lost the lock overwrites nothing.
    pub async fn write(&mut self, store: &dyn Store, owner: &Owner) -> Result<(), Fault> {
        self.ledger.format = FORMAT;
        let bytes = serde_json::to_vec_pretty(&self.ledger).expect("a ledger is made of texts");
        // Twice at most: what stands may be what was written last, and only the answer was lost.
        for _ in 0..2 {
            let when = match &self.version {
                Some(version) => When::Is(version.clone()),
                None => When::Absent,
            };
            match store.put(&key(owner), bytes.clone(), when).await {
                Ok(Put::Done(version)) => {
                    (self.version, self.unsure) = (Some(version), None);
                    return Ok(());
                }
                Ok(Put::Conflict) => match store.get(&key(owner)).await? {
                    Some(stored) if stored.bytes == bytes => {
                        (self.version, self.unsure) = (Some(stored.version), None);
                        return Ok(());
                    }
                    Some(stored) if self.unsure.as_ref() == Some(&stored.bytes) => self.version = Some(stored.version),
                    _ => return Err(overtaken(store)),
                },
                Err(fault) => {
                    self.unsure = Some(bytes);
                    return Err(fault);
                }
            }
        }
        Err(overtaken(store))
    }
}

fn overtaken(store: &dyn Store) -> Fault {
    let message = format!("somebody else has written the ledger in {} meanwhile", store.place());
    Fault::new(FaultKind::Gone, "writing the ledger", message)
}

fn key(owner: &Owner) -> String {
    super::key(owner, "ledger.json")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::MemoryStore;

    fn owner() -> Owner {
        Owner { project: "p".into(), environment: "e".into() }
    }

    #[tokio::test]
    async fn it_is_written_only_over_what_was_read() {
        let (store, owner) = (MemoryStore::default(), owner());
        let mut one = Kept::read(&store, &owner).await.unwrap();
        let mut other = one.clone();
        one.ledger.kinds.insert("ec2/vpc".to_owned());
        one.write(&store, &owner).await.unwrap();
        one.ledger.kinds.insert("ec2/subnet".to_owned());
        one.write(&store, &owner).await.unwrap();
        assert!(other.write(&store, &owner).await.is_err(), "it has read what was before");
        let read = Kept::read(&store, &owner).await.unwrap();
        assert_eq!(read.ledger.kinds.len(), 2);
    }

    #[tokio::test]
    async fn what_cannot_be_read_is_never_an_empty_ledger() {
        let (store, owner) = (MemoryStore::default(), owner());
        for text in ["{", r#"{"format": 2}"#] {
            store.put(&key(&owner), text.as_bytes().to_vec(), When::Always).await.unwrap();
            assert!(Kept::read(&store, &owner).await.is_err(), "{text}");
        }
    }
}
