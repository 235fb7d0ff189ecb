//! How the bucket must be set up: looked at whole before anything is written, and put right where it is otherwise.
//!
//! No mark says that it is whole: whoever may write a mark may also have opened the bucket. The settings themselves are
//! asked, side by side, once in the life of a program. Each is written as it is to be, so two programs that do so at
//! once do no harm.

use aws_sdk_s3::types::{
    BucketLifecycleConfiguration, BucketVersioningStatus, ObjectOwnership, OwnershipControls, OwnershipControlsRule,
    PublicAccessBlockConfiguration, ServerSideEncryption, ServerSideEncryptionByDefault,
    ServerSideEncryptionConfiguration, ServerSideEncryptionRule, VersioningConfiguration,
};
use infra_engine::live::{Fault, FaultKind};

use super::{Bucket, lifecycle, policy};
use crate::Sorted;

/// One part of how the bucket is set up, with what it is to be where that depends on what it is.
#[derive(Debug)]
pub(super) enum Setting {
    /// Everything in it is the bucket owner's, and no list grants anything.
    Owned,
    /// Nothing of it can be made public.
    Closed,
    /// What is overwritten or deleted can be had back for a while.
    Versioned,
    /// What is in it is encrypted.
    Encrypted,
    /// Only this account, and only over TLS.
    Reserved(String),
    /// Old versions go by themselves.
    Tidied,
}

impl Bucket {
    /// What is not as it is to be. Fails with [`FaultKind::Gone`] when there is no bucket.
    pub(super) async fn amiss(&self) -> Result<Vec<Setting>, Fault> {
        let (owned, closed, versioned, encrypted, reserved, tidied) = futures::try_join!(
            self.is_owned(),
            self.is_closed(),
            self.is_versioned(),
            self.is_encrypted(),
            self.to_be_reserved(),
            self.is_tidied(),
        )?;
        let wrong = [
            (!owned).then_some(Setting::Owned),
            (!closed).then_some(Setting::Closed),
            (!versioned).then_some(Setting::Versioned),
            (!encrypted).then_some(Setting::Encrypted),
            reserved.map(Setting::Reserved),
            (!tidied).then_some(Setting::Tidied),
        ];
        Ok(wrong.into_iter().flatten().collect())
    }

    /// All that a bucket needs that was made a moment ago. The policy comes after the closing.
    pub(super) fn settings_of_a_new_one(&self) -> Vec<Setting> {
        let policy = policy::mended(None, &self.place_of_policy());
        let reserved = policy.map(Setting::Reserved);
        [Setting::Closed, Setting::Versioned, Setting::Encrypted, Setting::Tidied].into_iter().chain(reserved).collect()
    }

    /// Puts one part right.
    pub(super) async fn put_right(&self, setting: &Setting) -> Result<(), Fault> {
        match setting {
            Setting::Owned => self.own().await,
            Setting::Closed => self.close().await,
            Setting::Versioned => self.version().await,
            Setting::Encrypted => self.encrypt().await,
            Setting::Reserved(policy) => self.reserve(policy).await,
            Setting::Tidied => self.tidy().await,
        }
    }

    async fn is_owned(&self) -> Result<bool, Fault> {
        let call = self.s3().get_bucket_ownership_controls().bucket(&self.name).expected_bucket_owner(&self.account);
        let answer = unset(call.send().await.sorted("s3:GetBucketOwnershipControls"))?;
        let rules = answer.and_then(|answer| answer.ownership_controls).map(|controls| controls.rules);
        Ok(rules.is_some_and(|rules| {
            !rules.is_empty() && rules.iter().all(|rule| rule.object_ownership == ObjectOwnership::BucketOwnerEnforced)
        }))
    }

    async fn own(&self) -> Result<(), Fault> {
        const OWN: &str = "s3:PutBucketOwnershipControls";
        let rule = OwnershipControlsRule::builder().object_ownership(ObjectOwnership::BucketOwnerEnforced).build();
        let controls = OwnershipControls::builder().rules(rule.sorted(OWN)?).build().sorted(OWN)?;
        let call = self.s3().put_bucket_ownership_controls().bucket(&self.name).expected_bucket_owner(&self.account);
        let answer = call.ownership_controls(controls).send().await.sorted(OWN);
        answer.map(drop).map_err(|fault| match fault.has_code(&["InvalidBucketAclWithObjectOwnership"]) {
            true => self.unfit(fault, "has an access control list that lets others in: take the list away"),
            false => self.explained(fault),
        })
    }

    async fn is_closed(&self) -> Result<bool, Fault> {
        let call = self.s3().get_public_access_block().bucket(&self.name).expected_bucket_owner(&self.account);
        let answer = unset(call.send().await.sorted("s3:GetPublicAccessBlock"))?;
        Ok(answer.and_then(|answer| answer.public_access_block_configuration).is_some_and(|found| found == closed()))
    }

    async fn close(&self) -> Result<(), Fault> {
        let call = self.s3().put_public_access_block().bucket(&self.name).expected_bucket_owner(&self.account);
        let answer = call.public_access_block_configuration(closed()).send().await.sorted("s3:PutPublicAccessBlock");
        answer.map(drop).map_err(|fault| self.explained(fault))
    }

    async fn is_versioned(&self) -> Result<bool, Fault> {
        let call = self.s3().get_bucket_versioning().bucket(&self.name).expected_bucket_owner(&self.account);
        let answer = call.send().await.sorted("s3:GetBucketVersioning")?;
        Ok(answer.status == Some(BucketVersioningStatus::Enabled))
    }

    async fn version(&self) -> Result<(), Fault> {
        let versioned = VersioningConfiguration::builder().status(BucketVersioningStatus::Enabled).build();
        let call = self.s3().put_bucket_versioning().bucket(&self.name).expected_bucket_owner(&self.account);
        let answer = call.versioning_configuration(versioned).send().await.sorted("s3:PutBucketVersioning");
        answer.map(drop).map_err(|fault| self.explained(fault))
    }

    async fn is_encrypted(&self) -> Result<bool, Fault> {
        let call = self.s3().get_bucket_encryption().bucket(&self.name).expected_bucket_owner(&self.account);
        let answer = unset(call.send().await.sorted("s3:GetBucketEncryption"))?;
        let rules = answer.and_then(|answer| answer.server_side_encryption_configuration).map(|set| set.rules);
        let defaults = rules.iter().flatten().filter_map(|rule| rule.apply_server_side_encryption_by_default.as_ref());
        Ok(defaults.into_iter().any(|default| self.is_our_encryption(default)))
    }

    /// By S3's own keys, or by a key of this account, which somebody may have chosen on purpose. By another account's
    /// key the records would be readable only for as long as that account likes.
    fn is_our_encryption(&self, default: &ServerSideEncryptionByDefault) -> bool {
        let account_of_key = default.kms_master_key_id().and_then(|key| key.split(':').nth(4));
        match &default.sse_algorithm {
            ServerSideEncryption::Aes256 => true,
            ServerSideEncryption::AwsKms | ServerSideEncryption::AwsKmsDsse => {
                account_of_key.is_none_or(|account| account == self.account)
            }
            _ => false,
        }
    }

    async fn encrypt(&self) -> Result<(), Fault> {
        const ENCRYPT: &str = "s3:PutBucketEncryption";
        let keys_of_s3 = ServerSideEncryptionByDefault::builder().sse_algorithm(ServerSideEncryption::Aes256).build();
        let rule = ServerSideEncryptionRule::builder()
            .apply_server_side_encryption_by_default(keys_of_s3.sorted(ENCRYPT)?)
            .build();
        let encrypted = ServerSideEncryptionConfiguration::builder().rules(rule).build().sorted(ENCRYPT)?;
        let call = self.s3().put_bucket_encryption().bucket(&self.name).expected_bucket_owner(&self.account);
        let answer = call.server_side_encryption_configuration(encrypted).send().await.sorted(ENCRYPT);
        answer.map(drop).map_err(|fault| self.explained(fault))
    }

    /// The policy that it needs, if it has another.
    async fn to_be_reserved(&self) -> Result<Option<String>, Fault> {
        let call = self.s3().get_bucket_policy().bucket(&self.name).expected_bucket_owner(&self.account);
        let found = unset(call.send().await.sorted("s3:GetBucketPolicy"))?.and_then(|answer| answer.policy);
        Ok(policy::mended(found.as_deref(), &self.place_of_policy()))
    }

    async fn reserve(&self, policy: &str) -> Result<(), Fault> {
        let call = self.s3().put_bucket_policy().bucket(&self.name).expected_bucket_owner(&self.account);
        let answer = call.policy(policy).send().await.sorted("s3:PutBucketPolicy");
        answer.map(drop).map_err(|fault| self.explained(fault))
    }

    fn place_of_policy(&self) -> policy::Place<'_> {
        policy::Place { account: &self.account, bucket: &self.name, region: self.aws.region() }
    }

    async fn is_tidied(&self) -> Result<bool, Fault> {
        let call = self.s3().get_bucket_lifecycle_configuration().bucket(&self.name);
        let answer = call.expected_bucket_owner(&self.account).send().await;
        let answer = unset(answer.sorted("s3:GetBucketLifecycleConfiguration"))?;
        Ok(answer.and_then(|answer| answer.rules).is_some_and(|rules| lifecycle::is_ours(&rules)))
    }

    async fn tidy(&self) -> Result<(), Fault> {
        const TIDY: &str = "s3:PutBucketLifecycleConfiguration";
        let rules = lifecycle::rules().sorted(TIDY)?;
        let rules = BucketLifecycleConfiguration::builder().set_rules(Some(rules)).build().sorted(TIDY)?;
        let call = self.s3().put_bucket_lifecycle_configuration().bucket(&self.name);
        let answer = call.expected_bucket_owner(&self.account).lifecycle_configuration(rules).send().await.sorted(TIDY);
        answer.map(drop).map_err(|fault| self.explained(fault))
    }
}

fn closed() -> PublicAccessBlockConfiguration {
    PublicAccessBlockConfiguration::builder()
        .block_public_acls(true)
        .block_public_policy(true)
        .ignore_public_acls(true)
        .restrict_public_buckets(true)
        .build()
}

/// `None` where a part of the bucket was never set. That the whole bucket is missing stays a failure.
fn unset<T>(answer: Result<T, Fault>) -> Result<Option<T>, Fault> {
    match answer {
        Err(fault) if fault.kind == FaultKind::Gone && !fault.has_code(&["NoSuchBucket"]) => Ok(None),
        other => other.map(Some),
    }
}
