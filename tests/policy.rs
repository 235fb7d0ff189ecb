//! The printed policies allow every call that a role makes, and say who may play it. What IAM makes of them is in
//! `permissions.rs`.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::support::{Call, Project, Refusal, Treatment};

/// What IAM calls a call, where it is neither its name nor that of its service.
const OTHERWISE: [(&str, &str); 5] = [
    ("budgets:CreateBudget", "budgets:ModifyBudget"),
    ("budgets:DeleteBudget", "budgets:ModifyBudget"),
    ("budgets:DescribeBudgetNotificationsForAccount", "budgets:ViewBudget"),
    ("budgets:DescribeBudgets", "budgets:ViewBudget"),
    ("budgets:DescribeSubscribersForNotification", "budgets:ViewBudget"),
];

/// What IAM calls a service that signs under another name.
const SERVICES: [(&str, &str); 2] = [("monitoring", "cloudwatch"), ("tagging", "tag")];

/// Every statement of what is printed for a role: documents by name.
fn statements(project: &Project, role: &str) -> Vec<Value> {
    let run = project.run(&["policy", "--env", "test", "--role", role, "--unbounded"]).ended(0);
    let printed: Value = serde_json::from_str(&run.out).expect("documents by name");
    let documents = printed.as_object().expect("documents by name");
    for (name, document) in documents {
        assert!(name.starts_with(&format!("shop-test-{role}")), "{name}");
        assert!(document.to_string().len() <= 6144, "{name} is longer than IAM takes");
    }
    documents.values().flat_map(|document| document["Statement"].as_array().cloned().expect("statements")).collect()
}

fn texts(value: &Value) -> Vec<String> {
    let one = value.as_str().map(str::to_owned).into_iter();
    one.chain(value.as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned)).collect()
}

/// True when a name is one that a pattern means: the same, or with the same beginning where that ends in a star.
fn is_like(name: &str, pattern: &str) -> bool {
    pattern
        .strip_suffix('*')
        .map_or(name == pattern, |beginning| beginning.ends_with('-') && name.starts_with(beginning))
}

/// True when a call is one of what is allowed. Of services that are spoken to by paths, one action must be allowed.
fn allows(statements: &[Value], call: &Call) -> bool {
    let Call { service, operation, path, .. } = call;
    if service == "s3" {
        let bucket = path.trim_start_matches('/').split(['/', '?']).next().unwrap_or_default();
        let arn = format!("arn:aws:s3:::{bucket}");
        return bucket.is_empty()
            || statements
                .iter()
                .any(|statement| texts(&statement["Resource"]).iter().any(|pattern| is_like(&arn, pattern)));
    }
    let service = SERVICES.iter().find(|(signs, _)| signs == service).map_or(service.as_str(), |(_, called)| called);
    let name = format!("{service}:{operation}");
    let name = OTHERWISE.iter().find(|(called, _)| *called == name).map_or(name.as_str(), |(_, allowed)| allowed);
    let by_path = ["GET", "POST", "PUT", "DELETE", "PATCH"].contains(&operation.as_str());
    let is_it = |action: &String| *action == name || by_path && action.starts_with(&format!("{service}:"));
    statements.iter().any(|statement| texts(&statement["Action"]).iter().any(is_it))
}

/// The calls of a project that none of the statements allows.
fn refused(project: &Project, statements: &[Value]) -> BTreeSet<String> {
    // Who is calling may be asked by everybody.
    let calls = project.proxy.calls().into_iter().filter(|call| call.service != "sts");
    let refused = calls.filter(|call| !allows(statements, call));
    refused.map(|call| format!("{}:{} {}", call.service, call.operation, call.path)).collect()
}

#[test]
fn every_call_of_an_environments_life_is_allowed() {
    let project = Project::new();
    let (plan, apply) = (statements(&project, "plan"), statements(&project, "apply"));
    assert_eq!(project.proxy.calls(), [], "it calls nobody");

    project.apply().ended(0);
    project.set("insights", "\"enhanced\"");
    project.apply().ended(0);
    project.destroy().ended(0);
    assert_eq!(refused(&project, &apply), BTreeSet::new());
    project.apply().ended(0);

    project.proxy.forget();
    for command in ["plan", "drift", "show", "owned", "outputs", "history"] {
        project.run(&[command, "--env", "test"]).ended(0);
    }
    assert_eq!(refused(&project, &plan), BTreeSet::new());
}

#[test]
fn every_call_of_the_whole_platform_is_allowed() {
    let project = Project::of_the_platform();
    let (plan, apply) = (statements(&project, "plan"), statements(&project, "apply"));
    project.apply().ended(0);
    project.destroy().ended(0);
    assert_eq!(refused(&project, &apply), BTreeSet::new());
    project.proxy.forget();
    project.plan().ended(0);
    assert_eq!(refused(&project, &plan), BTreeSet::new());
}

#[test]
fn what_bounds_the_roles_is_said_and_goes_into_the_policies() {
    let mut project = Project::new();
    project.variable("COLUMNS", "200");
    let run = project.run(&["policy", "--env", "test"]).ended(1).saying("can make itself an administrator");
    let run =
        run.saying("--print-boundary > boundary.json").saying("aws iam create-policy --policy-name shop-boundary");
    assert_eq!(run.out, "", "{run}");
    project.run(&["policy", "--env", "test", "--role", "plan"]).ended(0).not_saying("administrator");
    let run = project.run(&["policy", "--env", "test", "--unbounded"]).ended(0).saying("itself an administrator");
    assert!(!run.out.contains("iam:PermissionsBoundary"), "{run}");

    let printed = project.run(&["policy", "--env", "test", "--print-boundary"]).ended(0).out;
    let printed: Value = serde_json::from_str(&printed).unwrap();
    let actions: Vec<String> =
        printed["Statement"].as_array().unwrap().iter().flat_map(|one| texts(&one["Action"])).collect();
    assert!(actions.iter().any(|action| action == "logs:PutLogEvents"), "{actions:?}");
    let writes = |action: &&String| action.contains('*') || (action.starts_with("iam:") && *action != "iam:PassRole");
    assert_eq!(actions.iter().find(writes), None, "it bounds: {actions:?}");

    let boundary = "arn:aws:iam::123456789012:policy/shop-boundary";
    let given = project.run(&["policy", "--env", "test", "--boundary", boundary]).ended(0);
    let given = given.saying("these roles do not have the boundary").saying("cluster.api-gateway-task");
    let with_table = format!("{}\n[iam]\npermissions_boundary = \"{boundary}\"\n", project.environment());
    project.write(&with_table);
    let written = project.run(&["policy", "--env", "test"]).ended(0).not_saying("administrator");
    assert_eq!(written.out, given.out, "what the roles in the code have need not be said");
    assert!(written.out.contains("noOtherBoundary"), "{written}");
    written.not_saying("do not have the boundary");
}

#[test]
fn policies_are_written_into_files_as_well() {
    let project = Project::new();
    project.run(&["policy", "--env", "test", "--role", "plan", "--out", "policies"]).ended(0);
    let files = std::fs::read_dir(project.folder().join("policies")).unwrap();
    let files: Vec<_> = files.map(|file| file.unwrap().path()).collect();
    assert!(!files.is_empty());
    for file in files {
        let document: Value = serde_json::from_slice(&std::fs::read(&file).unwrap()).unwrap();
        assert_eq!(document["Version"], "2012-10-17", "{}", file.display());
    }
}

#[test]
fn who_looks_is_trusted_from_pull_requests_and_who_changes_from_a_protected_place_alone() {
    let project = Project::new();
    let trust = |more: &[&str]| {
        let repository = ["policy", "--env", "test", "--trust", "github", "--repository", "octocat/shop"];
        project.run(&[&repository, more].concat())
    };
    let subject = "token.actions.githubusercontent.com:sub";
    let subjects = |more: &[&str]| -> Value {
        let policy: Value = serde_json::from_str(&trust(more).ended(0).out).unwrap();
        policy["Statement"][0]["Condition"]["StringEquals"][subject].clone()
    };
    assert_eq!(texts(&subjects(&["--role", "plan"])), ["repo:octocat/shop:pull_request"]);
    let environment = ["--github-environment", "production", "--repository-ids", "12/34"];
    assert_eq!(texts(&subjects(&environment)), ["repo:octocat@12/shop@34:environment:production"]);
    assert_eq!(texts(&subjects(&["--branch", "main"])), ["repo:octocat/shop:ref:refs/heads/main"]);
    trust(&[]).ended(1).saying("a role that changes something is played from a protected place");
    trust(&["--branch", "*"]).ended(1).saying("compared as it is");
    assert_eq!(project.proxy.calls(), [], "it calls nobody");
}

#[test]
fn tags_of_ours_are_kept_to_the_roles_that_are_named() {
    let project = Project::new();
    let principal = "arn:aws:iam::*:role/infra-*";
    let run = project.run(&["policy", "--scp", "--principal", principal]).ended(0);
    let policy: Value = serde_json::from_str(&run.out).unwrap();
    let first = &policy["Statement"][0];
    assert_eq!(first["Effect"], "Deny");
    assert_eq!(first["Condition"]["ForAnyValue:StringLike"]["aws:TagKeys"], "infra:*");
    assert_eq!(texts(&first["Condition"]["ArnNotLike"]["aws:PrincipalArn"]), [principal]);
    project.run(&["policy", "--scp"]).ended(1).saying("--principal");
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
