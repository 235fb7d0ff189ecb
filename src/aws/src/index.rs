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

/// The tags of a resource: from the index where it has them, otherwise as `alone` reads them. `None` if it is gone.
pub(crate) async fn tags(
    aws: &Aws,
    ask: &Ask,
    arn: &str,
    alone: impl Future<Output = Result<Option<Tags>, Fault>>,
) -> Result<Option<Tags>, Fault> {
    match known(aws, ask, arn).await? {
        Some(tags) => Ok(Some(tags)),
        None => alone.await,
    }
}

/// The tags that the index tells of a resource. Who asks for one resource by its identifier wants to know them as they
/// are now: the index tells nothing then.
pub(crate) async fn known(aws: &Aws, ask: &Ask, arn: &str) -> Result<Option<Tags>, Fault> {
    Ok(all(aws, ask).await?.get(arn).cloned())
}

/// All that the index tells of what is ours: nothing where one resource is asked for by its identifier.
pub(crate) async fn all(aws: &Aws, ask: &Ask) -> Result<Arc<Index>, Fault> {
    match ask.owner.as_ref().filter(|_| ask.only.is_empty()) {
        Some(owner) => ask.shared.once("index of tags", read(aws, owner)).await,
        None => Ok(Arc::default()),
    }
}

/// The index of the region, and that of the region where the services are at home that are there once.
async fn read(aws: &Aws, owner: &Owner) -> Result<Index, Fault> {
    let mut index = of_region(aws.tagging(), owner).await?;
    if aws.home_of_global_services() != aws.region() {
        index.extend(of_region(aws.global_tagging(), owner).await?);
    }
    Ok(index)
}

async fn of_region(tagging: &Client, owner: &Owner) -> Result<Index, Fault> {
    let filter = TagFilter::builder().key(keys::OWNER).values(owner.to_string()).build();
    let pages = tagging.get_resources().tag_filters(filter).resources_per_page(100).into_paginator().items().send();
    match pages.try_collect().await.sorted(ACTION) {
        Ok(resources) => Ok(resources
            .into_iter()
            .filter_map(|resource| Some((resource.resource_arn?, from_sdk(&resource.tags.unwrap_or_default()))))
            .collect()),
        // Slower, and nothing else: who may not read the index may read each resource.
        Err(fault) if fault.kind == FaultKind::Denied => Ok(Index::new()),
        Err(fault) => Err(fault),
    }
}
