//! An appointment: it happens once, and is gone when it has.

use infra_derive::Resource;
use infra_engine::live::{Ask, Behaviour, Fault, Found, Order, Retag};
use infra_engine::model::{Resource as _, UnixTime};
use serde::{Deserialize, Serialize};

use super::tagged;
use crate::cloud::{ModelCloud, Nature};

/// An appointment.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Resource)]
#[resource(kind = "model/appointment", id = AppointmentId)]
pub struct Appointment {
    /// Its name.
    #[key]
    pub name: String,
    /// When.
    pub at: UnixTime,
}

const NATURE: Nature = Nature { name: Some("name"), ..Nature::PLAIN };

impl Behaviour for Appointment {
    type Cloud = ModelCloud;

    const ACTIONS: &'static [&'static str] = &["model:Appointment"];

    fn is_over(wanted: &Appointment, now: UnixTime) -> bool {
        wanted.at < now
    }

    tagged!();

    async fn update(cloud: &ModelCloud, found: &Found<Appointment>, wanted: &Appointment) -> Result<(), Fault> {
        cloud.change(&found.id, wanted, &["at"]).await
    }
}
