//! A plan with every sort of change, as tools that know Terraform read it.

use infra_engine::live::{Live, Registry, State};
use infra_engine::model::{Address, Document, Owner, Path, Replacement, Shape};
use infra_engine::plan::{
    Action, Cause, Change, FieldChange, Fingerprint, Plan, Reason, Side, Step, StepId, TagChange, Work,
};

use super::*;
use crate::render::{Report, plan_html};

const SECRET: &str = "planted-secret-1";

fn address(text: &str) -> Address {
    text.parse().unwrap()
}

fn live(text: &str, kind: &'static str, id: &str, document: Value) -> Live {
    let tags = [("infra:address", text), ("infra:spec", "0123"), ("Name", id)];
    Live {
        kind,
        id: id.into(),
        key: None,
        document: Document::from_value(document),
        outputs: [("arn".to_owned(), format!("arn:aws:x:us-east-1:111111111111:{id}"))].into(),
        tags: tags.map(|(key, value)| (key.to_owned(), value.to_owned())).into(),
        state: State::Ready,
        others: Vec::new(),
        awaited: Vec::new(),
    }
}

fn field(path: &str, before: Value, after: Value, cause: Cause, replaces: bool) -> FieldChange {
    let (before, after) = (Some(before).filter(|it| !it.is_null()), Some(after).filter(|it| !it.is_null()));
    let side = |value: Option<Value>| value.map_or(Side::Absent, Side::Value);
    let (before, after) = (side(before), side(after));
    FieldChange { path: Path::field(path), before, after, cause, replaces, shape: Shape::Plain }
}

struct Hand(Plan);

impl Hand {
    fn step(&mut self, address: &Address, kind: &'static str, work: Work) {
        let (id, usual) = (StepId(self.0.steps.len()), Default::default());
        self.0.steps.push(Step { id, address: address.clone(), kind, work, after: Vec::new(), usual });
    }

    fn change(
        &mut self,
        (at, action, reason): (&str, Action, Reason),
        fields: Vec<FieldChange>,
        live: Option<Live>,
        kind: &'static str,
        wanted: Value,
    ) -> &mut Change {
        let (at, id) = (address(at), live.as_ref().map(|live| live.id.clone()));
        let tags = [("infra:owner".to_owned(), "shop/dev".to_owned())].into();
        let document = Document::from_value(wanted);
        match (action, live.map(Box::new)) {
            (Action::Delete, Some(live)) => self.step(&at, kind, Work::Delete { live }),
            (Action::Update, Some(live)) => {
                self.step(
                    &at,
                    kind,
                    Work::Update { live, document, tags, fields: ["a field".to_owned()].into(), over: false },
                );
            }
            (_, live) => {
                if let Some(live) = live {
                    self.step(&at, kind, Work::Delete { live });
                }
                self.step(&at, kind, Work::Create { document, tags, predecessor: None });
            }
        }
        let reasons = vec![reason];
        self.0.changes.push(Change { address: at, kind, id, action, reasons, fields, tags: Vec::new() });
        self.0.changes.last_mut().unwrap()
    }
}

fn every_sort() -> Plan {
    let owner = Owner { project: "shop".into(), environment: "dev".into() };
    let mut hand = Hand(Plan {
        owner,
        changes: Vec::new(),
        unchanged: 1,
        stops: Vec::new(),
        notes: Vec::new(),
        steps: Vec::new(),
        known: Default::default(),
        protected: Default::default(),
        fingerprint: Fingerprint::default(),
    });
    let group = live("cache.log", "logs/log-group", "/shop", json!({"name": "/shop", "retention": 7, "class": "a"}));
    hand.0.known.insert(address("cache.log"), group.clone());
    let other = live("cache.slow", "logs/log-group", "/slow", json!({"name": "/slow", "retention": 30}));
    hand.0.known.insert(address("cache.slow"), other);
    let drifted = field("retention", json!(7), json!(30), Cause::Drift, false);
    let wanted = json!({"name": "/shop", "retention": 30, "class": "set at first"});
    let change = hand.change(
        ("cache.log", Action::Update, Reason::Drifted),
        vec![drifted],
        Some(group),
        "logs/log-group",
        wanted,
    );
    let (key, cause) = ("Name".to_owned(), Cause::Drift);
    change.tags = vec![TagChange { key, before: Some("/shop".into()), after: Some("shop-log".into()), cause }];
    let pool = json!({
        "name": "pool", "password": {"$secret": SECRET}, "vpc": {"$ref": "network.vpc", "output": "id"},
    });
    hand.change(("data.pool", Action::Create, Reason::New), Vec::new(), None, "x/pool", pool);
    let gone = live("network.old", "ec2/elastic-ip", "eip-1", json!({}));
    hand.change(
        ("network.old", Action::Delete, Reason::NotInCode),
        Vec::new(),
        Some(gone),
        "ec2/elastic-ip",
        json!({}),
    );
    let old = live("network.vpc", "ec2/vpc", "vpc-1", json!({"cidr": "10.0.0.0/16", "dns_support": true}));
    let cidr = field("cidr", json!("10.0.0.0/16"), json!("10.1.0.0/16"), Cause::Code, true);
    hand.change(
        ("network.vpc", Action::Replace(Replacement::CreateFirst), Reason::CannotChange(Path::field("cidr"))),
        vec![cidr],
        Some(old),
        "ec2/vpc",
        json!({"cidr": "10.1.0.0/16", "dns_support": true}),
    );
    hand.0
}

fn both(plan: &Plan) -> (Report, Picture) {
    (Report::of(plan, "dev"), Picture::of(plan, &Registry::new(), "us-east-1"))
}

fn told() -> Value {
    let (report, picture) = both(&every_sort());
    plan_tfjson(&report, &picture, Timestamp::UNIX_EPOCH)
}

fn change_of<'a>(document: &'a Value, address: &str) -> &'a Value {
    let mut changes = document["resource_changes"].as_array().unwrap().iter();
    changes.find(|change| change["address"] == address).expect("a change of that address")
}

#[test]
fn a_plan_as_terraform_writes_it() {
    insta::assert_snapshot!(serde_json::to_string_pretty(&told()).unwrap());
}

#[test]
fn a_rule_finds_what_it_looks_for() {
    let document = told();
    let deleted: Vec<&Value> = document["resource_changes"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|change| change["change"]["actions"].as_array().unwrap().contains(&json!("delete")))
        .map(|change| &change["address"])
        .collect();
    assert_eq!(deleted, ["module.network.aws_eip.old", "module.network.aws_vpc.vpc"]);
    let vpc = change_of(&document, "module.network.aws_vpc.vpc");
    assert_eq!(vpc["change"]["replace_paths"], json!([["cidr_block"]]));
    assert_eq!(vpc["action_reason"], "replace_because_cannot_update");
    let log = change_of(&document, "module.cache.aws_cloudwatch_log_group.log");
    assert_eq!(log["change"]["after"]["class"], "a", "what is not changed stays as it is live");
}

#[test]
fn every_planned_resource_has_a_change_of_its_address() {
    let document = told();
    for module in document["planned_values"]["root_module"]["child_modules"].as_array().unwrap() {
        for resource in module["resources"].as_array().unwrap() {
            change_of(&document, resource["address"].as_str().unwrap());
        }
    }
}

#[test]
fn no_form_has_a_secret_in_it() {
    let (report, picture) = both(&every_sort());
    let kept = serde_json::to_string(&picture).unwrap();
    assert_eq!(serde_json::from_str::<Picture>(&kept).unwrap(), picture, "it reads back as it was written");
    for text in [told().to_string(), kept, plan_html(&report, "")] {
        assert!(!text.contains(SECRET), "{text}");
    }
    let pool = change_of(&told(), "module.data.infra_x_pool.pool")["change"].clone();
    assert_eq!(pool["after_sensitive"], json!({"password": true}));
    assert_eq!(pool["after_unknown"], json!({"vpc": true, "id": true}));
}

#[test]
fn drift_is_told_from_what_was_to_what_is() {
    let (_, picture) = both(&every_sort());
    let document = drift_tfjson(&picture, Timestamp::UNIX_EPOCH);
    assert_eq!(document["resource_changes"], json!([]));
    let drift = &document["resource_drift"][0];
    assert_eq!(drift["address"], "module.cache.aws_cloudwatch_log_group.log");
    let days = |side: &str| drift["change"][side]["retention_in_days"].clone();
    assert_eq!((days("before"), days("after")), (json!(30), json!(7)));
    assert_eq!(document["resource_drift"].as_array().unwrap().len(), 1);
}
