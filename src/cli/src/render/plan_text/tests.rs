//! Plans as they are read, made by hand.

use infra_engine::live::Awaited;
use infra_engine::model::{Address, Owner, Path, Replacement, Shape};
use infra_engine::plan::{Action, Cause, Change, FieldChange, Fingerprint, Note, Plan, Reason, Side, Stop, TagChange};
use serde_json::{Value, json};

use super::*;
use crate::render::{Drift, drift_text, plan_html, plan_markdown};

fn address(text: &str) -> Address {
    text.parse().unwrap()
}

fn field(path: &str, before: Side, after: Side) -> FieldChange {
    let (cause, shape) = (Cause::Code, Shape::Plain);
    FieldChange { path: Path::field(path), before, after, cause, replaces: false, shape }
}

fn value(value: Value) -> Side {
    Side::Value(value)
}

fn change(text: &str, kind: &'static str, action: Action, reasons: Vec<Reason>, fields: Vec<FieldChange>) -> Change {
    let id = (action != Action::Create).then(|| format!("{}-0a1b2c", kind.rsplit('/').next().unwrap()));
    Change { address: address(text), kind, id, action, reasons, fields, tags: Vec::new() }
}

fn plan(changes: Vec<Change>) -> Plan {
    Plan {
        owner: Owner { project: "shop".into(), environment: "dev".into() },
        changes,
        unchanged: 12,
        stops: Vec::new(),
        notes: Vec::new(),
        steps: Vec::new(),
        known: Default::default(),
        protected: Default::default(),
        fingerprint: Fingerprint::default(),
    }
}

fn tag(key: &str, before: Option<&str>, after: Option<&str>) -> TagChange {
    let own = |text: Option<&str>| text.map(str::to_owned);
    TagChange { key: key.into(), before: own(before), after: own(after), cause: Cause::Drift }
}

fn every_sort() -> Plan {
    let rule = |port: u16, from: &str| json!({"traffic": {"tcp": port.to_string()}, "peer": {"group": from}});
    let mut subnet = change(
        "network.private-a",
        "ec2/subnet",
        Action::Create,
        vec![Reason::New],
        vec![
            field("vpc", Side::Absent, Side::Unknown("network.vpc.id".into())),
            field("cidr", Side::Absent, value(json!("10.0.10.0/24"))),
            field("zone", Side::Absent, value(json!("us-east-1a"))),
            field("public_ips", Side::Absent, value(json!(false))),
        ],
    );
    subnet.tags = ["Environment", "Name", "Project"]
        .map(|key| TagChange { cause: Cause::Code, ..tag(key, None, Some("shop-network-private-a")) })
        .to_vec();
    let mut logs = change(
        "cluster.api-logs",
        "logs/log-group",
        Action::Update,
        vec![Reason::Drifted, Reason::ChangedInCode],
        vec![
            FieldChange { cause: Cause::Drift, ..field("retention", value(json!(14)), value(json!(30))) },
            field("key", value(Value::Null), value(json!("arn:aws:kms:us-east-1:111111111111:key/abc"))),
        ],
    );
    logs.tags = vec![tag("team", Some("blue"), None), tag("Name", Some("x"), Some("api-logs"))];
    let rules = FieldChange {
        shape: Shape::Set,
        ..field(
            "ingress",
            value(json!([rule(80, "sg-1"), rule(22, "sg-9")])),
            value(json!([rule(80, "sg-1"), rule(443, "sg-1")])),
        )
    };
    let policy = FieldChange {
        shape: Shape::Json,
        ..field(
            "trust",
            value(json!({"Statement": [{"Action": "sts:AssumeRole", "Effect": "Allow"}], "Version": "2012-10-17"})),
            value(json!({"Statement": [{"Action": "sts:AssumeRole", "Effect": "Deny"}], "Version": "2012-10-17"})),
        )
    };
    let script = FieldChange {
        shape: Shape::Text,
        ..field(
            "user_data",
            value(json!("#!/bin/sh\nset -e\necho one\n")),
            value(json!("#!/bin/sh\nset -e\necho two\n")),
        )
    };
    let token =
        FieldChange { shape: Shape::Secret, ..field("token", value(json!("(secret)")), value(json!("(secret)"))) };
    let cidr =
        FieldChange { replaces: true, ..field("cidr", value(json!("10.0.0.0/16")), value(json!("10.1.0.0/16"))) };
    let vpc = FieldChange {
        replaces: true,
        cause: Cause::Follows(address("network.vpc")),
        ..field("vpc", value(json!("vpc-0a1b2c")), Side::Unknown("network.vpc.id".into()))
    };
    let mut plan = plan(vec![
        logs,
        change("cluster.api-task", "iam/role", Action::Update, vec![Reason::ChangedInCode], vec![policy]),
        change(
            "network.alb-rules",
            "ec2/security-group-rules",
            Action::Update,
            vec![Reason::ChangedInCode],
            vec![rules],
        ),
        change("network.old", "ec2/elastic-ip", Action::Delete, vec![Reason::NotInCode], vec![]),
        subnet,
        change(
            "network.private-b",
            "ec2/subnet",
            Action::Replace(Replacement::CreateFirst),
            vec![Reason::DependencyNew(address("network.vpc"))],
            vec![vpc],
        ),
        change(
            "network.vpc",
            "ec2/vpc",
            Action::Replace(Replacement::DeleteFirst),
            vec![Reason::CannotChange(Path::field("cidr"))],
            vec![cidr],
        ),
        change(
            "workers.fleet",
            "ec2/spot-fleet",
            Action::Update,
            vec![Reason::RenamedFrom(address("workers.spot"))],
            vec![script, token],
        ),
    ]);
    plan.notes = vec![
        Note::OwnedElsewhere {
            address: address("cluster.api"),
            path: Path::field("desired_count"),
            owner: "autoscaling".into(),
            live: json!(5),
            wanted: json!(2),
        },
        Note::LikelyRename { from: address("network.old"), to: address("network.nat-ip") },
        Note::NotInForce {
            address: address("database.postgres"),
            kind: "rds/database",
            id: "shop-db".into(),
            awaited: Awaited {
                what: "some parameters of shop-pg are not in force before it is restarted".into(),
                command: "aws rds reboot-db-instance --db-instance-identifier shop-db"
                    .split(' ')
                    .map(str::to_owned)
                    .collect(),
            },
        },
    ];
    plan
}

#[test]
fn a_plan_with_every_sort_of_change() {
    insta::assert_snapshot!(plan_text(&Report::of(&every_sort(), "dev"), Paint::PLAIN));
}

#[test]
fn no_line_is_longer_than_a_terminal_is_wide_unless_a_value_is() {
    let text = plan_text(&Report::of(&every_sort(), "dev"), Paint::PLAIN);
    let long: Vec<&str> = text.lines().filter(|line| line.chars().count() > 80 && !line.starts_with("note:")).collect();
    assert_eq!(long, Vec::<&str>::new());
}

#[test]
fn a_plan_for_a_pull_request() {
    insta::assert_snapshot!(plan_markdown(&Report::of(&every_sort(), "dev"), 65_000));
}

#[test]
fn a_plan_as_a_page() {
    let page = plan_html(&Report::of(&every_sort(), "dev"), "Made by hand");
    let body = page.split_once("<body>").expect("a page has a body").1;
    insta::assert_snapshot!(body);
}

#[test]
fn a_page_is_never_longer_than_its_host_takes_and_leaves_out_whole_resources() {
    let report = Report::of(&every_sort(), "dev");
    for most in [200, 900, 1500, 2500, 10_000] {
        let page = plan_markdown(&report, most);
        assert!(page.len() <= most, "{} > {most}", page.len());
        assert_eq!(page.matches("<details>").count(), page.matches("</details>").count());
    }
    assert!(plan_markdown(&report, 2500).contains("more: too long for this page"));
}

#[test]
fn only_what_drifted() {
    insta::assert_snapshot!(drift_text(&Drift::of(&Report::of(&every_sort(), "dev")), Paint::PLAIN), @r"
      ~ cluster.api-logs  logs/log-group  [id=log-group-0a1b2c]
          retention: 30 → 14
          tag team: (none) → blue
          tag Name: api-logs → x

    Drift: 1 resource changed outside of the code.
    ");
}

#[test]
fn stops_say_what_to_do() {
    let id = "vpc-0a1b2c".to_owned();
    let mut plan = plan(Vec::new());
    plan.stops = vec![
        Stop::Foreign { address: address("network.vpc"), kind: "ec2/vpc", id: id.clone(), owner: None },
        Stop::Foreign {
            address: address("network.vpc"),
            kind: "ec2/vpc",
            id: id.clone(),
            owner: Some("shop/prod".into()),
        },
        Stop::TwoClaims { address: address("network.vpc"), kind: "ec2/vpc", ids: vec![id.clone(), "vpc-9".into()] },
        Stop::Protected { address: address("network.vpc"), kind: "ec2/vpc", id, replaced: true },
        Stop::UnknownAddress { address: "network.vcp".into(), nearest: Some("network.vpc".into()) },
        Stop::NothingToAdopt { address: address("network.vpc"), kind: "ec2/vpc", id: None },
    ];
    insta::assert_snapshot!(plan_text(&Report::of(&plan, "dev"), Paint::PLAIN));
}

#[test]
fn nothing_to_do_is_said_in_a_sentence() {
    let text = plan_text(&Report::of(&plan(Vec::new()), "dev"), Paint::PLAIN);
    assert_eq!(text, "No changes. All 12 resources stand as the code says.\n");
}

#[test]
fn a_report_reads_back_as_it_was_written() {
    let report = Report::of(&every_sort(), "dev");
    let text = serde_json::to_string(&report).unwrap();
    assert_eq!(serde_json::from_str::<Report>(&text).unwrap(), report);
}
