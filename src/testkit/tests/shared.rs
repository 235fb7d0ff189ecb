//! What the whole account shares: whoever comes first makes it, and nobody takes it from the others.

use std::sync::Arc;

use infra_engine::model::{Definition, Document, Tags};
use infra_engine::plan::Note;
use infra_testkit::cloud::kinds::Switch;
use infra_testkit::cloud::{ModelCloud, Nature};
use infra_testkit::laws;
use infra_testkit::laws::{Ground, Sample};
use infra_testkit::session::definitions;
use serde_json::json;

fn wanted(on: bool) -> Vec<Definition> {
    definitions(|platform| {
        platform.stack("model").add("switch", Switch { name: "main".into(), on });
    })
}

fn ground(cloud: &Arc<ModelCloud>, environment: &str) -> Ground {
    let mut ground = Ground::model(cloud);
    ground.session.owner.environment = environment.to_owned();
    ground
}

#[tokio::test(start_paused = true)]
async fn two_environments_share_it_and_neither_takes_it_away() {
    let cloud = ModelCloud::new();
    let (staging, prod) = (ground(&cloud, "staging"), ground(&cloud, "prod"));
    staging.apply("the first makes it", &wanted(true)).await;
    prod.settled("the second finds it", &wanted(true)).await;

    let destroyed = staging.session.apply_with(&wanted(true), &staging.session.destroy()).await.unwrap();
    assert!(matches!(destroyed.plan.notes.as_slice(), [Note::KeptShared { .. }]), "{:#?}", destroyed.plan.notes);
    staging.settled("it leaves the code", &[]).await;
    prod.settled("the other still has it", &wanted(true)).await;

    staging.apply("both want the same", &wanted(true)).await;
    prod.apply("it is changed in place", &wanted(false)).await;
    let plan = staging.plan("it was changed by the other", &wanted(true)).await;
    assert!(matches!(plan.notes.as_slice(), [Note::SharedDiffers { .. }]), "neither turns it back: {plan:#?}");
    staging.settled("nor when it is applied", &wanted(true)).await;
    let [switch] = &cloud.things()[..] else { panic!("there is one for everybody: {:#?}", cloud.things()) };
    assert_eq!((switch.document.field("on"), switch.tags.len()), (Some(&false.into()), 0));
}

#[tokio::test(start_paused = true)]
async fn it_lives_and_drifts_as_everything_does() {
    let sample = Sample { definitions: wanted(true), ..Sample::of(|_| {}) };
    let sample = sample.change("model.switch", |it: &mut Switch| it.on = false);
    let ground = ground(&ModelCloud::new(), "staging");
    laws::life(&ground, &sample).await;
    laws::drift(&ground, &sample).await;
}

#[tokio::test(start_paused = true)]
async fn one_that_stood_otherwise_is_changed_whenever_a_run_is_cut_off() {
    let fresh = || {
        let cloud = ModelCloud::new();
        let off = Document::from_value(json!({"name": "main", "on": false}));
        let nature = Nature { name: Some("name"), ..Nature::PLAIN };
        cloud.behind(|world, now| world.make("model/switch", off, Tags::new(), nature, now)).unwrap();
        Ground::model(&cloud)
    };
    laws::deaths(fresh, &[], &wanted(true)).await;
    laws::faults(fresh, &[], &wanted(true)).await;
}

#[tokio::test(start_paused = true)]
async fn one_that_was_made_when_the_answer_was_lost_is_found_by_its_name() {
    let fresh = || Ground::model(&ModelCloud::new());
    laws::faults(fresh, &[], &wanted(true)).await;
    laws::deaths(fresh, &[], &wanted(true)).await;
}
