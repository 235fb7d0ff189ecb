//! What the three kinds of policies have in common: how they are found, put and deleted. What one of them says is its
//! kind's own business.

use aws_sdk_applicationautoscaling::operation::put_scaling_policy::builders::PutScalingPolicyFluentBuilder;
use aws_sdk_applicationautoscaling::types::{PolicyType, ScalingPolicy};
use infra_engine::check::Violation;
use infra_engine::live::{Ask, Fault, FaultKind, GoneIsFine};

use super::place::{Place, sorted, sorted_on_target, sorted_reading};
use crate::pages::each;
use crate::{Aws, Sorted};

/// A scaling policy's Amazon Resource Name: what an alarm calls.
pub enum ScalingPolicyArn {}

const DESCRIBE: &str = "application-autoscaling:DescribeScalingPolicies";

/// The permissions that the calls of every kind of policy need.
pub(super) const ACTIONS: &[&str] = &[
    "application-autoscaling:DeleteScalingPolicy",
    DESCRIBE,
    "application-autoscaling:PutScalingPolicy",
    // AWS makes the alarms of a policy that follows a metric, and tries before whether the caller could.
    "cloudwatch:DeleteAlarms",
    "cloudwatch:DescribeAlarms",
    "cloudwatch:PutMetricAlarm",
    "ecs:DescribeServices",
    "ecs:UpdateService",
];

/// The policies of one type that are asked for, each with its identifier.
pub(super) async fn read(aws: &Aws, ask: &Ask, kind: &PolicyType) -> Result<Vec<(String, ScalingPolicy)>, Fault> {
    let ids = ask.only.iter().chain(&ask.names);
    let named = ids.filter_map(|id| Place::and_name(id).map(|(place, _)| place));
    let mut places: Vec<Place> = ask.parents.iter().filter_map(|target| Place::of(target)).chain(named).collect();
    places.sort();
    places.dedup();
    let policies = match ask.only.is_empty() {
        true => of_all(aws, ask, &places).await?,
        false => each(places, async |place: Place| of_one(aws, place).await).await?.into_iter().flatten().collect(),
    };
    let policies = policies.into_iter().filter(|policy| policy.policy_type() == kind);
    let with_id = policies.map(|policy| (format!("{}/{}", policy.resource_id(), policy.policy_name()), policy));
    Ok(with_id.filter(|(id, _)| ask.only.is_empty() || ask.only.contains(id)).collect())
}

/// The policies at all these places: whole pages of a service's policies, which all kinds of them share.
async fn of_all(aws: &Aws, ask: &Ask, places: &[Place]) -> Result<Vec<ScalingPolicy>, Fault> {
    let mut found = Vec::new();
    for namespace in Place::namespaces(places) {
        let read = async {
            let call = aws.autoscaling().describe_scaling_policies().service_namespace(namespace.clone());
            call.into_paginator().items().send().try_collect().await.sorted(DESCRIBE).map_err(sorted_reading)
        };
        let name = format!("scaling policies of {}", namespace.as_str());
        let all = ask.shared.once::<Vec<ScalingPolicy>, _>(&name, read).await?;
        let asked = |policy: &&ScalingPolicy| places.iter().any(|place| place.resource == policy.resource_id());
        found.extend(all.iter().filter(asked).cloned());
    }
    Ok(found)
}

async fn of_one(aws: &Aws, place: Place) -> Result<Vec<ScalingPolicy>, Fault> {
    let Place { namespace, dimension, resource } = place;
    let call = aws.autoscaling().describe_scaling_policies().service_namespace(namespace);
    let pages = call.scalable_dimension(dimension).resource_id(resource).into_paginator().items().send();
    let policies: Result<Vec<ScalingPolicy>, Fault> =
        pages.try_collect().await.sorted(DESCRIBE).map_err(sorted_reading);
    policies.gone_is_fine()
}

/// A policy of that name on that target, for its kind to say more.
pub(super) fn put(aws: &Aws, target: &str, name: &str) -> Result<PutScalingPolicyFluentBuilder, Fault> {
    let place = Place::for_call(target, "application-autoscaling:PutScalingPolicy")?;
    let call = aws.autoscaling().put_scaling_policy().policy_name(name).service_namespace(place.namespace);
    Ok(call.scalable_dimension(place.dimension).resource_id(place.resource))
}

/// Sends it.
pub(super) async fn send(call: PutScalingPolicyFluentBuilder) -> Result<(), Fault> {
    call.send().await.sorted("application-autoscaling:PutScalingPolicy").map_err(sorted_on_target).map(drop)
}

/// Deletes a policy by its identifier.
pub(super) async fn delete(aws: &Aws, id: &str) -> Result<(), Fault> {
    let operation = "application-autoscaling:DeleteScalingPolicy";
    let Some((Place { namespace, dimension, resource }, name)) = Place::and_name(id) else {
        return Err(Fault::new(FaultKind::Broken, operation, format!("`{id}` is no policy's identifier")));
    };
    let call = aws.autoscaling().delete_scaling_policy().policy_name(name).service_namespace(namespace);
    let call = call.scalable_dimension(dimension).resource_id(resource);
    call.send().await.sorted(operation).map_err(sorted).map(drop).gone_is_fine()
}

/// What is wrong with the name of a policy or of an action.
pub(super) fn name_fits(name: &str) -> Option<Violation> {
    let odd = name.chars().find(|c| c.is_control() || ":/|".contains(*c));
    let wrong = match odd {
        _ if name.is_empty() => "it is empty".to_owned(),
        _ if name.len() > 256 => format!("it has {} characters", name.len()),
        _ if name.trim() != name => "it starts or ends with white space".to_owned(),
        Some(odd) => format!("it has `{odd}` in it"),
        None => return None,
    };
    Some(Violation::of("name", name, wrong, "write 1 to 256 characters, without `:`, `/` and `|`"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_have_no_separators() {
        assert_eq!(name_fits("web-cpu 70 %"), None);
        for bad in ["", " web", "web/cpu", "web:cpu", "web|cpu", &"n".repeat(257)] {
            assert!(name_fits(bad).is_some(), "{bad}");
        }
    }
}
