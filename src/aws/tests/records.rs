//! The engine's records in a real S3: the local cloud's.

#![expect(clippy::unwrap_used, reason = "what a test prepares may fail it like anything else in it")]

use std::sync::Arc;

use aws_sdk_s3::types::{
    BucketVersioningStatus, CreateBucketConfiguration, ServerSideEncryption, ServerSideEncryptionByDefault,
    ServerSideEncryptionConfiguration, ServerSideEncryptionRule, Tag, Tagging, VersioningConfiguration,
};
use infra_aws::store::Bucket;
use infra_aws::{Aws, Endpoints, Settings, Sorted};
use infra_engine::record::{Deleted, Put, Store, Version, When};

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
    assert_eq!(bucket.delete("a/lock", &ours).await.unwrap(), Deleted::Conflict);
    let stored = bucket.get("a/lock").await.unwrap().unwrap();
    assert_eq!(stored.bytes, b"theirs");
    for _ in 0..2 {
        assert_eq!(bucket.delete("a/lock", &stored.version).await.unwrap(), Deleted::Done, "gone is gone");
    }
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

/// Every setting of a bucket, as the local cloud tells it, in words.
async fn settings(aws: &Aws, bucket: &str) -> [String; 6] {
    let s3 = aws.s3();
    let controls = s3.get_bucket_ownership_controls().bucket(bucket).send().await.sorted("s3:Get").unwrap();
    let owned = controls.ownership_controls.unwrap().rules.remove(0).object_ownership;
    let block = s3.get_public_access_block().bucket(bucket).send().await.sorted("s3:Get").unwrap();
    let block = block.public_access_block_configuration.unwrap();
    let closed =
        [block.block_public_acls, block.block_public_policy, block.ignore_public_acls, block.restrict_public_buckets];
    let versioning = s3.get_bucket_versioning().bucket(bucket).send().await.sorted("s3:Get").unwrap();
    let encryption = s3.get_bucket_encryption().bucket(bucket).send().await.sorted("s3:Get").unwrap();
    let rules = encryption.server_side_encryption_configuration.unwrap().rules;
    let policy = s3.get_bucket_policy().bucket(bucket).send().await.sorted("s3:Get").unwrap();
    let policy: serde_json::Value = serde_json::from_str(&policy.policy.unwrap()).unwrap();
    let statements = policy["Statement"].as_array().unwrap().iter();
    let sids: Vec<&str> = statements.map(|statement| statement["Sid"].as_str().unwrap()).collect();
    let lifecycle = s3.get_bucket_lifecycle_configuration().bucket(bucket).send().await.sorted("s3:Get").unwrap();
    let days = |rule: &aws_sdk_s3::types::LifecycleRule| {
        rule.noncurrent_version_expiration().and_then(|old| old.noncurrent_days()).unwrap()
    };
    let rules_of_life = lifecycle.rules();
    let life: Vec<String> = rules_of_life.iter().map(|rule| format!("{} {}", rule.id().unwrap(), days(rule))).collect();
    [
        owned.as_str().to_owned(),
        format!("{closed:?}"),
        versioning.status.unwrap().as_str().to_owned(),
        rules[0].apply_server_side_encryption_by_default().unwrap().sse_algorithm().as_str().to_owned(),
        sids.join(" "),
        life.join(" "),
    ]
}

/// What all of them must be.
fn whole() -> [String; 6] {
    [
        "BucketOwnerEnforced",
        "[Some(true), Some(true), Some(true), Some(true)]",
        "Enabled",
        "AES256",
        "InfraTlsOnly InfraThisAccountOnly",
        "infra-locks 2 infra-records 90",
    ]
    .map(str::to_owned)
}

#[tokio::test]
async fn a_bucket_whose_maker_was_killed_is_completed_by_whoever_writes_next() {
    let aws = aws("eu-south-1").await;
    let bucket = bucket(&aws).await;
    let place = CreateBucketConfiguration::builder().location_constraint("eu-south-1".into()).build();
    let call = aws.s3().create_bucket().bucket(bucket.name()).create_bucket_configuration(place);
    call.send().await.sorted("s3:CreateBucket").unwrap();
    written(bucket.put("half/made", b"x".into(), When::Always).await.unwrap());
    assert_eq!(settings(&aws, bucket.name()).await, whole());

    // Once whole, it costs six calls side by side in the life of a program to know it, and no change.
    let next = Bucket::new(Arc::clone(&aws), aws.identity().await.unwrap().account);
    let earlier = aws.calls();
    written(next.put("half/made", b"y".into(), When::Always).await.unwrap());
    written(next.put("half/made", b"z".into(), When::Always).await.unwrap());
    let cost = aws.calls().since(&earlier);
    assert_eq!(cost.reads.values().copied().collect::<Vec<_>>(), [1; 6], "{cost:?}");
    assert_eq!(cost.changes, [("s3:PutObject".to_owned(), 2)].into());
    // One that only reads asks for none of it.
    let reader = Bucket::new(Arc::clone(&aws), aws.identity().await.unwrap().account);
    let earlier = aws.calls();
    reader.get("half/made").await.unwrap().unwrap();
    assert_eq!(aws.calls().since(&earlier).reads, [("s3:GetObject".to_owned(), 1)].into());
    clear(&bucket, "").await;
}

#[tokio::test]
async fn a_new_bucket_is_whole_and_one_that_was_opened_since_is_closed_before_anything_is_written() {
    let aws = aws("eu-south-2").await;
    let bucket = bucket(&aws).await;
    written(bucket.put("a/lock", b"x".into(), When::Always).await.unwrap());
    assert_eq!(settings(&aws, bucket.name()).await, whole());

    // Somebody of the account opens it, and leaves on it the mark that was once believed.
    let (s3, name) = (aws.s3(), bucket.name());
    let mark = Tag::builder().key("infra:records").value("whole").build().unwrap();
    let tagging = Tagging::builder().tag_set(mark).build().unwrap();
    s3.put_bucket_tagging().bucket(name).tagging(tagging).send().await.sorted("s3:Put").unwrap();
    s3.delete_public_access_block().bucket(name).send().await.sorted("s3:Delete").unwrap();
    s3.delete_bucket_ownership_controls().bucket(name).send().await.sorted("s3:Delete").unwrap();
    s3.delete_bucket_lifecycle().bucket(name).send().await.sorted("s3:Delete").unwrap();
    let suspended = VersioningConfiguration::builder().status(BucketVersioningStatus::Suspended).build();
    let call = s3.put_bucket_versioning().bucket(name).versioning_configuration(suspended);
    call.send().await.sorted("s3:Put").unwrap();
    let eve = r#"{"Statement": [{"Sid": "Eve", "Effect": "Allow", "Action": "s3:*", "Resource": "*",
        "Principal": {"AWS": "arn:aws:iam::222222222222:root"}}]}"#;
    s3.put_bucket_policy().bucket(name).policy(eve).send().await.sorted("s3:Put").unwrap();
    let key = "arn:aws:kms:eu-south-2:222222222222:key/eve";
    let by_eve = ServerSideEncryptionByDefault::builder().sse_algorithm(ServerSideEncryption::AwsKms);
    let by_eve = by_eve.kms_master_key_id(key).build().unwrap();
    let rule = ServerSideEncryptionRule::builder().apply_server_side_encryption_by_default(by_eve).build();
    let rules = ServerSideEncryptionConfiguration::builder().rules(rule).build().unwrap();
    let call = s3.put_bucket_encryption().bucket(name).server_side_encryption_configuration(rules);
    call.send().await.sorted("s3:Put").unwrap();

    let next = Bucket::new(Arc::clone(&aws), aws.identity().await.unwrap().account);
    written(next.put("a/lock", b"y".into(), When::Always).await.unwrap());
    assert_eq!(settings(&aws, name).await, whole());
    clear(&bucket, "").await;
}

#[tokio::test]
async fn locks_bear_the_tag_by_which_their_old_versions_go_soon() {
    let aws = aws("eu-central-2").await;
    let bucket = bucket(&aws).await;
    for (key, tags) in [("a/lock", 1), ("a/ledger.json", 0), ("a/history/1.jsonl", 0)] {
        written(bucket.put(key, b"x".into(), When::Always).await.unwrap());
        let answer = aws.s3().get_object_tagging().bucket(bucket.name()).key(key).send().await.sorted("s3:Get");
        let found = answer.unwrap().tag_set;
        assert_eq!(found.len(), tags, "{key}: {found:?}");
        assert!(found.iter().all(|tag| (tag.key(), tag.value()) == ("infra:record", "lock")), "{found:?}");
    }
    clear(&bucket, "").await;
}

#[tokio::test]
async fn a_name_that_somebody_else_has_is_told_with_the_way_out_and_another_can_be_chosen() {
    let aws = aws("ap-east-1").await;
    let usual = bucket(&aws).await;
    // Another account of the local cloud takes the name.
    let stranger = aws_sdk_s3::config::Credentials::new("999999999999", "x", None, None, "a test");
    let config = aws.s3().config().to_builder().credentials_provider(stranger).build();
    let theirs = aws_sdk_s3::Client::from_conf(config);
    let place = CreateBucketConfiguration::builder().location_constraint("ap-east-1".into()).build();
    let call = theirs.create_bucket().bucket(usual.name()).create_bucket_configuration(place);
    call.send().await.sorted("s3:CreateBucket").unwrap();

    for fault in
        [usual.put("a/lock", b"x".into(), When::Absent).await.unwrap_err(), usual.get("a/lock").await.unwrap_err()]
    {
        let account = aws.identity().await.unwrap().account;
        for said in [usual.name(), "another account", "`[records]`", &format!("bucket = \"infra-{account}-…\"")] {
            assert!(fault.message.contains(said), "{said}: {fault}");
        }
    }
    let identity = aws.identity().await.unwrap();
    let chosen = format!("infra-{}-ap-east-1-k7", identity.account);
    let chosen = Bucket::new(Arc::clone(&aws), identity.account).named(chosen);
    written(chosen.put("a/lock", b"x".into(), When::Absent).await.unwrap());
    assert_eq!(chosen.get("a/lock").await.unwrap().unwrap().bytes, b"x");
    assert!(chosen.place().ends_with("-ap-east-1-k7"));
    clear(&chosen, "").await;
    theirs.delete_bucket().bucket(usual.name()).send().await.sorted("s3:DeleteBucket").unwrap();
}

#[tokio::test]
async fn records_of_the_same_owner_in_other_regions_are_found() {
    let (here, there) = (aws("sa-east-1").await, aws("me-south-1").await);
    let (here, there) = (bucket(&here).await, bucket(&there).await);
    let key = "elsewhere/e/ledger.json";
    assert_eq!(here.elsewhere(key).await.unwrap(), [""; 0]);
    written(there.put(key, b"x".into(), When::Absent).await.unwrap());
    written(here.put(key, b"x".into(), When::Absent).await.unwrap());
    assert_eq!(here.elsewhere(key).await.unwrap(), ["me-south-1"]);
    assert_eq!(there.elsewhere(key).await.unwrap(), ["sa-east-1"]);
    assert_eq!(here.elsewhere("elsewhere/other/ledger.json").await.unwrap(), [""; 0]);
    clear(&here, "").await;
    clear(&there, "").await;
}

#[tokio::test]
async fn the_account_that_answers_is_the_one_that_was_meant() {
    let aws = aws("eu-central-1").await;
    let identity = aws.identity().await.unwrap();
    assert_eq!(aws.guard(Some(&identity.account.parse().unwrap())).await.unwrap(), identity);
    let fault = aws.guard(Some(&"999999999999".parse().unwrap())).await.unwrap_err();
    assert!(fault.message.contains("is in account 999999999999, but the credentials are for account"), "{fault}");
}
