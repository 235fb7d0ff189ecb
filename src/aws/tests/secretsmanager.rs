//! Secrets in a real Secrets Manager: the local cloud's.

mod common;

use common::{Walk, aws, project};
use infra_aws::secretsmanager::{Characters, Recipe, Secret, Value};
use infra_engine::live::{Ask, Behaviour};

fn secret(name: String) -> Secret {
    let value = Value::Generated(Recipe { length: 64, characters: Characters::AuthToken });
    Secret { name, description: "What services show to Redis".into(), key: None, value }
}

#[tokio::test]
async fn a_secret_walks() {
    let (aws, project) = (aws().await, project());
    let name = format!("{project}/redis-token");
    let walk = Walk::begin(&aws, &project, secret(name.clone())).await;
    let value =
        async || aws.secretsmanager().get_secret_value().secret_id(&name).send().await.unwrap().secret_string.unwrap();
    let first = value().await;
    assert_eq!(first.len(), 64);
    assert!(first.chars().all(|c| Characters::AuthToken.all().contains(c)));

    walk.order_again().await;
    walk.order_by_another().await;
    assert_eq!(value().await, first, "the value is made once");

    aws.secretsmanager().update_secret().secret_id(&name).description("Changed by hand").send().await.unwrap();
    walk.mend().await;
    assert_eq!(value().await, first, "a change leaves the value alone");

    // Whoever rotates it changes nothing that is managed.
    aws.secretsmanager()
        .put_secret_value()
        .secret_id(&name)
        .secret_string("another-value-of-somebody")
        .send()
        .await
        .unwrap();
    assert_eq!(walk.settled().await.definition, secret(name.clone()));
    walk.end().await;
}

#[tokio::test]
async fn a_deleted_secret_comes_back_with_its_value() {
    let (aws, project) = (aws().await, project());
    let name = format!("{project}/redis-token");
    let walk = Walk::begin(&aws, &project, secret(name.clone())).await;
    let value =
        async || aws.secretsmanager().get_secret_value().secret_id(&name).send().await.unwrap().secret_string.unwrap();
    let first = value().await;

    let live = walk.settled().await;
    Secret::delete(&aws, &live).await.unwrap();
    assert!(Secret::read(&aws, &Ask::only([live.id.clone()])).await.unwrap().is_empty(), "a deleted one is gone");
    walk.order_again().await;
    assert_eq!(value().await, first);
    walk.end().await;
}

#[tokio::test]
async fn a_secret_that_others_write_is_made_without_a_value() {
    let (aws, project) = (aws().await, project());
    let name = format!("{project}/webhook");
    let empty = Secret { value: Value::WrittenElsewhere, ..secret(name.clone()) };
    let walk = Walk::begin(&aws, &project, empty).await;
    assert!(aws.secretsmanager().get_secret_value().secret_id(&name).send().await.is_err());
    walk.end().await;
}
