//! A bucket's tags: S3 knows them only all together, so what is not ours is read first and written back.

use infra_engine::live::Fault;
use infra_engine::model::Tags;

use super::Contents;
use crate::s3::fault::{S3Fault, missing};
use crate::tags::to_sdk;
use crate::{Aws, Sorted};

/// The tag that says that a bucket's contents may be deleted with it.
const CONTENTS: &str = "infra:contents";
const DELETED: &str = "deleted";

/// A bucket's tags; `None` where there is no such bucket.
pub(super) async fn read(aws: &Aws, bucket: &str) -> Result<Option<Tags>, Fault> {
    let tags = missing(everything(aws, bucket).await)?;
    Ok(tags.map(|tags| tags.into_iter().filter(|(key, _)| !key.starts_with("aws:")).collect()))
}

/// Sets and removes tags. Those of AWS itself must be among those that are written.
pub(super) async fn change(aws: &Aws, bucket: &str, set: &Tags, remove: &[String]) -> Result<(), Fault> {
    let live = everything(aws, bucket).await.changing()?;
    let mut tags = live.clone();
    tags.extend(set.clone());
    tags.retain(|key, _| !remove.contains(key));
    if tags == live {
        return Ok(());
    }
    const OPERATION: &str = "s3:PutBucketTagging";
    let tagging = aws_sdk_s3::types::Tagging::builder().set_tag_set(Some(to_sdk(&tags))).build().sorted(OPERATION)?;
    aws.s3().put_bucket_tagging().bucket(bucket).tagging(tagging).send().await.sorted(OPERATION).changing().map(drop)
}

/// What is to be set and removed to say what becomes of the contents.
pub(super) fn contents(contents: Contents) -> (Tags, Vec<String>) {
    match contents {
        Contents::Kept => (Tags::new(), vec![CONTENTS.to_owned()]),
        Contents::Deleted => (Tags::from([(CONTENTS.to_owned(), DELETED.to_owned())]), Vec::new()),
    }
}

/// The tags, and what becomes of the contents among them.
pub(super) fn with_contents(tags: &Tags, of: Contents) -> Tags {
    let mut tags = tags.clone();
    tags.extend(contents(of).0);
    tags
}

/// The tags without what becomes of the contents, and that.
pub(super) fn without_contents(mut tags: Tags) -> (Tags, Contents) {
    match tags.remove(CONTENTS).as_deref() {
        Some(DELETED) => (tags, Contents::Deleted),
        _ => (tags, Contents::Kept),
    }
}

async fn everything(aws: &Aws, bucket: &str) -> Result<Tags, Fault> {
    let answer = aws.s3().get_bucket_tagging().bucket(bucket).send().await.sorted("s3:GetBucketTagging").unset()?;
    let tags = answer.map(|answer| answer.tag_set).unwrap_or_default();
    Ok(tags.into_iter().map(|tag| (tag.key, tag.value)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_becomes_of_the_contents_is_a_tag_and_no_tag_of_the_definition() {
        let tags = Tags::from([("Name".into(), "shop".into())]);
        for of in [Contents::Kept, Contents::Deleted] {
            assert_eq!(without_contents(with_contents(&tags, of)), (tags.clone(), of));
        }
        assert_eq!(without_contents(Tags::from([(CONTENTS.into(), "perhaps".into())])).1, Contents::Kept);
    }
}
