//! A vault holds a value that can be made anew; a door is opened by it. The value itself is nowhere: only which version
//! of it is current, which one is to come, and which ones a door knows. All of that is noted in tags.

use infra_derive::Resource;
use infra_engine::live::{Ask, Behaviour, Fault, FaultKind, Found, HandOver, Order, Retag, Rotation};
use infra_engine::model::{Ref, Resource as _, Tags};
use serde::{Deserialize, Serialize};

use crate::cloud::{ModelCloud, Nature};

/// The version that whoever asks is given.
pub const CURRENT: &str = "model:current";

/// The version of a rotation that has not ended.
pub const NEXT: &str = "model:next";

/// The versions that a door is opened by, the older one first.
pub const KNOWS: &str = "model:knows";

/// There on a door that has known two versions for long enough.
pub const RIPE: &str = "model:ripe";

/// What is told of such a door ends with this.
const OVERDUE: &str = "(still opens by the version before)";

/// What holds a value.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Resource)]
#[resource(kind = "model/vault", id = VaultId)]
#[resource(outputs(
    /// The newest version of its value.
    VERSION: new VaultVersion,
))]
pub struct Vault {
    /// Its name.
    #[key]
    pub name: String,
    /// How long its value is.
    #[initial]
    pub length: u32,
    /// What is written on it.
    pub label: String,
}

/// What is given a vault's value once, when it is made. It walks through a door.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Resource)]
#[resource(kind = "model/guest", id = GuestId, replacement = "create_first")]
pub struct Guest {
    /// Its name.
    pub name: String,
    /// The version of the value that it was given.
    #[replace]
    pub version: Ref<VaultVersion>,
    /// The door that it walks through.
    pub door: Ref<DoorId>,
}

/// What is opened by a value.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Resource)]
#[resource(kind = "model/door", id = DoorId)]
pub struct Door {
    /// Its name.
    #[key]
    pub name: String,
    /// The vault that holds its value.
    pub vault: Ref<VaultId>,
}

const NATURE: Nature = Nature { name: Some("name"), ..Nature::PLAIN };

impl Behaviour for Vault {
    type Cloud = ModelCloud;

    const ACTIONS: &'static [&'static str] = &["model:Vault"];

    const ROTATES: Option<&'static str> = Some("length");

    const RENEWS: &'static [&'static str] = &[Vault::VERSION.name];

    fn cannot_rotate(found: &Found<Vault>) -> Option<String> {
        found.tags.contains_key(NEXT).then(|| "its last rotation has not ended".to_owned())
    }

    async fn read(cloud: &ModelCloud, ask: &Ask) -> Result<Vec<Found<Vault>>, Fault> {
        let vaults: Vec<Found<Vault>> = cloud.list(ask).await?;
        let told = vaults.into_iter().map(|vault| {
            let version = newest(&vault).clone();
            vault.with(Vault::VERSION.name, version)
        });
        Ok(told.collect())
    }

    async fn create(cloud: &ModelCloud, order: &Order<Vault>) -> Result<String, Fault> {
        cloud.make(&noting(order, CURRENT, order.token.clone()), NATURE).await
    }

    async fn update(cloud: &ModelCloud, found: &Found<Vault>, wanted: &Vault) -> Result<(), Fault> {
        cloud.change(&found.id, wanted, &["label"]).await
    }

    async fn retag(cloud: &ModelCloud, found: &Found<Vault>, retag: &Retag) -> Result<(), Fault> {
        cloud.tag(Vault::SCHEMA.kind, &found.id, retag).await
    }

    async fn rotate(cloud: &ModelCloud, found: &Found<Vault>, rotation: &Rotation) -> Result<(), Fault> {
        let Rotation { token, hand_over } = rotation;
        let note = if *hand_over == HandOver::AtOnce { CURRENT } else { NEXT };
        let set = Tags::from([(note.to_owned(), token.clone())]);
        cloud.tag(Vault::SCHEMA.kind, &found.id, &Retag { set, remove: Vec::new() }).await
    }

    async fn delete(cloud: &ModelCloud, found: &Found<Vault>) -> Result<(), Fault> {
        cloud.remove(Vault::SCHEMA.kind, &found.id).await
    }
}

impl Behaviour for Door {
    type Cloud = ModelCloud;

    const ACTIONS: &'static [&'static str] = &["model:Door"];

    const SENDS: &'static [&'static str] = &["vault"];

    fn ends_former(_: &str, live: &Found<Door>) -> bool {
        live.definition.vault.value().ends_with(OVERDUE)
    }

    /// A door that does not know its vault's newest version, or has not said that it does, is not as wanted.
    async fn read(cloud: &ModelCloud, ask: &Ask) -> Result<Vec<Found<Door>>, Fault> {
        let mut doors: Vec<Found<Door>> = cloud.list(ask).await?;
        for door in &mut doors {
            let id = door.definition.vault.value();
            let Some(vault) = vault(cloud, &id).await? else { continue };
            let does = match next_act(&vault, door) {
                Act::Nothing => continue,
                Act::Learn => "does not know its newest version",
                Act::HandOver => "knows its newest version, which is not handed over",
                Act::Forget => "still opens by the version before",
            };
            door.definition.vault = Ref::known(format!("{id} ({does})"));
        }
        Ok(doors)
    }

    async fn create(cloud: &ModelCloud, order: &Order<Door>) -> Result<String, Fault> {
        let id = order.definition.vault.value();
        let Some(vault) = vault(cloud, &id).await? else {
            return Err(Fault::new(FaultKind::Refused, "model:Create(model/door)", format!("there is no {id}")));
        };
        cloud.make(&noting(order, KNOWS, vault.tags[CURRENT].clone()), NATURE).await
    }

    /// One act a call, as it is needed next.
    async fn update(cloud: &ModelCloud, found: &Found<Door>, wanted: &Door) -> Result<(), Fault> {
        let Some(vault) = vault(cloud, &wanted.vault.value()).await? else { return Ok(()) };
        let newest = newest(&vault).clone();
        match next_act(&vault, found) {
            Act::Nothing => Ok(()),
            Act::Learn => {
                let known = found.tags.get(KNOWS).and_then(|known| known.split(' ').next_back()).unwrap_or_default();
                let set = Tags::from([(KNOWS.to_owned(), format!("{known} {newest}"))]);
                cloud.tag(Door::SCHEMA.kind, &found.id, &Retag { set, remove: Vec::new() }).await
            }
            Act::Forget => {
                let set = Tags::from([(KNOWS.to_owned(), newest)]);
                cloud.tag(Door::SCHEMA.kind, &found.id, &Retag { set, remove: vec![RIPE.to_owned()] }).await
            }
            Act::HandOver => {
                let set = Tags::from([(CURRENT.to_owned(), newest)]);
                cloud.tag(Vault::SCHEMA.kind, &vault.id, &Retag { set, remove: vec![NEXT.to_owned()] }).await
            }
        }
    }

    async fn retag(cloud: &ModelCloud, found: &Found<Door>, retag: &Retag) -> Result<(), Fault> {
        cloud.tag(Door::SCHEMA.kind, &found.id, retag).await
    }

    async fn delete(cloud: &ModelCloud, found: &Found<Door>) -> Result<(), Fault> {
        cloud.remove(Door::SCHEMA.kind, &found.id).await
    }
}

impl Behaviour for Guest {
    type Cloud = ModelCloud;

    const ACTIONS: &'static [&'static str] = &["model:Guest"];

    async fn read(cloud: &ModelCloud, ask: &Ask) -> Result<Vec<Found<Guest>>, Fault> {
        cloud.list(ask).await
    }

    async fn create(cloud: &ModelCloud, order: &Order<Guest>) -> Result<String, Fault> {
        cloud.make(order, Nature::PLAIN).await
    }

    async fn update(cloud: &ModelCloud, found: &Found<Guest>, wanted: &Guest) -> Result<(), Fault> {
        cloud.change(&found.id, wanted, &["name", "door"]).await
    }

    async fn retag(cloud: &ModelCloud, found: &Found<Guest>, retag: &Retag) -> Result<(), Fault> {
        cloud.tag(Guest::SCHEMA.kind, &found.id, retag).await
    }

    async fn delete(cloud: &ModelCloud, found: &Found<Guest>) -> Result<(), Fault> {
        cloud.remove(Guest::SCHEMA.kind, &found.id).await
    }
}

/// What a door needs next.
enum Act {
    Nothing,
    Learn,
    HandOver,
    Forget,
}

fn next_act(vault: &Found<Vault>, door: &Found<Door>) -> Act {
    let knows = door.tags.get(KNOWS).is_some_and(|known| known.split(' ').any(|version| version == newest(vault)));
    match (knows, vault.tags.contains_key(NEXT)) {
        (false, _) => Act::Learn,
        (true, true) => Act::HandOver,
        (true, false) if door.tags.contains_key(RIPE) => Act::Forget,
        (true, false) => Act::Nothing,
    }
}

fn newest(vault: &Found<Vault>) -> &String {
    vault.tags.get(NEXT).unwrap_or_else(|| &vault.tags[CURRENT])
}

async fn vault(cloud: &ModelCloud, id: &str) -> Result<Option<Found<Vault>>, Fault> {
    Ok(cloud.list(&Ask::only([id.to_owned()])).await?.pop())
}

fn noting<R: Clone>(order: &Order<R>, key: &str, value: String) -> Order<R> {
    let mut order = order.clone();
    order.tags.insert(key.to_owned(), value);
    order
}
