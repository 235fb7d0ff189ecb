//! What a tag claims is not believed where it would cost somebody a resource; what was lost is told, and mended.

#![expect(clippy::unwrap_used, reason = "what a test prepares may fail it like anything else in it")]

use std::collections::BTreeSet;
use std::sync::Arc;

use infra_engine::model::{Definition, Document, Home, Tags, keys};
use infra_engine::plan::{Action, Note, Options, Plan, Reason, Stop};
use infra_engine::record::{MemoryStore, Store};
use infra_testkit::cloud::{ModelCloud, Nature, broad};
use infra_testkit::laws::Ground;
use infra_testkit::session::{Refusal, Session};
use infra_testkit::weather::{Blow, Forecast, Moment};
use serde_json::json;

async fn standing() -> (Arc<ModelCloud>, Ground) {
    let cloud = ModelCloud::new();
    let ground = Ground::model(&cloud);
    ground.apply("standing", &broad().definitions).await;
    (cloud, ground)
}

fn id_of(cloud: &ModelCloud, address: &str) -> (&'static str, String) {
    let is_it = |tags: &Tags| tags.get(keys::ADDRESS).map(String::as_str) == Some(address);
    let thing = cloud.things().into_iter().find(|thing| is_it(&thing.tags)).unwrap();
    (thing.kind, thing.id)
}

/// Somebody else writes and removes tags.
fn tag(cloud: &ModelCloud, address: &str, set: &[(&str, &str)], remove: &[&str]) {
    let (kind, id) = id_of(cloud, address);
    let set: Tags = set.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
    let remove: Vec<String> = remove.iter().map(|key| (*key).to_owned()).collect();
    cloud.behind(|world, now| world.tag(kind, &id, &set, &remove, now)).unwrap();
}

fn deletes(plan: &Plan) -> Vec<String> {
    let goes = plan.changes.iter().filter(|change| matches!(change.action, Action::Delete | Action::Replace(_)));
    goes.map(|change| change.address.to_string()).collect()
}

fn protected(address: &str) -> Vec<Definition> {
    let mut definitions = broad().definitions;
    let definition = definitions.iter_mut().find(|definition| definition.address.to_string() == address).unwrap();
    definition.protected = true;
    definitions
}

#[tokio::test(start_paused = true)]
async fn a_mark_of_being_replaced_that_somebody_else_wrote_is_taken_away() {
    let (cloud, ground) = standing().await;
    for address in ["model.net", "model.front", "model.pool"] {
        tag(&cloud, address, &[(keys::RETIRED, "true")], &[]);
        let plan = ground.session.plan(&broad().definitions).await.unwrap();
        assert_eq!(deletes(&plan), Vec::<String>::new(), "{address}");
        assert!(plan.changes.iter().all(|change| change.reasons.contains(&Reason::TakenBack)), "{:#?}", plan.changes);
        ground.apply(address, &broad().definitions).await;
        ground.settled(address, &broad().definitions).await;
    }
}

#[tokio::test(start_paused = true)]
async fn protected_is_what_the_code_or_the_tag_or_the_ledger_says() {
    let (cloud, ground) = standing().await;
    let definitions = protected("model.pool");
    ground.apply("protect", &definitions).await;
    let is_protected = |refusal: Result<_, Refusal>| match refusal {
        Err(Refusal::Stopped(stops)) => stops.iter().any(|stop| matches!(stop, Stop::Protected { .. })),
        _ => false,
    };
    let destroy = ground.session.destroy();
    assert!(is_protected(ground.session.apply_with(&definitions, &destroy).await));
    tag(&cloud, "model.pool", &[], &[keys::PROTECT]);
    assert!(is_protected(ground.session.apply_with(&definitions, &destroy).await), "the code still says so");
    let without: Vec<Definition> =
        definitions.iter().filter(|one| one.address.to_string() != "model.pool").cloned().collect();
    let plan = ground.session.plan(&without).await.unwrap();
    assert_eq!(deletes(&plan), Vec::<String>::new(), "the ledger still says so");
    tag(&cloud, "model.pool", &[(keys::RETIRED, "true")], &[]);
    assert_eq!(deletes(&ground.session.plan(&without).await.unwrap()), Vec::<String>::new());
}

#[tokio::test(start_paused = true)]
async fn a_claim_without_proof_is_shown_and_stops_what_would_delete_it() {
    let (cloud, ground) = standing().await;
    let theirs = json!({"range": "10.7.0.0/16", "peer": null, "names": true});
    let owner = ground.session.owner.to_string();
    for tags in [
        Tags::from([(keys::OWNER.to_owned(), owner.clone())]),
        Tags::from([(keys::OWNER.to_owned(), owner.clone()), (keys::ADDRESS.to_owned(), "model.old".to_owned())]),
    ] {
        let document = Document::from_value(theirs.clone());
        let made = cloud.behind(|world, now| world.make("model/network", document, tags, Nature::PLAIN, now));
        let stopped = ground.session.apply(&broad().definitions).await;
        let Err(Refusal::Stopped(stops)) = stopped else { panic!("somebody else's network is deleted: {stopped:#?}") };
        assert!(stops.iter().all(|stop| matches!(stop, Stop::Unproven { .. })), "{stops:#?}");
        let id = made.unwrap();
        assert!(cloud.things().iter().any(|thing| thing.id == id));
        cloud.behind(|world, now| world.remove("model/network", &id, now)).unwrap();
    }
    // Two that claim one address: the one that was made is known, and the other is left alone.
    let tags = Tags::from([(keys::OWNER.to_owned(), owner), (keys::ADDRESS.to_owned(), "model.net".to_owned())]);
    let document = Document::from_value(theirs);
    cloud.behind(|world, now| world.make("model/network", document, tags, Nature::PLAIN, now)).unwrap();
    let plan = ground.session.plan(&broad().definitions).await.unwrap();
    assert_eq!((plan.stops.as_slice(), plan.changes.len()), ([].as_slice(), 0));
    assert!(plan.notes.iter().any(|note| matches!(note, Note::Pretender { .. })), "{:#?}", plan.notes);
}

#[tokio::test(start_paused = true)]
async fn a_lost_tag_stops_the_plan_names_what_stands_on_it_and_is_mended() {
    let tagged: BTreeSet<String> = broad()
        .definitions
        .iter()
        .filter(|one| one.schema.ownership == infra_engine::model::Ownership::Tags)
        .map(|one| one.address.to_string())
        .collect();
    for address in &tagged {
        for with_ledger in [true, false] {
            let (cloud, mut ground) = standing().await;
            let (_, id) = id_of(&cloud, address);
            if !with_ledger {
                ground.session.store = Arc::new(MemoryStore::default());
            }
            let before = cloud.things().len();
            tag(&cloud, address, &[], &[keys::OWNER]);
            let stopped = ground.session.apply(&broad().definitions).await;
            let named = |stop: &Stop| match stop {
                Stop::LostTag { address: lost, holds, .. } => {
                    lost.to_string() == *address && (address != "model.net" || !holds.is_empty())
                }
                Stop::Foreign { address: lost, .. } => lost.to_string() == *address,
                _ => false,
            };
            match stopped {
                Err(Refusal::Stopped(stops)) => assert!(stops.iter().any(named), "{address}: {stops:#?}"),
                // Without a ledger and without anything that refers to it, nothing can prove that it was there.
                other => assert!(!with_ledger && address == "model.other", "{address}: {other:#?}"),
            }
            if !with_ledger {
                continue;
            }
            assert_eq!(cloud.things().len(), before, "{address}: nothing is made beside it");
            let adopt =
                Options { adopt: [(address.parse().unwrap(), Some(id.clone()))].into(), ..ground.session.converge() };
            let mended = ground.session.apply_with(&broad().definitions, &adopt).await.unwrap();
            assert!(mended.outcome.is_complete() && mended.outcome.added == 0, "{address}: {:#?}", mended.plan.changes);
            ground.settled(address, &broad().definitions).await;
            assert_eq!(id_of(&cloud, address).1, id);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn nothing_is_adopted_from_another_owner_unless_that_is_named() {
    let cloud = ModelCloud::new();
    let (mut prod, mut dev) = (Session::new(cloud.registry()), Session::new(cloud.registry()));
    (prod.owner.environment, dev.owner.environment) = ("prod".to_owned(), "dev".to_owned());
    let net: Vec<Definition> =
        broad().definitions.into_iter().filter(|one| one.address.to_string() == "model.net").collect();
    prod.apply(&net).await.unwrap();
    let (_, id) = id_of(&cloud, "model.net");
    let adopt = |id: &str| [("model.net".parse().unwrap(), Some(id.to_owned()))].into();
    let options = Options { adopt: adopt(&id), ..dev.converge() };
    let Err(Refusal::Stopped(stops)) = dev.apply_with(&net, &options).await else { panic!("it was taken") };
    assert!(matches!(&stops[..], [Stop::Foreign { owner: Some(owner), .. }] if owner == "shop/prod"), "{stops:#?}");
    let nothing = Options { adopt: adopt("network~ffff"), ..dev.converge() };
    let Err(Refusal::Stopped(stops)) = dev.apply_with(&net, &nothing).await else { panic!("another one was taken") };
    assert!(matches!(&stops[..], [Stop::NothingToAdopt { .. }]), "{stops:#?}");
    let named = Options { adopt_from: Some(prod.owner.clone()), ..options };
    assert!(dev.apply_with(&net, &named).await.unwrap().outcome.is_complete());
    assert!(dev.plan(&net).await.unwrap().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_strangers_child_survives_and_goes_only_with_what_it_is_on() {
    let (cloud, ground) = standing().await;
    let (_, back) = id_of(&cloud, "model.back");
    let rules = json!({"gate": back, "ports": [22], "callers": []});
    let child = Nature { parent: Some("gate"), ..Nature::PLAIN };
    let made =
        cloud.behind(|world, now| world.make("model/rules", Document::from_value(rules), Tags::new(), child, now));
    let id = made.unwrap();
    let plan = ground.plan("a stranger's child", &broad().definitions).await;
    assert_eq!((deletes(&plan).len(), plan.stops.len()), (0, 0), "{:#?}", plan.changes);
    assert!(plan.notes.iter().any(|note| matches!(note, Note::Stranger { .. })), "{:#?}", plan.notes);
    ground.apply("a stranger's child", &broad().definitions).await;
    assert!(cloud.things().iter().any(|thing| thing.kind == "model/rules" && thing.id == id));
    let destroyed = ground.session.apply_with(&broad().definitions, &ground.session.destroy()).await.unwrap();
    let goes_along = |change: &&infra_engine::plan::Change| matches!(change.reasons[..], [Reason::GoesWith(_)]);
    assert_eq!(destroyed.plan.changes.iter().filter(goes_along).count(), 1, "the plan says that it goes along");
}

#[tokio::test(start_paused = true)]
async fn a_program_that_knows_less_forgets_nothing() {
    let cloud = ModelCloud::new();
    let store: Arc<dyn Store> = Arc::new(MemoryStore::default());
    let mut full = Session::new(cloud.registry());
    let mut less = Session::new(cloud.registry().without("model/alarm"));
    (full.store, less.store, less.name) = (Arc::clone(&store), store, "less".to_owned());
    let all = broad().definitions;
    let fewer: Vec<Definition> = all.iter().filter(|one| one.schema.kind != "model/alarm").cloned().collect();
    full.apply(&all).await.unwrap();
    let changed: Vec<Definition> = fewer
        .iter()
        .map(|one| {
            let mut one = one.clone();
            if one.address.to_string() == "model.pool" {
                one.document.set_field("workers", json!(9));
            }
            one
        })
        .collect();
    let applied = less.apply(&changed).await.unwrap();
    assert!(
        applied.plan.notes.iter().any(|note| matches!(note, Note::UnknownKinds { .. })),
        "{:#?}",
        applied.plan.notes
    );
    let Err(Refusal::Stopped(stops)) = less.apply_with(&fewer, &less.destroy()).await else { panic!("it destroys") };
    assert!(matches!(&stops[..], [Stop::UnknownKinds { .. }]), "{stops:#?}");
    less.apply(&fewer).await.unwrap();
    assert!(full.plan(&all).await.unwrap().is_empty());
    let gone = full.apply(&fewer).await.unwrap();
    assert_eq!(gone.outcome.destroyed, 1, "the last of a kind is still looked for");
}

#[tokio::test(start_paused = true)]
async fn where_an_owner_is_not_at_home_not_even_a_lock_is_written() {
    let cloud = ModelCloud::new();
    let store = Arc::new(MemoryStore::beside(vec!["eu-west-2".to_owned()]));
    let mut session = Session::new(cloud.registry());
    (session.store, session.locks) = (Arc::<MemoryStore>::clone(&store), true);
    for options in [session.converge(), session.destroy()] {
        let Err(Refusal::Stopped(stops)) = session.apply_with(&broad().definitions, &options).await else {
            panic!("it goes on")
        };
        assert!(matches!(&stops[..], [Stop::StandsElsewhere { .. }]), "{stops:#?}");
        assert_eq!(store.writes(), 0, "nothing is written");
    }
    let options = Options { take_over: true, ..session.converge() };
    session.apply_with(&broad().definitions, &options).await.unwrap();
    assert!(store.writes() > 0 && !cloud.things().is_empty());
}

#[tokio::test(start_paused = true)]
async fn another_program_and_another_platform_stop() {
    let (_, ground) = standing().await;
    let home = |program: &str| {
        let (program, account, region) = (program.to_owned(), "1".to_owned(), "eu-west-1".to_owned());
        Some(Home { program, account, region })
    };
    let of = |program: &str| Options { home: home(program), ..ground.session.converge() };
    let mut definitions = broad().definitions;
    definitions
        .iter_mut()
        .find(|one| one.address.to_string() == "model.pool")
        .unwrap()
        .document
        .set_field("workers", json!(7));
    ground.session.apply_with(&definitions, &of("one")).await.unwrap();
    let Err(Refusal::Stopped(stops)) = ground.session.apply_with(&broad().definitions, &of("other")).await else {
        panic!("another program applies")
    };
    assert!(matches!(&stops[..], [Stop::OtherHome { .. }]), "{stops:#?}");
    // An account and a region are a home as much as a program is.
    let made = home("one").unwrap();
    let moved = [Home { account: "2".into(), ..made.clone() }, Home { region: "eu-west-2".into(), ..made }];
    for home in moved.map(Some) {
        let options = Options { home, ..ground.session.converge() };
        let stopped = ground.session.plan_with(&definitions, &options).await.unwrap().stops;
        assert!(matches!(&stopped[..], [Stop::OtherHome { .. }]), "{stopped:#?}");
    }
    let elsewhere: Vec<Definition> = (0..8)
        .map(|number| {
            let net = broad().definitions.into_iter().find(|one| one.address.to_string() == "model.net").unwrap();
            let mut net = Definition { address: format!("new.net-{number}").parse().unwrap(), ..net };
            net.document.set_field("range", json!(format!("10.{number}.0.0/16")));
            net
        })
        .collect();
    let Err(Refusal::Stopped(stops)) = ground.session.apply_with(&elsewhere, &of("one")).await else {
        panic!("another platform takes its place")
    };
    assert!(stops.iter().any(|stop| matches!(stop, Stop::OtherPlatform { .. })), "{stops:#?}");
}

/// The addresses of what stands, by kind.
fn addresses(cloud: &ModelCloud) -> Vec<(&'static str, String)> {
    let tagged = |tags: &Tags| tags.get(keys::ADDRESS).cloned();
    cloud.things().iter().filter_map(|thing| Some((thing.kind, tagged(&thing.tags)?))).collect()
}

#[tokio::test(start_paused = true)]
async fn an_address_that_somebody_has_moved_is_put_back_and_costs_nothing() {
    let (cloud, ground) = standing().await;
    for (_, address) in addresses(&cloud) {
        for moved in ["xx.gone", "model.pool", "model.net"] {
            let (_, id) = id_of(&cloud, &address);
            tag(&cloud, &address, &[(keys::ADDRESS, moved)], &[]);
            let plan = ground.session.plan(&broad().definitions).await.unwrap();
            assert_eq!(
                (deletes(&plan), &plan.stops),
                (Vec::new(), &Vec::new()),
                "{address} moved to {moved}: {:#?}",
                plan.notes
            );
            assert_eq!(plan.stops, [], "{address} moved to {moved}");
            ground.apply(&address, &broad().definitions).await;
            ground.settled(&address, &broad().definitions).await;
            assert_eq!(id_of(&cloud, &address).1, id, "{address} moved to {moved}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn two_addresses_that_somebody_has_exchanged_are_put_back() {
    let (cloud, ground) = standing().await;
    let all = addresses(&cloud);
    let pair = all.iter().find_map(|(kind, one)| {
        let other = all.iter().find(|(of, other)| of == kind && other != one)?;
        Some((one.clone(), other.1.clone()))
    });
    let (one, other) = pair.expect("there are two of one kind");
    let before = [&one, &other].map(|address| id_of(&cloud, address));
    let exchange = |id: &(&'static str, String), address: &str| {
        let set = Tags::from([(keys::ADDRESS.to_owned(), address.to_owned())]);
        cloud.behind(|world, now| world.tag(id.0, &id.1, &set, &[], now)).unwrap();
    };
    exchange(&before[0], &other);
    exchange(&before[1], &one);
    let plan = ground.session.plan(&broad().definitions).await.unwrap();
    assert_eq!((deletes(&plan), plan.stops.as_slice()), (Vec::new(), [].as_slice()), "{:#?}", plan.changes);
    ground.apply("exchanged", &broad().definitions).await;
    ground.settled("exchanged", &broad().definitions).await;
    assert_eq!([&one, &other].map(|address| id_of(&cloud, address)), before);
}

#[tokio::test(start_paused = true)]
async fn what_was_only_about_to_be_made_proves_nothing_of_another() {
    let calm = Ground::model(&ModelCloud::new());
    calm.apply("calm", &broad().definitions).await;
    let calls = calm.weather.calls();
    let create = calls.iter().position(|call| call.operation == "model:Create(model/network)").unwrap();
    let cloud = ModelCloud::new();
    let ground = Ground::model(&cloud);
    ground.weather.set(Forecast::once(create, Moment::Before, Blow::Death));
    let _died = ground.weather.survive(ground.session.apply(&broad().definitions)).await;
    ground.session.bury().await;
    ground.weather.clear();
    let owner = ground.session.owner.to_string();
    let tags = Tags::from([(keys::OWNER.to_owned(), owner), (keys::ADDRESS.to_owned(), calls[create].subject.clone())]);
    let theirs = Document::from_value(json!({"range": "10.77.0.0/16", "peer": null, "names": false}));
    let id = cloud.behind(|world, now| world.make("model/network", theirs, tags, Nature::PLAIN, now)).unwrap();
    for definitions in [broad().definitions, Vec::new()] {
        let stopped = ground.session.apply(&definitions).await;
        let Err(Refusal::Stopped(stops)) = stopped else { panic!("it is not ours: {stopped:#?}") };
        assert!(stops.iter().any(|stop| matches!(stop, Stop::Unproven { .. })), "{stops:#?}");
        assert!(cloud.things().iter().any(|thing| thing.id == id), "it stays");
    }
}

#[tokio::test(start_paused = true)]
async fn what_the_cloud_itself_refuses_to_delete_stops_before_anything_that_depends_on_it_goes() {
    let with = |changes: &[(&'static str, &'static str, serde_json::Value)]| {
        let mut definitions = broad().definitions;
        for (address, field, value) in changes {
            let mut all = definitions.iter_mut();
            let one = all.find(|one| one.address.to_string() == *address).unwrap();
            one.document.set_field(field, value.clone());
        }
        definitions
    };
    let barred = |value: bool| ("model.front", "barred", json!(value));
    let moved = ("model.front", "network", json!({"$ref": "model.other", "output": "id"}));
    let guarded = |stops: &[Stop]| {
        let by_the_cloud = |stop: &Stop| matches!(stop, Stop::Protected { guard: Some("barred"), .. });
        !stops.is_empty() && stops.iter().all(by_the_cloud)
    };
    let (cloud, ground) = standing().await;
    ground.apply("barred", &with(&[barred(true)])).await;
    let before = cloud.things();
    let without: Vec<Definition> = with(&[])
        .into_iter()
        .filter(|one| !["model.front", "model.rules"].contains(&&*one.address.to_string()))
        .collect();
    let without: Vec<Definition> = without.into_iter().filter(|one| one.address.to_string() != "model.pool").collect();
    // The code that moves it may say at the same time that it may go: the cloud has not been told yet.
    for definitions in [with(&[barred(true), moved.clone()]), with(&[barred(false), moved.clone()]), without] {
        let Err(Refusal::Stopped(stops)) = ground.session.apply(&definitions).await else { panic!("it goes on") };
        assert!(guarded(&stops), "{stops:#?}");
    }
    let destroy = ground.session.destroy();
    let Err(Refusal::Stopped(stops)) = ground.session.apply_with(&broad().definitions, &destroy).await else {
        panic!("it goes on")
    };
    assert!(guarded(&stops), "{stops:#?}");
    assert_eq!(format!("{before:?}"), format!("{:?}", cloud.things()), "nothing has gone");
    ground.apply("no longer barred", &with(&[barred(false)])).await;
    ground.apply("moved", &with(&[barred(false), moved])).await;
}
