//! A source of logs that AWS delivers: a resource, and which of its logs.

use std::collections::BTreeSet;

use aws_sdk_cloudwatchlogs::types::DeliverySource as Live;
use infra_derive::Resource;
use infra_engine::check::{Rule, Severity, Surroundings, Violation};
use infra_engine::live::{Ask, Behaviour, Fault, FaultKind, Found, GoneIsFine, Order, Retag, State};
use infra_engine::model::{Ref, Replacement, Tags};
use serde::{Deserialize, Serialize};

use super::vended::{self, Named};
use crate::iam::Arn;
use crate::pages::each;
use crate::tags::to_map;
use crate::{Aws, Sorted};

/// A source of logs that AWS delivers: a resource, and which of its logs.
///
/// ```
/// use infra_aws::logs::DeliverySource;
/// use infra_engine::model::Ref;
///
/// let source = DeliverySource {
///     name: "shop-cdn".into(),
///     resource_arn: Ref::known("arn:aws:cloudfront::123456789012:distribution/E1"),
///     log_type: "ACCESS_LOGS".into(),
/// };
/// ```
///
/// A [`Delivery`](super::Delivery) says where they go. It is in the resource's region; for a distribution in us-east-1. AWS gives whoever makes one of a name that there is the one
/// that there is, with what it was to be: so it is looked for before.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Resource)]
#[resource(kind = "logs/delivery-source", id = DeliverySourceName)]
#[resource(outputs(
    /// Its Amazon Resource Name.
    ARN: new DeliverySourceArn,
))]
pub struct DeliverySource {
    /// Its name, unique in account and region: 1 to 60 letters, digits, hyphens and underscores.
    #[key]
    pub name: String,
    /// The resource whose logs they are. Such an output is given another mark: `.marked()`.
    #[replace]
    pub resource_arn: Ref<DeliverySourceResource>,
    /// Which of its logs: `ACCESS_LOGS` of a distribution.
    #[replace]
    pub log_type: String,
}

/// What has logs that AWS delivers.
pub enum DeliverySourceResource {}

impl Arn for DeliverySourceArn {}

const PUT: &str = "logs:PutDeliverySource";
const DESCRIBE: &str = "logs:DescribeDeliverySources";

impl Behaviour for DeliverySource {
    type Cloud = Aws;

    const INDEXED: bool = true;

    const HELD_BY: &'static [&'static str] = &["logs/delivery"];

    const ACTIONS: &'static [&'static str] = &[
        // AWS asks the service whose logs they are whether the caller may have them delivered.
        "cloudfront:AllowVendedLogDeliveryForResource",
        "logs:DeleteDeliverySource",
        DESCRIBE,
        "logs:GetDeliverySource",
        PUT,
        vended::LIST_TAGS,
        vended::TAG,
        vended::UNTAG,
    ];

    fn rules() -> &'static [Rule<DeliverySource>] {
        RULES
    }

    /// Under another name it can stand beside what it follows.
    fn replacement(live: &DeliverySource, wanted: &DeliverySource) -> Replacement {
        if live.name == wanted.name { Replacement::DeleteFirst } else { Replacement::CreateFirst }
    }

    async fn read(aws: &Aws, ask: &Ask) -> Result<Vec<Found<DeliverySource>>, Fault> {
        let listed: Vec<Live> = if ask.only.is_empty() {
            let pages = aws.logs().describe_delivery_sources().into_paginator().items().send();
            pages.try_collect().await.sorted(DESCRIBE)?
        } else {
            let found = each(ask.only.clone(), async |name: String| one(aws, &name).await);
            found.await?.into_iter().flatten().collect()
        };
        let asked = vended::asked(aws, ask, listed).await?;
        Ok(asked.into_iter().map(|(live, tags)| understand(&live, tags)).collect())
    }

    async fn create(aws: &Aws, order: &Order<DeliverySource>) -> Result<String, Fault> {
        let DeliverySource { name, resource_arn, log_type } = &order.definition;
        if let Some(there) = one(aws, name).await? {
            return vended::made_before(aws, order, PUT, &there).await;
        }
        let call = aws.logs().put_delivery_source().name(name).resource_arn(resource_arn.value());
        let call = call.log_type(log_type).set_tags(Some(to_map(&order.tags)));
        // The resource was made a moment ago.
        call.send().await.sorted(PUT).map_err(vended::not_seen)?;
        Ok(name.clone())
    }

    /// Everything that is said of it needs a new one.
    async fn update(_: &Aws, _: &Found<DeliverySource>, wanted: &DeliverySource) -> Result<(), Fault> {
        let DeliverySource { name: _, resource_arn: _, log_type: _ } = wanted;
        Ok(())
    }

    async fn retag(aws: &Aws, found: &Found<DeliverySource>, retag: &Retag) -> Result<(), Fault> {
        vended::retag(aws, &found.outputs[DeliverySource::ARN.name], retag).await
    }

    async fn delete(aws: &Aws, found: &Found<DeliverySource>) -> Result<(), Fault> {
        let call = aws.logs().delete_delivery_source().name(&found.id);
        let sent = call.send().await.sorted("logs:DeleteDeliverySource").map_err(vended::in_use);
        sent.map(drop).gone_is_fine()
    }
}

impl Named for Live {
    fn id(&self) -> &str {
        self.name().unwrap_or_default()
    }

    fn key(&self) -> Option<&str> {
        self.name()
    }

    fn arn(&self) -> &str {
        Live::arn(self).unwrap_or_default()
    }
}

async fn one(aws: &Aws, name: &str) -> Result<Option<Live>, Fault> {
    let answer = aws.logs().get_delivery_source().name(name).send().await.sorted("logs:GetDeliverySource");
    match answer {
        Err(fault) if fault.kind == FaultKind::Gone => Ok(None),
        answer => Ok(answer?.delivery_source),
    }
}

/// The definition that would have produced a live one.
fn understand(live: &Live, tags: Tags) -> Found<DeliverySource> {
    let resources: BTreeSet<&String> = live.resource_arns().iter().collect();
    let definition = DeliverySource {
        name: Named::id(live).to_owned(),
        resource_arn: Ref::known(resources.first().map(|arn| arn.as_str()).unwrap_or_default()),
        log_type: live.log_type().unwrap_or_default().to_owned(),
    };
    let found = Found::ready(Named::id(live), definition, tags).with(DeliverySource::ARN.name, Named::arn(live));
    match resources.len() {
        1 => found,
        many => found.in_state(State::Unreadable(format!("{} is of {many} resources", Named::id(live)))),
    }
}

static RULES: &[Rule<DeliverySource>] = &[Rule {
    code: "V43a",
    says: "a source of logs has a name of 1 to 60 letters, digits, hyphens and underscores, and says which logs",
    source: "CloudWatch Logs API model: PutDeliverySource",
    severity: Severity::Error,
    check: fits,
}];

fn fits(source: &DeliverySource, _: &Surroundings<'_>) -> Vec<Violation> {
    let mut violations: Vec<Violation> = vended::wrong_name(&source.name).into_iter().collect();
    let odd = |c: char| !c.is_ascii_alphanumeric() && c != '_';
    if source.log_type.is_empty() || source.log_type.contains(odd) {
        let wrong = "it is no sort of logs";
        violations.push(Violation::of("log_type", &source.log_type, wrong, "write it as AWS does: `ACCESS_LOGS`"));
    }
    violations
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ec2::testing::check;

    fn source() -> DeliverySource {
        DeliverySource { name: "shop-cdn".into(), resource_arn: Ref::known("arn"), log_type: "ACCESS_LOGS".into() }
    }

    #[test]
    fn a_live_source_tells_what_it_is_of() {
        let live = |resources: &[&str]| {
            let live = Live::builder().name("shop-cdn").arn("arn:source").log_type("ACCESS_LOGS");
            let resources = resources.iter().map(|arn| (*arn).to_owned()).collect();
            understand(&live.set_resource_arns(Some(resources)).build(), Tags::new())
        };
        assert_eq!((live(&["arn"]).definition, live(&["arn"]).state), (source(), State::Ready));
        assert!(matches!(live(&["arn", "other"]).state, State::Unreadable(_)));
    }

    #[test]
    fn v43a_a_source_has_a_name_and_says_which_logs() {
        check("V43a", |stack| stack.add("cdn", source())).holds();
        check("V43a", |stack| stack.add("cdn", DeliverySource { name: "a".repeat(61), ..source() })).refuses("61");
        check("V43a", |stack| stack.add("cdn", DeliverySource { name: "a/b".into(), ..source() })).refuses("`/`");
        check("V43a", |stack| stack.add("cdn", DeliverySource { log_type: "access logs".into(), ..source() }))
            .refuses("no sort of logs");
    }
}
