//! A bucket: how its objects are kept, encrypted and closed to the public.

use std::collections::BTreeMap;
use std::time::Duration;

use aws_sdk_s3::types::{BucketLocationConstraint, CreateBucketConfiguration};
use infra_derive::Resource;
use infra_engine::check::{Passage, Rule};
use infra_engine::live::{Ask, Behaviour, Fault, FaultKind, Found, Order, Retag, Waits};
use infra_engine::model::{Ref, Tags};
use serde::{Deserialize, Serialize};

use super::contents::remove_some;
use super::fault::{is_no_bucket, missing};
use super::lifecycle::LifecycleRule;
use super::tiering::Tiering;
use crate::iam::{Arn, KeyArn};
use crate::named::meant;
use crate::pages::each;
use crate::tags::to_sdk;
use crate::unreadable::or_stand_in;
use crate::{Aws, Sorted, index};

mod parts;
mod rules;
mod tagging;

/// A bucket: how its objects are kept, encrypted and closed to the public.
///
/// ```
/// use infra_aws::s3::{Bucket, LifecycleRule, StorageClass, When};
///
/// let tiering = LifecycleRule {
///     moves: [(StorageClass::IntelligentTiering, When::Days(0))].into(),
///     ..LifecycleRule::of_everything()
/// };
/// let bucket = Bucket { lifecycle: [("tiering".into(), tiering)].into(), ..Bucket::closed("shop-prod-reports") };
/// ```
///
/// Who may reach it is said by a [`BucketPolicy`](super::BucketPolicy): that one may speak of what itself refers to
/// the bucket, such as the distribution in front of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Resource)]
#[resource(kind = "s3/bucket", id = BucketName)]
#[resource(outputs(
    /// Its Amazon Resource Name: for permissions to list it.
    ARN: new BucketArn,
    /// The name of all that is in it, which ends in `/*`: for permissions to read and to write.
    OBJECTS: new ObjectsArn,
    /// Where it answers, in its own region: what a distribution has for an origin.
    DOMAIN: new BucketDomain,
))]
pub struct Bucket {
    /// Its name, unique in the world. When its code is removed and the index of tags may not be read, it is found again
    /// only if the project's name is in it.
    #[key]
    pub name: String,
    /// Whether objects that are overwritten or deleted are kept as old versions.
    pub versioning: Versioning,
    /// How objects are encrypted.
    pub encryption: Encryption,
    /// What is refused to the public, whatever policies and access lists say.
    pub public_access: PublicAccess,
    /// Who owns what others write into it.
    pub ownership: ObjectOwnership,
    /// How long objects are kept and where: its rules by name, and no others.
    pub lifecycle: BTreeMap<String, LifecycleRule>,
    /// When objects of the class Intelligent-Tiering are archived: its configurations by name, and no others.
    pub tiering: BTreeMap<String, Tiering>,
    /// What becomes of its objects when it is deleted.
    pub contents: Contents,
}

/// Whether old versions of objects are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Versioning {
    /// They are not, and never were. A bucket does not come back to this.
    Never,
    /// They are kept.
    Enabled,
    /// Those that there are are kept, and no new ones are made.
    Suspended,
}

/// How objects are encrypted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Encryption {
    /// With keys of S3's own.
    S3,
    /// With a key of the Key Management Service.
    Kms {
        /// Which key; none is the one that AWS keeps for S3 in the account.
        key: Option<Ref<KeyArn>>,
        /// Whether a key of the bucket's own stands between, so that the service is called (and paid) less.
        bucket_key: bool,
    },
    /// With a key of the Key Management Service, twice.
    KmsTwice {
        /// Which key; none is the one that AWS keeps for S3 in the account.
        key: Option<Ref<KeyArn>>,
    },
}

/// What is refused to the public.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PublicAccess {
    /// Access lists that give anything to the public are refused.
    pub block_acls: bool,
    /// Access lists that give anything to the public have no effect.
    pub ignore_acls: bool,
    /// Policies that give anything to the public are refused.
    pub block_policies: bool,
    /// Policies that give anything to the public give it to nobody outside of the account.
    pub restrict: bool,
}

impl PublicAccess {
    /// Everything is refused to the public.
    pub const CLOSED: PublicAccess =
        PublicAccess { block_acls: true, ignore_acls: true, block_policies: true, restrict: true };
    /// Nothing is refused by this.
    pub const OPEN: PublicAccess =
        PublicAccess { block_acls: false, ignore_acls: false, block_policies: false, restrict: false };
}

/// Who owns what others write into a bucket.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ObjectOwnership {
    /// The bucket's owner, and access lists have no effect.
    Enforced,
    /// The bucket's owner, if the writer says so.
    Preferred,
    /// The writer.
    Writer,
}

/// What becomes of a bucket's objects when it is deleted. It is written on the bucket as a tag: removing the code
/// does not change it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Contents {
    /// A bucket with anything in it is not deleted.
    Kept,
    /// They are deleted with it, all versions.
    Deleted,
}

impl Bucket {
    /// A bucket as AWS makes it today: closed to the public, encrypted by S3, without old versions; its contents kept.
    pub fn closed(name: impl Into<String>) -> Bucket {
        Bucket {
            name: name.into(),
            versioning: Versioning::Never,
            encryption: Encryption::S3,
            public_access: PublicAccess::CLOSED,
            ownership: ObjectOwnership::Enforced,
            lifecycle: BTreeMap::new(),
            tiering: BTreeMap::new(),
            contents: Contents::Kept,
        }
    }
}

impl Arn for BucketArn {}
impl Arn for ObjectsArn {}

impl Behaviour for Bucket {
    type Cloud = Aws;

    const KEEPS: &'static [(&'static str, &'static str)] = &[("contents", r#""kept""#)];

    const HOLDS_DATA: bool = true;
    const WAITS: Waits = Waits { delete: Duration::from_secs(60 * 60), ..Waits::QUICK };

    const INDEXED: bool = true;

    const ACTIONS: &'static [&'static str] = &[
        "s3:AbortMultipartUpload",
        "s3:CreateBucket",
        "s3:DeleteBucket",
        "s3:DeleteObject",
        "s3:DeleteObjectVersion",
        "s3:GetBucketOwnershipControls",
        "s3:GetBucketPublicAccessBlock",
        "s3:GetBucketTagging",
        "s3:GetBucketVersioning",
        "s3:GetEncryptionConfiguration",
        "s3:GetIntelligentTieringConfiguration",
        "s3:GetLifecycleConfiguration",
        "s3:ListAllMyBuckets",
        "s3:ListBucketMultipartUploads",
        "s3:ListBucketVersions",
        "s3:PutBucketOwnershipControls",
        "s3:PutBucketPublicAccessBlock",
        "s3:PutBucketTagging",
        "s3:PutBucketVersioning",
        "s3:PutEncryptionConfiguration",
        "s3:PutIntelligentTieringConfiguration",
        "s3:PutLifecycleConfiguration",
        "s3:TagResource",
    ];

    fn rules() -> &'static [Rule<Bucket>] {
        rules::ALL
    }

    fn passages() -> &'static [Passage<Bucket>] {
        rules::PASSAGES
    }

    /// The list of buckets has names alone, and tags that the index does not know cost a call each: only those are
    /// looked at whose name is asked for or has the project's in it. Then a call for each part of those that are
    /// wanted.
    async fn read(aws: &Aws, ask: &Ask) -> Result<Vec<Found<Bucket>>, Fault> {
        let names = if ask.only.is_empty() { candidates(aws, ask).await? } else { ask.only.iter().cloned().collect() };
        let found = each(names, async |name: String| {
            let arn = format!("arn:{}:s3:::{name}", partition(aws.region()).0);
            let Some(tags) = index::tags(aws, ask, &arn, tagging::read(aws, &name)).await? else { return Ok(None) };
            if !ask.wants(&name, Some(&name), &tags) {
                return Ok(None);
            }
            missing(understand(aws, &name, tags).await)
        });
        Ok(found.await?.into_iter().flatten().collect())
    }

    /// In one region AWS answers a repeated create with success, whoever owns the bucket in the account: it is looked
    /// for first.
    async fn create(aws: &Aws, order: &Order<Bucket>) -> Result<String, Fault> {
        const OPERATION: &str = "s3:CreateBucket";
        let Bucket { name, ownership, contents, .. } = &order.definition;
        match tagging::read(aws, name).await {
            Ok(Some(tags)) if order.made(&tags) => return Ok(name.clone()),
            Ok(Some(_)) => {
                let message = format!("there is a bucket `{name}` in the account already");
                return Err(Fault::new(FaultKind::Exists, OPERATION, message));
            }
            Err(fault) if fault.has_code(&["PermanentRedirect"]) => return Err(elsewhere(aws, name, fault).await),
            // What is somebody else's may not be looked at: the creating call says so.
            Err(fault) if fault.kind != FaultKind::Denied => return Err(fault),
            Ok(None) | Err(_) => {}
        }
        let region = aws.region();
        let place = Some(region).filter(|region| *region != "us-east-1").map(BucketLocationConstraint::from);
        let tags = to_sdk(&tagging::with_contents(&order.tags, *contents));
        let configuration = CreateBucketConfiguration::builder().set_location_constraint(place).set_tags(Some(tags));
        let call = aws
            .s3()
            .create_bucket()
            .bucket(name)
            .object_ownership((*ownership).into())
            .create_bucket_configuration(configuration.build());
        call.send().await.sorted(OPERATION)?;
        Ok(name.clone())
    }

    async fn update(aws: &Aws, found: &Found<Bucket>, wanted: &Bucket) -> Result<(), Fault> {
        parts::change(aws, &found.definition, wanted).await?;
        if wanted.contents != found.definition.contents {
            let (set, remove) = tagging::contents(wanted.contents);
            tagging::change(aws, &found.id, &set, &remove).await?;
        }
        Ok(())
    }

    async fn retag(aws: &Aws, found: &Found<Bucket>, retag: &Retag) -> Result<(), Fault> {
        tagging::change(aws, &found.id, &retag.set, &retag.remove).await
    }

    async fn delete(aws: &Aws, found: &Found<Bucket>) -> Result<(), Fault> {
        const OPERATION: &str = "s3:DeleteBucket";
        let name = &found.id;
        if found.definition.contents == Contents::Deleted && !remove_some(aws, name).await? {
            return Err(Fault::new(FaultKind::Busy, OPERATION, "its contents are being deleted"));
        }
        match aws.s3().delete_bucket().bucket(name).send().await.sorted(OPERATION) {
            Err(fault) if is_no_bucket(&fault) => Ok(()),
            Err(fault) if fault.has_code(&["BucketNotEmpty"]) => Err(not_empty(found, fault)),
            other => other.map(drop),
        }
    }
}

/// A bucket of that name in another region, of this account or of another one. Names are unique in the world.
async fn elsewhere(aws: &Aws, name: &str, fault: Fault) -> Fault {
    let listed = aws.s3().list_buckets().prefix(name).max_buckets(1000).send().await;
    let own = listed.ok().and_then(|list| list.buckets?.into_iter().find(|bucket| bucket.name() == Some(name)));
    let message = match own.and_then(|bucket| bucket.bucket_region) {
        Some(region) => {
            format!("the account has a bucket `{name}` already, and it is in region {region}: take another name")
        }
        None => format!("the bucket `{name}` is another account's, in another region: take another name"),
    };
    Fault { message, ..fault.sorted(FaultKind::Exists) }
}

/// A bucket that is not empty: written to meanwhile if its contents may go, and otherwise it stays.
fn not_empty(found: &Found<Bucket>, fault: Fault) -> Fault {
    match found.definition.contents {
        Contents::Deleted => fault.sorted(FaultKind::Busy),
        Contents::Kept => {
            let message = "there are objects in it, and its definition keeps them: empty it, or apply \
                           `contents: Contents::Deleted` to it first";
            Fault { message: message.to_owned(), ..fault.sorted(FaultKind::Refused) }
        }
    }
}

/// The names of the buckets of this region that may be asked for.
async fn candidates(aws: &Aws, ask: &Ask) -> Result<Vec<String>, Fault> {
    let call = aws.s3().list_buckets().bucket_region(aws.region()).max_buckets(1000);
    let mut pages = call.into_paginator().send();
    let mut names = Vec::new();
    while let Some(page) = pages.next().await {
        let buckets = page.sorted("s3:ListBuckets")?.buckets.unwrap_or_default();
        names.extend(buckets.into_iter().filter_map(|bucket| bucket.name));
    }
    let meant = meant(aws, ask).await?;
    names.retain(|name| meant.by_arn(name, &format!("arn:{}:s3:::{name}", partition(aws.region()).0)));
    Ok(names)
}

async fn understand(aws: &Aws, name: &str, tags: Tags) -> Result<Found<Bucket>, Fault> {
    let (tags, contents) = tagging::without_contents(tags);
    let read = parts::read(aws, name).await.map(|parts| Found::ready(name, Bucket { contents, ..parts }, tags.clone()));
    let found = or_stand_in(read, || Found::ready(name, Bucket { contents, ..Bucket::closed(name) }, tags))?;
    let (partition, domain) = partition(aws.region());
    let arn = format!("arn:{partition}:s3:::{name}");
    let domain = format!("{name}.s3.{}.{domain}", aws.region());
    let found = found.with(Bucket::OBJECTS.name, format!("{arn}/*"));
    Ok(found.with(Bucket::ARN.name, arn).with(Bucket::DOMAIN.name, domain))
}

/// The part of AWS that a region is in, and how its addresses end.
fn partition(region: &str) -> (&'static str, &'static str) {
    match region {
        chinese if chinese.starts_with("cn-") => ("aws-cn", "amazonaws.com.cn"),
        governmental if governmental.starts_with("us-gov-") => ("aws-us-gov", "amazonaws.com"),
        _ => ("aws", "amazonaws.com"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bucket_with_objects_stays_unless_its_definition_says_that_they_may_go() {
        let fault = || Fault::new(FaultKind::Refused, "s3:DeleteBucket", "The bucket you tried to delete is not empty");
        let of = |contents| Found::ready("shop", Bucket { contents, ..Bucket::closed("shop") }, Tags::new());
        let kept = not_empty(&of(Contents::Kept), fault());
        assert_eq!(kept.kind, FaultKind::Refused);
        assert!(kept.message.contains("Contents::Deleted"), "{kept}");
        assert_eq!(not_empty(&of(Contents::Deleted), fault()).kind, FaultKind::Busy);
    }

    #[test]
    fn names_and_addresses_are_those_of_the_part_of_aws() {
        assert_eq!(partition("eu-central-1"), ("aws", "amazonaws.com"));
        assert_eq!(partition("cn-north-1"), ("aws-cn", "amazonaws.com.cn"));
        assert_eq!(partition("us-gov-west-1"), ("aws-us-gov", "amazonaws.com"));
    }
}
