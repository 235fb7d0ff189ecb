//! Tags of EC2 resources: set in the creating call, changed by one pair of calls for every kind.

use aws_sdk_ec2::types::{ResourceType, Tag, TagSpecification};
use infra_engine::live::{Fault, Retag};
use infra_engine::model::Tags;

use super::fault::Ec2Fault;
pub(super) use crate::tags::from_sdk as read;
use crate::tags::to_sdk;
use crate::{Aws, Sorted};

/// The permissions that tags need.
pub(super) const CREATE_TAGS: &str = "ec2:CreateTags";
/// See [`CREATE_TAGS`].
pub(super) const DELETE_TAGS: &str = "ec2:DeleteTags";

/// The tags that a creating call puts on what it makes.
pub(super) fn labels(resource: ResourceType, tags: &Tags) -> TagSpecification {
    TagSpecification::builder().resource_type(resource).set_tags(Some(to_sdk(tags))).build()
}

/// Sets and removes tags.
pub(super) async fn retag(aws: &Aws, id: &str, retag: &Retag) -> Result<(), Fault> {
    let Retag { set, remove } = retag;
    if !set.is_empty() {
        let call = aws.ec2().create_tags().resources(id).set_tags(Some(to_sdk(set)));
        call.send().await.sorted(CREATE_TAGS).changing()?;
    }
    if !remove.is_empty() {
        // A tag without a value goes whatever its value is.
        let keys = remove.iter().map(|key| Tag::builder().key(key).build()).collect();
        aws.ec2().delete_tags().resources(id).set_tags(Some(keys)).send().await.sorted(DELETE_TAGS).changing()?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tags::from_sdk;

    #[test]
    fn a_new_resource_bears_its_tags_from_the_start() {
        let tags = Tags::from([("Name".into(), "main".into()), ("empty".into(), String::new())]);
        let sent = labels(ResourceType::Vpc, &tags);
        assert_eq!(sent.resource_type(), Some(&ResourceType::Vpc));
        assert_eq!(from_sdk(sent.tags()), tags);
    }
}
