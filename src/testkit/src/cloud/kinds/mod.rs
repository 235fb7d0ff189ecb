//! The kinds of the model cloud, one file each, written exactly as kinds of AWS are.

mod alarm;
mod appointment;
mod gate;
mod network;
mod pool;
mod rules;
mod segment;
mod slow;
mod switch;
mod vault;
mod well;

pub use alarm::{Alarm, AlarmId};
pub use appointment::{Appointment, AppointmentId};
pub use gate::{Gate, GateAddress, GateId};
pub use network::{Network, NetworkId};
pub use pool::{Pool, PoolId};
pub use rules::{Rules, RulesId};
pub use segment::{Segment, SegmentId};
pub use slow::{Slow, SlowEndpoint, SlowId};
pub use switch::{Switch, SwitchId};
pub use vault::{CURRENT, Door, DoorId, Guest, KNOWS, NEXT, RIPE, Vault, VaultId};
pub use well::{OPEN, Well, WellId};

/// The parts of a behaviour that are the same for every kind with tags.
macro_rules! tagged {
    () => {
        async fn read(cloud: &ModelCloud, ask: &Ask) -> Result<Vec<Found<Self>>, Fault> {
            cloud.list(ask).await
        }

        async fn create(cloud: &ModelCloud, order: &Order<Self>) -> Result<String, Fault> {
            cloud.make(order, NATURE).await
        }

        async fn retag(cloud: &ModelCloud, found: &Found<Self>, retag: &Retag) -> Result<(), Fault> {
            cloud.tag(Self::SCHEMA.kind, &found.id, retag).await
        }

        async fn delete(cloud: &ModelCloud, found: &Found<Self>) -> Result<(), Fault> {
            cloud.remove(Self::SCHEMA.kind, &found.id).await
        }
    };
}
use tagged;
