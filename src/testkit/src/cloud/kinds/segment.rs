//! A part of a network. Two of them cannot be in one place, not even for a moment.

use infra_derive::Resource;
use infra_engine::live::{Ask, Behaviour, Fault, Found, Order, Retag};
use infra_engine::model::{Ref, Replacement, Resource as _};
use serde::{Deserialize, Serialize};

use super::{NetworkId, tagged};
use crate::cloud::{ModelCloud, Nature};

/// A part of a network.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Resource)]
#[resource(kind = "model/segment", id = SegmentId)]
pub struct Segment {
    /// The network.
    #[replace]
    pub network: Ref<NetworkId>,
    /// Its place in it.
    #[replace]
    pub place: String,
    /// What it is built of.
    #[replace]
    pub zone: String,
    /// Whether it is public.
    pub public: bool,
}

const NATURE: Nature = Nature { holds: &["network"], ..Nature::PLAIN };

impl Behaviour for Segment {
    type Cloud = ModelCloud;

    const HELD_BY_USERS: bool = true;

    const ACTIONS: &'static [&'static str] = &["model:Segment"];

    fn replacement(live: &Segment, wanted: &Segment) -> Replacement {
        let collide = live.network == wanted.network && live.place == wanted.place;
        if collide { Replacement::DeleteFirst } else { Replacement::CreateFirst }
    }

    tagged!();

    async fn update(cloud: &ModelCloud, found: &Found<Segment>, wanted: &Segment) -> Result<(), Fault> {
        cloud.change(&found.id, wanted, &["public"]).await
    }
}
