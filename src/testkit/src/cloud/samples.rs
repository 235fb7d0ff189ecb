//! A sample of every kind of the model cloud, and what other people have in it.

use std::collections::{BTreeMap, BTreeSet};

use infra_engine::model::{Document, Secret, Tags};
use serde_json::json;
use tokio::time::Instant;

use super::kinds::{Alarm, Gate, Network, Pool, Rules, Segment, Slow};
use super::things::Nature;
use super::world::World;
use crate::laws::{CANARY, Sample};

/// One and more of every kind, with references of every sort, and every field varied.
pub fn broad() -> Sample {
    let sample = Sample::of(|platform| {
        let mut stack = platform.stack("model");
        let network = stack.add("net", Network { range: "10.0.0.0/16".into(), peer: None, names: true });
        stack.add("other", Network { range: "10.9.0.0/16".into(), peer: None, names: true });
        let mut segment = |name: &str, place: &str| {
            let (place, zone) = (place.to_owned(), "a".to_owned());
            stack.add(name, Segment { network: network.id(), place, zone, public: false })
        };
        let (left, right) = (segment("left", "1"), segment("right", "2"));
        let mut gate = |name: &str| {
            let segments = BTreeSet::from([right.id()]);
            let (name, network) = (name.to_owned(), network.id());
            stack.add(name.clone(), Gate { name, network, segments, sign: None, width: 1, barred: false })
        };
        let (front, back) = (gate("front"), gate("back"));
        stack.add("rules", Rules { gate: front.id(), ports: [80, 443].into(), callers: [back.id()].into() });
        let slow = stack.add("slow", Slow { name: "slow".into(), segment: left.id(), size: 1 });
        stack.add("idle", Slow { name: "idle".into(), segment: left.id(), size: 1 });
        stack.add(
            "pool",
            Pool {
                name: "pool".into(),
                workers: 2,
                first: 2,
                password: Secret::new(CANARY),
                script: "one\ntwo\n".into(),
                policy: json!({"allow": ["read"]}),
                zones: ["a".to_owned(), "b".to_owned()].into(),
                settings: BTreeMap::from([("colour".to_owned(), "blue".to_owned())]),
                listens: Some(front.output(Gate::ADDRESS)),
            },
        );
        stack.add("alarm", Alarm { name: "alarm".into(), watches: slow.output(Slow::ENDPOINT), volume: 1 });
    });
    sample
        .vary("model.net", "range", json!("10.1.0.0/16"))
        .vary("model.net", "peer", json!("elsewhere"))
        .vary("model.net", "names", json!(false))
        .vary("model.left", "network", json!({"$ref": "model.other", "output": "id"}))
        .vary("model.left", "place", json!("3"))
        .vary("model.left", "zone", json!("b"))
        .vary("model.left", "public", json!(true))
        .vary("model.front", "name", json!("portal"))
        .vary("model.front", "network", json!({"$ref": "model.other", "output": "id"}))
        .vary("model.front", "segments", json!([{"$ref": "model.left", "output": "id"}]))
        .vary("model.front", "sign", json!("welcome"))
        .vary("model.front", "width", json!(2))
        .vary("model.front", "barred", json!(true))
        .vary("model.rules", "ports", json!([443, 8080]))
        .vary("model.rules", "callers", json!([]))
        .vary("model.slow", "name", json!("slower"))
        .vary("model.slow", "segment", json!({"$ref": "model.right", "output": "id"}))
        .vary("model.slow", "size", json!(2))
        .vary("model.pool", "name", json!("basin"))
        .vary("model.pool", "workers", json!(5))
        .vary("model.pool", "first", json!(5))
        .vary("model.pool", "password", json!({"$secret": CANARY}))
        .vary("model.pool", "script", json!("one\nthree\n"))
        .vary("model.pool", "policy", json!({"allow": ["read", "write"]}))
        .vary("model.pool", "zones", json!(["b", "c"]))
        .vary("model.pool", "settings", json!({"colour": "red", "size": "big"}))
        .vary("model.pool", "listens", json!({"$ref": "model.back", "output": "address"}))
        .vary("model.alarm", "name", json!("siren"))
        .vary("model.alarm", "watches", json!({"$ref": "model.idle", "output": "endpoint"}))
        .vary("model.alarm", "volume", json!(9))
}

/// Puts what is not ours into a world: without an owner, and of another one; with our addresses, and with none.
pub fn foreign(world: &mut World, now: Instant) {
    let owned = |owner: &str, address: &str| {
        Tags::from([("infra:owner".to_owned(), owner.to_owned()), ("infra:address".to_owned(), address.to_owned())])
    };
    let network = json!({"range": "10.0.0.0/16", "peer": null, "names": true});
    let everybodys = [Tags::new(), owned("shop/prod", "model.net"), owned("other/test", "model.net")];
    for tags in everybodys.into_iter().chain([Tags::from([("Name".to_owned(), "shop-net".to_owned())])]) {
        let document = Document::from_value(network.clone());
        let id = world.make("model/network", document, tags, Nature::PLAIN, now).expect("a network needs nothing");
        let segment = json!({"network": id, "place": "1", "zone": "a", "public": false});
        let held = Nature { holds: &["network"], ..Nature::PLAIN };
        let tags = owned("shop/prod", "model.left");
        world.make("model/segment", Document::from_value(segment), tags, held, now).expect("its network is there");
        let gate = json!({"name": format!("of {id}"), "network": id, "segments": [], "sign": null, "width": 7, "barred": false});
        let named = Nature { name: Some("name"), holds: &["network"], ..Nature::PLAIN };
        let gate = world.make("model/gate", Document::from_value(gate), Tags::new(), named, now);
        let rules = json!({"gate": gate.expect("its name is free"), "ports": [22], "callers": []});
        let child = Nature { parent: Some("gate"), ..Nature::PLAIN };
        world.make("model/rules", Document::from_value(rules), Tags::new(), child, now).expect("its gate is there");
    }
}
