//! The way from a network to the internet and back.

use std::time::Duration;

use aws_sdk_ec2::types::{AttachmentStatus, InternetGateway as Live, ResourceType};
use infra_derive::Resource;
use infra_engine::check::{Rule, Severity, Surroundings, Violation};
use infra_engine::live::{Ask, Behaviour, Fault, Found, Order, Retag, State, Waits};
use infra_engine::model::{Ref, Replacement};
use serde::{Deserialize, Serialize};

use super::ask::filters;
use super::fault::{Ec2Fault, given};
use super::tags;
use super::vpc::VpcId;
use crate::{Aws, Sorted};

/// The way from a network to the internet and back.
///
/// ```
/// use infra_aws::ec2::{InternetGateway, VpcId};
/// use infra_engine::model::Ref;
///
/// let vpc: Ref<VpcId> = Ref::known("vpc-0a1b2c3d");
/// let gateway = InternetGateway { vpc };
/// ```
///
/// It carries nothing until a route table has a route to it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Resource)]
#[resource(kind = "ec2/internet-gateway", id = InternetGatewayId)]
pub struct InternetGateway {
    /// The network that it is attached to; a network has at most one. A live one that is attached to nothing reads
    /// as `detached`.
    pub vpc: Ref<VpcId>,
}

/// What reads in place of the network while there is none: a gateway that was made and not attached yet.
const DETACHED: &str = "detached";

impl Behaviour for InternetGateway {
    type Cloud = Aws;

    const HELD_BY: &'static [&'static str] = &["ec2/route-table"];

    // It cannot be detached while something in the network has a public address.
    const WAITS: Waits = Waits { update: Duration::from_secs(15 * 60), ..Waits::QUICK };

    const ACTIONS: &'static [&'static str] = &[
        "ec2:CreateInternetGateway",
        "ec2:DescribeInternetGateways",
        "ec2:AttachInternetGateway",
        "ec2:DetachInternetGateway",
        "ec2:DeleteInternetGateway",
        tags::CREATE_TAGS,
        tags::DELETE_TAGS,
    ];

    fn rules() -> &'static [Rule<InternetGateway>] {
        RULES
    }

    /// A network has one at most.
    fn replacement(live: &InternetGateway, wanted: &InternetGateway) -> Replacement {
        if live.vpc == wanted.vpc { Replacement::DeleteFirst } else { Replacement::CreateFirst }
    }

    async fn read(aws: &Aws, ask: &Ask) -> Result<Vec<Found<InternetGateway>>, Fault> {
        let mut found = Vec::new();
        for filter in filters(ask, "internet-gateway-id") {
            let pages = aws.ec2().describe_internet_gateways().filters(filter).into_paginator().items().send();
            let live = pages.try_collect().await.sorted("ec2:DescribeInternetGateways")?;
            found.extend(live.iter().map(understand));
        }
        found.retain(|gateway| ask.wants(&gateway.id, None, &gateway.tags));
        Ok(found)
    }

    async fn create(aws: &Aws, order: &Order<InternetGateway>) -> Result<String, Fault> {
        let operation = "ec2:CreateInternetGateway";
        let labels = tags::labels(ResourceType::InternetGateway, &order.tags);
        let made = aws.ec2().create_internet_gateway().tag_specifications(labels).send().await.sorted(operation)?;
        given(made.internet_gateway().and_then(Live::internet_gateway_id), operation, "internetGatewayId")
    }

    async fn update(aws: &Aws, found: &Found<InternetGateway>, wanted: &InternetGateway) -> Result<(), Fault> {
        change(aws, &found.id, &found.definition.vpc.value(), wanted).await
    }

    async fn retag(aws: &Aws, found: &Found<InternetGateway>, retag: &Retag) -> Result<(), Fault> {
        tags::retag(aws, &found.id, retag).await
    }

    async fn delete(aws: &Aws, found: &Found<InternetGateway>) -> Result<(), Fault> {
        detach(aws, &found.id, &found.definition.vpc.value()).await?;
        let call = aws.ec2().delete_internet_gateway().internet_gateway_id(&found.id);
        call.send().await.sorted("ec2:DeleteInternetGateway").deleting()
    }
}

const RULES: &[Rule<InternetGateway>] = &[Rule {
    code: "V202",
    says: "a network has at most one internet gateway",
    source: "EC2 API, AttachInternetGateway: Resource.AlreadyAssociated",
    severity: Severity::Error,
    check: alone,
}];

/// V202.
fn alone(gateway: &InternetGateway, around: &Surroundings<'_>) -> Vec<Violation> {
    let rival = around.others::<InternetGateway>().find(|(_, other)| other.vpc == gateway.vpc);
    let tell = |(address, _)| {
        let wrong = format!("{address} is attached to the same network");
        Violation::of("vpc", &gateway.vpc, wrong, "remove one of the two, or give it a network of its own")
    };
    rival.map(tell).into_iter().collect()
}

/// Moves the gateway from the network `live` to the one that is wanted.
async fn change(aws: &Aws, id: &str, live: &str, wanted: &InternetGateway) -> Result<(), Fault> {
    let InternetGateway { vpc } = wanted;
    let vpc = vpc.value();
    if live == vpc {
        return Ok(());
    }
    detach(aws, id, live).await?;
    let call = aws.ec2().attach_internet_gateway().internet_gateway_id(id).vpc_id(&vpc);
    match call.send().await.sorted("ec2:AttachInternetGateway").changing() {
        // Either this call has been sent before, or the network has another gateway.
        Err(fault) if fault.has_code(&["Resource.AlreadyAssociated"]) => {
            let now = InternetGateway::read(aws, &Ask::only([id.to_owned()])).await?;
            if now.iter().any(|gateway| gateway.definition.vpc.value() == vpc) { Ok(()) } else { Err(fault) }
        }
        other => other.map(drop),
    }
}

async fn detach(aws: &Aws, id: &str, vpc: &str) -> Result<(), Fault> {
    if vpc == DETACHED {
        return Ok(());
    }
    let call = aws.ec2().detach_internet_gateway().internet_gateway_id(id).vpc_id(vpc);
    call.send().await.sorted("ec2:DetachInternetGateway").deleting()
}

/// The definition that would have produced a live one.
fn understand(live: &Live) -> Found<InternetGateway> {
    let attached = live.attachments().first();
    let vpc = Ref::known(attached.and_then(|attachment| attachment.vpc_id()).unwrap_or(DETACHED));
    let state = match attached.and_then(|attachment| attachment.state()) {
        Some(AttachmentStatus::Attaching) => State::Pending("attaching".into()),
        Some(AttachmentStatus::Detaching) => State::Pending("detaching".into()),
        _ => State::Ready,
    };
    let id = live.internet_gateway_id().unwrap_or_default();
    Found::ready(id, InternetGateway { vpc }, tags::read(live.tags())).in_state(state)
}

#[cfg(test)]
mod tests {
    use aws_sdk_ec2::types::InternetGatewayAttachment;

    use super::super::testing::check;
    use super::*;

    fn gateway(vpc: &str) -> InternetGateway {
        InternetGateway { vpc: Ref::known(vpc) }
    }

    #[test]
    fn v202_a_network_has_one_gateway() {
        let beside = |other: &str| {
            check("V202", |stack| {
                stack.add("other", gateway(other));
                stack.add("main", gateway("vpc-1"))
            })
        };
        beside("vpc-1").refuses("network.other is attached to the same network");
        beside("vpc-2").holds();
    }

    #[test]
    fn a_gateway_is_ready_once_it_is_attached_or_left_alone() {
        let live = |status: &str| {
            let attachment = InternetGatewayAttachment::builder().vpc_id("vpc-1").state(status.into()).build();
            understand(&Live::builder().internet_gateway_id("igw-1").attachments(attachment).build())
        };
        assert_eq!((live("available").definition, live("available").state), (gateway("vpc-1"), State::Ready));
        assert_eq!(live("attaching").state, State::Pending("attaching".into()));
        let alone = understand(&Live::builder().internet_gateway_id("igw-1").build());
        assert_eq!((alone.definition, alone.state), (gateway(DETACHED), State::Ready));
    }
}
