//! A value that is made anew: planned, shown, carried out so that whoever asks is never given one that is not accepted.

use std::sync::Arc;

use infra_engine::live::HandOver;
use infra_engine::model::Definition;
use infra_engine::plan::{Note, Options, Reason, Stop, Work};
use infra_testkit::cloud::ModelCloud;
use infra_testkit::cloud::kinds::{CURRENT, Door, Guest, KNOWS, NEXT, Network, RIPE, Vault};
use infra_testkit::laws::Ground;
use infra_testkit::session::{Refusal, Session, definitions};
use infra_testkit::weather::{Blow, Forecast, Moment};

fn ground(cloud: &Arc<ModelCloud>) -> Ground {
    let registry = cloud.registry().with::<Vault>(cloud).with::<Door>(cloud).with::<Guest>(cloud);
    Ground { session: Session::new(registry), weather: Arc::clone(&cloud.weather) }
}

fn vault() -> Vault {
    Vault { name: "vault".into(), length: 8, label: "a".into() }
}

fn vault_and_door() -> Vec<Definition> {
    definitions(|platform| {
        let mut stack = platform.stack("cache");
        let vault = stack.add("vault", vault());
        stack.add("door", Door { name: "door".into(), vault: vault.id() });
        stack.add("other", Network { range: "10.0.0.0/16".into(), peer: None, names: true });
    })
}

fn rotating(ground: &Ground, what: &str) -> Options {
    Options { rotate: vec![what.to_owned()], ..ground.session.converge() }
}

/// A tag of what stands in the cloud.
fn tag(cloud: &ModelCloud, kind: &str, key: &str) -> Option<String> {
    cloud.things().into_iter().find(|thing| thing.kind == kind)?.tags.get(key).cloned()
}

/// Whatever whoever asks is given, the door knows it; and it never knows more than two.
fn check_the_door_opens(law: &str, cloud: &ModelCloud) {
    let (current, known) = (tag(cloud, "model/vault", CURRENT), tag(cloud, "model/door", KNOWS));
    let (current, known) = (current.expect("a vault has a value"), known.expect("a door knows one"));
    assert!(known.split(' ').any(|version| version == current), "{law}: {current} does not open it: {known}");
}

#[tokio::test(start_paused = true)]
async fn a_rotation_is_planned_and_what_sends_the_value_on_follows() {
    let cloud = ModelCloud::new();
    let (ground, wanted) = (ground(&cloud), vault_and_door());
    ground.apply("first", &wanted).await;
    let before = tag(&cloud, "model/vault", CURRENT);
    let plan = ground.session.plan_with(&wanted, &rotating(&ground, "cache.vault")).await.unwrap();
    let told: Vec<(String, &[Reason])> =
        plan.changes.iter().map(|change| (change.address.to_string(), change.reasons.as_slice())).collect();
    let follows = [Reason::SendsRotated("cache.vault".parse().unwrap())];
    assert_eq!(told, [("cache.door".into(), &follows[..]), ("cache.vault".into(), &[Reason::Rotated][..])]);
    assert_eq!((plan.counts().change, plan.counts().add, plan.counts().destroy), (2, 0, 0));
    assert!(matches!(plan.steps[0].work, Work::Rotate { hand_over: HandOver::WhenSent, .. }), "{:?}", plan.steps[0]);

    let applied = ground.session.apply_with(&wanted, &rotating(&ground, "cache.vault")).await.unwrap();
    assert!(applied.outcome.is_complete());
    assert_eq!(applied.outcome.changed, 2);
    let after = tag(&cloud, "model/vault", CURRENT);
    assert_ne!(before, after);
    assert_eq!(tag(&cloud, "model/door", KNOWS), Some(format!("{} {}", before.unwrap(), after.unwrap())));
    ground.settled("afterwards", &wanted).await;
}

#[tokio::test(start_paused = true)]
async fn it_may_die_at_every_call_and_the_door_opens_all_the_while() {
    let calm = ModelCloud::new();
    let (quiet, wanted) = (ground(&calm), vault_and_door());
    quiet.apply("calm", &wanted).await;
    quiet.weather.clear();
    quiet.session.apply_with(&wanted, &rotating(&quiet, "cache.vault")).await.unwrap();
    let calls = quiet.weather.calls().len();
    for (number, moment) in (0..calls).flat_map(|call| [(call, Moment::Before), (call, Moment::After)]) {
        let law = format!("dead {moment:?} call {number}");
        let cloud = ModelCloud::new();
        let ground = ground(&cloud);
        ground.apply(&law, &wanted).await;
        let first = tag(&cloud, "model/vault", CURRENT);
        ground.weather.set(Forecast::once(number, moment, Blow::Death));
        let options = rotating(&ground, "cache.vault");
        let _survived = ground.weather.survive(ground.session.apply_with(&wanted, &options)).await;
        ground.session.bury().await;
        check_the_door_opens(&law, &cloud);
        let begun = tag(&cloud, "model/vault", NEXT).is_some() || tag(&cloud, "model/vault", CURRENT) != first;
        ground.weather.clear();
        ground.apply(&law, &wanted).await;
        check_the_door_opens(&law, &cloud);
        assert_eq!(tag(&cloud, "model/vault", NEXT), None, "{law}: what was begun is ended");
        assert_eq!(tag(&cloud, "model/vault", CURRENT) != first, begun, "{law}: nothing else is begun");
        ground.settled(&law, &wanted).await;
    }
}

fn vault_door_and_guest() -> Vec<Definition> {
    definitions(|platform| {
        let mut stack = platform.stack("cache");
        let vault = stack.add("vault", vault());
        let door = stack.add("door", Door { name: "door".into(), vault: vault.id() });
        let guest = Guest { name: "guest".into(), version: vault.output(Vault::VERSION), door: door.id() };
        stack.add("guest", guest);
    })
}

#[tokio::test(start_paused = true)]
async fn what_is_given_a_value_once_is_made_anew_when_the_door_knows_it() {
    let cloud = ModelCloud::new();
    let (ground, wanted) = (ground(&cloud), vault_door_and_guest());
    ground.apply("first", &wanted).await;
    ground.settled("a version is no difference", &wanted).await;
    let plan = ground.session.plan_with(&wanted, &rotating(&ground, "cache.vault")).await.unwrap();
    assert_eq!((plan.counts().change, plan.counts().add, plan.counts().destroy), (2, 1, 1), "{:?}", plan.changes);
    let at = |address: &str, is: fn(&Work) -> bool| {
        plan.steps.iter().position(|step| step.address.to_string() == address && is(&step.work)).unwrap()
    };
    let [door, guest] = [at("cache.door", |_| true), at("cache.guest", |work| matches!(work, Work::Create { .. }))];
    assert!(door < guest && plan.steps[guest].after.iter().any(|edge| edge.step == plan.steps[door].id));
    ground.session.apply_with(&wanted, &rotating(&ground, "cache.vault")).await.unwrap();
    ground.settled("afterwards", &wanted).await;
    let guest = cloud.things().into_iter().find(|thing| thing.kind == "model/guest").unwrap();
    let text = format!("{guest:?}");
    assert!(text.contains(&tag(&cloud, "model/vault", CURRENT).unwrap()), "it was given the newest: {text}");
}

/// The version before is not ended while somebody has yet to be given the new one.
#[tokio::test(start_paused = true)]
async fn a_former_value_outlasts_whoever_still_has_it() {
    let cloud = ModelCloud::new();
    let (ground, wanted) = (ground(&cloud), vault_door_and_guest());
    ground.apply("first", &wanted).await;
    let options = rotating(&ground, "cache.vault");
    // The guest cannot be made anew: the door knows both versions, and time goes by.
    let without = Options { target: vec!["cache.vault".into(), "cache.door".into()], ..options };
    ground.session.apply_with(&wanted, &without).await.unwrap();
    let door = cloud.things().into_iter().find(|thing| thing.kind == "model/door").unwrap().id;
    let ripe = [(RIPE.to_owned(), "true".to_owned())].into();
    cloud.behind(|world, now| world.tag("model/door", &door, &ripe, &[], now)).unwrap();
    let plan = ground.session.plan_with(&wanted, &ground.session.converge()).await.unwrap();
    let changes: Vec<String> = plan.changes.iter().map(|change| change.address.to_string()).collect();
    assert_eq!(changes, ["cache.guest"], "the door goes on knowing both");
    let told = |note: &Note| matches!(note, Note::OwnedElsewhere { address, owner, .. } if address.to_string() == "cache.door" && owner.starts_with("cache.guest"));
    assert!(plan.notes.iter().any(told), "{:?}", plan.notes);
    ground.session.apply_with(&wanted, &ground.session.converge()).await.unwrap();
    let known = || tag(&cloud, "model/door", KNOWS).unwrap().split(' ').count();
    assert_eq!(known(), 2);
    // The guest has it now: the next apply ends the one before.
    ground.session.apply_with(&wanted, &ground.session.converge()).await.unwrap();
    assert_eq!(known(), 1);
    ground.settled("afterwards", &wanted).await;
}

#[tokio::test(start_paused = true)]
async fn another_rotation_waits_until_the_last_one_has_ended() {
    let cloud = ModelCloud::new();
    let (ground, wanted) = (ground(&cloud), vault_and_door());
    ground.apply("first", &wanted).await;
    let id = cloud.things().into_iter().find(|thing| thing.kind == "model/vault").unwrap().id;
    let next = [(NEXT.to_owned(), "begun".to_owned())].into();
    cloud.behind(|world, now| world.tag("model/vault", &id, &next, &[], now)).unwrap();
    let refusal = ground.session.apply_with(&wanted, &rotating(&ground, "cache.vault")).await.unwrap_err();
    let Refusal::Stopped(stops) = refusal else { panic!("{refusal:?}") };
    assert!(matches!(&stops[..], [Stop::CannotRotate { why, .. }] if why.contains("not ended")), "{stops:?}");
    ground.apply("it goes on without", &wanted).await;
    assert_eq!(tag(&cloud, "model/vault", CURRENT).as_deref(), Some("begun"));
}

#[tokio::test(start_paused = true)]
async fn what_nothing_sends_on_is_handed_over_at_once_and_changes_with_its_definition() {
    let cloud = ModelCloud::new();
    let (ground, alone) = (ground(&cloud), definitions(|platform| drop(platform.stack("cache").add("vault", vault()))));
    ground.apply("first", &alone).await;
    let before = tag(&cloud, "model/vault", CURRENT);
    let changed = Vault { label: "b".into(), ..vault() };
    let changed = definitions(|platform| drop(platform.stack("cache").add("vault", changed.clone())));
    let applied = ground.session.apply_with(&changed, &rotating(&ground, "cache")).await.unwrap();
    assert!(applied.outcome.is_complete());
    assert_eq!(applied.outcome.changed, 1, "one resource, in two steps");
    assert!(
        applied.plan.steps.iter().any(|step| matches!(step.work, Work::Rotate { hand_over: HandOver::AtOnce, .. }))
    );
    assert_ne!(tag(&cloud, "model/vault", CURRENT), before);
    ground.settled("afterwards", &changed).await;
}

#[tokio::test(start_paused = true)]
async fn what_has_no_such_value_and_what_is_not_there_is_refused() {
    let cloud = ModelCloud::new();
    let (ground, wanted) = (ground(&cloud), vault_and_door());
    ground.apply("first", &wanted).await;
    for what in ["cache.other", "cache.vualt"] {
        let refusal = ground.session.apply_with(&wanted, &rotating(&ground, what)).await.unwrap_err();
        assert!(matches!(&refusal, Refusal::Stopped(stops) if stops.len() == 1), "{what}: {refusal:?}");
    }
}
