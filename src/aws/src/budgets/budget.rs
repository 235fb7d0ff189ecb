//! A budget: how much may be spent in a time, and who is told when it is neared.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_budgets::types::{
    Budget as Live, BudgetType, Notification, NotificationWithSubscribers, Spend, Subscriber, SubscriptionType,
    TimeUnit,
};
use futures::try_join;
use infra_derive::Resource;
use infra_engine::check::{Rule, Severity, Surroundings, Violation};
use infra_engine::live::{Ask, Behaviour, Fault, FaultKind, Found, GoneIsFine, Order, Retag};
use infra_engine::model::{Ref, Tags};
use infra_values::Email;
use serde::{Deserialize, Serialize};

use super::filter::{self, Filter};
use super::trigger::{Threshold, Trigger};
use super::{TopicArn, trigger};
use crate::again::resume;
use crate::iam::Arn;
use crate::named::meant;
use crate::pages::each;
use crate::tags::{from_sdk, to_sdk};
use crate::unreadable::or_stand_in;
use crate::{Aws, Decimal, Sorted, index};

/// A budget: how much may be spent in a time, and who is told when it is neared.
///
/// ```
/// use std::collections::{BTreeMap, BTreeSet};
///
/// use infra_aws::budgets::{Audience, Budget, Filter, Period, Trigger};
///
/// let team = Audience { emails: BTreeSet::from(["ops@example.com".parse().unwrap()]), topic: None };
/// let budget = Budget {
///     name: "shop-budget".into(),
///     period: Period::Monthly,
///     limit: 2000.into(),
///     filters: BTreeSet::from([Filter::tag("Project", "shop")]),
///     notifications: BTreeMap::from([
///         (Trigger::actual_over(80), team.clone()),
///         (Trigger::forecasted_over(100), team),
///     ]),
/// };
/// ```
///
/// It counts costs in dollars, and stops nobody from spending. Its notifications are a part of it and come into being
/// with it; what somebody else adds to them is shown, and taken away again.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Resource)]
#[resource(kind = "budgets/budget", id = BudgetName)]
#[resource(outputs(
    /// Its Amazon Resource Name.
    ARN: new BudgetArn,
))]
pub struct Budget {
    /// Its name, unique in the account. When its code is removed and the index of tags may not be read, it is found
    /// again only if the project's name is in it.
    #[key]
    pub name: String,
    /// In which time.
    pub period: Period,
    /// How much may be spent in it, in dollars.
    pub limit: Decimal,
    /// What is counted. Without any: everything in the account.
    pub filters: BTreeSet<Filter>,
    /// Who is told, and when.
    pub notifications: BTreeMap<Trigger, Audience>,
}

/// The time after which a budget starts anew.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Period {
    /// A day. There are no forecasts for it.
    Daily,
    /// A month.
    Monthly,
    /// Three months.
    Quarterly,
    /// A year.
    Annually,
}

/// Who is told.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Audience {
    /// By e-mail; ten at most.
    pub emails: BTreeSet<Email>,
    /// Through a topic, whose policy lets `budgets.amazonaws.com` publish.
    pub topic: Option<Ref<TopicArn>>,
}

impl Arn for BudgetArn {}

const LIST: &str = "budgets:DescribeBudgets";
const ONE: &str = "budgets:DescribeBudget";
const NOTIFICATIONS: &str = "budgets:DescribeBudgetNotificationsForAccount";
const SUBSCRIBERS: &str = "budgets:DescribeSubscribersForNotification";
const TAGS: &str = "budgets:ListTagsForResource";

impl Behaviour for Budget {
    type Cloud = Aws;

    // The permissions for budgets and for their notifications are these two, whatever the calls are named.
    const INDEXED: bool = true;

    const WRITES_OVER: bool = true;

    const ACTIONS: &'static [&'static str] = &[
        "budgets:ListTagsForResource",
        "budgets:ModifyBudget",
        "budgets:TagResource",
        "budgets:UntagResource",
        "budgets:ViewBudget",
    ];

    fn rules() -> &'static [Rule<Budget>] {
        RULES
    }

    /// Two lists hold all budgets and all notifications; tags and subscribers cost a call each, and only budgets that
    /// may be meant are asked for them.
    async fn read(aws: &Aws, ask: &Ask) -> Result<Vec<Found<Budget>>, Fault> {
        let account = &aws.identity().await?.account;
        let (mut budgets, mut notifications) = try_join!(all(aws, account), notifications(aws, account))?;
        let meant = meant(aws, ask).await?;
        budgets.retain(|budget| meant.by_name(&budget.budget_name));
        let whole = budgets.into_iter().map(|budget| {
            let notifications = notifications.remove(&budget.budget_name).unwrap_or_default();
            (budget, notifications)
        });
        let whole: Vec<(Live, Vec<Notification>)> = whole.collect();
        let found = each(whole, async |(budget, notifications): (Live, Vec<Notification>)| {
            one(aws, ask, account, &budget, &notifications).await.gone_is_fine()
        });
        Ok(found.await?.into_iter().flatten().collect())
    }

    async fn create(aws: &Aws, order: &Order<Budget>) -> Result<String, Fault> {
        let account = aws.identity().await?.account;
        let Budget { name, period, limit, filters, notifications } = &order.definition;
        let mut budget = Live::builder()
            .budget_name(name)
            .budget_type(BudgetType::Cost)
            .time_unit(TimeUnit::from(*period))
            .budget_limit(dollars(limit))
            .build()
            .sorted("budgets:CreateBudget")?;
        filter::put(filters, &mut budget);
        let whole = notifications.iter().map(|(trigger, audience)| {
            NotificationWithSubscribers::builder()
                .notification(trigger.to_sdk())
                .set_subscribers(Some(audience.subscribers()))
                .build()
                .expect("a notification and its subscribers are there")
        });
        let call = aws
            .budgets()
            .create_budget()
            .account_id(account)
            .budget(budget)
            .set_notifications_with_subscribers(Some(whole.collect()))
            .set_resource_tags(Some(to_sdk(&order.tags)));
        match call.send().await.sorted("budgets:CreateBudget") {
            Ok(_) => Ok(name.clone()),
            Err(fault) => resume(aws, order, name, fault).await,
        }
    }

    /// A budget is updated as a whole, so what its definition does not say is sent back as it is; above all the day
    /// on which it began.
    async fn update(aws: &Aws, found: &Found<Budget>, wanted: &Budget) -> Result<(), Fault> {
        let account = account_of(found)?;
        let Budget { name, period, limit, filters, notifications } = wanted;
        let live = &found.definition;
        if (period, limit, filters) != (&live.period, &live.limit, &live.filters) {
            Budget::write_over(aws, found, wanted).await?;
        }
        // Whom to tell comes before whom not to tell any more: a budget is never without anybody.
        for (trigger, audience) in notifications {
            match live.notifications.get(trigger) {
                Some(before) if before == audience => {}
                Some(before) => readdress(aws, found, trigger, before, audience).await?,
                None => {
                    let call = aws.budgets().create_notification().account_id(account).budget_name(name);
                    let call = call.notification(trigger.to_sdk()).set_subscribers(Some(audience.subscribers()));
                    call.send().await.sorted("budgets:CreateNotification")?;
                }
            }
        }
        for trigger in live.notifications.keys().filter(|trigger| !notifications.contains_key(trigger)) {
            let call = aws.budgets().delete_notification().account_id(account).budget_name(name);
            let call = call.notification(trigger.to_sdk());
            call.send().await.sorted("budgets:DeleteNotification").map(drop).gone_is_fine()?;
        }
        Ok(())
    }

    /// Without its notifications, which have calls of their own.
    async fn write_over(aws: &Aws, found: &Found<Budget>, wanted: &Budget) -> Result<(), Fault> {
        let account = account_of(found)?;
        let Budget { name, period, limit, filters, notifications: _ } = wanted;
        let answer = aws.budgets().describe_budget().account_id(account).budget_name(name).send().await;
        let missing = || Fault::new(FaultKind::Gone, ONE, "the budget is not there any more");
        let mut budget = answer.sorted(ONE)?.budget.ok_or_else(missing)?;
        budget.time_unit = TimeUnit::from(*period);
        budget.budget_limit = Some(dollars(limit));
        filter::put(filters, &mut budget);
        (budget.calculated_spend, budget.last_updated_time, budget.health_status) = (None, None, None);
        let call = aws.budgets().update_budget().account_id(account).new_budget(budget);
        call.send().await.sorted("budgets:UpdateBudget").map(drop)
    }

    async fn retag(aws: &Aws, found: &Found<Budget>, retag: &Retag) -> Result<(), Fault> {
        let Retag { set, remove } = retag;
        let arn = &found.outputs[Budget::ARN.name];
        if !set.is_empty() {
            let call = aws.budgets().tag_resource().resource_arn(arn).set_resource_tags(Some(to_sdk(set)));
            call.send().await.sorted("budgets:TagResource")?;
        }
        if !remove.is_empty() {
            let call = aws.budgets().untag_resource().resource_arn(arn).set_resource_tag_keys(Some(remove.clone()));
            call.send().await.sorted("budgets:UntagResource")?;
        }
        Ok(())
    }

    async fn delete(aws: &Aws, found: &Found<Budget>) -> Result<(), Fault> {
        let call = aws.budgets().delete_budget().account_id(account_of(found)?).budget_name(&found.id);
        call.send().await.sorted("budgets:DeleteBudget").map(drop).gone_is_fine()
    }
}

async fn all(aws: &Aws, account: &str) -> Result<Vec<Live>, Fault> {
    let pages = aws.budgets().describe_budgets().account_id(account).max_results(100).into_paginator().items().send();
    pages.try_collect().await.sorted(LIST)
}

/// All notifications, by the budget that they are of.
async fn notifications(aws: &Aws, account: &str) -> Result<BTreeMap<String, Vec<Notification>>, Fault> {
    let call = aws.budgets().describe_budget_notifications_for_account().account_id(account);
    let items: Vec<_> = call.into_paginator().items().send().try_collect().await.sorted(NOTIFICATIONS)?;
    let mut notifications: BTreeMap<String, Vec<Notification>> = BTreeMap::new();
    for item in items {
        let budget = item.budget_name.unwrap_or_default();
        notifications.entry(budget).or_default().extend(item.notifications.unwrap_or_default());
    }
    Ok(notifications)
}

/// One budget with what costs calls of its own.
async fn one(
    aws: &Aws,
    ask: &Ask,
    account: &str,
    budget: &Live,
    notifications: &[Notification],
) -> Result<Option<Found<Budget>>, Fault> {
    let arn = format!("arn:{}:budgets::{account}:budget/{}", partition(aws.region()), budget.budget_name);
    let alone = async {
        let answer = aws.budgets().list_tags_for_resource().resource_arn(&arn).send().await.sorted(TAGS)?;
        Ok(Some(from_sdk(answer.resource_tags())))
    };
    let tags = index::tags(aws, ask, &arn, alone).await?.unwrap_or_default();
    let name = &budget.budget_name;
    if !ask.wants(name, Some(name), &tags) {
        return Ok(None);
    }
    let audiences = each(notifications, async |notification: &Notification| {
        let call = aws.budgets().describe_subscribers_for_notification().account_id(account);
        let call = call.budget_name(&budget.budget_name).notification(notification.clone());
        let subscribers: Vec<Subscriber> =
            call.into_paginator().items().send().try_collect().await.sorted(SUBSCRIBERS)?;
        Ok((notification, subscribers))
    });
    let audiences = audiences.await?;
    let told = |(notification, subscribers): &(&Notification, Vec<Subscriber>)| {
        Ok((Trigger::from_sdk(notification)?, Audience::of(subscribers)?))
    };
    let notifications: Result<_, Fault> = audiences.iter().map(told).collect();
    let understood = notifications.and_then(|notifications| understand(budget, notifications, tags.clone()));
    let stand_in = || {
        let (period, limit) = (Period::Monthly, 0.into());
        let budget =
            Budget { name: name.clone(), period, limit, filters: filter::of(budget), notifications: BTreeMap::new() };
        Found::ready(name, budget, tags.clone())
    };
    or_stand_in(understood, stand_in).map(|found| Some(found.with(Budget::ARN.name, arn)))
}

/// The part of AWS that a region belongs to.
fn partition(region: &str) -> &'static str {
    match region {
        chinese if chinese.starts_with("cn-") => "aws-cn",
        governmental if governmental.starts_with("us-gov-") => "aws-us-gov",
        _ => "aws",
    }
}

/// The account in a budget's ARN.
fn account_of(found: &Found<Budget>) -> Result<&str, Fault> {
    let account = found.outputs.get(Budget::ARN.name).and_then(|arn| arn.split(':').nth(4));
    account.ok_or_else(|| Fault::new(FaultKind::Broken, ONE, "the budget's ARN names no account"))
}

/// The definition that would have produced a live one.
fn understand(budget: &Live, notifications: BTreeMap<Trigger, Audience>, tags: Tags) -> Result<Found<Budget>, Fault> {
    let limit = budget.budget_limit().map_or("0", Spend::amount);
    let broken = |error: crate::DecimalError| Fault::new(FaultKind::Broken, LIST, error.to_string());
    let definition = Budget {
        name: budget.budget_name().to_owned(),
        period: match budget.time_unit() {
            TimeUnit::Daily => Period::Daily,
            TimeUnit::Quarterly => Period::Quarterly,
            TimeUnit::Annually => Period::Annually,
            _ => Period::Monthly,
        },
        limit: limit.parse().map_err(broken)?,
        filters: filter::of(budget),
        notifications,
    };
    Ok(Found::ready(budget.budget_name(), definition, tags))
}

/// Tells others of the same thing. Those who are new first: the last one to go takes the notification along.
async fn readdress(
    aws: &Aws,
    found: &Found<Budget>,
    trigger: &Trigger,
    before: &Audience,
    wanted: &Audience,
) -> Result<(), Fault> {
    let (account, name) = (account_of(found)?, &found.id);
    let (before, wanted) = (before.subscribers(), wanted.subscribers());
    for subscriber in wanted.iter().filter(|one| !before.contains(one)) {
        let call = aws.budgets().create_subscriber().account_id(account).budget_name(name);
        let call = call.notification(trigger.to_sdk()).subscriber(subscriber.clone());
        match call.send().await.sorted("budgets:CreateSubscriber") {
            // There from an earlier try.
            Err(fault) if fault.kind != FaultKind::Exists => return Err(fault),
            _ => {}
        }
    }
    for subscriber in before.iter().filter(|one| !wanted.contains(one)) {
        let call = aws.budgets().delete_subscriber().account_id(account).budget_name(name);
        let call = call.notification(trigger.to_sdk()).subscriber(subscriber.clone());
        call.send().await.sorted("budgets:DeleteSubscriber").map(drop).gone_is_fine()?;
    }
    Ok(())
}

impl Audience {
    /// How many are told.
    fn count(&self) -> usize {
        self.emails.len() + usize::from(self.topic.is_some())
    }

    fn subscribers(&self) -> Vec<Subscriber> {
        let Audience { emails, topic } = self;
        let emails = emails.iter().map(|email| (SubscriptionType::Email, email.to_string()));
        let topic = topic.iter().map(|topic| (SubscriptionType::Sns, topic.value()));
        let subscriber = |(sort, address)| Subscriber::builder().subscription_type(sort).address(address).build();
        emails.chain(topic).map(|one| subscriber(one).expect("a subscriber is a sort and an address")).collect()
    }

    fn of(subscribers: &[Subscriber]) -> Result<Audience, Fault> {
        let mut audience = Audience::default();
        for subscriber in subscribers {
            match subscriber.subscription_type() {
                SubscriptionType::Sns => audience.topic = Some(Ref::known(subscriber.address())),
                _ => {
                    let broken = |error| Fault::new(FaultKind::Broken, SUBSCRIBERS, format!("{error}"));
                    audience.emails.insert(subscriber.address().parse::<Email>().map_err(broken)?);
                }
            }
        }
        Ok(audience)
    }
}

fn dollars(amount: &Decimal) -> Spend {
    let spend = Spend::builder().amount(amount.to_string()).unit("USD").build();
    spend.expect("an amount and a unit are there")
}

impl From<Period> for TimeUnit {
    fn from(period: Period) -> TimeUnit {
        match period {
            Period::Daily => TimeUnit::Daily,
            Period::Monthly => TimeUnit::Monthly,
            Period::Quarterly => TimeUnit::Quarterly,
            Period::Annually => TimeUnit::Annually,
        }
    }
}

static RULES: &[Rule<Budget>] = &[
    Rule {
        code: "V147",
        says: "a budget's name has 1 to 100 characters without `:`, `\\` and `/action/`, and its limit is more than 0",
        source: "Budgets API model: Budget and Spend",
        severity: Severity::Error,
        check: name_and_limit,
    },
    Rule {
        code: "V147b",
        says: "a daily budget is not forecast",
        source: "Budgets user guide: budget alerts; not seen refused by AWS",
        severity: Severity::Warning,
        check: no_daily_forecast,
    },
    Rule {
        code: "V148",
        says: "a budget has 10 notifications at most, each with 1 to 10 e-mail addresses or a topic",
        source: "Budgets API model: CreateBudget and NotificationWithSubscribers",
        severity: Severity::Error,
        check: audiences,
    },
    Rule {
        code: "V148b",
        says: "a budget has 5 notifications at most",
        source: "Budgets API, CreateBudget: the text says five where the model has ten",
        severity: Severity::Warning,
        check: five,
    },
    Rule {
        code: "V148c",
        says: "a threshold is more than 0, and 1000000 percent at most",
        source: "Budgets API model: Notification",
        severity: Severity::Error,
        check: thresholds,
    },
];

fn name_and_limit(budget: &Budget, _: &Surroundings<'_>) -> Vec<Violation> {
    let name = &budget.name;
    let wrong = match name.len() {
        0 => Some("it is empty".to_owned()),
        101.. => Some(format!("it has {} characters", name.chars().count())),
        _ => [":", "\\", "/action/"].iter().find(|odd| name.contains(**odd)).map(|odd| format!("it has `{odd}` in it")),
    };
    let name = wrong.map(|wrong| Violation::of("name", name, wrong, "write a plain name, such as `shop-budget`"));
    let limit = budget.limit.is_zero().then(|| {
        let way_out = "write how much may be spent, in dollars";
        Violation::of("limit", &budget.limit, "AWS takes no budget of nothing", way_out)
    });
    name.into_iter().chain(limit).collect()
}

fn no_daily_forecast(budget: &Budget, _: &Surroundings<'_>) -> Vec<Violation> {
    let forecast = budget.notifications.keys().find(|trigger| trigger.spend == trigger::Spend::Forecasted);
    let Some(trigger) = forecast.filter(|_| budget.period == Period::Daily) else { return Vec::new() };
    let wrong = "AWS forecasts months and longer";
    vec![Violation::of("notifications", trigger, wrong, "look at what is actually spent, or take a monthly budget")]
}

fn audiences(budget: &Budget, _: &Surroundings<'_>) -> Vec<Violation> {
    let mut violations = Vec::new();
    if budget.notifications.len() > 10 {
        let wrong = format!("there are {}", budget.notifications.len());
        violations.push(Violation::of("notifications", budget.notifications.len(), wrong, "leave some out"));
    }
    for (trigger, audience) in &budget.notifications {
        let wrong = match (audience.count(), audience.emails.len()) {
            (0, _) => "nobody would be told".to_owned(),
            (_, emails @ 11..) => format!("it has {emails} e-mail addresses"),
            _ => continue,
        };
        let way_out = "name 1 to 10 e-mail addresses, or a topic that tells all of them";
        violations.push(Violation::of("notifications", trigger, wrong, way_out));
    }
    violations
}

fn five(budget: &Budget, _: &Surroundings<'_>) -> Vec<Violation> {
    let count = budget.notifications.len();
    if !(6..=10).contains(&count) {
        return Vec::new();
    }
    vec![Violation::of("notifications", count, format!("there are {count}"), "leave some out, if AWS refuses it")]
}

fn thresholds(budget: &Budget, _: &Surroundings<'_>) -> Vec<Violation> {
    let odd = budget.notifications.keys().filter(|trigger| match &trigger.threshold {
        Threshold::Percent(percent) => percent.is_zero() || *percent > Decimal::from(1_000_000),
        Threshold::Absolute(amount) => amount.is_zero(),
    });
    let way_out = "write how much of the limit, such as `actual > 80%`";
    odd.map(|trigger| Violation::of("notifications", trigger, "it is out of range", way_out)).collect()
}

#[cfg(test)]
mod tests;
