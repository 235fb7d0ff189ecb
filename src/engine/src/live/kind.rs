//! A kind as the engine sees it: documents in, documents out. Only the registry makes one.

use std::marker::PhantomData;
use std::sync::Arc;
use std::time::Duration;

use futures::future::{BoxFuture, FutureExt};
use serde_json::Value;

use super::behaviour::{Behaviour, Order, Retag, Rotation, Waits};
use super::fault::{Fault, FaultKind};
use super::found::{Ask, Found, Live};
use crate::check::{Otherwise, RuleText, Surroundings, Violation};
use crate::model::{Address, Document, Replacement, Schema, Tags, UnixTime};

/// A kind of resource without its type.
pub trait Kind: Send + Sync {
    /// What it says of itself.
    fn schema(&self) -> &'static Schema;
    /// See [`Behaviour::INDEXED`].
    fn is_indexed(&self) -> bool;
    /// See [`Behaviour::LATE`].
    fn is_late(&self) -> bool {
        self.is_indexed()
    }
    /// How long things take.
    fn waits(&self) -> Waits;
    /// The permissions that its calls need.
    fn actions(&self) -> &'static [&'static str];
    /// Its rules, to be explained.
    fn rules(&self) -> Vec<RuleText>;
    /// What its rules say against a definition.
    fn check(&self, document: &Document, around: &Surroundings<'_>) -> Vec<Violation>;
    /// What its rules say against a change of a living one. See [`Behaviour::passages`].
    fn barred(&self, _live: &Document, _wanted: &Document) -> Vec<(Otherwise, Violation)> {
        Vec::new()
    }
    /// A document as its type writes it. What has no order may stand in another one once its references are known:
    /// documents are compared in this form.
    fn canonical(&self, document: &Document) -> Document {
        document.clone()
    }
    /// Which comes first if this change needs a new resource.
    fn replacement(&self, live: &Document, wanted: &Document) -> Replacement;
    /// See [`Behaviour::moved_by`]. References in what is wanted may be unknown.
    fn moved_by(&self, _field: &str, _live: &Live, _wanted: &Document) -> Option<&'static str> {
        None
    }
    /// See [`Behaviour::CODE_GOES_FIRST`].
    fn code_goes_first(&self) -> bool {
        false
    }
    /// See [`Behaviour::is_over`]. References in what is wanted may be unknown.
    fn is_over(&self, _wanted: &Document, _now: UnixTime) -> bool {
        false
    }
    /// See [`Behaviour::HOLDS_DATA`].
    fn holds_data(&self) -> bool {
        false
    }
    /// See [`Behaviour::KEEPS`].
    fn keeps(&self) -> &'static [(&'static str, &'static str)] {
        &[]
    }
    /// See [`Behaviour::SECOND_NAME`].
    fn has_second_name(&self) -> bool {
        false
    }
    /// See [`Behaviour::WRITES_OVER`].
    fn writes_over(&self) -> bool {
        false
    }
    /// See [`Behaviour::HELD_BY`].
    fn held_by(&self) -> &'static [&'static str] {
        &[]
    }
    /// See [`Behaviour::ROTATES`].
    fn rotates(&self) -> Option<&'static str> {
        None
    }
    /// See [`Behaviour::RENEWS`].
    fn renews(&self) -> &'static [&'static str] {
        &[]
    }
    /// See [`Behaviour::SENDS`].
    fn sends(&self) -> &'static [&'static str] {
        &[]
    }
    /// See [`Behaviour::cannot_rotate`].
    fn cannot_rotate(&self, _live: &Live) -> Option<String> {
        None
    }
    /// See [`Behaviour::ends_former`].
    fn ends_former(&self, _field: &str, _live: &Live) -> bool {
        false
    }
    /// See [`Behaviour::goes_by_itself`].
    fn goes_by_itself(&self, _live: &Live) -> bool {
        false
    }
    /// See [`Behaviour::rotate`].
    fn rotate<'a>(&'a self, live: &'a Live, _rotation: &'a Rotation) -> BoxFuture<'a, Result<(), Fault>> {
        let message = format!("{} has no value that could be made anew", live.id);
        std::future::ready(Err(Fault::new(FaultKind::Refused, live.kind, message))).boxed()
    }
    /// See [`Behaviour::read`].
    fn read<'a>(&'a self, ask: &'a Ask) -> BoxFuture<'a, Result<Vec<Live>, Fault>>;
    /// See [`Behaviour::create`].
    fn create<'a>(&'a self, order: &'a Ordered) -> BoxFuture<'a, Result<String, Fault>>;
    /// See [`Behaviour::update`].
    fn update<'a>(&'a self, live: &'a Live, wanted: &'a Document) -> BoxFuture<'a, Result<(), Fault>>;
    /// See [`Behaviour::write_over`].
    fn write_over<'a>(&'a self, live: &'a Live, wanted: &'a Document) -> BoxFuture<'a, Result<(), Fault>> {
        self.update(live, wanted)
    }
    /// See [`Behaviour::retag`].
    fn retag<'a>(&'a self, live: &'a Live, retag: &'a Retag) -> BoxFuture<'a, Result<(), Fault>>;
    /// See [`Behaviour::delete`].
    fn delete<'a>(&'a self, live: &'a Live) -> BoxFuture<'a, Result<(), Fault>>;
}

/// A resource that is to be made, without its type. See [`Order`].
#[derive(Clone, Debug)]
pub struct Ordered {
    /// Its address, for messages.
    pub address: Address,
    /// What it is to be, all references known.
    pub document: Document,
    /// The tags that it is to bear from its first moment.
    pub tags: Tags,
    /// The API's idempotency token.
    pub token: String,
}

/// Takes the type off a behaviour.
pub(super) struct Untyped<R: Behaviour> {
    cloud: Arc<R::Cloud>,
    mark: PhantomData<fn() -> R>,
}

impl<R: Behaviour> Untyped<R> {
    pub(super) fn new(cloud: Arc<R::Cloud>) -> Untyped<R> {
        Untyped { cloud, mark: PhantomData }
    }
}

impl<R: Behaviour> Kind for Untyped<R> {
    fn schema(&self) -> &'static Schema {
        R::SCHEMA
    }

    fn is_indexed(&self) -> bool {
        R::INDEXED
    }

    fn is_late(&self) -> bool {
        R::LATE
    }

    fn waits(&self) -> Waits {
        R::WAITS
    }

    fn actions(&self) -> &'static [&'static str] {
        R::ACTIONS
    }

    fn rules(&self) -> Vec<RuleText> {
        R::rules().iter().map(RuleText::of).chain(R::passages().iter().map(RuleText::of_change)).collect()
    }

    fn check(&self, document: &Document, around: &Surroundings<'_>) -> Vec<Violation> {
        match document.reveal::<R>() {
            Ok(definition) => R::rules().iter().flat_map(|rule| rule.violations(&definition, around)).collect(),
            Err(error) => vec![Violation::unreadable(error.to_string())],
        }
    }

    fn barred(&self, live: &Document, wanted: &Document) -> Vec<(Otherwise, Violation)> {
        let (Ok(live), Ok(wanted)) = (live.reveal::<R>(), wanted.reveal::<R>()) else { return Vec::new() };
        R::passages().iter().flat_map(|rule| rule.violations(&live, &wanted)).collect()
    }

    fn canonical(&self, document: &Document) -> Document {
        let typed = document.reveal::<R>().and_then(|definition| Document::of(&definition));
        typed.unwrap_or_else(|_| document.clone())
    }

    fn replacement(&self, live: &Document, wanted: &Document) -> Replacement {
        match (live.reveal::<R>(), wanted.reveal::<R>()) {
            (Ok(live), Ok(wanted)) => R::replacement(&live, &wanted),
            _ => R::SCHEMA.replacement,
        }
    }

    fn moved_by(&self, field: &str, live: &Live, wanted: &Document) -> Option<&'static str> {
        R::moved_by(field, &found(live).ok()?, &wanted.reveal().ok()?)
    }

    fn code_goes_first(&self) -> bool {
        R::CODE_GOES_FIRST
    }

    fn is_over(&self, wanted: &Document, now: UnixTime) -> bool {
        wanted.reveal::<R>().is_ok_and(|wanted| R::is_over(&wanted, now))
    }

    fn holds_data(&self) -> bool {
        R::HOLDS_DATA
    }

    fn keeps(&self) -> &'static [(&'static str, &'static str)] {
        R::KEEPS
    }

    fn has_second_name(&self) -> bool {
        R::SECOND_NAME
    }

    fn writes_over(&self) -> bool {
        R::WRITES_OVER
    }

    fn held_by(&self) -> &'static [&'static str] {
        R::HELD_BY
    }

    fn rotates(&self) -> Option<&'static str> {
        R::ROTATES
    }

    fn renews(&self) -> &'static [&'static str] {
        R::RENEWS
    }

    fn sends(&self) -> &'static [&'static str] {
        R::SENDS
    }

    fn cannot_rotate(&self, live: &Live) -> Option<String> {
        found(live).map_or_else(|fault| Some(fault.to_string()), |found| R::cannot_rotate(&found))
    }

    fn ends_former(&self, field: &str, live: &Live) -> bool {
        found(live).is_ok_and(|found| R::ends_former(field, &found))
    }

    fn goes_by_itself(&self, live: &Live) -> bool {
        found(live).is_ok_and(|found| R::goes_by_itself(&found))
    }

    fn rotate<'a>(&'a self, live: &'a Live, rotation: &'a Rotation) -> BoxFuture<'a, Result<(), Fault>> {
        async move { R::rotate(&self.cloud, &found::<R>(live)?, rotation).await }.boxed()
    }

    fn read<'a>(&'a self, ask: &'a Ask) -> BoxFuture<'a, Result<Vec<Live>, Fault>> {
        async move { R::read(&self.cloud, ask).await?.into_iter().map(plain::<R>).collect() }.boxed()
    }

    fn create<'a>(&'a self, order: &'a Ordered) -> BoxFuture<'a, Result<String, Fault>> {
        async move {
            let order = Order {
                address: order.address.clone(),
                definition: typed::<R>(&order.document)?,
                tags: order.tags.clone(),
                token: order.token.clone(),
            };
            R::create(&self.cloud, &order).await
        }
        .boxed()
    }

    fn update<'a>(&'a self, live: &'a Live, wanted: &'a Document) -> BoxFuture<'a, Result<(), Fault>> {
        async move { R::update(&self.cloud, &found::<R>(live)?, &typed::<R>(wanted)?).await }.boxed()
    }

    fn write_over<'a>(&'a self, live: &'a Live, wanted: &'a Document) -> BoxFuture<'a, Result<(), Fault>> {
        async move { R::write_over(&self.cloud, &found::<R>(live)?, &typed::<R>(wanted)?).await }.boxed()
    }

    fn retag<'a>(&'a self, live: &'a Live, retag: &'a Retag) -> BoxFuture<'a, Result<(), Fault>> {
        async move { R::retag(&self.cloud, &found::<R>(live)?, retag).await }.boxed()
    }

    fn delete<'a>(&'a self, live: &'a Live) -> BoxFuture<'a, Result<(), Fault>> {
        async move { R::delete(&self.cloud, &found::<R>(live)?).await }.boxed()
    }
}

fn typed<R: Behaviour>(document: &Document) -> Result<R, Fault> {
    document.reveal().map_err(|error| unreadable::<R>(&error))
}

fn found<R: Behaviour>(live: &Live) -> Result<Found<R>, Fault> {
    Ok(Found {
        id: live.id.clone(),
        definition: typed::<R>(&live.document)?,
        outputs: live.outputs.clone(),
        tags: live.tags.clone(),
        state: live.state.clone(),
        others: live.others.clone(),
        awaited: live.awaited.clone(),
    })
}

fn plain<R: Behaviour>(found: Found<R>) -> Result<Live, Fault> {
    let document = Document::of(&found.definition).map_err(|error| unreadable::<R>(&error))?;
    Ok(Live {
        kind: R::SCHEMA.kind,
        id: found.id,
        key: natural_key(R::SCHEMA, &document),
        document,
        outputs: found.outputs,
        tags: found.tags,
        state: found.state,
        others: found.others,
        awaited: found.awaited,
    })
}

fn unreadable<R: Behaviour>(error: &serde_json::Error) -> Fault {
    Fault::new(FaultKind::Broken, R::SCHEMA.kind, format!("its document does not fit its type: {error}"))
}

/// The natural name that a document gives a resource: its key fields joined by `/`.
/// `None` for kinds without one, and while a reference in it is unknown.
pub fn natural_key(schema: &Schema, document: &Document) -> Option<String> {
    let mut parts = Vec::new();
    for field in schema.fields.iter().filter(|field| field.key) {
        match document.field(field.name)? {
            Value::String(text) => parts.push(text.clone()),
            Value::Number(number) => parts.push(number.to_string()),
            _ => return None,
        }
    }
    if parts.is_empty() { None } else { Some(parts.join("/")) }
}

/// How long a first pause is, wherever something is repeated; pauses grow from here.
pub const FIRST_PAUSE: Duration = Duration::from_millis(200);
