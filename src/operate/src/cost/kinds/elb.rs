//! Elastic Load Balancing: the hours, the addresses, and the capacity that is used.

use infra_aws::elb::{Listener, ListenerRule, LoadBalancer, Scheme, TargetGroup};

use super::ec2::PUBLIC_ADDRESS;
use super::{Priced, free};
use crate::cost::{Around, Costs, Fraction, Line, Quantity, UsageKey};

free!(
    Listener: "a setting",
    ListenerRule: "a setting",
    TargetGroup: "a setting",
);

const NEW: &UsageKey =
    &UsageKey { name: "new_connections_per_second", about: "New connections in a second, on an average." };
const ACTIVE: &UsageKey =
    &UsageKey { name: "active_connections", about: "Connections that are open at one time, on an average." };
const GB: &UsageKey =
    &UsageKey { name: "gb_per_hour", about: "The gigabytes that pass in an hour, both ways together." };
const RULES: &UsageKey = &UsageKey {
    name: "rules_per_second",
    about: "Rules looked at in a second beyond the ten that are free of each request.",
};

/// How much of each makes one unit of capacity.
const UNITS: [(&UsageKey, i128); 4] = [(NEW, 25), (ACTIVE, 3000), (GB, 1), (RULES, 1000)];

impl Priced for LoadBalancer {
    const USAGE: &'static [&'static UsageKey] = &[NEW, ACTIVE, GB, RULES];

    /// Whatever it uses most of tells how many units of capacity are billed.
    fn costs(&self, around: &Around<'_>) -> Costs {
        let used = UNITS.iter().filter_map(|(key, unit)| Some(around.used(key)? * Fraction::of(1, *unit)));
        let units = used.reduce(Fraction::larger);
        let mut lines = vec![Line::hours("load balancer", "alb.hour", 1)];
        if self.scheme == Scheme::InternetFacing {
            let addresses = u32::try_from(self.subnets.len()).unwrap_or(u32::MAX);
            lines.push(Line::hours("public IPv4 addresses, one in each subnet", PUBLIC_ADDRESS, addresses));
        }
        lines.push(Line::of("units of capacity", "alb.lcu.hour", Quantity::used(units).hourly()).missing(GB, units));
        Costs::Lines(lines)
    }
}
