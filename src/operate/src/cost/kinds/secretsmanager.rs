//! Secrets Manager: by the secret, and by the call.

use infra_aws::secretsmanager::Secret;

use super::Priced;
use crate::cost::{Around, Costs, Line, Quantity, UsageKey};

const CALLS: &UsageKey = &UsageKey {
    name: "calls_per_month",
    about: "How often each secret is asked for in a month: once at each task's start.",
};

impl Priced for Secret {
    const USAGE: &'static [&'static UsageKey] = &[CALLS];

    fn costs(&self, around: &Around<'_>) -> Costs {
        Costs::Lines(vec![
            Line::of("the secret", "secret.month", Quantity::always(1)),
            around.by_usage("calls", "secret.call", CALLS),
        ])
    }
}
