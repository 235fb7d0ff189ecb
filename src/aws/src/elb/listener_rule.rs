//! A rule of a listener: which requests it is for, and what becomes of them.

use std::collections::BTreeSet;

use aws_sdk_elasticloadbalancingv2::types::{Rule as Live, RuleCondition as LiveCondition, RulePriorityPair};
use infra_derive::Resource;
use infra_engine::check::{Rule, Severity, Surroundings, Violation};
use infra_engine::live::{Ask, Behaviour, Fault, FaultKind, Found, GoneIsFine, Order, Retag};
use infra_engine::model::{Ref, Replacement, Tags, keys};
use serde::{Deserialize, Serialize};

use super::action::{self, Action};
use super::condition::{self, Condition};
use super::fault::{ElbFault, lacking, taken};
use super::listener::ListenerArn;
use super::look::{self, LISTENERS};
use super::tags::{self, Listed};
use crate::iam::Arn;
use crate::pages::each;
use crate::secretsmanager::{Note, values};
use crate::tags::to_sdk;
use crate::{Aws, Sorted};

/// A rule of a listener: which requests it is for, and what becomes of them.
///
/// ```
/// use infra_aws::elb::{Action, Condition, ListenerArn, ListenerRule, TargetGroupArn};
/// use infra_engine::model::Ref;
///
/// let https: Ref<ListenerArn> = Ref::known("arn:aws:elasticloadbalancing:…:listener/app/shop/1/2");
/// let users: Ref<TargetGroupArn> = Ref::known("arn:aws:elasticloadbalancing:…:targetgroup/shop-users/1");
/// let rule = ListenerRule {
///     listener: https,
///     priority: 100,
///     conditions: [Condition::path(["/users", "/users/*"])].into(),
///     action: Action::forward(users),
/// };
/// ```
///
/// The rule of the lowest priority whose conditions hold decides. Priorities change in place: a rule that moves to the
/// place of another one of ours changes places with it. When its code is removed, a rule is found again only if the
/// load balancer is ours.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Resource)]
#[resource(kind = "elb/listener-rule", id = ListenerRuleArn)]
pub struct ListenerRule {
    /// The listener whose requests are looked at.
    #[key]
    pub listener: Ref<ListenerArn>,
    /// Its place among the rules of the listener: 1 to 50000.
    #[key(in_place)]
    pub priority: u16,
    /// Which requests it is for: all of these must hold.
    pub conditions: BTreeSet<Condition>,
    /// What becomes of them.
    pub action: Action,
}

impl Arn for ListenerRuleArn {}

impl Behaviour for ListenerRule {
    type Cloud = Aws;

    const INDEXED: bool = true;

    const WRITES_OVER: bool = true;

    const ACTIONS: &'static [&'static str] = &[
        "elasticloadbalancing:CreateRule",
        "elasticloadbalancing:DeleteRule",
        LISTENERS,
        "elasticloadbalancing:DescribeLoadBalancers",
        DESCRIBE,
        "elasticloadbalancing:ModifyRule",
        PRIORITIES,
        "secretsmanager:GetSecretValue",
        tags::ADD,
        tags::DESCRIBE,
        tags::REMOVE,
    ];

    fn rules() -> &'static [Rule<ListenerRule>] {
        RULES
    }

    /// Another listener's can stand beside it.
    fn replacement(_: &ListenerRule, _: &ListenerRule) -> Replacement {
        Replacement::CreateFirst
    }

    async fn read(aws: &Aws, ask: &Ask) -> Result<Vec<Found<ListenerRule>>, Fault> {
        let rules: Vec<Listing> = if ask.only.is_empty() {
            let ours = look::listeners(aws, ask, BTreeSet::new()).await?;
            let named = look::balancers(&ask.names);
            let listeners: BTreeSet<String> = ours.iter().map(Listed::arn).chain(named).collect();
            each(listeners, async |listener: String| of_listener(aws, &listener).await).await?
        } else {
            each(ask.only.clone(), async |arn: String| one(aws, &arn).await).await?
        }
        .into_iter()
        .flatten()
        .collect();
        let asked = tags::asked(aws, ask, rules).await?;
        Ok(asked.into_iter().map(|(rule, tags)| understand(&rule, tags)).collect())
    }

    async fn create(aws: &Aws, order: &Order<ListenerRule>) -> Result<String, Fault> {
        let ListenerRule { listener, priority, conditions, action } = &order.definition;
        let (conditions, note) = written(aws, conditions).await?;
        let mut tags = order.tags.clone();
        tags.extend(note.map(|note| (NOTE.to_owned(), note)));
        let call = aws
            .elb()
            .create_rule()
            .listener_arn(listener.value())
            .priority(i32::from(*priority))
            .set_conditions(Some(conditions))
            .set_actions(Some(action.written()))
            .set_tags(Some(to_sdk(&tags)));
        let fault = match call.send().await.sorted(CREATE).changing() {
            Ok(answer) => {
                let rules = answer.rules.unwrap_or_default();
                return rules.first().and_then(Live::rule_arn).map(str::to_owned).ok_or_else(|| lacking(CREATE, "ARN"));
            }
            Err(fault) if fault.kind != FaultKind::Exists => return Err(fault),
            Err(fault) => fault,
        };
        let Some((rule, tags)) = bearer(aws, &listener.value(), *priority).await? else { return Err(fault) };
        if order.made(&tags) {
            return Ok(rule.arn);
        }
        if tags.get(keys::OWNER) == order.tags.get(keys::OWNER) {
            // Two of ours never want the same place: that one is about to move, or to go.
            return Err(fault.sorted(FaultKind::Busy));
        }
        Err(taken(CREATE, "rule of priority", &priority.to_string()))
    }

    async fn update(aws: &Aws, found: &Found<ListenerRule>, wanted: &ListenerRule) -> Result<(), Fault> {
        let ListenerRule { listener: _, priority, conditions, action } = wanted;
        if found.definition.priority != *priority {
            place(aws, found, *priority).await?;
        }
        if found.definition.conditions == *conditions && found.definition.action == *action {
            return Ok(());
        }
        ListenerRule::write_over(aws, found, wanted).await
    }

    async fn write_over(aws: &Aws, found: &Found<ListenerRule>, wanted: &ListenerRule) -> Result<(), Fault> {
        let ListenerRule { listener: _, priority: _, conditions, action } = wanted;
        let (conditions, note) = written(aws, conditions).await?;
        // What is to be there is noted first: cut off after that, it is not what was noted, and the next plan sees it.
        if let Some(note) = note {
            let set = Tags::from([(NOTE.to_owned(), note)]);
            tags::change(aws, &found.id, &Retag { set, remove: Vec::new() }).await?;
        }
        let call = aws
            .elb()
            .modify_rule()
            .rule_arn(&found.id)
            .set_conditions(Some(conditions))
            .set_actions(Some(action.written()));
        call.send().await.sorted("elasticloadbalancing:ModifyRule").changing().map(drop)
    }

    async fn retag(aws: &Aws, found: &Found<ListenerRule>, retag: &Retag) -> Result<(), Fault> {
        tags::change(aws, &found.id, retag).await
    }

    async fn delete(aws: &Aws, found: &Found<ListenerRule>) -> Result<(), Fault> {
        let call = aws.elb().delete_rule().rule_arn(&found.id);
        call.send().await.sorted("elasticloadbalancing:DeleteRule").map(drop).gone_is_fine()
    }
}

const DESCRIBE: &str = "elasticloadbalancing:DescribeRules";
const CREATE: &str = "elasticloadbalancing:CreateRule";
const PRIORITIES: &str = "elasticloadbalancing:SetRulePriorities";

/// The tag that says which secret's values a rule wants in which header.
const NOTE: &str = "infra:secret-header";

/// Conditions as AWS takes them, and what is noted of the secret among them.
async fn written(aws: &Aws, conditions: &BTreeSet<Condition>) -> Result<(Vec<LiveCondition>, Option<String>), Fault> {
    let (mut all, mut note) = (Vec::new(), None);
    for condition in conditions {
        let secret = condition.secret();
        let sent = match &secret {
            Some((secret, versions)) => values(aws, secret, versions).await?,
            None => Vec::new(),
        };
        all.push(condition.written(&sent));
        if let (Some((secret, versions)), Condition::SecretHeader { name, .. }) = (secret, condition) {
            note = Some(format!("{name} {}", Note::of(&secret, &versions, &sent)));
        }
    }
    Ok((all, note))
}

/// The header that a note is about, and the note.
fn noted(tag: &str) -> Option<(String, Note)> {
    let (name, note) = tag.split_once(' ')?;
    Some((name.to_owned(), Note::parse(note)?))
}

/// A live rule, and whose it is: the answers do not say it.
struct Listing {
    arn: String,
    listener: String,
    priority: u16,
    live: Live,
}

impl Listing {
    /// `None` for a listener's own action, which AWS lists as a rule without a priority.
    fn of(live: Live) -> Option<Listing> {
        let arn = live.rule_arn()?.to_owned();
        let priority = live.priority()?.parse().ok()?;
        let listener = arn.replacen(":listener-rule/", ":listener/", 1).rsplit_once('/')?.0.to_owned();
        Some(Listing { arn, listener, priority, live })
    }
}

impl Listed for Listing {
    fn arn(&self) -> String {
        self.arn.clone()
    }

    fn key(&self) -> String {
        format!("{}/{}", self.listener, self.priority)
    }
}

async fn of_listener(aws: &Aws, listener: &str) -> Result<Vec<Listing>, Fault> {
    let mut rules = Vec::new();
    let mut pages = aws.elb().describe_rules().listener_arn(listener).page_size(400).into_paginator().send();
    while let Some(page) = pages.next().await {
        let Some(page) = page.sorted(DESCRIBE).reading()? else { return Ok(Vec::new()) };
        rules.extend(page.rules.unwrap_or_default().into_iter().filter_map(Listing::of));
    }
    Ok(rules)
}

async fn one(aws: &Aws, arn: &str) -> Result<Vec<Listing>, Fault> {
    let answer = aws.elb().describe_rules().rule_arns(arn).send().await.sorted(DESCRIBE).reading()?;
    let rules = answer.and_then(|answer| answer.rules).unwrap_or_default();
    Ok(rules.into_iter().filter_map(Listing::of).collect())
}

/// Who stands at a place, with its tags.
async fn bearer(aws: &Aws, listener: &str, priority: u16) -> Result<Option<(Listing, Tags)>, Fault> {
    let rules = of_listener(aws, listener).await?;
    let Some(rule) = rules.into_iter().find(|rule| rule.priority == priority) else { return Ok(None) };
    let tags = tags::read(aws, std::slice::from_ref(&rule.arn)).await?.remove(&rule.arn).unwrap_or_default();
    Ok(Some((rule, tags)))
}

/// Puts a rule to its place. If another one of ours stands there, the two change places: that one goes on to its own
/// from here, and a place that somebody has been put to is wanted by nobody else.
async fn place(aws: &Aws, found: &Found<ListenerRule>, priority: u16) -> Result<(), Fault> {
    let pair =
        |arn: &str, priority: u16| RulePriorityPair::builder().rule_arn(arn).priority(i32::from(priority)).build();
    let Some(now) = one(aws, &found.id).await?.into_iter().next() else {
        return Err(Fault::new(FaultKind::Gone, PRIORITIES, "the rule is gone"));
    };
    let mut pairs = vec![pair(&found.id, priority)];
    match bearer(aws, &now.listener, priority).await? {
        Some((rule, _)) if rule.arn == found.id => return Ok(()),
        Some((rule, tags)) if tags.get(keys::OWNER) == found.tags.get(keys::OWNER) => {
            pairs.push(pair(&rule.arn, now.priority));
        }
        Some(_) => return Err(taken(PRIORITIES, "rule of priority", &priority.to_string())),
        None => {}
    }
    let sent = aws.elb().set_rule_priorities().set_rule_priorities(Some(pairs)).send().await;
    // Somebody has moved there between the two calls.
    let moved = |fault: Fault| fault.when(FaultKind::Busy, &["PriorityInUse"], "");
    sent.sorted(PRIORITIES).changing().map_err(moved).map(drop)
}

/// The definition that would have produced a live one.
fn understand(rule: &Listing, mut tags: Tags) -> Found<ListenerRule> {
    let noted = tags.remove(NOTE).and_then(|tag| noted(&tag));
    let definition = ListenerRule {
        listener: Ref::known(&rule.listener),
        priority: rule.priority,
        conditions: rule.live.conditions().iter().map(|live| Condition::of(live, noted.as_ref())).collect(),
        action: Action::of(rule.live.actions()),
    };
    Found::ready(&rule.arn, definition, tags)
}

static RULES: &[Rule<ListenerRule>] = &[
    Rule {
        code: "V30",
        says: "a request is shared out among one to five groups, one of which gets something",
        source: "Elastic Load Balancing API model: ForwardActionConfig",
        severity: Severity::Error,
        check: |rule, _| action::forward_fits(&rule.action),
    },
    Rule {
        code: "V31",
        says: "a rule has a priority from 1 to 50000 that no other of its listener has",
        source: "Elastic Load Balancing API model: CreateRule, Priority",
        severity: Severity::Error,
        check: priority_fits,
    },
    Rule {
        code: "V32",
        says: "a rule has conditions, with five values at most",
        source: "Elastic Load Balancing API model: RuleCondition; user guide: quotas",
        severity: Severity::Error,
        check: |rule, _| condition::fit(&rule.conditions),
    },
    Rule {
        code: "V33",
        says: "a request is passed on, sent elsewhere or answered",
        source: "infra: what is not written is only read",
        severity: Severity::Error,
        check: |rule, _| action::is_written(&rule.action),
    },
    Rule {
        code: "V34",
        says: "a client is sent somewhere else than it came from, and an answer has a code and at most 1024 characters",
        source: "Elastic Load Balancing API model: RedirectActionConfig, FixedResponseActionConfig",
        severity: Severity::Error,
        check: |rule, _| action::answer_fits(&rule.action, None),
    },
];

fn priority_fits(rule: &ListenerRule, around: &Surroundings<'_>) -> Vec<Violation> {
    let priority = rule.priority;
    if !(1..=50_000).contains(&priority) {
        return vec![Violation::of("priority", priority, "it is out of range", "write 1 to 50000")];
    }
    let same = |other: &ListenerRule| other.listener == rule.listener && other.priority == priority;
    let tell = |(address, _)| {
        Violation::of("priority", priority, format!("{address} has it too"), "give one of them another priority")
    };
    around.others::<ListenerRule>().find(|(_, other)| same(other)).map(tell).into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ec2::testing::check;

    const RULE: &str = "arn:aws:elasticloadbalancing:us-east-1:123456789012:listener-rule/app/shop/1/2/3";
    const LISTENER: &str = "arn:aws:elasticloadbalancing:us-east-1:123456789012:listener/app/shop/1/2";

    fn rule(priority: u16) -> ListenerRule {
        let conditions = [Condition::path(["/users/*"])].into();
        ListenerRule { listener: Ref::known(LISTENER), priority, conditions, action: Action::forward(Ref::known("tg")) }
    }

    #[test]
    fn a_live_rule_tells_what_it_is() {
        let wanted = rule(100);
        let live = Live::builder()
            .rule_arn(RULE)
            .priority("100")
            .set_conditions(Some(wanted.conditions.iter().map(|condition| condition.written(&[])).collect()))
            .set_actions(Some(wanted.action.written()))
            .build();
        let listing = Listing::of(live).unwrap();
        assert_eq!(listing.key(), format!("{LISTENER}/100"));
        assert_eq!(understand(&listing, Tags::new()).definition, wanted);
    }

    #[test]
    fn a_listeners_own_action_is_no_rule() {
        let own = Live::builder().rule_arn(RULE).priority("default").is_default(true).build();
        assert!(Listing::of(own).is_none());
    }

    #[test]
    fn v31_priorities() {
        check("V31", |stack| stack.add("users", rule(0))).refuses("out of range");
        check("V31", |stack| stack.add("users", rule(50_001))).refuses("out of range");
        let beside = |priority| {
            check("V31", move |stack| {
                stack.add("orders", rule(priority));
                stack.add("users", rule(100))
            })
        };
        beside(100).refuses("network.orders has it too");
        beside(101).holds();
    }

    #[test]
    fn the_rules_of_conditions_and_actions_are_asked() {
        let with = |code: &'static str, rule| check(code, |stack| stack.add("users", rule));
        with("V30", ListenerRule { action: Action::weighted([]), ..rule(1) }).refuses("names no group");
        with("V30", rule(1)).holds();
        with("V32", ListenerRule { conditions: BTreeSet::new(), ..rule(1) }).refuses("there is none");
        with("V32", rule(1)).holds();
        with("V33", ListenerRule { action: Action::Foreign("x".into()), ..rule(1) }).refuses("nothing that");
        with("V33", rule(1)).holds();
        with("V34", ListenerRule { action: Action::respond(99, ""), ..rule(1) }).refuses("its code");
        with("V34", rule(1)).holds();
    }
}
