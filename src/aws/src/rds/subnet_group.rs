//! A subnet group: the subnets that a database may stand in.

use std::collections::BTreeSet;

use aws_sdk_rds::types::DbSubnetGroup as Live;
use infra_derive::Resource;
use infra_engine::check::{Otherwise, Passage, Rule, Severity, Surroundings, Violation};
use infra_engine::live::{Ask, Behaviour, Fault, FaultKind, Found, GoneIsFine, Order, Retag};
use infra_engine::model::{Ref, Tags};
use serde::{Deserialize, Serialize};

use super::tags;
use crate::again::resume;
use crate::ec2::{Subnet, SubnetId, one_stays};
use crate::iam::Arn;
use crate::named::meant;
use crate::pages::each;
use crate::tags::to_sdk;
use crate::{Aws, Sorted, hyphenated};

/// A subnet group: the subnets that a database may stand in.
///
/// ```
/// use std::collections::BTreeSet;
///
/// use infra_aws::rds::DatabaseSubnetGroup;
/// use infra_engine::model::Ref;
///
/// let group = DatabaseSubnetGroup {
///     name: "shop-db".into(),
///     description: "Where the database stands".into(),
///     subnets: BTreeSet::from([Ref::known("subnet-0a1b2c3d4e5f60718"), Ref::known("subnet-0a1b2c3d4e5f60719")]),
/// };
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Resource)]
#[resource(kind = "rds/subnet-group", id = DatabaseSubnetGroupName, replacement = "create_first")]
#[resource(outputs(
    /// Its Amazon Resource Name.
    ARN: new DatabaseSubnetGroupArn,
))]
pub struct DatabaseSubnetGroup {
    /// Its name, unique in account and region. When its code is removed and the index of tags may not be read, it is
    /// found again only if the project's name is in it.
    #[key]
    pub name: String,
    /// What it is for.
    pub description: String,
    /// The subnets, all of one network. One that has a database in it cannot be taken out.
    pub subnets: BTreeSet<Ref<SubnetId>>,
}

impl Arn for DatabaseSubnetGroupArn {}

impl Behaviour for DatabaseSubnetGroup {
    type Cloud = Aws;

    const HELD_BY: &'static [&'static str] = &["rds/instance", "rds/replica"];

    const INDEXED: bool = true;

    const ACTIONS: &'static [&'static str] = &[
        "ec2:DescribeSubnets",
        "ec2:DescribeVpcs",
        "rds:CreateDBSubnetGroup",
        "rds:DeleteDBSubnetGroup",
        "rds:DescribeDBSubnetGroups",
        "rds:ModifyDBSubnetGroup",
        tags::ADD,
        tags::LIST,
        tags::REMOVE,
    ];

    fn rules() -> &'static [Rule<DatabaseSubnetGroup>] {
        RULES
    }

    fn passages() -> &'static [Passage<DatabaseSubnetGroup>] {
        PASSAGES
    }

    async fn read(aws: &Aws, ask: &Ask) -> Result<Vec<Found<DatabaseSubnetGroup>>, Fault> {
        let groups = if ask.only.is_empty() {
            all(aws).await?
        } else {
            each(ask.only.clone(), async |name: String| one(aws, &name).await).await?.into_iter().flatten().collect()
        };
        let meant = meant(aws, ask).await?;
        let asked = groups.into_iter().filter(|group| meant.by_name(group.db_subnet_group_name().unwrap_or_default()));
        let with_tags = async |group: Live| {
            let tags = tags::read(aws, ask, group.db_subnet_group_arn().unwrap_or_default()).await?;
            Ok(tags.and_then(|tags| understand(&group, tags)))
        };
        let found = each(asked, with_tags).await?.into_iter().flatten();
        Ok(found.filter(|group| ask.wants(&group.id, Some(&group.id), &group.tags)).collect())
    }

    async fn create(aws: &Aws, order: &Order<DatabaseSubnetGroup>) -> Result<String, Fault> {
        let DatabaseSubnetGroup { name, description, subnets } = &order.definition;
        let call = aws
            .rds()
            .create_db_subnet_group()
            .db_subnet_group_name(name)
            .db_subnet_group_description(description)
            .set_subnet_ids(Some(subnets.iter().map(Ref::value).collect()))
            .set_tags(Some(to_sdk(&order.tags)));
        match call.send().await.sorted("rds:CreateDBSubnetGroup") {
            Ok(_) => Ok(name.clone()),
            Err(fault) => resume(aws, order, name, fault).await,
        }
    }

    async fn update(aws: &Aws, found: &Found<DatabaseSubnetGroup>, wanted: &DatabaseSubnetGroup) -> Result<(), Fault> {
        if *wanted == found.definition {
            return Ok(());
        }
        let DatabaseSubnetGroup { name, description, subnets } = wanted;
        let call = aws
            .rds()
            .modify_db_subnet_group()
            .db_subnet_group_name(name)
            .db_subnet_group_description(description)
            .set_subnet_ids(Some(subnets.iter().map(Ref::value).collect()));
        call.send().await.sorted("rds:ModifyDBSubnetGroup").map(drop)
    }

    async fn retag(aws: &Aws, found: &Found<DatabaseSubnetGroup>, retag: &Retag) -> Result<(), Fault> {
        tags::change(aws, &found.outputs[DatabaseSubnetGroup::ARN.name], retag).await
    }

    async fn delete(aws: &Aws, found: &Found<DatabaseSubnetGroup>) -> Result<(), Fault> {
        let call = aws.rds().delete_db_subnet_group().db_subnet_group_name(&found.id);
        call.send().await.sorted("rds:DeleteDBSubnetGroup").map(drop).gone_is_fine()
    }
}

const DESCRIBE: &str = "rds:DescribeDBSubnetGroups";

async fn all(aws: &Aws) -> Result<Vec<Live>, Fault> {
    let pages = aws.rds().describe_db_subnet_groups().max_records(100).into_paginator().items().send();
    pages.try_collect().await.sorted(DESCRIBE)
}

async fn one(aws: &Aws, name: &str) -> Result<Option<Live>, Fault> {
    match aws.rds().describe_db_subnet_groups().db_subnet_group_name(name).send().await.sorted(DESCRIBE) {
        Ok(answer) => Ok(answer.db_subnet_groups.unwrap_or_default().pop()),
        Err(fault) if fault.kind == FaultKind::Gone => Ok(None),
        Err(fault) => Err(fault),
    }
}

/// The definition that would have produced a live one.
fn understand(group: &Live, tags: Tags) -> Option<Found<DatabaseSubnetGroup>> {
    let name = group.db_subnet_group_name()?;
    let definition = DatabaseSubnetGroup {
        name: name.to_owned(),
        description: group.db_subnet_group_description().unwrap_or_default().to_owned(),
        subnets: group.subnets().iter().filter_map(|subnet| subnet.subnet_identifier()).map(Ref::known).collect(),
    };
    Some(Found::ready(name, definition, tags).with(DatabaseSubnetGroup::ARN.name, group.db_subnet_group_arn()?))
}

static PASSAGES: &[Passage<DatabaseSubnetGroup>] = &[Passage {
    code: "V125b",
    says: "a subnet group keeps one of its subnets: what stands in them does not move, and never to another network",
    source: "RDS API: ModifyDBSubnetGroup, SubnetAlreadyInUse and InvalidSubnet",
    otherwise: Otherwise::Refused,
    check: |live, wanted| one_stays(&live.subnets, &wanted.subnets),
}];

static RULES: &[Rule<DatabaseSubnetGroup>] = &[
    Rule {
        code: "V125a",
        says: "a subnet group's name has 1 to 255 lower-case letters, digits and single hyphens, a letter first",
        source: "RDS API model: CreateDBSubnetGroup",
        severity: Severity::Error,
        check: |group, _| hyphenated::name(&group.name, 255),
    },
    Rule {
        code: "V125",
        says: "a subnet group has a description, and subnets in two availability zones at least",
        source: "RDS API model: CreateDBSubnetGroup",
        severity: Severity::Error,
        check: complete,
    },
];

fn complete(group: &DatabaseSubnetGroup, around: &Surroundings<'_>) -> Vec<Violation> {
    let mut violations = Vec::new();
    if group.description.is_empty() {
        violations.push(Violation::of("description", "", "it is empty", "say what the group is for"));
    }
    let way_out = "name private subnets of two availability zones";
    let known: Option<BTreeSet<_>> =
        group.subnets.iter().map(|subnet| around.of::<Subnet, _>(subnet).map(|subnet| subnet.zone.clone())).collect();
    if group.subnets.len() < 2 {
        violations.push(Violation::of("subnets", &group.subnets, "there are not two of them", way_out));
    } else if let Some(zone) = known.filter(|zones| zones.len() == 1).and_then(|zones| zones.into_iter().next()) {
        violations.push(Violation::of("subnets", &group.subnets, format!("all of them are in {zone}"), way_out));
    }
    violations
}

#[cfg(test)]
mod tests {
    use aws_sdk_rds::types::Subnet as LiveSubnet;
    use infra_engine::model::Address;

    use super::*;

    fn group() -> DatabaseSubnetGroup {
        DatabaseSubnetGroup {
            name: "shop-db".into(),
            description: "Where the database stands".into(),
            subnets: BTreeSet::from([Ref::known("subnet-1"), Ref::known("subnet-2")]),
        }
    }

    #[test]
    fn a_live_group_tells_what_it_is() {
        let subnet = |id: &str| LiveSubnet::builder().subnet_identifier(id).build();
        let live = Live::builder()
            .db_subnet_group_name("shop-db")
            .db_subnet_group_description("Where the database stands")
            .set_subnets(Some(vec![subnet("subnet-2"), subnet("subnet-1")]))
            .db_subnet_group_arn("arn:aws:rds:us-east-1:123456789012:subgrp:shop-db");
        let found = understand(&live.build(), Tags::new()).unwrap();
        assert_eq!((found.id.as_str(), found.definition), ("shop-db", group()));
        assert!(found.outputs["arn"].ends_with(":subgrp:shop-db"));
    }

    #[test]
    fn what_stands_in_its_subnets_does_not_move() {
        let mut wanted = group();
        wanted.subnets = BTreeSet::from([Ref::known("subnet-2"), Ref::known("subnet-3")]);
        assert_eq!(PASSAGES[0].violations(&group(), &wanted), []);
        wanted.subnets = BTreeSet::from([Ref::known("subnet-3"), Ref::known("subnet-4")]);
        assert_eq!(PASSAGES[0].violations(&group(), &wanted)[0].1.code, "V125b");
    }

    #[test]
    fn what_aws_would_refuse_is_refused() {
        let codes = |change: fn(&mut DatabaseSubnetGroup)| {
            let mut changed = group();
            change(&mut changed);
            let address = Address::new("database", "subnets").unwrap();
            let around = Surroundings::new(&[], &address);
            let violations = RULES.iter().flat_map(|rule| rule.violations(&changed, &around));
            violations.map(|violation| violation.code).collect::<Vec<_>>()
        };
        assert_eq!(codes(|_| {}), Vec::<&str>::new());
        assert_eq!(codes(|group| group.name = "Shop".into()), ["V125a"]);
        assert_eq!(codes(|group| group.subnets.clear()), ["V125"]);
        assert_eq!(codes(|group| group.description.clear()), ["V125"]);
    }
}
