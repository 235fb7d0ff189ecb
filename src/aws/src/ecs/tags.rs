//! Tags on ECS's resources: two calls, the same for every kind.

use infra_engine::live::{Fault, Retag};

use crate::tags::to_sdk;
use crate::{Aws, Sorted};

/// Sets and removes tags of what has this ARN.
pub(super) async fn retag(aws: &Aws, arn: &str, retag: &Retag) -> Result<(), Fault> {
    let Retag { set, remove } = retag;
    if !set.is_empty() {
        let call = aws.ecs().tag_resource().resource_arn(arn).set_tags(Some(to_sdk(set)));
        call.send().await.sorted("ecs:TagResource")?;
    }
    if !remove.is_empty() {
        let call = aws.ecs().untag_resource().resource_arn(arn).set_tag_keys(Some(remove.clone()));
        call.send().await.sorted("ecs:UntagResource")?;
    }
    Ok(())
}
