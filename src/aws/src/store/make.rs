//! How the bucket comes to be: made, closed, versioned, encrypted, and marked as whole, in this order.
//!
//! The mark is a tag, and written last. Whoever is killed on the way leaves a bucket without it, and whoever writes
//! next does all of it again: every step says how it is to be, so two programs that make it at once do no harm.

use std::future::Future;
use std::time::Duration;

use aws_sdk_s3::types::{
    BucketLocationConstraint, BucketVersioningStatus, CreateBucketConfiguration, ObjectOwnership,
    PublicAccessBlockConfiguration, ServerSideEncryption, ServerSideEncryptionByDefault,
    ServerSideEncryptionConfiguration, ServerSideEncryptionRule, Tag, Tagging, VersioningConfiguration,
};
use infra_engine::live::{FIRST_PAUSE, Fault, FaultKind};

use super::Bucket;
use crate::Sorted;

const LOOK: &str = "s3:GetBucketTagging";
const CREATE: &str = "s3:CreateBucket";
const CLOSE: &str = "s3:PutPublicAccessBlock";
const VERSION: &str = "s3:PutBucketVersioning";
const ENCRYPT: &str = "s3:PutBucketEncryption";
const MARK: &str = "s3:PutBucketTagging";

/// The tag of a bucket that is whole. Not `infra:owner`: the bucket belongs to no environment.
const WHOLE: (&str, &str) = ("infra:records", "whole");

/// The longest pause while a new bucket is not seen everywhere: six of them make half a minute in all.
const LONGEST_PAUSE: Duration = Duration::from_secs(13);

impl Bucket {
    /// Sees to it that the bucket is there and whole. Costs one call in the life of a program when it is.
    pub(super) async fn make_whole(&self) -> Result<(), Fault> {
        let mut seen_whole = self.seen_whole.lock().await;
        if *seen_whole {
            return Ok(());
        }
        let call = self.aws.s3().get_bucket_tagging().bucket(&self.name).expected_bucket_owner(&self.account);
        let marked = match call.send().await.sorted(LOOK) {
            Ok(answer) => answer.tag_set.iter().any(|tag| (tag.key(), tag.value()) == WHOLE),
            Err(fault) if fault.has_code(&["NoSuchTagSet"]) => false,
            Err(fault) if fault.kind == FaultKind::Gone => {
                persist(|| self.create()).await?;
                false
            }
            Err(fault) => return Err(self.explained(fault)),
        };
        if !marked {
            persist(|| self.close()).await?;
            persist(|| self.version()).await?;
            persist(|| self.encrypt()).await?;
            persist(|| self.mark()).await?;
        }
        *seen_whole = true;
        Ok(())
    }

    async fn create(&self) -> Result<(), Fault> {
        // S3 wants to be told the region of a bucket, except of one in its first region, where it must not be told.
        let place = (self.aws.region() != "us-east-1").then(|| {
            let region = BucketLocationConstraint::from(self.aws.region());
            CreateBucketConfiguration::builder().location_constraint(region).build()
        });
        let call =
            self.aws.s3().create_bucket().bucket(&self.name).object_ownership(ObjectOwnership::BucketOwnerEnforced);
        match call.set_create_bucket_configuration(place).send().await.sorted(CREATE) {
            Err(fault) if fault.has_code(&["BucketAlreadyOwnedByYou"]) => Ok(()),
            Err(fault) if fault.has_code(&["BucketAlreadyExists"]) => {
                let Bucket { account, name, .. } = self;
                let message = format!(
                    "bucket {name} belongs to another account than {account}, which needs it for its lock and its history; \
                     whoever took the name must give it up"
                );
                Err(Fault { message, ..fault }.sorted(FaultKind::Refused))
            }
            other => other.map(drop).map_err(|fault| self.explained(fault)),
        }
    }

    async fn close(&self) -> Result<(), Fault> {
        let closed = PublicAccessBlockConfiguration::builder()
            .block_public_acls(true)
            .block_public_policy(true)
            .ignore_public_acls(true)
            .restrict_public_buckets(true)
            .build();
        let call = self.aws.s3().put_public_access_block().bucket(&self.name).expected_bucket_owner(&self.account);
        let answer = call.public_access_block_configuration(closed).send().await.sorted(CLOSE);
        answer.map(drop).map_err(|fault| self.explained(fault))
    }

    async fn version(&self) -> Result<(), Fault> {
        let versioned = VersioningConfiguration::builder().status(BucketVersioningStatus::Enabled).build();
        let call = self.aws.s3().put_bucket_versioning().bucket(&self.name).expected_bucket_owner(&self.account);
        let answer = call.versioning_configuration(versioned).send().await.sorted(VERSION);
        answer.map(drop).map_err(|fault| self.explained(fault))
    }

    async fn encrypt(&self) -> Result<(), Fault> {
        let keys_of_s3 = ServerSideEncryptionByDefault::builder().sse_algorithm(ServerSideEncryption::Aes256).build();
        let rule = ServerSideEncryptionRule::builder()
            .apply_server_side_encryption_by_default(keys_of_s3.sorted(ENCRYPT)?)
            .build();
        let encrypted = ServerSideEncryptionConfiguration::builder().rules(rule).build().sorted(ENCRYPT)?;
        let call = self.aws.s3().put_bucket_encryption().bucket(&self.name).expected_bucket_owner(&self.account);
        let answer = call.server_side_encryption_configuration(encrypted).send().await.sorted(ENCRYPT);
        answer.map(drop).map_err(|fault| self.explained(fault))
    }

    async fn mark(&self) -> Result<(), Fault> {
        let (key, value) = WHOLE;
        let tag = Tag::builder().key(key).value(value).build().sorted(MARK)?;
        let tagging = Tagging::builder().tag_set(tag).build().sorted(MARK)?;
        let call = self.aws.s3().put_bucket_tagging().bucket(&self.name).expected_bucket_owner(&self.account);
        call.tagging(tagging).send().await.sorted(MARK).map(drop).map_err(|fault| self.explained(fault))
    }
}

/// Repeats a step that says how the bucket is to be, and so may be repeated even when its answer was lost.
async fn persist<F>(step: impl Fn() -> F) -> Result<(), Fault>
where
    F: Future<Output = Result<(), Fault>>,
{
    let mut pause = FIRST_PAUSE;
    loop {
        match step().await {
            Err(fault) if passes(&fault) && pause < LONGEST_PAUSE => tokio::time::sleep(pause).await,
            done_or_refused => return done_or_refused,
        }
        pause *= 2;
    }
}

/// A bucket that was made a moment ago may be missing in some places for a while.
fn passes(fault: &Fault) -> bool {
    fault.may_pass() || matches!(fault.kind, FaultKind::Lost | FaultKind::Gone)
}
