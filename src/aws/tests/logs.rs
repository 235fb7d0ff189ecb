//! Log groups in a real CloudWatch Logs: the local cloud's.

mod common;

use common::{Walk, aws, project};
use infra_aws::logs::{Class, LogGroup, Retention};
use infra_engine::live::{Ask, Behaviour};

fn group(name: String) -> LogGroup {
    LogGroup { name, class: Class::Standard, retention: Retention::Days30, key: None }
}

#[tokio::test]
async fn a_log_group_is_ordered_once_and_tells_both_its_arns() {
    let (aws, project) = (aws().await, project());
    let name = format!("/ecs/{project}/web");
    let walk = Walk::begin(&aws, &project, group(name.clone())).await;
    walk.order_again().await;
    walk.order_by_another().await;

    let live = LogGroup::read(&aws, &Ask::only([name.clone()])).await.unwrap().pop().unwrap();
    assert!(live.outputs["arn"].ends_with(&format!(":log-group:{name}")), "{:?}", live.outputs);
    assert!(live.outputs["streams"].ends_with(&format!(":log-group:{name}:*")), "{:?}", live.outputs);
    walk.end().await;
}

#[tokio::test]
async fn a_group_of_a_wanted_name_is_found_whoever_made_it_and_its_longer_neighbours_are_not() {
    let (aws, project) = (aws().await, project());
    let name = format!("/other/{}", project.to_uppercase());
    for name in [name.clone(), format!("{name}-2")] {
        aws.logs().create_log_group().log_group_name(name).send().await.unwrap();
    }
    let ask =
        Ask { owner: Some(format!("{project}/test").parse().unwrap()), names: [name.clone()].into(), ..Ask::default() };
    let found = LogGroup::read(&aws, &ask).await.unwrap();
    let [theirs] = &found[..] else { panic!("it bears the wanted name: {found:?}") };
    assert_eq!((theirs.id.as_str(), theirs.definition.retention), (name.as_str(), Retention::Forever));
    for name in [name.clone(), format!("{name}-2")] {
        let live = LogGroup::read(&aws, &Ask::only([name])).await.unwrap();
        LogGroup::delete(&aws, &live[0]).await.unwrap();
    }
}
