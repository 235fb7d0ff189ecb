//! One of every sort of field.

use std::collections::{BTreeMap, BTreeSet};

use infra_derive::Resource;
use infra_engine::live::{Ask, Behaviour, Fault, Found, Order, Retag};
use infra_engine::model::{Ref, Replacement, Resource as _, Secret};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{GateAddress, tagged};
use crate::cloud::{ModelCloud, Nature};

/// A pool of workers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Resource)]
#[resource(kind = "model/pool", id = PoolId)]
pub struct Pool {
    /// Its name.
    #[key]
    pub name: String,
    /// How many workers there are.
    #[external("autoscaling")]
    pub workers: u32,
    /// How many there were at first.
    #[initial]
    pub first: u32,
    /// What they log in with.
    #[secret]
    pub password: Secret,
    /// What they run at the start.
    #[text]
    pub script: String,
    /// What they may do.
    #[json]
    pub policy: Value,
    /// Where they stand.
    pub zones: BTreeSet<String>,
    /// What they are told.
    pub settings: BTreeMap<String, String>,
    /// Where they listen.
    pub listens: Option<Ref<GateAddress>>,
}

const NATURE: Nature = Nature { name: Some("name"), ..Nature::PLAIN };

impl Behaviour for Pool {
    type Cloud = ModelCloud;

    const ACTIONS: &'static [&'static str] = &["model:Pool"];

    /// A name is borne once.
    fn replacement(live: &Pool, wanted: &Pool) -> Replacement {
        if live.name == wanted.name { Replacement::DeleteFirst } else { Replacement::CreateFirst }
    }

    tagged!();

    async fn update(cloud: &ModelCloud, found: &Found<Pool>, wanted: &Pool) -> Result<(), Fault> {
        cloud.change(&found.id, wanted, &["password", "script", "policy", "zones", "settings", "listens"]).await
    }
}
