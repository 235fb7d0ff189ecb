//! Whatever happens at whatever call, one run more converges: nothing is twice, nothing is left over.

use std::time::Duration;

use infra_engine::live::FaultKind;
use infra_engine::model::{Definition, keys};
use serde_json::Value;

use super::ground::{Ground, troubles};
use super::portrait::{Portrait, portrait};
use crate::weather::{Blow, Call, Forecast, Moment, Trouble};

/// How long it takes until somebody runs a program again that has died.
const MEANWHILE: Duration = Duration::from_secs(15);

/// The program dies at every call of the way from one version to another, before and after its effect.
pub async fn deaths(fresh: impl Fn() -> Ground, from: &[Definition], to: &[Definition]) {
    every_call(&fresh, from, to, Moment::Before, Blow::Death).await;
    every_change(&fresh, from, to, Moment::After, Blow::Death).await;
}

/// Runs again and again through one storm after another, then once in calm weather: that run comes to `expected`.
pub async fn storms(ground: &Ground, weather: &[Forecast], to: &[Definition], expected: &Portrait) {
    for forecast in weather {
        let law = format!("through {forecast:?}");
        ground.weather.set(forecast.clone());
        let _survived = ground.weather.survive(ground.session.apply(to)).await;
        ground.session.bury().await;
        ground.weather.clear();
        tokio::time::sleep(MEANWHILE).await;
        let lives = ground.lives(&law).await;
        twice_nowhere(&law, &portrait(&lives));
    }
    let law = format!("after {weather:?}");
    let told = ground.session.heard();
    let again = ground.session.apply(to).await.unwrap_or_else(|refusal| panic!("{law}: it stops: {refusal:#?}"));
    let later = ground.session.heard();
    assert!(again.outcome.is_complete(), "{law}: it is not complete: {:#?}", troubles(told.iter().chain(&later)));
    tokio::time::sleep(MEANWHILE).await;
    ground.settled(&law, to).await;
    same(&law, &portrait(&ground.lives(&law).await), expected);
}

/// Nothing stands twice, but for what was replaced and is about to go.
fn twice_nowhere(law: &str, portrait: &Portrait) {
    for (label, standing) in portrait {
        let fresh = standing.iter().filter(|one| one["tags"].get(keys::RETIRED).is_none());
        assert!(fresh.count() <= 1, "{law}: {label} stands twice: {}", text(Some(standing)));
    }
}

/// Every call of the way from one version to another fails once, in every way in which a call can.
pub async fn faults(fresh: impl Fn() -> Ground, from: &[Definition], to: &[Definition]) {
    use FaultKind::{Broken, Busy, Denied, Lost, NotYet, Refused, Throttled, Unreachable};
    for kind in [Throttled, Refused] {
        every_call(&fresh, from, to, Moment::Before, Blow::Fault(kind)).await;
    }
    for kind in [NotYet, Busy, Denied, Lost, Unreachable, Broken] {
        every_change(&fresh, from, to, Moment::Before, Blow::Fault(kind)).await;
    }
    for kind in [Lost, Broken] {
        every_change(&fresh, from, to, Moment::After, Blow::Fault(kind)).await;
    }
}

async fn every_call(fresh: &impl Fn() -> Ground, from: &[Definition], to: &[Definition], moment: Moment, blow: Blow) {
    every(fresh, from, to, Trouble { moment, blow }, |_| true).await;
}

/// Only calls that may change something: others have no effect, before which or after which anything could happen.
async fn every_change(fresh: &impl Fn() -> Ground, from: &[Definition], to: &[Definition], moment: Moment, blow: Blow) {
    every(fresh, from, to, Trouble { moment, blow }, |call| call.changes).await;
}

async fn every(
    fresh: &impl Fn() -> Ground,
    from: &[Definition],
    to: &[Definition],
    Trouble { moment, blow }: Trouble,
    chosen: impl Fn(&Call) -> bool,
) {
    let calm = fresh();
    calm.apply("calm weather", from).await;
    calm.weather.clear();
    calm.apply("calm weather", to).await;
    let calls = calm.weather.calls();
    let expected = portrait(&calm.lives("calm weather").await);
    for (number, call) in calls.iter().enumerate().filter(|(_, call)| chosen(call)) {
        let law = format!("{blow:?} {moment:?} call {number} ({} {})", call.operation, call.subject);
        let ground = fresh();
        ground.apply(&law, from).await;
        ground.weather.set(Forecast::once(number, moment, blow));
        ground.session.heard();
        // Whatever comes of this run, the next one converges.
        let _survived = ground.weather.survive(ground.session.apply(to)).await;
        ground.session.bury().await;
        let told = ground.session.heard();
        ground.weather.clear();
        tokio::time::sleep(MEANWHILE).await;
        let again = ground.session.apply(to).await;
        let again = again.unwrap_or_else(|refusal| panic!("{law}: the next run stops: {refusal:#?}"));
        let later = ground.session.heard();
        assert!(
            again.outcome.is_complete(),
            "{law}: the next run is not complete: {:#?}",
            troubles(told.iter().chain(&later))
        );
        ground.settled(&law, to).await;
        same(&law, &portrait(&ground.lives(&law).await), &expected);
        ground.clear(&law, to).await;
    }
}

/// Two portraits are the same.
pub fn same(law: &str, portrait: &Portrait, expected: &Portrait) {
    let mut labels = portrait.keys().chain(expected.keys());
    if let Some(label) = labels.find(|label| portrait.get(*label) != expected.get(*label)) {
        let (is, should) = (portrait.get(label), expected.get(label));
        panic!("{law}: {label} came out otherwise:\n  {}\ninstead of\n  {}", text(is), text(should));
    }
}

fn text(told: Option<&Vec<Value>>) -> String {
    told.map_or("nothing".to_owned(), |told| Value::from(told.clone()).to_string())
}
