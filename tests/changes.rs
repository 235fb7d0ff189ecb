//! What becomes of a change of the code: in place, replaced in the right order, renamed, deleted.

use serde_json::{Value, json};

use crate::support::{Call, Project, difference, snapshot};

const HEAD: &str = "project = \"shop\"\nname = \"test\"\naccount = \"\"\nregion = \"us-east-1\"\nendpoint = \"\"\n";

/// A definition as the environment file of `programs/shape.rs` holds it.
struct Shape {
    address: &'static str,
    kind: &'static str,
    more: &'static str,
    fields: Value,
}

fn vpc(cidr: &str) -> Shape {
    let fields = json!({"cidr": cidr, "dns_support": true, "dns_hostnames": true, "default_security_group": "closed"});
    Shape { address: "net.main", kind: "ec2/vpc", more: "", fields }
}

fn subnet(address: &'static str, cidr: &str) -> Shape {
    let fields = json!({"vpc": id("net.main"), "cidr": cidr, "zone": "us-east-1a", "public_ips": false});
    Shape { address, kind: "ec2/subnet", more: "", fields }
}

fn group(address: &'static str, name: &str, description: &str) -> Shape {
    let fields = json!({"vpc": id("net.main"), "name": name, "description": description});
    Shape { address, kind: "ec2/security-group", more: "", fields }
}

fn logs(address: &'static str, name: &str, retention: u16) -> Shape {
    let fields = json!({"name": name, "class": "standard", "retention": retention});
    Shape { address, kind: "logs/log-group", more: "", fields }
}

fn id(address: &str) -> Value {
    json!({"$ref": address, "output": "id"})
}

/// The environment file that holds these definitions.
fn file(shapes: &[Shape]) -> String {
    let mut text = HEAD.to_owned();
    for Shape { address, kind, more, fields } in shapes {
        text += &format!(
            "[[definition]]\naddress = \"{address}\"\nkind = \"{kind}\"\n{more}\nfields = {}\n",
            inline(fields)
        );
    }
    text
}

/// A value as TOML writes it in a line.
fn inline(value: &Value) -> String {
    match value {
        Value::Object(map) => {
            let fields: Vec<String> = map.iter().map(|(key, value)| format!("{key:?} = {}", inline(value))).collect();
            format!("{{ {} }}", fields.join(", "))
        }
        Value::Array(items) => format!("[{}]", items.iter().map(inline).collect::<Vec<_>>().join(", ")),
        plain => plain.to_string(),
    }
}

/// A project of `programs/shape.rs` in which these definitions stand.
fn standing(shapes: &[Shape]) -> Project {
    let project = Project::with_program("shape", &file(shapes));
    project.apply().ended(0);
    project.plan().ended(0).saying("No changes.");
    project.proxy.forget();
    project
}

fn operations(project: &Project) -> Vec<String> {
    let work = |call: &Call| call.changes && call.service != "s3";
    project.proxy.calls().into_iter().filter(work).map(|call| call.operation).collect()
}

#[test]
fn a_changed_value_is_changed_in_place() {
    let project = standing(&[logs("app.web", "/shop/web", 30)]);
    project.write(&file(&[logs("app.web", "/shop/web", 90)]));
    let run = project.plan().ended(0).saying("Plan: 0 to add, 1 to change, 0 to destroy.");
    run.saying("changed in the code").saying("30 → 90").not_saying("drift");
    project.proxy.forget();
    project.apply().ended(0).saying("0 added, 1 changed, 0 destroyed");
    let mut made = operations(&project);
    made.sort();
    assert_eq!(made, ["PutRetentionPolicy", "TagResource"]);
    project.plan().ended(0).saying("No changes.");
}

#[test]
fn what_must_be_replaced_says_why_and_takes_along_what_stands_on_it() {
    let project = standing(&[vpc("10.0.0.0/16"), subnet("net.a", "10.0.1.0/24")]);
    let before = project.client.id("net.main");
    project.write(&file(&[vpc("10.1.0.0/16"), subnet("net.a", "10.1.1.0/24")]));
    let run = project.plan().ended(0).saying("Plan: 2 to add, 0 to change, 2 to destroy.");
    run.saying("cidr cannot be changed in place").saying("follows net.main, which is new");
    project.proxy.forget();
    project.apply().ended(0).saying("2 added, 0 changed, 2 destroyed");
    let made = operations(&project);
    let place = |operation: &str| made.iter().position(|one| one == operation).unwrap_or_else(|| panic!("{made:?}"));
    // The new network stands before the old one goes, and the old subnet goes before its network.
    assert!(place("CreateVpc") < place("DeleteVpc"), "{made:?}");
    assert!(place("CreateVpc") < place("CreateSubnet"), "{made:?}");
    assert!(place("DeleteSubnet") < place("DeleteVpc"), "{made:?}");
    assert_ne!(project.client.id("net.main"), before);
    project.plan().ended(0).saying("No changes.");
}

#[test]
fn what_has_a_second_name_goes_when_its_successor_stands() {
    let project = standing(&[vpc("10.0.0.0/16"), group("net.web", "shop-web", "the old words")]);
    project.write(&file(&[vpc("10.0.0.0/16"), group("net.web", "shop-web", "the new words")]));
    project
        .plan()
        .ended(0)
        .saying("description cannot be changed in place")
        .saying("Plan: 1 to add, 0 to change, 1 to destroy.");
    project.proxy.forget();
    project.apply().ended(0);
    let made = operations(&project);
    let place = |operation: &str| made.iter().position(|one| one == operation).unwrap_or_else(|| panic!("{made:?}"));
    assert!(place("CreateSecurityGroup") < place("DeleteSecurityGroup"), "{made:?}");
    project.plan().ended(0).saying("No changes.");
}

#[test]
fn a_renamed_definition_keeps_its_resource() {
    let project = standing(&[vpc("10.0.0.0/16"), subnet("net.a", "10.0.1.0/24")]);
    let before = project.client.id("net.a");
    let renamed = Shape { more: "renamed_from = \"net.a\"", ..subnet("net.first", "10.0.1.0/24") };
    project.write(&file(&[vpc("10.0.0.0/16"), renamed]));
    project.plan().ended(0).saying("renamed from net.a").saying("Plan: 0 to add, 1 to change, 0 to destroy.");
    project.proxy.forget();
    project.apply().ended(0);
    let made = operations(&project);
    assert!(
        !made.iter().any(|one| one.starts_with("Create") && one != "CreateTags" || one.starts_with("Delete")),
        "{made:?}"
    );
    assert_eq!(project.client.id("net.first"), before);
    project.plan().ended(0).saying("No changes.");
}

#[test]
fn a_removed_definition_is_deleted_also_the_last_of_its_kind() {
    let project = standing(&[logs("app.web", "/shop/web", 30), logs("app.api", "/shop/api", 30), vpc("10.0.0.0/16")]);
    project.write(&file(&[logs("app.web", "/shop/web", 30), vpc("10.0.0.0/16")]));
    project
        .plan()
        .ended(0)
        .saying("app.api")
        .saying("no longer in the code")
        .saying("0 to add, 0 to change, 1 to destroy");
    project.apply().ended(0);
    project.write(&file(&[vpc("10.0.0.0/16")]));
    project.plan().ended(0).saying("app.web").saying("0 to add, 0 to change, 1 to destroy");
    project.apply().ended(0);
    assert_eq!(project.client.logs("DescribeLogGroups", &json!({}))["logGroups"], json!([]));
    project.plan().ended(0).saying("No changes.");
}

#[test]
fn with_the_ledger_lost_nothing_is_deleted_until_a_person_has_confirmed_what_is_ours() {
    let project = standing(&[logs("app.web", "/shop/web", 30), vpc("10.0.0.0/16")]);
    let bucket = format!("infra-{}-us-east-1", project.client.account);
    assert!(project.client.keys(&bucket).contains(&"shop/test/ledger.json".to_owned()));
    project.client.s3("DELETE", &format!("/{bucket}/shop/test/ledger.json"), b"");
    project.write(&file(&[vpc("10.0.0.0/16")]));
    project
        .plan()
        .ended(1)
        .saying("app.web")
        .saying("nothing proves that")
        .saying("infra confirm logs/log-group//shop/web");
    let groups = || project.client.logs("DescribeLogGroups", &json!({}))["logGroups"].as_array().map(Vec::len);
    project.run(&["apply", "--env", "test", "--yes", "--allow-destroy", "9"]).ended(1);
    assert_eq!(groups(), Some(1), "it is found though the ledger is lost, and stays");
    project.run(&["confirm", "--env", "test", "--yes"]).ended(0).saying("app.web");
    project.apply().ended(0).saying("1 destroyed");
    assert_eq!(groups(), Some(0));
    project.plan().ended(0).saying("No changes.");
}

#[test]
fn what_is_protected_outlives_its_definition() {
    let protected = Shape { more: "protected = true", ..logs("app.web", "/shop/web", 30) };
    let project = standing(&[protected, vpc("10.0.0.0/16")]);
    let before = snapshot(&project.client);
    project.write(&file(&[vpc("10.0.0.0/16")]));
    project.plan().ended(0).saying("app.web").saying("protected");
    project.apply().ended(0);
    assert_eq!(difference(&before, &snapshot(&project.client)), "", "its code is gone, and it stands");
    // Giving the protection up is a change of the code like any other; then it can go.
    project.write(&file(&[logs("app.web", "/shop/web", 30), vpc("10.0.0.0/16")]));
    project.apply().ended(0);
    project.write(&file(&[vpc("10.0.0.0/16")]));
    project.apply().ended(0).saying("1 destroyed");
}

#[test]
fn a_machine_deletes_only_what_it_was_allowed_to() {
    let project = standing(&[logs("app.web", "/shop/web", 30), logs("app.api", "/shop/api", 30)]);
    project.write(&file(&[]));
    project.run(&["apply", "--env", "test", "--yes"]).ended(1).saying("--allow-destroy 2");
    project.run(&["apply", "--env", "test", "--yes", "--allow-destroy", "1"]).ended(1);
    project.run(&["apply", "--env", "test", "--yes", "--allow-destroy", "2"]).ended(0).saying("2 destroyed");
}

#[test]
fn what_aws_would_refuse_is_refused_before_the_first_call() {
    let wrong = [vpc("10.0.0.0/16"), subnet("net.a", "10.9.1.0/24"), subnet("net.b", "10.0.0.0/30")];
    let project = Project::with_program("shape", &file(&wrong));
    let run = project.plan().ended(1).saying("net.a").saying("net.b").saying("10.9.1.0/24").saying("10.0.0.0/30");
    run.saying("nothing was called");
    assert_eq!(project.proxy.calls(), []);
}

#[test]
fn a_definition_that_refers_to_nothing_or_to_itself_is_refused() {
    let project = Project::with_program("shape", &file(&[subnet("net.a", "10.0.1.0/24")]));
    project.plan().ended(1).saying("net.main");
    assert_eq!(project.proxy.calls(), []);
}
