//! What is served stays served while it is handed over: its giver lets go when its taker has it.

#![expect(clippy::unwrap_used, reason = "what a test prepares may fail it like anything else in it")]

use std::collections::BTreeSet;
use std::time::Duration;

use infra_engine::event::Event;
use infra_engine::model::Definition;
use infra_engine::plan::Verb;
use infra_testkit::cloud::kinds::{Gate, Network, Segment};
use infra_testkit::cloud::{ModelCloud, broad};
use infra_testkit::laws::Ground;
use infra_testkit::session::{Session, definitions};
use infra_testkit::weather::Forecast;

/// Gates by name, each with the places of the segments that it opens into.
type Gates<'a> = &'a [(&'a str, &'a [&'a str])];

/// A network with three segments, and these gates.
fn gates(gates: Gates<'_>) -> Vec<Definition> {
    definitions(|platform| {
        let mut stack = platform.stack("model");
        let network = stack.add("net", Network { range: "10.0.0.0/16".into(), peer: None, names: true });
        let segment =
            |place: &str| Segment { network: network.id(), place: place.into(), zone: "a".into(), public: false };
        let segments: Vec<_> = ["1", "2", "3"]
            .into_iter()
            .map(|place| (place, stack.add(format!("segment-{place}"), segment(place))))
            .collect();
        for (name, places) in gates {
            let opens = segments.iter().filter(|(place, _)| places.contains(place));
            let segments: BTreeSet<_> = opens.map(|(_, segment)| segment.id()).collect();
            let gate =
                Gate { name: (*name).to_owned(), network: network.id(), segments, sign: None, width: 1, barred: false };
            stack.add(*name, gate);
        }
    })
}

/// From gates to others in a cloud that takes its time: what was done with gates, in the order in which it was begun and
/// done.
async fn steps(before: Gates<'_>, after: Gates<'_>) -> Vec<String> {
    let cloud = ModelCloud::new();
    cloud.weather.set(Forecast { latency: Duration::from_secs(1), ..Forecast::default() });
    let session = Session::new(cloud.registry());
    session.apply(&gates(before)).await.unwrap();
    session.heard();
    let applied = session.apply(&gates(after)).await.unwrap();
    assert!(applied.outcome.is_complete());
    let told = |event: Event| match event {
        Event::StepStarted { address, kind: "model/gate", verb, .. } => Some(line("begins", verb, address.name())),
        Event::StepFinished { address, kind: "model/gate", verb, .. } => Some(line("done", verb, address.name())),
        _ => None,
    };
    let told = session.heard().into_iter().filter_map(told).collect();
    assert!(session.plan(&gates(after)).await.unwrap().is_empty());
    told
}

fn line(what: &str, verb: Verb, name: &str) -> String {
    format!("{what}: {verb:?} {name}")
}

#[track_caller]
fn check(steps: &[String], earlier: &str, later: &str) {
    let place = |line: &str| steps.iter().position(|one| one == line).unwrap_or_else(|| panic!("{line}: {steps:#?}"));
    assert!(place(earlier) < place(later), "{earlier}, then {later}: {steps:#?}");
}

const ONE: Gates<'_> = &[("one", &["1", "2", "3"])];
const EACH: Gates<'_> = &[("a", &["1"]), ("b", &["2"]), ("c", &["3"])];

#[tokio::test(start_paused = true)]
async fn one_goes_when_all_that_take_over_from_it_stand() {
    let steps = steps(ONE, EACH).await;
    ["a", "b", "c"]
        .iter()
        .for_each(|taker| check(&steps, &line("done", Verb::Create, taker), &line("begins", Verb::Delete, "one")));
}

#[tokio::test(start_paused = true)]
async fn several_go_when_the_one_stands_that_takes_over_from_them() {
    let steps = steps(EACH, ONE).await;
    ["a", "b", "c"]
        .iter()
        .for_each(|giver| check(&steps, &line("done", Verb::Create, "one"), &line("begins", Verb::Delete, giver)));
}

#[tokio::test(start_paused = true)]
async fn one_that_stays_gives_when_its_taker_has_it() {
    let steps = steps(&[("a", &["1", "2"]), ("b", &["3"])], &[("a", &["1"]), ("b", &["2", "3"])]).await;
    check(&steps, &line("done", Verb::Update, "b"), &line("begins", Verb::Update, "a"));
    let steps = self::steps(&[("b", &["1", "2"]), ("a", &["3"])], &[("b", &["1"]), ("a", &["2", "3"])]).await;
    check(&steps, &line("done", Verb::Update, "a"), &line("begins", Verb::Update, "b"));
}

#[tokio::test(start_paused = true)]
async fn where_two_take_from_each_other_one_is_first_and_both_are_done() {
    let steps = steps(&[("a", &["1"]), ("b", &["2"])], &[("a", &["2"]), ("b", &["1"])]).await;
    assert_eq!(steps.iter().filter(|line| line.starts_with("done: Update")).count(), 2, "{steps:#?}");
}

#[tokio::test(start_paused = true)]
async fn what_is_replaced_alone_goes_when_the_others_have_followed() {
    let definitions = broad().definitions;
    for address in definitions.iter().map(|definition| definition.address.to_string()) {
        let ground = Ground::model(&ModelCloud::new());
        ground.apply(&address, &definitions).await;
        let mut options = ground.session.converge();
        (options.target, options.replace) = (vec![address.clone()], vec![address.clone()]);
        let plan = ground.session.plan_with(&definitions, &options).await.unwrap();
        // Where the old one goes first, the cloud refuses as long as others use it, and the run says so.
        if plan.changes.iter().any(|change| change.action.creates_first()) {
            let applied = ground.session.apply_with(&definitions, &options).await.unwrap();
            assert!(applied.outcome.is_complete(), "{address}: {:#?} {:#?}", applied.plan.steps, applied.plan.notes);
        }
        ground.apply(&address, &definitions).await;
        ground.settled(&address, &definitions).await;
    }
}
