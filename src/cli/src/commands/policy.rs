//! `infra policy`: the least policies of the roles that work on an environment, who may play them, and who may write the
//! tags of ownership. It calls nobody.

use std::path::Path;

use infra_aws::store;
use infra_operate::{
    Boundary, Home, LONGEST, Named, Place, Purpose, Role, boundary_for, boundary_of, keeps_tags, least_policies,
    roles_without, trusts_github,
};
use serde_json::{Map, Value, json};

use crate::args::{Policy, RoleName};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::files::write_whole;
use crate::render::Level;
use crate::session::{Blueprint, Session};

pub(super) async fn run(arguments: Policy, session: &Session<'_>) -> Result<Exit, Failure> {
    if arguments.scp {
        print(session, "the policy of tags", &keeps_tags(&arguments.principal));
        return Ok(Exit::Done);
    }
    let blueprint = session.unchecked().await?;
    let facts = &blueprint.environment.facts;
    let (account, region) = (facts.account.to_string(), facts.region.to_string());
    let bucket = facts.records.clone().unwrap_or_else(|| store::name(&account, &region));
    let home = Home { owner: &blueprint.owner, account: &account, region: &region, bucket: &bucket };
    if let Some(repository) = &arguments.repository {
        let places = places(&arguments)?;
        let policy = trusts_github(&home, &repository.with(arguments.repository_ids), &places);
        print(session, "who may play the role", &policy);
        return Ok(Exit::Done);
    }
    if arguments.print_boundary {
        print_boundary(session, &blueprint);
        return Ok(Exit::Done);
    }
    let boundary = arguments.boundary.clone().or_else(|| boundary_of(&blueprint.graph));
    let purpose = Purpose { role: arguments.role.into(), home, boundary: boundary.as_deref() };
    if purpose.role == Role::Apply && boundary.is_none() && makes_roles(&blueprint) && !arguments.unbounded {
        return Err(unbounded(&blueprint));
    }
    let policies = least_policies(&blueprint.graph, &blueprint.registry, &purpose);
    match &arguments.out {
        Some(folder) => write(session, &session.folder.join(folder), &policies)?,
        None => {
            let all: Map<String, Value> =
                policies.iter().map(|Named { name, document }| (name.clone(), document.clone())).collect();
            print(session, "the least policies", &Value::Object(all));
        }
    }
    if policies.len() > 1 {
        session.console.say(&format!(
            "A managed policy has {LONGEST} characters at most: these {} belong together. Attach all of them to one role.",
            policies.len()
        ));
    }
    if purpose.role == Role::Apply {
        say_what_bounds_it(session, &blueprint, boundary.as_deref());
    }
    Ok(Exit::Done)
}

fn print(session: &Session<'_>, what: &str, policy: &Value) {
    match session.console.json() {
        Some(lines) => lines.line(Level::Info, "policy", what, json!({ "policy": policy })),
        None => session.console.document(policy),
    }
}

fn write(session: &Session<'_>, folder: &Path, policies: &[Named]) -> Result<(), Failure> {
    for Named { name, document } in policies {
        let file = folder.join(format!("{name}.json"));
        // Without spaces: IAM does not count them, and the commands that take files do.
        write_whole(&file, document.to_string().as_bytes()).map_err(|error| {
            Failure::new(format!("{} cannot be written", file.display())).because(error.to_string())
        })?;
        session.console.say(&file.display().to_string());
    }
    Ok(())
}

/// At which places workflows may play the role: who only looks does so for pull requests, and who changes something
/// nowhere but where that is said.
fn places(arguments: &Policy) -> Result<Vec<Place>, Failure> {
    let looks = (arguments.role == RoleName::Plan).then_some(Place::PullRequest);
    let branches = arguments.branch.iter().cloned().map(Place::Branch);
    let environments = arguments.github_environment.iter().cloned().map(Place::Environment);
    let places: Vec<Place> = looks.into_iter().chain(branches).chain(environments).collect();
    let open = |place: &Place| match place {
        Place::Branch(name) | Place::Environment(name) => name.is_empty() || name.contains(['*', '?']),
        Place::PullRequest => false,
    };
    if places.is_empty() {
        return Err(Failure::new("a role that changes something is played from a protected place; none is given")
            .way_out("give the environment of GitHub's that has reviewers, or a protected branch:")
            .command(
                "infra policy --role apply --trust github --repository owner/name --github-environment production",
            ));
    }
    if places.iter().any(open) {
        return Err(Failure::new(
            "a branch or an environment is compared as it is: `*` and `?` stand for nothing else",
        )
        .way_out("give each of them by its whole name"));
    }
    Ok(places)
}

fn makes_roles(blueprint: &Blueprint) -> bool {
    blueprint.graph.definitions().iter().any(|one| one.schema.kind == "iam/role")
}

/// Nothing would keep the role from giving itself more.
fn unbounded(blueprint: &Blueprint) -> Failure {
    let name = &blueprint.name;
    let policy = format!("{}-boundary", blueprint.owner.project);
    Failure::new(
        "a role with these policies can make itself an administrator: it writes the policies of the roles that it makes, \
         and nothing bounds them",
    )
    .because(
        "a boundary is a managed policy that says what those roles can do at most, whatever their own policies say; \
         docs/permissions.md says more. These two commands make one from what the roles in the code are given:",
    )
    .because(format!("infra policy --env {name} --print-boundary > boundary.json"))
    .because(format!("aws iam create-policy --policy-name {policy} --policy-document file://boundary.json"))
    .because(
        "then write its ARN into the environment's file as `permissions_boundary = \"arn:…\"` below `[iam]`, or give it \
         as --boundary",
    )
    .way_out("or take the policies as they are, for somebody who may be an administrator anyway:")
    .command(format!("infra policy --env {name} --unbounded"))
}

fn print_boundary(session: &Session<'_>, blueprint: &Blueprint) {
    let Boundary { document, unknown } = boundary_for(&blueprint.graph);
    print(session, "a boundary", &document);
    for policy in unknown {
        session.console.warn(&format!(
            "{policy} is attached to a role in the code, and what it allows is not known here: add it to the boundary"
        ));
    }
}

/// What keeps the role from giving itself more, or that nothing does.
fn say_what_bounds_it(session: &Session<'_>, blueprint: &Blueprint, boundary: Option<&str>) {
    match boundary {
        _ if !makes_roles(blueprint) => {}
        None => session.console.warn(
            "nothing bounds the roles that this role makes, and it writes their policies: it can make itself an \
             administrator",
        ),
        Some(boundary) => {
            let without = roles_without(&blueprint.graph, boundary);
            if !without.is_empty() {
                session.console.warn(&format!(
                    "in the code these roles do not have the boundary {boundary}, and a role with these policies cannot \
                     make them: {}. Write `[iam] permissions_boundary` into the environment",
                    without.join(", ")
                ));
            }
        }
    }
}
