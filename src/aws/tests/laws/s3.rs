//! Buckets and their policies.

use infra_aws::iam::{Policy, Service, Statement};
use infra_aws::s3::{
    Bucket, BucketName, BucketPolicy, Contents, Encryption, Expiry, LifecycleRule, ObjectOwnership, OldAfter,
    PublicAccess, StorageClass, Tiering, Versioning, When,
};
use infra_engine::model::{Platform, Ref};
use infra_testkit::laws::Sample;

use crate::ground::Ground;

const KEY: &str = "arn:aws:kms:us-east-1:000000000000:key/12345678-1234-1234-1234-123456789012";
const NEVER: &str = "a bucket that has kept old versions does not come back to never";
const BUCKET: &str = "store.assets";

fn statement(action: &str, bucket: &str) -> Statement {
    Statement::allow([action]).on([format!("arn:aws:s3:::{bucket}/*")]).to(Service::CloudFront)
}

fn rule() -> LifecycleRule {
    LifecycleRule {
        moves: [(StorageClass::IntelligentTiering, When::Days(0))].into(),
        expires: Some(Expiry::Days(365)),
        incomplete_uploads: Some(7),
        ..LifecycleRule::of_everything()
    }
}

fn stack(platform: &mut Platform, project: &str) -> Ref<BucketName> {
    let mut stack = platform.stack("store");
    let name = format!("{project}-assets");
    let tiering = Tiering { archive: Some(90), deep_archive: Some(180), ..Tiering::of_everything() };
    let bucket = Bucket {
        lifecycle: [("aging".into(), rule())].into(),
        tiering: [("archive".into(), tiering)].into(),
        ..Bucket::closed(&name)
    };
    let bucket = stack.add("assets", bucket).id();
    let other = Bucket { versioning: Versioning::Enabled, ..Bucket::closed(format!("{project}-other")) };
    let other = stack.add("other", other).id();
    stack.add("policy", BucketPolicy { bucket, policy: statement("s3:GetObject", &name).into() });
    other
}

#[tokio::test]
async fn s3() {
    let ground = Ground::new().await;
    let project = ground.project.clone();
    let (sample, other) = Sample::with(|platform| stack(platform, &project));
    let sample = tiering(aging(buckets(sample)));
    let name = format!("{project}-assets");
    let sample = sample
        .change("store.policy", |it: &mut BucketPolicy| it.policy = statement("s3:ListBucket", &name).into())
        .change("store.policy", |it: &mut BucketPolicy| {
            let (read, write) = (statement("s3:GetObject", &name), statement("s3:PutObject", &name));
            it.policy = Policy::of([read.when("StringEquals", "AWS:SourceAccount", ["000000000000"]), write]);
        })
        .change("store.policy", |it: &mut BucketPolicy| it.bucket = other);
    ground.obeys(&sample).await;
}

fn buckets(mut sample: Sample) -> Sample {
    let key = || Some(Ref::known(KEY));
    sample = sample
        .change(BUCKET, |it: &mut Bucket| it.name.push('2'))
        .change(BUCKET, |it: &mut Bucket| it.versioning = Versioning::Enabled)
        .for_good(NEVER)
        .change(BUCKET, |it: &mut Bucket| it.versioning = Versioning::Suspended)
        .for_good(NEVER)
        .change("store.other", |it: &mut Bucket| it.versioning = Versioning::Suspended)
        .change(BUCKET, |it: &mut Bucket| it.contents = Contents::Deleted);
    for encryption in [
        Encryption::Kms { key: None, bucket_key: false },
        Encryption::Kms { key: key(), bucket_key: false },
        Encryption::Kms { key: key(), bucket_key: true },
        Encryption::KmsTwice { key: None },
        Encryption::KmsTwice { key: key() },
    ] {
        sample = sample.change(BUCKET, |it: &mut Bucket| it.encryption = encryption);
    }
    for ownership in [ObjectOwnership::Preferred, ObjectOwnership::Writer] {
        sample = sample.change(BUCKET, |it: &mut Bucket| it.ownership = ownership);
    }
    let closed = PublicAccess::CLOSED;
    for access in [
        PublicAccess { block_acls: false, ..closed },
        PublicAccess { ignore_acls: false, ..closed },
        PublicAccess { block_policies: false, ..closed },
        PublicAccess { restrict: false, ..closed },
        PublicAccess::OPEN,
    ] {
        sample = sample.change(BUCKET, |it: &mut Bucket| it.public_access = access);
    }
    sample
}

fn aging(mut sample: Sample) -> Sample {
    let day = "2030-01-01".parse().unwrap();
    let class = |class, when| [(class, when)].into();
    let edits: [fn(&mut LifecycleRule); 11] = [
        |it| it.enabled = false,
        |it| it.objects.prefix = "old/".into(),
        |it| it.objects.tags = [("kind".to_owned(), "report".to_owned())].into(),
        |it| it.objects.larger_than = Some(1000),
        |it| it.objects.smaller_than = Some(1_000_000),
        |it| it.moves.clear(),
        |it| it.expires = None,
        |it| it.expires = Some(Expiry::EmptyMarks),
        |it| it.incomplete_uploads = None,
        |it| it.old_versions.expire = Some(OldAfter { days: 30, spared: Some(3) }),
        |it| {
            it.old_versions.moves = [(StorageClass::StandardInfrequent, OldAfter { days: 30, spared: None })].into();
        },
    ];
    for edit in edits {
        sample = lifecycle(sample, edit);
    }
    for other in [
        StorageClass::StandardInfrequent,
        StorageClass::OneZoneInfrequent,
        StorageClass::GlacierInstant,
        StorageClass::Glacier,
        StorageClass::DeepArchive,
    ] {
        sample = lifecycle(sample, |it| it.moves = class(other, When::Days(90)));
    }
    sample = lifecycle(sample, |it| it.moves = class(StorageClass::Glacier, When::Date(day)));
    sample = lifecycle(sample, |it| it.expires = Some(Expiry::Date(day)));
    sample
        .change(BUCKET, |it: &mut Bucket| it.lifecycle.clear())
        .change(BUCKET, |it: &mut Bucket| drop(it.lifecycle.insert("more".into(), rule())))
}

fn lifecycle(sample: Sample, edit: impl FnOnce(&mut LifecycleRule)) -> Sample {
    sample.change(BUCKET, |it: &mut Bucket| edit(it.lifecycle.get_mut("aging").unwrap()))
}

fn tiering(mut sample: Sample) -> Sample {
    let edits: [fn(&mut Tiering); 6] = [
        |it| it.enabled = false,
        |it| it.prefix = "old/".into(),
        |it| it.tags = [("kind".to_owned(), "report".to_owned())].into(),
        |it| it.archive = Some(100),
        |it| it.archive = None,
        |it| it.deep_archive = None,
    ];
    for edit in edits {
        sample = sample.change(BUCKET, |it: &mut Bucket| edit(it.tiering.get_mut("archive").unwrap()));
    }
    sample.change(BUCKET, |it: &mut Bucket| it.tiering.clear()).change(BUCKET, |it: &mut Bucket| {
        drop(it.tiering.insert("more".into(), Tiering { archive: Some(90), ..Tiering::of_everything() }))
    })
}
