//! Records of the same account in other buckets: whether an owner is at home in another region already.

use futures::StreamExt;
use futures::stream;
use infra_engine::live::{Fault, FaultKind};

use super::Bucket;
use crate::Sorted;

const LIST_BUCKETS: &str = "s3:ListBuckets";
const HEAD: &str = "s3:HeadObject";

/// The permission that looking for other buckets needs, on everything. Each bucket that is found, `infra-ACCOUNT-…`, is
/// then asked with `s3:GetObject` and `s3:ListBucket`.
pub const ACTIONS_ELSEWHERE: &[&str] = &["s3:ListAllMyBuckets"];

/// How many buckets are asked at once.
const AT_ONCE: usize = 8;

impl Bucket {
    /// The regions in which another bucket of records of this account has a record under this key, in order. This
    /// region is among them when a bucket of another name has it: the usual one, where a name was chosen since.
    ///
    /// Buckets with chosen names are found if these begin as the usual ones do, with `infra-ACCOUNT-`.
    pub async fn elsewhere(&self, key: &str) -> Result<Vec<String>, Fault> {
        let others = self.others().await?;
        let asked = stream::iter(others).map(|(name, region)| async move {
            Ok::<_, Fault>(self.has(&name, &region, key).await?.then_some(region))
        });
        let answers: Vec<Result<Option<String>, Fault>> = asked.buffer_unordered(AT_ONCE).collect().await;
        let mut regions: Vec<String> =
            answers.into_iter().filter_map(Result::transpose).collect::<Result<_, Fault>>()?;
        regions.sort();
        regions.dedup();
        Ok(regions)
    }

    /// The other buckets of this account that are named like one for records, with their regions.
    async fn others(&self) -> Result<Vec<(String, String)>, Fault> {
        let prefix = format!("infra-{}-", self.account);
        let call = self.s3().list_buckets().prefix(&prefix).max_buckets(1000);
        let pages: Result<Vec<_>, _> = call.into_paginator().send().collect().await;
        let buckets = pages.sorted(LIST_BUCKETS)?.into_iter().flat_map(|page| page.buckets.unwrap_or_default());
        Ok(buckets
            .filter_map(|bucket| {
                let name = bucket.name?;
                let suffix = name.strip_prefix(&prefix)?.to_owned();
                let region = bucket.bucket_region.filter(|region| !region.is_empty()).unwrap_or(suffix);
                (name != self.name).then_some((name, region))
            })
            .collect())
    }

    async fn has(&self, bucket: &str, region: &str, key: &str) -> Result<bool, Fault> {
        let s3 = self.aws.records_in(region);
        let call = s3.head_object().bucket(bucket).expected_bucket_owner(&self.account).key(key);
        match call.send().await.sorted(HEAD) {
            Ok(_) => Ok(true),
            Err(fault) if fault.kind == FaultKind::Gone => Ok(false),
            Err(fault) => {
                let message = format!("bucket {bucket} in {region} cannot be looked into: {}", fault.message);
                Err(Fault { message, ..fault })
            }
        }
    }
}
