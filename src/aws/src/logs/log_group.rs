//! A log group: where a service writes its logs, and how long they are kept.

use std::collections::BTreeSet;

use aws_sdk_cloudwatchlogs::types::{LogGroup as Live, LogGroupClass};
use futures::try_join;
use infra_derive::Resource;
use infra_engine::check::{Rule, Severity, Surroundings, Violation};
use infra_engine::live::{Ask, Behaviour, Fault, FaultKind, Found, GoneIsFine, Order, Retag, State};
use infra_engine::model::{Ref, Replacement, Tags};
use serde::{Deserialize, Serialize};

use super::Retention;
use crate::again::resume;
use crate::iam::{Arn, KeyArn};
use crate::named::meant;
use crate::pages::{batches, each};
use crate::tags::{from_map, to_map};
use crate::{Aws, Sorted, index};

/// A log group: where a service writes its logs, and how long they are kept.
///
/// ```
/// use infra_aws::logs::{Class, LogGroup, Retention};
///
/// let group = LogGroup {
///     name: "/ecs/shop-web".into(),
///     class: Class::Standard,
///     retention: Retention::Days30,
///     key: None,
/// };
/// ```
///
/// ECS and Lambda make a missing group themselves when they write first, kept forever and owned by nobody: add the
/// group before what writes to it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Resource)]
#[resource(kind = "logs/log-group", id = LogGroupName)]
#[resource(outputs(
    /// Its Amazon Resource Name: for permissions on the group itself.
    ARN: new LogGroupArn,
    /// The name of all of its streams, which ends in `:*`: for permissions to write and to read.
    STREAMS: new LogStreamsArn,
))]
pub struct LogGroup {
    /// Its name, unique in account and region. When its code is removed and the index of tags may not be read, it is
    /// found again only if the project's name is in it.
    #[key]
    pub name: String,
    /// What can be done with its logs, and what they cost.
    #[replace]
    pub class: Class,
    /// How long its logs are kept.
    pub retention: Retention,
    /// The key that its logs are encrypted with; without one AWS uses its own.
    pub key: Option<Ref<KeyArn>>,
}

/// What can be done with logs, and what they cost. It cannot be changed later.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Class {
    /// Everything.
    Standard,
    /// Half the price, and neither metrics nor live views.
    InfrequentAccess,
    /// Only passed on to where a Lambda function's logs are delivered; kept for one day, whatever is said.
    Delivery,
}

impl Arn for LogGroupArn {}
impl Arn for LogStreamsArn {}

/// The most groups that one call describes by name.
const BY_NAME: usize = 50;

impl Behaviour for LogGroup {
    type Cloud = Aws;

    const INDEXED: bool = true;

    const HOLDS_DATA: bool = true;
    const ACTIONS: &'static [&'static str] = &[
        "logs:AssociateKmsKey",
        "logs:CreateLogGroup",
        "logs:DeleteLogGroup",
        "logs:DeleteRetentionPolicy",
        "logs:DescribeLogGroups",
        "logs:DisassociateKmsKey",
        "logs:ListTagsForResource",
        "logs:PutRetentionPolicy",
        "logs:TagResource",
        "logs:UntagResource",
    ];

    fn rules() -> &'static [Rule<LogGroup>] {
        RULES
    }

    /// Under another name it can stand beside what it follows.
    fn replacement(live: &LogGroup, wanted: &LogGroup) -> Replacement {
        if live.name == wanted.name { Replacement::DeleteFirst } else { Replacement::CreateFirst }
    }

    /// The list of groups has no tags, and the tags of one group cost a call: only those are looked at whose name is
    /// asked for or has the project's in it. An account may hold thousands of others.
    async fn read(aws: &Aws, ask: &Ask) -> Result<Vec<Found<LogGroup>>, Fault> {
        let project = ask.owner.as_ref().map(|owner| owner.project.as_str());
        let meant = meant(aws, ask).await?;
        let indexed = meant.ours_after(":log-group:").map(|name| name.trim_end_matches(":*").to_owned());
        let mut asked: BTreeSet<String> = if ask.only.is_empty() { &ask.names } else { &ask.only }.clone();
        asked.extend(indexed);
        let apart = asked.into_iter().filter(|name| !project.is_some_and(|project| name.contains(project)));
        let (mut groups, apart) =
            try_join!(of_project(aws, project), each(apart, async |name: String| named(aws, &name).await))?;
        groups.extend(apart.into_iter().flatten());

        let with_tags = async |group: Live| {
            let Some(arn) = group_arn(&group) else { return Ok(None) };
            let alone = async {
                let call = aws.logs().list_tags_for_resource().resource_arn(&arn);
                let answer = call.send().await.sorted("logs:ListTagsForResource").map_err(sorted);
                answer.map(|answer| Some(from_map(answer.tags()))).gone_is_fine()
            };
            let name = group.log_group_name().unwrap_or_default();
            let tags = index::tags(aws, ask, &arn, alone).await?;
            let wanted = tags.filter(|tags| ask.wants(name, Some(name), tags));
            Ok(wanted.map(|tags| understand(&group, &arn, tags)))
        };
        Ok(each(groups, with_tags).await?.into_iter().flatten().collect())
    }

    async fn create(aws: &Aws, order: &Order<LogGroup>) -> Result<String, Fault> {
        let LogGroup { name, class, retention: _, key } = &order.definition;
        let call = aws
            .logs()
            .create_log_group()
            .log_group_name(name)
            .log_group_class(LogGroupClass::from(*class))
            .set_kms_key_id(key.as_ref().map(Ref::value))
            .set_tags(Some(to_map(&order.tags)));
        if let Err(fault) = call.send().await.sorted("logs:CreateLogGroup").map_err(sorted) {
            return resume(aws, order, name, fault).await;
        }
        Ok(name.clone())
    }

    async fn update(aws: &Aws, found: &Found<LogGroup>, wanted: &LogGroup) -> Result<(), Fault> {
        let LogGroup { name, class: _, retention, key } = wanted;
        if *retention != found.definition.retention {
            keep(aws, name, *retention).await?;
        }
        match key {
            _ if *key == found.definition.key => Ok(()),
            Some(key) => {
                let call = aws.logs().associate_kms_key().log_group_name(name).kms_key_id(key.value());
                call.send().await.sorted("logs:AssociateKmsKey").map_err(sorted).map(drop)
            }
            None => {
                let call = aws.logs().disassociate_kms_key().log_group_name(name);
                call.send().await.sorted("logs:DisassociateKmsKey").map_err(sorted).map(drop)
            }
        }
    }

    async fn retag(aws: &Aws, found: &Found<LogGroup>, retag: &Retag) -> Result<(), Fault> {
        let Retag { set, remove } = retag;
        let arn = &found.outputs[LogGroup::ARN.name];
        if !set.is_empty() {
            let call = aws.logs().tag_resource().resource_arn(arn).set_tags(Some(to_map(set)));
            call.send().await.sorted("logs:TagResource").map_err(sorted)?;
        }
        if !remove.is_empty() {
            let call = aws.logs().untag_resource().resource_arn(arn).set_tag_keys(Some(remove.clone()));
            call.send().await.sorted("logs:UntagResource").map_err(sorted)?;
        }
        Ok(())
    }

    async fn delete(aws: &Aws, found: &Found<LogGroup>) -> Result<(), Fault> {
        let call = aws.logs().delete_log_group().log_group_name(&found.id);
        call.send().await.sorted("logs:DeleteLogGroup").map_err(sorted).map(drop).gone_is_fine()
    }
}

async fn keep(aws: &Aws, name: &str, retention: Retention) -> Result<(), Fault> {
    match retention.days() {
        Some(days) => {
            let call = aws.logs().put_retention_policy().log_group_name(name).retention_in_days(i32::from(days));
            call.send().await.sorted("logs:PutRetentionPolicy").map_err(sorted).map(drop)
        }
        None => {
            let call = aws.logs().delete_retention_policy().log_group_name(name);
            call.send().await.sorted("logs:DeleteRetentionPolicy").map_err(sorted).map(drop)
        }
    }
}

/// The groups with the project's name in theirs. Searching for a part of a name gives names alone, so what is found
/// is described by name.
async fn of_project(aws: &Aws, project: Option<&str>) -> Result<Vec<Live>, Fault> {
    let Some(project) = project else { return Ok(Vec::new()) };
    let call = aws.logs().describe_log_groups().log_group_name_pattern(project).limit(50);
    let pages = call.into_paginator().items().send();
    let hits: Vec<Live> = pages.try_collect().await.sorted("logs:DescribeLogGroups")?;
    let names = hits.into_iter().filter_map(|group| group.log_group_name);
    let names: Vec<String> = names.filter(|name| name.contains(project)).collect();
    batches(&names, BY_NAME, async |names: Vec<String>| {
        let call = aws.logs().describe_log_groups().set_log_group_identifiers(Some(names.clone()));
        let mut groups: Vec<Live> =
            call.into_paginator().items().send().try_collect().await.sorted("logs:DescribeLogGroups")?;
        groups.retain(|group| group.log_group_name.as_ref().is_some_and(|name| names.contains(name)));
        Ok(groups)
    })
    .await
}

/// The group of exactly that name. Names come in order, so it is the first of those that start with it.
async fn named(aws: &Aws, name: &str) -> Result<Option<Live>, Fault> {
    let call = aws.logs().describe_log_groups().log_group_name_prefix(name).limit(1);
    let groups = call.send().await.sorted("logs:DescribeLogGroups")?.log_groups.unwrap_or_default();
    Ok(groups.into_iter().find(|group| group.log_group_name.as_deref() == Some(name)))
}

/// The definition that would have produced a live one, or one that stands in for it.
fn understand(group: &Live, arn: &str, tags: Tags) -> Found<LogGroup> {
    let name = group.log_group_name().unwrap_or_default();
    let class = match group.log_group_class() {
        Some(LogGroupClass::InfrequentAccess) => Class::InfrequentAccess,
        Some(LogGroupClass::Delivery) => Class::Delivery,
        _ => Class::Standard,
    };
    let retention = match group.retention_in_days() {
        _ if class == Class::Delivery => Ok(born_with(class)),
        // Nought is how some answers say that there is no limit.
        None | Some(0) => Ok(Retention::Forever),
        Some(days) => Retention::try_from(i64::from(days)),
    };
    let (retention, state) = match retention {
        Ok(retention) => (retention, State::Ready),
        Err(wrong) => (Retention::Forever, State::Unreadable(format!("the log group {name}: {wrong}"))),
    };
    let definition = LogGroup { name: name.to_owned(), class, retention, key: group.kms_key_id().map(Ref::known) };
    let found = Found::ready(name, definition, tags).in_state(state);
    found.with(LogGroup::ARN.name, arn).with(LogGroup::STREAMS.name, format!("{arn}:*"))
}

/// The group's own ARN. Older answers only have the one of its streams.
fn group_arn(group: &Live) -> Option<String> {
    let arn = group.log_group_arn().or(group.arn())?;
    Some(arn.strip_suffix(":*").unwrap_or(arn).to_owned())
}

/// What a new group keeps before anything is said of it.
fn born_with(class: Class) -> Retention {
    match class {
        Class::Standard | Class::InfrequentAccess => Retention::Forever,
        Class::Delivery => Retention::Days1,
    }
}

fn sorted(fault: Fault) -> Fault {
    fault
        .when(FaultKind::Busy, &["OperationAbortedException"], "")
        .when(FaultKind::Exists, &["ResourceAlreadyExistsException"], "")
        .when(FaultKind::Gone, &["ResourceNotFoundException"], "")
        // The key's policy was written a moment ago. If it stays wrong, the limit of the wait ends it.
        .when(FaultKind::NotYet, &["InvalidParameterException"], "does not exist or is not allowed")
}

impl From<Class> for LogGroupClass {
    fn from(class: Class) -> LogGroupClass {
        match class {
            Class::Standard => LogGroupClass::Standard,
            Class::InfrequentAccess => LogGroupClass::InfrequentAccess,
            Class::Delivery => LogGroupClass::Delivery,
        }
    }
}

static RULES: &[Rule<LogGroup>] = &[
    Rule {
        code: "V42",
        says: "a log group's name has 1 to 512 letters, digits and any of `.-_/#`, and does not start with `aws/`",
        source: "CloudWatch Logs API model: CreateLogGroup",
        severity: Severity::Error,
        check: name_fits,
    },
    Rule {
        code: "V43",
        says: "a group of the class `delivery` keeps its logs for one day",
        source: "CloudWatch Logs API model: LogGroupClass",
        severity: Severity::Error,
        check: delivery_keeps_one_day,
    },
];

fn name_fits(group: &LogGroup, _: &Surroundings<'_>) -> Vec<Violation> {
    let name = &group.name;
    let odd = name.chars().find(|c| !c.is_ascii_alphanumeric() && !".-_/#".contains(*c));
    let (wrong, way_out) = match odd {
        _ if name.is_empty() => ("it is empty".to_owned(), "name it: `/ecs/shop-web`"),
        _ if name.len() > 512 => (format!("it has {} characters", name.len()), "write a shorter one"),
        _ if name.starts_with("aws/") => {
            ("it starts with `aws/`, which AWS keeps to itself".to_owned(), "write `/aws/…`")
        }
        Some(odd) => (format!("it has `{odd}` in it"), "leave it out"),
        None => return Vec::new(),
    };
    vec![Violation::of("name", name, wrong, way_out)]
}

fn delivery_keeps_one_day(group: &LogGroup, _: &Surroundings<'_>) -> Vec<Violation> {
    if group.class != Class::Delivery || group.retention == Retention::Days1 {
        return Vec::new();
    }
    let way_out = "write `Retention::Days1`, or choose another class";
    vec![Violation::of("retention", group.retention, "it is another length, and cannot be set", way_out)]
}

#[cfg(test)]
mod tests {
    use infra_engine::model::Address;

    use super::*;

    const ARN: &str = "arn:aws:logs:us-east-1:123456789012:log-group:/ecs/shop-web";

    fn group() -> LogGroup {
        let (class, retention) = (Class::Standard, Retention::Days30);
        LogGroup { name: "/ecs/shop-web".into(), class, retention, key: None }
    }

    #[test]
    fn a_live_group_tells_what_it_is() {
        let live =
            Live::builder().log_group_name("/ecs/shop-web").arn(format!("{ARN}:*")).retention_in_days(30).build();
        assert_eq!(group_arn(&live).as_deref(), Some(ARN));
        let found = understand(&live, ARN, Tags::new());
        assert_eq!((found.id.as_str(), &found.definition), ("/ecs/shop-web", &group()));
        assert_eq!(found.outputs["streams"], format!("{ARN}:*"));
    }

    #[test]
    fn a_length_that_there_is_not_is_said_and_not_guessed() {
        let live = Live::builder().log_group_name("/ecs/shop-web").retention_in_days(31).build();
        let State::Unreadable(why) = understand(&live, ARN, Tags::new()).state else {
            panic!("there is no such length")
        };
        assert!(why.starts_with("the log group /ecs/shop-web: logs cannot be kept for 31 days"), "{why}");
    }

    #[test]
    fn no_limit_and_nought_are_forever() {
        for days in [None, Some(0)] {
            let live = Live::builder().log_group_name("g").set_retention_in_days(days).build();
            assert_eq!(understand(&live, ARN, Tags::new()).definition.retention, Retention::Forever);
        }
    }

    fn codes(change: impl FnOnce(&mut LogGroup)) -> Vec<&'static str> {
        let mut changed = group();
        change(&mut changed);
        let address = Address::new("cluster", "web").unwrap();
        let around = Surroundings::new(&[], &address);
        RULES.iter().flat_map(|rule| rule.violations(&changed, &around)).map(|violation| violation.code).collect()
    }

    #[test]
    fn names_are_checked() {
        for good in ["/ecs/shop-web", "a.b_c#1", "/aws/lambda/shop", &"n".repeat(512)] {
            assert_eq!(codes(|group| group.name = good.into()), Vec::<&str>::new(), "{good}");
        }
        for bad in ["", "aws/lambda/shop", "shop web", "shop*", &"n".repeat(513)] {
            assert_eq!(codes(|group| group.name = bad.into()), ["V42"], "{bad}");
        }
    }

    #[test]
    fn delivery_keeps_for_one_day() {
        assert_eq!(codes(|group| group.class = Class::Delivery), ["V43"]);
        let fits = codes(|group| (group.class, group.retention) = (Class::Delivery, Retention::Days1));
        assert_eq!(fits, Vec::<&str>::new());
        assert_eq!(codes(|group| group.class = Class::InfrequentAccess), Vec::<&str>::new());
    }
}
