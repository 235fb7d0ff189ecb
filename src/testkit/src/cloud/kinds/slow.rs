//! Something that takes its time: half a minute until it is ready, and again until it is gone.

use std::time::Duration;

use infra_derive::Resource;
use infra_engine::live::{Ask, Behaviour, Fault, Found, Order, Retag, Waits};
use infra_engine::model::{Ref, Replacement, Resource as _};
use serde::{Deserialize, Serialize};

use super::{SegmentId, tagged};
use crate::cloud::{ModelCloud, Nature};

/// Something that takes its time.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Resource)]
#[resource(kind = "model/slow", id = SlowId)]
#[resource(outputs(
    /// Where it answers.
    ENDPOINT: new SlowEndpoint,
))]
pub struct Slow {
    /// Its name.
    #[key]
    pub name: String,
    /// Where it stands.
    #[replace]
    pub segment: Ref<SegmentId>,
    /// How big it is.
    pub size: u32,
}

const NATURE: Nature = Nature {
    name: Some("name"),
    holds: &["segment"],
    outputs: &["endpoint"],
    making: Duration::from_secs(30),
    leaving: Duration::from_secs(20),
    ..Nature::PLAIN
};

impl Behaviour for Slow {
    type Cloud = ModelCloud;

    const WAITS: Waits = Waits { usual: Duration::from_secs(30), ..Waits::QUICK };

    const ACTIONS: &'static [&'static str] = &["model:Slow"];

    /// A name is borne once.
    fn replacement(live: &Slow, wanted: &Slow) -> Replacement {
        if live.name == wanted.name { Replacement::DeleteFirst } else { Replacement::CreateFirst }
    }

    tagged!();

    async fn update(cloud: &ModelCloud, found: &Found<Slow>, wanted: &Slow) -> Result<(), Fault> {
        cloud.change(&found.id, wanted, &["size"]).await
    }
}
