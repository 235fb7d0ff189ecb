//! Log groups, and deliveries of logs.

use infra_aws::logs::{
    Class, Delivery, DeliveryDestination, DeliveryDestinationArn, DeliverySource, LogGroup, OutputFormat, Retention,
    S3DeliveryConfiguration,
};
use infra_engine::model::{Platform, Ref, Stack};
use infra_testkit::laws::Sample;

use crate::ground::Ground;

const KEY: &str = "arn:aws:kms:us-east-1:000000000000:key/12345678-1234-1234-1234-123456789012";

fn stack(platform: &mut Platform, project: &str) {
    let mut stack = platform.stack("logs");
    let group = |name: &str| LogGroup {
        name: format!("/ecs/{project}/{name}"),
        class: Class::Standard,
        retention: Retention::Days30,
        key: None,
    };
    stack.add("web", group("web"));
    stack.add("sealed", LogGroup { key: Some(Ref::known(KEY)), ..group("sealed") });
    stack.add("passed", LogGroup { class: Class::Delivery, retention: Retention::Days1, ..group("passed") });
    deliveries(&mut stack, project);
}

const CDN: &str = "arn:aws:cloudfront::000000000000:distribution/E1LAW";

/// A source, two places, and what goes from one to the other.
fn deliveries(stack: &mut Stack, project: &str) {
    let place = |name: &str, resource: String| DeliveryDestination {
        name: format!("{project}-{name}"),
        destination_resource_arn: Ref::known(resource),
        output_format: OutputFormat::Json,
    };
    let source = stack.add("source", cdn(project));
    stack.add("spare-source", DeliverySource { name: format!("{project}-spare"), ..cdn(project) });
    let group = format!("arn:aws:logs:us-east-1:000000000000:log-group:/cdn/{project}");
    let group = stack.add("to-group", place("group", group));
    let bucket = stack.add("to-bucket", place("bucket", format!("arn:aws:s3:::{project}-logs")));
    stack.add("spare-place", place("spare", format!("arn:aws:s3:::{project}-spare")));
    let delivery = |to: Ref<DeliveryDestinationArn>| Delivery {
        delivery_source_name: source.id(),
        delivery_destination_arn: to,
        record_fields: ["date", "time", "c-ip"].map(str::to_owned).into(),
        field_delimiter: None,
        s3_delivery_configuration: None,
    };
    stack.add("group-delivery", delivery(group.output(DeliveryDestination::ARN)));
    let files = S3DeliveryConfiguration { suffix_path: "{DistributionId}".into(), enable_hive_compatible_path: false };
    let to_bucket = delivery(bucket.output(DeliveryDestination::ARN));
    stack.add("bucket-delivery", Delivery { s3_delivery_configuration: Some(files), ..to_bucket });
}

fn cdn(project: &str) -> DeliverySource {
    DeliverySource { name: format!("{project}-cdn"), resource_arn: Ref::known(CDN), log_type: "ACCESS_LOGS".into() }
}

/// Which fields of which kinds are tried how.
fn delivered(sample: Sample, project: &str) -> Sample {
    let arn = |name: &str| format!("arn:aws:logs:us-east-1:000000000000:delivery-destination:{project}-{name}");
    let (spare_source, spare_place) = (format!("{project}-spare"), arn("spare"));
    sample
        .change("logs.spare-source", |it: &mut DeliverySource| it.name.push('2'))
        .change("logs.spare-source", |it: &mut DeliverySource| it.resource_arn = Ref::known(CDN.replace("E1", "E2")))
        .change("logs.spare-source", |it: &mut DeliverySource| it.log_type = "CONNECTION_LOGS".into())
        .change("logs.spare-place", |it: &mut DeliveryDestination| it.name.push('2'))
        .change("logs.spare-place", |it: &mut DeliveryDestination| {
            it.destination_resource_arn = Ref::known(format!("arn:aws:s3:::{project}-other"));
        })
        .change("logs.to-bucket", |it: &mut DeliveryDestination| it.output_format = OutputFormat::Parquet)
        .change("logs.to-group", |it: &mut DeliveryDestination| it.output_format = OutputFormat::W3c)
        .change("logs.group-delivery", |it: &mut Delivery| it.delivery_source_name = Ref::known(spare_source))
        .change("logs.bucket-delivery", |it: &mut Delivery| it.delivery_destination_arn = Ref::known(spare_place))
        .change("logs.group-delivery", |it: &mut Delivery| it.record_fields.swap(0, 1))
        .change("logs.group-delivery", |it: &mut Delivery| drop(it.record_fields.pop()))
        .change("logs.group-delivery", |it: &mut Delivery| it.field_delimiter = Some("|".into()))
        .change("logs.bucket-delivery", |it: &mut Delivery| {
            let suffix_path = "{yyyy}/{MM}".into();
            let files = S3DeliveryConfiguration { suffix_path, enable_hive_compatible_path: true };
            it.s3_delivery_configuration = Some(files);
        })
}

#[tokio::test]
async fn logs() {
    let ground = Ground::new().await;
    let project = ground.project.clone();
    let sample = delivered(Sample::of(|platform| stack(platform, &project)), &project)
        .change("logs.web", |it: &mut LogGroup| it.name.push('2'))
        .change("logs.web", |it: &mut LogGroup| it.class = Class::InfrequentAccess)
        .change("logs.passed", |it: &mut LogGroup| it.class = Class::Standard)
        .change("logs.web", |it: &mut LogGroup| it.retention = Retention::Days7)
        .change("logs.web", |it: &mut LogGroup| it.retention = Retention::Forever)
        .change("logs.web", |it: &mut LogGroup| it.key = Some(Ref::known(KEY)))
        .change("logs.sealed", |it: &mut LogGroup| it.key = None)
        .change("logs.sealed", |it: &mut LogGroup| it.key = Some(Ref::known(KEY.replace("1234", "4321"))));
    ground.obeys(&sample).await;
}
