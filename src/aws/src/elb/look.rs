//! Where listeners are looked for: AWS lists them for each load balancer, and rules for each listener.

use std::collections::BTreeSet;

use aws_sdk_elasticloadbalancingv2::types::Listener as Live;
use infra_engine::live::{Ask, Fault};

use super::fault::ElbFault;
use super::load_balancer;
use super::tags::{self, Listed};
use crate::pages::each;
use crate::{Aws, Sorted};

/// The permission that listing needs.
pub(super) const LISTENERS: &str = "elasticloadbalancing:DescribeListeners";

/// The listeners of the load balancers that are ours, and of those that the names begin with: a listener's natural
/// name is its load balancer's ARN and its port.
pub(super) async fn listeners(aws: &Aws, ask: &Ask, named: BTreeSet<String>) -> Result<Vec<Live>, Fault> {
    let owner = Ask { owner: ask.owner.clone(), shared: ask.shared.clone(), ..Ask::default() };
    let ours = match ask.owner {
        Some(_) => tags::asked(aws, &owner, load_balancer::all(aws, ask).await?).await?,
        None => Vec::new(),
    };
    let balancers: BTreeSet<String> = ours.iter().map(|(balancer, _)| balancer.arn()).chain(named).collect();
    let of_one = async |balancer: String| {
        let read = async {
            let pages = aws.elb().describe_listeners().load_balancer_arn(&balancer).page_size(400).into_paginator();
            let listeners = pages.items().send().try_collect().await.sorted(LISTENERS).reading()?;
            Ok::<Vec<Live>, Fault>(listeners.unwrap_or_default())
        };
        ask.shared.once(&format!("listeners of {balancer}"), read).await
    };
    let listeners = each(balancers, of_one).await?;
    Ok(listeners.iter().flat_map(|listeners| listeners.iter().cloned()).collect())
}

/// The load balancers that names of listeners begin with.
pub(super) fn balancers(names: &BTreeSet<String>) -> BTreeSet<String> {
    names.iter().filter_map(|name| Some(name.rsplit_once('/')?.0.to_owned())).collect()
}
