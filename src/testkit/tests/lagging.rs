//! What an index tells too late is looked at again before a plan shows it.

#![expect(clippy::unwrap_used, reason = "what a test prepares may fail it like anything else in it")]

use std::sync::Arc;

use infra_derive::Resource;
use infra_engine::event::Listener;
use infra_engine::graph::Graph;
use infra_engine::live::{Ask, Behaviour, Fault, Found, Order, Registry, Retag};
use infra_engine::model::{Entry, Ledger, Owner, Platform, Tags};
use infra_engine::plan::{Options, Stop, plan};
use infra_engine::record::{Kept, MemoryStore};
use infra_engine::run::{Observing, Selected, Surveying, look_again, observe, survey};
use serde::{Deserialize, Serialize};

/// A thing whose list shows an old colour, and which shows its own when it is asked for by itself.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Resource)]
#[resource(kind = "lagging/thing", id = ThingId)]
struct Thing {
    /// Its name.
    #[key]
    name: String,
    /// Its colour.
    colour: String,
}

/// What the thing is, and what the list still says.
struct Cloud {
    is: &'static str,
    listed: &'static str,
}

impl Behaviour for Thing {
    type Cloud = Cloud;

    const LATE: bool = true;

    const ACTIONS: &'static [&'static str] = &[];

    async fn read(cloud: &Cloud, ask: &Ask) -> Result<Vec<Found<Thing>>, Fault> {
        let colour = if ask.only.is_empty() { cloud.listed } else { cloud.is };
        let tags = Tags::from([
            ("infra:owner".to_owned(), "shop/test".to_owned()),
            ("infra:address".to_owned(), "stack.thing".to_owned()),
            ("Name".to_owned(), "stack-thing".to_owned()),
        ]);
        Ok(vec![Found::ready("t-1", Thing { name: "thing".into(), colour: colour.into() }, tags)])
    }

    async fn create(_: &Cloud, _: &Order<Thing>) -> Result<String, Fault> {
        unreachable!("nothing is carried out here")
    }

    async fn update(_: &Cloud, _: &Found<Thing>, _: &Thing) -> Result<(), Fault> {
        unreachable!("nothing is carried out here")
    }

    async fn retag(_: &Cloud, _: &Found<Thing>, _: &Retag) -> Result<(), Fault> {
        unreachable!("nothing is carried out here")
    }

    async fn delete(_: &Cloud, _: &Found<Thing>) -> Result<(), Fault> {
        unreachable!("nothing is carried out here")
    }
}

/// Whether the second look finds something else, and in which fields the plan after it differs.
async fn looked(is: &'static str, listed: &'static str) -> (bool, Vec<String>) {
    let mut platform = Platform::new();
    platform.stack("stack").add("thing", Thing { name: "thing".into(), colour: "green".into() });
    let graph = Graph::build(platform.finish().unwrap()).unwrap();
    let registry = Registry::new().with::<Thing>(&Arc::new(Cloud { is, listed }));
    let owner: Owner = "shop/test".parse().unwrap();
    let options = Options::converge(owner.clone());
    let listener: Vec<Arc<dyn Listener>> = Vec::new();
    let (selected, ledger) = (Selected::default(), Ledger::default());
    let observing = Observing {
        registry: &registry,
        owner: &owner,
        graph: &graph,
        adopt: &options.adopt,
        bearing: &Tags::new(),
        ledger: None,
        selected: &selected,
        listener: &listener,
    };
    let mut world = observe(&observing).await.unwrap();
    let first = plan(&graph, &world.lives, &ledger, &registry, &options);
    let moved = look_again(&observing, &mut world, &first).await.unwrap();
    let second = plan(&graph, &world.lives, &ledger, &registry, &options);
    let fields = second.changes.iter().flat_map(|change| &change.fields);
    (moved, fields.map(|field| field.path.to_string()).collect())
}

#[tokio::test]
async fn a_difference_that_the_index_alone_shows_is_none() {
    assert_eq!(looked("green", "red").await, (true, vec![]));
}

#[tokio::test]
async fn a_difference_that_is_there_stays() {
    assert_eq!(looked("red", "red").await, (false, vec!["colour".to_owned()]));
}

/// Two bear one address, until each is asked for by itself: the list has not heard yet that one was replaced.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Resource)]
#[resource(kind = "lagging/twin", id = TwinId)]
struct Twin {
    /// Its colour.
    colour: String,
}

/// Whether the mark of the one that was replaced can be read at all.
struct Marked(bool);

impl Behaviour for Twin {
    type Cloud = Marked;

    const LATE: bool = true;

    const ACTIONS: &'static [&'static str] = &[];

    async fn read(cloud: &Marked, ask: &Ask) -> Result<Vec<Found<Twin>>, Fault> {
        let twin = |id: &str| {
            let mut tags = Tags::from([
                ("infra:owner".to_owned(), "shop/test".to_owned()),
                ("infra:address".to_owned(), "stack.twin".to_owned()),
                ("Name".to_owned(), "shop-twin".to_owned()),
            ]);
            if cloud.0 && id == "old" && ask.only.contains(id) {
                tags.insert("infra:retired".to_owned(), "true".to_owned());
            }
            Found::ready(id, Twin { colour: "green".into() }, tags)
        };
        let all = ["new", "old"].into_iter().filter(|id| ask.only.is_empty() || ask.only.contains(*id));
        Ok(all.map(twin).collect())
    }

    async fn create(_: &Marked, _: &Order<Twin>) -> Result<String, Fault> {
        unreachable!("nothing is carried out here")
    }

    async fn update(_: &Marked, _: &Found<Twin>, _: &Twin) -> Result<(), Fault> {
        unreachable!("nothing is carried out here")
    }

    async fn retag(_: &Marked, _: &Found<Twin>, _: &Retag) -> Result<(), Fault> {
        unreachable!("nothing is carried out here")
    }

    async fn delete(_: &Marked, _: &Found<Twin>) -> Result<(), Fault> {
        unreachable!("nothing is carried out here")
    }
}

/// The stops and what goes, of a survey of two that a run of ours has made, the one in the place of the other.
async fn surveyed(marked: bool) -> (Vec<Stop>, Vec<String>) {
    let mut platform = Platform::new();
    platform.stack("stack").add("twin", Twin { colour: "green".into() });
    let graph = Graph::build(platform.finish().unwrap()).unwrap();
    let registry = Registry::new().with::<Twin>(&Arc::new(Marked(marked)));
    let owner: Owner = "shop/test".parse().unwrap();
    let (store, listener): (_, Vec<Arc<dyn Listener>>) = (MemoryStore::default(), Vec::new());
    let mut kept = Kept::read(&store, &owner).await.unwrap();
    let entry = |id: &str| Entry::new("lagging/twin", id, "stack.twin".parse().unwrap(), "r");
    kept.ledger.note(entry("new"));
    kept.ledger.note(Entry { retired: Some("r".to_owned()), ..entry("old") });
    kept.write(&store, &owner).await.unwrap();
    let options = Options::converge(owner.clone());
    let surveying = Surveying {
        registry: &registry,
        store: &store,
        owner: &owner,
        graph: &graph,
        options: &options,
        listener: &listener,
    };
    let plan = survey(&surveying).await.unwrap().plan;
    (plan.stops, plan.changes.iter().filter_map(|change| change.id.clone()).collect())
}

#[tokio::test]
async fn of_two_that_claim_an_address_the_index_may_have_told_one_late() {
    let (stops, gone) = surveyed(true).await;
    assert_eq!((stops, gone), (vec![], vec!["old".to_owned()]), "it is what was replaced, and goes");
    let (stops, _) = surveyed(false).await;
    assert!(matches!(&stops[..], [Stop::TwoClaims { ids, .. }] if ids.len() == 2), "{stops:#?}");
}
