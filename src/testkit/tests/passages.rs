//! What stands cannot become everything: some changes the cloud refuses, and some it makes by a new resource only.

#![expect(clippy::unwrap_used, reason = "what a test prepares may fail it like anything else in it")]

use std::sync::{Arc, Mutex};

use infra_derive::Resource;
use infra_engine::check::{Otherwise, Passage, Violation};
use infra_engine::live::{Ask, Behaviour, Fault, Found, Order, Registry, Retag};
use infra_engine::model::{Definition, Tags};
use infra_engine::plan::{Action, Reason, Stop};
use infra_testkit::session::{Session, definitions};
use serde::{Deserialize, Serialize};

/// A tank that can grow, and whose paint stays once it is black.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Resource)]
#[resource(kind = "passages/tank", id = TankId)]
struct Tank {
    /// Its name.
    #[key]
    name: String,
    /// How much it holds.
    litres: u32,
    /// Its paint.
    paint: String,
}

static PASSAGES: &[Passage<Tank>] = &[
    Passage {
        code: "T1",
        says: "a tank never shrinks",
        source: "the maker's manual",
        otherwise: Otherwise::Refused,
        check: |live, wanted| match wanted.litres < live.litres {
            true => vec![Violation::of("litres", wanted.litres, "it is less", format!("write {}", live.litres))],
            false => Vec::new(),
        },
    },
    Passage {
        code: "T2",
        says: "black paint stays",
        source: "the maker's manual",
        otherwise: Otherwise::Replaced,
        check: |live, wanted| match live.paint == "black" && wanted.paint != "black" {
            true => vec![Violation::of("paint", &wanted.paint, "it stays black", "write black")],
            false => Vec::new(),
        },
    },
];

type Cloud = Mutex<Option<(Tank, Tags)>>;

impl Behaviour for Tank {
    type Cloud = Cloud;

    const ACTIONS: &'static [&'static str] = &[];

    fn passages() -> &'static [Passage<Tank>] {
        PASSAGES
    }

    async fn read(cloud: &Cloud, _: &Ask) -> Result<Vec<Found<Tank>>, Fault> {
        let there = cloud.lock().unwrap().clone();
        Ok(there.map(|(tank, tags)| Found::ready(tank.name.clone(), tank, tags)).into_iter().collect())
    }

    async fn create(cloud: &Cloud, order: &Order<Tank>) -> Result<String, Fault> {
        *cloud.lock().unwrap() = Some((order.definition.clone(), order.tags.clone()));
        Ok(order.definition.name.clone())
    }

    async fn update(cloud: &Cloud, _: &Found<Tank>, wanted: &Tank) -> Result<(), Fault> {
        cloud.lock().unwrap().iter_mut().for_each(|(tank, _)| *tank = wanted.clone());
        Ok(())
    }

    async fn retag(cloud: &Cloud, _: &Found<Tank>, retag: &Retag) -> Result<(), Fault> {
        cloud.lock().unwrap().iter_mut().for_each(|(_, tags)| tags.extend(retag.set.clone()));
        Ok(())
    }

    async fn delete(cloud: &Cloud, _: &Found<Tank>) -> Result<(), Fault> {
        *cloud.lock().unwrap() = None;
        Ok(())
    }
}

fn wanted(litres: u32, paint: &str) -> Vec<Definition> {
    let tank = Tank { name: "tank".into(), litres, paint: paint.into() };
    definitions(|platform| {
        platform.stack("yard").add("tank", tank);
    })
}

async fn standing(litres: u32, paint: &str) -> Session {
    let session = Session::new(Registry::new().with::<Tank>(&Arc::new(Cloud::default())));
    session.apply(&wanted(litres, paint)).await.unwrap();
    session
}

#[tokio::test]
async fn what_would_be_refused_stops_the_plan_and_says_the_way_out() {
    let session = standing(100, "red").await;
    let plan = session.plan(&wanted(50, "red")).await.unwrap();
    let [Stop::Refused { address, violation, .. }] = plan.stops.as_slice() else { panic!("{:#?}", plan.stops) };
    assert_eq!((address.to_string().as_str(), violation.code), ("yard.tank", "T1"));
    assert_eq!((violation.rule.as_str(), violation.way_out.as_str()), ("a tank never shrinks", "write 100"));
    assert!(session.plan(&wanted(200, "red")).await.unwrap().stops.is_empty(), "it grows");
}

#[tokio::test]
async fn what_is_asked_to_be_made_anew_may_become_anything() {
    let session = standing(100, "red").await;
    let anew = infra_engine::plan::Options { replace: vec!["yard.tank".into()], ..session.converge() };
    let plan = session.plan_with(&wanted(50, "red"), &anew).await.unwrap();
    assert!(plan.stops.is_empty(), "{:#?}", plan.stops);
}

#[tokio::test]
async fn what_cannot_be_changed_from_there_is_replaced() {
    let session = standing(100, "red").await;
    let plan = session.plan(&wanted(100, "black")).await.unwrap();
    assert_eq!(plan.changes[0].action, Action::Update, "from red it can");
    session.apply(&wanted(100, "black")).await.unwrap();
    let plan = session.plan(&wanted(100, "red")).await.unwrap();
    assert!(matches!(plan.changes[0].action, Action::Replace(_)), "{:#?}", plan.changes);
    assert!(plan.changes[0].reasons.iter().any(|reason| matches!(reason, Reason::CannotChange(_))));
    session.apply(&wanted(100, "red")).await.unwrap();
    assert!(session.plan(&wanted(100, "red")).await.unwrap().is_empty());
}
