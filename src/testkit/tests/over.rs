//! What happens once: made before its time, left alone afterwards, and never made again.

use infra_engine::model::{Definition, UnixTime};
use infra_engine::plan::{Note, Options};
use infra_testkit::cloud::ModelCloud;
use infra_testkit::cloud::kinds::Appointment;
use infra_testkit::laws::Ground;
use infra_testkit::session::definitions;

fn wanted(at: i64) -> Vec<Definition> {
    definitions(|platform| {
        platform.stack("model").add("lunch", Appointment { name: "lunch".into(), at: UnixTime(at) });
    })
}

#[tokio::test(start_paused = true)]
async fn what_had_its_time_is_satisfied() {
    let ground = Ground::model(&ModelCloud::new());
    let at = |now: i64| Options { now: UnixTime(now), ..ground.session.converge() };
    let late = ground.session.apply_with(&wanted(100), &at(101)).await.unwrap();
    assert!(late.plan.is_empty(), "it is not made any more: {:#?}", late.plan.changes);
    assert!(matches!(late.plan.notes.as_slice(), [Note::Over { .. }]), "{:#?}", late.plan.notes);

    let early = ground.session.apply_with(&wanted(200), &at(101)).await.unwrap();
    assert_eq!(early.outcome.added, 1);
    let moved = ground.session.apply_with(&wanted(100), &at(101)).await.unwrap();
    assert_eq!((moved.plan.is_empty(), moved.plan.unchanged), (true, 1), "what stands is left as it is");
    let gone = ground.session.apply_with(&[], &at(300)).await.unwrap();
    assert_eq!(gone.outcome.destroyed, 1, "and goes when it leaves the code");
}
