//! EventBridge: what AWS's own clock and services send is free.

use infra_aws::events::{EventRule, EventTarget};

use super::{Priced, free};
use crate::cost::{Around, Costs, UsageKey};

free!(EventTarget: "what is called costs, where it is defined");

const EVENTS: &UsageKey = &UsageKey {
    name: "own_events_per_month",
    about: "The events that programs of the account's own put on the bus in a month; AWS's own are free.",
};

impl Priced for EventRule {
    const USAGE: &'static [&'static UsageKey] = &[EVENTS];

    fn costs(&self, around: &Around<'_>) -> Costs {
        match self.pattern {
            None => Costs::Free("a clock costs nothing"),
            Some(_) => Costs::Lines(vec![around.by_usage("events of one's own", "events.event", EVENTS)]),
        }
    }
}
