//! A planted secret is seen nowhere: not in a plan, an event, a record, a tag, nor in what debugging prints.

use super::ground::Ground;
use super::sample::Sample;

/// The secret that samples plant: nothing but a cloud ever holds it.
pub const CANARY: &str = "planted-canary-1b4e28ba";

/// The sample's secrets are planted as [`CANARY`]; everything that a run gives out is searched for it.
pub async fn secrets(ground: &Ground, sample: &Sample) {
    let law = "secrets";
    let planted = sample.definitions.iter().any(|definition| definition.document.value().to_string().contains(CANARY));
    assert!(planted, "{law}: the sample plants a secret");
    let mut seen = vec![("definitions", format!("{:#?}", sample.definitions))];
    let applied = ground.apply(law, &sample.definitions).await;
    let destroy = ground.session.plan_with(&sample.definitions, &ground.session.destroy()).await;
    let destroy = destroy.unwrap_or_else(|refusal| panic!("{law}: there is no plan: {refusal:#?}"));
    let lives = ground.lives(law).await;
    let events = ground.session.heard();
    for plan in [&applied.plan, &destroy] {
        seen.push(("plan, debugged", format!("{plan:#?}")));
        seen.push(("plan, as JSON", serde_json::to_string(plan).expect("a plan can be written")));
    }
    seen.push(("live, debugged", format!("{lives:#?}")));
    seen.push(("live, as JSON", serde_json::to_string(&lives).expect("live resources can be written")));
    seen.push(("events, debugged", format!("{events:#?}")));
    seen.push(("events, as JSON", serde_json::to_string(&events).expect("events can be written")));
    seen.push(("records", ground.session.records().await));
    seen.push(("calls", format!("{:#?}", ground.weather.calls())));
    for (place, text) in seen {
        assert!(!text.contains(CANARY), "{law}: the secret is in {place}");
    }
    ground.clear(law, &sample.definitions).await;
}
