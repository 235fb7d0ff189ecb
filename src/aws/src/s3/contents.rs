//! Emptying a bucket that is about to be deleted, and that says itself that its contents may go.
//!
//! It works in portions: a bucket may hold millions of objects, and a stopped program must be able to go on later.

use aws_sdk_s3::types::{Delete, ObjectIdentifier};
use infra_engine::live::{Fault, FaultKind};

use super::fault::missing;
use crate::pages::each;
use crate::{Aws, Sorted};

/// How many pages of a thousand versions go at a time.
const PAGES: usize = 10;

/// Removes a portion of what is in a bucket: versions, the marks of deleted objects, unfinished uploads.
/// True when nothing was left to remove.
pub(super) async fn remove_some(aws: &Aws, bucket: &str) -> Result<bool, Fault> {
    for _ in 0..PAGES {
        let page = aws.s3().list_object_versions().bucket(bucket).send().await.sorted("s3:ListObjectVersions");
        let Some(page) = missing(page)? else { return Ok(true) };
        let versions = page.versions().iter().map(|version| (version.key(), version.version_id()));
        let marks = page.delete_markers().iter().map(|mark| (mark.key(), mark.version_id()));
        let objects: Vec<ObjectIdentifier> = versions
            .chain(marks)
            .filter_map(|(key, version)| {
                let version = version.map(str::to_owned);
                ObjectIdentifier::builder().key(key?).set_version_id(version).build().ok()
            })
            .collect();
        if objects.is_empty() {
            return abort_uploads(aws, bucket).await;
        }
        delete(aws, bucket, objects).await?;
    }
    Ok(false)
}

async fn delete(aws: &Aws, bucket: &str, objects: Vec<ObjectIdentifier>) -> Result<(), Fault> {
    const OPERATION: &str = "s3:DeleteObjects";
    let delete = Delete::builder().set_objects(Some(objects)).quiet(true).build().sorted(OPERATION)?;
    let answer = aws.s3().delete_objects().bucket(bucket).delete(delete).send().await.sorted(OPERATION)?;
    match answer.errors().first() {
        None => Ok(()),
        Some(error) => {
            let (key, said) = (error.key().unwrap_or_default(), error.message().unwrap_or_default());
            let message = format!("{} objects stay, the first of them `{key}`: {said}", answer.errors().len());
            let code = error.code().map(str::to_owned);
            Err(Fault { code, ..Fault::new(FaultKind::Refused, OPERATION, message) })
        }
    }
}

/// Ends the uploads that were never finished. True when there were none.
async fn abort_uploads(aws: &Aws, bucket: &str) -> Result<bool, Fault> {
    let page = aws.s3().list_multipart_uploads().bucket(bucket).send().await.sorted("s3:ListMultipartUploads");
    let Some(page) = missing(page)? else { return Ok(true) };
    let uploads: Vec<(String, String)> =
        page.uploads().iter().filter_map(|upload| Some((upload.key()?.into(), upload.upload_id()?.into()))).collect();
    let none = uploads.is_empty();
    each(uploads, async |(key, id): (String, String)| {
        let call = aws.s3().abort_multipart_upload().bucket(bucket).key(key).upload_id(id);
        match call.send().await.sorted("s3:AbortMultipartUpload") {
            Err(fault) if fault.kind == FaultKind::Gone => Ok(()),
            other => other.map(drop),
        }
    })
    .await?;
    Ok(none)
}
