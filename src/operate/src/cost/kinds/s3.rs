//! S3: what is kept, and how often it is asked for.

use infra_aws::s3::{Bucket, BucketPolicy};

use super::{Priced, free};
use crate::cost::{Around, Costs, UsageKey};

free!(BucketPolicy: "a setting");

const KEPT: &UsageKey =
    &UsageKey { name: "gb_kept", about: "The gigabytes that each bucket keeps, at the price of the standard class." };
const PUTS: &UsageKey =
    &UsageKey { name: "writes_per_month", about: "How often objects are written or listed in a month." };
const GETS: &UsageKey = &UsageKey { name: "reads_per_month", about: "How often objects are read in a month." };

impl Priced for Bucket {
    const USAGE: &'static [&'static UsageKey] = &[KEPT, PUTS, GETS];

    fn costs(&self, around: &Around<'_>) -> Costs {
        Costs::Lines(vec![
            around.by_usage("what is kept", "s3.standard.gb-month", KEPT),
            around.by_usage("writes", "s3.put", PUTS),
            around.by_usage("reads", "s3.get", GETS),
        ])
    }
}
