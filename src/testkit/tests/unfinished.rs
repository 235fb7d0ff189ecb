//! What needs a second call before it is what was wanted is finished, whatever happens in between, and never made twice.

use std::sync::Arc;

use infra_engine::live::FaultKind;
use infra_engine::model::{Definition, keys};
use infra_engine::plan::Reason;
use infra_testkit::cloud::ModelCloud;
use infra_testkit::cloud::kinds::{OPEN, Well};
use infra_testkit::laws::Ground;
use infra_testkit::session::{Session, definitions};
use infra_testkit::weather::{Blow, Forecast, Moment};

fn ground(cloud: &Arc<ModelCloud>) -> Ground {
    Ground { session: Session::new(cloud.registry().with::<Well>(cloud)), weather: Arc::clone(&cloud.weather) }
}

fn well(depth: u32) -> Vec<Definition> {
    definitions(|platform| drop(platform.stack("garden").add("well", Well { depth })))
}

/// The wells that stand, each with whether it is closed, and so finished.
fn wells(cloud: &ModelCloud) -> Vec<bool> {
    let wells = cloud.things().into_iter().filter(|thing| thing.kind == "model/well");
    wells.map(|well| !well.tags.contains_key(OPEN) && !well.tags.contains_key(keys::UNFINISHED)).collect()
}

#[tokio::test(start_paused = true)]
async fn what_is_refused_between_its_two_calls_is_known_and_finished_by_the_next_run() {
    let mut between = 0;
    for call in 0..40 {
        for blow in [Blow::Fault(FaultKind::Refused), Blow::Fault(FaultKind::Lost), Blow::Death] {
            for moment in [Moment::Before, Moment::After] {
                // What is refused has had no effect.
                if (moment, blow) == (Moment::After, Blow::Fault(FaultKind::Refused)) {
                    continue;
                }
                let cloud = ModelCloud::new();
                let ground = ground(&cloud);
                ground.weather.set(Forecast::once(call, moment, blow));
                let _ = ground.weather.survive(ground.session.apply(&well(3))).await;
                ground.weather.clear();
                let open = wells(&cloud) == [false];
                between += usize::from(open);
                let plan = ground.session.plan(&well(3)).await.unwrap();
                let unfinished = plan.changes.iter().any(|change| change.reasons.contains(&Reason::Unfinished));
                assert_eq!(unfinished, open, "{call} {moment:?} {blow:?}: {:#?}", plan.changes);
                // It is ours whatever has happened: it can be deleted, and it can be finished.
                let word = format!("{call} {moment:?} {blow:?}");
                if call % 2 == 0 {
                    ground.session.apply_with(&[], &ground.session.destroy()).await.expect(&word);
                }
                ground.apply(&word, &well(3)).await;
                assert_eq!(wells(&cloud), [true], "{word}");
                ground.settled(&word, &well(3)).await;
            }
        }
    }
    assert!(between > 3, "some of them have come in between: {between}");
}

#[tokio::test(start_paused = true)]
async fn one_whose_replacement_was_cut_off_between_the_two_calls_is_finished_too() {
    for call in 0..60 {
        let cloud = ModelCloud::new();
        let ground = ground(&cloud);
        ground.apply("first", &well(3)).await;
        ground.weather.set(Forecast::once(call, Moment::Before, Blow::Fault(FaultKind::Refused)));
        let _ = ground.session.apply(&well(4)).await;
        ground.weather.clear();
        ground.apply("again", &well(4)).await;
        assert_eq!(wells(&cloud), [true], "{call}");
        ground.settled("again", &well(4)).await;
    }
}
