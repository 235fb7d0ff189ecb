//! A gate: a natural name, calls of its own for each of its parts, and other things refer to its address.

use std::collections::BTreeSet;

use infra_derive::Resource;
use infra_engine::live::{Ask, Behaviour, Fault, Found, Order, Retag};
use infra_engine::model::{Ref, Replacement, Resource as _};
use serde::{Deserialize, Serialize};

use super::{NetworkId, SegmentId, tagged};
use crate::cloud::{ModelCloud, Nature};

/// A gate into a network.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Resource)]
#[resource(kind = "model/gate", id = GateId)]
#[resource(outputs(
    /// Where it answers.
    ADDRESS: new GateAddress,
))]
pub struct Gate {
    /// Its name.
    #[key]
    pub name: String,
    /// The network that it stands in.
    #[replace]
    pub network: Ref<NetworkId>,
    /// The segments that it opens into.
    pub segments: BTreeSet<Ref<SegmentId>>,
    /// What is written on it.
    pub sign: Option<String>,
    /// How wide it is.
    pub width: u32,
    /// Whether the cloud refuses to take it away.
    pub barred: bool,
}

const NATURE: Nature =
    Nature { name: Some("name"), holds: &["network"], outputs: &["address"], guard: Some("barred"), ..Nature::PLAIN };

impl Behaviour for Gate {
    type Cloud = ModelCloud;

    const GUARDED_BY: Option<&'static str> = Some("barred");

    const ACTIONS: &'static [&'static str] = &["model:Gate"];

    /// A name is borne once.
    fn replacement(live: &Gate, wanted: &Gate) -> Replacement {
        if live.name == wanted.name { Replacement::DeleteFirst } else { Replacement::CreateFirst }
    }

    tagged!();

    async fn update(cloud: &ModelCloud, found: &Found<Gate>, wanted: &Gate) -> Result<(), Fault> {
        let live = &found.definition;
        if live.segments != wanted.segments {
            cloud.change(&found.id, wanted, &["segments"]).await?;
        }
        if live.sign != wanted.sign {
            cloud.change(&found.id, wanted, &["sign"]).await?;
        }
        if live.width != wanted.width {
            cloud.change(&found.id, wanted, &["width"]).await?;
        }
        if live.barred != wanted.barred {
            cloud.change(&found.id, wanted, &["barred"]).await?;
        }
        Ok(())
    }
}
