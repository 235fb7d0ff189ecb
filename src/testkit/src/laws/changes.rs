//! From nothing through every change back to nothing: what is planned is done, and then nothing is left to plan.

use std::collections::BTreeMap;

use infra_engine::event::Event;
use infra_engine::live::{Live, natural_key};
use infra_engine::model::{Address, Definition, Document, Mutability, Ownership, Schema, Shape};
use infra_engine::plan::{Action, Cause, Change, Plan, Reason};

use super::ground::Ground;
use super::sample::{Sample, Variant};

/// Create → empty → it reads as it was written → every field changed once in the code and back → destroy → nothing.
///
/// What changes in place keeps its identifier, what is replaced has another one; every plan says what apply then does.
pub async fn life(ground: &Ground, sample: &Sample) {
    let law = "life";
    assert_eq!(sample.unvaried(), Vec::<String>::new(), "{law}: the sample changes every field once");
    let created = ground.apply(law, &sample.definitions).await;
    let shared = |definition: &&Definition| definition.schema.ownership == Ownership::Shared;
    // What the whole account shares may have been there before.
    let there = sample.definitions.iter().filter(shared).count();
    let (added, all) = (created.outcome.added, sample.definitions.len());
    assert!((all - there..=all).contains(&added), "{law}: everything is made, once: {added} of {all}");
    no_surprises(ground, law);
    ground.settled(law, &sample.definitions).await;
    reads_as_written(&ground.session.registry, &ground.lives_of(law, &sample.definitions).await, sample);
    for variant in &sample.variants {
        change(ground, sample, variant).await;
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
    ground.settled(law, &renamed).await;
    assert_eq!(
        ids(&ground.lives_of(law, &renamed).await),
        before,
        "{law}: everything is still there, and nothing else"
    );
    ground.clear(law, &renamed).await;
}

/// One field changes in the code, and back.
async fn change(ground: &Ground, sample: &Sample, variant: &Variant) {
    let Variant { address, field, value: _ } = variant;
    let law = format!("{address}.{} changes in the code", field.name);
    let before = id(ground, &law, &sample.definitions, address).await;
    let changed = sample.changed(variant);
    let plan = ground.plan(&law, &changed).await;
    if variant.is_unseen() {
        assert!(plan.is_empty(), "{law}: nobody sees that: {:#?}", plan.changes);
        return;
    }
    let replaces = field.mutability == Mutability::Replace;
    says_so(&law, &plan, sample, variant);
    let applied = ground.apply(&law, &changed).await;
    assert_eq!(applied.plan.fingerprint, plan.fingerprint, "{law}: the plan is the truth");
    no_surprises(ground, &law);
    ground.settled(&law, &changed).await;
    let after = id(ground, &law, &changed, address).await;
    assert_eq!(before != after, replaces, "{law}: from {before:?} to {after:?}");
    ground.apply(&law, &sample.definitions).await;
    ground.settled(&format!("{law}, and back"), &sample.definitions).await;
}

/// The plan has the change, from the code, and nobody else is blamed for it.
fn says_so(law: &str, plan: &Plan, sample: &Sample, variant: &Variant) {
    let mut changes = plan.changes.iter().filter(|change| change.address == variant.address);
    let change = changes.next().unwrap_or_else(|| panic!("{law}: the plan does not see it: {plan:#?}"));
    // A child is found by its name, so under another name it is another one, and the first goes.
    if is_child(sample, variant) && variant.field.key {
        let actions = [change.action, changes.next().map_or(Action::Update, |other| other.action)];
        assert!(actions.contains(&Action::Create) && actions.contains(&Action::Delete), "{law}: {plan:#?}");
        return;
    }
    let replaces = variant.field.mutability == Mutability::Replace;
    assert_eq!(matches!(change.action, Action::Replace(_)), replaces, "{law}: {change:#?}");
    assert!(change.reasons.contains(&Reason::ChangedInCode), "{law}: the code did it: {change:#?}");
    for other in &plan.changes {
        assert!(!other.has_drift(), "{law}: nothing has drifted: {other:#?}");
    }
    for field in &change.fields {
        let expected = field.path.root() == variant.field.name;
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

/// Every resource reads back as it was wanted, at once.
fn no_surprises(ground: &Ground, law: &str) {
    for event in ground.session.heard() {
        assert!(!matches!(event, Event::StepUnsettled { .. } | Event::StepFailed { .. }), "{law}: {event:#?}");
    }
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

async fn id(ground: &Ground, law: &str, definitions: &[Definition], address: &Address) -> String {
    of(&ground.lives_of(law, definitions).await, definitions, address).id.clone()
}

/// The live resource of a definition: by its tags, or by its natural name where it has none.
pub(super) fn of<'a>(lives: &'a [Live], definitions: &[Definition], address: &Address) -> &'a Live {
    let definition = definitions.iter().find(|definition| definition.address == *address);
    let Definition { schema, document, .. } = definition.expect("only what is defined is looked for");
    let live = match schema.ownership {
        Ownership::Tags => lives.iter().find(|live| live.address().as_ref() == Some(address)),
        Ownership::Parent { .. } | Ownership::Shared => {
            let key = natural_key(schema, &resolved(document, lives, definitions));
            lives.iter().find(|live| live.kind == schema.kind && live.key == key)
        }
    };
    live.unwrap_or_else(|| panic!("{address} is not live: {lives:#?}"))
}

/// A document with the outputs of what is live in place of its references.
pub(super) fn resolved(document: &Document, lives: &[Live], definitions: &[Definition]) -> Document {
    document
        .resolve(&|reference| Some(of(lives, definitions, &reference.address).output(&reference.output)?.to_owned()))
}
