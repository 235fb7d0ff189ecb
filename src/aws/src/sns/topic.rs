//! A topic: what is published to it goes to all who have subscribed.

use std::collections::HashMap;

use infra_derive::Resource;
use infra_engine::check::{Rule, Severity, Surroundings, Violation};
use infra_engine::live::{Ask, Behaviour, Fault, FaultKind, Found, GoneIsFine, Order, Retag};
use infra_engine::model::{Ref, Replacement, Tags};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::again::made_before;
use crate::iam::{KeyArn, Policy, Shares, strange_names, written};
use crate::named::meant;
use crate::pages::each;
use crate::tags::{from_sdk, to_sdk};
use crate::{Aws, Sorted, index};

/// A topic: what is published to it goes to all who have subscribed.
///
/// ```
/// use infra_aws::sns::Topic;
///
/// let alarms = Topic {
///     name: "shop-alarms".into(),
///     display_name: "Alarms of the shop".into(),
///     policy: None,
///     key: None,
///     deduplicates: false,
/// };
/// ```
///
/// A topic whose name ends in `.fifo` keeps the order of what is published, and only queues can subscribe to it. What
/// a definition does not say (how often delivery is tried again, who logs it) stays as it is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Resource)]
#[resource(kind = "sns/topic", id = super::TopicArn)]
pub struct Topic {
    /// Its name, unique in account and region. When its code is removed and the index of tags may not be read, it is
    /// found again only if the project's name is in it.
    #[key]
    pub name: String,
    /// Who e-mails seem to come from. Empty is none.
    pub display_name: String,
    /// Who may do what with it. Without one: everyone in its own account, as far as their own permissions go, and the
    /// account's alarms. A policy takes the place of that, so it must name alarms and budgets that publish. Others may
    /// write in it too: only statements whose names begin with `Infra`, as those without a name do, are ours.
    #[json]
    pub policy: Option<Policy>,
    /// The key that what is published is encrypted with. Alarms can publish only where the key's policy lets them.
    pub key: Option<Ref<KeyArn>>,
    /// Whether the same text within five minutes is one publication. Only of topics that keep the order.
    pub deduplicates: bool,
}

const LIST: &str = "sns:ListTopics";
const GET: &str = "sns:GetTopicAttributes";
const SET: &str = "sns:SetTopicAttributes";
const TAGS: &str = "sns:ListTagsForResource";
const CREATE: &str = "sns:CreateTopic";

/// How the names of topics end that keep the order.
const FIFO: &str = ".fifo";

impl Behaviour for Topic {
    type Cloud = Aws;

    const INDEXED: bool = true;

    const ACTIONS: &'static [&'static str] =
        &[CREATE, "sns:DeleteTopic", GET, TAGS, LIST, SET, "sns:TagResource", "sns:UntagResource"];

    fn rules() -> &'static [Rule<Topic>] {
        RULES
    }

    /// Only under another name is it another one, which can stand beside it.
    fn replacement(_: &Topic, _: &Topic) -> Replacement {
        Replacement::CreateFirst
    }

    /// The list has ARNs alone: only those are looked at whose name may be meant.
    async fn read(aws: &Aws, ask: &Ask) -> Result<Vec<Found<Topic>>, Fault> {
        let meant = meant(aws, ask).await?;
        let arns = match ask.only.is_empty() {
            true => all(aws).await?.into_iter().filter(|arn| meant.by_arn(name_of(arn), arn)).collect(),
            false => ask.only.iter().cloned().collect::<Vec<String>>(),
        };
        let found = each(arns, async |arn: String| {
            let alone = async {
                let answer = aws.sns().list_tags_for_resource().resource_arn(&arn).send().await.sorted(TAGS);
                answer.map(|answer| Some(from_sdk(answer.tags()))).gone_is_fine()
            };
            let tags = index::tags(aws, ask, &arn, alone).await?;
            // A stranger's policy may let nobody look at it.
            let Some(tags) = tags.filter(|tags| ask.wants(&arn, Some(name_of(&arn)), tags)) else { return Ok(None) };
            let get = aws.sns().get_topic_attributes().topic_arn(&arn).send().await.sorted(GET);
            Ok(get.map(Some).gone_is_fine()?.map(|topic| understand(&arn, topic.attributes(), tags)))
        });
        Ok(found.await?.into_iter().flatten().collect())
    }

    /// The creating call gives the ARN of a topic that is there and set up in the same way: so it is looked for first.
    async fn create(aws: &Aws, order: &Order<Topic>) -> Result<String, Fault> {
        let Topic { name, .. } = &order.definition;
        let exists =
            || Fault::new(FaultKind::Exists, CREATE, format!("there is a topic named {name}, and it is not ours"));
        if all(aws).await?.iter().any(|arn| name_of(arn) == name) {
            return made_before(aws, order, Some(name), exists()).await;
        }
        let attributes = order.definition.attributes().into_iter().filter(|(_, value)| !value.is_empty());
        let call = aws
            .sns()
            .create_topic()
            .name(name)
            .set_attributes(Some(attributes.map(|(attribute, value)| (attribute.to_owned(), value)).collect()))
            .set_tags(Some(to_sdk(&order.tags)));
        match call.send().await.sorted(CREATE) {
            Ok(answer) => answer.topic_arn.ok_or_else(|| Fault::new(FaultKind::Lost, CREATE, "the answer has no ARN")),
            Err(fault) => made_before(aws, order, Some(name), fault).await,
        }
    }

    /// One call for each attribute that differs.
    async fn update(aws: &Aws, found: &Found<Topic>, wanted: &Topic) -> Result<(), Fault> {
        let live = found.definition.attributes();
        let differs = |(attribute, value): &(&'static str, String)| !live.contains(&(*attribute, value.clone()));
        for (attribute, value) in wanted.attributes().into_iter().filter(differs) {
            let value = if attribute == POLICY { beside_others(aws, &found.id, wanted).await? } else { value };
            let call = aws.sns().set_topic_attributes().topic_arn(&found.id);
            call.attribute_name(attribute).attribute_value(value).send().await.sorted(SET)?;
        }
        Ok(())
    }

    async fn retag(aws: &Aws, found: &Found<Topic>, retag: &Retag) -> Result<(), Fault> {
        let Retag { set, remove } = retag;
        if !set.is_empty() {
            let call = aws.sns().tag_resource().resource_arn(&found.id).set_tags(Some(to_sdk(set)));
            call.send().await.sorted("sns:TagResource")?;
        }
        if !remove.is_empty() {
            let call = aws.sns().untag_resource().resource_arn(&found.id).set_tag_keys(Some(remove.clone()));
            call.send().await.sorted("sns:UntagResource")?;
        }
        Ok(())
    }

    async fn delete(aws: &Aws, found: &Found<Topic>) -> Result<(), Fault> {
        let call = aws.sns().delete_topic().topic_arn(&found.id);
        call.send().await.sorted("sns:DeleteTopic").map(drop).gone_is_fine()
    }
}

/// The ARNs of all topics of the account in the region.
async fn all(aws: &Aws) -> Result<Vec<String>, Fault> {
    let pages = aws.sns().list_topics().into_paginator().items().send();
    let topics: Vec<_> = pages.try_collect().await.sorted(LIST)?;
    Ok(topics.into_iter().filter_map(|topic| topic.topic_arn).collect())
}

/// Our part of a topic's policy, with what others have in it: SNS knows a policy only whole.
async fn beside_others(aws: &Aws, arn: &str, wanted: &Topic) -> Result<String, Fault> {
    let topic = aws.sns().get_topic_attributes().topic_arn(arn).send().await.sorted(GET)?;
    let live = topic.attributes().and_then(|all| all.get(POLICY)).map(String::as_str);
    Ok(policy_with(arn, wanted.policy.as_ref(), live))
}

fn policy_with(arn: &str, wanted: Option<&Policy>, live: Option<&str>) -> String {
    let born = |statement: &Value| is_born_with(arn, statement);
    let others = written(&Policy::of([]), live, born);
    match wanted {
        Some(policy) => written(policy, live, born).unwrap_or_else(|| policy.document()),
        // What a topic is born with speaks of actions of SNS alone, so it is no statement of ours to be named.
        None => match others.and_then(|others| serde_json::from_str::<Value>(&others).ok()) {
            Some(mut whole) => {
                let born = serde_json::from_str::<Value>(&born_with(arn)).unwrap_or_default();
                if let Some(statements) = whole["Statement"].as_array_mut() {
                    statements.insert(0, born["Statement"][0].clone());
                }
                whole.to_string()
            }
            None => born_with(arn),
        },
    }
}

fn name_of(arn: &str) -> &str {
    arn.rsplit(':').next().unwrap_or(arn)
}

const DISPLAY_NAME: &str = "DisplayName";
const POLICY: &str = "Policy";
const KEY: &str = "KmsMasterKeyId";
const ORDERED: &str = "FifoTopic";
const DEDUPLICATES: &str = "ContentBasedDeduplication";

impl Topic {
    /// True for topics that keep the order.
    pub(super) fn keeps_order(&self) -> bool {
        self.name.ends_with(FIFO)
    }

    /// What AWS keeps of a topic, by its own names. Empty is AWS's own choice.
    fn attributes(&self) -> Vec<(&'static str, String)> {
        let Topic { name: _, display_name, policy, key, deduplicates } = self;
        let mut attributes = vec![
            (DISPLAY_NAME, display_name.clone()),
            (POLICY, policy.as_ref().map(|policy| policy_with("", Some(policy), None)).unwrap_or_default()),
            (KEY, key.as_ref().map(Ref::value).unwrap_or_default()),
        ];
        if self.keeps_order() {
            attributes.extend([(ORDERED, "true".to_owned()), (DEDUPLICATES, deduplicates.to_string())]);
        }
        attributes
    }
}

/// The definition that would have produced a live one.
fn understand(arn: &str, attributes: Option<&HashMap<String, String>>, tags: Tags) -> Found<Topic> {
    let value = |name: &str| attributes.and_then(|all| all.get(name)).filter(|value| !value.is_empty());
    let (policy, others) = value(POLICY).map(|text| divided(arn, text)).unwrap_or_default();
    let definition = Topic {
        name: name_of(arn).to_owned(),
        display_name: value(DISPLAY_NAME).cloned().unwrap_or_default(),
        policy,
        key: value(KEY).map(Ref::known),
        deduplicates: value(DEDUPLICATES).is_some_and(|value| value == "true"),
    };
    Found::ready(arn, definition, tags).with_others(others)
}

/// What is ours of a live policy, nothing where that is what a topic is born with; and what others have in it.
fn divided(arn: &str, text: &str) -> (Option<Policy>, Vec<String>) {
    let born = |statement: &Value| is_born_with(arn, statement);
    let shares = Shares::of(text, born);
    let as_born = match &shares.ours {
        Policy::Statements(ours) => ours.len() == 1 && ours.iter().all(|one| one.sid.as_deref() == Some(BORN_WITH)),
        Policy::Raw(_) => false,
    };
    let others = shares.told();
    ((!as_born).then_some(shares.ours), others)
}

/// The name of the statement that a topic is born with.
const BORN_WITH: &str = "__default_statement_ID";

/// The policy that AWS gives to a new topic: the account's own may use it, as may what works on their behalf.
fn born_with(arn: &str) -> String {
    let policy = json!({
        "Version": "2008-10-17",
        "Id": "__default_policy_ID",
        "Statement": [{
            "Sid": BORN_WITH,
            "Effect": "Allow",
            "Principal": {"AWS": "*"},
            "Action": [
                "SNS:GetTopicAttributes",
                "SNS:SetTopicAttributes",
                "SNS:AddPermission",
                "SNS:RemovePermission",
                "SNS:DeleteTopic",
                "SNS:Subscribe",
                "SNS:ListSubscriptionsByTopic",
                "SNS:Publish",
            ],
            "Resource": arn,
            "Condition": {"StringEquals": {"AWS:SourceOwner": account_of(arn)}},
        }],
    });
    policy.to_string()
}

/// True for the statement of that policy, whichever actions AWS has put into it by now. It opens the topic to its own
/// account alone.
fn is_born_with(arn: &str, statement: &Value) -> bool {
    statement["Sid"] == BORN_WITH && statement["Condition"]["StringEquals"]["AWS:SourceOwner"] == account_of(arn)
}

fn account_of(arn: &str) -> &str {
    arn.split(':').nth(4).unwrap_or_default()
}

static RULES: &[Rule<Topic>] = &[
    Rule {
        code: "V50",
        says: "a topic's name has 1 to 256 letters, digits and any of `-_`, and may end in `.fifo`",
        source: "SNS API model: CreateTopic",
        severity: Severity::Error,
        check: name_fits,
    },
    Rule {
        code: "V50b",
        says: "only a topic whose name ends in `.fifo` tells publications apart by their text",
        source: "SNS API: CreateTopic, ContentBasedDeduplication",
        severity: Severity::Error,
        check: deduplicates_in_order,
    },
    Rule {
        code: "V50c",
        says: "a topic's display name has 100 characters at most",
        source: "SNS API: SetTopicAttributes, DisplayName",
        severity: Severity::Error,
        check: display_name_fits,
    },
    Rule {
        code: "V50d",
        says: "a topic's policy says who and which topic in each of its statements",
        source: "SNS developer guide: access policy language",
        severity: Severity::Error,
        check: policy_says_who_and_what,
    },
    Rule {
        code: "V50f",
        says: "statements have no name, or one that begins with `Infra`: by it they are told from those of others",
        source: "this program: what others write into a topic's policy stays",
        severity: Severity::Error,
        check: names_are_ours,
    },
];

fn names_are_ours(topic: &Topic, _: &Surroundings<'_>) -> Vec<Violation> {
    let names = topic.policy.iter().flat_map(strange_names);
    names
        .map(|name| {
            let wrong = format!("the statement `{name}` would be taken for somebody else's");
            Violation::of("policy", &topic.policy, wrong, format!("leave its name out, or write `Infra{name}`"))
        })
        .collect()
}

fn name_fits(topic: &Topic, _: &Surroundings<'_>) -> Vec<Violation> {
    let name = &topic.name;
    let plain = name.strip_suffix(FIFO).unwrap_or(name);
    let fits = plain.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte));
    if fits && !plain.is_empty() && name.len() <= 256 {
        return Vec::new();
    }
    let wrong = "it is empty, too long, or has other characters in it";
    vec![Violation::of("name", name, wrong, "write 1 to 256 letters, digits and any of `-_`, such as `shop-alarms`")]
}

fn deduplicates_in_order(topic: &Topic, _: &Surroundings<'_>) -> Vec<Violation> {
    if !topic.deduplicates || topic.keeps_order() {
        return Vec::new();
    }
    let way_out = "let the name end in `.fifo`, or write `false`";
    vec![Violation::of("deduplicates", true, "the topic does not keep the order", way_out)]
}

fn display_name_fits(topic: &Topic, _: &Surroundings<'_>) -> Vec<Violation> {
    let count = topic.display_name.chars().count();
    if count <= 100 {
        return Vec::new();
    }
    vec![Violation::of("display_name", &topic.display_name, format!("it has {count}"), "write a shorter one")]
}

fn policy_says_who_and_what(topic: &Topic, _: &Surroundings<'_>) -> Vec<Violation> {
    let mut violations = Vec::new();
    for statement in topic.policy.iter().flat_map(Policy::statements) {
        if statement.principals.is_none() {
            let way_out = "say who: `.to(Service::Budgets)`";
            violations.push(Violation::of("policy", &topic.policy, "a statement does not say who", way_out));
        }
        if statement.resources.is_empty() {
            let way_out = "say which, by the topic's ARN";
            violations.push(Violation::of("policy", &topic.policy, "a statement says no resource", way_out));
        }
    }
    violations
}

#[cfg(test)]
mod tests;
