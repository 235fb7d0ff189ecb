//! A place for small records: conditional writes, nothing more.

use futures::future::BoxFuture;

use crate::live::Fault;

/// Keeps small records under keys.
pub trait Store: Send + Sync {
    /// Where records are kept, for messages.
    fn place(&self) -> String;
    /// True when it was made by this program, and was not there before.
    fn was_made(&self) -> bool {
        false
    }
    /// The record under a key. A store that does not exist yet has none.
    fn get<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Result<Option<Stored>, Fault>>;
    /// Writes a record if the condition holds; makes the store itself when it is needed first.
    fn put<'a>(&'a self, key: &'a str, bytes: Vec<u8>, when: When) -> BoxFuture<'a, Result<Put, Fault>>;
    /// Deletes a record, if it is still that version. That it is gone already is success.
    fn delete<'a>(&'a self, key: &'a str, version: &'a Version) -> BoxFuture<'a, Result<Deleted, Fault>>;
    /// The other places of the same account in which there is a record under this key. What cannot be told is none.
    fn elsewhere<'a>(&'a self, _key: &'a str) -> BoxFuture<'a, Result<Vec<String>, Fault>> {
        Box::pin(std::future::ready(Ok(Vec::new())))
    }
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
