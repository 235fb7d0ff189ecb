//! A store in memory, with the conditions of the real one: for tests and for the model cloud.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use futures::future::{BoxFuture, FutureExt};

use super::store::{Deleted, Put, Store, Stored, Version, When};
use crate::live::Fault;

/// Keeps records in memory.
#[derive(Default)]
pub struct MemoryStore {
    inner: Mutex<Inner>,
    elsewhere: Vec<String>,
}

#[derive(Default)]
struct Inner {
    records: BTreeMap<String, Stored>,
    writes: u64,
}

impl MemoryStore {
    /// One of an account in which every record stands in these other places, too.
    pub fn beside(elsewhere: Vec<String>) -> MemoryStore {
        MemoryStore { elsewhere, ..MemoryStore::default() }
    }

    /// How often something was written, whatever has become of it.
    pub fn writes(&self) -> u64 {
        self.inner().writes
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Store for MemoryStore {
    fn place(&self) -> String {
        "memory".to_owned()
    }

    fn get<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Result<Option<Stored>, Fault>> {
        async move { Ok(self.inner().records.get(key).cloned()) }.boxed()
    }

    fn put<'a>(&'a self, key: &'a str, bytes: Vec<u8>, when: When) -> BoxFuture<'a, Result<Put, Fault>> {
        async move {
            let mut inner = self.inner();
            let current = inner.records.get(key).map(|stored| stored.version.clone());
            let holds = match when {
                When::Always => true,
                When::Absent => current.is_none(),
                When::Is(version) => current == Some(version),
            };
            if !holds {
                return Ok(Put::Conflict);
            }
            inner.writes += 1;
            let version = Version(inner.writes.to_string());
            inner.records.insert(key.to_owned(), Stored { bytes, version: version.clone() });
            Ok(Put::Done(version))
        }
        .boxed()
    }

    fn delete<'a>(&'a self, key: &'a str, version: &'a Version) -> BoxFuture<'a, Result<Deleted, Fault>> {
        async move {
            let mut inner = self.inner();
            if inner.records.get(key).is_some_and(|stored| stored.version != *version) {
                return Ok(Deleted::Conflict);
            }
            inner.records.remove(key);
            Ok(Deleted::Done)
        }
        .boxed()
    }

    fn elsewhere<'a>(&'a self, _key: &'a str) -> BoxFuture<'a, Result<Vec<String>, Fault>> {
        async move { Ok(self.elsewhere.clone()) }.boxed()
    }

    fn list<'a>(&'a self, prefix: &'a str) -> BoxFuture<'a, Result<Vec<String>, Fault>> {
        async move { Ok(self.inner().records.keys().filter(|key| key.starts_with(prefix)).cloned().collect()) }.boxed()
    }

    /// Nothing is left behind in memory.
    fn sweep<'a>(&'a self, _prefix: &'a str) -> BoxFuture<'a, Result<(), Fault>> {
        async move { Ok(()) }.boxed()
    }
}
