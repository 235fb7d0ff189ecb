//! What a plan says of what stands in its way: it stops, or tells what stays as it is, and why.

#![expect(clippy::unwrap_used, reason = "what a test prepares may fail it like anything else in it")]

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use infra_derive::Resource;
use infra_engine::graph::Graph;
use infra_engine::live::{Ask, Behaviour, Fault, FaultKind, Found, Live, Order, Registry, Retag, State, natural_key};
use infra_engine::model::{
    Address, Definition, Document, Ledger, Owner, Platform, Ref, Replacement, Resource, Tags, keys,
};
use infra_engine::plan::{Action, Note, Options, Plan, Spec, Stop, confirm, plan};
use infra_testkit::cloud::{ModelCloud, broad};
use infra_testkit::laws::Ground;
use infra_testkit::session::{Session, definitions};
use serde::{Deserialize, Serialize};
use serde_json::json;

/// A shelf: two cannot stand in one place, and it stands as long as parcels are on it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Resource)]
#[resource(kind = "planned/shelf", id = ShelfId)]
struct Shelf {
    /// Where it stands.
    #[replace]
    place: String,
    /// What it is made of.
    #[replace]
    wood: String,
}

/// A parcel on a shelf.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Resource)]
#[resource(kind = "planned/parcel", id = ParcelId)]
struct Parcel {
    /// Its name.
    #[key]
    name: String,
    /// Where it is.
    on: Ref<ShelfId>,
}

/// A jar: what is in it would be lost with it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Resource)]
#[resource(kind = "planned/jar", id = JarId)]
struct Jar {
    /// Its name.
    #[key]
    name: String,
}

/// A door that somebody else opens and closes, and the code as well.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Resource)]
#[resource(kind = "planned/door", id = DoorId)]
struct Door {
    /// Its name.
    #[key]
    name: String,
    /// How far it is open.
    open: u32,
}

/// The parts of a behaviour that nobody comes to here.
macro_rules! unmoved {
    () => {
        type Cloud = ();

        const ACTIONS: &'static [&'static str] = &[];

        async fn read(_: &(), _: &Ask) -> Result<Vec<Found<Self>>, Fault> {
            Ok(Vec::new())
        }

        async fn create(_: &(), _: &Order<Self>) -> Result<String, Fault> {
            unreachable!("nothing is carried out here")
        }

        async fn update(_: &(), _: &Found<Self>, _: &Self) -> Result<(), Fault> {
            unreachable!("nothing is carried out here")
        }

        async fn retag(_: &(), _: &Found<Self>, _: &Retag) -> Result<(), Fault> {
            unreachable!("nothing is carried out here")
        }

        async fn delete(_: &(), _: &Found<Self>) -> Result<(), Fault> {
            unreachable!("nothing is carried out here")
        }
    };
}

impl Behaviour for Shelf {
    unmoved!();

    const HELD_BY: &'static [&'static str] = &["planned/parcel"];

    fn replacement(live: &Shelf, wanted: &Shelf) -> Replacement {
        if live.place == wanted.place { Replacement::DeleteFirst } else { Replacement::CreateFirst }
    }
}

impl Behaviour for Parcel {
    unmoved!();
}

impl Behaviour for Jar {
    unmoved!();

    const HOLDS_DATA: bool = true;
}

impl Behaviour for Door {
    unmoved!();

    const CODE_GOES_FIRST: bool = true;

    fn moved_by(field: &str, _: &Found<Door>, _: &Door) -> Option<&'static str> {
        (field == "open").then_some("the caretaker")
    }
}

fn registry() -> Registry {
    let nobody = Arc::new(());
    Registry::new().with::<Shelf>(&nobody).with::<Parcel>(&nobody).with::<Jar>(&nobody).with::<Door>(&nobody)
}

fn owner() -> Owner {
    "shop/test".parse().unwrap()
}

/// A live resource at `room.NAME`, as the code has made it.
fn live<R: Resource + Serialize>(name: &str, id: &str, definition: &R) -> Live {
    let document = Document::of(definition).unwrap();
    let mut tags = Tags::from([
        (keys::OWNER.to_owned(), owner().to_string()),
        (keys::ADDRESS.to_owned(), format!("room.{name}")),
        ("Name".to_owned(), format!("shop-{name}")),
    ]);
    if let Some(called) = document.field("name").and_then(|name| name.as_str()) {
        tags.insert("Name".to_owned(), called.to_owned());
    }
    tags.insert(keys::SPEC.to_owned(), Spec::of(R::SCHEMA, &document, &tags).to_string());
    Live {
        kind: R::SCHEMA.kind,
        id: id.to_owned(),
        key: natural_key(R::SCHEMA, &document),
        document,
        outputs: BTreeMap::new(),
        tags,
        state: State::Ready,
        others: Vec::new(),
        awaited: Vec::new(),
    }
}

/// The plan for a room in which all that is live is ours.
fn planned(room: impl FnOnce(&mut Platform), lives: &[Live], options: &Options) -> Plan {
    let registry = registry();
    let mut ledger = Ledger::default();
    confirm(&mut ledger, &registry, &owner(), lives, "r");
    plan(&Graph::build(definitions(room)).unwrap(), lives, &ledger, &registry, options)
}

fn converge() -> Options {
    Options::converge(owner())
}

fn only(addresses: &[&str]) -> Options {
    Options { target: addresses.iter().map(|address| (*address).to_owned()).collect(), ..converge() }
}

fn shelf(place: &str, wood: &str) -> Shelf {
    Shelf { place: place.into(), wood: wood.into() }
}

fn boxed(on: Ref<ShelfId>) -> Parcel {
    Parcel { name: "toys".into(), on }
}

fn address(name: &str) -> Address {
    Address::new("room", name).unwrap()
}

fn change<'a>(plan: &'a Plan, kind: &str, name: &str) -> Option<&'a infra_engine::plan::Change> {
    plan.changes.iter().find(|change| change.kind == kind && change.address == address(name))
}

#[test]
fn what_must_go_before_its_successor_comes_stops_while_something_stands_in_it() {
    let lives = [live("wall", "s-1", &shelf("wall", "oak")), live("toys", "b-1", &boxed(Ref::known("s-1")))];
    let room = |wood: &'static str| {
        move |platform: &mut Platform| {
            let mut stack = platform.stack("room");
            let wall = stack.add("wall", shelf("wall", wood));
            stack.add("toys", boxed(wall.id()));
        }
    };
    let stops = planned(room("pine"), &lives, &converge()).stops;
    let [Stop::StillReferred { address: held, by, .. }] = &stops[..] else { panic!("{stops:#?}") };
    assert_eq!((held, &by[..]), (&address("wall"), &[address("toys")][..]));
    assert_eq!(planned(room("oak"), &lives, &converge()).stops, []);

    // Nobody has to wait for what goes itself.
    let without = |platform: &mut Platform| drop(platform.stack("room").add("wall", shelf("wall", "pine")));
    assert_eq!(planned(without, &lives, &converge()).stops, []);
}

#[test]
fn what_has_left_the_code_and_stands_where_another_comes_stops_while_something_stands_in_it() {
    let lives = [live("old", "s-1", &shelf("wall", "oak")), live("toys", "b-1", &boxed(Ref::known("s-1")))];
    let room = |place: &'static str| {
        move |platform: &mut Platform| {
            let mut stack = platform.stack("room");
            let new = stack.add("new", shelf(place, "pine"));
            stack.add("toys", boxed(new.id()));
        }
    };
    let stops = planned(room("wall"), &lives, &converge()).stops;
    let [Stop::StillReferred { address: held, by, .. }] = &stops[..] else { panic!("{stops:#?}") };
    assert_eq!((held, &by[..]), (&address("old"), &[address("toys")][..]));
    // In another place the new one comes first, and what is on the old one moves over.
    assert_eq!(planned(room("window"), &lives, &converge()).stops, []);
}

#[test]
fn what_holds_data_and_has_failed_is_replaced_only_on_request() {
    let failed = |live: Live| Live { state: State::Failed("it is broken".into()), ..live };
    let jar = || Jar { name: "jam".into() };
    let room = |platform: &mut Platform| {
        let mut stack = platform.stack("room");
        stack.add("jam", jar());
        stack.add("front", Door { name: "front".into(), open: 1 });
    };
    let lives =
        [failed(live("jam", "j-1", &jar())), failed(live("front", "d-1", &Door { name: "front".into(), open: 1 }))];
    let made = planned(room, &lives, &converge());
    let [Stop::FailedWithData { address: held, why, .. }] = &made.stops[..] else { panic!("{:#?}", made.stops) };
    assert_eq!((held, why.as_str()), (&address("jam"), "it is broken"));
    let door = change(&made, "planned/door", "front").unwrap();
    assert!(matches!(door.action, Action::Replace(_)), "nothing is lost with a door: {door:#?}");

    let made = planned(room, &lives, &Options { replace: vec!["room.jam".into()], ..converge() });
    assert_eq!(made.stops, []);
    assert!(matches!(change(&made, "planned/jar", "jam").unwrap().action, Action::Replace(_)));
}

#[test]
fn what_somebody_else_moved_is_changed_where_the_code_is_known_to_have_changed_and_nowhere_else() {
    let room =
        |platform: &mut Platform| drop(platform.stack("room").add("front", Door { name: "front".into(), open: 2 }));
    let fields = |live: Live| -> (Vec<String>, bool) {
        let made = planned(room, &[live], &converge());
        let fields = made.changes.iter().flat_map(|change| &change.fields).map(|field| field.path.to_string());
        (fields.collect(), made.notes.iter().any(|note| matches!(note, Note::OwnedElsewhere { .. })))
    };
    let applied = |open: u32| live("front", "d-1", &Door { name: "front".into(), open });
    let moved = |mut live: Live| {
        live.document.set_field("open", json!(7));
        live
    };
    // The code said 1, and says 2.
    assert_eq!(fields(moved(applied(1))), (vec!["open".to_owned()], false), "the code has changed");
    assert_eq!(fields(moved(applied(2))), (vec![], true), "the caretaker has been there");
    let mut lost = moved(applied(1));
    lost.tags.remove(keys::SPEC);
    assert_eq!(fields(lost), (vec![], true), "nobody knows who it was, and there is one who may");
}

#[test]
fn what_stays_and_refers_to_what_goes_is_told() {
    let lives = [live("wall", "s-1", &shelf("wall", "oak")), live("toys", "b-1", &boxed(Ref::known("s-1")))];
    let nothing = |_: &mut Platform| {};
    let made = planned(nothing, &lives, &only(&["room.wall"]));
    let dangling: Vec<_> = made.notes.iter().filter(|note| matches!(note, Note::Dangling { .. })).collect();
    let [Note::Dangling { address: stays, refers_to, .. }] = dangling[..] else { panic!("{:#?}", made.notes) };
    assert_eq!((stays, refers_to), (&address("toys"), &address("wall")));
    let both = planned(nothing, &lives, &only(&["room.wall", "room.toys"]));
    assert_eq!(both.notes, [], "what goes along does not stay");
}

#[test]
fn what_is_replaced_stays_while_something_that_the_plan_is_not_about_uses_it() {
    let lives = [live("wall", "s-1", &shelf("wall", "oak")), live("toys", "b-1", &boxed(Ref::known("s-1")))];
    let room = |platform: &mut Platform| {
        let mut stack = platform.stack("room");
        let wall = stack.add("wall", shelf("window", "oak"));
        stack.add("toys", boxed(wall.id()));
    };
    let deletes =
        |plan: &Plan| plan.steps.iter().filter(|step| step.verb() == infra_engine::plan::Verb::Delete).count();
    let part = planned(room, &lives, &only(&["room.wall"]));
    let used: Vec<_> = part.notes.iter().filter(|note| matches!(note, Note::StillUsed { .. })).collect();
    let [Note::StillUsed { id, by, .. }] = used[..] else { panic!("{:#?}", part.notes) };
    assert_eq!((id.as_str(), by, deletes(&part)), ("s-1", &address("toys"), 0));
    let whole = planned(room, &lives, &converge());
    assert_eq!((&whole.notes[..], deletes(&whole)), (&[][..], 1), "it has followed, and the old one goes");
}

#[test]
fn what_the_code_says_of_another_kind_at_an_address_is_not_said_of_what_stands_there() {
    let jar = live("thing", "j-1", &Jar { name: "jam".into() });
    let mut wanted = definitions(|platform| {
        platform.stack("room").add("thing", Door { name: "front".into(), open: 1 });
    });
    wanted[0].protected = true;
    let registry = registry();
    let mut ledger = Ledger::default();
    confirm(&mut ledger, &registry, &owner(), std::slice::from_ref(&jar), "r");
    let made = plan(&Graph::build(wanted).unwrap(), &[jar], &ledger, &registry, &converge());
    assert_eq!(made.stops, []);
    assert!(change(&made, "planned/jar", "thing").is_some_and(|change| change.action == Action::Delete), "{made:#?}");
    assert!(change(&made, "planned/door", "thing").is_some_and(|change| change.action == Action::Create), "{made:#?}");
}

/// What was read of the model cloud, by kind.
fn read(ground: &Ground) -> BTreeSet<String> {
    let calls = ground.weather.calls().into_iter();
    let kind = |operation: String| Some(operation.strip_prefix("model:List(")?.trim_end_matches(')').to_owned());
    calls.filter_map(|call| kind(call.operation)).collect()
}

#[tokio::test(start_paused = true)]
async fn a_plan_of_a_part_reads_what_it_is_about_and_what_may_refer_to_that() {
    let ground = Ground::model(&ModelCloud::new());
    let sample = broad();
    ground.apply("first", &sample.definitions).await;
    let of = async |targets: &[&str]| {
        ground.weather.clear();
        let target = targets.iter().map(|target| (*target).to_owned()).collect();
        let options = Options { target, ..ground.session.converge() };
        ground.session.plan_with(&sample.definitions, &options).await.unwrap();
        read(&ground)
    };
    let kinds = |names: &[&str]| -> BTreeSet<String> { names.iter().map(|name| format!("model/{name}")).collect() };
    let all = kinds(&["network", "segment", "gate", "rules", "slow", "pool", "alarm"]);
    assert_eq!(of(&[]).await, all);
    assert_eq!(of(&["model.other"]).await, kinds(&["network"]), "it needs nothing, and nothing refers to it");
    assert_eq!(of(&["model.alarm"]).await, all, "what refers to what it needs may refer to what changes");
}

/// What nobody may look at for a while.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Resource)]
#[resource(kind = "planned/sealed", id = SealedId)]
struct Sealed {
    /// Its name.
    #[key]
    name: String,
}

#[derive(Default)]
struct Seal {
    open: AtomicBool,
    looks: AtomicUsize,
}

impl Behaviour for Sealed {
    type Cloud = Seal;

    const ACTIONS: &'static [&'static str] = &[];

    async fn read(seal: &Seal, _: &Ask) -> Result<Vec<Found<Self>>, Fault> {
        seal.looks.fetch_add(1, Ordering::SeqCst);
        match seal.open.load(Ordering::SeqCst) {
            true => Ok(Vec::new()),
            false => Err(Fault::new(FaultKind::Denied, "planned:List", "nobody may look")),
        }
    }

    async fn create(_: &Seal, _: &Order<Self>) -> Result<String, Fault> {
        unreachable!("nothing is made here")
    }

    async fn update(_: &Seal, _: &Found<Self>, _: &Self) -> Result<(), Fault> {
        unreachable!("nothing is changed here")
    }

    async fn retag(_: &Seal, _: &Found<Self>, _: &Retag) -> Result<(), Fault> {
        unreachable!("nothing is changed here")
    }

    async fn delete(_: &Seal, _: &Found<Self>) -> Result<(), Fault> {
        unreachable!("nothing is changed here")
    }
}

#[tokio::test(start_paused = true)]
async fn a_kind_that_could_not_be_looked_through_is_looked_for_until_it_was() {
    let (cloud, seal) = (ModelCloud::new(), Arc::new(Seal::default()));
    let session = Session::new(cloud.registry().with::<Sealed>(&seal));
    let ground = Ground { session, weather: Arc::clone(&cloud.weather) };
    let wanted: Vec<Definition> = broad().definitions;
    let looked = async || {
        let before = seal.looks.load(Ordering::SeqCst);
        ground.session.apply(&wanted).await.unwrap();
        let doubtful = ground.session.kept().await.unwrap().ledger.doubtful;
        (seal.looks.load(Ordering::SeqCst) > before, doubtful.contains("planned/sealed"))
    };
    assert_eq!(looked().await, (true, true), "without a ledger nobody knows what there is");
    assert_eq!(looked().await, (true, true), "and it could not be told since");
    seal.open.store(true, Ordering::SeqCst);
    assert_eq!(looked().await, (true, false), "nothing of it is ours");
    assert_eq!(looked().await, (false, false), "and nobody has made any");
}
