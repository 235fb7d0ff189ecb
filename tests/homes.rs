//! Where an environment is not at home nothing is written, not even a lock: a mistyped region leaves nothing behind.

use crate::support::{Project, Run};

/// Every command that writes, with what the platform stands on in another region than its file says.
const WRITING: &[&[&str]] = &[
    &["apply", "--yes", "--allow-destroy", "100"],
    &["destroy", "--yes", "--allow-destroy", "100"],
    &["adopt", "--all", "--yes"],
    &["confirm", "--yes"],
    &["forget", "network.vpc", "--yes"],
    &["unlock", "a1b2c3"],
];

#[track_caller]
fn refused(project: &Project, says: &str) {
    for arguments in WRITING {
        project.proxy.forget();
        let run: Run = project.run(&[*arguments, &["--env", "test"][..]].concat()).ended(1);
        run.saying(says);
        let changes = project.proxy.changes();
        assert!(changes.is_empty(), "{arguments:?} changes nothing: {changes:#?}");
    }
}

fn moved(project: &Project) {
    // A CDN logs in us-east-1 alone.
    let logs = "log_retention_in_days = 1\n\n[cdn.access_logs]\nretention_in_days = 1\n";
    std::fs::write(project.file(), project.environment().replace(logs, "")).unwrap();
    project.set("region", "\"eu-central-1\"");
    project.set("zones", "[\"eu-central-1a\", \"eu-central-1b\"]");
}

#[test]
fn in_another_region_than_its_own_nothing_is_written() {
    let project = Project::new();
    project.apply().ended(0);
    moved(&project);
    refused(&project, "this environment already exists in us-east-1, and nothing of it exists here");
    let run = project.apply().ended(1).saying("nothing was changed");
    run.saying("if it really moves here").saying("infra plan --env test --take-over");
    let bucket = format!("infra-{}-eu-central-1", project.client.account);
    assert_eq!(project.client.s3("HEAD", &format!("/{bucket}"), b"").status(), 404, "no bucket of records is made");
}

#[test]
fn records_in_a_bucket_of_a_chosen_name_are_read_and_written_where_they_are_alone() {
    let project = Project::new();
    let text = format!("{}\n[records]\nbucket = \"infra-{}-records\"\n", project.environment(), project.client.account);
    std::fs::write(project.file(), text).unwrap();
    project.apply().ended(0);
    moved(&project);
    refused(&project, "is in another region than eu-central-1");
}
