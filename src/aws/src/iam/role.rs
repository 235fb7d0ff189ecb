//! A role: what a service, a machine or a person from elsewhere may do while it plays it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use aws_sdk_iam::types::{AttachedPermissionsBoundary, AttachedPolicy, EntityType, Role as Live, RoleDetail};
use futures::try_join;
use infra_derive::Resource;
use infra_engine::check::Rule;
use infra_engine::live::{Ask, Behaviour, Fault, FaultKind, Found, Order, Retag};
use infra_engine::model::{Ref, Replacement, Tags, keys};
use serde::{Deserialize, Serialize};

use super::Policy;
use super::fault::IamFault;
use super::term::{Arn, ManagedPolicyArn};
use crate::again::resume;
use crate::named::meant;
use crate::pages::each;
use crate::tags::{from_sdk, to_sdk};
use crate::{Aws, Sorted};

mod rules;

/// A role: what a service, a machine or a person from elsewhere may do while it plays it.
///
/// ```
/// use std::collections::{BTreeMap, BTreeSet};
///
/// use infra_aws::iam::{Policy, Role, Service, Statement};
/// use infra_engine::model::Ref;
///
/// let logs = Statement::allow(["logs:PutLogEvents"]).on(["arn:aws:logs:*:*:log-group:/ecs/shop-web:*"]);
/// let role = Role {
///     name: "shop-web-task".into(),
///     path: "/".into(),
///     description: "What the web service may do".into(),
///     longest_session: 3600,
///     trust: Policy::trust(Service::EcsTasks),
///     inline: BTreeMap::from([("logs".into(), logs.into())]),
///     attached: BTreeSet::from([Ref::known("arn:aws:iam::aws:policy/AWSXRayDaemonWriteAccess")]),
///     boundary: None,
/// };
/// ```
///
/// Its policies are exclusively what is said here: what somebody else attaches or writes into it is shown, and taken
/// away again.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Resource)]
#[resource(kind = "iam/role", id = RoleName)]
#[resource(outputs(
    /// Its Amazon Resource Name.
    ARN: new RoleArn,
))]
pub struct Role {
    /// Its name, unique in the account whatever the case of its letters.
    #[key]
    pub name: String,
    /// Where it stands among the account's roles: `/`, or `/shop/`.
    #[replace]
    pub path: String,
    /// What it is for. Empty is none.
    pub description: String,
    /// The longest that it can be played at a time, in seconds; AWS's own choice is 3600.
    pub longest_session: u32,
    /// Who may play it.
    #[json]
    pub trust: Policy,
    /// Policies that are its own, by name.
    #[json]
    pub inline: BTreeMap<String, Policy>,
    /// Policies that it shares with others.
    pub attached: BTreeSet<Ref<ManagedPolicyArn>>,
    /// The policy that bounds what all the others can give.
    pub boundary: Option<Ref<ManagedPolicyArn>>,
}

impl Arn for RoleArn {}

const DETAILS: &str = "iam:GetAccountAuthorizationDetails";

/// Where the roles stand that AWS made for its services. They are never ours.
const SERVICE_LINKED: &str = "/aws-service-role/";

/// What Systems Manager's Quick Setup attaches to roles that it finds on machines:
/// <https://docs.aws.amazon.com/systems-manager/latest/userguide/quick-setup-host-management.html>.
const OF_SYSTEMS_MANAGER: [&str; 4] = [
    ":policy/AmazonSSMManagedInstanceCore",
    ":policy/AmazonSSMPatchAssociation",
    ":policy/CloudWatchAgentServerPolicy",
    ":policy/service-role/AmazonSSMDirectoryServiceAccess",
];

impl Behaviour for Role {
    type Cloud = Aws;

    /// A policy that is taken out of the code goes, whoever else attaches such ones.
    const CODE_GOES_FIRST: bool = true;

    const ACTIONS: &'static [&'static str] = &[
        "iam:AttachRolePolicy",
        "iam:CreateRole",
        "iam:DeleteRole",
        "iam:DeleteRolePermissionsBoundary",
        "iam:DeleteRolePolicy",
        "iam:DetachRolePolicy",
        DETAILS,
        "iam:GetRole",
        "iam:GetRolePolicy",
        "iam:ListAttachedRolePolicies",
        "iam:ListInstanceProfileTags",
        "iam:ListInstanceProfilesForRole",
        "iam:ListRolePolicies",
        "iam:ListRoles",
        "iam:PutRolePermissionsBoundary",
        "iam:PutRolePolicy",
        "iam:RemoveRoleFromInstanceProfile",
        "iam:TagRole",
        "iam:UntagRole",
        "iam:UpdateAssumeRolePolicy",
        "iam:UpdateRole",
    ];

    fn rules() -> &'static [Rule<Role>] {
        rules::ALL
    }

    /// A name is taken until its role is gone, and IAM does not tell upper from lower case.
    fn replacement(live: &Role, wanted: &Role) -> Replacement {
        let taken = live.name.eq_ignore_ascii_case(&wanted.name);
        if taken { Replacement::DeleteFirst } else { Replacement::CreateFirst }
    }

    /// Two lists hold all that there is to know of all roles: the first has no descriptions and session lengths, the
    /// second has nothing but them.
    async fn read(aws: &Aws, ask: &Ask) -> Result<Vec<Found<Role>>, Fault> {
        if !ask.only.is_empty() {
            let found = each(ask.only.clone(), async |name: String| one(aws, &name).await).await?;
            return Ok(found.into_iter().flatten().collect());
        }
        let (details, roles) = match try_join!(details(aws), roles(aws, ask)) {
            // Some organizations deny the one call that tells all: then each role that may be meant is asked for.
            Err(fault) if fault.kind == FaultKind::Denied && fault.operation == DETAILS => {
                let meant = meant(aws, ask).await?;
                let mut names: Vec<String> =
                    listed(aws, ask).await?.iter().map(|role| role.role_name.clone()).collect();
                names.retain(|name| meant.by_name(name));
                let found = each(names, async |name: String| one(aws, &name).await).await?;
                return Ok(found
                    .into_iter()
                    .flatten()
                    .filter(|role| wants(ask, &role.id, &role.definition.path, &role.tags))
                    .collect());
            }
            both => both?,
        };
        let mut found = Vec::new();
        for detail in &details {
            let name = detail.role_name().unwrap_or_default();
            let tags = from_sdk(detail.tags());
            if !wants(ask, name, detail.path().unwrap_or_default(), &tags) {
                continue;
            }
            match roles.get(name) {
                Some(role) => found.push(understand(role, detail, tags)),
                // Made between the two lists.
                None => found.extend(one(aws, name).await?),
            }
        }
        Ok(found)
    }

    async fn create(aws: &Aws, order: &Order<Role>) -> Result<String, Fault> {
        let Role { name, path, description, longest_session, trust, inline: _, attached: _, boundary } =
            &order.definition;
        let call = aws
            .iam()
            .create_role()
            .role_name(name)
            .path(path)
            .set_description(Some(description.clone()).filter(|text| !text.is_empty()))
            .max_session_duration(seconds(*longest_session))
            .assume_role_policy_document(trust.document())
            .set_permissions_boundary(boundary.as_ref().map(Ref::value))
            .set_tags(Some(to_sdk(&order.tags)));
        if let Err(fault) = call.send().await.sorted("iam:CreateRole").changing() {
            return resume(aws, order, name, fault).await;
        }
        aws.fresh().touch(name);
        Ok(name.clone())
    }

    async fn update(aws: &Aws, found: &Found<Role>, wanted: &Role) -> Result<(), Fault> {
        let Role { name, path: _, description, longest_session, trust, inline: _, attached: _, boundary } = wanted;
        let live = &found.definition;
        if (description, longest_session) != (&live.description, &live.longest_session) {
            let call = aws.iam().update_role().role_name(name).description(description);
            let call = call.max_session_duration(seconds(*longest_session));
            call.send().await.sorted("iam:UpdateRole").changing()?;
        }
        // Before anything is written into it: who may write only into bounded roles could not otherwise.
        match boundary {
            _ if *boundary == live.boundary => {}
            Some(policy) => {
                let call = aws.iam().put_role_permissions_boundary().role_name(name);
                let call = call.permissions_boundary(policy.value());
                call.send().await.sorted("iam:PutRolePermissionsBoundary").changing()?;
            }
            None => {
                let call = aws.iam().delete_role_permissions_boundary().role_name(name);
                call.send().await.sorted("iam:DeleteRolePermissionsBoundary").deleting()?;
            }
        }
        if *trust != live.trust {
            let call = aws.iam().update_assume_role_policy().role_name(name).policy_document(trust.document());
            call.send().await.sorted("iam:UpdateAssumeRolePolicy").changing()?;
        }
        policies(aws, name, &Policies::of(live), &Policies::of(wanted)).await?;
        aws.fresh().touch(name);
        Ok(())
    }

    /// Systems Manager attaches policies to the roles of machines, where somebody has set it up so: theirs are no
    /// difference, or each would undo the other's work for ever.
    fn moved_by(field: &str, live: &Found<Role>, wanted: &Role) -> Option<&'static str> {
        let more = live.definition.attached.difference(&wanted.attached);
        let others = more.map(Ref::value).all(|policy| OF_SYSTEMS_MANAGER.iter().any(|name| policy.ends_with(name)));
        let moved = field == "attached" && others && wanted.attached.is_subset(&live.definition.attached);
        moved.then_some("Systems Manager's Quick Setup")
    }

    async fn retag(aws: &Aws, found: &Found<Role>, retag: &Retag) -> Result<(), Fault> {
        let Retag { set, remove } = retag;
        if !set.is_empty() {
            let call = aws.iam().tag_role().role_name(&found.id).set_tags(Some(to_sdk(set)));
            call.send().await.sorted("iam:TagRole").changing()?;
        }
        if !remove.is_empty() {
            let call = aws.iam().untag_role().role_name(&found.id).set_tag_keys(Some(remove.clone()));
            call.send().await.sorted("iam:UntagRole").changing()?;
        }
        Ok(())
    }

    /// A role goes last of all its parts, and the parts are read again: more may have been attached since.
    async fn delete(aws: &Aws, found: &Found<Role>) -> Result<(), Fault> {
        let name = &found.id;
        let Some((inline, attached)) = try_join!(inline_names(aws, name), attachments(aws, name)).reading()? else {
            return Ok(());
        };
        leave_profiles(aws, found).await?;
        let standing = Policies {
            inline: inline.into_iter().map(|policy| (policy, Policy::of([]))).collect(),
            attached: attached.iter().filter_map(AttachedPolicy::policy_arn).map(Ref::known).collect(),
        };
        policies(aws, name, &standing, &Policies::default()).await?;
        aws.iam().delete_role().role_name(name).send().await.sorted("iam:DeleteRole").deleting()
    }
}

/// True for a role that is asked for. Those that AWS made for its services are, only by their names.
fn wants(ask: &Ask, name: &str, path: &str, tags: &Tags) -> bool {
    ask.wants(name, Some(name), tags) && (!path.starts_with(SERVICE_LINKED) || ask.names.contains(name))
}

/// What a role has beside itself, each by calls of its own.
#[derive(Default)]
struct Policies {
    inline: BTreeMap<String, Policy>,
    attached: BTreeSet<Ref<ManagedPolicyArn>>,
}

impl Policies {
    fn of(role: &Role) -> Policies {
        Policies { inline: role.inline.clone(), attached: role.attached.clone() }
    }
}

/// Brings a role's policies from what they are to what is wanted. What gives comes before what takes away, so that
/// the role is never without a permission that it has before and after.
async fn policies(aws: &Aws, role: &str, live: &Policies, wanted: &Policies) -> Result<(), Fault> {
    for (name, policy) in wanted.inline.iter().filter(|(name, policy)| live.inline.get(*name) != Some(policy)) {
        let call = aws.iam().put_role_policy().role_name(role).policy_name(name).policy_document(policy.document());
        call.send().await.sorted("iam:PutRolePolicy").changing()?;
    }
    for policy in wanted.attached.difference(&live.attached) {
        let call = aws.iam().attach_role_policy().role_name(role).policy_arn(policy.value());
        call.send().await.sorted("iam:AttachRolePolicy").changing()?;
    }
    for name in live.inline.keys().filter(|name| !wanted.inline.contains_key(*name)) {
        let call = aws.iam().delete_role_policy().role_name(role).policy_name(name);
        call.send().await.sorted("iam:DeleteRolePolicy").deleting()?;
    }
    for policy in live.attached.difference(&wanted.attached) {
        let call = aws.iam().detach_role_policy().role_name(role).policy_arn(policy.value());
        call.send().await.sorted("iam:DetachRolePolicy").deleting()?;
    }
    Ok(())
}

/// Takes a role out of the instance profiles of its own owner. A profile of somebody else is left as it is, and
/// then the role cannot go.
async fn leave_profiles(aws: &Aws, role: &Found<Role>) -> Result<(), Fault> {
    let pages = aws.iam().list_instance_profiles_for_role().role_name(&role.id).into_paginator().items().send();
    let profiles = pages.try_collect().await.sorted("iam:ListInstanceProfilesForRole").reading()?.unwrap_or_default();
    for profile in profiles {
        let name = profile.instance_profile_name();
        let pages = aws.iam().list_instance_profile_tags().instance_profile_name(name).into_paginator().items().send();
        let tags = pages.try_collect().await.sorted("iam:ListInstanceProfileTags").reading()?.unwrap_or_default();
        let tags = from_sdk(&tags);
        let owner = tags.get(keys::OWNER);
        if owner.is_none() || owner != role.tags.get(keys::OWNER) {
            let message = format!(
                "the instance profile {name} holds the role {} and is not ours: take the role out of it first, with \
                 `aws iam remove-role-from-instance-profile --instance-profile-name {name} --role-name {}`",
                role.id, role.id
            );
            return Err(Fault::new(FaultKind::Refused, "iam:DeleteRole", message));
        }
        let call = aws.iam().remove_role_from_instance_profile().instance_profile_name(name).role_name(&role.id);
        call.send().await.sorted("iam:RemoveRoleFromInstanceProfile").deleting()?;
    }
    Ok(())
}

/// Everything but descriptions and session lengths, of all roles.
async fn details(aws: &Aws) -> Result<Vec<RoleDetail>, Fault> {
    let call = aws.iam().get_account_authorization_details().filter(EntityType::Role).max_items(1000);
    let mut pages = call.into_paginator().send();
    let mut details = Vec::new();
    while let Some(page) = pages.next().await {
        details.extend(page.sorted(DETAILS)?.role_detail_list.unwrap_or_default());
    }
    Ok(details)
}

/// All roles by name, without tags and policies.
async fn roles(aws: &Aws, ask: &Ask) -> Result<BTreeMap<String, Live>, Fault> {
    let roles = listed(aws, ask).await?;
    Ok(roles.iter().map(|role| (role.role_name.clone(), role.clone())).collect())
}

/// All roles of the account as the list has them, which in one look is read once.
pub(super) async fn listed(aws: &Aws, ask: &Ask) -> Result<Arc<Vec<Live>>, Fault> {
    let read = async {
        let pages = aws.iam().list_roles().max_items(1000).into_paginator().items().send();
        pages.try_collect().await.sorted("iam:ListRoles")
    };
    ask.shared.once("roles", read).await
}

/// One role, by calls about it alone.
async fn one(aws: &Aws, name: &str) -> Result<Option<Found<Role>>, Fault> {
    let role = aws.iam().get_role().role_name(name).send().await.sorted("iam:GetRole").reading()?;
    let Some(role) = role.and_then(|answer| answer.role) else { return Ok(None) };
    let parts = try_join!(inline_policies(aws, name), attachments(aws, name)).reading()?;
    let tags = from_sdk(role.tags());
    Ok(parts.map(|(inline, attached)| {
        let definition = definition(&role, role.permissions_boundary(), inline, &attached);
        Found::ready(name, definition, tags).with(Role::ARN.name, role.arn())
    }))
}

async fn inline_names(aws: &Aws, role: &str) -> Result<Vec<String>, Fault> {
    let pages = aws.iam().list_role_policies().role_name(role).into_paginator().items().send();
    pages.try_collect().await.sorted("iam:ListRolePolicies")
}

async fn inline_policies(aws: &Aws, role: &str) -> Result<BTreeMap<String, Policy>, Fault> {
    let policy = async |name: String| {
        let answer = aws.iam().get_role_policy().role_name(role).policy_name(&name).send().await;
        Ok((name, Policy::parse(answer.sorted("iam:GetRolePolicy")?.policy_document())))
    };
    Ok(each(inline_names(aws, role).await?, policy).await?.into_iter().collect())
}

async fn attachments(aws: &Aws, role: &str) -> Result<Vec<AttachedPolicy>, Fault> {
    let pages = aws.iam().list_attached_role_policies().role_name(role).into_paginator().items().send();
    pages.try_collect().await.sorted("iam:ListAttachedRolePolicies")
}

/// The definition that would have produced a role of both lists.
fn understand(role: &Live, detail: &RoleDetail, tags: Tags) -> Found<Role> {
    let inline = detail
        .role_policy_list()
        .iter()
        .filter_map(|policy| Some((policy.policy_name()?.to_owned(), Policy::parse(policy.policy_document()?))));
    let attached = detail.attached_managed_policies();
    let definition = definition(role, detail.permissions_boundary(), inline.collect(), attached);
    Found::ready(role.role_name(), definition, tags).with(Role::ARN.name, role.arn())
}

fn definition(
    role: &Live,
    boundary: Option<&AttachedPermissionsBoundary>,
    inline: BTreeMap<String, Policy>,
    attached: &[AttachedPolicy],
) -> Role {
    Role {
        name: role.role_name().to_owned(),
        path: role.path().to_owned(),
        description: role.description().unwrap_or_default().to_owned(),
        longest_session: role.max_session_duration().and_then(|seconds| u32::try_from(seconds).ok()).unwrap_or(3600),
        trust: Policy::parse(role.assume_role_policy_document().unwrap_or_default()),
        inline,
        attached: attached.iter().filter_map(AttachedPolicy::policy_arn).map(Ref::known).collect(),
        boundary: boundary.and_then(|boundary| boundary.permissions_boundary_arn()).map(Ref::known),
    }
}

/// A length of time as the API takes it. One that does not fit is refused by a rule before.
fn seconds(length: u32) -> i32 {
    i32::try_from(length).unwrap_or(i32::MAX)
}

#[cfg(test)]
mod tests;
