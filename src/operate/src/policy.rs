//! The policies of the roles that work on an environment: least is least.
//!
//! The actions are those that each kind lists beside its calls. What they may be done to is said by name where AWS takes
//! names, by the tag of ownership where it looks at tags ([`services`]), and by region where it takes neither. How much of
//! it a role may do is [`Role`]'s.

mod boundary;
mod home;
mod keys;
mod names;
mod parts;
mod records;
mod role;
mod roles;
mod services;
mod statement;
mod tags;
mod trust;

use infra_aws::index;
use infra_engine::graph::Graph;
use infra_engine::live::Registry;
use infra_engine::model::Owner;
use serde_json::Value;

use names::Names;
use roles::Roles;
use statement::{Reach, Statements};

pub use boundary::{Boundary, boundary_for};
pub use home::Home;
pub use parts::LONGEST;
pub use role::Role;
pub use tags::keeps_tags;
pub use trust::{Place, Repository, trusts_github};

/// A policy under the name that it is given in AWS.
#[derive(Clone, Debug, PartialEq)]
pub struct Named {
    /// Its name: `shop-prod-apply-1`.
    pub name: String,
    /// What it says.
    pub document: Value,
}

/// What a role is for, where, and what bounds the roles that it makes.
#[derive(Clone, Copy, Debug)]
pub struct Purpose<'a> {
    /// What it does.
    pub role: Role,
    /// Where the environment is.
    pub home: Home<'a>,
    /// The boundary of every role that it makes.
    pub boundary: Option<&'a str>,
}

/// The policies of a role, each short enough for a managed policy: all of them together are the role's.
pub fn least_policies(graph: &Graph, registry: &Registry, purpose: &Purpose<'_>) -> Vec<Named> {
    let Purpose { role, home, .. } = purpose;
    let stem = format!("{}-{}-{}", home.owner.project, home.owner.environment, role.word());
    let mut policies = numbered(&stem, parts::parts(statements(graph, registry, purpose).written()));
    if role.makes_records() {
        let mut making = Statements::default();
        records::making(home, &mut making);
        policies.extend(numbered(&format!("{stem}-records"), parts::parts(making.written())));
    }
    policies
}

/// The boundary that all roles of the code have, if all have the same.
pub fn boundary_of(graph: &Graph) -> Option<String> {
    roles::common_boundary(graph)
}

/// The addresses of the roles in the code that have not this boundary, and which a bounded role so could not make.
pub fn roles_without(graph: &Graph, boundary: &str) -> Vec<String> {
    roles::without_boundary(graph, boundary)
}

fn numbered(stem: &str, documents: Vec<Value>) -> Vec<Named> {
    let one = documents.len() == 1;
    let name = |number: usize| if one { stem.to_owned() } else { format!("{stem}-{}", number + 1) };
    documents.into_iter().enumerate().map(|(number, document)| Named { name: name(number), document }).collect()
}

fn statements(graph: &Graph, registry: &Registry, purpose: &Purpose<'_>) -> Statements {
    let Purpose { role, home, boundary } = purpose;
    let names = Names::of(graph, registry, home);
    let roles = Roles::of(graph, registry, &names, *boundary);
    let mut statements = Statements::default();
    for action in role.actions(graph, registry).into_iter().chain([index::ACTION]) {
        match action {
            _ if role.takes_over(action) && !role::notes_owner(action) => {
                statements.allow(action, [first_tags(home.owner)]);
            }
            "kms:CreateGrant" | "kms:DescribeKey" => keys::granting(&names, action, &mut statements),
            // What RDS does with its secrets is said with the databases; the rest of it is by name.
            _ if action.starts_with("iam:") => roles.allow(action, &mut statements),
            _ => statements.allow(action, services::reaches(&names, action)),
        }
    }
    if role.changes_roles() {
        roles.deny(&mut statements);
        keys::passwords(graph, &names, &mut statements);
    }
    if role.scales(graph) {
        for action in role::scaling_checks(graph) {
            statements.allow(action, [services::everything(&names, "application-autoscaling", action)]);
        }
    }
    keys::versions_of_passwords(graph, &names, &mut statements);
    records::reading(home, &mut statements);
    if role.writes_records() {
        records::writing(home, &mut statements);
    }
    statements
}

/// Tags on what is nobody's, by which it becomes ours.
fn first_tags(owner: &Owner) -> Reach {
    let owner = owner.to_string();
    let unowned = Reach::anything("takenOver").when("Null", home::on_resource(), &["true"]);
    unowned.when("StringEquals", home::in_request(), &[&owner])
}

#[cfg(test)]
mod evaluator;
#[cfg(test)]
mod tests;
