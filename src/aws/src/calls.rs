//! How many calls were made: what a plan cost.

use std::collections::BTreeMap;
use std::sync::Mutex;

/// True for an operation that changes nothing, by its name: it may be repeated at will.
pub(crate) fn is_read(operation: &str) -> bool {
    const READS: &[&str] = &["Describe", "List", "Get", "Head", "BatchGet", "Lookup", "Search"];
    READS.iter().any(|start| operation.starts_with(start))
}

/// Calls by service and operation, `ec2:DescribeVpcs`; a repeated one counts each time that it was sent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Calls {
    /// Calls that change nothing.
    pub reads: BTreeMap<String, u64>,
    /// All others.
    pub changes: BTreeMap<String, u64>,
}

impl Calls {
    /// All of them.
    pub fn total(&self) -> u64 {
        let Calls { reads, changes } = self;
        reads.values().chain(changes.values()).sum()
    }

    /// Those that were made after `earlier` was counted.
    pub fn since(&self, earlier: &Calls) -> Calls {
        let less = |now: &BTreeMap<String, u64>, then: &BTreeMap<String, u64>| {
            let new = now.iter().map(|(call, count)| (call.clone(), count - then.get(call).unwrap_or(&0)));
            new.filter(|(_, count)| *count > 0).collect()
        };
        Calls { reads: less(&self.reads, &earlier.reads), changes: less(&self.changes, &earlier.changes) }
    }
}

/// Counts while calls are made side by side.
#[derive(Debug, Default)]
pub(crate) struct Counter(Mutex<Calls>);

impl Counter {
    pub(crate) fn add(&self, service: &str, operation: &str) {
        let mut calls = self.0.lock().expect("nothing panics while it counts");
        let Calls { reads, changes } = &mut *calls;
        let counts = if is_read(operation) { reads } else { changes };
        *counts.entry(format!("{service}:{operation}")).or_default() += 1;
    }

    pub(crate) fn calls(&self) -> Calls {
        self.0.lock().expect("nothing panics while it counts").clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_are_counted_apart_and_from_a_moment_on() {
        let counter = Counter::default();
        counter.add("ec2", "DescribeVpcs");
        let earlier = counter.calls();
        counter.add("ec2", "DescribeVpcs");
        counter.add("ec2", "CreateVpc");
        assert_eq!(counter.calls().total(), 3);
        assert_eq!(
            counter.calls().since(&earlier),
            Calls { reads: [("ec2:DescribeVpcs".into(), 1)].into(), changes: [("ec2:CreateVpc".into(), 1)].into() }
        );
    }
}
