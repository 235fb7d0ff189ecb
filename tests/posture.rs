//! The platform's security as somebody sees it who knows nothing of the program: `support/posture.py` asks AWS, and holds the
//! answers against AWS's own standards and CIS's. `support/posture_breaks.py` shows that each check can fail.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::support::{LOCAL, Project};

const PROD: &str = include_str!("../environments/prod.toml");

/// What fails in production, and is explained in `docs/posture.md`.
const EXPLAINED: [&str; 1] = ["workers-want-tokens"];

/// What fails on the local cloud beside it: it is not protected, it has no certificate, and nothing in it is worth a backup.
const LOCALLY: [&str; 8] = [
    "balancer-deletion-protection",
    "balancer-https",
    "cache-backups",
    "cdn-origins-encrypted",
    "cdn-tls",
    "database-backups",
    "database-deletion-protection",
    "logs-kept",
];

/// What `infra apply` leaves as somebody else has made it, and every plan tells: statements of others.
const LEFT: [&str; 2] = ["buckets-let-nobody-in", "topics-not-public"];

fn python(project: &Project, script: &str, arguments: &[&str]) -> Value {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/support").join(script);
    let output = Command::new(infra_local_cloud::python()).arg(script).args(arguments).output().unwrap();
    assert!(output.status.success(), "{}: {}", project.client.account, String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

/// The checks that fail, with what each of them saw.
fn failing(project: &Project, owner: &str) -> (BTreeSet<String>, String) {
    let account = &project.client.account;
    let endpoint = infra_local_cloud::endpoint();
    let looked = ["--endpoint", endpoint, "--account", account, "--owner", owner, "--json"];
    let results = python(project, "posture.py", &looked);
    let results = results.as_array().unwrap();
    assert!(results.len() > 150, "{} results", results.len());
    let failed: Vec<&Value> = results.iter().filter(|one| one["passes"] == false).collect();
    let names = failed.iter().filter_map(|one| one["check"].as_str()).map(str::to_owned).collect();
    (names, format!("{failed:#?}"))
}

#[track_caller]
fn check_failing(project: &Project, owner: &str, wanted: &[&str]) {
    let (names, told) = failing(project, owner);
    assert_eq!(names, wanted.iter().map(|name| (*name).to_owned()).collect(), "{told}");
}

/// Production's file, protected, with what it leaves to its users: names of their own, and a login that is not the master's.
fn production() -> Project {
    let mut text = PROD.replace("minimum_protocol_version = \"TLSv1\"\n", "");
    let certificate =
        "certificate = \"arn:aws:acm:us-east-1:333333333333:certificate/00000000-0000-0000-0000-000000000000\"";
    for line in ["[cdn.names]", "aliases = [\"www.example.com\"]", certificate] {
        assert!(text.contains(&format!("# {line}")), "{line}");
        text = text.replace(&format!("# {line}"), line);
    }
    let secret = "arn:aws:secretsmanager:us-east-1:333333333333:secret:app-AbCdEf";
    let login = format!("login = {{ user = \"app\", secret = \"{secret}\", key = \"password\", version = \"v1\" }}");
    let project = Project::of_the_platform_as(&text.replace("[pgbouncer]", &format!("[pgbouncer]\n{login}")));
    project.set("protected", "true");
    project
}

/// A protected environment is sent elsewhere than to AWS by the flag alone.
fn apply(project: &Project) {
    let endpoint = project.proxy.endpoint();
    let command = ["apply", "--env", Project::ENVIRONMENT, "--yes", "--allow-destroy", "100", "--endpoint", &endpoint];
    project.run(&command).ended(0).saying("Apply complete!");
}

#[test]
fn production_is_as_the_benchmarks_want_it_and_what_somebody_breaks_is_seen_and_mended() {
    const OWNER: &str = "django-microservices/test";
    let project = production();
    apply(&project);
    check_failing(&project, OWNER, &EXPLAINED);

    let arguments = [infra_local_cloud::endpoint(), &project.client.account, OWNER];
    let broken = python(&project, "posture_breaks.py", &arguments);
    let mut unbroken: BTreeSet<&str> = broken["checks"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
    for one in broken["breaks"].as_array().unwrap() {
        let about = one["about"].as_str().unwrap();
        let expected: Vec<&str> = one["expected"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
        unbroken.retain(|name| !expected.contains(name));
        // A new fleet fails in what the one that stands fails in as well.
        let seen = one["seen"].as_array().unwrap().iter().filter_map(Value::as_str);
        let seen: Vec<&str> = seen.filter(|name| expected.contains(name) || !EXPLAINED.contains(name)).collect();
        assert_eq!((seen, &one["ceased"]), (expected, &Value::Array(Vec::new())), "breaking {about}: {one}");
    }
    assert_eq!(unbroken, EXPLAINED.into(), "each check that passes has been seen to fail");

    apply(&project);
    check_failing(&project, OWNER, &[&EXPLAINED[..], &LEFT].concat());
    let endpoint = project.proxy.endpoint();
    let plan = project.run(&["plan", "--env", Project::ENVIRONMENT, "--endpoint", &endpoint]).ended(0);
    plan.saying("No changes.").saying("s3:GetObject").saying("sns:Publish");
}

#[test]
fn the_local_environment_lacks_what_it_says_it_lacks() {
    let project = Project::of_the_platform();
    project.apply().ended(0);
    // The master's own login: nobody hands in another one.
    check_failing(&project, "shop/test", &[&EXPLAINED[..], &LOCALLY, &["database-login-is-not-the-master"]].concat());
    assert!(LOCAL.contains("protected = false"));
}
