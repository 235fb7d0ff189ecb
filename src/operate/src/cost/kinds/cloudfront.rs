//! CloudFront: what is sent to viewers, and how often they ask.

use infra_aws::cloudfront::{Distribution, OriginAccessControl, ResponseHeadersPolicy};

use super::{Priced, free};
use crate::cost::{Around, Costs, UsageKey};

free!(
    OriginAccessControl: "a setting",
    ResponseHeadersPolicy: "a setting",
);

const TO_NORTH_AMERICA: &UsageKey = &UsageKey {
    name: "gb_to_north_america_per_month",
    about: "The gigabytes sent to viewers in North America in a month, at the price of the first ten terabytes.",
};
const TO_OTHERS: &UsageKey = &UsageKey {
    name: "gb_to_others_per_month",
    about: "The gigabytes sent to viewers elsewhere in a month, where prices differ by place.",
};
const REQUESTS: &UsageKey = &UsageKey {
    name: "https_requests_from_north_america_per_month",
    about: "The requests over HTTPS from viewers in North America in a month.",
};

impl Priced for Distribution {
    const USAGE: &'static [&'static UsageKey] = &[TO_NORTH_AMERICA, TO_OTHERS, REQUESTS];

    fn costs(&self, around: &Around<'_>) -> Costs {
        Costs::Lines(vec![
            around.by_usage("transfer to North America", "cloudfront.us.gb", TO_NORTH_AMERICA),
            around.by_usage("transfer to elsewhere", "cloudfront.others.gb", TO_OTHERS),
            around.by_usage("requests over HTTPS from North America", "cloudfront.us.https-request", REQUESTS),
        ])
    }
}
