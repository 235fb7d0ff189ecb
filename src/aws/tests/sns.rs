//! Topics in a real SNS: the local cloud's.

#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

mod common;

use common::{Walk, aws, project};
use infra_aws::iam::{Policy, Service, Statement};
use infra_aws::sns::Topic;
use infra_engine::live::{Ask, Behaviour};
use infra_engine::model::Ref;

fn topic(name: String) -> Topic {
    Topic { name, display_name: "Alarms of the walk".into(), policy: None, key: None, deduplicates: false }
}

fn published_by(service: Service, arn: &str) -> Policy {
    Statement::allow(["sns:Publish"]).to(service).on([arn]).into()
}

#[tokio::test]
async fn a_topic_walks() {
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
    let key = Some(Ref::known("alias/aws/sns"));
    walk.turn_into(Topic { policy: Some(opened), key, display_name: String::new(), ..wanted.clone() }).await;
    walk.turn_into(wanted).await;
    walk.end().await;
}

#[tokio::test]
async fn a_topic_that_keeps_the_order_walks_with_all_that_it_is_from_the_beginning() {
    let (aws, project) = (aws().await, project());
    let name = format!("{project}-orders.fifo");
    let policy = published_by(Service::CloudWatch, &format!("arn:aws:sns:us-east-1:000000000000:{name}"));
    let wanted = Topic { deduplicates: true, policy: Some(policy), ..topic(name) };
    let walk = Walk::begin(&aws, &project, wanted.clone()).await;
    walk.turn_into(Topic { deduplicates: false, ..wanted }).await;
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
