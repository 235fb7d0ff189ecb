//! Buckets and their policies in a real S3: the local cloud's.

mod common;

use std::collections::BTreeSet;

use aws_sdk_s3::types::{BucketVersioningStatus, VersioningConfiguration};
use common::{Walk, aws, project};
use infra_aws::Aws;
use infra_aws::iam::{Policy, Service, Statement};
use infra_aws::s3::{Bucket, BucketPolicy, Contents, Versioning};
use infra_engine::live::{Ask, Behaviour, FaultKind, Found};
use infra_engine::model::Ref;

#[expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]
async fn bucket(aws: &Aws, name: &str) -> Option<Found<Bucket>> {
    Bucket::read(aws, &Ask::only([name.to_owned()])).await.unwrap().pop()
}

#[tokio::test]
async fn a_bucket_walks() {
    let (aws, project) = (aws().await, project());
    let name = format!("{project}-reports");
    let walk = Walk::begin(&aws, &project, Bucket::closed(&name)).await;
    walk.order_again().await;
    walk.order_by_another().await;
    let live = bucket(&aws, &name).await.unwrap();
    assert_eq!(live.outputs["arn"], format!("arn:aws:s3:::{name}"));
    assert_eq!(live.outputs["domain"], format!("{name}.s3.us-east-1.amazonaws.com"));

    aws.s3().delete_public_access_block().bucket(&name).send().await.unwrap();
    walk.mend().await;

    walk.end().await;
}

#[tokio::test]
async fn a_bucket_with_objects_stays_until_its_definition_lets_them_go() {
    let (aws, project) = (aws().await, project());
    let name = format!("{project}-full");
    let walk = Walk::begin(&aws, &project, Bucket::closed(&name)).await;
    let versioning = VersioningConfiguration::builder().status(BucketVersioningStatus::Enabled).build();
    let put = aws.s3().put_bucket_versioning().bucket(&name).versioning_configuration(versioning);
    put.send().await.unwrap();
    for key in ["one", "two", "one"] {
        aws.s3().put_object().bucket(&name).key(key).send().await.unwrap();
    }
    aws.s3().delete_object().bucket(&name).key("two").send().await.unwrap();
    aws.s3().create_multipart_upload().bucket(&name).key("three").send().await.unwrap();

    let live = bucket(&aws, &name).await.unwrap();
    let fault = Bucket::delete(&aws, &live).await.unwrap_err();
    assert_eq!(fault.kind, FaultKind::Refused, "{fault}");
    assert!(fault.message.contains("its definition keeps them"), "{fault}");
    assert!(bucket(&aws, &name).await.is_some());

    let deleted = Bucket { versioning: Versioning::Enabled, contents: Contents::Deleted, ..Bucket::closed(&name) };
    walk.turn_into(deleted).await;
    let live = bucket(&aws, &name).await.unwrap();
    let fault = Bucket::delete(&aws, &live).await.unwrap_err();
    assert_eq!(fault.kind, FaultKind::Busy, "it goes in portions: {fault}");
    walk.end().await;
}

#[tokio::test]
async fn a_bucket_of_a_wanted_name_is_found_whoever_owns_it() {
    let (aws, project) = (aws().await, project());
    let name = format!("{project}-theirs");
    aws.s3().create_bucket().bucket(&name).send().await.unwrap();
    let ask = Ask { owner: Some(format!("{project}/test").parse().unwrap()), ..Ask::default() };
    assert_eq!(Bucket::read(&aws, &ask).await.unwrap().len(), 0, "it is not ours");
    let named = Bucket::read(&aws, &Ask { names: [name.clone()].into(), ..ask }).await.unwrap();
    let [theirs] = &named[..] else { panic!("it bears the wanted name: {named:?}") };
    // Whether a new bucket is closed is the emulator's to get wrong.
    let public_access = theirs.definition.public_access;
    assert_eq!((&theirs.definition, theirs.tags.len()), (&Bucket { public_access, ..Bucket::closed(&name) }, 0));
    Bucket::delete(&aws, theirs).await.unwrap();
    assert!(bucket(&aws, &name).await.is_none());
}

#[tokio::test]
async fn a_policy_follows_its_bucket() {
    let (aws, project) = (aws().await, project());
    let name = format!("{project}-assets");
    let walk = Walk::begin(&aws, &project, Bucket::closed(&name)).await;
    let ask = || Ask { parents: BTreeSet::from([name.clone()]), ..Ask::default() };
    assert!(BucketPolicy::read(&aws, &ask()).await.unwrap().is_empty());

    let read = Statement::allow(["s3:GetObject"]).on([format!("arn:aws:s3:::{name}/*")]).to(Service::CloudFront);
    let live = Found::ready(&name, BucketPolicy { bucket: Ref::known(&name), policy: read.into() }, Default::default());
    BucketPolicy::update(&aws, &live, &live.definition).await.unwrap();
    assert_eq!(BucketPolicy::read(&aws, &ask()).await.unwrap().len(), 1);
    for _ in 0..2 {
        BucketPolicy::delete(&aws, &live).await.unwrap();
        assert!(BucketPolicy::read(&aws, &Ask::only([name.clone()])).await.unwrap().is_empty());
    }
    walk.end().await;
    assert!(BucketPolicy::read(&aws, &ask()).await.unwrap().is_empty(), "no bucket, no policy");
}

#[tokio::test]
async fn what_others_have_a_buckets_policy_say_stays_whatever_becomes_of_ours() {
    let (aws, project) = (aws().await, project());
    let name = format!("{project}-shared");
    let walk = Walk::begin(&aws, &project, Bucket::closed(&name)).await;
    let theirs = format!(
        r#"{{"Version":"2012-10-17","Id":"audit","Statement":{{"Sid":"AuditReads","Effect":"Allow",
        "Principal":{{"AWS":"arn:aws:iam::123456789012:root"}},"Action":"s3:GetObject","Resource":"arn:aws:s3:::{name}/*"}}}}"#
    );
    aws.s3().put_bucket_policy().bucket(&name).policy(theirs).send().await.unwrap();
    let live = async || {
        let found = BucketPolicy::read(&aws, &Ask::only([name.clone()])).await.unwrap().pop().unwrap();
        assert_eq!(found.others.len(), 1, "theirs stands: {:?}", found.others);
        assert!(found.others[0].contains("AuditReads, which allows s3:GetObject"), "{:?}", found.others);
        found
    };
    let found = live().await;
    assert!(BucketPolicy::goes_by_itself(&found), "nothing of it is ours");

    let read = Statement::allow(["s3:GetObject"]).on([format!("arn:aws:s3:::{name}/*")]).to(Service::CloudFront);
    let ours = BucketPolicy { bucket: Ref::known(&name), policy: read.into() };
    for wanted in [ours.clone(), BucketPolicy { policy: write(&name), ..ours.clone() }] {
        BucketPolicy::update(&aws, &found, &wanted).await.unwrap();
        assert_eq!(live().await.definition, wanted);
    }
    let found = live().await;
    BucketPolicy::delete(&aws, &found).await.unwrap();
    assert!(BucketPolicy::goes_by_itself(&live().await));
    walk.end().await;
}

fn write(bucket: &str) -> Policy {
    Statement::allow(["s3:PutObject"]).on([format!("arn:aws:s3:::{bucket}/*")]).to(Service::CostReports).into()
}
