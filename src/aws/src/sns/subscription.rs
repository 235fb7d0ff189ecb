//! A subscription: who hears of what is published to a topic.

use std::collections::HashMap;

use aws_sdk_sns::types::Subscription as Live;
use infra_derive::Resource;
use infra_engine::check::Rule;
use infra_engine::live::{Ask, Behaviour, Fault, Found, GoneIsFine, Order, Retag};
use infra_engine::model::{Ref, Tags};
use infra_values::Email;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::TopicArn;
use crate::iam::{Pattern, RoleArn};
use crate::lambda::FunctionArn;
use crate::pages::each;
use crate::subject::Subject;
use crate::{Aws, Sorted, Text};

mod rules;

/// A subscription: who hears of what is published to a topic.
///
/// ```
/// use infra_aws::sns::Subscription;
/// use infra_engine::model::Ref;
///
/// let topic = Ref::known("arn:aws:sns:us-east-1:123456789012:shop-alarms");
/// let subscription = Subscription::by_email(topic, &"ops@example.com".parse().unwrap());
/// ```
///
/// People and web servers must confirm that they want to hear of it. Until they do, a subscription waits: that is no
/// difference, what it filters cannot be read, and it cannot be deleted. AWS forgets it after three days, and it is
/// nobody's as soon as its code is removed. It has no tags, and is ours when its topic is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Resource)]
#[resource(kind = "sns/subscription", id = SubscriptionId)]
#[resource(parent(field = "topic", kind = "sns/topic"))]
pub struct Subscription {
    /// Of what it hears.
    #[key]
    pub topic: Ref<TopicArn>,
    /// How it is told.
    #[key]
    pub protocol: Protocol,
    /// Where: an address, a URL, an ARN.
    #[key]
    pub endpoint: Text,
    /// Which publications it hears of; all without it.
    #[json]
    pub filter: Option<Filter>,
    /// Whether it gets what was published as it is, without what SNS writes around it.
    pub raw: bool,
    /// What SNS may do to deliver to Firehose.
    pub role: Option<Ref<RoleArn>>,
    /// The queue that takes what cannot be delivered.
    pub undelivered: Option<Pattern>,
}

/// How a subscriber is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Protocol {
    /// By e-mail, for people.
    Email,
    /// By e-mail, for programs.
    EmailJson,
    /// By a request without encryption.
    Http,
    /// By an encrypted request.
    Https,
    /// By a message to a telephone.
    Sms,
    /// Into a queue of SQS.
    Sqs,
    /// By a call of a function.
    Lambda,
    /// Into a stream of Firehose.
    Firehose,
    /// On a device, by an application's own channel.
    Application,
}

/// Which publications a subscriber hears of, by what they say there: an object of lists, `{"level": ["critical"]}`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Filter {
    /// In what is said of a publication.
    Attributes(Value),
    /// In what is published, which is JSON.
    Body(Value),
}

const LIST: &str = "sns:ListSubscriptionsByTopic";
const GET: &str = "sns:GetSubscriptionAttributes";
const SET: &str = "sns:SetSubscriptionAttributes";
const SUBSCRIBE: &str = "sns:Subscribe";
const UNSUBSCRIBE: &str = "sns:Unsubscribe";

/// The output that holds the ARN: there is one as soon as the subscription is confirmed.
const ARN: &str = "arn";

impl Behaviour for Subscription {
    type Cloud = Aws;

    const WRITES_OVER: bool = true;

    const ACTIONS: &'static [&'static str] = &[GET, LIST, SET, SUBSCRIBE, UNSUBSCRIBE];

    fn rules() -> &'static [Rule<Subscription>] {
        rules::ALL
    }

    /// What a subscription filters cannot be read before it is confirmed. Of which topic it is, and whose, always can.
    fn moved_by(field: &str, live: &Found<Subscription>, _: &Subscription) -> Option<&'static str> {
        let readable = ["topic", "protocol", "endpoint"].contains(&field) || live.outputs.contains_key(ARN);
        (!readable).then_some("whoever has yet to confirm it")
    }

    async fn read(aws: &Aws, ask: &Ask) -> Result<Vec<Found<Subscription>>, Fault> {
        let of_ids = ask.only.iter().filter_map(|id| id.split_once('/')).map(|(topic, _)| topic.to_owned());
        let mut topics: Vec<String> = ask.parents.iter().cloned().chain(of_ids).collect();
        topics.sort();
        topics.dedup();
        let found = each(topics, async |topic: String| of_topic(aws, &topic, ask).await.gone_is_fine());
        Ok(found.await?.into_iter().flatten().collect())
    }

    /// Ordered again, it is the same subscription; who has not confirmed it is asked again.
    async fn create(aws: &Aws, order: &Order<Subscription>) -> Result<String, Fault> {
        subscribe(aws, &order.definition).await?;
        Ok(order.definition.id())
    }

    /// One call for each attribute that differs.
    async fn update(aws: &Aws, found: &Found<Subscription>, wanted: &Subscription) -> Result<(), Fault> {
        let Some(arn) = found.outputs.get(ARN) else { return Ok(()) };
        let live = found.definition.attributes();
        let differs = |(name, value): &(&'static str, String)| !live.contains(&(*name, value.clone()));
        for (name, value) in wanted.attributes().into_iter().filter(differs) {
            // A filter is taken away by an empty one.
            let value = if name == FILTER && value.is_empty() { "{}".to_owned() } else { value };
            let call = aws.sns().set_subscription_attributes().subscription_arn(arn);
            call.attribute_name(name).attribute_value(value).send().await.sorted(SET)?;
        }
        Ok(())
    }

    async fn write_over(aws: &Aws, found: &Found<Subscription>, wanted: &Subscription) -> Result<(), Fault> {
        // Attributes that differ from those of one that is there are refused.
        Subscription::update(aws, found, wanted).await?;
        subscribe(aws, wanted).await
    }

    async fn retag(_: &Aws, _: &Found<Subscription>, _: &Retag) -> Result<(), Fault> {
        Ok(())
    }

    fn goes_by_itself(found: &Found<Subscription>) -> bool {
        !found.outputs.contains_key(ARN)
    }

    /// One that waits for its confirmation cannot be deleted, and goes by itself.
    async fn delete(aws: &Aws, found: &Found<Subscription>) -> Result<(), Fault> {
        let Some(arn) = found.outputs.get(ARN) else { return Ok(()) };
        match aws.sns().unsubscribe().subscription_arn(arn).send().await.sorted(UNSUBSCRIBE).map(drop).gone_is_fine() {
            Err(fault) if fault.message.contains("pending confirmation") => Ok(()),
            answer => answer,
        }
    }
}

async fn subscribe(aws: &Aws, subscription: &Subscription) -> Result<(), Fault> {
    let Subscription { topic, protocol, endpoint, raw, .. } = subscription;
    // SNS looks whether it is told of raw delivery, and not what: by e-mail, a `false` is refused as well.
    let said = |(name, value): &(&str, String)| !value.is_empty() && (*name != RAW || *raw);
    let attributes = subscription.attributes().into_iter().filter(said);
    let call = aws
        .sns()
        .subscribe()
        .topic_arn(topic.value())
        .protocol(protocol.word())
        .endpoint(endpoint.value())
        .set_attributes(Some(attributes.map(|(name, value)| (name.to_owned(), value)).collect()))
        .return_subscription_arn(true);
    call.send().await.sorted(SUBSCRIBE).map(drop)
}

/// The subscriptions of one topic.
async fn of_topic(aws: &Aws, topic: &str, ask: &Ask) -> Result<Vec<Found<Subscription>>, Fault> {
    let pages = aws.sns().list_subscriptions_by_topic().topic_arn(topic).into_paginator().items().send();
    let live: Vec<Live> = pages.try_collect().await.sorted(LIST)?;
    let known = live.iter().filter_map(|live| Some((Subscription::of(live)?, Standing::of(live)?)));
    let asked = known.filter(|(subscription, _)| ask.only.is_empty() || ask.only.contains(&subscription.id()));
    let (waiting, confirmed): (Vec<_>, Vec<_>) = asked.partition(|(_, standing)| *standing == Standing::Waiting);
    let mut found = each(confirmed, async |(subscription, standing): (Subscription, Standing)| {
        let Standing::Confirmed(arn) = standing else { return Ok(None) };
        let answer = aws.sns().get_subscription_attributes().subscription_arn(&arn).send().await;
        let answer = answer.sorted(GET).map(Some).gone_is_fine()?;
        Ok(answer.map(|answer| understand(subscription, &arn, answer.attributes())))
    })
    .await?;
    let waiting = waiting.into_iter().map(|(subscription, _)| subscription);
    found.extend(waiting.map(|one| Some(Found::ready(one.id(), one, Tags::new()))));
    Ok(found.into_iter().flatten().collect())
}

impl Subject for Subscription {
    fn subject(&self) -> String {
        self.id()
    }
}

/// How a subscription stands. What has been deleted is listed for a while, and is nothing.
#[derive(PartialEq)]
enum Standing {
    Waiting,
    Confirmed(String),
}

impl Standing {
    fn of(live: &Live) -> Option<Standing> {
        match live.subscription_arn()? {
            "PendingConfirmation" => Some(Standing::Waiting),
            arn if arn.starts_with("arn:") => Some(Standing::Confirmed(arn.to_owned())),
            _ => None,
        }
    }
}

const FILTER: &str = "FilterPolicy";
const FILTERED: &str = "FilterPolicyScope";
const OF_BODY: &str = "MessageBody";
const RAW: &str = "RawMessageDelivery";
const ROLE: &str = "SubscriptionRoleArn";
const UNDELIVERED: &str = "RedrivePolicy";
const DEAD_LETTERS: &str = "deadLetterTargetArn";

impl Subscription {
    /// Everything, told in this way at this place.
    pub fn to(topic: Ref<TopicArn>, protocol: Protocol, endpoint: impl Into<Text>) -> Subscription {
        let endpoint = endpoint.into();
        Subscription { topic, protocol, endpoint, filter: None, raw: false, role: None, undelivered: None }
    }

    /// Everything, by e-mail. An address is written in small letters, so that it is the same however AWS keeps it.
    pub fn by_email(topic: Ref<TopicArn>, address: &Email) -> Subscription {
        Subscription::to(topic, Protocol::Email, address.as_str().to_lowercase())
    }

    /// Everything, by a call of a function. It must let `sns.amazonaws.com` call it.
    pub fn by_call(topic: Ref<TopicArn>, function: Ref<FunctionArn>) -> Subscription {
        Subscription::to(topic, Protocol::Lambda, function)
    }

    /// The natural name, which is the identifier too: one that waits has no other.
    fn id(&self) -> String {
        format!("{}/{}/{}", self.topic.value(), self.protocol.word(), self.endpoint.value())
    }

    /// What the list tells of a subscription, if its protocol is known.
    fn of(live: &Live) -> Option<Subscription> {
        let protocol = Protocol::of_word(live.protocol()?)?;
        let endpoint = match protocol {
            Protocol::Email | Protocol::EmailJson => live.endpoint()?.to_lowercase(),
            _ => live.endpoint()?.to_owned(),
        };
        Some(Subscription::to(Ref::known(live.topic_arn()?), protocol, endpoint))
    }

    /// What AWS keeps of a subscription, by its own names. Empty is none.
    fn attributes(&self) -> Vec<(&'static str, String)> {
        let Subscription { topic: _, protocol: _, endpoint: _, filter, raw, role, undelivered } = self;
        let queue = undelivered.as_ref().map(|queue| json!({ DEAD_LETTERS: queue.value() }).to_string());
        let filter = match filter {
            None => None,
            Some(Filter::Attributes(policy)) => Some(("MessageAttributes", policy)),
            Some(Filter::Body(policy)) => Some((OF_BODY, policy)),
        };
        // What filters bodies may be nested, and what filters attributes may not: the wider scope is set before the
        // filter, the narrower one after it.
        let scope = filter.map(|(scope, _)| (FILTERED, scope.to_owned()));
        let (before, after) =
            if scope.as_ref().is_some_and(|(_, scope)| scope == OF_BODY) { (scope, None) } else { (None, scope) };
        let rest = [
            (FILTER, filter.map(|(_, policy)| policy.to_string()).unwrap_or_default()),
            (RAW, raw.to_string()),
            (ROLE, role.as_ref().map(Ref::value).unwrap_or_default()),
            (UNDELIVERED, queue.unwrap_or_default()),
        ];
        before.into_iter().chain(rest).chain(after).collect()
    }
}

/// The definition that would have produced a live one that is confirmed.
fn understand(listed: Subscription, arn: &str, attributes: Option<&HashMap<String, String>>) -> Found<Subscription> {
    let value = |name: &str| attributes.and_then(|all| all.get(name)).filter(|value| !value.is_empty());
    let json = |name: &str| value(name).map(|text| serde_json::from_str::<Value>(text).unwrap_or_else(|_| json!(text)));
    let definition = Subscription {
        filter: json(FILTER).filter(|policy| *policy != json!({})).map(|policy| {
            let of_body = value(FILTERED).is_some_and(|scope| scope == OF_BODY);
            if of_body { Filter::Body(policy) } else { Filter::Attributes(policy) }
        }),
        raw: value(RAW).is_some_and(|raw| raw == "true"),
        role: value(ROLE).map(Ref::known),
        undelivered: json(UNDELIVERED).and_then(|policy| Some(Pattern::from(policy[DEAD_LETTERS].as_str()?))),
        ..listed
    };
    Found::ready(definition.id(), definition, Tags::new()).with(ARN, arn)
}

/// AWS's words for the protocols.
const WORDS: [(Protocol, &str); 9] = [
    (Protocol::Email, "email"),
    (Protocol::EmailJson, "email-json"),
    (Protocol::Http, "http"),
    (Protocol::Https, "https"),
    (Protocol::Sms, "sms"),
    (Protocol::Sqs, "sqs"),
    (Protocol::Lambda, "lambda"),
    (Protocol::Firehose, "firehose"),
    (Protocol::Application, "application"),
];

impl Protocol {
    /// AWS's word for it.
    pub fn word(self) -> &'static str {
        WORDS.iter().find(|(protocol, _)| *protocol == self).map_or("email", |(_, word)| word)
    }

    fn of_word(word: &str) -> Option<Protocol> {
        WORDS.iter().find(|(_, known)| *known == word).map(|(protocol, _)| *protocol)
    }
}

#[cfg(test)]
mod tests;
