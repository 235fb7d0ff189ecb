//! The index of all tags of a region: one call tells the tags of a hundred resources that are ours, where most
//! services want a call for each.
//!
//! The index lags behind by seconds to minutes, and it does not know every kind. So it is believed in what it tells,
//! and never in what it does not: whatever it has not is asked for by itself. What it tells may be a little old; before
//! a difference is shown, the engine looks again, and then the services themselves are asked.

use std::collections::BTreeMap;
use std::future::Future;
use std::sync::Arc;

use aws_sdk_resourcegroupstagging::Client;
use aws_sdk_resourcegroupstagging::types::TagFilter;
use infra_engine::live::{Ask, Fault, FaultKind};
use infra_engine::model::{Owner, Tags, keys};

use crate::tags::from_sdk;
use crate::{Aws, Sorted};

/// The permission that the index needs. Without it every resource is asked for by itself.
pub const ACTION: &str = "tag:GetResources";

/// The tags of what an owner has, by ARN.
pub(crate) type Index = BTreeMap<String, Tags>;

/// What was read of the index.
#[derive(Default)]
struct Known {
    index: Arc<Index>,
    /// False where it could not be read: then it tells nothing of anything.
    whole: bool,
}

/// The tags of a resource: from the index where it has them, otherwise as `alone` reads them. `None` if it is gone, and
/// if it is a stranger that lets nobody look: not asked for by name, not in the index of what is ours, and denied.
pub(crate) async fn tags(
    aws: &Aws,
    ask: &Ask,
    arn: &str,
    alone: impl Future<Output = Result<Option<Tags>, Fault>>,
) -> Result<Option<Tags>, Fault> {
    if let Some(tags) = known(aws, ask, arn).await? {
        return Ok(Some(tags));
    }
    match alone.await {
        Err(fault) if fault.kind == FaultKind::Denied && is_a_stranger(aws, ask, arn).await? => Ok(None),
        answer => answer,
    }
}

/// The tags that the index tells of one resource, whoever's it is: for services that do not tell them at the moment.
/// `None` where the index does not know it either.
pub(crate) async fn of_one(aws: &Aws, arn: &str) -> Result<Option<Tags>, Fault> {
    let answer = aws.tagging().get_resources().resource_arn_list(arn).send().await.sorted(ACTION)?;
    let told = answer.resource_tag_mapping_list.unwrap_or_default().into_iter().next();
    Ok(told.map(|resource| from_sdk(&resource.tags.unwrap_or_default())))
}

/// True for what is neither asked for by its name nor in an index that tells everything of ours.
async fn is_a_stranger(aws: &Aws, ask: &Ask, arn: &str) -> Result<bool, Fault> {
    let Some(owner) = ask.owner.as_ref().filter(|_| ask.only.is_empty()) else { return Ok(false) };
    let named = ask.names.iter().any(|name| arn.contains(name.as_str()));
    Ok(!named && once(aws, ask, owner).await?.whole)
}

/// The tags that the index tells of a resource. Who asks for one resource by its identifier wants to know them as they
/// are now: the index tells nothing then.
pub(crate) async fn known(aws: &Aws, ask: &Ask, arn: &str) -> Result<Option<Tags>, Fault> {
    Ok(all(aws, ask).await?.get(arn).cloned())
}

/// All that the index tells of what is ours: nothing where one resource is asked for by its identifier.
pub(crate) async fn all(aws: &Aws, ask: &Ask) -> Result<Arc<Index>, Fault> {
    match ask.owner.as_ref().filter(|_| ask.only.is_empty()) {
        Some(owner) => Ok(Arc::clone(&once(aws, ask, owner).await?.index)),
        None => Ok(Arc::default()),
    }
}

async fn once(aws: &Aws, ask: &Ask, owner: &Owner) -> Result<Arc<Known>, Fault> {
    ask.shared.once("index of tags", read(aws, owner)).await
}

/// Why the index may be missing and everything else be there: it may not be read, or it is out of order.
const AS_WELL_WITHOUT: [FaultKind; 4] = [FaultKind::Denied, FaultKind::Throttled, FaultKind::Lost, FaultKind::Broken];

/// The index of the region, and that of the region where the services are at home that are there once.
async fn read(aws: &Aws, owner: &Owner) -> Result<Known, Fault> {
    let Some(mut index) = of_region(aws.tagging(), owner).await? else { return Ok(Known::default()) };
    let mut whole = true;
    if aws.home_of_global_services() != aws.region() {
        match of_region(aws.global_tagging(), owner).await? {
            Some(more) => index.extend(more),
            None => whole = false,
        }
    }
    Ok(Known { index: Arc::new(index), whole })
}

/// `None` where it cannot be read: slower, and nothing else; each resource is asked for its tags then.
async fn of_region(tagging: &Client, owner: &Owner) -> Result<Option<Index>, Fault> {
    let filter = TagFilter::builder().key(keys::OWNER).values(owner.to_string()).build();
    let pages = tagging.get_resources().tag_filters(filter).resources_per_page(100).into_paginator().items().send();
    match pages.try_collect().await.sorted(ACTION) {
        Ok(resources) => {
            let tagged = resources
                .into_iter()
                .filter_map(|resource| Some((resource.resource_arn?, from_sdk(&resource.tags.unwrap_or_default()))));
            Ok(Some(tagged.collect()))
        }
        Err(fault) if AS_WELL_WITHOUT.contains(&fault.kind) => Ok(None),
        Err(fault) => Err(fault),
    }
}
