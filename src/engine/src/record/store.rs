//! A place for small records: conditional writes, nothing more.

use futures::future::BoxFuture;

use crate::live::{Fault, FaultKind};

/// Keeps small records under keys.
pub trait Store: Send + Sync {
    /// Where records are kept, for messages.
    fn place(&self) -> String;
    /// The record under a key. A store that does not exist yet has none.
    fn get<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Result<Option<Stored>, Fault>>;
    /// Writes a record if the condition holds; makes the store itself when it is needed first.
    fn put<'a>(&'a self, key: &'a str, bytes: Vec<u8>, when: When) -> BoxFuture<'a, Result<Put, Fault>>;
    /// Deletes a record, if it is still that version. That it is gone already is success.
    fn delete<'a>(&'a self, key: &'a str, version: &'a Version) -> BoxFuture<'a, Result<Deleted, Fault>>;
    /// The keys that start with a prefix, in order.
    fn list<'a>(&'a self, prefix: &'a str) -> BoxFuture<'a, Result<Vec<String>, Fault>>;
    /// Removes what deleted and overwritten records under a prefix have left behind, and the store itself when nothing
    /// is in it. A record that stands, stays: somebody may have written it a moment ago.
    fn sweep<'a>(&'a self, prefix: &'a str) -> BoxFuture<'a, Result<(), Fault>>;
}

/// A record as it was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stored {
    /// Its content.
    pub bytes: Vec<u8>,
    /// Which version it is.
    pub version: Version,
}

/// A version of a record: S3's ETag.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Version(pub String);

/// On what a write depends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum When {
    /// Write in any case.
    Always,
    /// Only if there is none.
    Absent,
    /// Only over this version.
    Is(Version),
}

/// What became of a conditional write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Put {
    /// Written; this is the version.
    Done(Version),
    /// Not written: the condition does not hold.
    Conflict,
}

/// What became of a deletion.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deleted {
    /// It is not there any more.
    Done,
    /// It stands: it is another version by now, or something else was at work on it.
    Conflict,
}

/// Writes a record over the version that was read, and over no other: what `change` makes of what is there, or nothing
/// when it makes `None`. Gives the version that is in force then.
///
/// When somebody else has written meanwhile, it is read and changed once more. When that happens again, two are at work
/// who should not be: it fails, and nothing of theirs is written over.
pub async fn update(
    store: &dyn Store,
    key: &str,
    change: impl Fn(Option<&[u8]>) -> Option<Vec<u8>>,
) -> Result<Option<Version>, Fault> {
    for _ in 0..2 {
        let stored = store.get(key).await?;
        let version = stored.as_ref().map(|stored| stored.version.clone());
        let Some(bytes) = change(stored.as_ref().map(|stored| stored.bytes.as_slice())) else { return Ok(version) };
        let when = version.map_or(When::Absent, When::Is);
        if let Put::Done(version) = store.put(key, bytes, when).await? {
            return Ok(Some(version));
        }
    }
    let message = format!(
        "somebody else wrote the record {key} in {} twice while it was to be written: two runs are at work. \
         Nothing of theirs was written over; wait for the other one and run it again",
        store.place()
    );
    Err(Fault::new(FaultKind::Busy, "writing a record", message))
}
