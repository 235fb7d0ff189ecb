//! A scalable target: between which bounds something is scaled.

use std::collections::BTreeMap;
use std::sync::Arc;

use aws_sdk_applicationautoscaling::types::{
    ScalableTarget as Live, ScheduledAction, ServiceNamespace, SuspendedState,
};
use infra_derive::Resource;
use infra_engine::check::{Rule, Severity, Surroundings, Violation};
use infra_engine::live::{Ask, Behaviour, Fault, FaultKind, Found, GoneIsFine, Order, Retag};
use infra_engine::model::{Address, Ref, Replacement, Tags};
use serde::{Deserialize, Serialize};

use super::fights;
use super::place::{NAMESPACES, Place, ScalableResource, sorted, sorted_reading, with_tried};
use super::scheduled_action::{of_place, of_service};
use crate::again::resume;
use crate::ecs::{Count, Service};
use crate::named::meant;
use crate::pages::each;
use crate::tags::{from_map, to_map};
use crate::{Aws, Sorted, index};

/// A scalable target: between which bounds something is scaled.
///
/// ```
/// use infra_aws::autoscaling::{ScalableTarget, Suspended};
/// use infra_engine::model::Ref;
///
/// let target = ScalableTarget {
///     resource: Ref::known("service/shop/shop-web"),
///     minimum: 2,
///     maximum: 10,
///     suspended: Suspended::default(),
/// };
/// ```
///
/// Its scheduled actions move the bounds: bounds that one of them sets are left as they are.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Resource)]
#[resource(kind = "autoscaling/scalable-target", id = ScalableTargetId)]
#[resource(outputs(
    /// Its Amazon Resource Name.
    ARN: new ScalableTargetArn,
))]
pub struct ScalableTarget {
    /// What is scaled.
    #[key]
    pub resource: Ref<ScalableResource>,
    /// So many at least.
    pub minimum: u32,
    /// So many at most.
    pub maximum: u32,
    /// What does not happen for the time being.
    pub suspended: Suspended,
}

/// What of scaling does not happen for the time being. By default everything happens.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Suspended {
    /// Policies do not scale in.
    pub scaling_in: bool,
    /// Policies do not scale out.
    pub scaling_out: bool,
    /// Scheduled actions do not move the bounds.
    pub schedules: bool,
}

/// What comes before a fleet's identifier where it is scaled.
const FLEET: &str = "spot-fleet-request/";

/// Which of what is read tells the bounds that scheduled actions set: `2..10 4..`.
const SCHEDULED: &str = "scheduled";

impl Behaviour for ScalableTarget {
    type Cloud = Aws;

    const INDEXED: bool = true;

    /// An action that changes together with the bounds explains those that stand no more once it has changed.
    const CODE_GOES_FIRST: bool = true;

    const WRITES_OVER: bool = true;

    const ACTIONS: &'static [&'static str] = with_tried!(
        [
            "application-autoscaling:DeregisterScalableTarget",
            "application-autoscaling:DescribeScalableTargets",
            "application-autoscaling:DescribeScheduledActions",
            "application-autoscaling:ListTagsForResource",
            "application-autoscaling:RegisterScalableTarget",
            "application-autoscaling:TagResource",
            "application-autoscaling:UntagResource",
        ],
        ["iam:CreateServiceLinkedRole"]
    );

    fn rules() -> &'static [Rule<ScalableTarget>] {
        RULES
    }

    /// Two targets never scale the same, so there is nothing that a new one could take the place of.
    fn replacement(_: &ScalableTarget, _: &ScalableTarget) -> Replacement {
        Replacement::CreateFirst
    }

    fn moved_by(field: &str, live: &Found<ScalableTarget>, wanted: &ScalableTarget) -> Option<&'static str> {
        let scheduled = live.outputs.get(SCHEDULED)?;
        let set =
            |text: fn(&str) -> &str, value: u32| scheduled.split(' ').any(|bounds| text(bounds).parse() == Ok(value));
        let moved = match field {
            "minimum" => live.definition.minimum != wanted.minimum && set(lower, live.definition.minimum),
            "maximum" => live.definition.maximum != wanted.maximum && set(upper, live.definition.maximum),
            _ => false,
        };
        moved.then_some("a scheduled action")
    }

    /// Tags that the index does not know cost a call each: only targets are looked at that are asked for or have the
    /// project's name in theirs, and those of fleets, which have none.
    async fn read(aws: &Aws, ask: &Ask) -> Result<Vec<Found<ScalableTarget>>, Fault> {
        let targets = each(NAMESPACES, async |namespace: ServiceNamespace| {
            let mut resources: Vec<String> = ask.only.iter().cloned().collect();
            resources.retain(|id| Place::of(id).is_some_and(|place| place.namespace == namespace));
            if resources.is_empty() && !ask.only.is_empty() {
                return Ok((Vec::new(), Arc::default()));
            }
            let targets = match ask.only.is_empty() {
                true => all(aws, ask, &namespace).await?.to_vec(),
                false => targets(aws, &namespace, resources).await?,
            };
            if targets.is_empty() {
                return Ok((targets, Arc::default()));
            }
            let actions = match ask.only.is_empty() {
                true => of_service(aws, ask, &namespace).await?,
                false => {
                    let places = targets.iter().filter_map(|target| Place::of(target.resource_id()));
                    let actions = each(places, async |place: Place| of_place(aws, place).await).await?;
                    Arc::new(actions.into_iter().flatten().collect())
                }
            };
            Ok((targets, actions))
        });
        let meant = meant(aws, ask).await?;
        let near = |target: &Live| {
            let fleet = *target.service_namespace() == ServiceNamespace::Ec2;
            fleet || meant.by_arn(target.resource_id(), target.scalable_target_arn().unwrap_or_default())
        };
        let (targets, actions): (Vec<_>, Vec<_>) = targets.await?.into_iter().unzip();
        let mut scheduled: BTreeMap<String, Vec<ScheduledAction>> = BTreeMap::new();
        for action in actions.iter().flat_map(|actions| actions.iter()) {
            scheduled.entry(action.resource_id().to_owned()).or_default().push(action.clone());
        }
        let targets = targets.into_iter().flatten().filter(near);
        let with_tags = async |target: Live| {
            // One that was registered before targets had tags has no ARN, and nobody could have put tags on it.
            let Some(arn) = target.scalable_target_arn() else { return Ok(Some((target, Tags::new()))) };
            let tags = index::tags(aws, ask, arn, tags(aws, arn)).await?;
            Ok(tags.map(|tags| (target, tags)))
        };
        let tagged = each(targets, with_tags).await?.into_iter().flatten();
        let found = tagged.filter_map(|(target, tags)| {
            let actions = scheduled.get(target.resource_id()).map(Vec::as_slice).unwrap_or_default();
            understand(&target, actions, tags)
        });
        // Of fleets, only what is ours or asked for; of services also what may stand in the way.
        let kept = |found: &Found<ScalableTarget>| {
            found.id.starts_with("service/") || ask.wants(&found.id, Some(&found.id), &found.tags)
        };
        Ok(found.filter(kept).collect())
    }

    /// Registering what there is would change it, whoever made it: so it is looked for first.
    async fn create(aws: &Aws, order: &Order<ScalableTarget>) -> Result<String, Fault> {
        let operation = "application-autoscaling:RegisterScalableTarget";
        let ScalableTarget { resource, minimum, maximum, suspended } = &order.definition;
        let place = Place::for_call(&resource.value(), operation)?;
        if !targets(aws, &place.namespace, vec![place.resource.clone()]).await?.is_empty() {
            let message = format!("{} is scaled already, and not by us", place.resource);
            let fault = Fault::new(FaultKind::Exists, operation, message);
            return resume(aws, order, &place.resource, fault).await;
        }
        let call = aws
            .autoscaling()
            .register_scalable_target()
            .service_namespace(place.namespace)
            .scalable_dimension(place.dimension)
            .resource_id(&place.resource)
            .min_capacity(number(*minimum))
            .max_capacity(number(*maximum))
            .suspended_state(suspended.written())
            .set_tags(Some(to_map(&order.tags)));
        call.send().await.sorted(operation).map_err(sorted)?;
        Ok(place.resource)
    }

    async fn update(aws: &Aws, _: &Found<ScalableTarget>, wanted: &ScalableTarget) -> Result<(), Fault> {
        register(aws, wanted).await.map(drop)
    }

    async fn retag(aws: &Aws, found: &Found<ScalableTarget>, retag: &Retag) -> Result<(), Fault> {
        let Retag { set, remove } = retag;
        let mut arn = found.outputs[ScalableTarget::ARN.name].clone();
        if arn.is_empty() {
            // Registered once more as it is, it is given an ARN; only then it takes tags.
            let message = format!("{} has no ARN, so it takes no tags", found.id);
            let none = || Fault::new(FaultKind::NotYet, "application-autoscaling:RegisterScalableTarget", message);
            arn = register(aws, &found.definition).await?.ok_or_else(none)?;
        }
        if !set.is_empty() {
            let call = aws.autoscaling().tag_resource().resource_arn(&arn).set_tags(Some(to_map(set)));
            call.send().await.sorted("application-autoscaling:TagResource").map_err(sorted)?;
        }
        if !remove.is_empty() {
            let call = aws.autoscaling().untag_resource().resource_arn(arn).set_tag_keys(Some(remove.clone()));
            call.send().await.sorted("application-autoscaling:UntagResource").map_err(sorted)?;
        }
        Ok(())
    }

    async fn delete(aws: &Aws, found: &Found<ScalableTarget>) -> Result<(), Fault> {
        let operation = "application-autoscaling:DeregisterScalableTarget";
        let place = Place::for_call(&found.id, operation)?;
        let call = aws.autoscaling().deregister_scalable_target().service_namespace(place.namespace);
        let call = call.scalable_dimension(place.dimension).resource_id(place.resource);
        call.send().await.sorted(operation).map_err(sorted).map(drop).gone_is_fine()
    }
}

/// Registers a target that there is: its bounds change, and its tags are left as they are. Gives its ARN.
async fn register(aws: &Aws, target: &ScalableTarget) -> Result<Option<String>, Fault> {
    let operation = "application-autoscaling:RegisterScalableTarget";
    let ScalableTarget { resource, minimum, maximum, suspended } = target;
    let place = Place::for_call(&resource.value(), operation)?;
    let call = aws
        .autoscaling()
        .register_scalable_target()
        .service_namespace(place.namespace)
        .scalable_dimension(place.dimension)
        .resource_id(place.resource)
        .min_capacity(number(*minimum))
        .max_capacity(number(*maximum))
        .suspended_state(suspended.written());
    Ok(call.send().await.sorted(operation).map_err(sorted)?.scalable_target_arn)
}

/// The targets of a service, or only those of certain resources.
async fn targets(aws: &Aws, namespace: &ServiceNamespace, resources: Vec<String>) -> Result<Vec<Live>, Fault> {
    let resources = Some(resources).filter(|resources| !resources.is_empty());
    let call = aws.autoscaling().describe_scalable_targets().service_namespace(namespace.clone());
    let pages = call.set_resource_ids(resources).into_paginator().items().send();
    pages.try_collect().await.sorted("application-autoscaling:DescribeScalableTargets").map_err(sorted_reading)
}

/// The least and the most machines of the fleets that are scaled, whoever scales them.
pub(crate) async fn bounds_of_fleets(aws: &Aws, ask: &Ask) -> Result<BTreeMap<String, (u32, u32)>, Fault> {
    let unsigned = |number: i32| u32::try_from(number).unwrap_or_default();
    let targets = all(aws, ask, &ServiceNamespace::Ec2).await?;
    let bounds = targets.iter().filter_map(|target| {
        let fleet = target.resource_id().strip_prefix(FLEET)?.to_owned();
        Some((fleet, (unsigned(target.min_capacity()), unsigned(target.max_capacity()))))
    });
    Ok(bounds.collect())
}

/// All targets of a service, which in one look are read once.
async fn all(aws: &Aws, ask: &Ask, namespace: &ServiceNamespace) -> Result<Arc<Vec<Live>>, Fault> {
    let name = format!("scalable targets of {}", namespace.as_str());
    ask.shared.once(&name, targets(aws, namespace, Vec::new())).await
}

/// The tags of a target; `None` if it has gone meanwhile.
async fn tags(aws: &Aws, arn: &str) -> Result<Option<Tags>, Fault> {
    let call = aws.autoscaling().list_tags_for_resource().resource_arn(arn);
    let answer = call.send().await.sorted("application-autoscaling:ListTagsForResource").map_err(sorted);
    answer.map(|answer| Some(from_map(answer.tags()))).gone_is_fine()
}

/// The definition that would have produced a live one.
fn understand(target: &Live, actions: &[ScheduledAction], tags: Tags) -> Option<Found<ScalableTarget>> {
    let place = Place::of(target.resource_id()).filter(|place| place.dimension == *target.scalable_dimension())?;
    let unsigned = |number: i32| u32::try_from(number).unwrap_or_default();
    let definition = ScalableTarget {
        resource: Ref::known(&place.resource),
        minimum: unsigned(target.min_capacity()),
        maximum: unsigned(target.max_capacity()),
        suspended: Suspended::understand(target.suspended_state()),
    };
    let found = Found::ready(place.resource, definition, tags);
    let found = found.with(ScalableTarget::ARN.name, target.scalable_target_arn().unwrap_or_default());
    let text = |bound: Option<i32>| bound.map(|bound| bound.to_string()).unwrap_or_default();
    let set = actions.iter().filter_map(ScheduledAction::scalable_target_action);
    let set: Vec<String> =
        set.map(|action| format!("{}..{}", text(action.min_capacity()), text(action.max_capacity()))).collect();
    Some(if set.is_empty() { found } else { found.with(SCHEDULED, set.join(" ")) })
}

fn lower(bounds: &str) -> &str {
    bounds.split_once("..").map_or("", |(lower, _)| lower)
}

fn upper(bounds: &str) -> &str {
    bounds.split_once("..").map_or("", |(_, upper)| upper)
}

impl Suspended {
    fn written(self) -> SuspendedState {
        let Suspended { scaling_in, scaling_out, schedules } = self;
        SuspendedState::builder()
            .dynamic_scaling_in_suspended(scaling_in)
            .dynamic_scaling_out_suspended(scaling_out)
            .scheduled_scaling_suspended(schedules)
            .build()
    }

    fn understand(live: Option<&SuspendedState>) -> Suspended {
        let is = |part: fn(&SuspendedState) -> Option<bool>| live.and_then(part).unwrap_or_default();
        Suspended {
            scaling_in: is(SuspendedState::dynamic_scaling_in_suspended),
            scaling_out: is(SuspendedState::dynamic_scaling_out_suspended),
            schedules: is(SuspendedState::scheduled_scaling_suspended),
        }
    }
}

fn number(number: u32) -> i32 {
    i32::try_from(number).unwrap_or(i32::MAX)
}

static RULES: &[Rule<ScalableTarget>] = &[
    Rule {
        code: "V68",
        says: "the minimum of a scalable target is not above its maximum",
        source: "Application Auto Scaling API model: RegisterScalableTarget",
        severity: Severity::Error,
        check: bounds_are_in_order,
    },
    Rule {
        code: "V227",
        says: "a service that is scaled leaves the number of its tasks to autoscaling",
        source: "ECS developer guide: service auto scaling, which changes the desired count",
        severity: Severity::Error,
        check: one_counts,
    },
    fights::ONE_IS_NONE,
];

/// Whoever counts tasks as well would undo what the other has done, again and again.
fn one_counts(target: &ScalableTarget, around: &Surroundings<'_>) -> Vec<Violation> {
    let resource = target.resource.value();
    let is_it = |address: &Address| format!("{address}.{}", Service::SCALABLE.name) == resource;
    let Some((service, Service { count: Count::Fixed(tasks), .. })) =
        around.all::<Service>().find(|(address, _)| is_it(address))
    else {
        return Vec::new();
    };
    let wrong = format!("{service} has {tasks} tasks at any time, it says");
    let way_out = format!("write `Count::Autoscaled {{ from: {tasks} }}` there");
    vec![Violation::of("resource", resource, wrong, way_out)]
}

fn bounds_are_in_order(target: &ScalableTarget, _: &Surroundings<'_>) -> Vec<Violation> {
    let ScalableTarget { minimum, maximum, .. } = target;
    if minimum <= maximum {
        return Vec::new();
    }
    let wrong = format!("it is above the maximum, {maximum}");
    vec![Violation::of("minimum", minimum, wrong, "write the smaller number here")]
}

#[cfg(test)]
mod tests {
    use infra_engine::model::Platform;

    use super::*;
    use crate::ecs::testing;

    fn target(minimum: u32, maximum: u32) -> ScalableTarget {
        let resource = Ref::known("service/shop/web");
        ScalableTarget { resource, minimum, maximum, suspended: Suspended::default() }
    }

    #[test]
    fn bounds_that_a_scheduled_action_has_set_are_its_own() {
        let moved = |field, minimum, maximum| {
            let found = Found::ready("service/shop/web", target(minimum, maximum), Tags::new());
            ScalableTarget::moved_by(field, &found.with(SCHEDULED, "4..10 2.."), &target(2, 8))
        };
        assert_eq!(moved("minimum", 4, 8), Some("a scheduled action"));
        assert_eq!(moved("maximum", 4, 10), Some("a scheduled action"));
        assert_eq!(moved("minimum", 3, 8), None);
        assert_eq!(moved("maximum", 4, 9), None);
        assert_eq!(moved("suspended", 4, 10), None);
        let alone = Found::ready("service/shop/web", target(4, 8), Tags::new());
        assert_eq!(ScalableTarget::moved_by("minimum", &alone, &target(2, 8)), None);
    }

    /// The codes of a target of a service that counts like this.
    fn of_service(count: Count) -> Vec<&'static str> {
        let mut platform = Platform::new();
        let mut stack = platform.stack("cluster");
        let service = Service { count, ..testing::service() };
        let resource = stack.add("web", service).output(Service::SCALABLE);
        let target = ScalableTarget { resource, ..target(2, 8) };
        let address = stack.add("target", target.clone()).address().clone();
        let definitions = platform.finish().unwrap();
        let around = Surroundings::new(&definitions, &address);
        RULES.iter().flat_map(|rule| rule.violations(&target, &around)).map(|violation| violation.code).collect()
    }

    #[test]
    fn a_service_that_is_scaled_does_not_count_itself() {
        assert_eq!(of_service(Count::Autoscaled { from: 2 }), [""; 0]);
        assert_eq!(of_service(Count::Fixed(2)), ["V227"]);
    }

    #[test]
    fn what_is_suspended_is_understood_as_it_is_written() {
        let suspended = Suspended { scaling_in: true, scaling_out: false, schedules: true };
        assert_eq!(Suspended::understand(Some(&suspended.written())), suspended);
        assert_eq!(Suspended::understand(None), Suspended::default());
    }

    #[test]
    fn the_minimum_is_not_above_the_maximum() {
        let address = Address::new("scaling", "web").unwrap();
        let around = Surroundings::new(&[], &address);
        assert_eq!(bounds_are_in_order(&target(2, 2), &around), []);
        assert_eq!(bounds_are_in_order(&target(3, 2), &around).len(), 1);
    }
}
