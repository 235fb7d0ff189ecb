//! The laws, over every kind of the model cloud.

use std::sync::Arc;
use std::time::Duration;

use infra_testkit::cloud::{ModelCloud, broad, foreign};
use infra_testkit::laws::{self, Ground};

fn fresh() -> Ground {
    Ground::model(&ModelCloud::new())
}

#[tokio::test(start_paused = true)]
async fn life() {
    laws::life(&fresh(), &broad().of_every_field()).await;
}

#[tokio::test(start_paused = true)]
async fn life_where_what_is_done_is_seen_late() {
    let ground = Ground::model(&ModelCloud::lagging(Duration::from_millis(900)));
    ground.session.apply(&broad().definitions).await.unwrap();
    tokio::time::sleep(Duration::from_secs(2)).await;
    let plan = ground.session.plan(&broad().definitions).await.unwrap();
    assert!(plan.is_empty(), "{:#?}", plan.changes);
}

#[tokio::test(start_paused = true)]
async fn drift() {
    laws::drift(&fresh(), &broad()).await;
}

#[tokio::test(start_paused = true)]
async fn renames() {
    laws::renames(&fresh(), &broad()).await;
}

#[tokio::test(start_paused = true)]
async fn leavings() {
    laws::leavings(&mut fresh(), &broad()).await;
}

#[tokio::test(start_paused = true)]
async fn secrets() {
    laws::secrets(&fresh(), &broad()).await;
}

#[tokio::test(start_paused = true)]
async fn deaths_on_the_way_up() {
    laws::deaths(fresh, &[], &broad().definitions).await;
}

#[tokio::test(start_paused = true)]
async fn deaths_on_the_way_down() {
    laws::deaths(fresh, &broad().definitions, &[]).await;
}

/// One change of every sort: in place, by several calls, of a child, of what is slow, with successors of both sorts.
#[tokio::test(start_paused = true)]
async fn deaths_at_every_sort_of_change() {
    let sample = broad();
    let sorts = ["net.range", "left.zone", "front.name", "rules.ports", "slow.segment"];
    for sort in sorts {
        let is_it = |variant: &&laws::Variant| variant.name().ends_with(&format!(".{sort}"));
        let variant = sample.variants.iter().find(is_it).unwrap();
        laws::deaths(fresh, &sample.definitions, &sample.changed(variant)).await;
    }
}

#[tokio::test(start_paused = true)]
async fn successors_stand_before_their_predecessors_go() {
    laws::refused_twice(fresh, &broad()).await;
}

#[tokio::test(start_paused = true)]
async fn everything_can_be_replaced_on_request_or_says_why_not() {
    let written_over = laws::replaced_on_request(&fresh(), &broad().held(&[])).await;
    assert!(written_over > 0, "one of them is written over in its place");
}

#[tokio::test(start_paused = true)]
async fn what_was_to_be_replaced_is_taken_back() {
    laws::taken_back(fresh, &broad()).await;
}

#[tokio::test(start_paused = true)]
async fn faults_on_the_way_up_and_down() {
    laws::faults(fresh, &[], &broad().definitions).await;
    laws::faults(fresh, &broad().definitions, &[]).await;
}

#[tokio::test(start_paused = true)]
async fn the_same_laws_hold_when_the_weather_is_above_the_kinds() {
    let above = || Ground::over(ModelCloud::new().registry());
    laws::life(&above(), &broad()).await;
    laws::deaths(above, &[], &broad().definitions).await;
}

#[tokio::test(start_paused = true)]
async fn what_is_not_ours_is_never_touched() {
    let cloud = ModelCloud::new();
    cloud.behind(foreign);
    let before = format!("{:#?}", cloud.things());
    laws::life(&Ground::model(&cloud), &broad()).await;
    laws::renames(&Ground::model(&cloud), &broad()).await;
    laws::leavings(&mut Ground::model(&cloud), &broad()).await;
    let after = Arc::clone(&cloud);
    assert_eq!(format!("{:#?}", after.things()), before);
}
