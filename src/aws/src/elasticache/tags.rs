//! Tags of ElastiCache's resources: read from the index of all tags, or by a call for each, changed by one pair of calls for every kind.

use infra_engine::live::{Ask, Fault, FaultKind, GoneIsFine, Retag};
use infra_engine::model::Tags;

use crate::tags::{from_sdk, to_sdk};
use crate::{Aws, Sorted, index};

/// The permissions that tags need.
pub(super) const ADD: &str = "elasticache:AddTagsToResource";
/// See [`ADD`].
pub(super) const LIST: &str = "elasticache:ListTagsForResource";
/// See [`ADD`].
pub(super) const REMOVE: &str = "elasticache:RemoveTagsFromResource";

/// A resource's tags. `None` when it has gone in the meantime; `Busy` while nobody tells them.
pub(super) async fn read(aws: &Aws, ask: &Ask, arn: &str) -> Result<Option<Tags>, Fault> {
    let alone = async {
        let answer = aws.elasticache().list_tags_for_resource().resource_name(arn).send().await.sorted(LIST);
        match answer.map(|answer| Some(from_sdk(answer.tag_list()))).gone_is_fine() {
            // What is being made, changed or saved does not tell its tags. The index does, whoever asks.
            Err(fault) if fault.kind == FaultKind::Busy => match index::of_one(aws, arn).await {
                Ok(Some(tags)) => Ok(Some(tags)),
                Ok(None) | Err(_) => Err(at_work(arn, fault)),
            },
            answer => answer,
        }
    };
    index::tags(aws, ask, arn, alone).await
}

/// Of a resource whose tags nobody tells at the moment.
fn at_work(arn: &str, fault: Fault) -> Fault {
    let message = format!("{} ({arn}: ElastiCache is at work on it; try again in a few minutes)", fault.message);
    Fault { message, ..fault }
}

/// Sets and removes tags.
pub(super) async fn change(aws: &Aws, arn: &str, retag: &Retag) -> Result<(), Fault> {
    let Retag { set, remove } = retag;
    if !set.is_empty() {
        let call = aws.elasticache().add_tags_to_resource().resource_name(arn).set_tags(Some(to_sdk(set)));
        call.send().await.sorted(ADD)?;
    }
    if !remove.is_empty() {
        let call = aws.elasticache().remove_tags_from_resource().resource_name(arn).set_tag_keys(Some(remove.clone()));
        call.send().await.sorted(REMOVE)?;
    }
    Ok(())
}
