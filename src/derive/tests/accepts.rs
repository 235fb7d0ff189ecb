//! A full example, and the whole schema that is made of it.

use std::collections::BTreeSet;

use infra_derive::Resource;
use infra_engine::model::{Field, Mutability, Ownership, Ref, Replacement, Resource as _, Schema, Secret, Shape};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A cluster of caches.
///
/// Its second paragraph
///     keeps its indentation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Resource)]
#[resource(kind = "elasticache/replication-group", id = GroupId)]
#[resource(after = ["iam/role", "ec2/subnet"], replacement = "create_first")]
#[resource(outputs(
    /// The group's Amazon Resource Name.
    ARN: new GroupArn,
    /// Where it answers.
    PRIMARY_ENDPOINT: marks::Hostname,
))]
pub struct Group {
    /// Its name.
    #[key]
    pub name: String,
    /// The network.
    #[replace]
    pub network: Ref<marks::Hostname>,
    /// The first size.
    #[initial]
    pub first: u32,
    /// How many there are.
    #[external("autoscaling")]
    pub count: u32,
    /// Where it stands.
    pub zones: BTreeSet<String>,
    /// Where it may stand.
    pub more_zones: Option<BTreeSet<String>>,
    /// Its callers.
    #[set]
    pub callers: Vec<String>,
    /// Run at the start.
    #[text]
    pub script: String,
    /// Who may do what.
    #[json]
    pub policy: Value,
    /// The password.
    #[secret]
    pub password: Secret,
    /// Another one.
    #[replace]
    pub token: Option<Secret>,
    /// Its type.
    pub r#type: String,
}

/// Marks that several kinds share.
mod marks {
    /// A host's name.
    pub enum Hostname {}
}

/// A rule of a group.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Resource)]
#[resource(kind = "ec2/rule", id = marks::Hostname, parent(field = "group", kind = "elasticache/replication-group"))]
struct Rule {
    /// Whose rule.
    #[replace]
    group: Ref<GroupId>,
}

const fn field(name: &'static str, documentation: &'static str, mutability: Mutability, shape: Shape) -> Field {
    Field { name, documentation, mutability, shape, key: false }
}

#[test]
fn a_full_example_gives_this_schema() {
    use Mutability::{External, InPlace, Initial, Replace};
    const EXPECTED: &Schema = &Schema {
        kind: "elasticache/replication-group",
        documentation: "A cluster of caches.\n\nIts second paragraph\n    keeps its indentation.",
        fields: &[
            Field { key: true, ..field("name", "Its name.", Replace, Shape::Plain) },
            field("network", "The network.", Replace, Shape::Plain),
            field("first", "The first size.", Initial, Shape::Plain),
            field("count", "How many there are.", External("autoscaling"), Shape::Plain),
            field("zones", "Where it stands.", InPlace, Shape::Set),
            field("more_zones", "Where it may stand.", InPlace, Shape::Set),
            field("callers", "Its callers.", InPlace, Shape::Set),
            field("script", "Run at the start.", InPlace, Shape::Text),
            field("policy", "Who may do what.", InPlace, Shape::Json),
            field("password", "The password.", InPlace, Shape::Secret),
            field("token", "Another one.", Replace, Shape::Secret),
            field("type", "Its type.", InPlace, Shape::Plain),
        ],
        outputs: &[
            infra_engine::model::OutputField { name: "arn", documentation: "The group's Amazon Resource Name." },
            infra_engine::model::OutputField { name: "primary_endpoint", documentation: "Where it answers." },
        ],
        after: &["iam/role", "ec2/subnet"],
        ownership: Ownership::Tags,
        replacement: Replacement::CreateFirst,
    };
    assert_eq!(format!("{:#?}", Group::SCHEMA), format!("{EXPECTED:#?}"));
}

#[test]
fn a_child_is_owned_by_its_parent_and_made_before_the_old_one_goes() {
    assert_eq!(Rule::SCHEMA.ownership, Ownership::Parent { field: "group", kind: "elasticache/replication-group" });
    assert_eq!(Rule::SCHEMA.replacement, Replacement::CreateFirst);
    let _: Ref<marks::Hostname> =
        infra_engine::model::Platform::new().stack("network").add("rule", Rule { group: Ref::known("group-1") }).id();
}

/// A switch that the whole account has once.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Resource)]
#[resource(kind = "costs/switch", id = SwitchName, shared)]
struct Switch {
    /// Its name.
    #[key]
    name: String,
}

#[test]
fn what_everybody_has_is_nobodys() {
    assert_eq!(Switch::SCHEMA.ownership, Ownership::Shared);
}

/// What a name says when nothing else is said.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Resource)]
#[resource(kind = "iam/role", id = RoleName)]
struct Role {
    /// Its name.
    #[key]
    name: String,
}

#[test]
fn a_named_resource_goes_before_its_successor_comes() {
    assert_eq!(Role::SCHEMA.replacement, Replacement::DeleteFirst);
}

/// A place that can be changed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Resource)]
#[resource(kind = "elb/listener-rule", id = ListenerRuleId)]
struct ListenerRule {
    /// Its place.
    #[key(in_place)]
    priority: u16,
}

#[test]
fn a_name_may_change_in_place() {
    let field = Field { key: true, ..field("priority", "Its place.", Mutability::InPlace, Shape::Plain) };
    assert_eq!(format!("{:?}", ListenerRule::SCHEMA.fields), format!("{:?}", [field]));
}

#[test]
fn outputs_have_their_names_and_types() {
    let arn: infra_engine::model::Output<Group, GroupArn> = Group::ARN;
    let endpoint: infra_engine::model::Output<Group, marks::Hostname> = Group::PRIMARY_ENDPOINT;
    assert_eq!((arn.name, endpoint.name), ("arn", "primary_endpoint"));
}

#[test]
fn the_document_has_the_fields_of_the_schema() {
    let rule = Rule { group: Ref::known("group-1") };
    let document = infra_engine::model::Document::of(&rule).unwrap();
    for field in Rule::SCHEMA.fields {
        assert!(document.field(field.name).is_some(), "{}", field.name);
    }
}
