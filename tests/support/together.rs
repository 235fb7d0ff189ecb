//! The same for many numbers, several of them side by side.

use std::panic::resume_unwind;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

/// How many go on side by side: they wait more than they work.
const TOGETHER: usize = 12;

/// Does it for every number; the first that fails ends all of it.
pub fn together(numbers: impl IntoIterator<Item = usize>, work: impl Fn(usize) + Sync) {
    let numbers: Vec<usize> = numbers.into_iter().collect();
    let next = AtomicUsize::new(0);
    thread::scope(|scope| {
        let one = || {
            while let Some(number) = numbers.get(next.fetch_add(1, Ordering::Relaxed)) {
                work(*number);
            }
        };
        let all: Vec<_> = (0..TOGETHER).map(|_| scope.spawn(one)).collect();
        for thread in all {
            if let Err(panic) = thread.join() {
                next.store(numbers.len(), Ordering::Relaxed);
                resume_unwind(panic);
            }
        }
    });
}
