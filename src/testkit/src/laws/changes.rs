//! From nothing through every change back to nothing: what is planned is done, and then nothing is left to plan.

use std::collections::{BTreeMap, BTreeSet};

use infra_engine::event::Event;
use infra_engine::live::{Live, natural_key};
use infra_engine::model::{Address, Definition, Document, Mutability, Ownership, Schema, Shape};
use infra_engine::plan::{Action, Cause, Change, Plan, Reason, Verb};

use super::ground::Ground;
use super::sample::{Sample, Variant};

/// Create → empty → it reads as it was written → every field changed once in the code and back → destroy → nothing.
///
/// What changes in place keeps its identifier, what is replaced has another one; every plan says what apply then does.
pub async fn life(ground: &Ground, sample: &Sample) {
    let law = "life";
    let created = ground.apply(law, &sample.definitions).await;
    // What the whole account shares may be there already.
    let ours = sample.definitions.iter().filter(|definition| definition.schema.ownership != Ownership::Shared);
    let ours: BTreeSet<Address> = ours.map(|definition| definition.address.clone()).collect();
    let made = no_surprises(ground, law);
    assert!(
        made.is_superset(&ours) && made.len() == created.outcome.added,
        "{law}: everything is made, once: {made:#?}"
    );
    let mut lives = ground.settled(law, &sample.definitions).await;
    reads_as_written(&ground.session.registry, &lives, sample);
    for variant in &sample.variants {
        lives = change(ground, sample, variant, lives).await;
    }
    ground.clear(law, &sample.definitions).await;
}

/// Every definition gets another address: tags change, and nothing else.
pub async fn renames(ground: &Ground, sample: &Sample) {
    let law = "renames";
    ground.apply(law, &sample.definitions).await;
    let before = ids(&ground.lives_of(law, &sample.definitions).await);
    let renamed = elsewhere(&sample.definitions);
    let plan = ground.plan(law, &renamed).await;
    for change in &plan.changes {
        let Change { address, action, fields, .. } = change;
        assert_eq!((*action, fields.as_slice()), (Action::Update, [].as_slice()), "{law}: {address} only moves");
        assert!(change.reasons.iter().any(|reason| matches!(reason, Reason::RenamedFrom(_))), "{law}: {change:#?}");
    }
    ground.apply(law, &renamed).await;
    let after = ids(&ground.settled(law, &renamed).await);
    assert_eq!(after, before, "{law}: everything is still there, and nothing else");
    ground.clear(law, &renamed).await;
}

/// Something changes in the code, and back. Takes what is live before, and gives what is live afterwards.
async fn change(ground: &Ground, sample: &Sample, variant: &Variant, lives: Vec<Live>) -> Vec<Live> {
    let law = format!("{} changes in the code", variant.name());
    let changed = sample.changed(variant);
    let plan = ground.plan(&law, &changed).await;
    if variant.is_unseen() {
        assert!(plan.is_empty(), "{law}: nobody sees that: {:#?}", plan.changes);
        return lives;
    }
    let before = of(&lives, &sample.definitions, &variant.address);
    says_so(&law, &plan, sample, variant);
    ground.session.heard();
    let applied = ground.apply(&law, &changed).await;
    assert_eq!(applied.plan.fingerprint, plan.fingerprint, "{law}: the plan is the truth");
    let made = no_surprises(ground, &law).contains(&variant.address);
    assert_eq!(made, variant.replaces(), "{law}: is another one made?");
    let changed_lives = ground.settled(&law, &changed).await;
    let after = of(&changed_lives, &changed, &variant.address);
    // What is known by its name alone keeps it, even when it is another one, unless that stands beside it for a while.
    let beside = ground.session.registry.kind(before.kind).is_some_and(|kind| kind.has_second_name());
    let named = before.key.as_ref() == Some(&before.id) && after.key == before.key && !beside;
    assert_eq!(before.id != after.id, made && !named, "{law}: from {:?} to {:?}", before.id, after.id);
    if variant.no_way_back.is_some() {
        ground.clear(&law, &changed).await;
    }
    ground.apply(&law, &sample.definitions).await;
    ground.settled(&format!("{law}, and back"), &sample.definitions).await
}

/// The plan has the change, from the code, and nobody else is blamed for it.
fn says_so(law: &str, plan: &Plan, sample: &Sample, variant: &Variant) {
    let mut changes = plan.changes.iter().filter(|change| change.address == variant.address);
    let change = changes.next().unwrap_or_else(|| panic!("{law}: the plan does not see it: {plan:#?}"));
    // A child is found by its name, so under another name it is another one, and the first goes.
    if is_child(sample, variant) && variant.values.iter().any(|(field, _)| field.key) {
        let actions = [change.action, changes.next().map_or(Action::Update, |other| other.action)];
        assert!(actions.contains(&Action::Create) && actions.contains(&Action::Delete), "{law}: {plan:#?}");
        return;
    }
    assert_eq!(matches!(change.action, Action::Replace(_)), variant.replaces(), "{law}: {change:#?}");
    assert!(change.reasons.contains(&Reason::ChangedInCode), "{law}: the code did it: {change:#?}");
    for other in &plan.changes {
        assert!(!other.has_drift(), "{law}: nothing has drifted: {other:#?}");
    }
    for field in &change.fields {
        let expected = variant.values.iter().any(|(changed, _)| field.path.root() == changed.name);
        assert!(expected || matches!(field.cause, Cause::Follows(_)), "{law}: another field changes: {field:#?}");
    }
}

fn is_child(sample: &Sample, variant: &Variant) -> bool {
    matches!(sample.definition(&variant.address).schema.ownership, Ownership::Parent { .. })
}

/// `read(create(x)) == x`, as far as it can be read.
fn reads_as_written(registry: &infra_engine::live::Registry, lives: &[Live], sample: &Sample) {
    for definition in &sample.definitions {
        let Definition { address, schema, document, renamed_from: _, protected: _ } = definition;
        let live = of(lives, &sample.definitions, address);
        let kind = registry.kind(schema.kind).expect("a sample is of kinds that the registry knows");
        let wanted = kind.canonical(&resolved(document, lives, &sample.definitions));
        for field in schema.fields.iter().filter(|field| field.shape != Shape::Secret) {
            let (read, written) = (live.document.field(field.name), wanted.field(field.name));
            let readable = field.mutability != Mutability::Initial;
            assert!(!readable || read == written, "{address}.{}: {written:?} reads as {read:?}", field.name);
        }
    }
}

/// Every resource reads back as it was wanted, at once. Gives those that were made.
fn no_surprises(ground: &Ground, law: &str) -> BTreeSet<Address> {
    let mut made = BTreeSet::new();
    for event in ground.session.heard() {
        assert!(!matches!(event, Event::StepUnsettled { .. } | Event::StepFailed { .. }), "{law}: {event:#?}");
        if let Event::StepFinished { address, verb: Verb::Create, .. } = event {
            assert!(made.insert(address.clone()), "{law}: {address} is made twice");
        }
    }
    made
}

/// The definitions, each under another address, and their references with them.
fn elsewhere(definitions: &[Definition]) -> Vec<Definition> {
    let moved = |address: &Address| {
        Address::new(address.stack(), format!("{}-moved", address.name())).expect("an address and a word more is one")
    };
    let mut renamed = Vec::new();
    for definition in definitions {
        let Definition { address, schema, document, renamed_from: _, protected } = definition;
        let mut value = document.value().clone();
        point_elsewhere(&mut value, &moved);
        renamed.push(Definition {
            address: moved(address),
            schema: *schema as &'static Schema,
            document: Document::from_value(value),
            renamed_from: vec![address.clone()],
            protected: *protected,
        });
    }
    renamed
}

fn point_elsewhere(value: &mut serde_json::Value, moved: &dyn Fn(&Address) -> Address) {
    use serde_json::Value;
    match value {
        Value::Object(map) => {
            if let Some(Value::String(address)) = map.get_mut("$ref") {
                *address = moved(&address.parse().expect("a reference names an address")).to_string();
                return;
            }
            map.values_mut().for_each(|inner| point_elsewhere(inner, moved));
        }
        Value::Array(items) => items.iter_mut().for_each(|inner| point_elsewhere(inner, moved)),
        _ => {}
    }
}

fn ids(lives: &[Live]) -> BTreeMap<(&'static str, String), ()> {
    lives.iter().map(|live| ((live.kind, live.id.clone()), ())).collect()
}

/// A definition's document, with what its references mean.
pub(super) fn resolved(document: &Document, lives: &[Live], definitions: &[Definition]) -> Document {
    document
        .resolve(&|reference| Some(of(lives, definitions, &reference.address).output(&reference.output)?.to_owned()))
}

/// The live resource of a definition: by its tags, else by its natural name, else by its parent.
pub(super) fn of<'a>(lives: &'a [Live], definitions: &[Definition], address: &Address) -> &'a Live {
    let definition = definitions.iter().find(|definition| definition.address == *address);
    let Definition { schema, document, .. } = definition.unwrap_or_else(|| panic!("the sample has no {address}"));
    let mut alike = lives.iter().filter(|live| live.kind == schema.kind);
    let live = match schema.ownership {
        Ownership::Tags => alike.find(|live| live.address().as_ref() == Some(address)),
        Ownership::Shared => {
            let key = natural_key(schema, document);
            alike.find(|live| live.key == key)
        }
        Ownership::Parent { field, .. } => {
            let wanted = resolved(document, lives, definitions);
            let key = natural_key(schema, &wanted);
            let belongs = |live: &&Live| live.document.field(field) == wanted.field(field);
            alike.find(|live| belongs(live) && (key.is_none() || live.key == key))
        }
    };
    live.unwrap_or_else(|| panic!("{address} is not live: {lives:#?}"))
}
