//! A switch: there is one of its name for everybody, and no tags tell whose it is.

use infra_derive::Resource;
use infra_engine::live::{Ask, Behaviour, Fault, Found, Order, Retag};
use infra_engine::model::Resource as _;
use serde::{Deserialize, Serialize};

use crate::cloud::{ModelCloud, Nature};

/// A switch that everybody shares.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Resource)]
#[resource(kind = "model/switch", id = SwitchId, shared)]
pub struct Switch {
    /// Its name.
    #[key]
    pub name: String,
    /// Whether it is on.
    pub on: bool,
}

const NATURE: Nature = Nature { name: Some("name"), ..Nature::PLAIN };

impl Behaviour for Switch {
    type Cloud = ModelCloud;

    const ACTIONS: &'static [&'static str] = &["model:Switch"];

    async fn read(cloud: &ModelCloud, ask: &Ask) -> Result<Vec<Found<Switch>>, Fault> {
        cloud.list(ask).await
    }

    async fn create(cloud: &ModelCloud, order: &Order<Switch>) -> Result<String, Fault> {
        cloud.make(order, NATURE).await
    }

    async fn update(cloud: &ModelCloud, found: &Found<Switch>, wanted: &Switch) -> Result<(), Fault> {
        cloud.change(&found.id, wanted, &["on"]).await
    }

    async fn retag(_: &ModelCloud, _: &Found<Switch>, _: &Retag) -> Result<(), Fault> {
        Ok(())
    }

    async fn delete(cloud: &ModelCloud, found: &Found<Switch>) -> Result<(), Fault> {
        cloud.remove(Switch::SCHEMA.kind, &found.id).await
    }
}
