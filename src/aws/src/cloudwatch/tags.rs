//! Tags of alarms and dashboards: read from the index of all tags, or by a call for each.

use infra_engine::live::{Ask, Fault, GoneIsFine};
use infra_engine::model::Tags;

use crate::tags::from_sdk;
use crate::{Aws, Sorted, index};

/// The permission that reading one's tags needs.
pub(super) const LIST: &str = "cloudwatch:ListTagsForResource";

/// A resource's tags. `None` when it has gone in the meantime.
pub(super) async fn read(aws: &Aws, ask: &Ask, arn: &str) -> Result<Option<Tags>, Fault> {
    let alone = async {
        let answer = aws.cloudwatch().list_tags_for_resource().resource_arn(arn).send().await.sorted(LIST);
        answer.map(|answer| Some(from_sdk(answer.tags()))).gone_is_fine()
    };
    index::tags(aws, ask, arn, alone).await
}
