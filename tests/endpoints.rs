//! Where calls go is never a surprise: an environment and a flag say it, it is told, and a plan's file has no say in it.

use std::net::TcpListener;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::{Value, json};

use crate::support::{Project, Run};

/// Somebody who waits for calls that were not meant for them, and how often they were called.
fn eavesdropper() -> (String, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let count = Arc::new(AtomicUsize::new(0));
    let counting = Arc::clone(&count);
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            counting.fetch_add(1, Ordering::SeqCst);
            drop(stream);
        }
    });
    (url, count)
}

/// A saved plan of a project, changed by somebody.
fn forged(project: &Project, change: impl FnOnce(&mut Value)) -> Run {
    let file = project.folder().join("a.plan");
    project.run(&["plan", "--env", "test", "--out", "a.plan"]).ended(0);
    let mut plan: Value = serde_json::from_slice(&std::fs::read(&file).unwrap()).unwrap();
    change(&mut plan);
    std::fs::write(&file, plan.to_string()).unwrap();
    project.proxy.forget();
    project.run(&["apply", "a.plan", "--yes", "--allow-destroy", "100"])
}

#[test]
fn a_plans_file_does_not_say_where_calls_go() {
    let project = Project::new();
    let (url, called) = eavesdropper();
    forged(&project, |plan| plan["endpoints"][0]["url"] = json!(url)).ended(1).saying("is a plan for something else");
    assert_eq!(project.proxy.calls(), []);
    // What earlier forms of the file had for it means nothing.
    forged(&project, |plan| plan["endpoint"] = json!(url)).ended(0).saying("Resources: 34 added");
    assert_eq!(called.load(Ordering::SeqCst), 0);
}

#[test]
fn a_plans_file_does_not_lead_to_an_environment_elsewhere() {
    let project = Project::new();
    let (url, called) = eavesdropper();
    let elsewhere = tempfile::tempdir().unwrap();
    let file = elsewhere.path().join("test.toml");
    let forged_environment = project.environment().replace(&project.proxy.endpoint(), &url);
    std::fs::write(&file, forged_environment).unwrap();
    let run = forged(&project, |plan| plan["environment"] = json!(file.display().to_string())).ended(1);
    run.saying("a.plan was made for the file").saying("--env");
    assert_eq!((project.proxy.calls().len(), called.load(Ordering::SeqCst)), (0, 0));
}

#[test]
fn a_plans_file_says_nothing_that_the_environment_says() {
    let project = Project::new();
    let refused = |change: fn(&mut Value), words: &str| {
        forged(&project, change).ended(1).saying("is a plan for something else; nothing was called").saying(words);
        assert_eq!(project.proxy.calls(), [], "{words}");
    };
    refused(|plan| plan["options"]["owner"]["environment"] = json!("prod"), "owner: shop/prod, and now shop/test");
    refused(|plan| plan["options"]["common_tags"]["Project"] = json!("x"), "common tags: Environment=test, Project=x");
    refused(|plan| plan["options"]["adopt_named"] = json!(true), "takes over");
    refused(|plan| plan["account"] = json!("999999999999"), "account: 999999999999");
    refused(|plan| plan["region"] = json!("eu-west-1"), "region: eu-west-1");
    refused(|plan| plan["options"]["now"] = json!(0), "it says that it was made at");
    // The goal is its own, and what it leads to is not what was shown.
    forged(&project, |plan| plan["options"]["goal"] = json!("destroy")).ended(1).saying("not true any more");
    assert_eq!(project.proxy.changes().iter().filter(|call| call.service != "s3").count(), 0);
}

#[test]
fn a_plan_that_deletes_everything_says_so_when_it_is_applied() {
    let project = Project::new();
    project.apply().ended(0);
    project.run(&["plan", "--env", "test", "--destroy", "--out", "a.plan"]).ended(0);
    let run = project.run(&["apply", "a.plan", "--yes"]).ended(1);
    run.saying("This plan is to delete everything of shop/test").saying("--allow-destroy");
}

#[test]
fn nothing_is_called_in_the_clear_whoever_says_so() {
    let mut project = Project::new();
    let clear = "would be called in the clear";
    project.run(&["plan", "--env", "test", "--endpoint", "http://example.com"]).ended(1).saying(clear);
    project.variable("AWS_ENDPOINT_URL_SECRETS_MANAGER", "http://example.com");
    project.run(&["plan", "--env", "test"]).ended(1).saying(clear).saying("AWS_ENDPOINT_URL_SECRETS_MANAGER");
    project.without_variable("AWS_ENDPOINT_URL_SECRETS_MANAGER");
    project.set("endpoint", "\"http://192.0.2.1:4566\"");
    project.run(&["plan", "--env", "test"]).ended(1).saying(clear).saying("the environment's file");
    assert_eq!(project.proxy.calls(), []);
}

#[test]
fn a_protected_environment_is_called_elsewhere_only_by_a_flag() {
    let mut project = Project::new();
    let endpoint = project.proxy.endpoint();
    project.set("protected", "true");
    // CloudFront's own certificate, which a protected environment has only where it says so.
    project.write(&project.environment().replace("[cdn]\n", "[cdn]\nminimum_protocol_version = \"TLSv1\"\n"));
    let refused = project.plan().ended(1).saying("test is protected, and its calls would not go to AWS");
    refused.saying(&format!("All calls go to {endpoint} (the environment's file)")).saying("--endpoint URL");
    project.variable("AWS_ENDPOINT_URL_IAM", "https://abc.execute-api.us-east-1.amazonaws.com");
    project.plan().ended(1).saying("Calls of iam go to https://abc.execute-api.us-east-1.amazonaws.com");
    assert_eq!(project.proxy.calls(), []);
    let run = project.run(&["plan", "--env", "test", "--endpoint", &endpoint]).ended(0);
    run.saying(&format!("All calls go to {endpoint} (--endpoint)."));
}

#[test]
fn where_calls_go_is_told_and_kept() {
    let mut project = Project::new();
    let line = format!("All calls go to {} (the environment's file)", project.proxy.endpoint());
    let run = project.plan().ended(0);
    assert_eq!(run.err.matches("calls go to").count(), 1, "{run}");
    assert!(run.err.contains(&format!("{line}.")) && !run.err.contains("warning"), "{run}");
    let lines = project.run(&["apply", "--env", "test", "--yes", "--json"]).ended(0).lines();
    let told = lines.iter().find(|line| line["type"] == "endpoints").expect("a line");
    assert_eq!((&told["endpoints"][0]["everything"], &told["endpoints"][0]["at_aws"]), (&json!(true), &json!(false)));
    let history = project.run(&["history", "--env", "test"]).ended(0);
    let run = history.out.split_whitespace().next().unwrap().to_owned();
    project.run(&["history", "--env", "test", &run]).ended(0).saying(&format!("apply ({line})"));

    // One that knows the account, and one that may be anybody's.
    project.variable("AWS_ENDPOINT_URL_ECS", "http://127.0.0.1:1");
    let run = project.run(&["history", "--env", "test"]).ended(0).saying("Calls of ecs go to http://127.0.0.1:1");
    run.saying("nothing says that the same account answers for ecs");

    // One of them is AWS, and knows nothing of what stands at the other.
    project.variable("AWS_ENDPOINT_URL_STS", "https://sts.us-east-1.amazonaws.com");
    project.proxy.forget();
    let run = project.plan().ended(1).saying("the account is asked for at AWS, and others answer for some of the rest");
    run.saying("nothing was called").saying("--endpoint URL");
    assert_eq!(project.proxy.calls(), []);
}

#[test]
fn what_is_on_this_machine_is_not_called_through_a_proxy() {
    let mut project = Project::new();
    let (url, called) = eavesdropper();
    for name in ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"] {
        project.variable(name, &url);
    }
    project.apply().ended(0).saying("Resources: 34 added");
    project.plan().ended(0).saying("No changes.");
    assert!(project.proxy.calls().len() > 50);
    assert_eq!(called.load(Ordering::SeqCst), 0);
    // What is elsewhere is: that is what the variables are for.
    project.run(&["plan", "--env", "test", "--endpoint", "https://aws.example.com"]).ended(1);
    assert!(called.load(Ordering::SeqCst) > 0);
}
