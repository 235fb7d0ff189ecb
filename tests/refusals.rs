//! When the cloud cannot or will not: one clear message, exit code 1, nothing changed, and no insides on the screen.

use std::sync::atomic::{AtomicUsize, Ordering};

use crate::support::{Project, Refusal, Run, Treatment, difference, snapshot};

fn refuse(status: u16, code: &'static str, message: &'static str) -> Treatment {
    Treatment::Refuse(Refusal { status, code, message })
}

/// One message, and not one for every kind of resource.
#[track_caller]
fn one_error(run: Run) -> Run {
    assert_eq!(run.err.matches("error:").count(), 1, "one message\n{run}");
    run.ended(1)
}

#[test]
fn without_credentials_it_says_how_to_get_some() {
    let mut project = Project::new();
    project.without_variable("AWS_ACCESS_KEY_ID");
    project.without_variable("AWS_SECRET_ACCESS_KEY");
    // An environment that is not a local cloud's: that one would need none.
    let text = project.environment();
    let text: Vec<&str> = text.lines().filter(|line| !line.starts_with("endpoint")).collect();
    std::fs::write(project.file(), text.join("\n")).unwrap();
    let endpoint = project.proxy.endpoint();
    let run = one_error(project.run(&["plan", "--env", "test", "--endpoint", &endpoint]));
    run.saying("credentials").saying("AWS_PROFILE").saying("--profile");
    assert_eq!(project.proxy.calls(), []);
}

#[test]
fn expired_credentials_are_told_as_such() {
    let project = Project::new();
    project.proxy.treat(|_| refuse(403, "ExpiredToken", "The security token included in the request is expired"));
    for command in ["plan", "apply"] {
        let run = one_error(project.run(&[command, "--env", "test"]));
        run.saying("expired").saying("credentials");
    }
    assert_eq!(project.proxy.changes(), []);
}

#[test]
fn credentials_that_expire_in_the_middle_end_it_with_one_cause() {
    let project = Project::new();
    project.proxy.treat(|call| match call.service.as_str() {
        "sts" | "s3" => Treatment::Pass,
        _ => refuse(400, "ExpiredTokenException", "The security token included in the request is expired"),
    });
    one_error(project.plan()).saying("expired");
}

#[test]
fn another_account_than_the_environments_is_refused_before_anything_else() {
    let mut project = Project::new();
    project.variable("AWS_ACCESS_KEY_ID", "999988887777");
    let account = project.client.account.clone();
    for command in ["plan", "apply", "destroy"] {
        let run = one_error(project.run(&[command, "--env", "test"]));
        run.saying(&account).saying("999988887777").saying("account");
    }
    let operations: Vec<String> = project.proxy.calls().into_iter().map(|call| call.operation).collect();
    assert!(operations.iter().all(|operation| operation == "GetCallerIdentity"), "{operations:?}");
}

#[test]
fn an_endpoint_that_does_not_answer_fails_fast() {
    let project = Project::new();
    let run = one_error(project.run(&["plan", "--env", "test", "--endpoint", "http://127.0.0.1:1"]));
    assert!(run.took.as_secs() < 10, "{run}");
    run.saying("does not answer").saying("127.0.0.1:1");
}

#[test]
fn an_endpoint_that_is_none_is_refused_without_a_call() {
    let project = Project::new();
    one_error(project.run(&["plan", "--env", "test", "--endpoint", "localhost:4566"])).saying("localhost:4566");
}

#[test]
fn a_denied_read_names_the_call() {
    let project = Project::new();
    project.proxy.treat(|call| match call.operation.as_str() {
        "DescribeVpcs" => refuse(403, "UnauthorizedOperation", "You are not authorized to perform this operation."),
        _ => Treatment::Pass,
    });
    one_error(project.plan()).saying("ec2:DescribeVpcs").saying("UnauthorizedOperation");
    one_error(project.apply()).saying("ec2:DescribeVpcs");
    project.run(&["unlock", "--env", "test"]).ended(0).saying("Nobody holds the lock");
}

#[test]
fn a_denied_change_stops_what_needs_it_and_nothing_else() {
    let project = Project::new();
    project.proxy.treat(|call| match call.operation.as_str() {
        "CreateVpc" => refuse(403, "UnauthorizedOperation", "You are not authorized to perform this operation."),
        "CreateCluster" => refuse(400, "AccessDeniedException", "User is not authorized to perform: ecs:CreateCluster"),
        _ => Treatment::Pass,
    });
    let run = project.apply().ended(1);
    let run =
        run.saying("ec2:CreateVpc").saying("ecs:CreateCluster").saying("network.vpc").saying("infra apply --env test");
    assert!(run.said("Apply incomplete. Resources: 16 added, 0 changed, 0 destroyed; 2 failed"), "{run}");
    assert_eq!(project.proxy.calls().iter().filter(|call| call.operation == "CreateVpc").count(), 1, "not repeated");
    project.proxy.pass();
    project.apply().ended(0);
    project.plan().ended(0).saying("No changes.");
}

#[test]
fn a_bucket_that_may_not_be_made_is_said_before_anything_is_changed() {
    let project = Project::new();
    let before = snapshot(&project.client);
    project.proxy.treat(|call| match call.service.as_str() {
        "s3" if call.changes => refuse(403, "AccessDenied", "Access Denied"),
        _ => Treatment::Pass,
    });
    one_error(project.apply()).saying("s3:").saying("nothing was changed");
    assert_eq!(difference(&before, &snapshot(&project.client)), "");
}

#[test]
fn groups_that_could_not_be_closed_are_ours_and_are_closed_by_the_next_run() {
    let project = Project::new();
    let refuse_all_but_the_first = || {
        let seen = AtomicUsize::new(0);
        // The first one is about the group that AWS makes along with the network.
        project.proxy.treat(move |call| match call.operation == "RevokeSecurityGroupEgress" {
            true if seen.fetch_add(1, Ordering::SeqCst) > 0 => refuse(403, "UnauthorizedOperation", "You may not"),
            _ => Treatment::Pass,
        });
    };
    let groups = || project.client.ec2("DescribeSecurityGroups", &[]).all("groupName").len();
    refuse_all_but_the_first();
    project.apply().ended(1).saying("ec2:RevokeSecurityGroupEgress");
    assert!(groups() > 2, "they stand, and are open");
    project.proxy.pass();
    project.plan().ended(0).saying("its creation was cut off, and is finished");
    project.apply().ended(0);
    project.plan().ended(0).saying("No changes.");
    project.destroy().ended(0);

    refuse_all_but_the_first();
    project.apply().ended(1);
    project.proxy.pass();
    project.destroy().ended(0).not_saying("unproven");
    project.plan().ended(0).saying("34 to add");
}
