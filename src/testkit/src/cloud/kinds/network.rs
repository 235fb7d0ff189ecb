//! A network: no name of its own and no token, so that a create that is repeated makes a second one.

use infra_derive::Resource;
use infra_engine::live::{Ask, Behaviour, Fault, Found, Order, Retag};
use infra_engine::model::Resource as _;
use serde::{Deserialize, Serialize};

use super::tagged;
use crate::cloud::{ModelCloud, Nature};

/// A network.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Resource)]
#[resource(kind = "model/network", id = NetworkId)]
pub struct Network {
    /// Its range.
    #[replace]
    pub range: String,
    /// Where it peers, if it does.
    #[replace]
    pub peer: Option<String>,
    /// Whether it gives names.
    pub names: bool,
}

const NATURE: Nature = Nature::PLAIN;

impl Behaviour for Network {
    type Cloud = ModelCloud;

    const ACTIONS: &'static [&'static str] = &["model:Network"];

    tagged!();

    async fn update(cloud: &ModelCloud, found: &Found<Network>, wanted: &Network) -> Result<(), Fault> {
        cloud.change(&found.id, wanted, &["names"]).await
    }
}
