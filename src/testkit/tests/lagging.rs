//! What an index tells too late is looked at again before a plan shows it.

#![expect(clippy::unwrap_used, reason = "what a test prepares may fail it like anything else in it")]

use std::sync::Arc;

use infra_derive::Resource;
use infra_engine::event::Listener;
use infra_engine::graph::Graph;
use infra_engine::live::{Ask, Behaviour, Fault, Found, Order, Registry, Retag};
use infra_engine::model::{Ledger, Owner, Platform, Tags};
use infra_engine::plan::{Options, plan};
use infra_engine::run::{Observing, Selected, look_again, observe};
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
