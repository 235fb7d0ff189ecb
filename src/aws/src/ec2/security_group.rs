//! A group of interfaces that the same traffic may reach. Its rules are a kind of their own, so that groups may name
//! each other.

use std::time::Duration;

use aws_sdk_ec2::types::{IpPermission, IpRange, ResourceType, SecurityGroup as Live};
use infra_derive::Resource;
use infra_engine::check::{Rule, Severity, Violation};
use infra_engine::live::{Ask, Behaviour, Fault, FaultKind, Found, Order, Retag, Waits};
use infra_engine::model::{Ref, digest, keys};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::ask::{filters, matching};
use super::fault::{Ec2Fault, given};
use super::tags;
use super::traffic::{TAKEN, untaken};
use super::vpc::VpcId;
use crate::{Aws, Sorted};

/// A group of interfaces that the same traffic may reach.
///
/// ```
/// use infra_aws::ec2::{SecurityGroup, VpcId};
/// use infra_engine::model::Ref;
///
/// let vpc: Ref<VpcId> = Ref::known("vpc-0a1b2c3d");
/// let web = SecurityGroup { vpc, name: "shop-web".into(), description: "The load balancer".into() };
/// ```
///
/// A new group lets nothing in and nothing out: the rule by which AWS lets everything out is taken away. What it lets
/// through is said by its [`SecurityGroupRules`](super::SecurityGroupRules).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Resource)]
#[resource(kind = "ec2/security-group", id = SecurityGroupId, replacement = "create_first")]
pub struct SecurityGroup {
    /// The network that it belongs to.
    #[key]
    pub vpc: Ref<VpcId>,
    /// Its name, unique in the network: at most 255 letters, digits, spaces and ``._-:/()#,@[]+=&;{}!$*``, and it does
    /// not start with `sg-`.
    #[key]
    pub name: String,
    /// What it is for: at least one, and at most 255 of the same characters.
    #[replace]
    pub description: String,
}

impl Behaviour for SecurityGroup {
    type Cloud = Aws;

    const SECOND_NAME: bool = true;

    const HELD_BY: &'static [&'static str] = &[
        "ec2/security-group-rules",
        "ec2/spot-fleet",
        "ecs/service",
        "elasticache/replication-group",
        "elb/load-balancer",
        "lambda/function",
        "rds/instance",
        "rds/replica",
    ];

    // Functions and load balancers leave interfaces behind, which take up to three quarters of an hour to go.
    const WAITS: Waits = Waits { delete: Duration::from_secs(45 * 60), ..Waits::QUICK };

    const ACTIONS: &'static [&'static str] = &[
        "ec2:CreateSecurityGroup",
        "ec2:DescribeSecurityGroups",
        "ec2:RevokeSecurityGroupEgress",
        "ec2:DeleteSecurityGroup",
        tags::CREATE_TAGS,
        tags::DELETE_TAGS,
    ];

    fn rules() -> &'static [Rule<SecurityGroup>] {
        RULES
    }

    async fn read(aws: &Aws, ask: &Ask) -> Result<Vec<Found<SecurityGroup>>, Fault> {
        // A natural name is `vpc-1/web`; two calls find what is ours and what has a wanted name.
        let names = ask.names.iter().filter_map(|key| key.split_once('/')).map(|(_, name)| name.to_owned());
        let named = matching("group-name", names);
        let mut found: Vec<Found<SecurityGroup>> = Vec::new();
        for filter in filters(ask, "group-id").into_iter().chain(named) {
            let pages = aws.ec2().describe_security_groups().filters(filter).into_paginator().items().send();
            let live = pages.try_collect().await.sorted("ec2:DescribeSecurityGroups")?;
            found.extend(live.iter().map(understand));
        }
        found.retain(|group| ask.wants(&group.id, Some(&key(&group.definition)), &group.tags));
        found.sort_by(|one, other| one.id.cmp(&other.id));
        found.dedup_by(|one, other| one.id == other.id);
        Ok(found)
    }

    async fn create(aws: &Aws, order: &Order<SecurityGroup>) -> Result<String, Fault> {
        let SecurityGroup { vpc, name, description: _ } = &order.definition;
        match make(aws, order, name).await {
            Err(fault) if fault.kind == FaultKind::Exists => {
                // The name is its predecessor's, which is still in use and goes when nothing refers to it any more.
                let same = matching("vpc-id", [vpc.value()]);
                let pages =
                    aws.ec2().describe_security_groups().set_filters(Some(same)).into_paginator().items().send();
                let groups = pages.try_collect().await.sorted("ec2:DescribeSecurityGroups")?;
                let bears = |live: &&Live| live.group_name().is_some_and(|bears| bears.eq_ignore_ascii_case(name));
                match groups.iter().find(bears).map(|live| tags::read(live.tags())) {
                    Some(tags) if order.succeeds(&tags) => make(aws, order, &order.definition.second_name()).await,
                    _ => Err(fault),
                }
            }
            made => made,
        }
    }

    /// Takes away the rule that lets everything out, which AWS adds to each new group.
    async fn finish(aws: &Aws, found: &Found<SecurityGroup>) -> Result<(), Fault> {
        let anywhere = IpRange::builder().cidr_ip("0.0.0.0/0").build();
        let everything = IpPermission::builder().ip_protocol("-1").ip_ranges(anywhere).build();
        let call = aws.ec2().revoke_security_group_egress().group_id(&found.id).ip_permissions(everything);
        match call.send().await.sorted("ec2:RevokeSecurityGroupEgress") {
            Err(fault) if fault.has_code(&["InvalidPermission.NotFound"]) => Ok(()),
            other => other.changing().map(drop),
        }
    }

    /// Everything that is said of it needs a new one.
    async fn update(_: &Aws, _: &Found<SecurityGroup>, wanted: &SecurityGroup) -> Result<(), Fault> {
        let SecurityGroup { vpc: _, name: _, description: _ } = wanted;
        Ok(())
    }

    async fn retag(aws: &Aws, found: &Found<SecurityGroup>, retag: &Retag) -> Result<(), Fault> {
        tags::retag(aws, &found.id, retag).await
    }

    async fn delete(aws: &Aws, found: &Found<SecurityGroup>) -> Result<(), Fault> {
        let call = aws.ec2().delete_security_group().group_id(&found.id);
        call.send().await.sorted("ec2:DeleteSecurityGroup").deleting()
    }
}

const RULES: &[Rule<SecurityGroup>] = &[Rule {
    code: "V09",
    says: "a security group has a name and a description in the characters that AWS takes",
    source: "EC2 API, CreateSecurityGroup: GroupName, Description",
    severity: Severity::Error,
    check: |group, _| {
        [wrong_name(&group.name), wrong_text("description", &group.description)].into_iter().flatten().collect()
    },
}];

/// Makes a group under one of its two names. It begins with a rule that lets everything out, and says so.
async fn make(aws: &Aws, order: &Order<SecurityGroup>, name: &str) -> Result<String, Fault> {
    let mut tags = order.tags.clone();
    tags.insert(keys::UNFINISHED.to_owned(), "true".to_owned());
    let call = aws
        .ec2()
        .create_security_group()
        .vpc_id(order.definition.vpc.value())
        .group_name(name)
        .description(&order.definition.description)
        .tag_specifications(tags::labels(ResourceType::SecurityGroup, &tags));
    let made = call.send().await.sorted("ec2:CreateSecurityGroup").map_err(name_taken).changing()?;
    given(made.group_id(), "ec2:CreateSecurityGroup", "groupId")
}

impl SecurityGroup {
    /// The name that it takes while its predecessor still bears the plain one: with a digest of all that it is replaced
    /// for.
    fn second_name(&self) -> String {
        let SecurityGroup { vpc, name, description } = self;
        format!("{name}-{}", &digest(&json!([vpc.value(), description]))[..4])
    }

    /// The name in the definition of a group that AWS knows under this one.
    fn plain_name(&self, live: &str) -> String {
        let plain = live.rsplit_once('-').map(|(plain, _)| SecurityGroup { name: plain.to_owned(), ..self.clone() });
        match plain {
            Some(plain) if plain.second_name() == live => plain.name,
            _ => live.to_owned(),
        }
    }
}

/// V09, for the name.
fn wrong_name(name: &str) -> Option<Violation> {
    let wrong = match name {
        _ if name.starts_with("sg-") => "it starts with `sg-`, as identifiers do",
        _ if name.eq_ignore_ascii_case("default") => "every network has a group of that name already",
        _ => return wrong_text("name", name),
    };
    Some(Violation::of("name", name, wrong, "write a name like `shop-web`"))
}

/// V09, for either text: both are required.
fn wrong_text(field: &str, text: &str) -> Option<Violation> {
    let wrong = if text.is_empty() { Some("it is empty".to_owned()) } else { untaken(text) };
    wrong.map(|wrong| Violation::of(field, text, wrong, TAKEN))
}

fn name_taken(fault: Fault) -> Fault {
    fault.when(FaultKind::Exists, &["InvalidGroup.Duplicate"], "")
}

/// The natural name of a group.
fn key(group: &SecurityGroup) -> String {
    format!("{}/{}", group.vpc.value(), group.name)
}

/// The definition that would have produced a live one.
fn understand(live: &Live) -> Found<SecurityGroup> {
    let bears = SecurityGroup {
        vpc: Ref::known(live.vpc_id().unwrap_or_default()),
        name: live.group_name().unwrap_or_default().to_owned(),
        description: live.description().unwrap_or_default().to_owned(),
    };
    let definition = SecurityGroup { name: bears.plain_name(&bears.name), ..bears };
    Found::ready(live.group_id().unwrap_or_default(), definition, tags::read(live.tags()))
}

#[cfg(test)]
mod tests {
    use infra_engine::live::natural_key;
    use infra_engine::model::{Document, Replacement, Resource};

    use super::super::testing::check;
    use super::*;

    fn group(name: &str) -> SecurityGroup {
        SecurityGroup { vpc: Ref::known("vpc-1"), name: name.into(), description: "The load balancer".into() }
    }

    #[test]
    fn v09_a_group_has_a_name_that_aws_takes() {
        let long = "a".repeat(256);
        for (name, wrong) in [
            ("", "empty"),
            ("sg-web", "starts with `sg-`"),
            ("Default", "already"),
            ("café", "`é`"),
            (long.as_str(), "256"),
        ] {
            check("V09", |stack| stack.add("web", group(name))).refuses(wrong);
        }
        check("V09", |stack| stack.add("web", group("shop web (v2) #1"))).holds();
    }

    #[test]
    fn v09_a_group_has_a_description_that_aws_takes() {
        let described = |description: &str| {
            let description = description.to_owned();
            check("V09", |stack| stack.add("web", SecurityGroup { description, ..group("web") }))
        };
        described("").refuses("empty");
        described("the shop's load balancer").refuses("`'`");
        described("The load balancer").holds();
    }

    #[test]
    fn a_group_that_keeps_its_name_stays_until_its_successor_has_come() {
        let described = SecurityGroup { description: "Another".into(), ..group("web") };
        assert_eq!(SecurityGroup::replacement(&group("web"), &described), Replacement::CreateFirst);
        let (plain, second) = (described.name.clone(), described.second_name());
        assert_ne!(second, group("web").second_name(), "what it is replaced for is in it");
        let live = |name: &str| {
            Live::builder()
                .group_id("sg-1")
                .vpc_id("vpc-1")
                .group_name(name)
                .description(&described.description)
                .build()
        };
        assert_eq!(understand(&live(&second)).definition, described);
        assert_eq!(understand(&live(&plain)).definition, described);
        assert_eq!(understand(&live("web-0000")).definition.name, "web-0000");
        assert_eq!(SecurityGroup::replacement(&group("web"), &group("edge")), Replacement::CreateFirst);
        let elsewhere = SecurityGroup { vpc: Ref::known("vpc-2"), ..group("web") };
        assert_eq!(SecurityGroup::replacement(&group("web"), &elsewhere), Replacement::CreateFirst);
    }

    #[test]
    fn the_natural_name_is_the_one_that_the_engine_makes() {
        let document = Document::of(&group("a/b")).unwrap();
        assert_eq!(natural_key(SecurityGroup::SCHEMA, &document), Some(key(&group("a/b"))));
    }
}
