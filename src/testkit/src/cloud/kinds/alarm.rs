//! Something that comes after every pool, though it refers to none.

use infra_derive::Resource;
use infra_engine::live::{Ask, Behaviour, Fault, Found, Order, Retag};
use infra_engine::model::{Ref, Resource as _};
use serde::{Deserialize, Serialize};

use super::{SlowEndpoint, tagged};
use crate::cloud::{ModelCloud, Nature};

/// Something that watches an endpoint.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Resource)]
#[resource(kind = "model/alarm", id = AlarmId, after = ["model/pool"])]
pub struct Alarm {
    /// Its name.
    #[key]
    pub name: String,
    /// What it watches.
    pub watches: Ref<SlowEndpoint>,
    /// How loud it is.
    pub volume: u32,
}

const NATURE: Nature = Nature { name: Some("name"), ..Nature::PLAIN };

impl Behaviour for Alarm {
    type Cloud = ModelCloud;

    const WRITES_OVER: bool = true;

    const ACTIONS: &'static [&'static str] = &["model:Alarm"];

    tagged!();

    async fn update(cloud: &ModelCloud, found: &Found<Alarm>, wanted: &Alarm) -> Result<(), Fault> {
        cloud.change(&found.id, wanted, &["watches", "volume"]).await
    }

    async fn write_over(cloud: &ModelCloud, found: &Found<Alarm>, wanted: &Alarm) -> Result<(), Fault> {
        cloud.write_over(&found.id, wanted, &["watches", "volume"]).await
    }
}
