//! A cloud in memory that refuses what a real one refuses: kinds are written for it exactly as for AWS.
//!
//! [`World`] is what stands, and what may not be; it is synchronous and is asked by nobody but [`ModelCloud`].
//! [`kinds`] are the kinds of resources. Nothing here knows what a plan is.

pub mod kinds;
mod samples;
mod things;
mod world;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use infra_engine::live::{Ask, Behaviour, Fault, Found, Order, Registry, Retag};
use infra_engine::model::{Document, Tags};
use tokio::time::Instant;

pub use samples::{broad, foreign};
pub use things::{Nature, Thing};
pub use world::World;

use crate::weather::{Call, WRITE_OVER, Weather};

/// The cloud.
pub struct ModelCloud {
    /// What goes wrong between it and its callers.
    pub weather: Arc<Weather>,
    world: Mutex<World>,
}

impl ModelCloud {
    /// An empty cloud in fine weather, in which what was done is seen at once.
    pub fn new() -> Arc<ModelCloud> {
        ModelCloud::lagging(Duration::ZERO)
    }

    /// An empty cloud in which what was done is seen only after a while.
    pub fn lagging(lag: Duration) -> Arc<ModelCloud> {
        Arc::new(ModelCloud { weather: Arc::default(), world: Mutex::new(World::new(lag)) })
    }

    /// All kinds of this cloud.
    pub fn registry(self: &Arc<Self>) -> Registry {
        Registry::new()
            .with::<kinds::Network>(self)
            .with::<kinds::Segment>(self)
            .with::<kinds::Gate>(self)
            .with::<kinds::Rules>(self)
            .with::<kinds::Slow>(self)
            .with::<kinds::Pool>(self)
            .with::<kinds::Alarm>(self)
            .with::<kinds::Appointment>(self)
            .with::<kinds::Switch>(self)
    }

    /// Everything that stands, in no state of going; as it is, not as it is seen.
    pub fn things(&self) -> Vec<Thing> {
        self.world().things(Instant::now())
    }

    /// Does something to the world behind everybody's back.
    pub fn behind<T>(&self, act: impl FnOnce(&mut World, Instant) -> T) -> T {
        act(&mut self.world(), Instant::now())
    }

    fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn call<T>(
        &self,
        operation: &str,
        subject: &str,
        changes: bool,
        effect: impl FnOnce(&mut World, Instant) -> Result<T, Fault>,
    ) -> Result<T, Fault> {
        let call = Call { operation: format!("model:{operation}"), subject: subject.to_owned(), changes };
        self.weather.around(call, async { effect(&mut self.world(), Instant::now()) }).await
    }

    /// Everything of a kind that is asked for.
    async fn list<R: Behaviour>(&self, ask: &Ask) -> Result<Vec<Found<R>>, Fault> {
        let kind = R::SCHEMA.kind;
        let things = self.call(&format!("List({kind})"), "", false, |world, now| Ok(world.seen(kind, now))).await?;
        let asked = things.into_iter().filter(|thing| ask.wants(&thing.id, thing.name.as_deref(), &thing.tags));
        asked.map(|thing| typed::<R>(thing, kind)).collect()
    }

    async fn make<R: Behaviour>(&self, order: &Order<R>, nature: Nature) -> Result<String, Fault> {
        let kind = R::SCHEMA.kind;
        let document = plain(kind, &order.definition)?;
        let (subject, tags) = (order.address.to_string(), order.tags.clone());
        self.call(&format!("Create({kind})"), &subject, true, |world, now| {
            world.make(kind, document, tags, nature, now)
        })
        .await
    }

    /// Changes some fields of a thing, in one call.
    async fn change<R: Behaviour>(&self, id: &str, wanted: &R, fields: &[&str]) -> Result<(), Fault> {
        let kind = R::SCHEMA.kind;
        let document = plain(kind, wanted)?;
        let operation = format!("Modify({kind}: {})", fields.join(", "));
        self.call(&operation, id, true, |world, now| world.change(kind, id, &document, fields, now)).await
    }

    async fn write_over<R: Behaviour>(&self, id: &str, wanted: &R, fields: &[&str]) -> Result<(), Fault> {
        let kind = R::SCHEMA.kind;
        let document = plain(kind, wanted)?;
        let operation = format!("{WRITE_OVER} {kind}");
        self.call(&operation, id, true, |world, now| world.change(kind, id, &document, fields, now)).await
    }

    async fn tag(&self, kind: &'static str, id: &str, retag: &Retag) -> Result<(), Fault> {
        let Retag { set, remove } = retag;
        self.call(&format!("Tag({kind})"), id, true, |world, now| world.tag(kind, id, set, remove, now)).await
    }

    async fn remove(&self, kind: &'static str, id: &str) -> Result<(), Fault> {
        self.call(&format!("Delete({kind})"), id, true, |world, now| world.remove(kind, id, now)).await
    }
}

fn plain<R: Behaviour>(kind: &'static str, definition: &R) -> Result<Document, Fault> {
    Document::of(definition).map_err(|error| things::refused(kind, error.to_string()))
}

fn typed<R: Behaviour>(thing: Thing, kind: &'static str) -> Result<Found<R>, Fault> {
    let Thing { kind: _, id, name: _, document, tags, outputs, state, nature: _ } = thing;
    let definition = document.reveal::<R>().map_err(|error| things::refused(kind, error.to_string()))?;
    let tags: Tags = tags;
    Ok(Found { id, definition, outputs, tags, state, others: Vec::new(), awaited: Vec::new() })
}
