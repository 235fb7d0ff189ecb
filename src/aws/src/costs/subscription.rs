//! An anomaly subscription: who is told of spend that is out of the ordinary.

use std::collections::BTreeSet;

use aws_sdk_costexplorer::types::{
    AnomalySubscription as Live, AnomalySubscriptionFrequency, Dimension, DimensionValues, Expression, MatchOption,
    Subscriber, SubscriberType,
};
use infra_derive::Resource;
use infra_engine::check::{Rule, Severity, Surroundings, Violation};
use infra_engine::live::{Ask, Behaviour, Fault, FaultKind, Found, GoneIsFine, Order, Retag};
use infra_engine::model::{Ref, Tags};
use infra_values::Email;
use serde::{Deserialize, Serialize};

use super::monitor::AnomalyMonitorArn;
use super::shared::{self, sorted};
use crate::budgets::TopicArn;
use crate::iam::Arn;
use crate::pages::each;
use crate::tags::to_sdk;
use crate::unreadable::or_stand_in;
use crate::{Aws, Decimal, Sorted};

/// An anomaly subscription: who is told of spend that is out of the ordinary.
///
/// ```
/// use std::collections::BTreeSet;
///
/// use infra_aws::costs::{Alerts, AnomalySubscription};
/// use infra_engine::model::Ref;
///
/// let subscription = AnomalySubscription {
///     name: "shop".into(),
///     monitors: BTreeSet::from([Ref::known("arn:aws:ce::123456789012:anomalymonitor/1")]),
///     impact: 100.into(),
///     alerts: Alerts::Daily(BTreeSet::from(["ops@example.com".parse().unwrap()])),
/// };
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Resource)]
#[resource(kind = "costs/anomaly-subscription", id = AnomalySubscriptionArn)]
pub struct AnomalySubscription {
    /// Its name, for people.
    pub name: String,
    /// Whose anomalies are told.
    pub monitors: BTreeSet<Ref<AnomalyMonitorArn>>,
    /// How much an anomaly must cost to be told, in dollars. Another condition that somebody has set is read as 0.
    pub impact: Decimal,
    /// Who is told, and how often.
    pub alerts: Alerts,
}

/// Who is told, and how often. AWS tells topics at once, and people once in a while.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Alerts {
    /// At once, through topics whose policy lets `costalerts.amazonaws.com` publish.
    Immediately(BTreeSet<Ref<TopicArn>>),
    /// Once a day, by e-mail.
    Daily(BTreeSet<Email>),
    /// Once a week, by e-mail.
    Weekly(BTreeSet<Email>),
}

impl Arn for AnomalySubscriptionArn {}

const GET: &str = "ce:GetAnomalySubscriptions";
const CREATE: &str = "ce:CreateAnomalySubscription";
const UPDATE: &str = "ce:UpdateAnomalySubscription";

impl Behaviour for AnomalySubscription {
    type Cloud = Aws;

    const INDEXED: bool = true;

    const ACTIONS: &'static [&'static str] =
        &[CREATE, "ce:DeleteAnomalySubscription", GET, shared::LIST, shared::TAG, shared::UNTAG, UPDATE];

    fn rules() -> &'static [Rule<AnomalySubscription>] {
        RULES
    }

    async fn read(aws: &Aws, ask: &Ask) -> Result<Vec<Found<AnomalySubscription>>, Fault> {
        let live = match ask.only.is_empty() {
            true => shared::where_enabled(all(aws).await)?,
            false => {
                let one = async |arn: String| {
                    let call = aws.costexplorer().get_anomaly_subscriptions().subscription_arn_list(arn);
                    let answer = shared::where_enabled(call.send().await.sorted(GET).map(Some)).gone_is_fine()?;
                    Ok(answer.map(|answer| answer.anomaly_subscriptions).unwrap_or_default())
                };
                each(ask.only.clone(), one).await?.into_iter().flatten().collect()
            }
        };
        let found = each(live, async |live: Live| {
            let arn = live.subscription_arn().unwrap_or_default().to_owned();
            let tags = shared::tags(aws, ask, &arn).await?;
            let Some(tags) = tags.filter(|tags| ask.wants(&arn, None, tags)) else { return Ok(None) };
            let stand_in = || {
                let (name, alerts) = (live.subscription_name().to_owned(), Alerts::Daily(BTreeSet::new()));
                let definition = AnomalySubscription { name, monitors: BTreeSet::new(), impact: 0.into(), alerts };
                Found::ready(&arn, definition, tags.clone())
            };
            or_stand_in(understand(&live, arn.clone(), tags.clone()), stand_in).map(Some)
        });
        Ok(found.await?.into_iter().flatten().collect())
    }

    /// Neither its name nor a token keeps AWS from making a second one: so what an earlier try made is looked for.
    async fn create(aws: &Aws, order: &Order<AnomalySubscription>) -> Result<String, Fault> {
        let AnomalySubscription { name, monitors, impact, alerts } = &order.definition;
        for live in all(aws).await.map_err(sorted)?.into_iter().filter(|live| live.subscription_name() == name) {
            let arn = live.subscription_arn.unwrap_or_default();
            if shared::tags(aws, &Ask::default(), &arn).await?.is_some_and(|tags| order.made(&tags)) {
                return Ok(arn);
            }
        }
        let (frequency, subscribers) = alerts.to_sdk();
        let subscription = Live::builder()
            .subscription_name(name)
            .set_monitor_arn_list(Some(monitors.iter().map(Ref::value).collect()))
            .threshold_expression(costs_at_least(impact))
            .frequency(frequency)
            .set_subscribers(Some(subscribers))
            .build()
            .sorted(CREATE)?;
        let call = aws.costexplorer().create_anomaly_subscription().anomaly_subscription(subscription);
        let answer = call.set_resource_tags(Some(to_sdk(&order.tags))).send().await.sorted(CREATE).map_err(sorted);
        // The monitor was made a moment ago and is not seen everywhere.
        Ok(answer.map_err(|fault| fault.when(FaultKind::NotYet, &["UnknownMonitorException"], ""))?.subscription_arn)
    }

    async fn update(aws: &Aws, found: &Found<AnomalySubscription>, wanted: &AnomalySubscription) -> Result<(), Fault> {
        if *wanted == found.definition {
            return Ok(());
        }
        let AnomalySubscription { name, monitors, impact, alerts } = wanted;
        let (frequency, subscribers) = alerts.to_sdk();
        let call = aws
            .costexplorer()
            .update_anomaly_subscription()
            .subscription_arn(&found.id)
            .subscription_name(name)
            .set_monitor_arn_list(Some(monitors.iter().map(Ref::value).collect()))
            .threshold_expression(costs_at_least(impact))
            .frequency(frequency)
            .set_subscribers(Some(subscribers));
        call.send().await.sorted(UPDATE).map_err(sorted).map(drop)
    }

    async fn retag(aws: &Aws, found: &Found<AnomalySubscription>, retag: &Retag) -> Result<(), Fault> {
        shared::retag(aws, &found.id, retag).await
    }

    async fn delete(aws: &Aws, found: &Found<AnomalySubscription>) -> Result<(), Fault> {
        let call = aws.costexplorer().delete_anomaly_subscription().subscription_arn(&found.id);
        call.send().await.sorted("ce:DeleteAnomalySubscription").map_err(sorted).map(drop).gone_is_fine()
    }
}

async fn all(aws: &Aws) -> Result<Vec<Live>, Fault> {
    let mut pages = aws.costexplorer().get_anomaly_subscriptions().max_results(100).into_paginator().send();
    let mut subscriptions = Vec::new();
    while let Some(page) = pages.next().await {
        subscriptions.extend(page.sorted(GET)?.anomaly_subscriptions);
    }
    Ok(subscriptions)
}

/// The condition that an anomaly costs so much.
fn costs_at_least(impact: &Decimal) -> Expression {
    let least = DimensionValues::builder()
        .key(Dimension::AnomalyTotalImpactAbsolute)
        .match_options(MatchOption::GreaterThanOrEqual)
        .values(impact.to_string());
    Expression::builder().dimensions(least.build()).build()
}

/// How much an anomaly must cost. The older field and the newer expression say the same.
fn impact(live: &Live) -> Option<Decimal> {
    let absolute = live.threshold_expression().and_then(Expression::dimensions);
    let absolute = absolute.filter(|least| least.key() == Some(&Dimension::AnomalyTotalImpactAbsolute));
    match absolute.and_then(|least| least.values().first()) {
        Some(value) => value.parse().ok(),
        None if live.threshold_expression().is_none() => Decimal::of_float(older_threshold(live)?).ok(),
        None => None,
    }
}

#[expect(deprecated, reason = "subscriptions that were made before there were expressions still have it")]
fn older_threshold(live: &Live) -> Option<f64> {
    live.threshold()
}

/// The definition that would have produced a live one.
fn understand(live: &Live, arn: String, tags: Tags) -> Result<Found<AnomalySubscription>, Fault> {
    let definition = AnomalySubscription {
        name: live.subscription_name().to_owned(),
        monitors: live.monitor_arn_list().iter().map(Ref::known).collect(),
        impact: impact(live).unwrap_or_else(|| 0.into()),
        alerts: Alerts::of(live.frequency(), live.subscribers())?,
    };
    Ok(Found::ready(arn, definition, tags))
}

impl Alerts {
    fn to_sdk(&self) -> (AnomalySubscriptionFrequency, Vec<Subscriber>) {
        let subscriber = |sort: SubscriberType, address| Subscriber::builder().r#type(sort).address(address).build();
        let people = |emails: &BTreeSet<Email>| {
            emails.iter().map(|email| subscriber(SubscriberType::Email, email.to_string())).collect()
        };
        match self {
            Alerts::Immediately(topics) => {
                let topics = topics.iter().map(|topic| subscriber(SubscriberType::Sns, topic.value()));
                (AnomalySubscriptionFrequency::Immediate, topics.collect())
            }
            Alerts::Daily(emails) => (AnomalySubscriptionFrequency::Daily, people(emails)),
            Alerts::Weekly(emails) => (AnomalySubscriptionFrequency::Weekly, people(emails)),
        }
    }

    fn of(frequency: &AnomalySubscriptionFrequency, subscribers: &[Subscriber]) -> Result<Alerts, Fault> {
        let addresses = subscribers.iter().filter_map(Subscriber::address);
        if *frequency == AnomalySubscriptionFrequency::Immediate {
            return Ok(Alerts::Immediately(addresses.map(Ref::known).collect()));
        }
        let emails: Result<_, _> = addresses.map(str::parse::<Email>).collect();
        let emails = emails.map_err(|error| Fault::new(FaultKind::Broken, GET, error.to_string()))?;
        Ok(match frequency {
            AnomalySubscriptionFrequency::Weekly => Alerts::Weekly(emails),
            _ => Alerts::Daily(emails),
        })
    }

    fn count(&self) -> usize {
        match self {
            Alerts::Immediately(topics) => topics.len(),
            Alerts::Daily(emails) | Alerts::Weekly(emails) => emails.len(),
        }
    }
}

// That topics are told at once and people in a while holds by the type of `alerts`.
static RULES: &[Rule<AnomalySubscription>] = &[Rule {
    code: "V150",
    says: "an anomaly subscription has a name, a monitor and somebody to tell, and its impact is 10000000000 at most",
    source: "Cost Explorer API: AnomalySubscription",
    severity: Severity::Error,
    check: complete,
}];

fn complete(subscription: &AnomalySubscription, _: &Surroundings<'_>) -> Vec<Violation> {
    let name = shared::name(&subscription.name);
    let monitors = subscription
        .monitors
        .is_empty()
        .then(|| Violation::of("monitors", [(); 0], "there is nothing to tell of", "name a monitor at least"));
    let alerts = (subscription.alerts.count() == 0).then(|| {
        Violation::of("alerts", &subscription.alerts, "nobody would be told", "name an address or a topic at least")
    });
    let most: Decimal = "10000000000".parse().expect("digits are a number");
    let impact = (subscription.impact > most)
        .then(|| Violation::of("impact", &subscription.impact, "AWS counts no further", "write a smaller one"));
    [name, monitors, alerts, impact].into_iter().flatten().collect()
}

#[cfg(test)]
mod tests {
    use infra_engine::model::Address;

    use super::*;

    fn subscription() -> AnomalySubscription {
        AnomalySubscription {
            name: "shop".into(),
            monitors: [Ref::known("arn:monitor")].into(),
            impact: "99.5".parse().unwrap(),
            alerts: Alerts::Daily(["ops@example.com".parse().unwrap()].into()),
        }
    }

    fn live(definition: &AnomalySubscription) -> aws_sdk_costexplorer::types::builders::AnomalySubscriptionBuilder {
        let (frequency, subscribers) = definition.alerts.to_sdk();
        Live::builder()
            .subscription_name("shop")
            .monitor_arn_list("arn:monitor")
            .frequency(frequency)
            .set_subscribers(Some(subscribers))
            .threshold_expression(costs_at_least(&definition.impact))
    }

    #[test]
    fn a_live_subscription_tells_what_it_is() {
        let emails = || ["ops@example.com".parse().unwrap()].into();
        let topics = [Ref::known("arn:aws:sns:us-east-1:123456789012:costs")].into();
        for alerts in [Alerts::Daily(emails()), Alerts::Weekly(emails()), Alerts::Immediately(topics)] {
            let wanted = AnomalySubscription { alerts, ..subscription() };
            let found = understand(&live(&wanted).build().unwrap(), "arn:s".into(), Tags::new()).unwrap();
            assert_eq!(found.definition, wanted);
        }
    }

    #[test]
    #[expect(deprecated, reason = "subscriptions that were made before there were expressions still have it")]
    fn the_older_threshold_means_the_same() {
        let older = live(&subscription()).set_threshold_expression(None).threshold(99.5).build().unwrap();
        assert_eq!(understand(&older, "arn:s".into(), Tags::new()).unwrap().definition, subscription());
        let percent = DimensionValues::builder().key(Dimension::AnomalyTotalImpactPercentage).values("40").build();
        let percent = Expression::builder().dimensions(percent).build();
        assert_eq!(impact(&live(&subscription()).threshold_expression(percent).build().unwrap()), None);
    }

    fn codes(change: impl FnOnce(&mut AnomalySubscription)) -> Vec<&'static str> {
        let mut changed = subscription();
        change(&mut changed);
        let address = Address::new("cost", "subscription").unwrap();
        let around = Surroundings::new(&[], &address);
        RULES.iter().flat_map(|rule| rule.violations(&changed, &around)).map(|violation| violation.code).collect()
    }

    #[test]
    fn v150_a_subscription_is_complete() {
        assert_eq!(codes(|_| ()), Vec::<&str>::new());
        assert_eq!(codes(|subscription| subscription.name = " ".into()), ["V150"]);
        assert_eq!(codes(|subscription| subscription.monitors.clear()), ["V150"]);
        assert_eq!(codes(|subscription| subscription.alerts = Alerts::Weekly([].into())), ["V150"]);
        assert_eq!(codes(|subscription| subscription.impact = "10000000001".parse().unwrap()), ["V150"]);
        assert_eq!(codes(|subscription| subscription.impact = 0.into()), Vec::<&str>::new());
    }
}
