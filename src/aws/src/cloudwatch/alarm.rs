//! An alarm: it looks at a metric, or at what is computed from several, and calls somebody when a threshold is crossed.

use std::collections::BTreeSet;

use aws_sdk_cloudwatch::types::{AlarmType, ComparisonOperator, MetricAlarm as Live};
use infra_derive::Resource;
use infra_engine::check::Rule;
use infra_engine::live::{Ask, Behaviour, Fault, FaultKind, Found, GoneIsFine, Order, Retag};
use infra_engine::model::{Replacement, Tags};
use serde::{Deserialize, Serialize};

use super::tags;
use super::{Metric, Summary};
use crate::named::meant;
use crate::pages::{batches, each};
use crate::tags::to_sdk;
use crate::{Aws, Sorted};

mod action;
mod rules;
mod watched;

pub use action::Action;
pub use watched::{Math, Term, Watched};

/// An alarm: it looks at a metric, or at what is computed from several, and calls somebody when a threshold is crossed.
///
/// ```
/// use std::collections::BTreeSet;
///
/// use infra_aws::cloudwatch::metrics::LoadBalancer;
/// use infra_aws::cloudwatch::{Alarm, Condition, Evaluation, Math, Missing};
/// use infra_aws::elb::LoadBalancerSuffix;
/// use infra_aws::sns::TopicArn;
/// use infra_engine::model::Ref;
///
/// let balancer: Ref<LoadBalancerSuffix> = Ref::known("app/shop/50dc6c495c0c9188");
/// let topic: Ref<TopicArn> = Ref::known("arn:aws:sns:us-east-1:123456789012:shop-alarms");
/// let error_rate = Math::of("100 * errors / requests", "Error rate, in percent")
///     .with("errors", LoadBalancer::TargetErrors5xx.of(balancer.clone()).sum(60))
///     .with("requests", LoadBalancer::Requests.of(balancer).sum(60));
/// let alarm = Alarm {
///     name: "shop-error-rate".into(),
///     description: "More than one answer in ten is an error".into(),
///     watches: error_rate.into(),
///     condition: Condition::Above(10.0),
///     evaluation: Evaluation { periods: 5, breaching: 3 },
///     missing: Missing::Fine,
///     enabled: true,
///     on_alarm: BTreeSet::from([topic.clone().into()]),
///     on_ok: BTreeSet::from([topic.into()]),
///     on_no_data: BTreeSet::new(),
/// };
/// ```
///
/// What a definition does not say (a window that follows the clock, a time to warm up) stays as it is. Bands that
/// CloudWatch learns and queries in PromQL are not said here: an alarm that somebody turns into one differs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Resource)]
#[resource(kind = "cloudwatch/alarm", id = AlarmName)]
#[resource(outputs(
    /// Its Amazon Resource Name: for a dashboard.
    ARN: new AlarmArn,
))]
pub struct Alarm {
    /// Its name, unique in account and region. When its code is removed and the index of tags may not be read, it is
    /// found again only if the project's name is in it.
    #[key]
    pub name: String,
    /// What is wrong when it rings, for whom it wakes. Empty is none.
    pub description: String,
    /// What it looks at.
    pub watches: Watched,
    /// Which values are too much, or too little.
    pub condition: Condition,
    /// How many of them.
    pub evaluation: Evaluation,
    /// What it makes of missing values.
    pub missing: Missing,
    /// Whether it calls anybody at all.
    pub enabled: bool,
    /// Whom it calls when it rings.
    pub on_alarm: BTreeSet<Action>,
    /// Whom it calls when all is well again.
    pub on_ok: BTreeSet<Action>,
    /// Whom it calls when it cannot tell.
    pub on_no_data: BTreeSet<Action>,
}

/// Which values are too much, or too little.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Condition {
    /// Those above it.
    Above(f64),
    /// It, and those above it.
    AtLeast(f64),
    /// Those below it.
    Below(f64),
    /// It, and those below it.
    AtMost(f64),
}

/// How many values must be too much: so many of the last ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Evaluation {
    /// Of so many periods, the last ones.
    pub periods: u32,
    /// In so many of them.
    pub breaching: u32,
}

/// What an alarm makes of missing values.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Missing {
    /// Where all are missing, it cannot tell.
    Unknown,
    /// They are well: for what is only counted when it happens, such as errors.
    Fine,
    /// They are too much: for what must always be there.
    Breaching,
    /// It stays as it is.
    Ignored,
}

const DESCRIBE: &str = "cloudwatch:DescribeAlarms";
const PUT: &str = "cloudwatch:PutMetricAlarm";

/// The most alarms that one call describes by name, or on one page.
const PAGE: usize = 100;

/// How the alarms are named that target tracking makes and deletes by itself.
const OF_TARGET_TRACKING: &str = "TargetTracking-";

impl Behaviour for Alarm {
    type Cloud = Aws;

    const INDEXED: bool = true;

    const WRITES_OVER: bool = true;

    const ACTIONS: &'static [&'static str] =
        &["cloudwatch:DeleteAlarms", DESCRIBE, tags::LIST, PUT, tags::TAG, tags::UNTAG];

    fn rules() -> &'static [Rule<Alarm>] {
        rules::ALL
    }

    /// Only under another name is it another one, which can stand beside it.
    fn replacement(_: &Alarm, _: &Alarm) -> Replacement {
        Replacement::CreateFirst
    }

    /// The list of alarms has no tags, and what the index does not know of one costs a call: see [`meant`].
    /// Those of target tracking bear the names of what they scale, and are never ours.
    async fn read(aws: &Aws, ask: &Ask) -> Result<Vec<Found<Alarm>>, Fault> {
        let live = match ask.only.is_empty() {
            true => all(aws).await?,
            false => named(aws, ask.only.iter().cloned().collect()).await?,
        };
        let meant = meant(aws, ask).await?;
        let asked = live.into_iter().filter(|live| {
            let name = live.alarm_name().unwrap_or_default();
            meant.by_arn(name, live.alarm_arn().unwrap_or_default()) && !name.starts_with(OF_TARGET_TRACKING)
        });
        let found = each(asked, async |live: Live| {
            let tags = tags::read(aws, ask, live.alarm_arn().unwrap_or_default()).await?;
            let name = live.alarm_name().unwrap_or_default();
            Ok(tags.filter(|tags| ask.wants(name, Some(name), tags)).map(|tags| understand(&live, tags)))
        });
        Ok(found.await?.into_iter().flatten().collect())
    }

    /// The creating call would overwrite an alarm of the same name, whoever's it is: so it is looked for first.
    async fn create(aws: &Aws, order: &Order<Alarm>) -> Result<String, Fault> {
        let name = &order.definition.name;
        match Alarm::read(aws, &Ask::only([name.clone()])).await?.pop() {
            Some(found) if order.made(&found.tags) => Ok(found.id),
            Some(_) => {
                let message = format!("there is an alarm named {name}, and it is not ours");
                Err(Fault::new(FaultKind::Exists, PUT, message))
            }
            None => put(aws, &order.definition, None, &order.tags).await.map(|()| name.clone()),
        }
    }

    /// An alarm is written as a whole, so what its definition does not say is sent back as it is.
    async fn update(aws: &Aws, found: &Found<Alarm>, wanted: &Alarm) -> Result<(), Fault> {
        let live = named(aws, vec![found.id.clone()]).await?.pop();
        let missing = || Fault::new(FaultKind::Gone, DESCRIBE, "the alarm is not there any more");
        put(aws, wanted, Some(live.ok_or_else(missing)?), &Tags::new()).await
    }

    async fn retag(aws: &Aws, found: &Found<Alarm>, retag: &Retag) -> Result<(), Fault> {
        tags::change(aws, &found.outputs[Alarm::ARN.name], retag).await
    }

    async fn delete(aws: &Aws, found: &Found<Alarm>) -> Result<(), Fault> {
        let answer = aws.cloudwatch().delete_alarms().alarm_names(&found.id).send().await;
        let answer = answer.sorted("cloudwatch:DeleteAlarms").map(drop);
        // A composite alarm still looks at it.
        answer.map_err(|fault| fault.when(FaultKind::Busy, &["ResourceConflict"], "")).gone_is_fine()
    }
}

/// Writes an alarm as a whole. Tags are taken only by one that is new.
async fn put(aws: &Aws, alarm: &Alarm, live: Option<Live>, tags: &Tags) -> Result<(), Fault> {
    let Alarm { name, description, watches, condition, evaluation, missing, enabled, on_alarm, on_ok, on_no_data } =
        alarm;
    let (comparison, threshold) = condition.written();
    let number = |number: u32| i32::try_from(number).unwrap_or(i32::MAX);
    let values = |actions: &BTreeSet<Action>| Some(actions.iter().map(Action::value).collect());
    let mut call = aws
        .cloudwatch()
        .put_metric_alarm()
        .alarm_name(name)
        .alarm_description(description)
        .comparison_operator(comparison)
        .threshold(threshold)
        .evaluation_periods(number(evaluation.periods))
        .datapoints_to_alarm(number(evaluation.breaching))
        .treat_missing_data(missing.word())
        .actions_enabled(*enabled)
        .set_alarm_actions(values(on_alarm))
        .set_ok_actions(values(on_ok))
        .set_insufficient_data_actions(values(on_no_data))
        .set_tags(Some(to_sdk(tags)).filter(|tags| !tags.is_empty()));
    if let Some(live) = live {
        let percentile =
            matches!(watches, Watched::Metric(measure) if matches!(measure.summary, Summary::Percentile(_)));
        call = call
            .set_evaluate_low_sample_count_percentile(live.evaluate_low_sample_count_percentile.filter(|_| percentile))
            .set_evaluation_window(live.evaluation_window)
            .set_warm_up_configuration(live.warm_up_configuration)
            .set_action_configuration(live.action_configuration);
    }
    watches.write(call).send().await.sorted(PUT).map(drop)
}

/// All alarms of the account in the region.
async fn all(aws: &Aws) -> Result<Vec<Live>, Fault> {
    let call = aws.cloudwatch().describe_alarms().alarm_types(AlarmType::MetricAlarm).max_records(100);
    let mut pages = call.into_paginator().send();
    let mut alarms = Vec::new();
    while let Some(page) = pages.next().await {
        alarms.extend(page.sorted(DESCRIBE)?.metric_alarms.unwrap_or_default());
    }
    Ok(alarms)
}

/// The alarms of these names.
async fn named(aws: &Aws, names: Vec<String>) -> Result<Vec<Live>, Fault> {
    batches(&names, PAGE, async |names: Vec<String>| {
        let call = aws.cloudwatch().describe_alarms().alarm_types(AlarmType::MetricAlarm).max_records(100);
        let answer = call.set_alarm_names(Some(names)).send().await.sorted(DESCRIBE)?;
        Ok(answer.metric_alarms.unwrap_or_default())
    })
    .await
}

/// The definition that would have produced a live one.
fn understand(live: &Live, tags: Tags) -> Found<Alarm> {
    let name = live.alarm_name().unwrap_or_default();
    let number = |number: Option<i32>| number.and_then(|number| u32::try_from(number).ok());
    let periods = number(live.evaluation_periods()).unwrap_or(1);
    let actions = |arns: &[String]| arns.iter().map(|arn| Action::from(arn.as_str())).collect();
    let definition = Alarm {
        name: name.to_owned(),
        description: live.alarm_description().unwrap_or_default().to_owned(),
        watches: Watched::understand(live),
        condition: Condition::understand(live.comparison_operator(), live.threshold().unwrap_or_default()),
        evaluation: Evaluation { periods, breaching: number(live.datapoints_to_alarm()).unwrap_or(periods) },
        missing: Missing::of_word(live.treat_missing_data().unwrap_or_default()),
        enabled: live.actions_enabled().unwrap_or(true),
        on_alarm: actions(live.alarm_actions()),
        on_ok: actions(live.ok_actions()),
        on_no_data: actions(live.insufficient_data_actions()),
    };
    Found::ready(name, definition, tags).with(Alarm::ARN.name, live.alarm_arn().unwrap_or_default())
}

impl Condition {
    fn written(self) -> (ComparisonOperator, f64) {
        match self {
            Condition::Above(threshold) => (ComparisonOperator::GreaterThanThreshold, threshold),
            Condition::AtLeast(threshold) => (ComparisonOperator::GreaterThanOrEqualToThreshold, threshold),
            Condition::Below(threshold) => (ComparisonOperator::LessThanThreshold, threshold),
            Condition::AtMost(threshold) => (ComparisonOperator::LessThanOrEqualToThreshold, threshold),
        }
    }

    fn understand(comparison: Option<&ComparisonOperator>, threshold: f64) -> Condition {
        match comparison {
            Some(ComparisonOperator::GreaterThanOrEqualToThreshold) => Condition::AtLeast(threshold),
            Some(ComparisonOperator::LessThanThreshold) => Condition::Below(threshold),
            Some(ComparisonOperator::LessThanOrEqualToThreshold) => Condition::AtMost(threshold),
            _ => Condition::Above(threshold),
        }
    }
}

/// AWS's words for what is made of missing values. Without a word, it is the first.
const WORDS: [(Missing, &str); 4] = [
    (Missing::Unknown, "missing"),
    (Missing::Fine, "notBreaching"),
    (Missing::Breaching, "breaching"),
    (Missing::Ignored, "ignore"),
];

impl Missing {
    fn word(self) -> &'static str {
        WORDS.iter().find(|(missing, _)| *missing == self).map_or("missing", |(_, word)| word)
    }

    fn of_word(word: &str) -> Missing {
        WORDS.iter().find(|(_, known)| *known == word).map_or(Missing::Unknown, |(missing, _)| *missing)
    }
}

#[cfg(test)]
mod tests;
