//! Keys of KMS, and the secrets that RDS keeps in the name of who asks for a database.

use infra_engine::graph::Graph;
use infra_engine::model::Definition;
use serde_json::Value;

use super::home::Home;
use super::names::Names;
use super::statement::{Reach, Statements};

/// A grant on a key, only for what AWS makes in the caller's name: nobody can give one to themselves.
pub(super) fn granting(names: &Names<'_>, action: &str, statements: &mut Statements) {
    let home = names.home();
    let named: Vec<String> = names.outright("kms").into_iter().filter(|arn| arn.contains(":key/")).collect();
    let keys = if named.is_empty() { vec![home.arn("kms:{region}:{account}:key/*")] } else { named };
    let through = format!("rds.{}.{}", home.region, domain(home));
    let reach = Reach::on("keysOfDatabases", keys).when("StringEquals", "kms:ViaService", &[&through]);
    let grants = action == "kms:CreateGrant";
    statements.allow(action, [if grants { reach.when("Bool", "kms:GrantIsForAWSResource", &["true"]) } else { reach }]);
}

/// The secrets in which RDS keeps master passwords, where it is asked to: it makes them itself, in the caller's name,
/// and only those of our databases are ever given another value.
pub(super) fn passwords(graph: &Graph, names: &Names<'_>, statements: &mut Statements) {
    if !graph.definitions().iter().any(is_managed) {
        return;
    }
    let home = names.home();
    let secrets = || vec![home.arn("secretsmanager:{region}:{account}:secret:rds!db-*")];
    for action in ["secretsmanager:CreateSecret", "secretsmanager:TagResource"] {
        statements.allow(action, [Reach::on("passwordsOfRds", secrets()).when("Bool", "aws:ViaAWSService", &["true"])]);
    }
    statements.allow("secretsmanager:RotateSecret", [of_our_databases(names, "passwordsOfOurDatabases")]);
}

/// Which version of such a secret is in force: who is given the password follows it. Its value is no part of that.
pub(super) fn versions_of_passwords(graph: &Graph, names: &Names<'_>, statements: &mut Statements) {
    if graph.definitions().iter().any(is_managed) {
        statements.allow("secretsmanager:DescribeSecret", [of_our_databases(names, "versionsOfOurPasswords")]);
    }
}

/// The secrets that RDS has made for our databases.
fn of_our_databases(names: &Names<'_>, sid: &'static str) -> Reach {
    let databases = names.exactly("rds", &["rds:{region}:{account}:db:{name}"]);
    let databases: Vec<&str> = databases.iter().map(String::as_str).collect();
    let tag = "aws:ResourceTag/aws:rds:primaryDBInstanceArn";
    let secrets = vec![names.home().arn("secretsmanager:{region}:{account}:secret:rds!db-*")];
    Reach::on(sid, secrets).when("StringEquals", tag, &databases)
}

/// True for a database whose password RDS keeps.
fn is_managed(definition: &Definition) -> bool {
    let password = definition.document.field("password").and_then(Value::as_str).unwrap_or_default();
    definition.schema.kind == "rds/instance" && password.starts_with("managed")
}

fn domain(home: &Home<'_>) -> &'static str {
    if home.partition() == "aws-cn" { "amazonaws.com.cn" } else { "amazonaws.com" }
}
