//! The printed policy allows every call that an apply makes, from nothing to nothing.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::support::{Call, Project, Refusal, Treatment};

/// What IAM calls a call, where it is neither its name nor that of its service.
const OTHERWISE: [(&str, &str); 2] = [
    ("budgets:DescribeBudgetNotificationsForAccount", "budgets:ViewBudget"),
    ("budgets:DescribeBudgets", "budgets:ViewBudget"),
];

/// What IAM calls a service that signs under another name.
const SERVICES: [(&str, &str); 2] = [("monitoring", "cloudwatch"), ("tagging", "tag")];

/// Every statement of what was printed: one document, or a list of them.
fn statements(printed: &Value) -> Vec<Value> {
    let documents = printed.as_array().cloned().unwrap_or_else(|| vec![printed.clone()]);
    documents.iter().flat_map(|document| document["Statement"].as_array().cloned().expect("statements")).collect()
}

fn texts(value: &Value) -> Vec<String> {
    let one = value.as_str().map(str::to_owned).into_iter();
    one.chain(value.as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned)).collect()
}

/// True when a call is one of what is allowed. Of services that are spoken to by paths, one action must be allowed.
fn allows(statements: &[Value], call: &Call) -> bool {
    let Call { service, operation, path, .. } = call;
    if service == "s3" {
        let bucket = path.trim_start_matches('/').split(['/', '?']).next().unwrap_or_default();
        let arn = format!("arn:aws:s3:::{bucket}");
        return bucket.is_empty() || statements.iter().any(|statement| texts(&statement["Resource"]).contains(&arn));
    }
    let service = SERVICES.iter().find(|(signs, _)| signs == service).map_or(service.as_str(), |(_, called)| called);
    let name = format!("{service}:{operation}");
    let name = OTHERWISE.iter().find(|(called, _)| *called == name).map_or(name.as_str(), |(_, allowed)| allowed);
    let by_path = ["GET", "POST", "PUT", "DELETE", "PATCH"].contains(&operation.as_str());
    let is_it = |action: &String| *action == name || by_path && action.starts_with(&format!("{service}:"));
    statements.iter().any(|statement| texts(&statement["Action"]).iter().any(is_it))
}

#[test]
fn every_call_of_an_environments_life_is_allowed() {
    let project = Project::new();
    let run = project.run(&["policy", "--env", "test"]).ended(0);
    let statements = statements(&serde_json::from_str(&run.out).expect("a document"));
    assert_eq!(project.proxy.calls(), [], "it calls nobody");

    project.apply().ended(0);
    project.set("insights", "\"enhanced\"");
    project.apply().ended(0);
    project.run(&["drift", "--env", "test"]).ended(0);
    project.destroy().ended(0);
    // Who is calling may be asked by everybody.
    let calls = project.proxy.calls().into_iter().filter(|call| call.service != "sts");
    let refused: BTreeSet<String> = calls
        .filter(|call| !allows(&statements, call))
        .map(|call| format!("{}:{} {}", call.service, call.operation, call.path))
        .collect();
    assert_eq!(refused, BTreeSet::new());
}

#[test]
fn what_has_the_projects_name_is_allowed_and_what_has_another_is_not() {
    let project = Project::new();
    let run = project.run(&["policy", "--env", "test"]).ended(0);
    let statements = statements(&serde_json::from_str(&run.out).expect("a document"));
    let making = statements.iter().find(|one| texts(&one["Action"]).contains(&"iam:CreateRole".to_owned()));
    for arn in texts(&making.expect("roles are made")["Resource"]) {
        assert!(arn.contains("shop"), "{arn}");
    }
    let everywhere = statements.iter().filter(|one| one["Resource"] == "*");
    for action in everywhere.flat_map(|one| texts(&one["Action"])) {
        let named = ["iam:Delete", "logs:Delete", "ecs:Delete", "secretsmanager:"];
        let delivery = action == "logs:DeleteLogDelivery" || action.starts_with("secretsmanager:List");
        assert!(delivery || !named.iter().any(|prefix| action.starts_with(prefix)), "{action} on everything");
    }
}

#[test]
fn who_may_not_read_the_index_of_tags_plans_the_same_with_more_calls() {
    let project = Project::new();
    project.apply().ended(0);
    project.proxy.forget();
    project.plan().ended(0).saying("No changes. All 34 resources stand as the code says.");
    let with_index = project.proxy.calls().len();
    let denied = Refusal { status: 400, code: "AccessDeniedException", message: "not authorized: tag:GetResources" };
    project.proxy.treat(move |call| match call.operation.as_str() {
        "GetResources" => Treatment::Refuse(denied.clone()),
        _ => Treatment::Pass,
    });
    project.plan().ended(0).saying("No changes. All 34 resources stand as the code says.");
    assert!(project.proxy.calls().len() > with_index);
}
