//! The engine's records in S3: one bucket for each account and region, made when something is first written.
//!
//! A bucket that is not there reads as empty. Every call names the owner that it expects, so that nothing is ever
//! read from, or written to, a bucket of that name in somebody else's account. Before anything is written, all of its
//! settings are looked at.

mod elsewhere;
mod lifecycle;
mod make;
mod policy;
mod settings;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::{Delete, ObjectIdentifier};
use futures::FutureExt;
use futures::future::BoxFuture;
use infra_engine::live::{Fault, FaultKind};
use infra_engine::record::{Deleted, Lock, Put, Store, Stored, Version, When};
use tokio::sync::Mutex;

use crate::{Aws, Sorted};

pub use elsewhere::ACTIONS_ELSEWHERE;

const GET: &str = "s3:GetObject";
const PUT: &str = "s3:PutObject";
const DELETE: &str = "s3:DeleteObject";
const LIST: &str = "s3:ListObjectsV2";
const LIST_VERSIONS: &str = "s3:ListObjectVersions";
const DELETE_ALL: &str = "s3:DeleteObjects";
const DELETE_BUCKET: &str = "s3:DeleteBucket";

/// The permissions that keeping records needs, all of them on the bucket and its objects alone.
pub const ACTIONS: &[&str] = &[
    "s3:CreateBucket",
    "s3:DeleteBucket",
    "s3:DeleteObject",
    "s3:DeleteObjectVersion",
    "s3:GetBucketOwnershipControls",
    "s3:GetBucketPolicy",
    "s3:GetBucketPublicAccessBlock",
    "s3:GetBucketVersioning",
    "s3:GetEncryptionConfiguration",
    "s3:GetLifecycleConfiguration",
    "s3:GetObject",
    "s3:ListBucket",
    "s3:ListBucketVersions",
    "s3:PutBucketOwnershipControls",
    "s3:PutBucketPolicy",
    "s3:PutBucketPublicAccessBlock",
    "s3:PutBucketVersioning",
    "s3:PutEncryptionConfiguration",
    "s3:PutLifecycleConfiguration",
    "s3:PutObject",
    "s3:PutObjectTagging",
];

/// The condition of a conditional call does not hold, or somebody else's call was under way at the same time.
const CONFLICTS: &[&str] = &["PreconditionFailed", "ConditionalRequestConflict"];

/// The bucket of one account in one region.
pub struct Bucket {
    aws: Arc<Aws>,
    account: String,
    name: String,
    /// True when this program has seen that the bucket is there, and set up as it must be.
    seen_whole: Mutex<bool>,
    /// True when this program has made it.
    made: AtomicBool,
}

/// The bucket's name, where none is chosen.
pub fn name(account: &str, region: &str) -> String {
    format!("infra-{account}-{region}")
}

/// What is wrong with a name that was chosen, and what to do about it.
pub fn wrong_name(name: &str) -> Option<(String, &'static str)> {
    crate::s3::wrong_name(name)
}

/// A version of an object, by key and version.
type Place = (String, Option<String>);

/// No record is larger than this: the history of a run of many thousand steps is a part of it.
const LARGEST: usize = 64 << 20;

/// So many versions AWS deletes in one call.
const DELETED_AT_ONCE: usize = 1000;

/// What deleted and overwritten records leave behind.
#[derive(Default)]
struct LeftBehind {
    /// Versions that are not the latest.
    old: Vec<Place>,
    /// Marks of deletion.
    marks: Vec<Place>,
}

impl Bucket {
    /// The bucket of an account, in the region of `aws`. Nothing is called yet.
    pub fn new(aws: Arc<Aws>, account: impl Into<String>) -> Bucket {
        let account = account.into();
        let name = name(&account, aws.region());
        Bucket { aws, account, name, seen_whole: Mutex::new(false), made: AtomicBool::new(false) }
    }

    /// The same with a name that was chosen, as where somebody else has the usual one.
    pub fn named(self, name: impl Into<String>) -> Bucket {
        Bucket { name: name.into(), ..self }
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    fn s3(&self) -> &aws_sdk_s3::Client {
        self.aws.records()
    }

    async fn read(&self, key: &str) -> Result<Option<Stored>, Fault> {
        let call = self.s3().get_object().bucket(&self.name).expected_bucket_owner(&self.account).key(key);
        let answer = match call.send().await.sorted(GET) {
            Err(fault) if fault.kind == FaultKind::Gone => return Ok(None),
            other => other.map_err(|fault| self.explained(fault))?,
        };
        let broken = |what: &str| Fault::new(FaultKind::Broken, GET, format!("{}/{key}: {what}", self.place()));
        let version = answer.e_tag.ok_or_else(|| broken("the answer names no version"))?;
        let (mut body, mut bytes) = (answer.body, Vec::new());
        while let Some(part) = body.next().await {
            bytes.extend_from_slice(&part.map_err(|_| broken("the answer breaks off"))?);
            if bytes.len() > LARGEST {
                return Err(broken("it is larger than any record of this program").sorted(FaultKind::Refused));
            }
        }
        Ok(Some(Stored { bytes, version: Version(version) }))
    }

    async fn write(&self, key: &str, bytes: Vec<u8>, when: &When) -> Result<Put, Fault> {
        let call = self.s3().put_object().bucket(&self.name).expected_bucket_owner(&self.account).key(key);
        let call = match when {
            When::Always => call,
            When::Absent => call.if_none_match("*"),
            When::Is(Version(version)) => call.if_match(version),
        };
        // By this tag its old versions are known, which are many.
        let call = if Lock::is_key(key) { call.tagging(lifecycle::LOCK_TAGGING) } else { call };
        match call.content_type("application/json").body(ByteStream::from(bytes)).send().await.sorted(PUT) {
            Ok(answer) => match answer.e_tag {
                Some(version) => Ok(Put::Done(Version(version))),
                None => Err(Fault::new(FaultKind::Broken, PUT, "the answer names no version")),
            },
            Err(fault) if fault.has_code(CONFLICTS) => Ok(Put::Conflict),
            // Over a version that has been deleted meanwhile.
            Err(fault) if fault.has_code(&["NoSuchKey"]) => Ok(Put::Conflict),
            Err(fault) => Err(self.explained(fault)),
        }
    }

    async fn remove(&self, key: &str, version: &str) -> Result<Deleted, Fault> {
        let call = self.s3().delete_object().bucket(&self.name).expected_bucket_owner(&self.account);
        match call.key(key).if_match(version).send().await.sorted(DELETE) {
            Ok(_) => Ok(Deleted::Done),
            Err(fault) if fault.kind == FaultKind::Gone => Ok(Deleted::Done),
            Err(fault) if fault.has_code(CONFLICTS) => Ok(Deleted::Conflict),
            Err(fault) => Err(self.explained(fault)),
        }
    }

    async fn keys(&self, prefix: &str) -> Result<Vec<String>, Fault> {
        let call = self.s3().list_objects_v2().bucket(&self.name).expected_bucket_owner(&self.account).prefix(prefix);
        let pages: Result<Vec<_>, _> = call.into_paginator().send().collect().await;
        match pages.sorted(LIST) {
            Err(fault) if fault.kind == FaultKind::Gone => Ok(Vec::new()),
            Err(fault) => Err(self.explained(fault)),
            Ok(pages) => {
                let objects = pages.into_iter().flat_map(|page| page.contents.unwrap_or_default());
                let mut keys: Vec<String> = objects.filter_map(|object| object.key).collect();
                keys.sort();
                Ok(keys)
            }
        }
    }

    async fn remove_left_behind(&self, prefix: &str) -> Result<(), Fault> {
        let mut seen_whole = self.seen_whole.lock().await;
        let LeftBehind { old, marks } = self.left_behind(prefix).await?;
        // The marks last: where the mark of a deleted record goes first, the version below it is there again.
        for places in old.chunks(DELETED_AT_ONCE).chain(marks.chunks(DELETED_AT_ONCE)) {
            self.delete_places(places.to_vec()).await?;
        }
        let call = self.s3().delete_bucket().bucket(&self.name).expected_bucket_owner(&self.account);
        match call.send().await.sorted(DELETE_BUCKET) {
            Ok(_) => {
                *seen_whole = false;
                Ok(())
            }
            Err(fault) if fault.kind == FaultKind::Gone || fault.has_code(&["BucketNotEmpty"]) => Ok(()),
            Err(fault) => Err(self.explained(fault)),
        }
    }

    /// What is left behind under a prefix: versions that are not the latest, and the marks of deleted ones.
    async fn left_behind(&self, prefix: &str) -> Result<LeftBehind, Fault> {
        let mut left = LeftBehind::default();
        let (mut key, mut version) = (None, None);
        loop {
            let call = self.s3().list_object_versions().bucket(&self.name).expected_bucket_owner(&self.account);
            let call = call.prefix(prefix).set_key_marker(key.clone()).set_version_id_marker(version.clone());
            let page = match call.send().await.sorted(LIST_VERSIONS) {
                Err(fault) if fault.kind == FaultKind::Gone => return Ok(left),
                other => other.map_err(|fault| self.explained(fault))?,
            };
            let versions = page.versions.into_iter().flatten().filter(|version| version.is_latest != Some(true));
            left.old.extend(versions.filter_map(|version| Some((version.key?, version.version_id))));
            let marks = page.delete_markers.into_iter().flatten();
            left.marks.extend(marks.filter_map(|mark| Some((mark.key?, mark.version_id))));
            if page.is_truncated != Some(true) {
                return Ok(left);
            }
            let next = (page.next_key_marker, page.next_version_id_marker);
            if next.0.is_none() || next == (key, version) {
                let message = format!("the list of what is in {} does not go on, and says that it does", self.place());
                return Err(Fault::new(FaultKind::Broken, LIST_VERSIONS, message));
            }
            (key, version) = next;
        }
    }

    async fn delete_places(&self, places: Vec<Place>) -> Result<(), Fault> {
        let objects: Result<Vec<_>, _> = places
            .into_iter()
            .map(|(key, version)| ObjectIdentifier::builder().key(key).set_version_id(version).build())
            .collect();
        let delete = Delete::builder().set_objects(Some(objects.sorted(DELETE_ALL)?)).quiet(true).build();
        let call = self.s3().delete_objects().bucket(&self.name).expected_bucket_owner(&self.account);
        let answer = call.delete(delete.sorted(DELETE_ALL)?).send().await.sorted(DELETE_ALL);
        let answer = answer.map_err(|fault| self.explained(fault))?;
        match answer.errors.unwrap_or_default().into_iter().next() {
            None => Ok(()),
            Some(error) => {
                let message = format!("{}: {}", error.key.unwrap_or_default(), error.message.unwrap_or_default());
                Err(Fault { code: error.code, ..Fault::new(FaultKind::Refused, DELETE_ALL, message) })
            }
        }
    }

    /// A refusal in words that name the bucket: AWS says the same when it is somebody else's and when we may not.
    fn explained(&self, fault: Fault) -> Fault {
        let what = match fault.kind {
            FaultKind::Denied => {
                let account = &self.account;
                format!("cannot be used: these credentials of account {account} may not, or it is another account's")
            }
            _ if fault.has_code(ELSEWHERE) => format!("is in another region than {}", self.aws.region()),
            _ => return fault,
        };
        let kind = fault.kind;
        let unfit = self.unfit(fault, &what);
        if kind == FaultKind::Denied { unfit.sorted(kind) } else { unfit }
    }

    /// The bucket is not one for records: why, what AWS said, and the way out.
    fn unfit(&self, fault: Fault, what: &str) -> Fault {
        let message = format!(
            "bucket {} {what} ({}). Another one can be chosen in the environment's file: \
             `[records]`, and below it `bucket = \"infra-{}-…\"`",
            self.name, fault.message, self.account
        );
        Fault { message, ..fault }.sorted(FaultKind::Refused)
    }
}

/// What S3 answers where a bucket is not.
const ELSEWHERE: &[&str] = &["AuthorizationHeaderMalformed", "IllegalLocationConstraintException", "PermanentRedirect"];

impl Store for Bucket {
    fn place(&self) -> String {
        format!("s3://{}", self.name)
    }

    fn was_made(&self) -> bool {
        self.made.load(Ordering::Acquire)
    }

    fn get<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Result<Option<Stored>, Fault>> {
        self.read(key).boxed()
    }

    fn put<'a>(&'a self, key: &'a str, bytes: Vec<u8>, when: When) -> BoxFuture<'a, Result<Put, Fault>> {
        async move {
            self.make_whole().await?;
            match self.write(key, bytes.clone(), &when).await {
                // Somebody has cleared it away since this program looked.
                Err(fault) if fault.has_code(&["NoSuchBucket"]) => {
                    *self.seen_whole.lock().await = false;
                    self.make_whole().await?;
                    self.write(key, bytes, &when).await
                }
                other => other,
            }
        }
        .boxed()
    }

    fn delete<'a>(&'a self, key: &'a str, version: &'a Version) -> BoxFuture<'a, Result<Deleted, Fault>> {
        self.remove(key, &version.0).boxed()
    }

    fn elsewhere<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Result<Vec<String>, Fault>> {
        async move {
            match Bucket::elsewhere(self, key).await {
                // Who may not list buckets is not told; that is a guard less, and no reason to stop.
                Err(fault) if fault.kind == FaultKind::Denied => Ok(Vec::new()),
                answer => answer,
            }
        }
        .boxed()
    }

    fn list<'a>(&'a self, prefix: &'a str) -> BoxFuture<'a, Result<Vec<String>, Fault>> {
        self.keys(prefix).boxed()
    }

    fn sweep<'a>(&'a self, prefix: &'a str) -> BoxFuture<'a, Result<(), Fault>> {
        self.remove_left_behind(prefix).boxed()
    }
}
