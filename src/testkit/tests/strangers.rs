//! Children on what is not ours, other people's children on what is ours, and what is ours and does not say so any more.

#![expect(clippy::unwrap_used, reason = "what a test prepares may fail it like anything else in it")]

use std::collections::BTreeSet;
use std::sync::Arc;

use infra_engine::model::{Definition, Document, Ref, Tags, keys};
use infra_engine::plan::{Action, Note, Plan, Stop};
use infra_testkit::cloud::kinds::Rules;
use infra_testkit::cloud::{ModelCloud, Nature, broad};
use infra_testkit::laws::Ground;
use infra_testkit::session::{Refusal, definitions};
use infra_testkit::weather::Forecast;
use serde_json::json;

const CHILD: Nature = Nature { parent: Some("gate"), ..Nature::PLAIN };

async fn standing(definitions: &[Definition]) -> (Arc<ModelCloud>, Ground) {
    let cloud = ModelCloud::new();
    let ground = Ground::model(&cloud);
    ground.apply("standing", definitions).await;
    (cloud, ground)
}

fn id_of(cloud: &ModelCloud, address: &str) -> (&'static str, String) {
    let is_it = |tags: &Tags| tags.get(keys::ADDRESS).map(String::as_str) == Some(address);
    let thing = cloud.things().into_iter().find(|thing| is_it(&thing.tags)).unwrap();
    (thing.kind, thing.id)
}

fn without(addresses: &[&str]) -> Vec<Definition> {
    let stays = |one: &Definition| !addresses.contains(&one.address.to_string().as_str());
    broad().definitions.into_iter().filter(stays).collect()
}

fn has(cloud: &ModelCloud, kind: &str, id: &str) -> bool {
    cloud.things().iter().any(|thing| thing.kind == kind && thing.id == id)
}

fn deletes(plan: &Plan) -> BTreeSet<String> {
    let goes = plan.changes.iter().filter(|change| matches!(change.action, Action::Delete | Action::Replace(_)));
    goes.map(|change| change.address.to_string()).collect()
}

#[tokio::test(start_paused = true)]
async fn a_child_on_what_is_not_ours_goes_when_it_leaves_the_code() {
    let (cloud, ground) = standing(&[]).await;
    let gate = json!({"name": "theirs", "network": "n", "segments": [], "sign": null, "width": 0});
    let gate = Document::from_value(gate);
    let gate = cloud.behind(|world, now| world.make("model/gate", gate, Tags::new(), Nature::PLAIN, now)).unwrap();
    let ours = definitions(|platform| {
        let rules = Rules { gate: Ref::known(gate.clone()), ports: [80].into(), callers: [].into() };
        platform.stack("edge").add("rules", rules);
    });
    ground.apply("on a gate of others", &ours).await;
    ground.settled("on a gate of others", &ours).await;
    assert!(has(&cloud, "model/rules", &gate));
    let gone = ground.apply("it leaves the code", &[]).await;
    assert_eq!(gone.outcome.destroyed, 1);
    assert!(!has(&cloud, "model/rules", &gate) && has(&cloud, "model/gate", &gate));
    // Where the gate is gone, too, there is nothing to look for.
    ground.apply("on a gate of others", &ours).await;
    cloud
        .behind(|world, now| {
            world.remove("model/rules", &gate, now)?;
            world.remove("model/gate", &gate, now)
        })
        .unwrap();
    ground.apply("the gate is gone", &[]).await;
}

#[tokio::test(start_paused = true)]
async fn what_others_have_put_on_ours_goes_no_sooner_than_that() {
    let (cloud, ground) = standing(&broad().definitions).await;
    let (_, gate) = id_of(&cloud, "model.back");
    let rules = Document::from_value(json!({"gate": gate, "ports": [22], "callers": []}));
    cloud.behind(|world, now| world.make("model/rules", rules, Tags::new(), CHILD, now)).unwrap();
    let mut renamed = broad().definitions;
    let back = renamed.iter_mut().find(|one| one.address.to_string() == "model.back").unwrap();
    back.document.set_field("name", json!("another"));
    ground.weather.set(Forecast { refused: ["model.back".to_owned()].into(), ..Forecast::default() });
    let refused = ground.session.apply(&renamed).await.unwrap();
    assert!(!refused.outcome.is_complete());
    assert!(has(&cloud, "model/gate", &gate), "the old one stands");
    assert!(has(&cloud, "model/rules", &gate), "and so does what others have put on it");
    ground.weather.clear();
    ground.apply("in calm weather", &renamed).await;
    assert!(!has(&cloud, "model/rules", &gate), "it went with what it was on");
}

#[tokio::test(start_paused = true)]
async fn what_has_lost_its_tag_and_left_the_code_is_not_forgotten() {
    let (cloud, ground) = standing(&broad().definitions).await;
    let (kind, id) = id_of(&cloud, "model.alarm");
    cloud.behind(|world, now| world.tag(kind, &id, &Tags::new(), &[keys::OWNER.to_owned()], now)).unwrap();
    let Err(Refusal::Stopped(stops)) = ground.session.apply(&without(&["model.alarm"])).await else {
        panic!("nobody hears of it")
    };
    assert!(matches!(&stops[..], [Stop::LostTag { in_code: false, .. }]), "{stops:#?}");
    assert!(has(&cloud, kind, &id));
    let destroyed = ground.session.apply_with(&without(&["model.alarm"]), &ground.session.destroy()).await.unwrap();
    assert!(destroyed.outcome.is_complete());
    assert_eq!(cloud.things().len(), 0, "everything is gone: {:#?}", cloud.things());
}

#[tokio::test(start_paused = true)]
async fn what_has_a_protected_child_stays_with_it() {
    let child = broad().definitions.into_iter().find(|one| one.schema.kind == "model/rules").unwrap();
    let (_, parent) = child.document.references().into_iter().find(|(path, _)| path.root() == "gate").unwrap();
    let mut definitions = broad().definitions;
    definitions.iter_mut().find(|one| one.address == child.address).unwrap().protected = true;
    let (_, ground) = standing(&definitions).await;
    let parent = parent.address.to_string();
    let plan = ground.session.plan(&without(&[&child.address.to_string(), &parent, "model.pool"])).await;
    let Ok(plan) = plan else { panic!("{plan:#?}") };
    assert!(!deletes(&plan).contains(&parent), "{:#?}", plan.changes);
    let kept = plan.notes.iter().filter(|note| matches!(note, Note::KeptProtected { .. }));
    assert!(kept.count() >= 2, "both are told: {:#?}", plan.notes);
}
