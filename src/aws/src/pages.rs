//! Calls that take so many identifiers and no more, made in portions, a few of them at once.
//!
//! Pages need nothing of ours: the SDK's paginators turn them, each page through the gate like any other call.

use std::future::Future;

use futures::stream::{self, StreamExt, TryStreamExt};
use infra_engine::live::Fault;

use crate::subject::{Subject, about};

/// How many calls are under way at once.
const AT_ONCE: usize = 8;

/// Calls `call` with at most `size` items at a time and gives all answers, in the order of the items.
/// The first failure ends it.
pub async fn batches<T, A, F>(items: &[T], size: usize, call: impl Fn(Vec<T>) -> F) -> Result<Vec<A>, Fault>
where
    T: Clone + Subject,
    F: Future<Output = Result<Vec<A>, Fault>>,
{
    let answers = each(items.chunks(size).map(<[T]>::to_vec), call).await?;
    Ok(answers.into_iter().flatten().collect())
}

/// Calls `call` once for each item, a few at once, and gives the answers in the order of the items.
/// The first failure ends it, and names the item that it is about.
pub async fn each<T, A, F>(items: impl IntoIterator<Item = T>, call: impl Fn(T) -> F) -> Result<Vec<A>, Fault>
where
    T: Subject,
    F: Future<Output = Result<A, Fault>>,
{
    let named = |item: T| {
        let subject = item.subject();
        let answer = call(item);
        async move { answer.await.map_err(|fault| about(fault, &subject)) }
    };
    // All futures first, none begun: a closure within the stream would keep the whole from being `Send`.
    let calls: Vec<_> = items.into_iter().map(named).collect();
    stream::iter(calls).buffered(AT_ONCE).try_collect().await
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::time::Duration;

    use infra_engine::live::FaultKind;

    use super::*;

    impl Subject for u64 {
        fn subject(&self) -> String {
            format!("number {self}")
        }
    }

    #[tokio::test]
    async fn portions_are_full_in_order_and_few_at_once() {
        let (under_way, most) = (AtomicUsize::new(0), AtomicUsize::new(0));
        let items: Vec<u64> = (0..205).collect();
        let sizes = batches(&items, 10, |portion: Vec<u64>| async {
            most.fetch_max(under_way.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
            tokio::time::sleep(Duration::from_millis(250 - portion[0])).await;
            under_way.fetch_sub(1, Ordering::SeqCst);
            assert!(portion.len() <= 10);
            Ok(portion)
        });
        assert_eq!(sizes.await.unwrap(), items);
        assert_eq!(most.into_inner(), AT_ONCE);
    }

    #[tokio::test]
    async fn the_first_failure_ends_it_and_says_of_what() {
        let answer = each([1_u64, 2, 3], |item| async move {
            if item == 2 { Err(Fault::new(FaultKind::Denied, "ecs:DescribeServices", "no")) } else { Ok(item) }
        });
        let fault = answer.await.unwrap_err();
        assert_eq!((fault.kind, fault.message.as_str()), (FaultKind::Denied, "number 2: no"));
    }
}
