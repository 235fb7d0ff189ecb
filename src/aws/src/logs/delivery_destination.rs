//! A place where AWS delivers logs: a log group, a bucket or a stream, and in which form.

use aws_sdk_cloudwatchlogs::types::{
    DeliveryDestination as Live, DeliveryDestinationConfiguration as Configuration, OutputFormat as LiveFormat,
};
use infra_derive::Resource;
use infra_engine::check::{Rule, Severity, Violation};
use infra_engine::live::{Ask, Behaviour, Fault, FaultKind, Found, GoneIsFine, Order, Retag, State};
use infra_engine::model::{Ref, Replacement, Tags};
use serde::{Deserialize, Serialize};

use super::vended::{self, Named};
use crate::iam::Arn;
use crate::pages::each;
use crate::tags::to_map;
use crate::{Aws, Sorted};

/// A place where AWS delivers logs, and in which form.
///
/// ```
/// use infra_aws::logs::{DeliveryDestination, OutputFormat};
/// use infra_engine::model::Ref;
///
/// let destination = DeliveryDestination {
///     name: "shop-cdn".into(),
///     destination_resource_arn: Ref::known("arn:aws:logs:us-east-1:123456789012:log-group:/cdn/shop"),
///     output_format: OutputFormat::Json,
/// };
/// ```
///
/// AWS gives whoever makes one of a name that there is the one that there is, with what it was to be: so it is looked for
/// before. Its policy, by which other accounts deliver there, is left as it is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Resource)]
#[resource(kind = "logs/delivery-destination", id = DeliveryDestinationName)]
#[resource(outputs(
    /// Its Amazon Resource Name: what a delivery refers to.
    ARN: new DeliveryDestinationArn,
))]
pub struct DeliveryDestination {
    /// Its name, unique in account and region: 1 to 60 letters, digits, hyphens and underscores.
    #[key]
    pub name: String,
    /// The log group, the bucket or the stream. Such an output is given another mark: `.marked()`.
    #[replace]
    pub destination_resource_arn: Ref<DeliveryDestinationResource>,
    /// The form of what is delivered.
    pub output_format: OutputFormat,
}

/// What logs are delivered to.
pub enum DeliveryDestinationResource {}

/// The form of logs that are delivered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum OutputFormat {
    /// JSON.
    Json,
    /// Fields with something between them.
    Plain,
    /// The extended log format of the W3C.
    W3c,
    /// As the service writes it.
    Raw,
    /// Columns. Into buckets alone.
    Parquet,
}

impl Arn for DeliveryDestinationArn {}

const PUT: &str = "logs:PutDeliveryDestination";
const DESCRIBE: &str = "logs:DescribeDeliveryDestinations";

impl Behaviour for DeliveryDestination {
    type Cloud = Aws;

    const INDEXED: bool = true;

    const HELD_BY: &'static [&'static str] = &["logs/delivery"];

    const WRITES_OVER: bool = true;

    const ACTIONS: &'static [&'static str] = &[
        "logs:DeleteDeliveryDestination",
        DESCRIBE,
        "logs:GetDeliveryDestination",
        PUT,
        vended::LIST_TAGS,
        vended::TAG,
        vended::UNTAG,
    ];

    fn rules() -> &'static [Rule<DeliveryDestination>] {
        RULES
    }

    /// Under another name it can stand beside what it follows.
    fn replacement(live: &DeliveryDestination, wanted: &DeliveryDestination) -> Replacement {
        if live.name == wanted.name { Replacement::DeleteFirst } else { Replacement::CreateFirst }
    }

    async fn read(aws: &Aws, ask: &Ask) -> Result<Vec<Found<DeliveryDestination>>, Fault> {
        let listed: Vec<Live> = if ask.only.is_empty() {
            let pages = aws.logs().describe_delivery_destinations().into_paginator().items().send();
            pages.try_collect().await.sorted(DESCRIBE)?
        } else {
            let found = each(ask.only.clone(), async |name: String| one(aws, &name).await);
            found.await?.into_iter().flatten().collect()
        };
        let asked = vended::asked(aws, ask, listed).await?;
        Ok(asked.into_iter().map(|(live, tags)| understand(&live, tags)).collect())
    }

    async fn create(aws: &Aws, order: &Order<DeliveryDestination>) -> Result<String, Fault> {
        let name = &order.definition.name;
        if let Some(there) = one(aws, name).await? {
            return vended::made_before(aws, order, PUT, &there).await;
        }
        put(aws, &order.definition, Some(&order.tags)).await?;
        Ok(name.clone())
    }

    async fn update(aws: &Aws, _: &Found<DeliveryDestination>, wanted: &DeliveryDestination) -> Result<(), Fault> {
        put(aws, wanted, None).await
    }

    async fn retag(aws: &Aws, found: &Found<DeliveryDestination>, retag: &Retag) -> Result<(), Fault> {
        vended::retag(aws, &found.outputs[DeliveryDestination::ARN.name], retag).await
    }

    async fn delete(aws: &Aws, found: &Found<DeliveryDestination>) -> Result<(), Fault> {
        let call = aws.logs().delete_delivery_destination().name(&found.id);
        let sent = call.send().await.sorted("logs:DeleteDeliveryDestination").map_err(vended::in_use);
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

/// Makes it, with its tags, or writes over the one that there is.
async fn put(aws: &Aws, wanted: &DeliveryDestination, tags: Option<&Tags>) -> Result<(), Fault> {
    let DeliveryDestination { name, destination_resource_arn, output_format } = wanted;
    let place = Configuration::builder().destination_resource_arn(destination_resource_arn.value());
    let call = aws
        .logs()
        .put_delivery_destination()
        .name(name)
        .output_format(LiveFormat::from(*output_format))
        .delivery_destination_configuration(place.build().sorted(PUT)?)
        .set_tags(tags.map(to_map));
    call.send().await.sorted(PUT).map_err(vended::not_seen).map(drop)
}

async fn one(aws: &Aws, name: &str) -> Result<Option<Live>, Fault> {
    let answer = aws.logs().get_delivery_destination().name(name).send().await.sorted("logs:GetDeliveryDestination");
    match answer {
        Err(fault) if fault.kind == FaultKind::Gone => Ok(None),
        answer => Ok(answer?.delivery_destination),
    }
}

/// The definition that would have produced a live one.
fn understand(live: &Live, tags: Tags) -> Found<DeliveryDestination> {
    let place = live.delivery_destination_configuration().map(Configuration::destination_resource_arn);
    let format = OutputFormat::of(live.output_format());
    let definition = DeliveryDestination {
        name: Named::id(live).to_owned(),
        // Some answers name the streams of a log group.
        destination_resource_arn: Ref::known(place.unwrap_or_default().trim_end_matches(":*")),
        output_format: format.unwrap_or(OutputFormat::Raw),
    };
    let found = Found::ready(Named::id(live), definition, tags).with(DeliveryDestination::ARN.name, Named::arn(live));
    match format {
        Some(_) => found,
        None => found.in_state(State::Unreadable(format!("{} has a form that is not known here", Named::id(live)))),
    }
}

impl OutputFormat {
    fn of(live: Option<&LiveFormat>) -> Option<OutputFormat> {
        match live? {
            LiveFormat::Json => Some(OutputFormat::Json),
            LiveFormat::Plain => Some(OutputFormat::Plain),
            LiveFormat::W3C => Some(OutputFormat::W3c),
            LiveFormat::Raw => Some(OutputFormat::Raw),
            LiveFormat::Parquet => Some(OutputFormat::Parquet),
            _ => None,
        }
    }
}

impl From<OutputFormat> for LiveFormat {
    fn from(format: OutputFormat) -> LiveFormat {
        match format {
            OutputFormat::Json => LiveFormat::Json,
            OutputFormat::Plain => LiveFormat::Plain,
            OutputFormat::W3c => LiveFormat::W3C,
            OutputFormat::Raw => LiveFormat::Raw,
            OutputFormat::Parquet => LiveFormat::Parquet,
        }
    }
}

static RULES: &[Rule<DeliveryDestination>] = &[
    Rule {
        code: "V43b",
        says: "a place for logs has a name of 1 to 60 letters, digits, hyphens and underscores",
        source: "CloudWatch Logs API model: PutDeliveryDestination",
        severity: Severity::Error,
        check: |destination, _| vended::wrong_name(&destination.name).into_iter().collect(),
    },
    Rule {
        code: "V43c",
        says: "logs in columns go into a bucket",
        source: "CloudWatch Logs API reference: PutDeliveryDestination, outputFormat",
        severity: Severity::Error,
        check: |destination, _| {
            let place = destination.destination_resource_arn.value();
            let elsewhere = place.starts_with("arn:") && !place.contains(":s3:");
            let tell = || {
                let wrong = format!("{place} is no bucket");
                Violation::of("output_format", destination.output_format, wrong, "write `OutputFormat::Json`")
            };
            (destination.output_format == OutputFormat::Parquet && elsewhere).then(tell).into_iter().collect()
        },
    },
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ec2::testing::check;

    const GROUP: &str = "arn:aws:logs:us-east-1:123456789012:log-group:/cdn/shop";

    fn destination(place: &str, output_format: OutputFormat) -> DeliveryDestination {
        DeliveryDestination { name: "shop-cdn".into(), destination_resource_arn: Ref::known(place), output_format }
    }

    #[test]
    fn a_live_destination_tells_what_it_is() {
        for format in
            [OutputFormat::Json, OutputFormat::Plain, OutputFormat::W3c, OutputFormat::Raw, OutputFormat::Parquet]
        {
            let place = Configuration::builder().destination_resource_arn(format!("{GROUP}:*")).build().unwrap();
            let live = Live::builder().name("shop-cdn").arn("arn:destination").output_format(format.into());
            let found = understand(&live.delivery_destination_configuration(place).build(), Tags::new());
            assert_eq!((found.definition, found.state), (destination(GROUP, format), State::Ready));
        }
    }

    #[test]
    fn v43b_a_place_has_a_name() {
        let named = |name: &str| DeliveryDestination { name: name.into(), ..destination(GROUP, OutputFormat::Json) };
        check("V43b", |stack| stack.add("logs", named(""))).refuses("empty");
        check("V43b", |stack| stack.add("logs", named("shop-cdn_1"))).holds();
    }

    #[test]
    fn v43c_columns_go_into_a_bucket() {
        check("V43c", |stack| stack.add("logs", destination(GROUP, OutputFormat::Parquet))).refuses("no bucket");
        check("V43c", |stack| stack.add("logs", destination("arn:aws:s3:::shop-logs", OutputFormat::Parquet))).holds();
        check("V43c", |stack| stack.add("logs", destination(GROUP, OutputFormat::Json))).holds();
    }
}
