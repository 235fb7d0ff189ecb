//! A capacity provider: an Auto Scaling group's machines, for the tasks of clusters that it is attached to.

use std::time::Duration;

use aws_sdk_ecs::types::{
    AutoScalingGroupProvider, AutoScalingGroupProviderUpdate, CapacityProvider as Live, CapacityProviderField,
    CapacityProviderStatus, CapacityProviderUpdateStatus, ManagedDraining, ManagedScaling as LiveScaling,
    ManagedScalingStatus, ManagedTerminationProtection,
};
use infra_derive::Resource;
use infra_engine::check::{Rule, Severity, Surroundings, Violation};
use infra_engine::live::{Ask, Behaviour, Fault, FaultKind, Found, GoneIsFine, Order, Retag, State, Waits};
use infra_engine::model::Ref;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::tags;
use crate::again::resume;
use crate::iam::Arn;
use crate::tags::{from_sdk, to_sdk};
use crate::{Aws, Sorted};

/// A capacity provider: an Auto Scaling group's machines, for the tasks of clusters that it is attached to.
///
/// ```
/// use infra_aws::ecs::{GroupProvider, ManagedScaling};
/// use infra_engine::model::Ref;
///
/// let provider = GroupProvider {
///     name: "shop-machines".into(),
///     group: Ref::known("arn:aws:autoscaling:us-east-1:123456789012:autoScalingGroup:0:autoScalingGroupName/shop"),
///     scaling: Some(ManagedScaling { target: 90, ..ManagedScaling::usual() }),
///     protects_busy: true,
///     drains: true,
/// };
/// ```
///
/// AWS's own, `FARGATE` and `FARGATE_SPOT`, are there in every account and are only attached: see
/// [`Cluster`](super::Cluster). A provider that a cluster or a service still names cannot be deleted.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Resource)]
#[resource(kind = "ecs/capacity-provider", id = CapacityProviderName)]
#[resource(outputs(
    /// Its Amazon Resource Name.
    ARN: new CapacityProviderArn,
))]
pub struct GroupProvider {
    /// Its name, unique in account and region.
    #[key]
    pub name: String,
    /// The Auto Scaling group whose machines they are.
    #[replace]
    pub group: Ref<AutoScalingGroupArn>,
    /// How ECS changes the group's size by what tasks need; `None` leaves it to somebody else.
    pub scaling: Option<ManagedScaling>,
    /// Whether a machine with tasks on it is kept when the group shrinks. The group must protect its machines too.
    pub protects_busy: bool,
    /// Whether tasks are moved away from a machine before it goes. AWS begins with `true`.
    pub drains: bool,
}

/// How ECS changes a group's size.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ManagedScaling {
    /// So many percent of the machines are in use, 1 to 100; below 100 there are some to spare.
    pub target: u8,
    /// So many machines come or go at once, at least: 1 to 10000.
    pub least: u16,
    /// So many at most: 1 to 10000.
    pub most: u16,
    /// So many seconds a new machine needs until it counts: 0 to 10000.
    pub warm_up_seconds: u16,
}

/// An Auto Scaling group's Amazon Resource Name.
pub enum AutoScalingGroupArn {}

impl Arn for CapacityProviderArn {}

impl ManagedScaling {
    /// What AWS begins with.
    pub fn usual() -> ManagedScaling {
        ManagedScaling { target: 100, least: 1, most: 10_000, warm_up_seconds: 300 }
    }

    fn of(live: &LiveScaling) -> Option<ManagedScaling> {
        let usual = ManagedScaling::usual();
        let number = |given: Option<i32>, usual: u16| given.and_then(|number| number.try_into().ok()).unwrap_or(usual);
        (live.status() == Some(&ManagedScalingStatus::Enabled)).then(|| ManagedScaling {
            target: live.target_capacity().and_then(|target| target.try_into().ok()).unwrap_or(usual.target),
            least: number(live.minimum_scaling_step_size(), usual.least),
            most: number(live.maximum_scaling_step_size(), usual.most),
            warm_up_seconds: number(live.instance_warmup_period(), usual.warm_up_seconds),
        })
    }
}

const CREATE: &str = "ecs:CreateCapacityProvider";
const DESCRIBE: &str = "ecs:DescribeCapacityProviders";
const UPDATE: &str = "ecs:UpdateCapacityProvider";
const DELETE: &str = "ecs:DeleteCapacityProvider";

impl Behaviour for GroupProvider {
    type Cloud = Aws;

    const HELD_BY: &'static [&'static str] = &["ecs/cluster"];

    const WAITS: Waits = Waits {
        usual: Duration::from_secs(5),
        create: Duration::from_secs(10 * 60),
        update: Duration::from_secs(10 * 60),
        delete: Duration::from_secs(20 * 60),
    };

    const ACTIONS: &'static [&'static str] = &[
        CREATE,
        DELETE,
        DESCRIBE,
        "ecs:TagResource",
        "ecs:UntagResource",
        UPDATE,
        // ECS looks at the group on behalf of whoever asks, and makes the plan by which it changes the group's size.
        "autoscaling:CreateOrUpdateTags",
        "autoscaling-plans:CreateScalingPlan",
        "autoscaling-plans:DeleteScalingPlan",
        "autoscaling-plans:DescribeScalingPlans",
        "iam:CreateServiceLinkedRole",
    ];

    fn rules() -> &'static [Rule<GroupProvider>] {
        RULES
    }

    async fn read(aws: &Aws, ask: &Ask) -> Result<Vec<Found<GroupProvider>>, Fault> {
        let only: Vec<String> = ask.only.iter().cloned().collect();
        let mut found = Vec::new();
        let mut next = None;
        loop {
            let call = aws.ecs().describe_capacity_providers().include(CapacityProviderField::Tags);
            let call = call.set_capacity_providers((!only.is_empty()).then(|| only.clone())).set_next_token(next);
            let page = call.send().await.sorted(DESCRIBE)?;
            found.extend(page.capacity_providers().iter().filter_map(understand));
            next = page.next_token;
            if next.is_none() {
                break;
            }
        }
        found.retain(|provider| ask.wants(&provider.id, Some(&provider.id), &provider.tags));
        Ok(found)
    }

    async fn create(aws: &Aws, order: &Order<GroupProvider>) -> Result<String, Fault> {
        let GroupProvider { name, group, scaling, protects_busy, drains } = &order.definition;
        let group = AutoScalingGroupProvider::builder()
            .auto_scaling_group_arn(group.value())
            .managed_scaling(managed(scaling.as_ref()))
            .managed_termination_protection(protection(*protects_busy))
            .managed_draining(draining(*drains))
            .build()
            .sorted(CREATE)?;
        let call = aws.ecs().create_capacity_provider().name(name).auto_scaling_group_provider(group);
        match call.set_tags(Some(to_sdk(&order.tags))).send().await.sorted(CREATE).map_err(sorted) {
            Ok(_) => Ok(name.clone()),
            Err(fault) => resume(aws, order, name, fault).await,
        }
    }

    async fn update(aws: &Aws, _: &Found<GroupProvider>, wanted: &GroupProvider) -> Result<(), Fault> {
        let GroupProvider { name, group: _, scaling, protects_busy, drains } = wanted;
        let group = AutoScalingGroupProviderUpdate::builder()
            .managed_scaling(managed(scaling.as_ref()))
            .managed_termination_protection(protection(*protects_busy))
            .managed_draining(draining(*drains));
        let call = aws.ecs().update_capacity_provider().name(name).auto_scaling_group_provider(group.build());
        call.send().await.sorted(UPDATE).map_err(sorted).map(drop)
    }

    async fn retag(aws: &Aws, found: &Found<GroupProvider>, retag: &Retag) -> Result<(), Fault> {
        tags::retag(aws, &found.outputs[GroupProvider::ARN.name], retag).await
    }

    async fn delete(aws: &Aws, found: &Found<GroupProvider>) -> Result<(), Fault> {
        let call = aws.ecs().delete_capacity_provider().capacity_provider(&found.id);
        call.send().await.sorted(DELETE).map_err(sorted).map(drop).gone_is_fine()
    }
}

/// The definition that would have produced a live one; `None` for AWS's own, and for one that has been deleted.
fn understand(provider: &Live) -> Option<Found<GroupProvider>> {
    let group = provider.auto_scaling_group_provider().filter(|group| !group.auto_scaling_group_arn().is_empty())?;
    let reason = || provider.update_status_reason().unwrap_or("ECS gives no reason").to_owned();
    let state = match (provider.status(), provider.update_status()) {
        (Some(CapacityProviderStatus::Inactive), _) => return None,
        (_, Some(CapacityProviderUpdateStatus::DeleteInProgress)) => State::Leaving,
        (_, Some(CapacityProviderUpdateStatus::CreateInProgress | CapacityProviderUpdateStatus::UpdateInProgress)) => {
            State::Pending("being updated".into())
        }
        (_, Some(CapacityProviderUpdateStatus::CreateFailed)) => State::Failed(reason()),
        _ => State::Ready,
    };
    let name = provider.name()?;
    let definition = GroupProvider {
        name: name.to_owned(),
        group: Ref::known(group.auto_scaling_group_arn()),
        scaling: group.managed_scaling().and_then(ManagedScaling::of),
        protects_busy: group.managed_termination_protection() == Some(&ManagedTerminationProtection::Enabled),
        drains: group.managed_draining() != Some(&ManagedDraining::Disabled),
    };
    let found = Found::ready(name, definition, from_sdk(provider.tags())).in_state(state);
    Some(found.with(GroupProvider::ARN.name, provider.capacity_provider_arn().unwrap_or_default()))
}

fn managed(scaling: Option<&ManagedScaling>) -> LiveScaling {
    let Some(ManagedScaling { target, least, most, warm_up_seconds }) = scaling else {
        return LiveScaling::builder().status(ManagedScalingStatus::Disabled).build();
    };
    let scaling = LiveScaling::builder().status(ManagedScalingStatus::Enabled).target_capacity((*target).into());
    let scaling = scaling.minimum_scaling_step_size((*least).into()).maximum_scaling_step_size((*most).into());
    scaling.instance_warmup_period((*warm_up_seconds).into()).build()
}

fn protection(is_on: bool) -> ManagedTerminationProtection {
    if is_on { ManagedTerminationProtection::Enabled } else { ManagedTerminationProtection::Disabled }
}

fn draining(is_on: bool) -> ManagedDraining {
    if is_on { ManagedDraining::Enabled } else { ManagedDraining::Disabled }
}

fn sorted(fault: Fault) -> Fault {
    const ODD: &[&str] = &["ClientException", "InvalidParameterException"];
    fault
        .when(FaultKind::Exists, ODD, "already exists")
        .when(FaultKind::Gone, ODD, "does not exist")
        .when(FaultKind::Gone, ODD, "not found")
        .when(FaultKind::Busy, ODD, "is in use")
        .when(FaultKind::Busy, &["ResourceInUseException", "UpdateInProgressException"], "")
}

static RULES: &[Rule<GroupProvider>] = &[
    Rule {
        code: "V158",
        says: "a provider's name has 1 to 255 letters, digits, hyphens and underscores, and not AWS's beginning",
        source: "ECS API model: CreateCapacityProvider",
        severity: Severity::Error,
        check: name_fits,
    },
    Rule {
        code: "V159",
        says: "a provider uses 1 to 100 percent of its machines, in steps of 1 to 10000; only what it sizes it protects",
        source: "ECS API model: ManagedScaling, AutoScalingGroupProvider",
        severity: Severity::Error,
        check: scaling_fits,
    },
];

fn name_fits(provider: &GroupProvider, _: &Surroundings<'_>) -> Vec<Violation> {
    let name = &provider.name;
    let begins = |start: &&&str| name.get(..start.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(start));
    let reserved = ["aws", "ecs", "fargate"].iter().find(begins);
    let odd = name.chars().find(|c| !c.is_ascii_alphanumeric() && !"-_".contains(*c));
    let wrong = match (reserved, odd) {
        _ if name.is_empty() => "it is empty".to_owned(),
        _ if name.len() > 255 => format!("it has {} characters", name.len()),
        (Some(start), _) => format!("it begins with `{start}`, as AWS's own do"),
        (None, Some(odd)) => format!("it has `{odd}` in it"),
        (None, None) => return Vec::new(),
    };
    vec![Violation::of("name", name, wrong, "write letters, digits, `-` and `_`")]
}

fn scaling_fits(provider: &GroupProvider, _: &Surroundings<'_>) -> Vec<Violation> {
    let Some(scaling) = &provider.scaling else {
        let way_out = "let ECS size the group, or set this to false";
        let wrong = "ECS protects machines only in a group that it sizes";
        let violation = Violation::of("protects_busy", provider.protects_busy, wrong, way_out);
        return if provider.protects_busy { vec![violation] } else { Vec::new() };
    };
    let ManagedScaling { target, least, most, warm_up_seconds } = scaling;
    let steps = 1..=10_000;
    let (wrong, way_out) = match scaling {
        _ if !(1..=100).contains(target) => (format!("{target} % of the machines are used"), "write 1 to 100"),
        _ if !steps.contains(least) || !steps.contains(most) => {
            (format!("a step has {least} to {most} machines"), "write 1 to 10000")
        }
        _ if least > most => (format!("{least} are more than {most}"), "write the smaller number first"),
        _ if *warm_up_seconds > 10_000 => (format!("{warm_up_seconds} seconds"), "write 0 to 10000"),
        _ => return Vec::new(),
    };
    vec![Violation::of("scaling", scaling, wrong, way_out)]
}

#[cfg(test)]
mod tests;
