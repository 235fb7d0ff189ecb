//! CloudWatch Logs: what is written, and what is kept.

use infra_aws::ec2::{FlowLog, LogDestination};
use infra_aws::logs::{Class, Delivery, DeliveryDestination, DeliverySource, LogGroup};
use infra_aws::waf::WebAcl;

use super::{Priced, free};
use crate::cost::{Around, Costs, UsageKey};

free!(
    DeliveryDestination: "a setting",
    DeliverySource: "a setting",
);

const WRITTEN: &UsageKey =
    &UsageKey { name: "gb_written_per_month", about: "The gigabytes that are written into each log group in a month." };
const KEPT: &UsageKey =
    &UsageKey { name: "gb_kept", about: "The gigabytes that each log group keeps, compressed as AWS stores them." };

impl Priced for LogGroup {
    const USAGE: &'static [&'static UsageKey] = &[WRITTEN, KEPT];

    /// What AWS's own services write there has a price of its own.
    fn costs(&self, around: &Around<'_>) -> Costs {
        let price = match self.class {
            Class::Standard if is_written_by_aws(around) => "logs.vended.gb",
            Class::Standard => "logs.gb",
            Class::InfrequentAccess => "logs.infrequent.gb",
            Class::Delivery => "logs.delivery.gb",
        };
        Costs::Lines(vec![
            around.by_usage("what is written", price, WRITTEN),
            around.by_usage("what is kept", "logs.kept.gb-month", KEPT),
        ])
    }
}

fn is_written_by_aws(around: &Around<'_>) -> bool {
    let by_flow_log = around.is_referred_to(|log: &FlowLog| match &log.log_destination {
        LogDestination::CloudWatchLogs { log_group_name, .. } => Some(log_group_name.clone()),
        LogDestination::S3 { .. } => None,
    });
    let by_firewall =
        around.is_referred_to(|acl: &WebAcl| Some(acl.logging_configuration.as_ref()?.log_destination.clone()));
    let by_delivery = around.is_referred_to(|place: &DeliveryDestination| Some(place.destination_resource_arn.clone()));
    by_flow_log || by_firewall || by_delivery
}

const DELIVERED: &UsageKey =
    &UsageKey { name: "gb_delivered_per_month", about: "The gigabytes that are delivered into a bucket in a month." };

impl Priced for Delivery {
    const USAGE: &'static [&'static UsageKey] = &[DELIVERED];

    fn costs(&self, around: &Around<'_>) -> Costs {
        match self.s3_delivery_configuration {
            None => Costs::Free("what it writes costs, at its log group"),
            Some(_) => Costs::Lines(vec![around.by_usage("delivery to the bucket", "logs.vended.s3.gb", DELIVERED)]),
        }
    }
}
