//! Cost Explorer and reports of usage: what is set up there costs nothing.

use infra_aws::costs::{AllocationTag, AnomalyMonitor, AnomalySubscription, UsageReport};

use super::free;

free!(
    AllocationTag: "a setting",
    AnomalyMonitor: "AWS watches for nothing",
    AnomalySubscription: "AWS tells for nothing",
    UsageReport: "the report costs nothing; what it fills costs, at its bucket",
);
