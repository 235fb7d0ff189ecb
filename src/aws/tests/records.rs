//! The engine's records in a real S3: the local cloud's.

#![expect(clippy::unwrap_used, reason = "what a test prepares may fail it like anything else in it")]

use std::sync::Arc;

use aws_sdk_s3::types::CreateBucketConfiguration;
use infra_aws::store::Bucket;
use infra_aws::{Aws, Endpoints, Settings, Sorted};
use infra_engine::record::{Put, Store, Version, When};

/// Clients of the local cloud, in a region that no other test uses.
async fn aws(region: &str) -> Arc<Aws> {
    let url = infra_local_cloud::endpoint().to_owned();
    let endpoints = Endpoints { file: Some(url), ..Endpoints::default() };
    Arc::new(Aws::load(Settings { region: region.into(), profile: None, endpoints }).await.unwrap())
}

async fn bucket(aws: &Arc<Aws>) -> Bucket {
    let bucket = Bucket::new(Arc::clone(aws), aws.identity().await.unwrap().account);
    clear(&bucket, "").await;
    bucket
}

/// Deletes the records under a prefix, and what they leave behind.
async fn clear(bucket: &Bucket, prefix: &str) {
    for key in bucket.list(prefix).await.unwrap() {
        let stored = bucket.get(&key).await.unwrap().unwrap();
        bucket.delete(&key, &stored.version).await.unwrap();
    }
    bucket.sweep(prefix).await.unwrap();
}

fn written(put: Put) -> Version {
    match put {
        Put::Done(version) => version,
        Put::Conflict => panic!("the condition holds"),
    }
}

#[tokio::test]
async fn a_bucket_that_is_not_there_reads_as_empty_and_is_not_made() {
    let aws = aws("eu-west-1").await;
    let bucket = bucket(&aws).await;
    assert_eq!(bucket.get("a/lock").await.unwrap(), None);
    assert_eq!(bucket.list("").await.unwrap(), [""; 0]);
    bucket.delete("a/lock", &Version("\"x\"".into())).await.unwrap();
    clear(&bucket, "a/").await;
    assert!(aws.s3().head_bucket().bucket(bucket.name()).send().await.is_err());
}

#[tokio::test]
async fn conditions_decide_who_writes() {
    let bucket = bucket(&aws("eu-west-2").await).await;
    let first = written(bucket.put("a/lock", b"one".into(), When::Absent).await.unwrap());
    assert_eq!(bucket.put("a/lock", b"two".into(), When::Absent).await.unwrap(), Put::Conflict);
    let second = written(bucket.put("a/lock", b"two".into(), When::Is(first.clone())).await.unwrap());
    assert_eq!(bucket.put("a/lock", b"three".into(), When::Is(first.clone())).await.unwrap(), Put::Conflict);
    let stored = bucket.get("a/lock").await.unwrap().unwrap();
    assert_eq!((stored.bytes.as_slice(), &stored.version), (&b"two"[..], &second));
    bucket.delete("a/lock", &second).await.unwrap();
    assert_eq!(bucket.get("a/lock").await.unwrap(), None);
    // Over one that has been deleted: a conflict, and no failure.
    assert_eq!(bucket.put("a/lock", b"four".into(), When::Is(second)).await.unwrap(), Put::Conflict);
    written(bucket.put("a/lock", b"five".into(), When::Absent).await.unwrap());
    clear(&bucket, "").await;
}

#[tokio::test]
async fn whoever_has_taken_a_record_over_keeps_it() {
    let bucket = bucket(&aws("eu-west-3").await).await;
    let ours = written(bucket.put("a/lock", b"ours".into(), When::Absent).await.unwrap());
    written(bucket.put("a/lock", b"theirs".into(), When::Always).await.unwrap());
    bucket.delete("a/lock", &ours).await.unwrap();
    assert_eq!(bucket.get("a/lock").await.unwrap().unwrap().bytes, b"theirs");
    clear(&bucket, "").await;
}

#[tokio::test]
async fn records_are_listed_in_order_and_cleared_with_all_their_versions() {
    let aws = aws("eu-north-1").await;
    let bucket = bucket(&aws).await;
    for key in ["b/2", "a/2", "a/1", "a/1"] {
        written(bucket.put(key, b"x".into(), When::Always).await.unwrap());
    }
    assert_eq!(bucket.list("a/").await.unwrap(), ["a/1", "a/2"]);
    clear(&bucket, "a/").await;
    assert_eq!(bucket.list("").await.unwrap(), ["b/2"]);
    let left =
        aws.s3().list_object_versions().bucket(bucket.name()).send().await.sorted("s3:ListObjectVersions").unwrap();
    assert_eq!(left.versions().len() + left.delete_markers().len(), 1);
    bucket.sweep("b/").await.unwrap();
    assert_eq!(bucket.list("").await.unwrap(), ["b/2"], "a record that stands is not swept away");
    clear(&bucket, "b/").await;
    assert!(aws.s3().head_bucket().bucket(bucket.name()).send().await.is_err(), "an empty bucket goes");
    // And a program that has seen it whole makes it again.
    written(bucket.put("c", b"x".into(), When::Absent).await.unwrap());
    clear(&bucket, "").await;
}

#[tokio::test]
async fn more_versions_than_a_page_holds_are_swept_away_and_none_comes_back() {
    let aws = aws("ca-central-1").await;
    let bucket = bucket(&aws).await;
    // A thousand are on a page. Two versions and a mark come first, and then a mark and a version in turn: so a page
    // ends between a mark and the version that was deleted.
    let first = written(bucket.put("a/first", b"x".into(), When::Absent).await.unwrap());
    let second = written(bucket.put("a/first", b"y".into(), When::Is(first)).await.unwrap());
    bucket.delete("a/first", &second).await.unwrap();
    for _ in 0..600 {
        let version = written(bucket.put("a/lock", b"x".into(), When::Absent).await.unwrap());
        bucket.delete("a/lock", &version).await.unwrap();
    }
    bucket.sweep("a/").await.unwrap();
    assert_eq!(bucket.get("a/lock").await.unwrap(), None);
    assert!(aws.s3().head_bucket().bucket(bucket.name()).send().await.is_err(), "nothing is left in it");
}

#[tokio::test]
async fn two_that_make_the_bucket_at_once_both_write_and_only_one_wins() {
    for region in ["us-east-1", "us-west-2"] {
        let aws = aws(region).await;
        let (one, two) = (bucket(&aws).await, Bucket::new(Arc::clone(&aws), aws.identity().await.unwrap().account));
        let (first, second) = futures::future::try_join(
            one.put("a/lock", b"one".into(), When::Absent),
            two.put("a/lock", b"two".into(), When::Absent),
        )
        .await
        .unwrap();
        let conflicts = [&first, &second].into_iter().filter(|put| **put == Put::Conflict).count();
        assert_eq!(conflicts, 1, "{region}: {first:?} {second:?}");
        clear(&one, "").await;
    }
}

#[tokio::test]
async fn a_bucket_whose_maker_was_killed_is_completed_by_whoever_writes_next() {
    let aws = aws("eu-south-1").await;
    let bucket = bucket(&aws).await;
    let s3 = aws.s3();
    let place = CreateBucketConfiguration::builder().location_constraint("eu-south-1".into()).build();
    let call = s3.create_bucket().bucket(bucket.name()).create_bucket_configuration(place);
    call.send().await.sorted("s3:CreateBucket").unwrap();
    written(bucket.put("half/made", b"x".into(), When::Always).await.unwrap());

    let versioning =
        s3.get_bucket_versioning().bucket(bucket.name()).send().await.sorted("s3:GetBucketVersioning").unwrap();
    assert_eq!(versioning.status().map(|status| status.as_str()), Some("Enabled"));
    let closed =
        s3.get_public_access_block().bucket(bucket.name()).send().await.sorted("s3:GetPublicAccessBlock").unwrap();
    let closed = closed.public_access_block_configuration.unwrap();
    assert_eq!(
        [
            closed.block_public_acls,
            closed.block_public_policy,
            closed.ignore_public_acls,
            closed.restrict_public_buckets
        ],
        [Some(true); 4]
    );
    let encrypted =
        s3.get_bucket_encryption().bucket(bucket.name()).send().await.sorted("s3:GetBucketEncryption").unwrap();
    let rules = encrypted.server_side_encryption_configuration.unwrap().rules;
    let algorithm = rules[0].apply_server_side_encryption_by_default().map(|how| how.sse_algorithm().as_str());
    assert_eq!(algorithm, Some("AES256"));

    // Once whole, it costs one call in the life of a program to know it.
    let next = Bucket::new(Arc::clone(&aws), aws.identity().await.unwrap().account);
    let earlier = aws.calls();
    written(next.put("half/made", b"y".into(), When::Always).await.unwrap());
    written(next.put("half/made", b"z".into(), When::Always).await.unwrap());
    let cost = aws.calls().since(&earlier);
    assert_eq!(cost.reads, [("s3:GetBucketTagging".to_owned(), 1)].into());
    assert_eq!(cost.changes, [("s3:PutObject".to_owned(), 2)].into());
    clear(&bucket, "").await;
}

#[tokio::test]
async fn the_account_that_answers_is_the_one_that_was_meant() {
    let aws = aws("eu-central-1").await;
    let identity = aws.identity().await.unwrap();
    assert_eq!(aws.guard(Some(&identity.account.parse().unwrap())).await.unwrap(), identity);
    let fault = aws.guard(Some(&"999999999999".parse().unwrap())).await.unwrap_err();
    assert!(fault.message.contains("is in account 999999999999, but the credentials are for account"), "{fault}");
}
