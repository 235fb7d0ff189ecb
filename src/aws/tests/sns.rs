//! Topics and subscriptions in a real SNS: the local cloud's.

#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

mod common;

use common::{Walk, aws, project};
use infra_aws::Aws;
use infra_aws::iam::{Policy, Service, Statement};
use infra_aws::sns::{Filter, Protocol, Subscription, Topic};
use infra_engine::live::{Ask, Behaviour, Found, Order};
use infra_engine::model::{Address, Ref, Tags};
use serde_json::json;

fn topic(name: String) -> Topic {
    Topic { name, display_name: "Alarms of the walk".into(), policy: None, key: None, deduplicates: false }
}

fn published_by(service: Service, arn: &str) -> Policy {
    Statement::allow(["sns:Publish"]).to(service).on([arn]).into()
}

#[tokio::test]
async fn what_others_do_to_a_topic_is_seen_and_mended() {
    let (aws, project) = (aws().await, project());
    let wanted = topic(format!("{project}-alarms"));
    let walk = Walk::begin(&aws, &project, wanted.clone()).await;
    walk.order_again().await;
    walk.order_by_another().await;

    let set = aws.sns().set_topic_attributes().topic_arn(&walk.id).attribute_name("DisplayName");
    set.attribute_value("Somebody else's").send().await.unwrap();
    walk.mend().await;
    let opened = published_by(Service::Budgets, &walk.id);
    let set = aws.sns().set_topic_attributes().topic_arn(&walk.id).attribute_name("Policy");
    set.attribute_value(opened.document()).send().await.unwrap();
    walk.mend().await;
    walk.end().await;
}

#[tokio::test]
async fn a_topic_of_a_wanted_name_is_found_whoever_made_it() {
    let (aws, project) = (aws().await, project());
    let name = format!("other-{}", project.to_uppercase());
    let arn = aws.sns().create_topic().name(&name).send().await.unwrap().topic_arn.unwrap();
    let owner = format!("{project}/test").parse().ok();
    let found = Topic::read(&aws, &Ask { owner, names: [name].into(), ..Ask::default() }).await.unwrap();
    let [theirs] = &found[..] else { panic!("it bears the wanted name: {found:?}") };
    assert_eq!((&theirs.id, theirs.tags.len()), (&arn, 0));
    Topic::delete(&aws, theirs).await.unwrap();
    assert!(Topic::read(&aws, &Ask::only([arn])).await.unwrap().is_empty());
}

#[tokio::test]
async fn what_others_have_a_topics_policy_say_stays_beside_ours() {
    let (aws, project) = (aws().await, project());
    let wanted = topic(format!("{project}-shared"));
    let walk = Walk::begin(&aws, &project, wanted.clone()).await;
    let theirs = Statement::allow(["sns:Publish"]).to(Service::Lambda).on([walk.id.as_str()]).named("Theirs");
    let set = aws.sns().set_topic_attributes().topic_arn(&walk.id).attribute_name("Policy");
    set.attribute_value(Policy::from(theirs).document()).send().await.unwrap();
    let ours = Topic { policy: Some(published_by(Service::Budgets, &walk.id)), ..wanted.clone() };
    for definition in [wanted.clone(), ours, wanted] {
        let found = Topic::read(&aws, &Ask::only([walk.id.clone()])).await.unwrap().pop().unwrap();
        Topic::update(&aws, &found, &definition).await.unwrap();
        let found = Topic::read(&aws, &Ask::only([walk.id.clone()])).await.unwrap().pop().unwrap();
        assert_eq!(found.definition, definition);
        assert!(found.others.len() == 1 && found.others[0].contains("statement Theirs"), "{:?}", found.others);
    }
    walk.end().await;
}

/// What is ordered of a subscription, by its topic and its address alone.
fn order(definition: Subscription) -> Order<Subscription> {
    let address = Address::new("walk", "one").unwrap();
    Order { address, definition, tags: Tags::new(), token: String::new() }
}

/// The subscriptions of a topic.
async fn subscriptions(aws: &Aws, topic: &str) -> Vec<Found<Subscription>> {
    Subscription::read(aws, &Ask { parents: [topic.to_owned()].into(), ..Ask::default() }).await.unwrap()
}

#[tokio::test]
async fn a_queue_that_subscribes_again_is_the_same_and_goes_with_its_topic() {
    let (aws, project) = (aws().await, project());
    let topic = Walk::begin(&aws, &project, topic(format!("{project}-alarms"))).await;
    let queue = format!("arn:aws:sqs:us-east-1:000000000000:{project}");
    let wanted = Subscription::to(Ref::known(&topic.id), Protocol::Sqs, queue.as_str());
    let id = Subscription::create(&aws, &order(wanted.clone())).await.unwrap();
    assert_eq!(Subscription::create(&aws, &order(wanted.clone())).await.unwrap(), id);
    let found = subscriptions(&aws, &topic.id).await;
    let [live] = &found[..] else { panic!("there is one: {found:?}") };
    assert_eq!((&live.id, &live.definition), (&id, &wanted));
    topic.end().await;
    assert!(Subscription::read(&aws, &Ask::only([id])).await.unwrap().is_empty(), "no topic, no subscription");
}

#[tokio::test]
async fn one_that_waits_is_found_cannot_be_deleted_and_is_waited_for_by_nobody() {
    let (aws, project) = (aws().await, project());
    let topic = Walk::begin(&aws, &project, topic(format!("{project}-alarms"))).await;
    let filter = Some(Filter::Attributes(json!({"level": ["critical"]})));
    let people = Subscription::by_email(Ref::known(&topic.id), &"Ops@example.com".parse().unwrap());
    let wanted = Subscription { filter, ..people.clone() };
    let id = Subscription::create(&aws, &order(wanted.clone())).await.unwrap();
    let found = subscriptions(&aws, &topic.id).await;
    let [live] = &found[..] else { panic!("it is there: {found:?}") };
    assert_eq!((&live.id, &live.definition), (&id, &people));
    assert!(Subscription::moved_by("filter", live, &wanted).is_some(), "what it filters is not told yet");
    Subscription::update(&aws, live, &wanted).await.unwrap();

    Subscription::delete(&aws, live).await.unwrap();
    let left = Subscription::read(&aws, &Ask::only([id])).await.unwrap();
    assert!(left.iter().all(Subscription::goes_by_itself), "{left:?}");
    topic.end().await;
}
