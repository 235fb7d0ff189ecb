//! Tags of alarms and dashboards: read from the index of all tags, or by a call for each,
//! and changed by one pair of calls for both.

use infra_engine::live::{Ask, Fault, GoneIsFine, Retag};
use infra_engine::model::Tags;

use crate::tags::{from_sdk, to_sdk};
use crate::{Aws, Sorted, index};

/// The permissions that tags need.
pub(super) const LIST: &str = "cloudwatch:ListTagsForResource";
/// See [`LIST`].
pub(super) const TAG: &str = "cloudwatch:TagResource";
/// See [`LIST`].
pub(super) const UNTAG: &str = "cloudwatch:UntagResource";

/// A resource's tags. `None` when it has gone in the meantime.
pub(super) async fn read(aws: &Aws, ask: &Ask, arn: &str) -> Result<Option<Tags>, Fault> {
    let alone = async {
        let answer = aws.cloudwatch().list_tags_for_resource().resource_arn(arn).send().await.sorted(LIST);
        answer.map(|answer| Some(from_sdk(answer.tags()))).gone_is_fine()
    };
    index::tags(aws, ask, arn, alone).await
}

/// Sets and removes tags.
pub(super) async fn change(aws: &Aws, arn: &str, retag: &Retag) -> Result<(), Fault> {
    let Retag { set, remove } = retag;
    if !set.is_empty() {
        let call = aws.cloudwatch().tag_resource().resource_arn(arn).set_tags(Some(to_sdk(set)));
        call.send().await.sorted(TAG)?;
    }
    if !remove.is_empty() {
        let call = aws.cloudwatch().untag_resource().resource_arn(arn).set_tag_keys(Some(remove.clone()));
        call.send().await.sorted(UNTAG)?;
    }
    Ok(())
}
