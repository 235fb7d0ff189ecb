//! A delivery: from which source to which place AWS delivers logs, and what of them.

use aws_sdk_cloudwatchlogs::types::{Delivery as Live, S3DeliveryConfiguration as LiveFiles};
use infra_derive::Resource;
use infra_engine::check::{Rule, Severity, Surroundings, Violation};
use infra_engine::live::{Ask, Behaviour, Fault, FaultKind, Found, GoneIsFine, Order, Retag};
use infra_engine::model::{Ref, Replacement, Tags};
use serde::{Deserialize, Serialize};

use super::vended::{self, Named};
use super::{DeliveryDestinationArn, DeliverySourceName};
use crate::again::made_before;
use crate::pages::each;
use crate::tags::to_map;
use crate::{Aws, Sorted};

/// A delivery: from which source to which place AWS delivers logs, and what of them.
///
/// ```
/// use infra_aws::logs::Delivery;
/// use infra_engine::model::Ref;
///
/// let delivery = Delivery {
///     delivery_source_name: Ref::known("shop-cdn"),
///     delivery_destination_arn: Ref::known("arn:aws:logs:us-east-1:123456789012:delivery-destination:shop-cdn"),
///     record_fields: ["date", "time", "c-ip", "cs-uri-stem", "sc-status"].map(str::to_owned).into(),
///     field_delimiter: None,
///     s3_delivery_configuration: None,
/// };
/// ```
///
/// One source is delivered to one place once. Into a log group AWS lets itself write, in the caller's name; a bucket's policy lets
/// `delivery.logs.amazonaws.com` write.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Resource)]
#[resource(kind = "logs/delivery", id = DeliveryId)]
pub struct Delivery {
    /// From where.
    #[replace]
    pub delivery_source_name: Ref<DeliverySourceName>,
    /// To where.
    #[replace]
    pub delivery_destination_arn: Ref<DeliveryDestinationArn>,
    /// What is told of each request, in this order: the fields as the service calls them.
    pub record_fields: Vec<String>,
    /// What stands between fields, where the form is plain or the W3C's. Without it, what AWS chooses, which is nothing where
    /// the form is JSON.
    pub field_delimiter: Option<String>,
    /// How files are called, where they go into a bucket.
    pub s3_delivery_configuration: Option<S3DeliveryConfiguration>,
}

/// How files of logs are called.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct S3DeliveryConfiguration {
    /// What follows the beginning that AWS gives: `{DistributionId}/{yyyy}/{MM}/{dd}/{HH}`.
    pub suffix_path: String,
    /// Whether folders are named so that Hive reads them as partitions.
    pub enable_hive_compatible_path: bool,
}

const CREATE: &str = "logs:CreateDelivery";
const DESCRIBE: &str = "logs:DescribeDeliveries";
const UPDATE: &str = "logs:UpdateDeliveryConfiguration";

impl Behaviour for Delivery {
    type Cloud = Aws;

    const INDEXED: bool = true;

    const ACTIONS: &'static [&'static str] = &[
        CREATE,
        "logs:DeleteDelivery",
        DESCRIBE,
        "logs:GetDelivery",
        UPDATE,
        // In the caller's name AWS lets itself write into the log group.
        "logs:DescribeResourcePolicies",
        "logs:PutResourcePolicy",
        vended::LIST_TAGS,
        vended::TAG,
        vended::UNTAG,
    ];

    fn rules() -> &'static [Rule<Delivery>] {
        RULES
    }

    /// From one source to one place there is one.
    fn replacement(live: &Delivery, wanted: &Delivery) -> Replacement {
        let way =
            |delivery: &Delivery| (delivery.delivery_source_name.value(), delivery.delivery_destination_arn.value());
        if way(live) == way(wanted) { Replacement::DeleteFirst } else { Replacement::CreateFirst }
    }

    async fn read(aws: &Aws, ask: &Ask) -> Result<Vec<Found<Delivery>>, Fault> {
        let listed: Vec<Live> = if ask.only.is_empty() {
            let pages = aws.logs().describe_deliveries().into_paginator().items().send();
            pages.try_collect().await.sorted(DESCRIBE)?
        } else {
            let found = each(ask.only.clone(), async |id: String| one(aws, &id).await);
            found.await?.into_iter().flatten().collect()
        };
        let asked = vended::asked(aws, ask, listed).await?;
        Ok(asked.into_iter().map(|(live, tags)| understand(&live, tags)).collect())
    }

    async fn create(aws: &Aws, order: &Order<Delivery>) -> Result<String, Fault> {
        let Delivery {
            delivery_source_name,
            delivery_destination_arn,
            record_fields,
            field_delimiter,
            s3_delivery_configuration,
        } = &order.definition;
        let call = aws
            .logs()
            .create_delivery()
            .delivery_source_name(delivery_source_name.value())
            .delivery_destination_arn(delivery_destination_arn.value())
            .set_record_fields(Some(record_fields.clone()))
            .set_field_delimiter(field_delimiter.clone())
            .set_s3_delivery_configuration(s3_delivery_configuration.as_ref().map(S3DeliveryConfiguration::written))
            .set_tags(Some(to_map(&order.tags)));
        let sent = call.send().await.sorted(CREATE).map_err(vended::not_seen).map_err(there_is_one);
        let nameless = || Fault::new(FaultKind::Lost, CREATE, "the answer does not say what was made");
        match sent {
            Ok(answer) => answer.delivery.and_then(|delivery| delivery.id).ok_or_else(nameless),
            Err(fault) => made_before(aws, order, None, fault).await,
        }
    }

    async fn update(aws: &Aws, found: &Found<Delivery>, wanted: &Delivery) -> Result<(), Fault> {
        let Delivery {
            delivery_source_name: _,
            delivery_destination_arn: _,
            record_fields,
            field_delimiter,
            s3_delivery_configuration,
        } = wanted;
        let call = aws
            .logs()
            .update_delivery_configuration()
            .id(&found.id)
            .set_record_fields(Some(record_fields.clone()))
            // What is left out stays as it is.
            .field_delimiter(field_delimiter.clone().unwrap_or_default())
            .set_s3_delivery_configuration(s3_delivery_configuration.as_ref().map(S3DeliveryConfiguration::written));
        call.send().await.sorted(UPDATE).map(drop)
    }

    async fn retag(aws: &Aws, found: &Found<Delivery>, retag: &Retag) -> Result<(), Fault> {
        let Some(live) = one(aws, &found.id).await? else {
            return Err(Fault::new(FaultKind::Gone, vended::TAG, "the delivery is gone"));
        };
        vended::retag(aws, Named::arn(&live), retag).await
    }

    async fn delete(aws: &Aws, found: &Found<Delivery>) -> Result<(), Fault> {
        let call = aws.logs().delete_delivery().id(&found.id);
        call.send().await.sorted("logs:DeleteDelivery").map_err(vended::in_use).map(drop).gone_is_fine()
    }
}

impl Named for Live {
    fn id(&self) -> &str {
        Live::id(self).unwrap_or_default()
    }

    fn key(&self) -> Option<&str> {
        None
    }

    fn arn(&self) -> &str {
        Live::arn(self).unwrap_or_default()
    }
}

async fn one(aws: &Aws, id: &str) -> Result<Option<Live>, Fault> {
    let answer = aws.logs().get_delivery().id(id).send().await.sorted("logs:GetDelivery");
    match answer {
        Err(fault) if fault.kind == FaultKind::Gone => Ok(None),
        answer => Ok(answer?.delivery),
    }
}

/// The definition that would have produced a live one.
fn understand(live: &Live, tags: Tags) -> Found<Delivery> {
    let files = live.s3_delivery_configuration().and_then(S3DeliveryConfiguration::of);
    let definition = Delivery {
        delivery_source_name: Ref::known(live.delivery_source_name().unwrap_or_default()),
        delivery_destination_arn: Ref::known(live.delivery_destination_arn().unwrap_or_default()),
        record_fields: live.record_fields().to_vec(),
        field_delimiter: live.field_delimiter().filter(|text| !text.is_empty()).map(str::to_owned),
        s3_delivery_configuration: files,
    };
    Found::ready(Named::id(live), definition, tags)
}

/// There is one from this source to this place already. Where it is this very order's, it is the one.
fn there_is_one(fault: Fault) -> Fault {
    fault.when(FaultKind::Exists, &["ConflictException"], "")
}

impl S3DeliveryConfiguration {
    fn written(&self) -> LiveFiles {
        LiveFiles::builder()
            .suffix_path(&self.suffix_path)
            .enable_hive_compatible_path(self.enable_hive_compatible_path)
            .build()
    }

    /// None where nothing is said, as of a log group.
    fn of(live: &LiveFiles) -> Option<S3DeliveryConfiguration> {
        let suffix_path = live.suffix_path().unwrap_or_default().to_owned();
        let enable_hive_compatible_path = live.enable_hive_compatible_path().unwrap_or_default();
        let said = !suffix_path.is_empty() || enable_hive_compatible_path;
        said.then_some(S3DeliveryConfiguration { suffix_path, enable_hive_compatible_path })
    }
}

static RULES: &[Rule<Delivery>] = &[Rule {
    code: "V43d",
    says: "a delivery says which fields it delivers, each once",
    source: "infra: without them AWS chooses, and what it has chosen would be a difference; CreateDelivery, recordFields",
    severity: Severity::Error,
    check: fields_are_said,
}];

fn fields_are_said(delivery: &Delivery, _: &Surroundings<'_>) -> Vec<Violation> {
    let fields = &delivery.record_fields;
    let twice = fields.iter().enumerate().find(|(place, field)| fields[..*place].contains(field));
    let wrong = match twice {
        _ if fields.is_empty() => "there is none".to_owned(),
        _ if fields.len() > 128 => format!("there are {}, and AWS takes 128", fields.len()),
        Some((_, field)) => format!("`{field}` is there twice"),
        None => return Vec::new(),
    };
    vec![Violation::of("record_fields", fields, wrong, "name each field once, as the service calls it")]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ec2::testing::check;

    fn delivery(fields: &[&str]) -> Delivery {
        Delivery {
            delivery_source_name: Ref::known("shop-cdn"),
            delivery_destination_arn: Ref::known("arn:destination"),
            record_fields: fields.iter().map(|field| (*field).to_owned()).collect(),
            field_delimiter: None,
            s3_delivery_configuration: None,
        }
    }

    fn live() -> aws_sdk_cloudwatchlogs::types::builders::DeliveryBuilder {
        Live::builder()
            .id("d1")
            .arn("arn:delivery")
            .delivery_source_name("shop-cdn")
            .delivery_destination_arn("arn:destination")
            .record_fields("date")
            .record_fields("time")
    }

    #[test]
    fn a_live_delivery_tells_what_it_is_and_what_is_empty_is_nothing() {
        let bare = live().field_delimiter("").s3_delivery_configuration(LiveFiles::builder().build()).build();
        assert_eq!(understand(&bare, Tags::new()).definition, delivery(&["date", "time"]));
        let files =
            S3DeliveryConfiguration { suffix_path: "{DistributionId}".into(), enable_hive_compatible_path: true };
        let whole = live().field_delimiter("\t").s3_delivery_configuration(files.written()).build();
        let wanted = Delivery {
            field_delimiter: Some("\t".into()),
            s3_delivery_configuration: Some(files),
            ..delivery(&["date", "time"])
        };
        assert_eq!(understand(&whole, Tags::new()).definition, wanted);
    }

    #[test]
    fn v43d_fields_are_said_once() {
        check("V43d", |stack| stack.add("cdn", delivery(&[]))).refuses("there is none");
        check("V43d", |stack| stack.add("cdn", delivery(&["date", "date"]))).refuses("`date` is there twice");
        check("V43d", |stack| stack.add("cdn", delivery(&["date", "time"]))).holds();
    }
}
