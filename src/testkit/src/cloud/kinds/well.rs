//! A well: it comes open and is closed by a call of its own, and nothing in its definition shows whether it is.

use infra_derive::Resource;
use infra_engine::live::{Ask, Behaviour, Fault, Found, Order, Retag};
use infra_engine::model::{Resource as _, Tags, keys};
use serde::{Deserialize, Serialize};

use crate::cloud::{ModelCloud, Nature};

/// There on a well that is open.
pub const OPEN: &str = "model:open";

/// A well.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Resource)]
#[resource(kind = "model/well", id = WellId, replacement = "create_first")]
pub struct Well {
    /// How deep it is.
    #[replace]
    pub depth: u32,
}

impl Behaviour for Well {
    type Cloud = ModelCloud;

    const ACTIONS: &'static [&'static str] = &["model:Well"];

    async fn read(cloud: &ModelCloud, ask: &Ask) -> Result<Vec<Found<Well>>, Fault> {
        cloud.list(ask).await
    }

    async fn create(cloud: &ModelCloud, order: &Order<Well>) -> Result<String, Fault> {
        let mut order = order.clone();
        let marks = [OPEN, keys::UNFINISHED].map(|key| (key.to_owned(), "true".to_owned()));
        order.tags.extend(marks);
        cloud.make(&order, Nature::PLAIN).await
    }

    async fn update(_: &ModelCloud, _: &Found<Well>, _: &Well) -> Result<(), Fault> {
        Ok(())
    }

    /// Closes it. That it is closed is no fault.
    async fn finish(cloud: &ModelCloud, found: &Found<Well>) -> Result<(), Fault> {
        let retag = Retag { set: Tags::new(), remove: vec![OPEN.to_owned()] };
        cloud.tag(Well::SCHEMA.kind, &found.id, &retag).await
    }

    async fn retag(cloud: &ModelCloud, found: &Found<Well>, retag: &Retag) -> Result<(), Fault> {
        cloud.tag(Well::SCHEMA.kind, &found.id, retag).await
    }

    async fn delete(cloud: &ModelCloud, found: &Found<Well>) -> Result<(), Fault> {
        cloud.remove(Well::SCHEMA.kind, &found.id).await
    }
}
