//! A public address that stays the same.

use aws_sdk_ec2::types::{Address as Live, DomainType, ResourceType};
use infra_derive::Resource;
use infra_engine::live::{Ask, Behaviour, Fault, FaultKind, Found, Order, Retag};
use serde::{Deserialize, Serialize};

use super::ask::filters;
use super::fault::{Ec2Fault, given};
use super::tags;
use crate::{Aws, Sorted};

/// A public address that stays the same.
///
/// ```
/// use infra_aws::ec2::ElasticIp;
///
/// let address = ElasticIp {};
/// ```
///
/// There is nothing to say of it: AWS chooses the address, and whatever uses it (a NAT gateway, a load balancer) says
/// so itself. It costs money from its first moment, used or not.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Resource)]
#[resource(kind = "ec2/elastic-ip", id = ElasticIpId)]
#[resource(outputs(
    /// The address itself: `203.0.113.7`.
    PUBLIC_IP: new PublicIp,
))]
pub struct ElasticIp {}

impl Behaviour for ElasticIp {
    type Cloud = Aws;

    const ACTIONS: &'static [&'static str] =
        &["ec2:AllocateAddress", "ec2:DescribeAddresses", "ec2:ReleaseAddress", tags::CREATE_TAGS, tags::DELETE_TAGS];

    async fn read(aws: &Aws, ask: &Ask) -> Result<Vec<Found<ElasticIp>>, Fault> {
        let mut found = Vec::new();
        for filter in filters(ask, "allocation-id") {
            // This call has no pages: it gives all at once.
            let answer = aws.ec2().describe_addresses().filters(filter).send().await.sorted("ec2:DescribeAddresses")?;
            found.extend(answer.addresses().iter().filter_map(understand));
        }
        found.retain(|address| ask.wants(&address.id, None, &address.tags));
        Ok(found)
    }

    async fn create(aws: &Aws, order: &Order<ElasticIp>) -> Result<String, Fault> {
        let ElasticIp {} = order.definition;
        let labels = tags::labels(ResourceType::ElasticIp, &order.tags);
        let call = aws.ec2().allocate_address().domain(DomainType::Vpc).tag_specifications(labels);
        let made = call.send().await.sorted("ec2:AllocateAddress")?;
        given(made.allocation_id(), "ec2:AllocateAddress", "allocationId")
    }

    /// It has nothing that could change.
    async fn update(_: &Aws, _: &Found<ElasticIp>, wanted: &ElasticIp) -> Result<(), Fault> {
        let ElasticIp {} = wanted;
        Ok(())
    }

    async fn retag(aws: &Aws, found: &Found<ElasticIp>, retag: &Retag) -> Result<(), Fault> {
        tags::retag(aws, &found.id, retag).await
    }

    async fn delete(aws: &Aws, found: &Found<ElasticIp>) -> Result<(), Fault> {
        let released = aws.ec2().release_address().allocation_id(&found.id).send().await;
        released.sorted("ec2:ReleaseAddress").map_err(released_before).deleting()
    }
}

/// An address that was released and has gone to somebody else answers that it is not the caller's.
fn released_before(fault: Fault) -> Fault {
    fault.when(FaultKind::Gone, &["AuthFailure"], "does not belong to you")
}

/// The definition that would have produced a live one. `None` for an address from before there were networks ("EC2-Classic"):
/// it has no identifier, and nothing here could be given it.
fn understand(live: &Live) -> Option<Found<ElasticIp>> {
    let found = Found::ready(live.allocation_id()?, ElasticIp {}, tags::read(live.tags()));
    Some(found.with(ElasticIp::PUBLIC_IP.name, live.public_ip().unwrap_or_default()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_live_address_tells_what_it_is() {
        let live = Live::builder().public_ip("203.0.113.7");
        assert!(understand(&live.clone().domain(DomainType::Standard).build()).is_none(), "one of EC2-Classic");
        let found = understand(&live.allocation_id("eipalloc-1").build()).unwrap();
        assert_eq!((found.id.as_str(), found.outputs["public_ip"].as_str()), ("eipalloc-1", "203.0.113.7"));
    }

    #[test]
    fn an_address_of_somebody_else_was_released_before_and_missing_rights_are_something_else() {
        let failed = |message: &str| {
            let fault = Fault::new(FaultKind::Denied, "ec2:ReleaseAddress", message);
            released_before(Fault { code: Some("AuthFailure".into()), ..fault }).kind
        };
        assert_eq!(failed("The address '203.0.113.7' does not belong to you."), FaultKind::Gone);
        assert_eq!(failed("AWS was not able to validate the provided access credentials"), FaultKind::Denied);
    }
}
