//! EC2 and the network.

use infra_aws::ec2::{
    ElasticIp, FlowLog, InternetGateway, LogDestination, NatGateway, RouteTable, SecurityGroup, SecurityGroupRules,
    SpotFleet, Subnet, VolumeKind, Vpc,
};

use super::{Priced, free};
use crate::cost::{Around, Costs, Fraction, Line, Money, Quantity, UsageKey};

free!(
    InternetGateway: "the way costs nothing; what is sent out costs",
    RouteTable: "a setting",
    SecurityGroup: "a setting",
    SecurityGroupRules: "a setting",
    Subnet: "a setting",
    Vpc: "a setting",
);

/// The price of an IPv4 address that the world can call, in use or not.
pub(super) const PUBLIC_ADDRESS: &str = "ipv4.hour";

impl Priced for ElasticIp {
    fn costs(&self, _: &Around<'_>) -> Costs {
        Costs::Lines(vec![Line::hours("public IPv4 address", PUBLIC_ADDRESS, 1)])
    }
}

const THROUGH_NAT: &UsageKey = &UsageKey {
    name: "gb_through_per_month",
    about: "The gigabytes that pass through each NAT gateway in a month, both ways together.",
};

impl Priced for NatGateway {
    const USAGE: &'static [&'static UsageKey] = &[THROUGH_NAT];

    /// Its address is an Elastic IP's to cost.
    fn costs(&self, around: &Around<'_>) -> Costs {
        Costs::Lines(vec![
            Line::hours("NAT gateway", "nat.hour", 1),
            around.by_usage("what passes through it", "nat.gb", THROUGH_NAT),
        ])
    }
}

const DELIVERED: &UsageKey = &UsageKey {
    name: "gb_delivered_per_month",
    about: "The gigabytes of flow logs that are written into a bucket in a month.",
};

impl Priced for FlowLog {
    const USAGE: &'static [&'static UsageKey] = &[DELIVERED];

    fn costs(&self, around: &Around<'_>) -> Costs {
        match self.log_destination {
            LogDestination::CloudWatchLogs { .. } => Costs::Free("what it writes costs, at its log group"),
            LogDestination::S3 { .. } => {
                Costs::Lines(vec![around.by_usage("delivery to the bucket", "logs.vended.s3.gb", DELIVERED)])
            }
        }
    }
}

const SPOT_PRICE: &UsageKey = &UsageKey {
    name: "dollars_per_hour",
    about: "What each machine of the fleet costs in an hour, as AWS has billed it lately.",
};

impl Priced for SpotFleet {
    const USAGE: &'static [&'static UsageKey] = &[SPOT_PRICE];

    /// At least nothing: AWS may have no machines to spare. At most the maximum price, or what the dearest of its types
    /// costs without one.
    fn costs(&self, around: &Around<'_>) -> Costs {
        let machines = Quantity::always(self.capacity).hourly().ceiling;
        let given = around.used(SPOT_PRICE).map(|dollars| dollars * machines);
        let mut lines = match self.maximum_price.as_ref().map(|most| most.to_string().parse::<Fraction>()) {
            Some(Ok(most)) => {
                let dollars = Quantity::between(Fraction::ZERO, given, most * machines);
                vec![Line::said("spot machines", Money::dollars(1), dollars).missing(SPOT_PRICE, given)]
            }
            _ => without_a_maximum(self, around, given, machines),
        };
        if let Some(root) = &self.root {
            let price = match root.kind {
                VolumeKind::Gp3 => "ebs.gp3.gb-month",
                VolumeKind::Gp2 => "ebs.gp2.gb-month",
            };
            let size = Quantity::always(root.gigabytes).times(self.capacity);
            lines.push(Line::of("disks of the machines", price, size));
        }
        Costs::Lines(lines)
    }
}

/// What machines cost when nobody says a maximum: on demand, they would cost as much as the dearest type.
fn without_a_maximum(fleet: &SpotFleet, around: &Around<'_>, given: Option<Fraction>, machines: Fraction) -> Vec<Line> {
    let keys = fleet.instance_types.iter().map(|kind| format!("ec2.{kind}.hour"));
    // A type without a price goes before all others: then the maximum is unknown.
    let dearest = keys.max_by_key(|key| (around.price(key).is_none(), around.price(key)));
    let at_most = Quantity { floor: Fraction::ZERO, expected: Fraction::ZERO, ceiling: machines };
    let billed = Quantity { ceiling: Fraction::ZERO, ..Quantity::used(given) };
    vec![
        Line::said("spot machines", Money::dollars(1), billed).missing(SPOT_PRICE, given),
        Line::of("spot machines, at most", dearest.unwrap_or_default(), at_most),
    ]
}
