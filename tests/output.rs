//! What people read, kept word for word: in a pipe, without colour, at eighty columns.

use crate::support::Project;

const ENVIRONMENT: &str = r#"project = "shop"
name = "test"
account = ""
region = "us-east-1"
endpoint = ""

[[definition]]
address = "net.main"
kind = "ec2/vpc"
fields = { cidr = "10.0.0.0/16", dns_support = true, dns_hostnames = true, default_security_group = "closed" }

[[definition]]
address = "net.a"
kind = "ec2/subnet"
fields = { vpc = { "$ref" = "net.main", output = "id" }, cidr = "10.0.1.0/24", zone = "us-east-1a", public_ips = false }

[[definition]]
address = "app.web"
kind = "logs/log-group"
fields = { name = "/shop/web", class = "standard", retention = 30 }
"#;

/// What was said, with what differs from run to run made the same.
macro_rules! kept {
    ($name:literal, $run:expr) => {{
        let run = $run;
        let settings = {
            let mut settings = insta::Settings::clone_current();
            settings.set_snapshot_path("snapshots");
            settings.set_prepend_module_to_snapshot(false);
            settings.add_filter(r"\b(vpc|subnet)-[0-9a-f]{8,}", "$1-…");
            settings.add_filter(r"\b\d+ calls?\b", "N calls");
            settings.add_filter(r"\b\d+\.\d s\b", "N s");
            settings.add_filter(r"after \d+s\b", "after Ns");
            settings.add_filter(r"\b\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC", "TIME");
            settings.add_filter(r"\b\d{12}\b", "ACCOUNT");
            settings.add_filter(r"http://127\.0\.0\.1:\d+", "ENDPOINT");
            settings.add_filter(r"/\S*/\.infra", "FOLDER/.infra");
            settings
        };
        let code = run.code.unwrap_or(-1);
        let text = format!("exit code {code}\n\n--- standard output\n{}--- standard error\n{}", run.out, run.err);
        settings.bind(|| insta::assert_snapshot!($name, text));
    }};
}

#[test]
fn a_life_reads_well_in_a_pipe() {
    let project = Project::with_program("shape", ENVIRONMENT);
    // One after the other, so that the lines come in one order.
    let one = ["--parallelism", "1"];
    kept!("plan", project.plan());
    kept!("apply", project.run(&[&["apply", "--env", "test", "--yes"], &one[..]].concat()));
    kept!("second-plan", project.plan());
    project.write(&ENVIRONMENT.replace("retention = 30", "retention = 90").replace("10.0.1.0/24", "10.0.2.0/24"));
    kept!("plan-of-changes", project.plan());
    kept!("markdown", project.run(&["plan", "--env", "test", "--format", "markdown"]));
    kept!(
        "destroy",
        project.run(&[&["destroy", "--env", "test", "--yes", "--allow-destroy", "34"], &one[..]].concat())
    );
}

#[test]
fn with_json_every_command_speaks_in_lines() {
    let project = Project::with_program("shape", ENVIRONMENT);
    project.apply().ended(0);
    for command in [&["history", "--env", "test"][..], &["unlock", "--env", "test"], &["explain"], &["explain", "V36"]]
    {
        let lines = project.run(&[command, &["--json"]].concat()).ended(0).lines();
        assert!(!lines.is_empty() && lines.iter().all(|line| line["type"].is_string()), "{command:?}: {lines:?}");
    }
}

#[test]
fn a_code_is_explained_as_each_kind_says_it_and_as_errors_write_it() {
    let project = Project::with_program("shape", ENVIRONMENT);
    let run = project.run(&["explain", "v36"]).ended(0);
    run.saying("a role's name").saying("an instance profile's name");
    project.run(&["explain", "V109a"]).ended(0).saying("a parameter group's name");
    project.run(&["explain", "V999"]).ended(1).saying("there is no rule V999");
}

#[test]
fn what_cannot_be_written_is_an_error_for_every_command() {
    let project = Project::with_program("shape", ENVIRONMENT);
    let full = std::path::Path::new("/dev/full");
    let refused = |arguments: &[&str]| {
        let (code, said) = project.run_into(full, arguments);
        let told = said.contains("error: cannot write to standard output: No space left on device");
        assert!(code == Some(1) && told, "{arguments:?} ends with {code:?}: {said}");
    };
    let apply = ["apply", "--env", "test", "--yes"];
    refused(&apply);
    let changes = project.proxy.changes().into_iter().filter(|call| call.service != "s3").count();
    assert_eq!(changes, 0, "nothing is carried out that nobody can have read");
    project.apply().ended(0);
    let environment = ["--env", "test"];
    for command in [
        &["plan"][..],
        &["plan", "--json"],
        &["plan", "--format", "json"],
        &["plan", "--format", "html"],
        &["plan", "--format", "markdown"],
        &["plan", "--format", "tfjson"],
        &["drift"],
        &["validate"],
        &["show"],
        &["outputs", "--format", "json"],
        &["owned"],
        &["graph"],
        &["unlock"],
        &["history"],
        &["history", "--json"],
        &["explain"],
        &["policy", "--unbounded"],
        &["schema"],
        &["completions", "bash"],
        &["destroy", "--yes"],
    ] {
        refused(&[command, &environment[..]].concat());
    }
    refused(&["--help"]);
}

#[test]
fn who_types_another_programs_word_is_told_the_one_that_holds_here() {
    let project = Project::with_program("shape", ENVIRONMENT);
    for (words, command) in [
        (&["up"][..], "infra apply"),
        (&["import", "app.web", "/shop/web"], "infra adopt ADDRESS ID"),
        (&["--env", "test", "state", "list"], "infra owned"),
        (&["taint", "app.web"], "infra apply --replace ADDRESS"),
    ] {
        project.run(words).ended(1).saying("here that is:").saying(command).not_saying("similar");
    }
    project.run(&["aply"]).ended(1).saying("apply");
}

#[test]
fn traces_in_a_pipe_have_no_colour() {
    let project = Project::with_program("shape", ENVIRONMENT);
    let run = project.run(&["plan", "--env", "test", "--verbose"]).ended(0).saying("DEBUG");
    assert!(!run.err.contains('\u{1b}'), "{run}");
}
