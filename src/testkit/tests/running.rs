//! How a plan is carried out: what goes first, what a failure stops, how long anything is repeated, how soon it ends.

use std::sync::Arc;
use std::time::Duration;

use infra_engine::event::Event;
use infra_engine::live::{FaultKind, Kind};
use infra_engine::model::{Definition, Ownership};
use infra_testkit::cloud::kinds::{Network, Pool, Segment, Slow};
use infra_testkit::cloud::{ModelCloud, broad};
use infra_testkit::laws::Ground;
use infra_testkit::session::definitions;
use infra_testkit::weather::{Blow, Forecast, Moment, Trouble};
use tokio::time::Instant;

fn network() -> Network {
    Network { range: "10.0.0.0/16".into(), peer: None, names: true }
}

/// A network, a segment and something slow in a row; another network beside them.
fn row() -> Vec<Definition> {
    definitions(|platform| {
        let mut stack = platform.stack("row");
        stack.add("aside", network());
        let network = stack.add("network", network()).id();
        let segment = Segment { network, place: "1".into(), zone: "a".into(), public: false };
        let segment = stack.add("segment", segment).id();
        stack.add("slow", Slow { name: "slow".into(), segment, size: 1 });
    })
}

/// What was heard of steps, in words.
fn told(events: &[Event]) -> Vec<String> {
    let word = |event: &Event| match event {
        Event::StepStarted { address, .. } => Some(format!("start {}", address.name())),
        Event::StepFinished { address, .. } => Some(format!("done {}", address.name())),
        Event::StepFailed { address, .. } => Some(format!("failed {}", address.name())),
        Event::StepSkipped { address, because, .. } => Some(format!("skipped {}: {because}", address.name())),
        _ => None,
    };
    events.iter().filter_map(word).collect()
}

#[tokio::test(start_paused = true)]
async fn the_longest_way_goes_first() {
    let mut ground = Ground::model(&ModelCloud::new());
    ground.session.parallelism = 1;
    ground.session.apply(&row()).await.unwrap();
    let order = ["network", "segment", "slow", "aside"].map(|name| [format!("start {name}"), format!("done {name}")]);
    assert_eq!(told(&ground.session.heard()), order.concat());
}

#[tokio::test(start_paused = true)]
async fn a_failure_stops_what_waits_for_it_and_nothing_else() {
    let mut ground = Ground::model(&ModelCloud::new());
    ground.session.parallelism = 1;
    let refused = Trouble { moment: Moment::Before, blow: Blow::Fault(FaultKind::Refused) };
    // Children without a parent, and what is shared and not wanted, are not looked for.
    let looked_for = |kind: &&Arc<dyn Kind>| kind.schema().ownership == Ownership::Tags;
    let kinds = ground.session.registry.kinds().filter(looked_for).count();
    // Children are not read where there are no parents, and a made network is read once: then comes the segment.
    ground.weather.set(Forecast { troubles: [(kinds + 2, refused)].into(), ..Forecast::default() });
    let applied = ground.session.apply(&row()).await.unwrap();
    assert_eq!(
        told(&ground.session.heard()),
        [
            "start network",
            "done network",
            "start segment",
            "failed segment",
            "skipped slow: row.segment was not done (segment is its id)",
            "start aside",
            "done aside",
        ]
    );
    let outcome = applied.outcome;
    assert_eq!((outcome.added, outcome.failed, outcome.not_started), (2, 1, 1));
}

#[tokio::test(start_paused = true)]
async fn what_never_passes_is_given_up_in_time() {
    let ground = Ground::model(&ModelCloud::new());
    let only = definitions(|platform| drop(platform.stack("row").add("network", network())));
    let busy = Trouble { moment: Moment::Before, blow: Blow::Fault(FaultKind::Busy) };
    // Children without a parent, and what is shared and not wanted, are not looked for.
    let looked_for = |kind: &&Arc<dyn Kind>| kind.schema().ownership == Ownership::Tags;
    let kinds = ground.session.registry.kinds().filter(looked_for).count();
    ground.weather.set(Forecast { troubles: (kinds..9999).map(|call| (call, busy)).collect(), ..Forecast::default() });
    let started = Instant::now();
    let applied = ground.session.apply(&only).await.unwrap();
    assert_eq!((applied.outcome.added, applied.outcome.failed), (0, 1));
    let took = started.elapsed();
    assert!(took > Duration::from_secs(240) && took <= Duration::from_secs(300), "{took:?}");
    let repeated = ground.weather.changes().len();
    assert!((20..60).contains(&repeated), "pauses grow: {repeated} calls");
}

/// What is never seen was never made: it is given up long before a step has had all its time, and told all the while.
#[tokio::test(start_paused = true)]
async fn what_is_never_seen_is_given_up_after_two_minutes() {
    let ground = Ground::model(&ModelCloud::new());
    let only = definitions(|platform| drop(platform.stack("row").add("network", network())));
    let unseen = Trouble { moment: Moment::Before, blow: Blow::Fault(FaultKind::NotYet) };
    let looked_for = |kind: &&Arc<dyn Kind>| kind.schema().ownership == Ownership::Tags;
    let kinds = ground.session.registry.kinds().filter(looked_for).count();
    ground
        .weather
        .set(Forecast { troubles: (kinds..9999).map(|call| (call, unseen)).collect(), ..Forecast::default() });
    let started = Instant::now();
    let applied = ground.session.apply(&only).await.unwrap();
    assert_eq!((applied.outcome.added, applied.outcome.failed), (0, 1));
    let took = started.elapsed();
    assert!(took > Duration::from_secs(90) && took <= Duration::from_secs(120), "{took:?}");
    let heard = ground.session.heard();
    let waits = heard.iter().filter(|event| match event {
        Event::StepWaiting { waiting_for, .. } => {
            waiting_for.starts_with("not seen yet by model:Create(model/network): ")
        }
        _ => false,
    });
    assert!(waits.count() > 10, "{heard:?}");
}

#[tokio::test(start_paused = true)]
async fn an_interrupt_ends_within_ten_seconds_and_the_next_run_goes_on() {
    let cloud = ModelCloud::new();
    for after in [0, 100, 1_000, 5_000, 29_000, 31_000] {
        for latency in [0, 400, 60_000] {
            let mut ground = Ground::model(&cloud);
            let interrupt = ground.session.interrupt.clone();
            ground.weather.clear();
            let sample = broad();
            ground.weather.set(Forecast { latency: Duration::from_millis(latency), ..Forecast::default() });
            let asked = async {
                // Reading comes first; it is not what is interrupted here.
                tokio::time::sleep(Duration::from_millis(after + 2 * latency)).await;
                interrupt.ask();
                Instant::now()
            };
            let ((applied, ended), asked) = futures::join!(
                async { (ground.session.apply(&sample.definitions).await.unwrap(), Instant::now()) },
                asked
            );
            let took = ended.saturating_duration_since(asked);
            assert!(took <= Duration::from_secs(10), "{after} ms, {latency} ms a call: it took {took:?}");
            assert!(applied.outcome.interrupted || applied.outcome.is_complete());
            ground.session.interrupt = Default::default();
            ground.weather.clear();
            tokio::time::sleep(Duration::from_secs(15)).await;
            ground.apply("the next run", &sample.definitions).await;
            ground.settled("the next run", &sample.definitions).await;
            ground.clear("at the end", &sample.definitions).await;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_protected_resource_outlives_its_code() {
    let ground = Ground::model(&ModelCloud::new());
    let stacks = |protected: bool| {
        definitions(move |platform| {
            let pool = broad().definitions.into_iter().find(|one| one.address.name() == "pool").unwrap();
            let pool = Pool { listens: None, ..pool.document.resolve(&|_| Some("x".into())).reveal::<Pool>().unwrap() };
            drop(platform.stack("row").add("pool", pool).protected_when(protected));
        })
    };
    ground.apply("protected", &stacks(true)).await;
    ground.apply("its code is gone", &[]).await;
    assert_eq!(ground.lives("its code is gone").await.len(), 1);
    let destroy = ground.session.apply_with(&stacks(true), &ground.session.destroy()).await;
    assert!(destroy.is_err(), "destroy stops at what is protected");
    ground.apply("no longer protected", &stacks(false)).await;
    ground.clear("no longer protected", &stacks(false)).await;
}

#[tokio::test(start_paused = true)]
async fn a_lost_lock_stops_the_run_and_is_no_interrupt() {
    let mut ground = Ground::model(&ModelCloud::new());
    ground.session.locks = false;
    ground.session.parallelism = 1;
    ground.weather.set(Forecast { latency: Duration::from_secs(1), ..Forecast::default() });
    let interrupt = ground.session.interrupt.clone();
    let losing = async {
        while ground.weather.changes().is_empty() {
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        interrupt.lose();
    };
    let platform = row();
    let (applied, ()) = tokio::join!(ground.session.apply(&platform), losing);
    let outcome = applied.unwrap().outcome;
    assert!(!outcome.is_complete() && !outcome.interrupted, "{outcome:?}");
    let heard = ground.session.heard();
    assert!(!heard.iter().any(|event| matches!(event, Event::Interrupted { .. })), "nobody has pressed anything");
    assert!(told(&heard).contains(&"skipped slow: the lock was lost".to_owned()), "{:?}", told(&heard));
}
