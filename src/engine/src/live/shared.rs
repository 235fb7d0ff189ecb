//! What the reads of one look at the world have in common: what several kinds need is asked for once.

use std::any::Any;
use std::collections::BTreeMap;
use std::fmt;
use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};

use futures::lock::Mutex as Turn;

use super::fault::Fault;

/// An answer, once there is one; whoever has the turn reads it.
type Cell = Arc<Turn<Option<Arc<dyn Any + Send + Sync>>>>;

/// Answers of one look, by name. Copies share them; a new one knows nothing, so that whoever must see what is live
/// right now just makes one.
#[derive(Clone, Default)]
pub struct Shared(Arc<Mutex<BTreeMap<String, Cell>>>);

impl Shared {
    /// The answer of that name: read by the first who asks, awaited by all others. A fault is only for who met it.
    /// What has one name has one type.
    pub async fn once<T, F>(&self, name: &str, read: F) -> Result<Arc<T>, Fault>
    where
        T: Any + Send + Sync,
        F: Future<Output = Result<T, Fault>>,
    {
        let cell =
            Arc::clone(self.0.lock().unwrap_or_else(PoisonError::into_inner).entry(name.to_owned()).or_default());
        let mut turn = cell.lock().await;
        let answer = match turn.clone() {
            Some(answer) => answer,
            None => Arc::clone(turn.insert(Arc::new(read.await?))),
        };
        Ok(answer.downcast().unwrap_or_else(|_| panic!("`{name}` is one thing here and another thing there")))
    }
}

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Shared")
    }
}

#[cfg(test)]
mod tests {
    use futures::executor::block_on;
    use futures::future::join;

    use super::*;
    use crate::live::FaultKind;

    #[test]
    fn what_several_need_is_read_once() {
        let shared = Shared::default();
        let first = shared.once("answer", async { Ok(42) });
        let second = shared.once("answer", async { panic!("it is there already") });
        let (first, second): (Result<Arc<i32>, Fault>, Result<Arc<i32>, Fault>) = block_on(join(first, second));
        assert_eq!((*first.unwrap(), *second.unwrap()), (42, 42));
        assert_eq!(*block_on(shared.once("other", async { Ok("text") })).unwrap(), "text");
        assert_eq!(*block_on(Shared::default().once("answer", async { Ok(43) })).unwrap(), 43);
    }

    #[test]
    fn a_fault_is_not_kept() {
        let shared = Shared::default();
        let fault = Fault::new(FaultKind::Throttled, "x", "slowly");
        assert!(block_on(shared.once::<i32, _>("answer", async { Err(fault) })).is_err());
        assert_eq!(*block_on(shared.once("answer", async { Ok(1) })).unwrap(), 1);
    }
}
