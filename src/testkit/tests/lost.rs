//! What was made and not answered is found again, however late the cloud shows it, and never made twice.

use std::time::Duration;

use infra_engine::live::FaultKind;
use infra_testkit::cloud::ModelCloud;
use infra_testkit::cloud::kinds::Network;
use infra_testkit::laws::Ground;
use infra_testkit::session::definitions;
use infra_testkit::weather::{Blow, Forecast, Moment};

/// A cloud that shows late what it has made, an answer that is lost, and nothing by which a twin would be refused.
#[tokio::test(start_paused = true)]
async fn what_has_neither_name_nor_token_is_looked_for_until_it_is_seen() {
    let network = || {
        let network = Network { range: "10.0.0.0/16".into(), peer: None, names: true };
        definitions(|platform| drop(platform.stack("row").add("network", network)))
    };
    for seconds in [5, 20, 40, 55] {
        for loss in [FaultKind::Lost, FaultKind::Broken] {
            let cloud = ModelCloud::lagging(Duration::from_secs(seconds));
            let ground = Ground::model(&cloud);
            // The calls before it are those that look what is there.
            ground.session.plan(&network()).await.unwrap();
            let reads = ground.weather.calls().len();
            ground.weather.set(Forecast::once(reads, Moment::After, Blow::Fault(loss)));
            ground.session.apply(&network()).await.unwrap();
            assert_eq!(cloud.things().len(), 1, "{loss:?}, seen after {seconds} s");
        }
    }
}
