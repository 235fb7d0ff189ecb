//! SNS: by what is sent.

use infra_aws::sns::{Subscription, Topic};

use super::{Priced, free};
use crate::cost::{Around, Costs, UsageKey};

free!(Subscription: "what is sent costs, at its topic");

const MAILS: &UsageKey = &UsageKey { name: "emails_per_month", about: "The e-mails that each topic sends in a month." };

impl Priced for Topic {
    const USAGE: &'static [&'static UsageKey] = &[MAILS];

    fn costs(&self, around: &Around<'_>) -> Costs {
        Costs::Lines(vec![around.by_usage("e-mails", "sns.email", MAILS)])
    }
}
