//! What a kind of resource can do: written once in the kind's own file.

use std::future::Future;
use std::time::Duration;

use super::fault::{Fault, FaultKind};
use super::found::{Ask, Found};
use crate::check::{Passage, Rule};
use crate::model::{Address, Replacement, Resource, Tags, UnixTime, keys};

/// How a kind of resource is read, made, changed and deleted.
///
/// Every method may be repeated: it is called again after a failure that may pass, and a killed program
/// starts over. None of them waits for a slow resource: reading it again shows its [`State`](super::State).
pub trait Behaviour: Resource {
    /// The clients that the calls go through.
    type Cloud: Send + Sync + 'static;

    /// How long things take, and how long is too long.
    const WAITS: Waits = Waits::QUICK;

    /// True where tags are read from the index of all tags, if it is there.
    const INDEXED: bool = false;

    /// True where a list tells what was a while ago, as the index does: a difference is looked at again before it is
    /// shown.
    const LATE: bool = Self::INDEXED;

    /// The permissions that its calls need: `ec2:CreateVpc`.
    const ACTIONS: &'static [&'static str];

    /// True where it holds what cannot be made again: it is never replaced because it failed, unless that is asked for.
    const HOLDS_DATA: bool = false;

    /// Fields that decide what happens to data on deletion, each with the value, as JSON, that keeps it. On deletion they
    /// are what the code says, or what the ledger remembers that it said; never what a tag says.
    const KEEPS: &'static [(&'static str, &'static str)] = &[];

    /// True where a second one of the same natural name can be made under another name, beside the first.
    const SECOND_NAME: bool = false;

    /// True where one whose replacement is asked for is written over in its place, by [`Behaviour::write_over`]: two cannot
    /// stand side by side, and between deleting it and making it again there would be none.
    const WRITES_OVER: bool = false;

    /// The kinds that keep the cloud from deleting it as long as they refer to it: it cannot go before its successor comes
    /// while one of them stays.
    const HELD_BY: &'static [&'static str] = &[];

    /// The field that says where a value comes from which [`Behaviour::rotate`] makes anew; `None` where there is none.
    const ROTATES: Option<&'static str> = None;

    /// Outputs that are others after a rotation: what refers to them follows it, when the new value can be used.
    const RENEWS: &'static [&'static str] = &[];

    /// Fields that refer to something whose value this kind sends on, by themselves or in one of their parts: when that is rotated, this changes with it, and
    /// says which value is the one to use from then on.
    const SENDS: &'static [&'static str] = &[];

    /// What the cloud would refuse.
    fn rules() -> &'static [Rule<Self>] {
        &[]
    }

    /// Which changes of a living one the cloud refuses, or makes by a new one only, beyond what fields say.
    fn passages() -> &'static [Passage<Self>] {
        &[]
    }

    /// Which comes first if this change needs a new resource.
    fn replacement(_live: &Self, _wanted: &Self) -> Replacement {
        Self::SCHEMA.replacement
    }

    /// Who else has given a field the value that it has, if anybody may and has: the difference is then shown with its
    /// owner and left alone. For owners that explain certain values only; `#[external]` is for those that explain any.
    fn moved_by(_field: &str, _live: &Found<Self>, _wanted: &Self) -> Option<&'static str> {
        None
    }

    /// Whether what the code changes is changed even where somebody else has moved it. Without it, what was moved before
    /// the code changed would be taken for a difference only when the next plan no longer knows who moved it.
    const CODE_GOES_FIRST: bool = false;

    /// True when what is wanted has had its time: it is not made any more, and as it stands it is right. For what
    /// happens once and is gone then.
    fn is_over(_wanted: &Self, _now: UnixTime) -> bool {
        false
    }

    /// Why a living one cannot be rotated now, if it cannot. Only asked where [`Behaviour::ROTATES`] is said.
    fn cannot_rotate(_live: &Found<Self>) -> Option<String> {
        None
    }

    /// Everything that is asked for, by as few calls as there can be.
    fn read(cloud: &Self::Cloud, ask: &Ask) -> impl Future<Output = Result<Vec<Found<Self>>, Fault>> + Send;

    /// Makes one by the one call that makes it, its tags in that call, and gives its identifier. What needs calls of
    /// its own is left to [`Behaviour::update`], which follows when the new resource reads back otherwise than wanted:
    /// so a create that fails has made nothing, or its answer was lost.
    fn create(cloud: &Self::Cloud, order: &Order<Self>) -> impl Future<Output = Result<String, Fault>> + Send;

    /// Changes a living one to what is wanted; tags are not its business.
    fn update(
        cloud: &Self::Cloud,
        found: &Found<Self>,
        wanted: &Self,
    ) -> impl Future<Output = Result<(), Fault>> + Send;

    /// Writes all of it again, also when it reads as it is wanted. Only called where [`Behaviour::WRITES_OVER`] says so.
    fn write_over(
        cloud: &Self::Cloud,
        found: &Found<Self>,
        wanted: &Self,
    ) -> impl Future<Output = Result<(), Fault>> + Send {
        Self::update(cloud, found, wanted)
    }

    /// Sets and removes tags. A kind without tags answers `Ok(())`.
    fn retag(cloud: &Self::Cloud, found: &Found<Self>, retag: &Retag)
    -> impl Future<Output = Result<(), Fault>> + Send;

    /// Whether the difference that a field of [`Behaviour::SENDS`] has is only that a former value is still accepted: it
    /// is not ended before everybody who refers to the new one has been given it. See [`Behaviour::RENEWS`].
    fn ends_former(_field: &str, _live: &Found<Self>) -> bool {
        false
    }

    /// Makes the value anew that [`Behaviour::ROTATES`] speaks of. Repeated with the same token, it makes nothing more.
    fn rotate(
        _cloud: &Self::Cloud,
        found: &Found<Self>,
        _rotation: &Rotation,
    ) -> impl Future<Output = Result<(), Fault>> + Send {
        let message = format!("{} has no value that could be made anew", found.id);
        std::future::ready(Err(Fault::new(FaultKind::Refused, Self::SCHEMA.kind, message)))
    }

    /// True for one that cannot be deleted and goes by itself after a while: nobody waits for it.
    fn goes_by_itself(_found: &Found<Self>) -> bool {
        false
    }

    /// Deletes it. That it is gone already is success.
    fn delete(cloud: &Self::Cloud, found: &Found<Self>) -> impl Future<Output = Result<(), Fault>> + Send;
}

/// A resource that is to be made.
#[derive(Clone, Debug)]
pub struct Order<R> {
    /// Its address, for messages.
    pub address: Address,
    /// What it is to be, all references known.
    pub definition: R,
    /// The tags that it is to bear from its first moment.
    pub tags: Tags,
    /// The same for every repetition of this create, and for no other: the API's idempotency token. 32 characters.
    pub token: String,
}

impl<R> Order<R> {
    /// True when a resource with these tags was made by this order, in an earlier try: the same owner, the same address.
    pub fn made(&self, tags: &Tags) -> bool {
        self.is_of_its_address(tags) && !tags.contains_key(keys::RETIRED)
    }

    /// True when a resource with these tags is the one whose place this order takes.
    pub fn succeeds(&self, tags: &Tags) -> bool {
        self.is_of_its_address(tags) && tags.contains_key(keys::RETIRED)
    }

    fn is_of_its_address(&self, tags: &Tags) -> bool {
        [keys::OWNER, keys::ADDRESS].iter().all(|key| tags.contains_key(*key) && tags.get(*key) == self.tags.get(*key))
    }
}

/// A value that is to be made anew.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rotation {
    /// The same for every repetition of this rotation, and for no other. 32 characters.
    pub token: String,
    /// Who is to use the new value.
    pub hand_over: HandOver,
}

/// From when on a new value is the one to use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HandOver {
    /// At once.
    AtOnce,
    /// When what sends it on says so: it is accepted then. See [`Behaviour::SENDS`].
    WhenSent,
}

/// Tags that are to be set, and keys that are to go.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Retag {
    /// Set to these values.
    pub set: Tags,
    /// Removed.
    pub remove: Vec<String>,
}

/// How long things take with a kind, and how long is too long.
#[derive(Clone, Copy, Debug)]
pub struct Waits {
    /// What making one usually takes: the longest path goes first.
    pub usual: Duration,
    /// Until a new one is ready, all repetitions included.
    pub create: Duration,
    /// Until a change has come to rest.
    pub update: Duration,
    /// Until a deleted one is gone.
    pub delete: Duration,
}

impl Waits {
    /// Seconds at most, minutes if the cloud has a bad day.
    pub const QUICK: Waits = Waits {
        usual: Duration::from_secs(1),
        create: Duration::from_secs(5 * 60),
        update: Duration::from_secs(5 * 60),
        delete: Duration::from_secs(15 * 60),
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_retired_was_not_made_by_the_order_that_takes_its_place() {
        let of = |pairs: &[(&str, &str)]| -> Tags {
            pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
        };
        let tags = of(&[(keys::OWNER, "shop/test"), (keys::ADDRESS, "cost.monitor")]);
        let address = Address::new("cost", "monitor").unwrap();
        let order = Order { address, definition: (), tags: tags.clone(), token: String::new() };
        assert!(order.made(&tags) && !order.succeeds(&tags));
        let mut retired = tags;
        retired.insert(keys::RETIRED.to_owned(), "true".to_owned());
        assert!(!order.made(&retired) && order.succeeds(&retired));
        let others = of(&[(keys::OWNER, "shop/prod"), (keys::ADDRESS, "cost.monitor")]);
        assert!(!order.made(&others) && !order.succeeds(&others));
        assert!(!order.made(&Tags::new()));
    }
}
