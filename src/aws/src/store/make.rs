//! How the bucket comes to be: made, and set up as it must be; looked at, and put right where it is otherwise.

use std::future::Future;
use std::sync::atomic::Ordering;
use std::time::Duration;

use aws_sdk_s3::types::{BucketLocationConstraint, CreateBucketConfiguration, ObjectOwnership};
use infra_engine::live::{FIRST_PAUSE, Fault, FaultKind};
use tokio::time::Instant;

use super::Bucket;
use crate::Sorted;

const CREATE: &str = "s3:CreateBucket";

/// The longest pause while a new bucket is not seen everywhere.
const LONGEST_PAUSE: Duration = Duration::from_secs(10);

/// How long that may take, or S3 may need to let go of a name whose bucket was deleted a moment ago.
const PATIENCE: Duration = Duration::from_secs(120);

impl Bucket {
    /// Sees to it that the bucket is there and set up as it must be. When it is, that costs six calls side by side,
    /// once in the life of a program.
    pub(super) async fn make_whole(&self) -> Result<(), Fault> {
        let mut seen_whole = self.seen_whole.lock().await;
        if *seen_whole {
            return Ok(());
        }
        let settings = match self.amiss().await {
            Err(fault) if fault.kind == FaultKind::Gone => {
                persist(|| self.create()).await?;
                self.made.store(true, Ordering::Release);
                self.settings_of_a_new_one()
            }
            other => other.map_err(|fault| self.explained(fault))?,
        };
        for setting in &settings {
            tracing::debug!(bucket = self.name, ?setting, "set up");
            persist(|| self.put_right(setting)).await?;
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
        let call = self.s3().create_bucket().bucket(&self.name).object_ownership(ObjectOwnership::BucketOwnerEnforced);
        match call.set_create_bucket_configuration(place).send().await.sorted(CREATE) {
            Err(fault) if fault.has_code(&["BucketAlreadyOwnedByYou"]) => Ok(()),
            Err(fault) if fault.has_code(&["BucketAlreadyExists"]) => {
                let what = format!(
                    "belongs to another account than {}, which needs one for its lock and its history",
                    self.account
                );
                Err(self.unfit(fault, &what))
            }
            other => other.map(drop).map_err(|fault| self.explained(fault)),
        }
    }
}

/// Repeats a step that says how the bucket is to be, and so may be repeated even when its answer was lost.
async fn persist<F>(step: impl Fn() -> F) -> Result<(), Fault>
where
    F: Future<Output = Result<(), Fault>>,
{
    let (begun, mut pause) = (Instant::now(), FIRST_PAUSE);
    loop {
        match step().await {
            Err(fault) if passes(&fault) && begun.elapsed() + pause < PATIENCE => tokio::time::sleep(pause).await,
            done_or_refused => return done_or_refused,
        }
        pause = LONGEST_PAUSE.min(pause * 2);
    }
}

/// A bucket that was made a moment ago may be missing in some places for a while.
fn passes(fault: &Fault) -> bool {
    fault.may_pass() || matches!(fault.kind, FaultKind::Lost | FaultKind::Gone)
}
