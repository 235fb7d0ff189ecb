//! What is decided about each definition and each live resource, told in lines and compared whole.

use serde_json::{Value, json};

use super::*;
use crate::live::Awaited;
use crate::plan::{Goal, Verb};
use crate::testing::{SCHEMA, address, definition, reference};

fn owner() -> crate::model::Owner {
    crate::model::Owner { project: "p".into(), environment: "e".into() }
}

fn converge() -> Options {
    Options::converge(owner())
}

/// A live resource that was applied as `applied` under `t.NAME`, and is now as `fields`.
fn live_as(name: &str, applied: Value, fields: Value) -> Live {
    let definition = definition(name, applied);
    let mut tags = wanted_tags(&definition, &definition.document, &converge());
    tags.insert(keys::SPEC.into(), Spec::of(&SCHEMA, &definition.document, &tags).to_string());
    let document = Document::from_value(fields);
    let key = natural_key(&SCHEMA, &document);
    let id = format!("id-{name}");
    Live {
        kind: SCHEMA.kind,
        id,
        key,
        document,
        outputs: BTreeMap::new(),
        tags,
        state: State::Ready,
        others: Vec::new(),
        awaited: Vec::new(),
    }
}

fn live(name: &str, fields: Value) -> Live {
    live_as(name, fields.clone(), fields)
}

fn foreign(name: &str, fields: Value) -> Live {
    Live { tags: Tags::new(), ..live(name, fields) }
}

/// The ledger in which all of these were made by us.
fn made(lives: &[Live]) -> Ledger {
    let mut ledger = Ledger::default();
    crate::plan::confirm(&mut ledger, &Registry::new(), &owner(), lives, "r");
    ledger
}

/// A plan in lines: changes, stops, notes.
fn told(definitions: Vec<Definition>, lives: Vec<Live>, options: &Options) -> Vec<String> {
    let plan = plan(&Graph::build(definitions).unwrap(), &lives, &made(&lives), &Registry::new(), options);
    let mut lines = Vec::new();
    for Change { address, action, reasons, .. } in &plan.changes {
        let reasons: Vec<String> = reasons.iter().map(ToString::to_string).collect();
        lines.push(format!("{address}: {action:?}: {}", reasons.join("; ")));
    }
    for stop in &plan.stops {
        let stop = serde_json::to_value(stop).unwrap();
        lines.push(format!("{}: stop: {}", stop["address"].as_str().unwrap(), stop["stop"].as_str().unwrap()));
    }
    for note in &plan.notes {
        let note = serde_json::to_value(note).unwrap();
        let whose = note.get("address").or(note.get("to")).unwrap();
        lines.push(format!("{}: note: {}", whose.as_str().unwrap(), note["note"].as_str().unwrap()));
    }
    lines
}

fn check(definitions: Vec<Definition>, lives: Vec<Live>, expected: &[&str]) {
    assert_eq!(told(definitions, lives, &converge()), expected);
}

#[test]
fn what_stands_as_it_was_written_is_left_alone() {
    check(vec![definition("a", json!({"name": "a"}))], vec![live("a", json!({"name": "a"}))], &[]);
}

#[test]
fn what_is_not_in_force_yet_is_told_and_is_no_difference() {
    let awaited = Awaited { what: "some parameters wait".into(), command: vec!["restart".into(), "id-a".into()] };
    let live = Live { awaited: vec![awaited], ..live("a", json!({"name": "a"})) };
    check(vec![definition("a", json!({"name": "a"}))], vec![live], &["t.a: note: not_in_force"]);
}

#[test]
fn who_moved_is_told_by_what_was_applied() {
    let wanted = || vec![definition("a", json!({"name": "a", "size": 2}))];
    check(wanted(), vec![], &["t.a: Create: new in the code"]);
    let code = live("a", json!({"name": "a", "size": 1}));
    check(wanted(), vec![code], &["t.a: Update: changed in the code"]);
    let drifted = live_as("a", json!({"name": "a", "size": 2}), json!({"name": "a", "size": 1}));
    check(wanted(), vec![drifted], &["t.a: Update: changed outside (drift)"]);
    let both = live_as("a", json!({"name": "a", "size": 2, "labels": ["x"]}), json!({"name": "a", "size": 1}));
    let wanted = vec![definition("a", json!({"name": "a", "size": 2, "labels": ["y"]}))];
    check(wanted, vec![both], &["t.a: Update: changed outside (drift); changed in the code"]);
}

#[test]
fn a_value_with_another_owner_is_a_note_and_no_change() {
    let wanted = vec![definition("a", json!({"name": "a", "count": 1}))];
    check(wanted, vec![live("a", json!({"name": "a", "count": 5}))], &["t.a: note: owned_elsewhere"]);
}

#[test]
fn what_cannot_change_is_replaced_also_where_there_was_nothing() {
    let lives = || vec![live("p", json!({"name": "p"})), live("a", json!({"name": "a"}))];
    let wanted =
        vec![definition("p", json!({"name": "p"})), definition("a", json!({"name": "a", "parent": reference("p")}))];
    check(wanted, lives(), &["t.a: Replace(DeleteFirst): changed in the code; parent cannot be changed in place"]);
}

#[test]
fn what_refers_to_something_replaced_follows() {
    let lives = vec![live("p", json!({"name": "p"})), live("a", json!({"name": "a", "parent": "id-p"}))];
    let wanted =
        vec![definition("p", json!({"name": "q"})), definition("a", json!({"name": "a", "parent": reference("p")}))];
    check(
        wanted,
        lives,
        &[
            "t.a: Replace(DeleteFirst): follows t.p, which is new; parent cannot be changed in place",
            "t.p: Replace(DeleteFirst): changed in the code; name cannot be changed in place",
        ],
    );
}

#[test]
fn a_rename_is_a_tag() {
    let mut renamed = definition("b", json!({"name": "a"}));
    renamed.renamed_from = vec![address("a")];
    check(vec![renamed], vec![live("a", json!({"name": "a"}))], &["t.b: Update: renamed from t.a"]);
    check(
        vec![definition("b", json!({"name": "a"}))],
        vec![live("a", json!({"name": "a"}))],
        &["t.b: Update: renamed from t.a", "t.b: note: found_by_name"],
    );
}

#[test]
fn a_rename_that_is_said_wins_over_one_that_is_guessed() {
    let mut said = definition("z", json!({"name": "y"}));
    said.renamed_from = vec![address("old")];
    let wanted = vec![definition("a", json!({"name": "x"})), said];
    check(
        wanted,
        vec![live("old", json!({"name": "x"}))],
        &[
            "t.a: Create: new in the code",
            "t.z: Replace(DeleteFirst): renamed from t.old; changed in the code; name cannot be changed in place",
        ],
    );
}

#[test]
fn what_is_not_ours_stops_the_plan_and_is_adopted_only_when_asked() {
    let wanted = || vec![definition("a", json!({"name": "a"}))];
    let there = || vec![foreign("a", json!({"name": "a"}))];
    check(wanted(), there(), &["t.a: stop: foreign"]);
    let adopting = Options { adopt_named: true, ..converge() };
    assert_eq!(told(wanted(), there(), &adopting), ["t.a: Update: adopted; differs from the code"]);
    let destroying = Options { goal: Goal::Destroy, ..converge() };
    assert_eq!(told(wanted(), there(), &destroying), Vec::<String>::new());
}

static SHARED: Schema = Schema { kind: "test/shared", ownership: Ownership::Shared, ..SCHEMA };

#[test]
fn what_the_whole_account_shares_is_taken_as_it_is_and_never_goes() {
    let shared = |fields: Value| Definition { schema: &SHARED, ..definition("a", fields) };
    let there = |fields: Value| Live { kind: SHARED.kind, ..foreign("a", fields) };
    let lives = || vec![there(json!({"name": "a", "size": 1}))];
    check(vec![shared(json!({"name": "a", "size": 1}))], lives(), &[]);
    check(vec![shared(json!({"name": "a", "size": 2}))], lives(), &["t.a: Update: changed in the code"]);
    check(vec![shared(json!({"name": "b"}))], lives(), &["t.a: Create: new in the code"]);
    check(vec![], lives(), &[]);
    let wanted = || vec![shared(json!({"name": "a", "size": 1}))];
    let destroying = Options { goal: Goal::Destroy, ..converge() };
    assert_eq!(told(wanted(), lives(), &destroying), ["t.a: note: kept_shared"]);
    let replacing = Options { replace: vec!["t.a".into()], ..converge() };
    assert_eq!(told(wanted(), lives(), &replacing), ["t.a: note: kept_shared"]);
}

#[test]
fn two_that_claim_one_address_stop_the_plan() {
    let twin = Live { id: "id-twin".into(), ..live("a", json!({"name": "a"})) };
    check(
        vec![definition("a", json!({"name": "a"}))],
        vec![live("a", json!({"name": "a"})), twin],
        &["t.a: stop: two_claims"],
    );
}

#[test]
fn what_is_protected_stays_whatever_the_code_says() {
    let protected = || {
        let mut live = live("a", json!({"name": "a"}));
        live.tags.insert(keys::PROTECT.into(), "true".into());
        live
    };
    check(vec![], vec![protected()], &["t.a: note: kept_protected"]);
    let mut wanted = definition("a", json!({"name": "b"}));
    wanted.protected = true;
    let expected = "t.a: Replace(DeleteFirst): changed in the code; name cannot be changed in place";
    check(vec![wanted.clone()], vec![protected()], &[expected, "t.a: stop: protected"]);
    let destroying = Options { goal: Goal::Destroy, ..converge() };
    assert_eq!(told(vec![wanted], vec![protected()], &destroying), ["t.a: Delete: destroy", "t.a: stop: protected"]);
}

#[test]
fn what_left_the_code_goes_and_may_be_a_rename() {
    let lives = vec![live("a", json!({"size": 1}))];
    check(
        vec![definition("b", json!({"size": 1}))],
        lives,
        &["t.a: Delete: no longer in the code", "t.b: Create: new in the code", "t.b: note: likely_rename"],
    );
}

#[test]
fn targets_bring_what_they_need_and_exclusions_what_needs_them() {
    let wanted = || {
        vec![
            definition("p", json!({"name": "p"})),
            definition("a", json!({"name": "a", "parent": reference("p")})),
            definition("b", json!({"name": "b"})),
        ]
    };
    let new = |name: &str| format!("t.{name}: Create: new in the code");
    let target = Options { target: vec!["t.a".into()], ..converge() };
    assert_eq!(told(wanted(), vec![], &target), [new("a"), new("p")]);
    let exclude = Options { exclude: vec!["t.p".into()], ..converge() };
    assert_eq!(told(wanted(), vec![], &exclude), [new("b")]);
    let unknown = Options { target: vec!["t.aa".into()], ..converge() };
    assert_eq!(told(wanted(), vec![], &unknown), ["t.aa: stop: unknown_address"]);
}

/// Steps in lines: what is done, after what.
fn steps(definitions: Vec<Definition>, lives: Vec<Live>, options: &Options) -> Vec<String> {
    let plan = plan(&Graph::build(definitions).unwrap(), &lives, &made(&lives), &Registry::new(), options);
    let name = |verb: Verb, address: &Address| format!("{verb:?} {}", address.name());
    let line = |step: &crate::plan::Step| {
        let after = step.after.iter().map(|edge| &plan.steps[edge.step.0]);
        let mut after: Vec<String> = after.map(|step| name(step.verb(), &step.address)).collect();
        after.sort();
        format!("{} after [{}]", name(step.verb(), &step.address), after.join(", "))
    };
    plan.steps.iter().map(line).collect()
}

#[test]
fn what_refers_to_what_goes_first_goes_before_it() {
    let lives = vec![live("p", json!({"name": "p"})), live("a", json!({"name": "a", "parent": "id-p"}))];
    let wanted =
        vec![definition("p", json!({"name": "q"})), definition("a", json!({"name": "a", "parent": reference("p")}))];
    assert_eq!(
        steps(wanted, lives.clone(), &converge()),
        [
            "Delete a after []",
            "Delete p after [Delete a]",
            "Create p after [Delete p]",
            "Create a after [Create p, Delete a]",
        ]
    );
    assert_eq!(steps(vec![], lives, &Options::destroy(owner())), ["Delete a after []", "Delete p after [Delete a]"]);
}

/// A kind of which several stand beside each other, as tables do, and alarms.
static BESIDE: Schema = Schema { kind: "test/beside", replacement: Replacement::CreateFirst, ..SCHEMA };

#[test]
fn who_hands_something_over_lets_go_last() {
    let beside = |name: &str, fields: Value| Definition { schema: &BESIDE, ..definition(name, fields) };
    let stands = |name: &str, fields: Value| Live { kind: BESIDE.kind, ..live(name, fields) };
    let moved = |gone: Value, wanted: Value| steps(vec![beside("b", wanted)], vec![stands("a", gone)], &converge());
    let (first, side_by_side) = ("Delete a after [Create b]", "Delete a after []");
    let labels = |labels: Value| json!({"labels": labels});
    assert_eq!(moved(labels(json!(["x", "y"])), labels(json!(["y"])))[1], first);
    assert_eq!(moved(labels(json!(["x"])), labels(json!(["y"])))[1], side_by_side);
    // Who gives something up and stays waits as well.
    let lives = vec![stands("a", labels(json!(["x", "y"]))), stands("b", labels(json!(["z"])))];
    let wanted = vec![beside("a", labels(json!(["x"]))), beside("b", labels(json!(["y", "z"])))];
    assert_eq!(steps(wanted, lives, &converge()), ["Update b after []", "Update a after [Update b]"]);
    // What cannot stand beside the other comes after it, or as it will.
    let wanted = vec![definition("b", json!({"name": "b", "labels": ["x"]}))];
    let lives = vec![live("a", json!({"name": "a", "labels": ["x"]}))];
    assert_eq!(steps(wanted, lives, &converge())[1], side_by_side);
}

#[test]
fn what_its_owner_moves_does_not_make_a_saved_plan_stale() {
    let fingerprint = |count: u32, size: u32| {
        let wanted = json!({"name": "a", "size": 1, "count": 2});
        let lives = [live_as("a", wanted.clone(), json!({"name": "a", "size": size, "count": count}))];
        let graph = Graph::build(vec![definition("a", wanted)]).unwrap();
        plan(&graph, &lives, &made(&lives), &Registry::new(), &converge()).fingerprint
    };
    assert!(fingerprint(2, 1).moved(&fingerprint(7, 1)).is_empty());
    assert_eq!(fingerprint(2, 1).moved(&fingerprint(2, 5)).live.len(), 1);
}

#[test]
fn a_namesake_is_no_reference() {
    let named = |name: &str, fields: Value| Live { id: "shop".into(), ..live(name, fields) };
    let lives = vec![
        named("group", json!({"name": "shop"})),
        Live { kind: "test/other", ..named("cache", json!({"name": "shop", "parent": "shop"})) },
    ];
    assert_eq!(
        steps(vec![], lives, &Options::destroy(owner())),
        ["Delete cache after []", "Delete group after [Delete cache]"]
    );
}

#[test]
fn a_value_that_still_is_where_it_began_is_not_worth_a_note() {
    let wanted = || vec![definition("a", json!({"name": "a", "count": {"from": 2}}))];
    let lives = |count: u32| {
        let applied = json!({"name": "a", "count": {"from": 2}});
        vec![live_as("a", applied, json!({"name": "a", "count": count}))]
    };
    check(wanted(), lives(2), &[]);
    check(wanted(), lives(5), &["t.a: note: owned_elsewhere"]);
}
