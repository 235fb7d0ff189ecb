//! The parts of a bucket that are read and set by calls of their own. One after the other: S3 refuses changes to one
//! bucket side by side.

use std::collections::BTreeMap;

use aws_sdk_s3::types::{
    BucketLifecycleConfiguration, BucketVersioningStatus, ObjectOwnership as Sdk, OwnershipControls,
    OwnershipControlsRule, PublicAccessBlockConfiguration, ServerSideEncryption, ServerSideEncryptionByDefault,
    ServerSideEncryptionConfiguration, ServerSideEncryptionRule, TransitionDefaultMinimumObjectSize,
    VersioningConfiguration,
};
use futures::try_join;
use infra_engine::live::{Fault, FaultKind};
use infra_engine::model::Ref;

use super::{Bucket, Contents, Encryption, ObjectOwnership, PublicAccess, Versioning};
use crate::s3::fault::S3Fault;
use crate::s3::{LifecycleRule, Tiering};
use crate::{Aws, Sorted};

/// All parts of a bucket. What becomes of its contents is no part: it stands among its tags.
pub(super) async fn read(aws: &Aws, name: &str) -> Result<Bucket, Fault> {
    let (versioning, encryption, public_access, ownership, lifecycle, tiering) = try_join!(
        versioning(aws, name),
        encryption(aws, name),
        public_access(aws, name),
        ownership(aws, name),
        lifecycle(aws, name),
        tiering(aws, name),
    )?;
    Ok(Bucket {
        name: name.to_owned(),
        versioning,
        encryption: understand(encryption.as_ref()),
        public_access,
        ownership,
        lifecycle: lifecycle.0,
        tiering,
        contents: Contents::Kept,
    })
}

/// Brings the parts from what is live to what is wanted. The door is closed first and opened last.
pub(super) async fn change(aws: &Aws, live: &Bucket, wanted: &Bucket) -> Result<(), Fault> {
    let Bucket { name, versioning, encryption, public_access, ownership, lifecycle, tiering, contents: _ } = wanted;
    if *public_access != live.public_access {
        put_public_access(aws, name, *public_access).await?;
    }
    if *ownership != live.ownership {
        put_ownership(aws, name, *ownership).await?;
    }
    if *encryption != live.encryption {
        put_encryption(aws, name, encryption).await?;
    }
    if *versioning != live.versioning {
        put_versioning(aws, name, *versioning).await?;
    }
    if *lifecycle != live.lifecycle {
        put_lifecycle(aws, name, lifecycle).await?;
    }
    change_tiering(aws, name, &live.tiering, tiering).await
}

async fn versioning(aws: &Aws, name: &str) -> Result<Versioning, Fault> {
    let answer = aws.s3().get_bucket_versioning().bucket(name).send().await.sorted("s3:GetBucketVersioning")?;
    Ok(match answer.status() {
        Some(BucketVersioningStatus::Enabled) => Versioning::Enabled,
        Some(BucketVersioningStatus::Suspended) => Versioning::Suspended,
        _ => Versioning::Never,
    })
}

async fn put_versioning(aws: &Aws, name: &str, versioning: Versioning) -> Result<(), Fault> {
    const OPERATION: &str = "s3:PutBucketVersioning";
    let status = match versioning {
        Versioning::Enabled => BucketVersioningStatus::Enabled,
        Versioning::Suspended => BucketVersioningStatus::Suspended,
        Versioning::Never => {
            let message = "a bucket that has kept old versions does not come back to `never`: write `suspended`";
            return Err(Fault::new(FaultKind::Refused, OPERATION, message));
        }
    };
    let configuration = VersioningConfiguration::builder().status(status).build();
    let call = aws.s3().put_bucket_versioning().bucket(name).versioning_configuration(configuration);
    call.send().await.sorted(OPERATION).changing().map(drop)
}

async fn encryption(aws: &Aws, name: &str) -> Result<Option<ServerSideEncryptionRule>, Fault> {
    let call = aws.s3().get_bucket_encryption().bucket(name);
    let answer = call.send().await.sorted("s3:GetBucketEncryption").unset()?;
    Ok(answer.and_then(|answer| answer.server_side_encryption_configuration?.rules.into_iter().next()))
}

/// Without a rule S3 encrypts with keys of its own, as it does everywhere since 2023.
fn understand(rule: Option<&ServerSideEncryptionRule>) -> Encryption {
    let by_default = rule.and_then(ServerSideEncryptionRule::apply_server_side_encryption_by_default);
    let key = by_default.and_then(|by_default| by_default.kms_master_key_id()).map(Ref::known);
    let bucket_key = rule.and_then(ServerSideEncryptionRule::bucket_key_enabled).unwrap_or(false);
    match by_default.map(ServerSideEncryptionByDefault::sse_algorithm) {
        Some(ServerSideEncryption::AwsKms) => Encryption::Kms { key, bucket_key },
        Some(ServerSideEncryption::AwsKmsDsse) => Encryption::KmsTwice { key },
        _ => Encryption::S3,
    }
}

/// What a rule says beside this (ways to encrypt that are refused to writers) is kept.
async fn put_encryption(aws: &Aws, name: &str, wanted: &Encryption) -> Result<(), Fault> {
    const OPERATION: &str = "s3:PutBucketEncryption";
    let (algorithm, key, bucket_key) = match wanted {
        Encryption::S3 => (ServerSideEncryption::Aes256, None, false),
        Encryption::Kms { key, bucket_key } => (ServerSideEncryption::AwsKms, key.as_ref(), *bucket_key),
        Encryption::KmsTwice { key } => (ServerSideEncryption::AwsKmsDsse, key.as_ref(), false),
    };
    let by_default = ServerSideEncryptionByDefault::builder()
        .sse_algorithm(algorithm)
        .set_kms_master_key_id(key.map(Ref::value))
        .build()
        .sorted(OPERATION)?;
    let blocked = encryption(aws, name).await.changing()?.and_then(|rule| rule.blocked_encryption_types);
    let rule = ServerSideEncryptionRule::builder()
        .apply_server_side_encryption_by_default(by_default)
        .bucket_key_enabled(bucket_key)
        .set_blocked_encryption_types(blocked)
        .build();
    let configuration = ServerSideEncryptionConfiguration::builder().rules(rule).build().sorted(OPERATION)?;
    let call = aws.s3().put_bucket_encryption().bucket(name).server_side_encryption_configuration(configuration);
    call.send().await.sorted(OPERATION).changing().map(drop)
}

async fn public_access(aws: &Aws, name: &str) -> Result<PublicAccess, Fault> {
    let call = aws.s3().get_public_access_block().bucket(name);
    let answer = call.send().await.sorted("s3:GetPublicAccessBlock").unset()?;
    let block = answer.and_then(|answer| answer.public_access_block_configuration);
    Ok(block.map_or(PublicAccess::OPEN, |block| PublicAccess {
        block_acls: block.block_public_acls().unwrap_or(false),
        ignore_acls: block.ignore_public_acls().unwrap_or(false),
        block_policies: block.block_public_policy().unwrap_or(false),
        restrict: block.restrict_public_buckets().unwrap_or(false),
    }))
}

async fn put_public_access(aws: &Aws, name: &str, wanted: PublicAccess) -> Result<(), Fault> {
    let PublicAccess { block_acls, ignore_acls, block_policies, restrict } = wanted;
    let block = PublicAccessBlockConfiguration::builder()
        .block_public_acls(block_acls)
        .ignore_public_acls(ignore_acls)
        .block_public_policy(block_policies)
        .restrict_public_buckets(restrict)
        .build();
    let call = aws.s3().put_public_access_block().bucket(name).public_access_block_configuration(block);
    call.send().await.sorted("s3:PutPublicAccessBlock").changing().map(drop)
}

/// Buckets from before 2023 may have none: there the writer owns what it writes.
async fn ownership(aws: &Aws, name: &str) -> Result<ObjectOwnership, Fault> {
    let call = aws.s3().get_bucket_ownership_controls().bucket(name);
    let answer = call.send().await.sorted("s3:GetBucketOwnershipControls").unset()?;
    let rule = answer.and_then(|answer| answer.ownership_controls?.rules.into_iter().next());
    Ok(match rule.map(|rule| rule.object_ownership) {
        Some(Sdk::BucketOwnerEnforced) => ObjectOwnership::Enforced,
        Some(Sdk::BucketOwnerPreferred) => ObjectOwnership::Preferred,
        _ => ObjectOwnership::Writer,
    })
}

async fn put_ownership(aws: &Aws, name: &str, wanted: ObjectOwnership) -> Result<(), Fault> {
    const OPERATION: &str = "s3:PutBucketOwnershipControls";
    let rule = OwnershipControlsRule::builder().object_ownership(wanted.into()).build().sorted(OPERATION)?;
    let controls = OwnershipControls::builder().rules(rule).build().sorted(OPERATION)?;
    let call = aws.s3().put_bucket_ownership_controls().bucket(name).ownership_controls(controls);
    call.send().await.sorted(OPERATION).changing().map(drop)
}

impl From<ObjectOwnership> for Sdk {
    fn from(ownership: ObjectOwnership) -> Sdk {
        match ownership {
            ObjectOwnership::Enforced => Sdk::BucketOwnerEnforced,
            ObjectOwnership::Preferred => Sdk::BucketOwnerPreferred,
            ObjectOwnership::Writer => Sdk::ObjectWriter,
        }
    }
}

type Rules = BTreeMap<String, LifecycleRule>;

/// A bucket's rules, and from which size on objects move at all. The size is nobody's definition.
async fn lifecycle(aws: &Aws, name: &str) -> Result<(Rules, Option<TransitionDefaultMinimumObjectSize>), Fault> {
    let call = aws.s3().get_bucket_lifecycle_configuration().bucket(name);
    let answer = call.send().await.sorted("s3:GetBucketLifecycleConfiguration").unset()?;
    let Some(answer) = answer else { return Ok((Rules::new(), None)) };
    let rules = answer.rules().iter().map(LifecycleRule::from_sdk).collect::<Result<_, _>>()?;
    Ok((rules, answer.transition_default_minimum_object_size))
}

/// What was written is seen everywhere only after a while: until then the change is not done.
async fn put_lifecycle(aws: &Aws, name: &str, wanted: &Rules) -> Result<(), Fault> {
    const OPERATION: &str = "s3:PutBucketLifecycleConfiguration";
    if wanted.is_empty() {
        let call = aws.s3().delete_bucket_lifecycle().bucket(name);
        call.send().await.sorted("s3:DeleteBucketLifecycle").changing()?;
    } else {
        let (_, size) = lifecycle(aws, name).await.changing()?;
        let rules = wanted.iter().map(|(id, rule)| rule.to_sdk(id)).collect::<Result<_, _>>()?;
        let configuration = BucketLifecycleConfiguration::builder().set_rules(Some(rules)).build().sorted(OPERATION)?;
        let call = aws.s3().put_bucket_lifecycle_configuration().bucket(name).lifecycle_configuration(configuration);
        let call = call.set_transition_default_minimum_object_size(size);
        call.send().await.sorted(OPERATION).changing()?;
    }
    match lifecycle(aws, name).await.changing()? {
        (live, _) if live == *wanted => Ok(()),
        // S3 took them, and may be minutes at spreading them.
        _ => Err(Fault::new(FaultKind::Busy, OPERATION, "the new rules are not seen everywhere yet")),
    }
}

async fn tiering(aws: &Aws, name: &str) -> Result<BTreeMap<String, Tiering>, Fault> {
    let mut found = BTreeMap::new();
    let mut next = None;
    loop {
        let call = aws.s3().list_bucket_intelligent_tiering_configurations().bucket(name);
        let page = call.set_continuation_token(next).send().await;
        let page = page.sorted("s3:ListBucketIntelligentTieringConfigurations")?;
        found.extend(page.intelligent_tiering_configuration_list().iter().map(Tiering::from_sdk));
        next = page.next_continuation_token;
        if next.is_none() {
            return Ok(found);
        }
    }
}

async fn change_tiering(
    aws: &Aws,
    name: &str,
    live: &BTreeMap<String, Tiering>,
    wanted: &BTreeMap<String, Tiering>,
) -> Result<(), Fault> {
    for (id, tiering) in wanted.iter().filter(|(id, tiering)| live.get(*id) != Some(tiering)) {
        let call = aws.s3().put_bucket_intelligent_tiering_configuration().bucket(name).id(id);
        let call = call.intelligent_tiering_configuration(tiering.to_sdk(id)?);
        call.send().await.sorted("s3:PutBucketIntelligentTieringConfiguration").changing()?;
    }
    for id in live.keys().filter(|id| !wanted.contains_key(*id)) {
        let call = aws.s3().delete_bucket_intelligent_tiering_configuration().bucket(name).id(id);
        call.send().await.sorted("s3:DeleteBucketIntelligentTieringConfiguration").unset()?;
    }
    Ok(())
}
