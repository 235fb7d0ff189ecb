//! A usage report: every line of the bill, put into a bucket several times a day.

use std::collections::BTreeSet;

use aws_sdk_costandusagereport::types::ReportDefinition;
use infra_derive::Resource;
use infra_engine::check::Rule;
use infra_engine::live::{Ask, Behaviour, Fault, FaultKind, Found, GoneIsFine, Order, Retag};
use infra_engine::model::{Ref, Tags};
use infra_values::Region;
use serde::{Deserialize, Serialize};

use crate::again::resume;
use crate::named::meant;
use crate::pages::each;
use crate::s3::BucketName;
use crate::tags::{from_sdk, to_sdk};
use crate::unreadable::or_stand_in;
use crate::{Aws, Sorted};

mod rules;
mod wire;

/// A usage report: every line of the bill, put into a bucket several times a day.
///
/// ```
/// use infra_aws::costs::{Detail, UsageReport};
/// use infra_aws::s3::BucketName;
/// use infra_engine::model::Ref;
///
/// let bucket: Ref<BucketName> = Ref::known("shop-prod-reports");
/// let report = UsageReport {
///     details: [Detail::Resources].into(),
///     ..UsageReport::for_athena("shop-prod", bucket, "eu-central-1".parse().unwrap())
/// };
/// ```
///
/// The bucket's policy lets [`Service::CostReports`](crate::iam::Service::CostReports) write into it. What is in the
/// bucket stays when the report goes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Resource)]
#[resource(kind = "costs/usage-report", id = UsageReportName)]
pub struct UsageReport {
    /// Its name, unique in the account. When its code is removed and the index of tags may not be read, it is found
    /// again only if the project's name is in it.
    #[key]
    pub name: String,
    /// The bucket that it is put into: best as its policy gives it
    /// ([`BucketPolicy::BUCKET`](crate::s3::BucketPolicy::BUCKET)), which must stand before.
    pub bucket: Ref<BucketName>,
    /// The region that the bucket is in.
    pub region: Region,
    /// What the names of its objects start with, without slashes at the ends.
    pub prefix: String,
    /// How much time a line of it is about.
    #[replace]
    pub grain: Grain,
    /// What its lines tell beside the cost.
    #[replace]
    pub details: BTreeSet<Detail>,
    /// How it is written.
    pub layout: Layout,
    /// What is put beside it, so that others can read it at once.
    pub companions: BTreeSet<Companion>,
    /// What becomes of the last one when a new one is put.
    #[replace]
    pub versions: Versions,
    /// Whether months that are closed are written anew when AWS corrects them.
    pub corrected: bool,
}

/// How much time a line of a report is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Grain {
    /// An hour.
    Hour,
    /// A day.
    Day,
    /// A month.
    Month,
}

/// What the lines of a report tell beside the cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Detail {
    /// Which resource it was.
    Resources,
    /// How the cost of a machine divides among the containers on it.
    SplitCosts,
    /// What discounts leave, as older reports tell it.
    ManualDiscounts,
}

/// How a report is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Layout {
    /// In columns, packed by themselves.
    Parquet,
    /// As text in lines, packed by gzip.
    CsvInGzip,
    /// As text in lines, packed as ZIP.
    CsvInZip,
}

/// What is put beside a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Companion {
    /// What Athena needs to ask it questions.
    Athena,
    /// What QuickSight needs to draw it.
    QuickSight,
    /// What Redshift needs to load it.
    Redshift,
}

/// What becomes of the last report when a new one is put.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Versions {
    /// It stays beside the new one.
    Kept,
    /// The new one takes its place.
    Overwritten,
}

impl UsageReport {
    /// A report of each hour that Athena can be asked about, without details, under its own name.
    pub fn for_athena(name: impl Into<String>, bucket: Ref<BucketName>, region: Region) -> UsageReport {
        UsageReport {
            name: name.into(),
            bucket,
            region,
            prefix: "usage".into(),
            grain: Grain::Hour,
            details: BTreeSet::new(),
            layout: Layout::Parquet,
            companions: [Companion::Athena].into(),
            versions: Versions::Overwritten,
            corrected: true,
        }
    }
}

const CREATE: &str = "cur:PutReportDefinition";
const DELETE: &str = "cur:DeleteReportDefinition";
const DESCRIBE: &str = "cur:DescribeReportDefinitions";
const MODIFY: &str = "cur:ModifyReportDefinition";

impl Behaviour for UsageReport {
    type Cloud = Aws;

    const WRITES_OVER: bool = true;

    const ACTIONS: &'static [&'static str] =
        &[DELETE, DESCRIBE, "cur:ListTagsForResource", MODIFY, CREATE, "cur:TagResource", "cur:UntagResource"];

    fn rules() -> &'static [Rule<UsageReport>] {
        rules::ALL
    }

    /// AWS gives five at a time, without their tags: only those are looked at whose name is asked for or has the
    /// project's in it.
    async fn read(aws: &Aws, ask: &Ask) -> Result<Vec<Found<UsageReport>>, Fault> {
        let mut pages = aws.costreports().describe_report_definitions().into_paginator().send();
        let mut reports: Vec<ReportDefinition> = Vec::new();
        while let Some(page) = pages.next().await {
            reports.extend(page.sorted(DESCRIBE)?.report_definitions.unwrap_or_default());
        }
        let meant = meant(aws, ask).await?;
        reports.retain(|report| meant.by_name(report.report_name()));
        let found = each(reports, async |report: ReportDefinition| {
            let name = report.report_name().to_owned();
            let Some(tags) = tags(aws, &name).await? else { return Ok(None) };
            if !ask.wants(&name, Some(&name), &tags) {
                return Ok(None);
            }
            let understood = wire::from_sdk(&report).map(|definition| Found::ready(&name, definition, tags.clone()));
            let stand_in = || {
                let region: Region = "us-east-1".parse().expect("that is a region");
                let bucket = Ref::known(report.s3_bucket());
                Found::ready(&name, UsageReport::for_athena(&name, bucket, region), tags)
            };
            or_stand_in(understood, stand_in).map(Some)
        });
        Ok(found.await?.into_iter().flatten().collect())
    }

    async fn create(aws: &Aws, order: &Order<UsageReport>) -> Result<String, Fault> {
        let name = &order.definition.name;
        let call = aws.costreports().put_report_definition().report_definition(wire::to_sdk(&order.definition)?);
        let answer = call.set_tags(Some(to_sdk(&order.tags))).send().await.sorted(CREATE).map_err(sorted);
        match answer {
            Ok(_) => Ok(name.clone()),
            Err(fault) => resume(aws, order, name, fault).await,
        }
    }

    async fn update(aws: &Aws, _: &Found<UsageReport>, wanted: &UsageReport) -> Result<(), Fault> {
        let call = aws.costreports().modify_report_definition().report_name(&wanted.name);
        let answer = call.report_definition(wire::to_sdk(wanted)?).send().await;
        answer.sorted(MODIFY).map_err(sorted).map(drop)
    }

    async fn retag(aws: &Aws, found: &Found<UsageReport>, retag: &Retag) -> Result<(), Fault> {
        let Retag { set, remove } = retag;
        if !set.is_empty() {
            let call = aws.costreports().tag_resource().report_name(&found.id).set_tags(Some(to_sdk(set)));
            call.send().await.sorted("cur:TagResource")?;
        }
        if !remove.is_empty() {
            let call = aws.costreports().untag_resource().report_name(&found.id).set_tag_keys(Some(remove.clone()));
            call.send().await.sorted("cur:UntagResource")?;
        }
        Ok(())
    }

    /// AWS has one code for all that it finds wrong: one that is gone is told by looking.
    async fn delete(aws: &Aws, found: &Found<UsageReport>) -> Result<(), Fault> {
        let call = aws.costreports().delete_report_definition().report_name(&found.id);
        let Err(fault) = call.send().await.sorted(DELETE) else { return Ok(()) };
        let is_gone = fault.has_code(INVALID) && tags(aws, &found.id).await?.is_none();
        if is_gone { Ok(()) } else { Err(fault) }
    }
}

const INVALID: &[&str] = &["ValidationException"];

fn sorted(fault: Fault) -> Fault {
    fault
        .when(FaultKind::Exists, &["DuplicateReportNameException"], "")
        // The bucket's policy was written a moment ago.
        .when(FaultKind::NotYet, INVALID, "verify customer bucket permission")
}

/// A report's tags. `None` when it has gone in the meantime.
async fn tags(aws: &Aws, name: &str) -> Result<Option<Tags>, Fault> {
    let answer = aws.costreports().list_tags_for_resource().report_name(name).send().await;
    let answer = answer.sorted("cur:ListTagsForResource").map(Some).gone_is_fine()?;
    Ok(answer.map(|answer| from_sdk(answer.tags())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bucket_whose_policy_is_new_is_waited_for_and_any_other_refusal_is_told() {
        let failed = |code: &str, message: &str| {
            sorted(Fault { code: Some(code.into()), ..Fault::new(FaultKind::Refused, CREATE, message) }).kind
        };
        let permission = "Failed to verify customer bucket permission. accountId: 123456789012, bucket name: shop";
        assert_eq!(failed("ValidationException", permission), FaultKind::NotYet);
        assert_eq!(failed("ValidationException", ""), FaultKind::Refused);
        assert_eq!(failed("DuplicateReportNameException", "shop"), FaultKind::Exists);
    }
}
