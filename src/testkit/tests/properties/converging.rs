//! Whatever becomes of a platform, in whatever weather: it comes to the same as if it had been made so at once.

use std::time::Duration;

use infra_engine::live::FaultKind;
use infra_engine::model::Definition;
use infra_testkit::cloud::{ModelCloud, foreign};
use infra_testkit::laws::{Ground, Portrait, portrait, same, storms};
use infra_testkit::weather::{Blow, Chance, Forecast, Moment};
use proptest::prelude::*;

use crate::platforms::{platform, two_versions};
use crate::{cases, timeless};

/// What a platform comes to when it is made at once, in calm weather.
async fn made_at_once(definitions: &[Definition]) -> Portrait {
    let calm = Ground::model(&ModelCloud::new());
    calm.apply("made at once", definitions).await;
    portrait(&calm.lives("made at once").await)
}

fn blow() -> impl Strategy<Value = Blow> {
    let kinds = [FaultKind::Lost, FaultKind::Refused, FaultKind::Throttled, FaultKind::Broken];
    prop_oneof![Just(Blow::Death), proptest::sample::select(kinds.to_vec()).prop_map(Blow::Fault)]
}

/// Bad weather: chance, and a few blows at calls of which most are made.
fn weather() -> impl Strategy<Value = Forecast> {
    let troubles = proptest::collection::btree_map(0_usize..60, (any::<bool>(), blow()), 0..4);
    (any::<u64>(), 0_u64..150, 0_u64..200, troubles).prop_map(|(seed, per_thousand, latency, troubles)| {
        let troubles = troubles.into_iter().map(|(call, (after, blow))| {
            // An answer that says no is only given where nothing was done.
            let unsure = matches!(blow, Blow::Death | Blow::Fault(FaultKind::Lost | FaultKind::Broken));
            let moment = if after && unsure { Moment::After } else { Moment::Before };
            (call, infra_testkit::weather::Trouble { moment, blow })
        });
        Forecast {
            latency: Duration::from_millis(latency),
            troubles: troubles.collect(),
            chance: Some(Chance { seed, per_thousand }),
            ..Forecast::default()
        }
    })
}

proptest! {
    #![proptest_config(cases(64))]

    #[test]
    fn a_change_comes_to_the_same_as_making_it_so((first, second) in two_versions()) {
        timeless(async {
            let (from, to) = (platform(&first, None), platform(&second, Some(&first)));
            let ground = Ground::model(&ModelCloud::new());
            ground.apply("the first version", &from).await;
            ground.settled("the first version", &from).await;
            ground.apply("the second version", &to).await;
            ground.settled("the second version", &to).await;
            same("changed", &portrait(&ground.lives("changed").await), &made_at_once(&to).await);
            ground.clear("changed", &to).await;
        });
    }
}

proptest! {
    #![proptest_config(cases(48))]

    #[test]
    fn no_weather_keeps_it_from_converging(
        (first, second) in two_versions(),
        weather in proptest::collection::vec(weather(), 1..4),
        lag in 0_u64..1500,
    ) {
        timeless(async {
            let (from, to) = (platform(&first, None), platform(&second, Some(&first)));
            let expected = made_at_once(&to).await;
            let cloud = ModelCloud::lagging(Duration::from_millis(lag));
            cloud.behind(foreign);
            let not_ours = format!("{:#?}", cloud.things());
            tokio::time::sleep(Duration::from_secs(5)).await;
            let ground = Ground::model(&cloud);
            ground.apply("the first version", &from).await;
            tokio::time::sleep(Duration::from_secs(5)).await;
            storms(&ground, &weather, &to, &expected).await;
            ground.clear("at the end", &to).await;
            assert_eq!(format!("{:#?}", cloud.things()), not_ours, "what is not ours is not touched");
        });
    }
}

proptest! {
    #![proptest_config(cases(32))]

    /// What a team does in a week: versions come and go, also back, each applied once in whatever weather.
    #[test]
    fn whatever_was_begun_before_one_calm_run_ends_as_a_fresh_account_does(
        (first, second) in two_versions(),
        third in crate::platforms::genes(),
        way in proptest::collection::vec((0_usize..3, weather()), 2..6),
        lag in 0_u64..1500,
    ) {
        timeless(async {
            let versions = [&first, &second, &third].map(|genes| platform(genes, None));
            let cloud = ModelCloud::lagging(Duration::from_millis(lag));
            let mut ground = Ground::model(&cloud);
            ground.session.take_over = true;
            for (version, forecast) in &way {
                once(&ground, forecast, &versions[*version]).await;
            }
            let last = &versions[way.last().expect("it has two at least").0];
            storms(&ground, &[], last, &made_at_once(last).await).await;
            ground.clear("at the end", last).await;
        });
    }
}

/// One run in this weather. What says that it is complete leaves nothing to do.
async fn once(ground: &Ground, forecast: &Forecast, wanted: &[Definition]) {
    ground.weather.set(forecast.clone());
    let survived = ground.weather.survive(ground.session.apply(wanted)).await;
    ground.session.bury().await;
    ground.weather.clear();
    tokio::time::sleep(Duration::from_secs(15)).await;
    if let Some(Ok(applied)) = survived
        && applied.outcome.is_complete()
    {
        ground.settled("it was said to be complete", wanted).await;
    }
}
