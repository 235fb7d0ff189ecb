//! A usage report on its way to AWS and back.

use aws_sdk_costandusagereport::types::{
    AdditionalArtifact, CompressionFormat, ReportDefinition, ReportFormat, ReportVersioning, SchemaElement, TimeUnit,
};
use infra_engine::live::{Fault, FaultKind};
use infra_engine::model::Ref;

use super::{Companion, DESCRIBE, Detail, Grain, Layout, UsageReport, Versions};
use crate::Sorted;

/// A report as AWS takes it.
pub(super) fn to_sdk(report: &UsageReport) -> Result<ReportDefinition, Fault> {
    let UsageReport { name, bucket, region, prefix, grain, details, layout, companions, versions, corrected } = report;
    let (format, compression) = match layout {
        Layout::Parquet => (ReportFormat::Parquet, CompressionFormat::Parquet),
        Layout::CsvInGzip => (ReportFormat::Csv, CompressionFormat::Gzip),
        Layout::CsvInZip => (ReportFormat::Csv, CompressionFormat::Zip),
    };
    ReportDefinition::builder()
        .report_name(name)
        .s3_bucket(bucket.value())
        .s3_region(region.as_str().into())
        .s3_prefix(prefix)
        .time_unit(match grain {
            Grain::Hour => TimeUnit::Hourly,
            Grain::Day => TimeUnit::Daily,
            Grain::Month => TimeUnit::Monthly,
        })
        .format(format)
        .compression(compression)
        .set_additional_schema_elements(Some(details.iter().copied().map(SchemaElement::from).collect()))
        .set_additional_artifacts(Some(companions.iter().copied().map(AdditionalArtifact::from).collect()))
        .report_versioning(match versions {
            Versions::Kept => ReportVersioning::CreateNewReport,
            Versions::Overwritten => ReportVersioning::OverwriteReport,
        })
        .refresh_closed_reports(*corrected)
        .build()
        .sorted(super::CREATE)
}

impl From<Detail> for SchemaElement {
    fn from(detail: Detail) -> SchemaElement {
        match detail {
            Detail::Resources => SchemaElement::Resources,
            Detail::SplitCosts => SchemaElement::SplitCostAllocationData,
            Detail::ManualDiscounts => SchemaElement::ManualDiscountCompatibility,
        }
    }
}

impl From<Companion> for AdditionalArtifact {
    fn from(companion: Companion) -> AdditionalArtifact {
        match companion {
            Companion::Athena => AdditionalArtifact::Athena,
            Companion::QuickSight => AdditionalArtifact::Quicksight,
            Companion::Redshift => AdditionalArtifact::Redshift,
        }
    }
}

/// The definition that would have produced a live report.
pub(super) fn from_sdk(live: &ReportDefinition) -> Result<UsageReport, Fault> {
    let unknown = |field: &str, value: &str| {
        let message = format!("the report `{}` has a {field} that is not known here: `{value}`", live.report_name());
        Fault::new(FaultKind::Broken, DESCRIBE, message)
    };
    let grain = match live.time_unit() {
        TimeUnit::Hourly => Grain::Hour,
        TimeUnit::Daily => Grain::Day,
        TimeUnit::Monthly => Grain::Month,
        other => return Err(unknown("grain", other.as_str())),
    };
    let layout = match (live.format(), live.compression()) {
        (ReportFormat::Parquet, _) => Layout::Parquet,
        (ReportFormat::Csv, CompressionFormat::Gzip) => Layout::CsvInGzip,
        (ReportFormat::Csv, CompressionFormat::Zip) => Layout::CsvInZip,
        (format, compression) => return Err(unknown("layout", &format!("{format} {compression}"))),
    };
    let detail = |element: &SchemaElement| match element {
        SchemaElement::Resources => Ok(Detail::Resources),
        SchemaElement::SplitCostAllocationData => Ok(Detail::SplitCosts),
        SchemaElement::ManualDiscountCompatibility => Ok(Detail::ManualDiscounts),
        other => Err(unknown("detail", other.as_str())),
    };
    let companion = |artifact: &AdditionalArtifact| match artifact {
        AdditionalArtifact::Athena => Ok(Companion::Athena),
        AdditionalArtifact::Quicksight => Ok(Companion::QuickSight),
        AdditionalArtifact::Redshift => Ok(Companion::Redshift),
        other => Err(unknown("companion", other.as_str())),
    };
    let region = live.s3_region().as_str();
    Ok(UsageReport {
        name: live.report_name().to_owned(),
        bucket: Ref::known(live.s3_bucket()),
        region: region.parse().map_err(|_| unknown("region", region))?,
        prefix: live.s3_prefix().trim_matches('/').to_owned(),
        grain,
        details: live.additional_schema_elements().iter().map(detail).collect::<Result<_, _>>()?,
        layout,
        companions: live.additional_artifacts().iter().map(companion).collect::<Result<_, _>>()?,
        versions: match live.report_versioning() {
            Some(ReportVersioning::OverwriteReport) => Versions::Overwritten,
            _ => Versions::Kept,
        },
        corrected: live.refresh_closed_reports().unwrap_or_default(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report() -> UsageReport {
        UsageReport::for_athena("shop", Ref::known("shop-reports"), "eu-central-1".parse().unwrap())
    }

    #[test]
    fn a_report_survives_the_way_to_aws_and_back() {
        let csv = UsageReport { layout: Layout::CsvInGzip, companions: [].into(), ..report() };
        let details = [Detail::Resources, Detail::SplitCosts, Detail::ManualDiscounts].into();
        let companions = [Companion::QuickSight, Companion::Redshift].into();
        for report in [
            report(),
            UsageReport { details, grain: Grain::Day, corrected: false, ..report() },
            UsageReport { companions, grain: Grain::Month, versions: Versions::Kept, ..csv.clone() },
            UsageReport { layout: Layout::CsvInZip, prefix: String::new(), ..csv },
        ] {
            assert_eq!(from_sdk(&to_sdk(&report).unwrap()).unwrap(), report);
        }
    }

    #[test]
    fn what_is_not_known_here_is_told_and_never_dropped() {
        let mut live = to_sdk(&report()).unwrap();
        live.additional_schema_elements.push("CARBON".into());
        let fault = from_sdk(&live).unwrap_err();
        assert!(fault.message.contains("`shop` has a detail that is not known here: `CARBON`"), "{fault}");
    }
}
