//! Roles: what makes them, what changes them, and who may be given them.
//!
//! Whoever may write a role's policies may do all that a role can do, unless the role has a boundary: so with a boundary
//! nothing is written into a role that does not have it, and no role loses it.

use std::collections::{BTreeMap, BTreeSet};

use infra_engine::graph::Graph;
use infra_engine::live::Registry;
use infra_engine::model::Definition;
use serde_json::Value;

use super::home::{Home, in_request, on_resource};
use super::names::Names;
use super::services::everything;
use super::statement::{Reach, Statements};

const ROLE: &str = "iam/role";
const PROFILE: &str = "iam/instance-profile";

/// What is written into a role: with a boundary, only into one that has it.
const WRITES: &[&str] = &["iam:CreateRole", "iam:PutRolePolicy", "iam:UpdateAssumeRolePolicy"];

/// What takes something away, and so may be done to whatever bears our tag, whatever its name is.
const LEAVES: &[&str] = &[
    "iam:DeleteInstanceProfile",
    "iam:DeleteRole",
    "iam:DeleteRolePolicy",
    "iam:DetachRolePolicy",
    "iam:RemoveRoleFromInstanceProfile",
    "iam:TagInstanceProfile",
    "iam:TagRole",
    "iam:UntagInstanceProfile",
    "iam:UntagRole",
];

/// The roles of an environment.
pub(super) struct Roles<'a> {
    names: &'a Names<'a>,
    roles: Vec<String>,
    profiles: Vec<String>,
    attached: BTreeSet<String>,
    boundary: Option<&'a str>,
    /// The roles by the services that they are given to.
    given: BTreeMap<Vec<String>, BTreeSet<String>>,
    linked: BTreeSet<String>,
}

impl<'a> Roles<'a> {
    /// The roles of the definitions.
    pub(super) fn of(graph: &Graph, registry: &Registry, names: &'a Names<'a>, boundary: Option<&'a str>) -> Roles<'a> {
        let home = names.home();
        let of_kind = |kind: &'static str| graph.definitions().iter().filter(move |one| one.schema.kind == kind);
        let mut given: BTreeMap<Vec<String>, BTreeSet<String>> = BTreeMap::new();
        for role in of_kind(ROLE) {
            given.entry(players(role)).or_default().extend(arn(home, "role", role));
        }
        // Roles that the code refers to and does not make: AWS knows by their trust whom they may be given to.
        let foreign = names.outright("iam").into_iter().filter(|arn| arn.contains(":role/"));
        let (attached, foreign): (BTreeSet<String>, BTreeSet<String>) = (attached(of_kind(ROLE)), foreign.collect());
        if !foreign.is_empty() {
            given.entry(Vec::new()).or_default().extend(foreign);
        }
        Roles {
            names,
            roles: of_kind(ROLE).filter_map(|role| arn(home, "role", role)).collect(),
            profiles: of_kind(PROFILE).filter_map(|profile| arn(home, "instance-profile", profile)).collect(),
            attached,
            boundary,
            given,
            linked: linked(graph, registry),
        }
    }

    /// Allows an action on the roles, as far as they need it.
    pub(super) fn allow(&self, action: &str, statements: &mut Statements) {
        let home = self.names.home();
        let owner = home.owner.to_string();
        match action {
            "iam:PassRole" => statements.allow(action, self.giving()),
            "iam:CreateServiceLinkedRole" => statements.allow(action, self.linking()),
            "iam:AttachRolePolicy" => {
                let attached: Vec<&str> = self.attached.iter().map(String::as_str).collect();
                let reach = self.bound(Reach::on("rolesAttached", self.roles.clone()));
                if !attached.is_empty() {
                    statements.allow(action, [reach.when("ArnEquals", "iam:PolicyARN", &attached)]);
                }
            }
            _ if WRITES.contains(&action) => {
                statements.allow(action, [self.bound(Reach::on("rolesWritten", self.roles.clone()))]);
            }
            // In a policy with a boundary, this gives a role that boundary and no other.
            "iam:PutRolePermissionsBoundary" if self.boundary.is_some() => {
                statements.allow(action, [self.bound(Reach::on("rolesWritten", self.roles.clone()))]);
            }
            "iam:DeleteRolePermissionsBoundary" | "iam:PutRolePermissionsBoundary" if self.boundary.is_some() => {}
            _ if super::services::only_looks(action) => {
                let all = ["iam::{account}:instance-profile/*", "iam::{account}:role/*"].map(|all| home.arn(all));
                let lists = matches!(
                    action,
                    "iam:GetAccountAuthorizationDetails" | "iam:ListRoles" | "iam:ListInstanceProfiles"
                );
                let looking = Reach::on("rolesLooking", all.into());
                statements.allow(action, [if lists { everything(self.names, "iam", action) } else { looking }]);
            }
            _ => {
                let of_profiles = action.contains("InstanceProfile");
                let (sid, named) =
                    if of_profiles { ("profilesNamed", &self.profiles) } else { ("rolesNamed", &self.roles) };
                let reach = Reach::on(sid, named.clone()).when("StringEqualsIfExists", on_resource(), &[&owner]);
                statements.allow(action, [reach]);
                if LEAVES.contains(&action) {
                    let ours = ["iam::{account}:instance-profile/*", "iam::{account}:role/*"].map(|all| home.arn(all));
                    let ours = Reach::on("rolesOurs", ours.into()).when("StringEquals", on_resource(), &[&owner]).when(
                        "StringEqualsIfExists",
                        in_request(),
                        &[&owner],
                    );
                    statements.allow(action, [ours]);
                }
            }
        }
    }

    /// What nobody may do with a role, whatever else allows it.
    pub(super) fn deny(&self, statements: &mut Statements) {
        let Some(boundary) = self.boundary else { return };
        statements.deny(&["iam:DeleteRolePermissionsBoundary"], Reach::anything("boundaryStays"));
        let another =
            Reach::anything("noOtherBoundary").when("StringNotEquals", "iam:PermissionsBoundary", &[boundary]);
        let writes = [WRITES, &["iam:AttachRolePolicy", "iam:PutRolePermissionsBoundary"]].concat();
        statements.deny(&writes, another);
        let versions =
            ["iam:CreatePolicyVersion", "iam:DeletePolicy", "iam:DeletePolicyVersion", "iam:SetDefaultPolicyVersion"];
        statements.deny(&versions, Reach::on("boundaryUnchanged", vec![boundary.to_owned()]));
    }

    fn bound(&self, reach: Reach) -> Reach {
        match self.boundary {
            Some(boundary) => reach.when("StringEquals", "iam:PermissionsBoundary", &[boundary]),
            None => reach,
        }
    }

    fn giving(&self) -> Vec<Reach> {
        let reach = |(players, roles): (&Vec<String>, &BTreeSet<String>)| {
            let word: String =
                players.first().map_or("anybody", |first| first.split('.').next().unwrap_or(first)).into();
            let word: String = word.chars().filter(char::is_ascii_alphanumeric).collect();
            let reach = Reach::on(format!("givenTo{word}"), roles.iter().cloned().collect());
            let players: Vec<&str> = players.iter().map(String::as_str).collect();
            if players.is_empty() { reach } else { reach.when("StringEquals", "iam:PassedToService", &players) }
        };
        self.given.iter().map(reach).collect()
    }

    fn linking(&self) -> Vec<Reach> {
        let home = self.names.home();
        let roles = |service: &String| home.arn(&format!("iam::{{account}}:role/aws-service-role/{service}/*"));
        let services: Vec<&str> = self.linked.iter().map(String::as_str).collect();
        let reach = Reach::on("rolesOfServices", self.linked.iter().map(roles).collect());
        vec![reach.when("StringEquals", "iam:AWSServiceName", &services)]
    }
}

/// The boundary that every role of the code has, if it is one.
pub(super) fn common_boundary(graph: &Graph) -> Option<String> {
    let roles = graph.definitions().iter().filter(|one| one.schema.kind == ROLE);
    let boundaries: BTreeSet<Option<&str>> =
        roles.map(|role| role.document.field("boundary").and_then(Value::as_str)).collect();
    match boundaries.into_iter().collect::<Vec<_>>()[..] {
        [one] => one.map(str::to_owned),
        _ => None,
    }
}

/// The roles of the code, by address, that have another boundary than this one, or none.
pub(super) fn without_boundary(graph: &Graph, boundary: &str) -> Vec<String> {
    let roles = graph.definitions().iter().filter(|one| one.schema.kind == ROLE);
    let other = roles.filter(|role| role.document.field("boundary").and_then(Value::as_str) != Some(boundary));
    other.map(|role| role.address.to_string()).collect()
}

/// The ARN of a role or a profile: its path is part of it.
fn arn(home: &Home<'_>, sort: &str, definition: &Definition) -> Option<String> {
    let text = |field: &str| definition.document.field(field).and_then(Value::as_str);
    let (path, name) = (text("path").unwrap_or("/"), text("name")?);
    Some(home.arn(&format!("iam::{{account}}:{sort}{path}{name}")))
}

/// The managed policies that the code attaches to its roles.
fn attached<'a>(roles: impl Iterator<Item = &'a Definition>) -> BTreeSet<String> {
    let of_role = |role: &Definition| -> Vec<String> {
        let all = role.document.field("attached").and_then(Value::as_array).into_iter().flatten();
        all.filter_map(Value::as_str).map(str::to_owned).collect()
    };
    roles.flat_map(of_role).collect()
}

/// The services that a role trusts, and so is given to.
fn players(role: &Definition) -> Vec<String> {
    let mut players = BTreeSet::new();
    if let Some(trust) = role.document.field("trust") {
        services(trust, &mut players);
    }
    // Of these it is the caller's service that is told.
    for (player, caller) in
        [("monitoring.rds.amazonaws.com", "rds.amazonaws.com"), ("spotfleet.amazonaws.com", "ec2.amazonaws.com")]
    {
        if players.contains(player) {
            players.insert(caller.to_owned());
        }
    }
    players.into_iter().collect()
}

fn services(value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(fields) => {
            for (name, field) in fields {
                match field {
                    Value::String(one) if name == "Service" => drop(found.insert(one.clone())),
                    Value::Array(several) if name == "Service" => {
                        found.extend(several.iter().filter_map(Value::as_str).map(str::to_owned));
                    }
                    other => services(other, found),
                }
            }
        }
        Value::Array(several) => several.iter().for_each(|one| services(one, found)),
        _ => {}
    }
}

/// The services whose own roles the kinds in use may bring into the account.
fn linked(graph: &Graph, registry: &Registry) -> BTreeSet<String> {
    let mut linked = BTreeSet::new();
    for definition in graph.definitions() {
        let kind = definition.schema.kind;
        let asks = registry.kind(kind).is_some_and(|kind| kind.actions().contains(&"iam:CreateServiceLinkedRole"));
        if !asks {
            continue;
        }
        match LINKED.iter().find(|(start, _)| kind.starts_with(start)) {
            Some((_, services)) => linked.extend(services.iter().map(|service| (*service).to_owned())),
            None => linked.extend(definition.document.field("service").and_then(Value::as_str).map(str::to_owned)),
        }
    }
    linked
}

/// Which services make roles of their own for which kinds.
const LINKED: &[(&str, &[&str])] = &[
    ("autoscaling/", &["ec2.application-autoscaling.amazonaws.com", "ecs.application-autoscaling.amazonaws.com"]),
    ("ec2/spot-fleet", &["spot.amazonaws.com", "spotfleet.amazonaws.com"]),
    ("ecs/capacity-provider", &["autoscaling-plans.amazonaws.com", "autoscaling.amazonaws.com", "ecs.amazonaws.com"]),
    ("ecs/", &["ecs.amazonaws.com"]),
    ("elasticache/", &["elasticache.amazonaws.com"]),
    ("elb/", &["elasticloadbalancing.amazonaws.com"]),
    ("rds/", &["rds.amazonaws.com"]),
];
