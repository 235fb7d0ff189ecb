//! The rules of a gate, all of them: they bear no tags, and their identifier is the gate's.

use std::collections::BTreeSet;

use infra_derive::Resource;
use infra_engine::live::{Ask, Behaviour, Fault, Found, Order, Retag};
use infra_engine::model::{Ref, Resource as _};
use serde::{Deserialize, Serialize};

use super::GateId;
use crate::cloud::{ModelCloud, Nature};

/// What may pass a gate.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Resource)]
#[resource(kind = "model/rules", id = RulesId, parent(field = "gate", kind = "model/gate"))]
pub struct Rules {
    /// Whose rules.
    #[key]
    pub gate: Ref<GateId>,
    /// The ports that are open.
    pub ports: BTreeSet<u16>,
    /// Gates that may call.
    pub callers: BTreeSet<Ref<GateId>>,
}

const NATURE: Nature = Nature { parent: Some("gate"), ..Nature::PLAIN };

impl Behaviour for Rules {
    type Cloud = ModelCloud;

    const ACTIONS: &'static [&'static str] = &["model:Rules"];

    async fn read(cloud: &ModelCloud, ask: &Ask) -> Result<Vec<Found<Rules>>, Fault> {
        let wanted = if ask.only.is_empty() { &ask.parents } else { &ask.only };
        cloud.list(&Ask::only(wanted.iter().cloned())).await
    }

    async fn create(cloud: &ModelCloud, order: &Order<Rules>) -> Result<String, Fault> {
        cloud.make(order, NATURE).await
    }

    async fn update(cloud: &ModelCloud, found: &Found<Rules>, wanted: &Rules) -> Result<(), Fault> {
        cloud.change(&found.id, wanted, &["ports", "callers"]).await
    }

    async fn retag(_: &ModelCloud, _: &Found<Rules>, _: &Retag) -> Result<(), Fault> {
        Ok(())
    }

    async fn delete(cloud: &ModelCloud, found: &Found<Rules>) -> Result<(), Fault> {
        cloud.remove(Rules::SCHEMA.kind, &found.id).await
    }
}
