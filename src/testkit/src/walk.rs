//! The walk of one resource of one kind: made, read, changed outside, mended, deleted, and each of it once more.
//!
//! It knows nothing of plans: each step is one call of the kind's own. What all kinds have in common is shown by the laws.

use std::fmt::Debug;
use std::time::Duration;

use infra_engine::live::{Ask, Behaviour, FaultKind, Found, Order, Retag, State};
use infra_engine::model::{Address, Owner, Tags, keys};

const CALL: &str = "the kind's own call does what it says";
const ADDRESS: &str = "two words make an address";

/// A resource that has been made, on its walk.
pub struct Walk<'a, R: Behaviour> {
    cloud: &'a R::Cloud,
    owner: Owner,
    order: Order<R>,
    /// The cloud's identifier.
    pub id: String,
}

impl<'a, R: Behaviour + PartialEq + Debug> Walk<'a, R> {
    /// Makes one: reading by owner then finds it, with the tags that it was ordered with, and gives what was ordered.
    pub async fn begin(cloud: &'a R::Cloud, project: &str, definition: R) -> Walk<'a, R> {
        let owner = Owner { project: project.to_owned(), environment: "test".into() };
        let address = Address::new("walk", "one").expect(ADDRESS);
        let tags = Tags::from([
            (keys::OWNER.to_owned(), owner.to_string()),
            (keys::ADDRESS.to_owned(), address.to_string()),
            ("Name".to_owned(), project.to_owned()),
        ]);
        let token = format!("{:0<32}", project.replace('-', ""))[..32].to_owned();
        let order = Order { address, definition, tags, token };
        let id = R::create(cloud, &order).await.expect(CALL);
        let walk = Walk { cloud, owner, order, id };

        let live = walk.settled().await;
        if live.definition != walk.order.definition {
            // What needs calls of its own follows the creating call, as the engine does it.
            walk.bring(&live, &walk.order.definition).await;
        }
        if live.tags.contains_key(keys::UNFINISHED) {
            R::finish(cloud, &live).await.expect(CALL);
            let retag = Retag { set: Tags::new(), remove: vec![keys::UNFINISHED.to_owned()] };
            R::retag(cloud, &live, &retag).await.expect(CALL);
        }
        assert_eq!(walk.settled().await.definition, walk.order.definition, "reading gives what was ordered");
        let ours = R::read(cloud, &Ask { owner: Some(walk.owner.clone()), ..Ask::default() }).await.expect(CALL);
        let [one] = &ours[..] else { panic!("the owner has one: {ours:?}") };
        assert_eq!((&one.id, &one.definition, &one.tags), (&walk.id, &walk.order.definition, &walk.order.tags));
        walk
    }

    /// Ordered once more, as after a lost answer, it stays the one that it is. For kinds with a unique name or a token.
    pub async fn order_again(&self) {
        assert_eq!(R::create(self.cloud, &self.order).await.expect(CALL), self.id);
        assert_eq!(self.settled().await.definition, self.order.definition);
    }

    /// One of the same name at another address is refused, and nothing changes. For kinds with a unique name.
    pub async fn order_by_another(&self) {
        let address = Address::new("walk", "another").expect(ADDRESS);
        let mut another = Order { address: address.clone(), ..self.order.clone() };
        another.tags.insert(keys::ADDRESS.to_owned(), address.to_string());
        let fault = R::create(self.cloud, &another).await.expect_err("its name is taken");
        assert_eq!(fault.kind, FaultKind::Exists, "{fault}");
        assert_eq!(self.settled().await.tags, self.order.tags);
    }

    /// What was changed outside is seen, and mended.
    pub async fn mend(&self) {
        let changed = self.settled().await;
        assert_ne!(changed.definition, self.order.definition, "reading shows what was changed outside");
        self.bring(&changed, &self.order.definition).await;
    }

    /// It becomes something else, in place.
    pub async fn turn_into(&self, wanted: R) {
        let live = self.settled().await;
        assert_ne!(live.definition, wanted, "there is something to change");
        self.bring(&live, &wanted).await;
    }

    /// Its tags change; then it is deleted, and it is gone, and deleting it once more changes nothing.
    pub async fn end(self) {
        let live = self.settled().await;
        let set = Tags::from([("Name".to_owned(), "another".to_owned()), (keys::PROTECT.to_owned(), String::new())]);
        R::retag(self.cloud, &live, &Retag { set: set.clone(), remove: vec![keys::SPEC.to_owned()] })
            .await
            .expect(CALL);
        let mut tags = self.order.tags.clone();
        tags.extend(set);
        assert_eq!(self.settled().await.tags, tags);
        R::retag(self.cloud, &live, &Retag { set: Tags::new(), remove: vec![keys::PROTECT.to_owned()] })
            .await
            .expect(CALL);
        tags.remove(keys::PROTECT);
        assert_eq!(self.settled().await.tags, tags);

        R::delete(self.cloud, &live).await.expect(CALL);
        self.wait("it is gone", |live| live.is_none_or(|live| live.state == State::Leaving)).await;
        R::delete(self.cloud, &live).await.expect(CALL);
        let left = R::read(self.cloud, &Ask { owner: Some(self.owner), ..Ask::default() }).await.expect(CALL);
        assert!(left.iter().all(|live| live.state == State::Leaving), "nothing is left: {left:?}");
    }

    /// The live one, when it has come to rest.
    pub async fn settled(&self) -> Found<R> {
        let ready = |live: Option<&Found<R>>| live.is_some_and(|live| live.state == State::Ready);
        self.wait("it is ready", ready).await.expect("it is there when it is ready")
    }

    async fn bring(&self, live: &Found<R>, wanted: &R) {
        R::update(self.cloud, live, wanted).await.expect(CALL);
        assert_eq!(self.settled().await.definition, *wanted);
    }

    async fn wait(&self, until: &str, there: impl Fn(Option<&Found<R>>) -> bool) -> Option<Found<R>> {
        for _ in 0..300 {
            let mut live = R::read(self.cloud, &Ask::only([self.id.clone()])).await.expect(CALL);
            assert!(live.len() <= 1, "an identifier means one: {live:?}");
            let live = live.pop();
            if there(live.as_ref()) {
                return live;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        panic!("{} waited for 30 seconds until {until}", self.id)
    }
}
