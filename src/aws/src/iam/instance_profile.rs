//! An instance profile: what hands a role to machines.

use aws_sdk_iam::types::{InstanceProfile as Live, Role as LiveRole};
use infra_derive::Resource;
use infra_engine::check::{Rule, Severity};
use infra_engine::live::{Ask, Behaviour, Fault, Found, Order, Retag};
use infra_engine::model::{Ref, Replacement, Tags};
use serde::{Deserialize, Serialize};

use super::fault::IamFault;
use super::term::Arn;
use super::{RoleName, Service, names, passed_by_name};
use crate::again::resume;
use crate::named::meant;
use crate::pages::each;
use crate::swap::or_back;
use crate::tags::{from_sdk, to_sdk};
use crate::{Aws, Sorted, index};

/// An instance profile: what hands a role to machines.
///
/// ```
/// use infra_aws::iam::{InstanceProfile, RoleName};
/// use infra_engine::model::Ref;
///
/// let role: Ref<RoleName> = Ref::known("shop-worker");
/// let profile = InstanceProfile { name: "shop-worker".into(), path: "/".into(), role };
/// ```
///
/// Machines that are running keep the old role for up to an hour when it is changed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Resource)]
#[resource(kind = "iam/instance-profile", id = InstanceProfileName)]
#[resource(outputs(
    /// Its Amazon Resource Name.
    ARN: new InstanceProfileArn,
))]
pub struct InstanceProfile {
    /// Its name, unique in the account. When its code is removed and the index of tags may not be read, it is found
    /// again only if the project's name is in it.
    #[key]
    pub name: String,
    /// Where it stands among the account's profiles: `/`, or `/shop/`.
    #[replace]
    pub path: String,
    /// The one role that it holds. A live one that holds none reads as `(none)`.
    pub role: Ref<RoleName>,
}

impl Arn for InstanceProfileArn {}

/// What reads in place of the role while there is none: a profile that was made and not filled yet. No role can be
/// called so.
const NONE: &str = "(none)";

impl Behaviour for InstanceProfile {
    type Cloud = Aws;

    const INDEXED: bool = true;

    const ACTIONS: &'static [&'static str] = &[
        "iam:AddRoleToInstanceProfile",
        "iam:CreateInstanceProfile",
        "iam:DeleteInstanceProfile",
        "iam:GetInstanceProfile",
        "iam:ListInstanceProfileTags",
        "iam:ListInstanceProfiles",
        "iam:PassRole",
        "iam:RemoveRoleFromInstanceProfile",
        "iam:TagInstanceProfile",
        "iam:UntagInstanceProfile",
    ];

    fn rules() -> &'static [Rule<InstanceProfile>] {
        RULES
    }

    /// A name is taken until its profile is gone, and IAM does not tell upper from lower case.
    fn replacement(live: &InstanceProfile, wanted: &InstanceProfile) -> Replacement {
        let taken = live.name.eq_ignore_ascii_case(&wanted.name);
        if taken { Replacement::DeleteFirst } else { Replacement::CreateFirst }
    }

    /// The list of all profiles has no tags. The index of us-east-1 knows them; elsewhere the tags of one profile cost a
    /// call: only those are looked at that may be meant.
    async fn read(aws: &Aws, ask: &Ask) -> Result<Vec<Found<InstanceProfile>>, Fault> {
        if !ask.only.is_empty() {
            let found = each(ask.only.clone(), async |name: String| one(aws, &name).await).await?;
            return Ok(found.into_iter().flatten().collect());
        }
        let meant = meant(aws, ask).await?;
        let pages = aws.iam().list_instance_profiles().max_items(1000).into_paginator().items().send();
        let mut profiles: Vec<Live> = pages.try_collect().await.sorted("iam:ListInstanceProfiles")?;
        profiles.retain(|profile| meant.by_arn(profile.instance_profile_name(), profile.arn()));
        let with_tags = async |profile: Live| {
            let alone = tags_of(aws, profile.instance_profile_name());
            let tags = index::tags(aws, ask, profile.arn(), alone).await?;
            Ok(tags.map(|tags| understand(&profile, tags)))
        };
        let found = each(profiles, with_tags).await?.into_iter().flatten();
        Ok(found.filter(|profile| ask.wants(&profile.id, Some(&profile.id), &profile.tags)).collect())
    }

    async fn create(aws: &Aws, order: &Order<InstanceProfile>) -> Result<String, Fault> {
        let InstanceProfile { name, path, role: _ } = &order.definition;
        let call = aws.iam().create_instance_profile().instance_profile_name(name).path(path);
        let call = call.set_tags(Some(to_sdk(&order.tags)));
        if let Err(fault) = call.send().await.sorted("iam:CreateInstanceProfile").changing() {
            return resume(aws, order, name, fault).await;
        }
        Ok(name.clone())
    }

    /// A profile has one role: the former goes first, and is put back where the new one is refused.
    async fn update(aws: &Aws, found: &Found<InstanceProfile>, wanted: &InstanceProfile) -> Result<(), Fault> {
        let InstanceProfile { name, path: _, role } = wanted;
        if *role == found.definition.role {
            return Ok(());
        }
        remove(aws, found).await?;
        let (former, came) = (found.definition.role.value(), add(aws, name, &role.value()).await);
        if former == NONE { came } else { or_back(came, || add(aws, name, &former)).await }
    }

    async fn retag(aws: &Aws, found: &Found<InstanceProfile>, retag: &Retag) -> Result<(), Fault> {
        let Retag { set, remove } = retag;
        if !set.is_empty() {
            let call = aws.iam().tag_instance_profile().instance_profile_name(&found.id).set_tags(Some(to_sdk(set)));
            call.send().await.sorted("iam:TagInstanceProfile").changing()?;
        }
        if !remove.is_empty() {
            let call = aws.iam().untag_instance_profile().instance_profile_name(&found.id);
            let call = call.set_tag_keys(Some(remove.clone()));
            call.send().await.sorted("iam:UntagInstanceProfile").changing()?;
        }
        Ok(())
    }

    async fn delete(aws: &Aws, found: &Found<InstanceProfile>) -> Result<(), Fault> {
        remove(aws, found).await?;
        let call = aws.iam().delete_instance_profile().instance_profile_name(&found.id);
        call.send().await.sorted("iam:DeleteInstanceProfile").deleting()
    }
}

async fn add(aws: &Aws, profile: &str, role: &str) -> Result<(), Fault> {
    let call = aws.iam().add_role_to_instance_profile().instance_profile_name(profile).role_name(role);
    call.send().await.sorted("iam:AddRoleToInstanceProfile").changing().map(drop)
}

/// Takes the live role out, if there is one.
async fn remove(aws: &Aws, found: &Found<InstanceProfile>) -> Result<(), Fault> {
    let role = found.definition.role.value();
    if role == NONE {
        return Ok(());
    }
    let call = aws.iam().remove_role_from_instance_profile().instance_profile_name(&found.id).role_name(role);
    call.send().await.sorted("iam:RemoveRoleFromInstanceProfile").deleting()
}

async fn tags_of(aws: &Aws, name: &str) -> Result<Option<Tags>, Fault> {
    let pages = aws.iam().list_instance_profile_tags().instance_profile_name(name).into_paginator().items().send();
    let tags = pages.try_collect().await.sorted("iam:ListInstanceProfileTags").reading()?;
    Ok(tags.map(|tags: Vec<_>| from_sdk(&tags)))
}

/// One profile, by the call about it alone.
async fn one(aws: &Aws, name: &str) -> Result<Option<Found<InstanceProfile>>, Fault> {
    let call = aws.iam().get_instance_profile().instance_profile_name(name);
    let answer = call.send().await.sorted("iam:GetInstanceProfile").reading()?;
    let profile = answer.and_then(|answer| answer.instance_profile);
    Ok(profile.map(|profile| understand(&profile, from_sdk(profile.tags()))))
}

/// The definition that would have produced a live one.
fn understand(profile: &Live, tags: Tags) -> Found<InstanceProfile> {
    let name = profile.instance_profile_name();
    let definition = InstanceProfile {
        name: name.to_owned(),
        path: profile.path().to_owned(),
        role: Ref::known(profile.roles().first().map_or(NONE, LiveRole::role_name)),
    };
    Found::ready(name, definition, tags).with(InstanceProfile::ARN.name, profile.arn())
}

static RULES: &[Rule<InstanceProfile>] = &[
    Rule {
        code: "V36",
        says: "an instance profile's name has at most 128 characters; a path starts and ends with `/`",
        source: names::SOURCE,
        severity: Severity::Error,
        check: |profile, _| {
            let own = [names::name("name", &profile.name, 128), names::path("path", &profile.path)];
            own.into_iter().flatten().collect()
        },
    },
    Rule {
        code: "V40",
        says: "the role of an instance profile trusts EC2",
        source: "IAM User Guide: using an IAM role for EC2 instances; not seen refused by AWS",
        severity: Severity::Warning,
        check: |profile, around| passed_by_name("role", &profile.role, &Service::Ec2, around).into_iter().collect(),
    },
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use aws_sdk_iam::primitives::DateTime;
    use infra_engine::check::Surroundings;
    use infra_engine::model::Platform;

    use super::*;
    use crate::iam::{Policy, Role};

    fn live(role: Option<&str>) -> Live {
        let made = DateTime::from_secs(0);
        let role = role.map(|name| {
            let role = LiveRole::builder().role_name(name).role_id("AROA1").arn("arn:role").path("/").create_date(made);
            role.build().unwrap()
        });
        Live::builder()
            .instance_profile_name("shop-worker")
            .instance_profile_id("AIPA1")
            .arn("arn:profile")
            .path("/shop/")
            .create_date(made)
            .set_roles(Some(role.into_iter().collect()))
            .build()
            .unwrap()
    }

    #[test]
    fn a_live_profile_tells_what_it_is_also_while_it_is_empty() {
        let found = understand(&live(Some("shop-worker-role")), Tags::new());
        let expected =
            InstanceProfile { name: "shop-worker".into(), path: "/shop/".into(), role: Ref::known("shop-worker-role") };
        assert_eq!((found.id.as_str(), &found.definition), ("shop-worker", &expected));
        assert_eq!(found.outputs["arn"], "arn:profile");
        assert_eq!(understand(&live(None), Tags::new()).definition.role, Ref::known("(none)"));
    }

    fn check_trust(service: Service) -> Vec<&'static str> {
        let mut platform = Platform::new();
        let mut stack = platform.stack("workers");
        let role = Role {
            name: "shop-worker".into(),
            path: "/".into(),
            description: String::new(),
            longest_session: 3600,
            trust: Policy::trust(service),
            inline: BTreeMap::new(),
            attached: [].into(),
            boundary: None,
        };
        let role = stack.add("role", role);
        let profile = InstanceProfile { name: "shop-worker".into(), path: "/".into(), role: role.id() };
        let handle = stack.add("profile", profile.clone());
        let definitions = platform.finish().unwrap();
        let around = Surroundings::new(&definitions, handle.address());
        let violations = RULES.iter().flat_map(|rule| rule.violations(&profile, &around));
        violations.map(|violation| violation.code).collect()
    }

    #[test]
    fn the_role_of_a_profile_trusts_ec2() {
        assert_eq!(check_trust(Service::Ec2), Vec::<&str>::new());
        assert_eq!(check_trust(Service::Lambda), ["V40"]);
    }
}
