//! IAM decides: the whole program in a cloud that lets nobody do what their policies do not allow.
//!
//! The cloud is one of its own, started with `localstack/up --enforce`. What it enforces and what it cannot is in
//! `localstack/QUIRKS.md`.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::Value;
use tempfile::TempDir;

use crate::support::{LOCAL, Run, infra, share, start};

/// A cloud in which IAM decides. It ends with the test.
struct Enforcing {
    endpoint: String,
    folder: TempDir,
}

/// The credentials of somebody: key, secret, session.
type Credentials = Vec<String>;

const BOUNDARY: &str = "arn:aws:iam::000000000000:policy/shop-boundary";

impl Enforcing {
    /// Starts one, with a project of the whole platform in it.
    fn start() -> Enforcing {
        let run = said(localstack("up").args(["--port", "0", "--enforce"]).output().unwrap());
        let port = run.lines().find_map(|line| line.split_once("is up: http://localhost:")).unwrap().1;
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("environments")).unwrap();
        let cloud = Enforcing { endpoint: format!("http://127.0.0.1:{}", port.trim()), folder };
        share(cloud.folder.path(), LOCAL);
        let text = LOCAL.replace("project = \"django-microservices\"", "project = \"shop\"");
        let text = text.replace("name = \"local\"", "name = \"test\"").replace("start = true", "start = false");
        let text = text.replace("http://127.0.0.1:4566", &cloud.endpoint);
        cloud.write(&format!("{text}\n[iam]\npermissions_boundary = {BOUNDARY:?}\n"));
        cloud
    }

    fn environment(&self) -> PathBuf {
        self.folder.path().join("environments/test.toml")
    }

    fn write(&self, text: &str) {
        std::fs::write(self.environment(), text).unwrap();
    }

    /// Runs the program as somebody.
    fn run(&self, credentials: &Credentials, command: &[&str]) -> Run {
        let variables = [
            ("AWS_ACCESS_KEY_ID", credentials[0].as_str()),
            ("AWS_SECRET_ACCESS_KEY", &credentials[1]),
            ("AWS_SESSION_TOKEN", &credentials[2]),
            ("AWS_EC2_METADATA_DISABLED", "true"),
            ("USER", "tester"),
            ("COLUMNS", "200"),
        ];
        let variables: Vec<_> = variables.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
        let arguments = [command, &["--env", "test"]].concat();
        start(&infra(), self.folder.path(), &variables, &arguments).finish()
    }

    /// The policies that are printed for a role.
    fn policies(&self, role: &str) -> Value {
        let nobody = vec!["none".to_owned(); 3];
        serde_json::from_str(&self.run(&nobody, &["policy", "--role", role]).ended(0).out).unwrap()
    }

    /// Somebody who plays a role with these policies.
    fn play(&self, name: &str, policies: &Value) -> Credentials {
        serde_json::from_str(&self.script(&["play", name, "shop-boundary"], policies)).unwrap()
    }

    /// What IAM answers to somebody's attacks.
    fn attack(&self, credentials: &Credentials) -> Value {
        serde_json::from_str(&self.script(&["attack"], &serde_json::to_value(credentials).unwrap())).unwrap()
    }

    fn script(&self, arguments: &[&str], input: &Value) -> String {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/support/roles.py");
        let mut command = Command::new(infra_local_cloud::python());
        command.arg(script).arg(&self.endpoint).args(arguments);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        child.stdin.take().unwrap().write_all(input.to_string().as_bytes()).unwrap();
        said(child.wait_with_output().unwrap())
    }
}

impl Drop for Enforcing {
    fn drop(&mut self) {
        let port = self.endpoint.rsplit(':').next().unwrap_or_default();
        let _ = localstack("down").args(["--port", port, "--quiet"]).status();
    }
}

fn localstack(command: &str) -> Command {
    let mut command = Command::new(Path::new(env!("CARGO_MANIFEST_DIR")).join("../localstack").join(command));
    command.stdin(Stdio::null());
    command
}

#[track_caller]
fn said(output: Output) -> String {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// The policies without one of their actions.
fn without(policies: &Value, action: &str) -> Value {
    let mut policies = policies.clone();
    let documents = policies.as_object_mut().unwrap().values_mut();
    let statements = documents.flat_map(|document| document["Statement"].as_array_mut().unwrap());
    let mut found = false;
    for statement in statements {
        let actions = statement["Action"].as_array_mut().unwrap();
        let before = actions.len();
        actions.retain(|one| one != action);
        found |= actions.len() < before;
        if actions.is_empty() {
            // A statement without actions is none: this one is about nothing.
            actions.push("none:Nothing".into());
        }
    }
    assert!(found, "{action} is in the policies");
    policies
}

const APPLY: &[&str] = &["apply", "--yes", "--allow-destroy", "100"];

#[test]
fn each_role_does_its_work_and_no_more() {
    let cloud = Enforcing::start();
    let plan = cloud.play("infra-plan", &cloud.policies("plan"));
    let apply = cloud.play("infra-apply", &cloud.policies("apply"));
    let operate = cloud.play("infra-operate", &cloud.policies("operate"));
    cloud.script(&["strangers"], &Value::Null);

    cloud.run(&plan, &["plan"]).ended(0).saying(" to add, ");
    cloud.run(&plan, APPLY).ended(1).saying("the lock was not taken; nothing was changed");
    cloud.run(&apply, APPLY).ended(0).saying("Apply complete!");

    for command in ["plan", "drift", "show", "owned", "outputs", "history"] {
        cloud.run(&plan, &[command]).ended(0);
    }
    cloud.run(&plan, &["plan"]).ended(0).saying("No changes.");
    cloud.run(&plan, &["destroy", "--yes"]).ended(1).saying("the lock was not taken; nothing was changed");

    // A rotation gives services new revisions of their tasks: that is for who applies.
    let rotate = ["apply", "--yes", "--rotate", "cache.token", "--allow-destroy", "1000"];
    cloud.run(&apply, &rotate).ended(0).saying("Apply complete!");
    let before = std::fs::read_to_string(cloud.environment()).unwrap();
    cloud.write(&before.replace("cidr = \"10.0.0.0/16\"", "cidr = \"10.0.0.0/16\" # the same"));
    cloud.run(&operate, &["plan"]).ended(0).saying("No changes.");

    check_attacks(&cloud.attack(&apply));
    check_attacks(&cloud.attack(&operate));

    // What has left the code goes, though the policies are printed after it has left.
    let begin = before.find("[services.notification-service]").unwrap();
    let end = begin + before[begin..].find("\n\n").unwrap();
    cloud.write(&format!("{}{}", &before[..begin], &before[end..]));
    let later = cloud.play("infra-later", &cloud.policies("apply"));
    cloud.run(&operate, APPLY).ended(1);
    cloud.run(&later, APPLY).ended(0).saying("Apply complete!");
    cloud.run(&plan, &["plan"]).ended(0).saying("No changes.");

    cloud.run(&later, &["destroy", "--yes", "--allow-destroy", "1000"]).ended(0).saying("Destroy complete!");
    cloud.run(&plan, &["history"]).ended(0).saying("destroy");
}

/// All of them are refused.
#[track_caller]
fn check_attacks(answers: &Value) {
    let answers = answers.as_object().unwrap();
    assert!(answers.len() > 10, "{answers:?}");
    let refusals = ["AccessDenied", "AccessDeniedException", "UnauthorizedOperation"];
    let refused = |code: &Value| refusals.iter().any(|one| code.as_str() == Some(one));
    let done: Vec<_> = answers.iter().filter(|(_, code)| !refused(code)).collect();
    assert!(done.is_empty(), "{done:?}");
}

#[test]
fn with_an_action_less_it_ends_at_that_action() {
    let cloud = Enforcing::start();
    let policies = cloud.policies("apply");
    for (number, action) in ["logs:PutRetentionPolicy", "iam:PassRole", "ecs:CreateService"].into_iter().enumerate() {
        let less = cloud.play(&format!("infra-less-{number}"), &without(&policies, action));
        let name = action.split_once(':').unwrap().1;
        let run = cloud.run(&less, APPLY);
        assert_eq!(run.code, Some(1), "without {action} it comes through");
        assert!(run.said(name) || run.said("AccessDenied") || run.said("not authorized"), "{action}: {run}");
    }
    // And with all of them what was left undone is done.
    let whole = cloud.play("infra-whole", &policies);
    cloud.run(&whole, APPLY).ended(0).saying("Apply complete!");
}
